package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opMatMul graph.Op

// The attribute of a bilinear operation says which of its operands are cotangents: their zeros win over whatever the
// other operand holds there, Inf and NaN too. See [Chain].
const (
	plainProduct  = 0
	leftCotangent = 1 << (iota - 1)
	rightCotangent
)

func init() {
	register(&opMatMul, graph.Row{
		Name: "matmul", Func: MatMul, Params: "a, b", Doc: "matrix product, of every pair of matrices in a batch", Formula: "a·b", Derivative: "ct·bᵀ, aᵀ·ct",
		Forward:  matmulForward,
		Backward: matmulBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			// A cotangent among the operands goes on winning: ct may be the undefined derivative of a branch not taken.
			if i == 0 {
				return matmul(ct, Transpose(n.Input(1)), leftCotangent|n.Int(0)&rightCotangent)
			}
			return matmul(Transpose(n.Input(0)), ct, rightCotangent|n.Int(0)&leftCotangent)
		},
		Try:    []string{"(2,3) (3,4)", "(1,3) (3,1)", "(3) (3)", "(2,3) (3)", "(3) (3,2)", "(5,2,3) (5,3,2)", "(2,3) (4,3,2)", "(2,1,2,3) (3,3,2)", "(0,3) (3,2)", "(2,0) (0,3)"},
		Source: "Giles (2008), Collected matrix derivative results, 2.2.1",
	})
}

// MatMul returns the matrix product of a and b. For matrices of shapes (m,k) and (k,n) it has shape (m,n). Axes before
// the last two are a batch of matrices and broadcast. A vector is taken as a row on the left and as a column on the
// right, and that axis disappears from the result, as in NumPy and PyTorch.
//
// Derivative: for the cotangent ct of the result, ct·bᵀ by a and aᵀ·ct by b. An element of ct that is 0 contributes 0,
// whatever stands in the other factor.
//
// It panics with a [*graph.Error] if the inner dimensions or the batch axes do not fit, or an operand is a scalar.
func MatMul(a, b graph.Value) graph.Value {
	a.Check("ops.MatMul")
	b.CheckIn("ops.MatMul", a.Graph())
	row, column := a.Rank() == 1, b.Rank() == 1
	checkInner(a, b)
	if row {
		a = Reshape(a, 1, -1)
	}
	if column {
		b = Reshape(b, -1, 1)
	}
	y := matmul(a, b, plainProduct)
	if !row && !column {
		return y
	}
	dims := y.Shape()
	k := len(dims)
	switch {
	case row && column:
		dims = dims[:k-2]
	case row:
		dims = append(dims[:k-2], dims[k-1])
	default:
		dims = dims[:k-1]
	}
	return Reshape(y, dims...)
}

func checkInner(a, b graph.Value) {
	const op = "ops.MatMul"
	x, y := a.Dims(), b.Dims()
	if len(x) == 0 || len(y) == 0 {
		panic(graph.Errorf(op, graph.ErrShape, "shapes %s × %s: a scalar has no matrix product; use ops.Mul", tensor.FormatShape(x), tensor.FormatShape(y)))
	}
	inner := y[0]
	if len(y) > 1 {
		inner = y[len(y)-2]
	}
	if x[len(x)-1] == inner {
		return
	}
	hint := "the last axis of a must be as long as the second last of b"
	switch {
	case len(y) == 1:
		hint = "the last axis of a must be as long as the only one of b"
		if len(x) > 1 && x[len(x)-2] == inner {
			hint = "did you mean ops.MatMul(ops.Transpose(a), b)?"
		}
	case len(x) > 1 && x[len(x)-2] == inner:
		hint = "did you mean ops.MatMul(ops.Transpose(a), b)?"
	case len(y) > 1 && y[len(y)-1] == x[len(x)-1]:
		hint = "did you mean ops.MatMul(a, ops.Transpose(b))?"
	}
	panic(graph.Errorf(op, graph.ErrShape, "inner dimensions differ: %s × %s: %s", tensor.FormatShape(x), tensor.FormatShape(y), hint))
}

// matmul records the product of matrices, or of batches of them.
func matmul(a, b graph.Value, cotangents int) graph.Value {
	c := graph.Begin(opMatMul, a, b)
	x, y := c.Dims(0), c.Dims(1)
	var buf [tensor.MaxRank]int
	shape, ok := tensor.BroadcastShapes(buf[:0], x[:len(x)-2], y[:len(y)-2])
	if !ok {
		panic(c.Errorf(graph.ErrShape, "batch axes differ: %s × %s: before the last two axes, lengths must be equal or one of them 1", tensor.FormatShape(x), tensor.FormatShape(y)))
	}
	return c.Ints(cotangents).Record(append(shape, x[len(x)-2], y[len(y)-1])...)
}

func matmulForward(n graph.Node) {
	if n.Graph().DType() == tensor.Float32 {
		multiply[float32](n)
	} else {
		multiply[float64](n)
	}
}

