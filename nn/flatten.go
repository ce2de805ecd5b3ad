package nn

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

type flatten struct{}

// Flatten returns the layer that makes a row of every example: x of shape (rows, a, b, ...) gives (rows, a·b·...), such
// as between convolutions and [Linear]. No number is copied.
func Flatten() Layer { return flatten{} }

func (flatten) Params() []*Param { return nil }

func (flatten) String() string { return "Flatten" }

func (flatten) Forward(_ Pass, x graph.Value) graph.Value {
	const op = "nn.Flatten"
	x.Check(op)
	dims := x.Dims()
	if len(dims) < 2 {
		panic(graph.Errorf(op, graph.ErrShape, "x has shape %s: give it the shape (rows, ...)", tensor.FormatShape(dims)))
	}
	n := 1
	for _, d := range dims[1:] {
		n *= d
	}
	return ops.Reshape(x, dims[0], n)
}
