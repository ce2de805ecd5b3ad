package nn_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// BenchmarkVanishingStep times a training step of a network of 128 layers of 64 ReLU nodes, whose adjoints vanish on their way back
// through them: weights that are uniform on ±1/8 make them smaller by 0.4 from layer to layer.
func BenchmarkVanishingStep(b *testing.B) {
	const depth, width, rows, classes = 128, 64, 64, 10
	for name, optimizer := range map[string]func() nn.Optimizer{
		"sgd":  func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 1e-3}) },
		"adam": func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: 1e-3}) },
	} {
		for _, options := range [][]graph.Option{nil, {graph.WithFlushToZero()}} {
			b.Run(fmt.Sprintf("opt=%s/flush=%t", name, options != nil), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				var layers []nn.Layer
				for range depth - 1 {
					layers = append(layers, nn.Linear(rng, width, width), nn.ReLU())
				}
				model := nn.Sequential(append(layers, nn.Linear(rng, width, classes))...)
				for _, p := range model.Params() {
					for i := range p.Data.Len() {
						p.Data.SetFlat((2*rng.Float64()-1)/8, i)
					}
				}
				nn.To(model, tensor.Float32)
				t := &training{
					g: graph.New(append(options, graph.WithDType(tensor.Float32))...), model: model, opt: optimizer(), rng: rng, loss: nn.OnLabels(nn.CrossEntropy),
					batches: data.NewBatches(randomSet(rng, rows, width, classes), data.BatchConfig{Order: data.InOrder, DType: tensor.Float32}),
				}
				for range warmUp {
					t.step(b)
				}
				for b.Loop() {
					t.step(b)
				}
			})
		}
	}
}
