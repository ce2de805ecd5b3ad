package ops

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
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
		Name: "matmul", Func: MatMul, Params: "a, b",
		Doc:        "matrix product, of every pair of matrices in a batch",
		Formula:    "a·b",
		Derivative: "ct·bᵀ, aᵀ·ct",
		Forward:    matmulForward,
		Backward:   matmulBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			// A cotangent among the operands goes on winning: ct may be the undefined derivative of a branch not taken.
			if i == 0 {
				return matmul(ct, Transpose(n.Input(1)), leftCotangent|n.Int(0)&rightCotangent)
			}
			return matmul(Transpose(n.Input(0)), ct, rightCotangent|n.Int(0)&leftCotangent)
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 0 {
				return matmul(t, n.Input(1), leftCotangent|n.Int(0)&rightCotangent)
			}
			return matmulTangents(n.Input(0), t, rightCotangent|n.Int(0)&leftCotangent)
		},
		Stacks: func(n graph.Node, i int) bool { // the axes of a batch stand before no others
			return len(n.InputNode(i).Dims()) >= len(n.InputNode(1-i).Dims())
		},
		Try: []string{
			"(2,3) (3,4)", "(1,3) (3,1)", "(3) (3)", "(2,3) (3)", "(3) (3,2)", "(5,2,3) (5,3,2)", "(2,3) (4,3,2)",
			"(2,1,2,3) (3,3,2)", "(0,3) (3,2)", "(2,0) (0,3)",
		},
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
	shape, ok := array.BroadcastShapes(buf[:0], x[:len(x)-2], y[:len(y)-2])
	if !ok {
		panic(c.Errorf(graph.ErrShape, "batch axes differ: %s × %s: before the last two axes, lengths must be equal or one of them 1", tensor.FormatShape(x), tensor.FormatShape(y)))
	}
	return c.Ints(cotangents).Record(append(shape, x[len(x)-2], y[len(y)-1])...)
}

// matmulTangents is matmul of a and t, in which a matrix meets a stack of narrow ones side by side: there is more to do for
// each of its numbers.
func matmulTangents(a, t graph.Value, cotangents int) graph.Value {
	x, y := a.Dims(), t.Dims()
	if len(x) != 2 || len(y) != 3 || y[2] >= narrow {
		return matmul(a, t, cotangents)
	}
	side := matmul(a, Reshape(Permute(t, 1, 0, 2), y[1], y[0]*y[2]), cotangents)
	return Permute(Reshape(side, x[0], y[0], y[2]), 1, 0, 2)
}

// narrow is the number of columns from which on a product's kernels have enough to do for each number of the left factor.
const narrow = 16

func matmulForward(n graph.Node) {
	array.Instance(n.DType(), multiply[float64], multiply[float32])(n)
}

