package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opTril, opTriu graph.Op

func init() {
	triangle := func(op *graph.Op, name string, f func(graph.Value, int) graph.Value, doc string, inside func(i, columns, k int) (lo, hi int)) {
		register(op, graph.Row{
			Name: name, Func: f, Params: "x, k",
			Doc:        doc,
			Formula:    "x",
			Derivative: "1 inside, 0 outside",
			Class:      graph.Linear,
			Moves:      true,
			Forward: func(n graph.Node) {
				array.Instance(n.DType(), moveTriangle[float64], moveTriangle[float32])(n.Out(), n.In(0), n.Int(0), inside, true)
			},
			Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
				array.Instance(n.DType(), moveTriangle[float64], moveTriangle[float32])(dst, ct, n.Int(0), inside, fresh)
				return true
			},
			VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return f(ct, n.Int(0)) },
			Try:    []string{"(3,3) 0", "(2,3) 1", "(3,2) -1", "(2,3,3) 0", "(1,1) 0", "(0,2) 0", "(2,2) 5"},
			Source: "a selection of the elements",
		})
	}
	triangle(&opTril, "tril", Tril, "lower triangle: elements on diagonal k and below it, zeros above",
		func(i, columns, k int) (lo, hi int) { return 0, min(max(i+min(k, columns)+1, 0), columns) })
	triangle(&opTriu, "triu", Triu, "upper triangle: elements on diagonal k and above it, zeros below",
		func(i, columns, k int) (lo, hi int) { return min(max(i+min(k, columns), 0), columns), columns })
}

// moveTriangle sets dst to the elements of src from lo to hi of every row i and to zeros elsewhere, or adds them to dst.
func moveTriangle[T constraints.Float](dst, src *tensor.Tensor, k int, inside func(i, columns, k int) (lo, hi int), set bool) {
	to, from, dims := tensor.Data[T](dst), tensor.Data[T](src), dst.Dims()
	rows, columns := dims[len(dims)-2], dims[len(dims)-1]
	for i := 0; len(to) > 0; i++ {
		lo, hi := inside(i%rows, columns, k)
		if set {
			clear(to[:lo])
			copy(to[lo:hi], from[lo:hi])
			clear(to[hi:columns])
		} else {
			kernel.AddTo(to[lo:hi], from[lo:hi])
		}
		to, from = to[columns:], from[columns:]
	}
}

// Tril returns x with zeros above diagonal k of the last two axes: 0 is the main diagonal, 1 the one above it. A causal
// attention mask is made with it. It panics with a [*graph.Error] if x has fewer than two axes.
//
// Derivative: 1 for the elements kept, 0 for the others.
func Tril(x graph.Value, k int) graph.Value { return triangular(opTril, x, k) }

// Triu returns x with zeros below diagonal k of the last two axes: 0 is the main diagonal, 1 the one above it. It
// panics with a [*graph.Error] if x has fewer than two axes.
//
// Derivative: 1 for the elements kept, 0 for the others.
func Triu(x graph.Value, k int) graph.Value { return triangular(opTriu, x, k) }

func triangular(op graph.Op, x graph.Value, k int) graph.Value {
	c := graph.Begin(op, x)
	if shape := c.Dims(0); len(shape) < 2 {
		panic(c.Errorf(graph.ErrShape, "shape %s is no matrix: it needs two axes or more", tensor.FormatShape(slices.Clone(shape))))
	}
	return c.Ints(k).Record(c.Dims(0)...)
}
