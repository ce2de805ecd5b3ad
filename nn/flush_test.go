package nn_test

import (
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// An optimizer that takes gradients from a graph which flushes to zero does so too: Adam's mean of squares would be subnormal.
func TestOptimizerFlushesToZero(t *testing.T) {
	const slope = 1e-19 // its square is 1e-38, of which a thousandth is added to the mean
	one := tensor.Of([]float32{1, 1, 1}, 3)
	for name, step := range map[string]func(opt nn.Optimizer, w *nn.Param, g *graph.Graph) error{
		"Step": func(opt nn.Optimizer, w *nn.Param, g *graph.Graph) error {
			return opt.Step([]*nn.Param{w}, autograd.Backward(ops.Sum(ops.MulScalar(w.Bind(g), slope))))
		},
		"Apply": func(opt nn.Optimizer, w *nn.Param, g *graph.Graph) error {
			acc := nn.NewGradients(w)
			acc.Add(autograd.Backward(ops.Sum(ops.MulScalar(w.Bind(g), slope))))
			return opt.Apply(acc)
		},
		"Fit": func(opt nn.Optimizer, w *nn.Param, g *graph.Graph) error {
			cfg := nn.FitConfig{
				Optimizer: opt, Rand: newRand(1), Steps: 1,
				Objective: func(_ nn.Pass, g *graph.Graph, _ *data.Batch) graph.Value {
					return ops.Sum(ops.MulScalar(w.Bind(g), slope))
				},
			}
			if g.FlushesToZero() {
				cfg.Graph = []graph.Option{graph.WithFlushToZero()}
			}
			_, err := nn.Fit(t.Context(), only{w}, line(4), cfg)
			return err
		},
	} {
		for _, g := range []*graph.Graph{
			graph.New(graph.WithDType(tensor.Float32)),
			graph.New(graph.WithDType(tensor.Float32), graph.WithFlushToZero()),
		} {
			w := &nn.Param{Name: "w", Data: one.Clone()}
			opt := nn.NewAdam(nn.AdamConfig{LR: 1e-3})
			if err := step(opt, w, g); err != nil {
				t.Fatal(name, err)
			}
			want := g.FlushesToZero() && strings.HasPrefix(kernel.Implementation(), "avx")
			for _, s := range opt.State([]*nn.Param{w}).Tensors {
				if got := s.Data.AtFlat(0); s.Name == "exp_avg_sq" && (got == 0) != want {
					t.Errorf("%s on a graph that flushes %t: the mean of squares is %g", name, g.FlushesToZero(), got)
				}
			}
		}
	}
}
