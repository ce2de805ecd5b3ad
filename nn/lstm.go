package nn

import (
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// LSTM returns a long short-term memory from in numbers at each time to hidden ones. From one time to the next, with
// the input x, the output h and the contents c of the cells before, it computes
//
//	i = σ(x·wᵢ + bᵢ + h·uᵢ + dᵢ)             input gate
//	f = σ(x·w_f + b_f + h·u_f + d_f)          forget gate
//	g = tanh(x·w_g + b_g + h·u_g + d_g)       candidate
//	o = σ(x·wₒ + bₒ + h·uₒ + dₒ)             output gate
//	c' = f·c + i·g
//	h' = o·tanh(c')
//
// where w and b are weight_ih and bias_ih, u and d weight_hh and bias_hh, with the gates in the order i, f, g, o; see
// [Recurrent] for names and shapes, and [ops.LSTM]. It is PyTorch's LSTM with batch_first.
//
// The options are [Layers], [WithDropout] between them, [NoBias], and [WithInit]. Weights and biases are drawn as those
// of [GRU]. LSTM panics with a [*graph.Error] if rng is nil, a size is less than 1, or an option is none of these.
//
// Source: Hochreiter and Schmidhuber, Long short-term memory (1997); with a forget gate, Gers, Schmidhuber and Cummins,
// Learning to forget (2000); PyTorch 2, torch.nn.LSTM.
func LSTM(rng *rand.Rand, in, hidden int, options ...LayerOption) *Recurrent {
	return newRecurrent(lstmOf("nn.LSTM", hidden), rng, in, options, "nn.Layers", "nn.WithDropout")
}

// LSTMCell returns one step of an [LSTM] as a layer of its own; see [Cell]. The options are [NoBias] and [WithInit]. It
// panics as LSTM does.
func LSTMCell(rng *rand.Rand, in, hidden int, options ...LayerOption) *Cell {
	return newCell(lstmOf("nn.LSTMCell", hidden), rng, in, options)
}

func lstmOf(op string, hidden int) recurrence {
	return recurrence{op: op, hidden: hidden, gates: 4, memory: true, run: func(_ *recurrence, x, h, c graph.Value, p [4]graph.Value) (y, end graph.Value) {
		return ops.LSTM(x, h, c, p[0], p[1], p[2], p[3])
	}}
}
