package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opLinear graph.Op

func init() {
	register(&opLinear, graph.Row{
		Name: "linear", Func: Linear, Params: "x, w, b",
		Doc:        "fully connected layer: the product with a matrix, plus a bias for each column",
		Formula:    "x·w + b",
		Derivative: "ct·wᵀ, xᵀ·ct, Σ ct",
		Forward:    linearForward,
		Backward:   linearBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			x, w := n.Input(0), n.Input(1)
			switch i {
			case 0:
				return matmul(ct, Transpose(w), leftCotangent)
			case 1:
				// The rows of all batches are one tall matrix.
				rows, k, c := rowsOf(n.In(0)), w.Dims()[0], w.Dims()[1]
				return matmul(Transpose(Reshape(x, rows, k)), Reshape(ct, rows, c), rightCotangent)
			}
			return ct
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			switch i {
			case 0:
				return matmul(t, n.Input(1), leftCotangent)
			case 1:
				return matmulTangents(n.Input(0), t, rightCotangent)
			}
			return t
		},
		Stacks: func(n graph.Node, i int) bool { return i == 0 || i == 1 && len(n.InputNode(0).Dims()) == 2 },
		Try:    []string{"(2,3) (3,4) (4)", "(1,2) (2,1) (1)", "(2,2,3) (3,2) (2)", "(0,3) (3,2) (2)", "(2,0) (0,3) (3)"},
		Source: "Giles (2008), 2.2.1; the lecture's u = Σ wᵢ·zᵢ + b for all nodes of a layer at once",
	})
}

// Linear returns x·w + b: a fully connected layer for every row of x. For x of shape (rows, in), w (in, out) and b (out)
// the result has shape (rows, out); further axes in front of the rows are kept. It is [Add] of a [MatMul] in one pass.
//
// Derivative: for the cotangent ct of the result, ct·wᵀ by x, xᵀ·ct by w, and the sum of ct's rows by b.
//
// It panics with a [*graph.Error] if the shapes do not fit.
func Linear(x, w, b graph.Value) graph.Value {
	c := graph.Begin(opLinear, x, w, b)
	in, weights, bias := c.Dims(0), c.Dims(1), c.Dims(2)
	if len(in) < 2 || len(weights) != 2 || len(bias) != 1 || in[len(in)-1] != weights[0] || weights[1] != bias[0] {
		panic(c.Errorf(graph.ErrShape, "x %s, w %s and b %s do not fit: they must be (rows,in), (in,out) and (out)",
			tensor.FormatShape(in), tensor.FormatShape(weights), tensor.FormatShape(bias)))
	}
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], in[:len(in)-1]...)
	return c.Record(append(shape, weights[1])...)
}

func linearForward(n graph.Node) {
	array.Instance(n.DType(), linear[float64], linear[float32])(n)
}

func linear[T constraints.Float](n graph.Node) {
	x, w := n.In(0), n.In(1)
	kernel.Linear(tensor.Data[T](n.Out()), tensor.Data[T](x), tensor.Data[T](w), tensor.Data[T](n.In(2)),
		rowsOf(x), w.Dims()[1], w.Dims()[0], false)
}

// rowsOf returns the number of rows of all batches in x.
func rowsOf(x *tensor.Tensor) int { return product(x.Dims()[:x.Rank()-1]) }

func linearBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	array.Instance(dst.DType(), addLinear[float64], addLinear[float32])(n, i, ct, dst, !fresh)
	return true
}

func addLinear[T constraints.Float](n graph.Node, i int, ct, dst *tensor.Tensor, accumulate bool) {
	in, weights := n.In(0), n.In(1)
	x, y := tensor.Data[T](in), tensor.Data[T](weights)
	w, d := tensor.Data[T](ct), tensor.Data[T](dst)
	m, k, c := rowsOf(in), weights.Dims()[0], weights.Dims()[1]
	switch i {
	case 0:
		settle(leftCotangent, w, y, d, accumulate, func(win int) {
			gemm(win, false, true, m, k, c, w, c, y, c, d, k, accumulate)
		})
	case 1:
		settle(rightCotangent, x, w, d, accumulate, func(win int) {
			gemm(win, true, false, k, c, m, x, k, w, c, d, c, accumulate)
		})
	case 2:
		if !accumulate {
			clear(d)
		}
		kernel.AddColumnSums(d, w)
	}
}
