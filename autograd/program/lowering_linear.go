package program

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// dot returns Σ a·b, from +0 on, with product for the products.
func (t *tape) dot(a, b []ref, product opcode) ref {
	s := t.b.constant(0)
	for i := range a {
		s = t.b.add(s, t.b.binary(product, a[i], b[i]))
	}
	return s
}

// products lowers a product of matrices, or of batches of them. The attribute of ops.MatMul says which of the operands are
// cotangents, whose zeros win: 1 the left one, 2 the right one.
func (t *tape) products(n graph.Node, cotangents int) []ref {
	b := t.b
	x, y, out := n.InputNode(0).Dims(), n.InputNode(1).Dims(), n.Dims()
	rows, inner, columns := x[len(x)-2], x[len(x)-1], y[len(y)-1]
	xs, ys := t.operand(n, 0), t.operand(n, 1)
	batch := out[:len(out)-2]
	xAt, yAt := stretched(x[:len(x)-2], batch), stretched(y[:len(y)-2], batch)
	list := make([]ref, size(n))
	for i := range list {
		m, r, c := i/(rows*columns), i/columns%rows, i%columns
		xm, ym := m, m
		if xAt != nil {
			xm = int(xAt[m])
		}
		if yAt != nil {
			ym = int(yAt[m])
		}
		s := b.constant(0)
		for k := range inner {
			p, q := xs[(xm*rows+r)*inner+k], ys[(ym*inner+k)*columns+c]
			s = b.add(s, t.product(cotangents, p, q))
		}
		list[i] = s
	}
	return list
}

func (t *tape) product(cotangents int, p, q ref) ref {
	switch cotangents {
	case 1:
		return t.b.binary(opChain, p, q)
	case 2:
		return t.b.binary(opChain, q, p)
	case 3:
		return t.b.binary(opSelect, p, q)
	}
	return t.b.mul(p, q)
}

func lowerLinear(t *tape, n graph.Node) []ref {
	w := n.InputNode(1).Dims()
	xs, ws, bias := t.operand(n, 0), t.operand(n, 1), t.operand(n, 2)
	list := make([]ref, size(n))
	for i := range list {
		r, c := i/w[1], i%w[1]
		s := t.b.constant(0)
		for k := range w[0] {
			s = t.b.add(s, t.b.mul(xs[r*w[0]+k], ws[k*w[1]+c]))
		}
		list[i] = t.b.add(s, bias[c])
	}
	return list
}

func lowerTrace(t *tape, n graph.Node) []ref {
	dims, xs := n.InputNode(0).Dims(), t.operand(n, 0)
	rows, columns := dims[len(dims)-2], dims[len(dims)-1]
	list := make([]ref, size(n))
	for m := range list {
		var diagonal []ref
		for i := range min(rows, columns) {
			diagonal = append(diagonal, xs[(m*rows+i)*columns+i])
		}
		list[m] = t.sum(diagonal)
	}
	return list
}

// systems lowers a row of matrices and the right sides that go with them, which broadcast, by a function that solves one
// system: a is n×n, b and the solution n×columns.
func (t *tape) systems(n graph.Node, solve func(a, b []ref, n, columns int) []ref) []ref {
	x, y, out := n.InputNode(0).Dims(), n.InputNode(1).Dims(), n.Dims()
	as, bs := t.operand(n, 0), t.operand(n, 1)
	k, columns := x[len(x)-1], y[len(y)-1]
	batch := out[:len(out)-2]
	aAt, bAt := stretched(x[:len(x)-2], batch), stretched(y[:len(y)-2], batch)
	var list []ref
	for m := range count(batch) {
		i, j := m, m
		if aAt != nil {
			i = int(aAt[m])
		}
		if bAt != nil {
			j = int(bAt[m])
		}
		list = append(list, solve(as[i*k*k:(i+1)*k*k], bs[j*k*columns:(j+1)*k*columns], k, columns)...)
	}
	return list
}

