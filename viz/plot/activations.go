package plot

import (
	"fmt"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/nn"
)

// Activations draws histograms of what the layers of a model in use give for the rows of x, the first layer at the top: on
// one axis, so that one sees where values grow, vanish, or crowd at the ends of a sigmoid.
//
//	plot.Activations(model, batch.X)
//
// The layers are those of the model's containers, as [nn.Pass.Watch] sees them, without the containers themselves and
// without layers that do nothing in use, such as dropout. Beside each stand the mean and the standard deviation (SD).
//
// Activations panics with a [*graph.Error] if the model or x is nil, the model does not take x, or an option is nil.
func Activations(model nn.Layer, x *tensor.Tensor, options ...Option) *Figure {
	const op = "plot.Activations"
	s := newSettings(op, 640, 0)
	apply(s, options, Option.set)
	if model == nil || x == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil model or tensor: give a layer, and a batch that it takes"))
	}
	var samples []sample
	var inner []string // names of layers that have been seen
	before := -1       // the node of the last one
	add := func(name string, y graph.Value) {
		if y.ID() != before {
			samples = append(samples, sample{name: name, values: y.Tensor().To(tensor.Float64).Float64s()})
			before = y.ID()
		}
	}
	err := graph.Try(func() {
		g := graph.New(graph.WithDType(dtypeOf(model)))
		g.Quietly(func() {
			input := g.ConstTensor(x.To(g.DType()))
			before = input.ID()
			y := model.Forward(nn.Eval().Watch(func(name string, l nn.Layer, y graph.Value) {
				container := false
				for _, n := range inner {
					container = container || strings.HasPrefix(n, name+".")
				}
				inner = append(inner, name)
				if !container {
					add(name+" "+nameOf(l), y)
				}
			}), input)
			y.Check(op)
			add("output", y)
		})
	})
	if err != nil {
		panic(graph.Errorf(op, graph.ErrUsage, "the model does not take an x of shape %s: %v", tensor.FormatShape(x.Dims()), err))
	}
	if len(samples) == 0 {
		samples = append(samples, sample{name: "input", values: x.To(tensor.Float64).Float64s()})
	}
	return histogramFigure(s, fmt.Sprintf("activations of %s", count(len(samples), "layer")), samples, false, "activation")
}

// dtypeOf returns the precision of a model.
func dtypeOf(model nn.Layer) tensor.DType {
	for _, p := range model.Params() {
		if p != nil && p.Data != nil && p.Kind != nn.Counter {
			return p.Data.DType()
		}
	}
	return tensor.Float64
}

// nameOf returns what a layer calls itself, or its type.
func nameOf(l nn.Layer) string {
	if own, ok := l.(fmt.Stringer); ok {
		return legible.Name(own.String())
	}
	return legible.Name(strings.TrimPrefix(fmt.Sprintf("%T", l), "*"))
}

// Gradients draws histograms of the sizes |∂l/∂w| of the gradients that a sweep has found for each parameter, the first at
// the top: on one logarithmic axis, so that one sees where they vanish or explode on their way back through the layers.
//
//	grads := autograd.Backward(loss)
//	err := plot.Gradients(model.Params(), grads).SaveFile("gradients.svg")
//
// Parameters that are not trained are left out. Beside each stands the root of the mean square (RMS). Gradients panics with
// a [*graph.Error] if no parameter is trained, one is nil, the gradients are of no sweep or their graph has been Reset, or an
// option is nil.
func Gradients(params []*nn.Param, grads autograd.Gradients, options ...Option) *Figure {
	const op = "plot.Gradients"
	s := newSettings(op, 640, 0)
	apply(s, options, Option.set)
	var samples []sample
	for i, p := range params {
		if p == nil || p.Data == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "parameter %d is nil or has no numbers: give model.Params()", i))
		}
		if p.Trained() {
			samples = append(samples, gradientOf(p, grads))
		}
	}
	if len(samples) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "none of %s is trained: give model.Params()", count(len(params), "parameter")))
	}
	return histogramFigure(s, fmt.Sprintf("the sizes of gradients of %s", count(len(samples), "parameter")), samples, true, "size of the gradient, |∂l/∂w|")
}

// gradientOf returns the gradient of a parameter.
func gradientOf(p *nn.Param, grads autograd.Gradients) sample {
	out := sample{name: legible.Name(p.Name)}
	leaf, bound := grads.Graph().Bound(p.Data)
	switch {
	case !bound || !grads.Reaches(leaf):
		out.remark = "not reached by the loss"
	case p.Data.Rank() == 0:
		out.values = []float64{grads.Scalar(leaf)}
	default:
		out.values = grads.Tensor(leaf).To(tensor.Float64).Float64s()
	}
	return out
}
