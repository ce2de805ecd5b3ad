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
		x, axis := in[0], n.Int(0)
		d := e.same("subtract", x, e.spread(e.max(x, axis), x.dims, axis))
		s := e.sum(e.same("exponential", d), axis)
		return e.same("subtract", d, e.spread(e.same("log", s), x.dims, axis))
	},
})

// shares returns e^(x-m) along an axis, divided by the sum.
func (e *emitter) shares(x, m value, axis int) value {
	p := e.same("exponential", e.same("subtract", x, e.spread(m, x.dims, axis)))
	return e.same("divide", p, e.spread(e.sum(p, axis), x.dims, axis))
}
