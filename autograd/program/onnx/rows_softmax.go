package onnx

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"softmax": func(e *emitter, n graph.Node, in []value) value { return e.shares(in[0], n.Int(0)) },
	// What is -Inf gets 0, whatever stands beside it.
	"safe_softmax": func(e *emitter, n graph.Node, in []value) value {
		x := in[0]
		return e.choose(e.compare("Equal", x, e.like(math.Inf(-1), x)), e.like(0, x), e.shares(x, n.Int(0)))
	},
	"log_softmax": func(e *emitter, n graph.Node, in []value) value { return e.logShares(in[0], n.Int(0)) },
})

// shares returns eˣ along an axis, divided by the sum.
func (e *emitter) shares(x value, axis int) value {
	return e.to("Softmax", x, []value{x}, intAttr("axis", int64(axis)))
}

// logShares returns the logarithm of shares.
func (e *emitter) logShares(x value, axis int) value {
	return e.to("LogSoftmax", x, []value{x}, intAttr("axis", int64(axis)))
}
