package stablehlo

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"softmax": func(e *emitter, n graph.Node, in []value) value {
		x, axis := in[0], n.Int(0)
		return e.shares(x, e.max(x, axis), axis)
	},
	// What is -Inf gets 0, whatever stands beside it.
	"safe_softmax": func(e *emitter, n graph.Node, in []value) value {
		x, axis := in[0], n.Int(0)
		p := e.shares(x, e.max(x, axis), axis)
		return e.choose(e.compare("EQ", x, e.like(math.Inf(-1), x)), e.like(0, x), p)
	},
	"log_softmax": func(e *emitter, n graph.Node, in []value) value {
		x, axes := in[0], n.Ints()[:1]
		d := e.same("subtract", x, e.spread(e.max(x, axes...), x, axes))
		s := e.sum(e.same("exponential", d), axes...)
		return e.same("subtract", d, e.spread(e.same("log", s), x, axes))
	},
})

// shares returns e^(x-m) along an axis, divided by the sum.
func (e *emitter) shares(x, m value, axis int) value {
	axes := []int{axis}
	p := e.same("exponential", e.same("subtract", x, e.spread(m, x, axes)))
	return e.same("divide", p, e.spread(e.sum(p, axes...), x, axes))
}
