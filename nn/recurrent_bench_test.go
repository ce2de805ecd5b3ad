package nn_test

import (
	"fmt"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// BenchmarkRecurrentStep times one training step of a character-level language model: forward pass, loss, backward
// sweep and update. It reports the time for a character of the batch.
func BenchmarkRecurrentStep(b *testing.B) {
	const vocabulary, embedding, hidden, rows, time = 65, 32, 128, 32, 64
	kinds := []struct {
		name string
		make func() *nn.Recurrent
	}{
		{"gru", func() *nn.Recurrent { return nn.GRU(newRand(1), embedding, hidden) }},
		{"lstm", func() *nn.Recurrent { return nn.LSTM(newRand(1), embedding, hidden) }},
		{"rnn", func() *nn.Recurrent { return nn.RNN(newRand(1), embedding, hidden) }},
	}
	for _, kind := range kinds {
		for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
			b.Run(fmt.Sprintf("layer=%s/dtype=%s", kind.name, dtype), func(b *testing.B) {
				rng := newRand(2)
				table := &nn.Param{Name: "table", Data: nn.Normal(1).Draw(rng, vocabulary, embedding, vocabulary, embedding), Kind: nn.Weight}
				layer, head := kind.make(), nn.Linear(rng, hidden, vocabulary)
				params := append(append([]*nn.Param{table}, layer.Params()...), head.Params()...)
				for _, p := range params {
					p.Data = p.Data.To(dtype)
				}
				text, next := make([]int, rows*time), make([]int, rows*time)
				for i := range text {
					text[i], next[i] = rng.IntN(vocabulary), rng.IntN(vocabulary)
				}
				g, opt := graph.New(graph.WithDType(dtype)), nn.NewSGD(nn.SGDConfig{LR: 1e-2})
				step := func() {
					x := ops.Reshape(ops.Embedding(table.Bind(g), text...), rows, time, embedding)
					y := ops.Reshape(layer.Forward(nn.Eval(), x), rows*time, hidden)
					loss := nn.CrossEntropy(head.Forward(nn.Eval(), y), next)
					if err := opt.Step(params, autograd.Backward(loss, autograd.LeavesOnly())); err != nil {
						b.Fatal(err)
					}
					g.Reset()
				}
				for range warmUp {
					step()
				}
				b.ReportAllocs()
				for b.Loop() {
					step()
				}
				b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N)/(rows*time), "µs/char")
			})
		}
	}
}
