package main

import (
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// gruJob is "<inputs> <units> <rows> <time>": a gated recurrent unit alone, forward and backward from a given
// cotangent.
func gruJob(args []string) *job {
	v := integers(args)
	in, units, rows, time := v[0], v[1], v[2], v[3]
	layer := nn.GRU(rand.New(rand.NewPCG(1, 2)), in, units)
	nn.To(layer, tensor.Float32)
	for i, p := range layer.Params() {
		noise(p.Data.Float32s(), uint32(10+i), 2/math.Sqrt(float64(units)))
	}
	g := graph.New(graph.WithDType(tensor.Float32))
	x, seed := g.Bind(tensor32(1, 2, rows, time, in)), autograd.WithSeed(tensor32(2, 1, rows, time, units))
	m := g.Mark()
	j := &job{run: func() {
		g.Rewind(m)
		autograd.Backward(layer.Forward(nn.Eval(), x), seed, autograd.LeavesOnly())
	}}
	grads := autograd.Backward(layer.Forward(nn.Eval(), x), seed)
	w := g.Bind(layer.Params()[1].Data)
	j.check = weigh(grads.Tensor(x).Float32s()) + weigh(grads.Tensor(w).Float32s())
	return j
}

// newLetters reads "<letters> <numbers of a letter> <units> <rows> <time>": the training of a language model on rows of
// text: a vector for each letter, a gated recurrent unit, and a linear layer that says how likely each letter is to be
// the next.
func newLetters(args []string) *training {
	v := integers(args)
	letters, width, units, rows, time := v[0], v[1], v[2], v[3], v[4]
	t := &training{x: tensor.New(tensor.Float32, rows, time)}
	text := labels(rows*(time+1), letters)
	for i := range rows {
		row := text[i*(time+1) : (i+1)*(time+1)]
		for k, letter := range row[:time] {
			t.x.SetFlat(float64(letter), i*time+k)
		}
		t.labels = append(t.labels, row[1:]...)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	t.start(flatRows{nn.Sequential(nn.Embedding(rng, letters, width), nn.GRU(rng, width, units), nn.Linear(rng, units, letters))}, "adam")
	for i, p := range t.params {
		scale := 2 / math.Sqrt(float64(units))
		if i == 0 {
			scale = 2
		}
		noise(p.Data.Float32s(), uint32(10+i), scale)
	}
	return t
}

// lettersJob is one training step. Its check is the loss of the fifth.
func lettersJob(args []string) *job { return newLetters(args).job() }

// lettersAllocations is the number of allocations in a training step, on average over many.
func lettersAllocations(args []string) answer { return newLetters(args).allocations() }
