package onnx

import "github.com/seed366ff29f/chainrule/graph"

var _ = add(map[string]lowering{
	"layer_norm": func(e *emitter, n graph.Node, in []value) value {
		x, gain, bias, last := in[0], in[1], in[2], in[0].rank()-1
		if eps := n.Float(0); x.elem.holds(eps) {
			return e.to("LayerNormalization", x, in, intAttr("axis", -1), floatAttr("epsilon", eps))
		}
		normal := e.normalized(e.centered(x, []int{last}), n.Float(0), last)
		return e.same("Add", e.same("Mul", normal, gain), bias)
	},
	"rms_norm": func(e *emitter, n graph.Node, in []value) value {
		return e.same("Mul", e.normalized(in[0], n.Float(0), in[0].rank()-1), in[1])
	},
	// This is the form of training, with the moments of the batch. In use it is arithmetic with running averages.
	"batch_norm": func(e *emitter, n graph.Node, in []value) value {
		axes := append([]int{0}, upTo(2, in[0].rank())...)
		normal := e.normalized(e.centered(in[0], axes), n.Float(0), axes...)
		along := shapeAlong(in[0].rank(), 1, in[0].dims[1])
		return e.same("Add", e.same("Mul", normal, e.reshape(in[1], along...)), e.reshape(in[2], along...))
	},
})

// normalized returns x divided by the root of its mean square over axes and eps.
func (e *emitter) normalized(x value, eps float64, axes ...int) value {
	square := e.reduce("ReduceMean", e.same("Mul", x, x), axes, true)
	return e.same("Div", x, e.same("Sqrt", e.same("Add", square, e.like(eps, x))))
}
