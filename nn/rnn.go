package nn

import (
	"math/rand/v2"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// RNN returns the plain recurrent layer from in numbers at each time to hidden ones. From one time to the next, with
// the input x and the state h before, it computes
//
//	h' = tanh(x·w + b + h·u + c)
//
// where w and b are weight_ih and bias_ih, u and c weight_hh and bias_hh; see [Recurrent] for names and shapes.
// [WithActivation] puts another function in place of tanh. It is PyTorch's RNN with batch_first.
//
// The options are WithActivation, [Layers], [WithDropout] between them, [NoBias], and [WithInit]. Weights and biases
// are drawn as those of [GRU]. RNN panics with a [*graph.Error] if rng is nil, a size is less than 1, or an option is
// none of these.
//
// Source: Elman, Finding structure in time (1990); PyTorch 2, torch.nn.RNN.
func RNN(rng *rand.Rand, in, hidden int, options ...LayerOption) *Recurrent {
	return newRecurrent(rnnOf("nn.RNN", hidden), rng, in, options, "nn.Layers", "nn.WithDropout", "nn.WithActivation")
}

// RNNCell returns one step of an [RNN] as a layer of its own; see [Cell]. The options are [WithActivation], [NoBias]
// and [WithInit]. It panics as RNN does.
func RNNCell(rng *rand.Rand, in, hidden int, options ...LayerOption) *Cell {
	return newCell(rnnOf("nn.RNNCell", hidden), rng, in, options, "nn.WithActivation")
}

func rnnOf(op string, hidden int) recurrence {
	return recurrence{op: op, hidden: hidden, gates: 1, activation: ops.Tanh, run: runRNN}
}

// valueLists holds lists of values for a moment.
var valueLists = sync.Pool{New: func() any { return new([]graph.Value) }}

// runRNN returns the states at all times. The input's part of the sums is one product.
func runRNN(r *recurrence, x, h, _ graph.Value, p [4]graph.Value) (y, end graph.Value) {
	rows, time := x.Dims()[0], x.Dims()[1]
	if time == 0 {
		return ops.Broadcast(x.Graph().Const(0), rows, 0, r.hidden), graph.Value{}
	}
	list := valueLists.Get().(*[]graph.Value)
	states := (*list)[:0]
	// With time first, what belongs to one time lies together.
	sums := ops.Linear(ops.Permute(x, 1, 0, 2), p[0], p[2])
	for t := range time {
		h = r.activation(ops.Add(ops.Squeeze(ops.Slice(sums, 0, t, t+1), 0), ops.Linear(h, p[1], p[3])))
		states = append(states, h)
	}
	y = ops.Stack(1, states...)
	clear(states)
	*list = states
	valueLists.Put(list)
	return y, graph.Value{}
}
