package stablehlo

import (
	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"mse":             meanOfElements,
	"huber":           meanOfElements,
	"bce":             meanOfElements,
	"bce_with_logits": meanOfElements,
	"kl_div":          meanOfElements,

	"cross_entropy": func(e *emitter, n graph.Node, in []value) value {
		z := e.rows(in[0])
		labels := e.integerConstant(n.Ints(), typ{i32, z.dims[:1]})
		return e.crossEntropy(z, e.compare("EQ", e.counting(1, z.of(i32)), e.place(labels, []int{0}, z.dims)))
	},
	"cross_entropy_at": func(e *emitter, n graph.Node, in []value) value {
		z := e.rows(in[0])
		labels := e.reshape(in[1], z.dims[0])
		return e.crossEntropy(z, e.compare("EQ", e.counting(1, z.typ), e.place(labels, []int{0}, z.dims)))
	},
	"soft_cross_entropy": func(e *emitter, n graph.Node, in []value) value {
		z, t := e.rows(in[0]), e.rows(in[1])
		zero := e.like(0, z)
		top := e.spread(e.max(z, 1), z.dims, 1)
		d := e.same("subtract", z, top)
		// ln Σ e^d = log1p(Σ e^d - 1), where one of the largest classes makes the 1: so the rest keeps its digits. Of the
		// largest, d is 0, or NaN where they are infinite.
		largest := e.compare("EQ", z, top)
		more := e.sum(e.convert(largest, z.elem), 1)
		rest := e.sum(e.choose(largest, d, e.same("exponential", d)), 1)
		rest = e.same("add", e.same("subtract", more, e.like(1, more)), rest)
		all := e.sum(t, 1)
		none := e.compare("EQ", t, zero)
		away := e.sum(e.choose(none, zero, e.same("multiply", t, e.same("negate", d))), 1)
		loss := e.chain(all, e.same("log_plus_one", rest))
		loss = e.same("add", loss, away)
		counts := e.reduce("or", e.compare("NE", t, zero), e.constant(0, typ{elem: i1}), 1)
		return e.mean(e.choose(counts, loss, e.like(0, loss)), 0)
	},
})

// meanOfElements is the form of a loss that is the mean of an expression in its operands, broadcast.
func meanOfElements(e *emitter, n graph.Node, in []value) value {
	xs := e.together(in...)
	terms := e.elements(n, meanFormOf(n.Row()), xs[0].typ, xs)
	return e.mean(terms, upTo(0, terms.rank())...)
}

// rows returns a vector as a matrix of one row.
func (e *emitter) rows(z value) value {
	if z.rank() == 1 {
		return e.reshape(z, 1, z.dims[0])
	}
	return z
}

// chain returns a·b, and 0 where a is 0.
func (e *emitter) chain(a, b value) value {
	zero := e.like(0, a)
	return e.choose(e.compare("EQ", a, zero), zero, e.same("multiply", a, b))
}

// crossEntropy returns the mean over the rows of ln Σ e^z - z(label), for the truth value of being the label. Where the
// label's logit is the largest it is log1p of the sum of the others, shifted by it, which keeps its digits.
func (e *emitter) crossEntropy(z, label value) value {
	zero := e.like(0, z)
	d := e.same("subtract", z, e.spread(e.max(z, 1), z.dims, 1))
	here := e.sum(e.choose(label, d, zero), 1)
	others := e.sum(e.choose(label, zero, e.same("exponential", d)), 1)
	all := e.same("add", others, e.same("exponential", here))
	loss := e.choose(e.compare("EQ", here, e.like(0, here)), e.same("log_plus_one", others), e.same("subtract", e.same("log", all), here))
	return e.mean(loss, 0)
}
