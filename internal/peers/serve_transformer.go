package main

import (
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// newTransformer reads "<width> <heads> <classes> <rows> <time>": the training of a block of a transformer on sequences of
// vectors, with the norm first, GELU between the layers of its network, four times as wide as the vectors, and behind it
// a norm and a linear layer that gives every vector a class.
func newTransformer(args []string) *training {
	v := integers(args)
	width, heads, classes, rows, time := v[0], v[1], v[2], v[3], v[4]
	rng := rand.New(rand.NewPCG(1, 2))
	t := &training{x: tensor32(1, 2, rows, time, width), labels: labels(rows*time, classes)}
	t.start(flatRows{nn.Sequential(
		nn.TransformerBlock(rng, width, heads, 4*width, nn.Causal(), nn.NormFirst(), nn.WithActivation(ops.GELU)),
		nn.LayerNorm(width), nn.Linear(rng, width, classes),
	)}, "adam")
	for i, p := range t.params {
		if len(p.Data.Dims()) == 2 { // biases stay 0, scales of norms 1
			noise(p.Data.Float32s(), uint32(10+i), 2/math.Sqrt(float64(p.Data.Dims()[0])))
		}
	}
	return t
}

// flatRows makes every vector that a layer gives an example of its own.
type flatRows struct{ nn.Layer }

func (m flatRows) Forward(p nn.Pass, x graph.Value) graph.Value {
	y := m.Layer.Forward(p, x)
	d := y.Dims()
	return ops.Reshape(y, d[0]*d[1], d[2])
}

// transformerJob is one training step. Its check is the loss of the fifth.
func transformerJob(args []string) *job { return newTransformer(args).job() }

// transformerAllocations is the number of allocations in a training step, on average over many.
func transformerAllocations(args []string) answer { return newTransformer(args).allocations() }
