package nn_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// BenchmarkFitWorkers times a step of Fit, of models in which kernels alone leave a second processor more or less to do.
// One worker has the kernels use all processors; two share the batch.
func BenchmarkFitWorkers(b *testing.B) {
	models := []struct {
		name string
		rows int
		make func(rng *rand.Rand) nn.Layer
		dims []int
	}{
		{"mlp-64-128-10@32", 32, func(rng *rand.Rand) nn.Layer {
			return nn.Sequential(nn.Linear(rng, 64, 128), nn.ReLU(), nn.Linear(rng, 128, 10))
		}, []int{64}},
		{"mlp-784-512-512-10@128", 128, func(rng *rand.Rand) nn.Layer {
			return nn.Sequential(nn.Linear(rng, 784, 512), nn.ReLU(), nn.Linear(rng, 512, 512), nn.ReLU(), nn.Linear(rng, 512, 10))
		}, []int{784}},
		{"conv-28×28@64", 64, func(rng *rand.Rand) nn.Layer {
			return nn.Sequential(nn.Conv2D(rng, 1, 16, 3, nn.Padding(1)), nn.BatchNorm(16), nn.ReLU(), nn.MaxPool2D(2),
				nn.Conv2D(rng, 16, 32, 3, nn.Padding(1)), nn.BatchNorm(32), nn.ReLU(), nn.MaxPool2D(2), nn.Flatten(), nn.Linear(rng, 32*49, 10))
		}, []int{1, 28, 28}},
	}
	for _, m := range models {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("model=%s/workers=%d", m.name, workers), func(b *testing.B) {
				rng := newRand(1)
				model := m.make(rng)
				nn.To(model, tensor.Float32)
				set := &data.Set{X: tensor.New(tensor.Float32, append([]int{m.rows * 8}, m.dims...)...), Labels: make([]int, m.rows*8)}
				for i := range set.X.Len() {
					set.X.SetFlat(rng.NormFloat64(), i)
				}
				for i := range set.Labels {
					set.Labels[i] = rng.IntN(10)
				}
				step := 0
				c := nn.FitConfig{
					Loss: nn.OnLabels(nn.CrossEntropy), Optimizer: nn.NewSGD(nn.SGDConfig{LR: 1e-3}), Rand: rng, BatchSize: m.rows, Workers: workers,
					Steps: warmUp + b.N, OnStep: func(int, float64) {
						if step++; step == warmUp {
							b.ResetTimer()
						}
					},
				}
				if _, err := nn.Fit(b.Context(), model, set, c); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}
