package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opDot, opOuter, opTrace, opDiagonal, opDiagonalMatrix graph.Op

func init() {
	register(&opDot, graph.Row{
		Name: "dot", Func: Dot, Params: "a, b",
		Doc:        "inner product of two vectors",
		Formula:    "Σ aᵢ·bᵢ",
		Derivative: "b, a",
		Forward: func(n graph.Node) {
			if n.DType() == tensor.Float32 {
				n.Out().SetFlat(float64(kernel.Dot(n.In(0).Float32s(), n.In(1).Float32s())), 0)
			} else {
				n.Out().SetFlat(kernel.Dot(n.In(0).Float64s(), n.In(1).Float64s()), 0)
			}
		},
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			return addScaled(dst, ct.AtFlat(0), n.In(1-i), fresh)
		},
		VJP:     func(n graph.Node, i int, ct graph.Value) graph.Value { return Chain(ct, n.Input(1-i)) },
		Tangent: scalarTangent,
		Try:     []string{"(3) (3)", "(1) (1)", "(0) (0)", "(20) (20)"},
		Source:  "product rule",
	})
	register(&opOuter, graph.Row{
		Name: "outer", Func: Outer, Params: "a, b",
		Doc:        "outer product of two vectors",
		Formula:    "aᵢ·bⱼ",
		Derivative: "ct·b, aᵀ·ct",
		Forward:    matmulForward,
		Backward:   matmulBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 0 {
				return matmul(ct, Transpose(n.Input(1)), leftCotangent)
			}
			return matmul(Transpose(n.Input(0)), ct, rightCotangent)
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 0 {
				return matmul(t, n.Input(1), leftCotangent)
			}
			return matmul(n.Input(0), t, rightCotangent)
		},
		Try:    []string{"(3) (2)", "(1) (3)", "(0) (3)"},
		Source: "product rule",
	})
	register(&opTrace, graph.Row{
		Name: "trace", Func: Trace, Params: "x",
		Doc:        "sum of the diagonal of a matrix, of every matrix in a batch",
		Formula:    "Σ xᵢᵢ",
		Derivative: "1 on the diagonal, 0 elsewhere",
		Class:      graph.Linear,
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), traces[float64], traces[float32])(n.Out(), n.In(0))
		},
		Backward: adding(func(_ graph.Node, _ int, ct, dst *tensor.Tensor) {
			array.Instance(dst.DType(), addToDiagonals[float64], addToDiagonals[float32])(dst, ct)
		}),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			dims := n.InputNode(0).Dims()
			k := len(dims) - 2
			rows, cols := dims[k], dims[k+1]
			d := Broadcast(Reshape(ct, append(n.Value().Shape(), 1)...), append(n.Value().Shape(), min(rows, cols))...)
			return Pad(Pad(DiagonalMatrix(d), -2, 0, rows-min(rows, cols)), -1, 0, cols-min(rows, cols))
		},
		Try:    []string{"(3,3)", "(2,3)", "(3,2)", "(1,1)", "(2,3,3)", "(0,0)", "(0,2,2)"},
		Source: "linearity of the derivative",
	})
	register(&opDiagonal, graph.Row{
		Name: "diagonal", Func: Diagonal, Params: "x",
		Doc:        "diagonal of a matrix, of every matrix in a batch, as a vector",
		Formula:    "xᵢᵢ",
		Derivative: "1 on the diagonal, 0 elsewhere",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), takeDiagonals[float64], takeDiagonals[float32])(n.Out(), n.In(0), false)
		},
		Backward: adding(func(_ graph.Node, _ int, ct, dst *tensor.Tensor) {
			array.Instance(dst.DType(), addToDiagonals[float64], addToDiagonals[float32])(dst, ct)
		}),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			dims := n.InputNode(0).Dims()
			k := len(dims) - 2
			d := min(dims[k], dims[k+1])
			return Pad(Pad(DiagonalMatrix(ct), -2, 0, dims[k]-d), -1, 0, dims[k+1]-d)
		},
		Try:    []string{"(3,3)", "(2,3)", "(3,2)", "(2,3,3)", "(0,3)"},
		Source: "a selection of the elements",
	})
	register(&opDiagonalMatrix, graph.Row{
		Name: "diagonal_matrix", Func: DiagonalMatrix, Params: "x",
		Doc:        "square matrix with the vector x on its diagonal, and zeros elsewhere",
		Formula:    "xᵢ·δᵢⱼ",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), setDiagonals[float64], setDiagonals[float32])(n.Out(), n.In(0))
		},
		Backward: adding(func(_ graph.Node, _ int, ct, dst *tensor.Tensor) {
			array.Instance(dst.DType(), takeDiagonals[float64], takeDiagonals[float32])(dst, ct, true)
		}),
		VJP:    func(_ graph.Node, _ int, ct graph.Value) graph.Value { return Diagonal(ct) },
		Try:    []string{"(3)", "(1)", "(2,3)", "(0)"},
		Source: "transpose of diagonal",
	})
}

