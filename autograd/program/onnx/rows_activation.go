package onnx

import "github.com/seed366ff29f/chainrule/graph"

// Elementwise operations for which ONNX has an operator: one node says more than the expression of the row.
var _ = add(map[string]lowering{
	"sigmoid":    operator("Sigmoid"),
	"relu":       operator("Relu"),
	"softplus":   operator("Softplus"),
	"gelu":       operator("Gelu"),
	"reciprocal": operator("Reciprocal"),
	"silu": func(e *emitter, _ graph.Node, in []value) value {
		return e.same("Mul", in[0], e.same("Sigmoid", in[0]))
	},
	"leaky_relu": withAlpha("LeakyRelu"),
	"elu":        withAlpha("Elu"),
	"clamp": func(e *emitter, n graph.Node, in []value) value {
		lo, hi := n.Float(0), n.Float(1)
		if !(lo <= hi) {
			return elementwise(e, n, in)
		}
		return e.to("Clip", in[0], []value{in[0], e.like(lo, in[0]), e.like(hi, in[0])})
	},
})

// operator is the form of an operation that is an operator of the same operands.
func operator(name string) lowering {
	return func(e *emitter, n graph.Node, in []value) value { return e.same(name, in...) }
}

// withAlpha is the form of an operation that is an operator whose attribute alpha is the first number. It is the expression
// for what an attribute does not hold, as most numbers in float64, and for what is not finite.
func withAlpha(name string) lowering {
	return func(e *emitter, n graph.Node, in []value) value {
		alpha := n.Float(0)
		if !in[0].elem.holds(alpha) || alpha-alpha != 0 {
			return elementwise(e, n, in)
		}
		return e.to(name, in[0], in, floatAttr("alpha", alpha))
	}
}
