package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opMatMul graph.Op

// The attribute of a matrix product says which operand is a cotangent, whose zeros win over infinite partners.
const (
	plainProduct = iota
	leftCotangent
	rightCotangent
)

func init() {
	register(&opMatMul, graph.Row{
		Name: "matmul", Func: MatMul, Params: "a, b", Doc: "matrix product, of every pair of matrices in a batch", Formula: "a·b", Derivative: "ct·bᵀ, aᵀ·ct",
		Forward:  matmulForward,
		Backward: matmulBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 0 {
				return matmul(ct, Transpose(n.Input(1)), leftCotangent)
			}
			return matmul(Transpose(n.Input(0)), ct, rightCotangent)
		},
		Try:    []string{"(2,3) (3,4)", "(1,3) (3,1)", "(3) (3)", "(2,3) (3)", "(3) (3,2)", "(5,2,3) (5,3,2)", "(2,3) (4,3,2)", "(2,1,2,3) (3,3,2)", "(0,3) (3,2)", "(2,0) (0,3)"},
		Source: "Giles (2008), Collected matrix derivative results, 2.2.1",
	})
}

// MatMul returns the matrix product of a and b. For matrices of shapes (m,k) and (k,n) it has shape (m,n). Axes before
// the last two are a batch of matrices and broadcast. A vector is taken as a row on the left and as a column on the
// right, and that axis disappears from the result, as in NumPy and PyTorch.
//
// Derivative: for the cotangent ct of the result, ct·bᵀ by a and aᵀ·ct by b.
//
// It panics with a [*graph.Error] if the inner dimensions differ or an operand is a scalar.
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
	case len(x) > 1 && x[len(x)-2] == inner:
		hint = "did you mean ops.MatMul(ops.Transpose(a), b)?"
	case len(y) > 1 && y[len(y)-1] == x[len(x)-1]:
		hint = "did you mean ops.MatMul(a, ops.Transpose(b))?"
	}
	panic(graph.Errorf(op, graph.ErrShape, "inner dimensions differ: %s × %s: %s", tensor.FormatShape(x), tensor.FormatShape(y), hint))
}

// matmul records the product of matrices, or of batches of them.
func matmul(a, b graph.Value, mode int) graph.Value {
	c := graph.Begin(opMatMul, a, b)
	x, y := c.Dims(0), c.Dims(1)
	var buf [tensor.MaxRank]int
	shape := broadcastDims(c, buf[:0], x[:len(x)-2], y[:len(y)-2])
	shape = append(shape, x[len(x)-2], y[len(y)-1])
	return c.Ints(mode).Record(shape...)
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
	gemm := kernel.Gemm[T]
	switch mode := n.Int(0); {
	case mode == leftCotangent && !kernel.AllFinite(y):
		gemm = kernel.GemmZeroWins[T]
	case mode == rightCotangent && !kernel.AllFinite(x):
		gemm = gemmRightZeroWins[T]
	}
	eachProduct(out.Dims(), a.Dims(), b.Dims(), func(m, k, c, i, j, l int) {
		gemm(false, false, m, c, k, x[i:], k, y[j:], c, z[l:], c, false)
	})
}

// matmulBackward accumulates ct·bᵀ or aᵀ·ct. A batch axis along which the operand was broadcast is summed by itself.
func matmulBackward(n graph.Node, i int, ct, dst *tensor.Tensor) bool {
	if n.Int(0) != plainProduct {
		return false
	}
	if dst.DType() == tensor.Float32 {
		addMatmul[float32](n, i, ct, dst)
	} else {
		addMatmul[float64](n, i, ct, dst)
	}
	return true
}

func addMatmul[T constraints.Float](n graph.Node, i int, ct, dst *tensor.Tensor) {
	a, b := n.In(0), n.In(1)
	w, d := tensor.Data[T](ct), tensor.Data[T](dst)
	if i == 0 {
		y := tensor.Data[T](b)
		gemm := kernel.Gemm[T]
		if !kernel.AllFinite(y) {
			gemm = kernel.GemmZeroWins[T]
		}
		eachProduct(ct.Dims(), a.Dims(), b.Dims(), func(m, k, c, i, j, l int) {
			gemm(false, true, m, k, c, w[l:], c, y[j:], c, d[i:], k, true)
		})
		return
	}
	x := tensor.Data[T](a)
	gemm := kernel.Gemm[T]
	if !kernel.AllFinite(x) {
		gemm = gemmRightZeroWins[T]
	}
	eachProduct(ct.Dims(), a.Dims(), b.Dims(), func(m, k, c, i, j, l int) {
		gemm(true, false, k, c, m, x[i:], k, w[l:], c, d[j:], c, true)
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

// gemmRightZeroWins is kernel.GemmZeroWins for zeros of the right operand. It serves operands that are not finite, and
// need not be fast.
func gemmRightZeroWins[T constraints.Float](transA, transB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	for i := range m {
		for j := range n {
			var sum T
			if accumulate {
				sum = c[i*ldc+j]
			}
			for p := range k {
				x, y := a[at(transA, i, p, lda)], b[at(transB, p, j, ldb)]
				if y != 0 {
					sum += x * y
				}
			}
			c[i*ldc+j] = sum
		}
	}
}

func at(trans bool, i, j, ld int) int {
	if trans {
		i, j = j, i
	}
	return i*ld + j
}