// Dot returns the inner product Σ aᵢ·bᵢ of two vectors of one length, 0 for empty ones. It panics with a
// [*graph.Error] if an operand is not a vector or the lengths differ.
//
// Derivative: b by a, a by b.
func Dot(a, b graph.Value) graph.Value {
	c := graph.Begin(opDot, a, b)
	x, y := c.Dims(0), c.Dims(1)
	if len(x) != 1 || len(y) != 1 {
		panic(c.Errorf(graph.ErrShape, "shapes %s and %s: both must be vectors; use ops.MatMul for matrices, or ops.Sum(ops.Mul(a, b)) for all elements", tensor.FormatShape(x), tensor.FormatShape(y)))
	}
	if x[0] != y[0] {
		panic(c.Errorf(graph.ErrShape, "lengths differ: %s and %s: give vectors of one length", tensor.FormatShape(x), tensor.FormatShape(y)))
	}
	return c.Record()
}

// Outer returns the outer product of two vectors, the matrix aᵢ·bⱼ: of shape (m,n) for lengths m and n. It panics with
// a [*graph.Error] if an operand is not a vector.
//
// Derivative: for the cotangent ct of the result, ct·b by a and aᵀ·ct by b.
func Outer(a, b graph.Value) graph.Value {
	c := graph.Begin(opOuter, a, b)
	x, y := c.Dims(0), c.Dims(1)
	if len(x) != 1 || len(y) != 1 {
		panic(c.Errorf(graph.ErrShape, "shapes %s and %s: both must be vectors; flatten them with ops.Reshape(x, -1)", tensor.FormatShape(x), tensor.FormatShape(y)))
	}
	// The row sees a column and a row: the outer product is their matrix product.
	return graph.Begin(opOuter, Reshape(a, x[0], 1), Reshape(b, 1, y[0])).Ints(plainProduct).Record(x[0], y[0])
}

// Trace returns the sum of the diagonal of a matrix, or of every matrix in a batch: shape (...,m,n) gives (...). It
// panics with a [*graph.Error] if x has fewer than two axes.
//
// Derivative: 1 on the diagonal, 0 elsewhere.
func Trace(x graph.Value) graph.Value {
	c := graph.Begin(opTrace, x)
	dims := mustMatrices(c, 0)
	return c.Record(dims[:len(dims)-2]...)
}

// Diagonal returns the diagonal of a matrix as a vector, or that of every matrix in a batch: shape (...,m,n) gives
// (...,min(m,n)). It panics with a [*graph.Error] if x has fewer than two axes.
//
// Derivative: 1 on the diagonal, 0 elsewhere.
func Diagonal(x graph.Value) graph.Value {
	c := graph.Begin(opDiagonal, x)
	dims := mustMatrices(c, 0)
	var buf [tensor.MaxRank]int
	k := len(dims) - 2
	return c.Record(append(append(buf[:0], dims[:k]...), min(dims[k], dims[k+1]))...)
}

// DiagonalMatrix returns the square matrix with the vector x on its diagonal and zeros elsewhere, or one for every
// vector along the last axis: shape (...,n) gives (...,n,n). It panics with a [*graph.Error] if x is a scalar.
//
// Derivative: 1.
func DiagonalMatrix(x graph.Value) graph.Value {
	c := graph.Begin(opDiagonalMatrix, x)
	dims := c.Dims(0)
	if len(dims) == 0 {
		panic(c.Errorf(graph.ErrShape, "got a scalar: give a vector, such as ops.Reshape(x, 1)"))
	}
	return c.Record(append(append(make([]int, 0, tensor.MaxRank+1), dims...), dims[len(dims)-1])...)
}

// mustMatrices returns the shape of operand i, which must be a matrix or a batch of them.
func mustMatrices(c graph.Call, i int) []int {
	dims := c.Dims(i)
	if len(dims) < 2 {
		panic(c.Errorf(graph.ErrShape, "shape %s is not a matrix: the last two axes are its rows and columns", tensor.FormatShape(dims)))
	}
	return dims
}

