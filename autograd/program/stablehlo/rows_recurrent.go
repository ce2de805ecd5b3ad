package stablehlo

import "github.com/seed366ff29f/chainrule/graph"

// The forms of recurrent operations write every time of the sequence out, as the gradients do that are recorded for them.
var _ = add(map[string]lowering{"gru": gru, "lstm": lstm})

// gru is what ops.GRU says: what comes from the input at all times at once, and then one time after the other.
func gru(e *emitter, n graph.Node, in []value) value {
	if len(n.Dims()) != 3 || n.Value().Len() == 0 {
		return e.constant(0, in[0].shaped(n.Dims()...))
	}
	x, h, w, u, b, c := in[0], in[1], in[2], in[3], in[4], in[5]
	inputs := e.affine(x, w, b)
	states := make([]value, n.Dims()[1])
	for t := range states {
		now, own := e.time(inputs, t), e.affine(h, u, c)
		gate := func(v value, k int) value { return e.gate(v, 3, k) }
		r := e.same("logistic", e.same("add", gate(now, 0), gate(own, 0)))
		z := e.same("logistic", e.same("add", gate(now, 1), gate(own, 1)))
		candidate := e.same("tanh", e.same("add", gate(now, 2), e.same("multiply", r, gate(own, 2))))
		rest := e.same("subtract", e.like(1, z), z)
		h = e.same("add", e.same("multiply", rest, candidate), e.same("multiply", z, h))
		states[t] = e.reshape(h, h.dims[0], 1, h.dims[1])
	}
	return e.joined(1, states...)
}

// lstm is what ops.LSTM says. Its rows are the outputs of all examples and times, and then the contents in the end.
func lstm(e *emitter, n graph.Node, in []value) value {
	x, h, contents, w, u, b, c := in[0], in[1], in[2], in[3], in[4], in[5], in[6]
	if n.Value().Len() == 0 {
		return e.constant(0, x.shaped(n.Dims()...))
	}
	rows, times, units := x.dims[0], x.dims[1], h.dims[1]
	if times == 0 {
		return contents
	}
	inputs := e.affine(x, w, b)
	outputs := make([]value, times)
	for t := range outputs {
		sums := e.same("add", e.time(inputs, t), e.affine(h, u, c))
		gate := func(k int) value { return e.gate(sums, 4, k) }
		take, keep := e.same("logistic", gate(0)), e.same("logistic", gate(1))
		candidate, give := e.same("tanh", gate(2)), e.same("logistic", gate(3))
		contents = e.same("add", e.same("multiply", keep, contents), e.same("multiply", take, candidate))
		h = e.same("multiply", give, e.same("tanh", contents))
		outputs[t] = e.reshape(h, rows, 1, units)
	}
	return e.joined(0, e.reshape(e.joined(1, outputs...), rows*times, units), contents)
}

// affine returns x·w + b, for the last axis of x.
func (e *emitter) affine(x, w, b value) value {
	y := e.product(x, w, nil, nil, []int{x.rank() - 1}, []int{0})
	return e.same("add", y, e.stretch(b, y.dims))
}

// time returns what x has at a time, as (rows, ...).
func (e *emitter) time(x value, t int) value {
	return e.reshape(e.along(x, 1, t, t+1), x.dims[0], x.dims[2])
}

// gate returns the block with the given number of so many along the last axis.
func (e *emitter) gate(x value, blocks, k int) value {
	units := x.dims[x.rank()-1] / blocks
	return e.along(x, x.rank()-1, k*units, (k+1)*units)
}
