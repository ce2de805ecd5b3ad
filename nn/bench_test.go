package nn_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// BenchmarkTrainingStep times one step of a multi-layer perceptron with ReLU: forward pass, loss, backward sweep and
// update, on a batch that stays the same. A shape is widths@batch. One output means binary cross-entropy with logits,
// more mean cross-entropy.
func BenchmarkTrainingStep(b *testing.B) {
	shapes := []struct {
		widths []int
		batch  int
	}{
		{[]int{2, 16, 16, 1}, 32},
		{[]int{784, 128, 10}, 64},
		{[]int{784, 512, 512, 10}, 128},
		{[]int{1024, 1024, 1024, 10}, 256},
	}
	optimizers := []struct {
		name string
		make func() nn.Optimizer
	}{
		{"sgd", func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 1e-3}) }},
		{"adam", func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: 1e-3}) }},
	}
	for _, s := range shapes {
		name := strings.ReplaceAll(strings.Trim(fmt.Sprint(s.widths), "[]"), " ", "-")
		for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
			for _, o := range optimizers {
				b.Run(fmt.Sprintf("shape=%s@%d/dtype=%s/opt=%s", name, s.batch, dtype, o.name), func(b *testing.B) {
					t := perceptron(s.widths, s.batch, dtype, o.make())
					for range warmUp {
						t.step(b)
					}
					b.ReportAllocs()
					for b.Loop() {
						t.step(b)
					}
				})
			}
		}
	}
}

// perceptron returns a training of linear layers with ReLU between them on random data.
func perceptron(widths []int, batch int, dtype tensor.DType, opt nn.Optimizer) *training {
	rng := rand.New(rand.NewPCG(1, 2))
	var layers []nn.Layer
	for i, in := range widths[:len(widths)-1] {
		if i > 0 {
			layers = append(layers, nn.ReLU())
		}
		layers = append(layers, nn.Linear(rng, in, widths[i+1], nn.WithInit(nn.HeNormal())))
	}
	classes, loss := widths[len(widths)-1], nn.OnLabels(nn.CrossEntropy)
	set := randomSet(rng, batch, widths[0], max(classes, 2))
	if classes == 1 {
		set.T, loss = data.Binary(set.Labels), nn.OnTargets(nn.BCEWithLogits)
	}
	model := nn.Sequential(layers...)
	nn.To(model, dtype)
	return &training{
		g: graph.New(graph.WithDType(dtype)), model: model, opt: opt, rng: rng, loss: loss,
		batches: data.NewBatches(set, data.BatchConfig{Order: data.InOrder, DType: dtype}),
	}
}
