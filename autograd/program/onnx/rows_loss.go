package onnx

import "github.com/seed366ff29f/chainrule/graph"

var _ = add(map[string]lowering{
	"mse":             meanOfElements,
	"huber":           meanOfElements,
	"bce":             meanOfElements,
	"bce_with_logits": meanOfElements,
	"kl_div":          meanOfElements,

	"cross_entropy": func(e *emitter, n graph.Node, in []value) value {
		return e.crossEntropy(in[0], e.integers(n.Ints()...))
	},
	"cross_entropy_at": func(e *emitter, n graph.Node, in []value) value {
		return e.crossEntropy(in[0], e.convert(in[1], i64))
	},
	"soft_cross_entropy": func(e *emitter, n graph.Node, in []value) value {
		z, t := e.rows(in[0]), e.rows(in[1])
		zero := e.like(0, z)
		terms := e.choose(e.compare("Equal", t, zero), zero, e.same("Mul", t, e.logShares(z, 1)))
		return e.same("Neg", e.mean(e.reduce("ReduceSum", terms, []int{1}, false)))
	},
})

// meanOfElements is the form of a loss that is the mean of an expression in its operands, broadcast.
func meanOfElements(e *emitter, n graph.Node, in []value) value {
	return e.mean(e.expand(e.elements(n, meanFormOf(n.Row()), in), stretched(in...)))
}

// mean returns the mean of all elements.
func (e *emitter) mean(x value) value {
	return e.reduce("ReduceMean", x, upTo(0, x.rank()), false)
}

// rows returns a vector as a matrix of one row.
func (e *emitter) rows(z value) value {
	if z.rank() == 1 {
		return e.reshape(z, 1, z.dims[0])
	}
	return z
}

// crossEntropy returns the mean over the rows of ln Σ e^z - z(label).
func (e *emitter) crossEntropy(z, labels value) value {
	z = e.rows(z)
	at := e.reshape(labels, z.dims[0], 1)
	picked := e.to("GatherElements", z.as(at.dims...), []value{e.logShares(z, 1), at}, intAttr("axis", 1))
	return e.same("Neg", e.mean(picked))
}