// mustSquare returns the shape of operand i, which must be a square matrix or a batch of them.
func mustSquare(c graph.Call, i int) []int {
	dims := mustMatrices(c, i)
	if k := len(dims); dims[k-1] != dims[k-2] {
		panic(c.Errorf(graph.ErrShape, "shape %s is not square: the last two axes must be equal", tensor.FormatShape(dims)))
	}
	return dims
}

// batchLen returns the number of matrices in a batch of the given shape.
func batchLen(dims []int) int { return product(dims[:len(dims)-2]) }

// diagonals describes those of a batch of matrices: of each, d elements that stand step apart, and the matrices size.
func diagonals(dims []int) (d, step, size int) {
	k := len(dims) - 2
	return min(dims[k], dims[k+1]), dims[k+1] + 1, dims[k] * dims[k+1]
}

// traces sets out to the sums of the diagonals of the matrices in x.
func traces[T constraints.Float](out, x *tensor.Tensor) {
	d, step, size := diagonals(x.Dims())
	y, v := tensor.Data[T](out), tensor.Data[T](x)
	for m := range y {
		sum := 0.0
		for i := range d {
			sum += float64(v[m*size+i*step])
		}
		y[m] = T(sum)
	}
}

// takeDiagonals sets dst to the diagonals of the matrices in x, or adds them to it.
func takeDiagonals[T constraints.Float](dst, x *tensor.Tensor, add bool) {
	d, step, size := diagonals(x.Dims())
	y, v := tensor.Data[T](dst), tensor.Data[T](x)
	for m := 0; len(y) > 0; m++ {
		for i := range y[:d] {
			if at := m*size + i*step; add {
				y[i] += v[at]
			} else {
				y[i] = v[at]
			}
		}
		y = y[d:]
	}
}

// addToDiagonals adds numbers to the diagonals of the matrices in dst: those of ct, or one for all of a diagonal.
func addToDiagonals[T constraints.Float](dst, ct *tensor.Tensor) {
	if dst.Len() == 0 {
		return
	}
	d, step, size := diagonals(dst.Dims())
	y, w := tensor.Data[T](dst), tensor.Data[T](ct)
	each := ct.Rank() == dst.Rank()-1
	for m := range len(y) / size {
		for i := range d {
			k := m
			if each {
				k = m*d + i
			}
			y[m*size+i*step] += w[k]
		}
	}
}

// setDiagonals sets the matrices in dst to zeros, but their diagonals to those in x.
func setDiagonals[T constraints.Float](dst, x *tensor.Tensor) {
	dst.Zero()
	if dst.Len() == 0 {
		return
	}
	d, step, size := diagonals(dst.Dims())
	y := tensor.Data[T](dst)
	for i, v := range tensor.Data[T](x) {
		y[i/d*size+i%d*step] = v
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// mask returns a constant matrix of the size of those in x, with the elements given by f.
func mask(x graph.Value, f func(i, j int) float64) graph.Value {
	dims := x.Dims()
	k := len(dims) - 2
	t := tensor.New(x.Graph().DType(), dims[k:]...)
	for i := range dims[k] {
		for j := range dims[k+1] {
			t.SetFlat(f(i, j), i*dims[k+1]+j)
		}
	}
	return x.Graph().ConstTensor(t)
}

// symmetric returns (x + xᵀ)/2 for every matrix in x, as operations on the graph.
func symmetric(x graph.Value) graph.Value { return MulScalar(Add(x, Transpose(x)), 0.5) }

// toFloat64 sets dst to the numbers of t from offset on.
func toFloat64(dst []float64, t *tensor.Tensor, offset int) {
	if t.DType() == tensor.Float64 {
		copy(dst, t.Float64s()[offset:])
		return
	}
	convertTo(dst, t.Float32s()[offset:offset+len(dst)])
}

// fromFloat64 sets the numbers of t from offset on to src, rounded to t's precision.
func fromFloat64(t *tensor.Tensor, offset int, src []float64) {
	if t.DType() == tensor.Float64 {
		copy(t.Float64s()[offset:], src)
		return
	}
	convertTo(t.Float32s()[offset:offset+len(src)], src)
}

func convertTo[D, S constraints.Float](dst []D, src []S) {
	for i, v := range src {
		dst[i] = D(v)
	}
}