func multiply[T constraints.Float](n graph.Node) {
	a, b, out := n.In(0), n.In(1), n.Out()
	x, y, z := tensor.Data[T](a), tensor.Data[T](b), tensor.Data[T](out)
	settle(n.Int(0), x, y, z, false, func(win int) {
		eachProduct(out.Dims(), a.Dims(), b.Dims(), func(m, k, c, i, j, l int) {
			gemm(win, false, false, m, c, k, x[i:], k, y[j:], c, z[l:], c, false)
		})
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
	array.Instance(dst.DType(), addMatmul[float64], addMatmul[float32])(n, i, ct, dst, !fresh)
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
		f(batchLen(a)*m, k, c, 0, 0, 0)
		return
	}
	p := array.Pair(out[:len(out)-2], a[:len(a)-2], b[:len(b)-2])
	for r := range p.Runs {
		for s := range r.N {
			f(m, k, c, (r.A+s*r.StepA)*m*k, (r.B+s*r.StepB)*k*c, (r.Out+s)*m*c)
		}
	}
}

// winning returns which zeros must win in a product of x and y whose cotangents are given. It is none of them, and the
// product a plain one, unless a cotangent has zeros and its partner something that is not finite.
func winning[T constraints.Float](cotangents int, x, y []T) int {
	win := challenged(cotangents, x, y)
	if win&leftCotangent != 0 && !slices.Contains(x, 0) {
		win &^= leftCotangent
	}
	if win&rightCotangent != 0 && !slices.Contains(y, 0) {
		win &^= rightCotangent
	}
	return win
}

// challenged returns which of the cotangents have a partner that is not finite.
func challenged[T constraints.Float](cotangents int, x, y []T) int {
	if cotangents&leftCotangent != 0 && kernel.AllFinite(y) {
		cotangents &^= leftCotangent
	}
	if cotangents&rightCotangent != 0 && kernel.AllFinite(x) {
		cotangents &^= rightCotangent
	}
	return cotangents
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

// gemm is [kernel.Gemm], in which zeros of the operands in win win over whatever they meet.
func gemm[T constraints.Float](win int, transA, transB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	if win == plainProduct || m == 0 || n == 0 || k == 0 {
		kernel.Gemm(transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate)
		return
	}
	// The product is that of the finite numbers, plus what the others add: +Inf, -Inf or NaN, whatever the size of the
	// numbers that they meet. Products of signs count how many of each there are.
	x, y := gathered(transA, m, k, a, lda), gathered(transB, k, n, b, ldb)
	finiteX, finiteY, left, right := onlyFinite(x), onlyFinite(y), win&leftCotangent != 0, win&rightCotangent != 0
	pairs := signPairs[T]{m, n, k, signed[T]{make([]T, m*n), make([]T, m*n)}}
	pairs.add(signs(x, left), signs(y, right).only(false, y))
	pairs.add(signs(x, left).only(false, x), signs(y, right).only(true, y))
	kernel.Gemm(false, false, m, n, k, finiteX, k, finiteY, n, c, ldc, accumulate)
	for i := range m {
		for j := range n {
			c[i*ldc+j] += pairs.sum(i*n + j)
		}
	}
}

// gathered returns a copy of a matrix of the given size, its transpose undone.
func gathered[T constraints.Float](trans bool, rows, columns int, a []T, lda int) []T {
	out := make([]T, 0, rows*columns)
	for i := range rows {
		for j := range columns {
			out = append(out, a[entry(trans, i, j, lda)])
		}
	}
	return out
}

// onlyFinite returns x with zeros in place of what is not finite.
func onlyFinite[T constraints.Float](x []T) []T {
	out := slices.Clone(x)
	for i, v := range x {
		if v-v != 0 {
			out[i] = 0
		}
	}
	return out
}

// signed are the signs of numbers, and a 1 for each number that counts.
type signed[T constraints.Float] struct{ net, total []T }

// signs returns the signs of numbers. That of NaN is 0, but it counts, and so does a zero unless zeros win.
func signs[T constraints.Float](x []T, zerosWin bool) signed[T] {
	s := signed[T]{make([]T, len(x)), make([]T, len(x))}
	for i, v := range x {
		if v != 0 || !zerosWin {
			s.total[i] = 1
		}
		if v == v {
			s.net[i] = signOf(v)
		}
	}
	return s
}

// only returns the signs of the numbers that are finite, or of those that are not. It changes s.
func (s signed[T]) only(finite bool, x []T) signed[T] {
	for i, v := range x {
		if (v-v == 0) != finite {
			s.net[i], s.total[i] = 0, 0
		}
	}
	return s
}

// signPairs counts, for each element of a matrix product, the products of two numbers of which one is infinite or NaN, and
// by how many the positive ones outnumber the negative ones.
type signPairs[T constraints.Float] struct {
	m, n, k int
	signed[T]
}

func (p *signPairs[T]) add(x, y signed[T]) {
	kernel.Gemm(false, false, p.m, p.n, p.k, x.net, p.k, y.net, p.n, p.net, p.n, true)
	kernel.Gemm(false, false, p.m, p.n, p.k, x.total, p.k, y.total, p.n, p.total, p.n, true)
}

// sum returns the sum of the products that were counted for element i: 0 if there are none, NaN if they do not all have
// one sign.
func (p *signPairs[T]) sum(i int) T {
	switch net, total := p.net[i], p.total[i]; {
	case total == 0:
		return 0
	case net == total:
		return T(math.Inf(1))
	case net == -total:
		return T(math.Inf(-1))
	}
	return T(math.NaN())
}

func entry(trans bool, i, j, ld int) int {
	if trans {
		i, j = j, i
	}
	return i*ld + j
}
