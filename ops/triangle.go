package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
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
			Forward: func(n graph.Node) {
				dims := n.Dims()
				rows, columns, k := dims[len(dims)-2], dims[len(dims)-1], n.Int(0)
				n.Out().Fill(0)
				for at := 0; at < n.Out().Len(); at += columns {
					if lo, hi := inside(at/columns%rows, columns, k); lo < hi {
						copyElements(n.Out(), at+lo, n.In(0), at+lo, hi-lo)
					}
				}
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