// solveLower solves a system whose matrix is lower triangular, from the first row on, as BLAS's trsm does: where the matrix
// is 0, nothing is taken from the right side, whatever the solution is.
func (t *tape) solveLower(a, b []ref, n, columns int) []ref {
	return t.substitute(a, b, n, columns, func(k int) int { return k })
}

// solveUpper solves one whose matrix is upper triangular, from the last row on.
func (t *tape) solveUpper(a, b []ref, n, columns int) []ref {
	return t.substitute(a, b, n, columns, func(k int) int { return n - 1 - k })
}

func (t *tape) substitute(a, b []ref, n, columns int, row func(k int) int) []ref {
	list := make([]ref, len(b))
	for c := range columns {
		for k := range n {
			i := row(k)
			s := b[i*columns+c]
			for l := range k {
				j := row(l)
				s = t.b.sub(s, t.b.binary(opChain, a[i*n+j], list[j*columns+c]))
			}
			list[i*columns+c] = t.b.div(s, a[i*n+i])
		}
	}
	return list
}

// lowerCholesky factors the symmetric part of every matrix, row by row. A matrix that is not positive definite gives NaN.
func lowerCholesky(t *tape, n graph.Node) []ref {
	b, dims, as := t.b, n.Dims(), t.operand(n, 0)
	k := dims[len(dims)-1]
	list := make([]ref, len(as))
	half := b.constant(0.5)
	for m := 0; m < len(as); m += k * k {
		a, l := as[m:m+k*k], list[m:m+k*k]
		for i := range k {
			for j := range k {
				if j > i {
					l[i*k+j] = b.constant(0)
					continue
				}
				s := b.add(b.mul(half, a[i*k+j]), b.mul(half, a[j*k+i]))
				for p := range j {
					s = b.sub(s, b.mul(l[i*k+p], l[j*k+p]))
				}
				if i == j {
					l[i*k+j] = b.unary(opSqrt, s)
				} else {
					l[i*k+j] = b.div(s, l[j*k+j])
				}
			}
		}
	}
	return list
}

// argMax lowers the index of the first of the largest numbers, or of the first NaN.
func (t *tape) argMax(xs []ref) ref {
	return t.first(xs, t.fold(opMaximum, math.Inf(-1), xs), true)
}

// argMin lowers the index of the first of the smallest numbers; NaN is more than all.
func (t *tape) argMin(xs []ref) ref {
	list := make([]ref, len(xs))
	for i, x := range xs {
		list[i] = t.b.where(t.b.unary(opIsNaN, x), t.b.constant(math.Inf(1)), x)
	}
	return t.first(xs, t.fold(opMinimum, math.Inf(1), list), false)
}

// first returns the index of the first number that is v or, if nan says so, NaN.
func (t *tape) first(xs []ref, v ref, nan bool) ref {
	b := t.b
	y := b.constant(0)
	for k := len(xs) - 1; k >= 0; k-- {
		is := b.binary(opEq, xs[k], v)
		if nan {
			is = b.add(is, b.unary(opIsNaN, xs[k]))
		}
		y = b.where(is, b.constant(float64(k)), y)
	}
	return y
}

// pLength returns (Σ|x|ᵖ)¹ᐟᵖ, of quotients by the largest.
func (t *tape) pLength(xs []ref, p float64) ref {
	b := t.b
	list := make([]ref, len(xs))
	for i, x := range xs {
		list[i] = b.unary(opAbs, x)
	}
	largest := t.fold(opMaximum, 0, list)
	if math.IsInf(p, 1) {
		return largest
	}
	for i, x := range list {
		list[i] = b.binary(opPow, b.div(x, largest), b.constant(p))
	}
	y := b.mul(largest, b.binary(opPow, t.sum(list), b.constant(1/p)))
	plain := b.mul(b.unary(opIsFinite, largest), b.binary(opNe, largest, b.constant(0)))
	return b.where(plain, y, largest)
}
