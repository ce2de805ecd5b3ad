package nn

import (
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// GRU returns a gated recurrent unit from in numbers at each time to hidden ones. From one time to the next, with the
// input x and the state h before, it computes
//
//	r = σ(x·wᵣ + bᵣ + h·uᵣ + cᵣ)             reset gate
//	z = σ(x·w_z + b_z + h·u_z + c_z)          update gate
//	n = tanh(x·wₙ + bₙ + r·(h·uₙ + cₙ))      candidate
//	h' = (1-z)·n + z·h
//
// where w and b are weight_ih and bias_ih, u and c weight_hh and bias_hh, with the gates in the order r, z, n; see
// [Recurrent] for names and shapes, and [ops.GRU]. It is PyTorch's GRU with batch_first: the reset gate is applied
// after the product with h, other than in the paper.
//
// The options are [Layers], [WithDropout] between them, [NoBias], and [WithInit]. Weights and biases are drawn from
// rng, uniformly from ±1/√hidden, as PyTorch draws them; WithInit draws the weights otherwise, and leaves the biases at
// 0. GRU panics with a [*graph.Error] if rng is nil, a size is less than 1, or an option is none of these.
//
// Source: Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation
// (2014), section 2.3; PyTorch 2, torch.nn.GRU.
func GRU(rng *rand.Rand, in, hidden int, options ...LayerOption) *Recurrent {
	return newRecurrent(gruOf("nn.GRU", hidden), rng, in, options, "nn.Layers", "nn.WithDropout")
}

func gruOf(op string, hidden int) recurrence {
	return recurrence{op: op, hidden: hidden, gates: 3, run: func(_ *recurrence, x, h, _ graph.Value, p [4]graph.Value) (y, end graph.Value) {
		return ops.GRU(x, h, p[0], p[1], p[2], p[3]), graph.Value{}
	}}
}

// GRUCell returns one step of a [GRU] as a layer of its own; see [Cell]. The options are [NoBias] and [WithInit]. It
// panics as GRU does.
func GRUCell(rng *rand.Rand, in, hidden int, options ...LayerOption) *Cell {
	return newCell(gruOf("nn.GRUCell", hidden), rng, in, options)
}
