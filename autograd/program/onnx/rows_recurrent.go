package onnx

import "github.com/seed366ff29f/chainrule/graph"

var _ = add(map[string]lowering{"gru": gru, "lstm": lstm})

// Operators for recurrences go over (time, rows, in), have the gates one below the other in an order of their own, and
// everything for each direction of time: one here.

// gru is what ops.GRU says. The gates are r, z, n here and z, r, h there; that the reset gate comes after the product
// with the state is said by linear_before_reset.
func gru(e *emitter, n graph.Node, in []value) value {
	x, h, w, u, b, c := in[0], in[1], in[2], in[3], in[4], in[5]
	if x.dims[2] == 0 { // an input of no numbers is one of zeros
		x, w = e.nothing(x, w)
	}
	order := []int{1, 0, 2}
	rows, time, hidden := x.dims[0], x.dims[1], h.dims[1]
	operands := []value{
		e.permute(x, 1, 0, 2), e.gates(w, order), e.gates(u, order), e.biases(b, c, order), {}, e.insert(h, 0),
	}
	y := e.to("GRU", x.as(time, 1, rows, hidden), operands, intAttr("hidden_size", int64(hidden)), intAttr("linear_before_reset", 1))
	return e.permute(e.drop(y, 1), 1, 0, 2)
}

// lstm is what ops.LSTM says. The gates are i, f, g, o here and i, o, f, c there. Its rows are the outputs of all
// examples and times, and then the contents in the end.
func lstm(e *emitter, n graph.Node, in []value) value {
	x, h, contents, w, u, b, c := in[0], in[1], in[2], in[3], in[4], in[5], in[6]
	rows, time, hidden := x.dims[0], x.dims[1], h.dims[1]
	if time == 0 {
		return contents
	}
	if x.dims[2] == 0 {
		x, w = e.nothing(x, w)
	}
	order := []int{0, 3, 1, 2}
	operands := []value{
		e.permute(x, 1, 0, 2), e.gates(w, order), e.gates(u, order), e.biases(b, c, order), {}, e.insert(h, 0), e.insert(contents, 0),
	}
	out := e.add("LSTM", operands, []value{x.as(time, 1, rows, hidden), {}, x.as(1, rows, hidden)}, intAttr("hidden_size", int64(hidden)))
	y := e.reshape(e.permute(e.drop(out[0], 1), 1, 0, 2), rows*time, hidden)
	return e.joined(0, y, e.drop(out[2], 0))
}

// nothing returns an input of one zero at all times, and the weights for it.
func (e *emitter) nothing(x, w value) (value, value) {
	return e.full(0, x.elem, []int{x.dims[0], x.dims[1], 1}), e.full(0, w.elem, []int{1, w.dims[1]})
}

// gates returns weights (in, gates·hidden) as (1, gates·hidden, in), with the gates in another order.
func (e *emitter) gates(w value, order []int) value {
	return e.insert(e.ordered(e.transpose(w), order), 0)
}

// biases returns the two biases as (1, 2·gates·hidden).
func (e *emitter) biases(b, c value, order []int) value {
	return e.insert(e.joined(0, e.ordered(b, order), e.ordered(c, order)), 0)
}

// ordered returns the blocks of rows of x in another order.
func (e *emitter) ordered(x value, order []int) value {
	size := x.dims[0] / len(order)
	blocks := make([]value, len(order))
	for i, k := range order {
		blocks[i] = e.along(x, 0, k*size, (k+1)*size)
	}
	return e.joined(0, blocks...)
}
