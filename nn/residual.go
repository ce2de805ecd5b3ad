package nn

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

type residual struct{ sequential }

// Residual returns the layer x + f(x), where f applies the given layers in order, as [Sequential] does, which must keep
// the shape of x. Its parameters are named as those of a Sequential of the layers. What flows back has a way around f,
// so that networks of many layers can be trained.
//
// It panics with a [*graph.Error] if there is no layer, and as Sequential does. Forward panics if f changes the shape.
//
// Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition (2016), equation 1.
func Residual(layers ...Layer) Layer {
	const op = "nn.Residual"
	if len(layers) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "no layers: give those whose result is added to x"))
	}
	r := &residual{sequential{members: membersOf(op, layers)}}
	r.params = adopt(op, r, r.members...)
	return r
}

func (r *residual) String() string { return "Residual" }

func (r *residual) Forward(p Pass, x graph.Value) graph.Value {
	const op = "nn.Residual"
	x.Check(op)
	y := r.sequential.Forward(p, x)
	if !slices.Equal(x.Dims(), y.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "the layers make %s of x %s: they must keep its shape, such as by nn.Padding", tensor.FormatShape(y.Dims()), tensor.FormatShape(x.Dims())))
	}
	return ops.Add(x, y)
}