func multiply[T constraints.Float](n graph.Node) {
	a, b, out := n.In(0), n.In(1), n.Out()
	x, y, z := tensor.Data[T](a), tensor.Data[T](b), tensor.Data[T](out)
	win := winning(n.Int(0), x, y)
	eachProduct(out.Dims(), a.Dims(), b.Dims(), func(m, k, c, i, j, l int) {
		gemm(win, false, false, m, c, k, x[i:], k, y[j:], c, z[l:], c, false)
	})
}

// matmulBackward adds ct·bᵀ or aᵀ·ct to dst, or sets it. A batch axis along which the operand was broadcast is summed by
// itself.
func matmulBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	a, b := n.In(0).Dims(), n.In(1).Dims()
	if fresh && len(b) > 2 && (len(a) != len(b) || !slices.Equal(a[:len(a)-2], b[:len(b)-2])) {
		dst.Zero() // a batch that was broadcast adds up several products
		fresh = false
	}
	if dst.DType() == tensor.Float32 {
		addMatmul[float32](n, i, ct, dst, !fresh)
	} else {
		addMatmul[float64](n, i, ct, dst, !fresh)
	}
	return true
}

// addMatmul sets dst to ct·bᵀ or aᵀ·ct, or adds it.
func addMatmul[T constraints.Float](n graph.Node, i int, ct, dst *tensor.Tensor, accumulate bool) {
	a, b := n.In(0), n.In(1)
	x, y := tensor.Data[T](a), tensor.Data[T](b)
	w, d := tensor.Data[T](ct), tensor.Data[T](dst)
	if i == 0 {
		settle(leftCotangent|n.Int(0)&rightCotangent, w, y, d, accumulate, func(win int) {
			eachProduct(ct.Dims(), a.Dims(), b.Dims(), func(m, k, c, i, j, l int) {
				gemm(win, false, true, m, k, c, w[l:], c, y[j:], c, d[i:], k, accumulate)
			})
		})
		return
	}
	settle(rightCotangent|n.Int(0)&leftCotangent, x, w, d, accumulate, func(win int) {
		eachProduct(ct.Dims(), a.Dims(), b.Dims(), func(m, k, c, i, j, l int) {
			gemm(win, true, false, k, c, m, x[i:], k, w[l:], c, d[j:], c, accumulate)
		})
	})
}

// eachProduct calls f for every product of two matrices (m,k)·(k,c) in a batch, with where they and their result begin.
// A batch of matrices against a single one is one tall product.
func eachProduct(out, a, b []int, f func(m, k, c, i, j, l int)) {
	m, k, c := a[len(a)-2], a[len(a)-1], b[len(b)-1]
	if len(b) == 2 {
		for _, d := range a[:len(a)-2] {
			m *= d
		}
		f(m, k, c, 0, 0, 0)
		return
	}
	p := tensor.Pair(out[:len(out)-2], a[:len(a)-2], b[:len(b)-2])
	for r := range p.Runs {
		for s := range r.N {
			f(m, k, c, (r.A+s*r.StepA)*m*k, (r.B+s*r.StepB)*k*c, (r.Out+s)*m*c)
		}
	}
}

// winning returns which zeros must win in a product of x and y whose cotangents are given. It is none of them, and the
// product a plain one, if the partners are finite.
func winning[T constraints.Float](cotangents int, x, y []T) int {
	if cotangents&leftCotangent != 0 && !kernel.AllFinite(y) || cotangents&rightCotangent != 0 && !kernel.AllFinite(x) {
		return cotangents
	}
	return plainProduct
}

// settle calls product, which adds the product of x and y to dst or sets dst, with the zeros that must win in it. Where it
// is cheaper it looks at the result of the plain product: 0·Inf and 0·NaN would have left NaN there, and without them the
// plain product is right.
func settle[T constraints.Float](cotangents int, x, y, dst []T, accumulate bool, product func(win int)) {
	partners := 0
	if cotangents&leftCotangent != 0 {
		partners += len(y)
	}
	if cotangents&rightCotangent != 0 {
		partners += len(x)
	}
	look := !accumulate && len(dst) < partners
	if look {
		product(plainProduct)
		if kernel.AllFinite(dst) {
			return
		}
	}
	if win := winning(cotangents, x, y); !look || win != plainProduct {
		product(win)
	}
}

// gemm is [kernel.Gemm], in which zeros of the operands in win win. That loop serves operands that are not finite, and
// need not be fast.
func gemm[T constraints.Float](win int, transA, transB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	if win == plainProduct {
		kernel.Gemm(transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate)
		return
	}
	for i := range m {
		for j := range n {
			var sum T
			if accumulate {
				sum = c[i*ldc+j]
			}
			for p := range k {
				x, y := a[entry(transA, i, p, lda)], b[entry(transB, p, j, ldb)]
				if x == 0 && win&leftCotangent != 0 || y == 0 && win&rightCotangent != 0 {
					continue
				}
				sum += x * y
			}
			c[i*ldc+j] = sum
		}
	}
}

func entry(trans bool, i, j, ld int) int {
	if trans {
		i, j = j, i
	}
	return i*ld + j
}
