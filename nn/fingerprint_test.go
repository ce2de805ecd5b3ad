package nn_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestCheckpointOfDividedSet gives a checkpoint the same numbers in the same order, divided otherwise: into other
// shapes, rows or parts of the set.
func TestCheckpointOfDividedSet(t *testing.T) {
	ones := func(shape ...int) *tensor.Tensor {
		x := tensor.New(tensor.Float64, shape...)
		x.Fill(1)
		return x
	}
	x := ones(2, 1)
	for name, sets := range map[string][2]data.Set{
		"axes of X":       {{X: ones(2, 2, 1)}, {X: ones(2, 1, 2)}},
		"axes of More":    {{X: x, More: []*tensor.Tensor{ones(2, 2, 1)}}, {X: x, More: []*tensor.Tensor{ones(2, 1, 2)}}},
		"axes of T":       {{X: x, T: ones(2, 2, 1)}, {X: x, T: ones(2, 1, 2)}},
		"rank":            {{X: ones(2, 1)}, {X: ones(2, 1, 1)}},
		"X and More":      {{X: ones(2, 2)}, {X: x, More: []*tensor.Tensor{x}}},
		"tensors of More": {{X: x, More: []*tensor.Tensor{ones(2, 2)}}, {X: x, More: []*tensor.Tensor{x, x}}},
		"More and T":      {{X: x, More: []*tensor.Tensor{x, x}}, {X: x, More: []*tensor.Tensor{x}, T: x}},
		"Tokens and Next": {{X: x, Tokens: [][]int{{1}, {1}}}, {X: x, Next: [][]int{{1}, {1}}}},
		"positions":       {{X: x, Tokens: [][]int{{1, 1}, {1, 1}}}, {X: x, Tokens: [][]int{{1}, {1}}, Next: [][]int{{1}, {1}}}},
		// The number of rows of Tokens, 2, is a label in the other set, and the end of Tokens is a token.
		"Labels and Tokens": {{X: x, Labels: []int{2, 3}}, {X: x, Tokens: [][]int{{3}, {0}}}},
	} {
		fit := func(set data.Set, file string) error {
			model := nn.Linear(newRand(1), 1, 1)
			_, err := nn.Fit(t.Context(), model, &set, nn.FitConfig{
				Objective: func(_ nn.Pass, g *graph.Graph, _ *data.Batch) graph.Value {
					return ops.Add(nn.L2(g, 1, model.Params()[0]), nn.L2(g, 1, model.Params()[1]))
				},
				Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.1}), Rand: newRand(2), Epochs: 1, Checkpoint: file,
			})
			return err
		}
		file := filepath.Join(t.TempDir(), "checkpoint")
		for range 2 { // the second time from the checkpoint
			if err := fit(sets[0], file); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := fit(sets[1], file); err == nil || !strings.Contains(err.Error(), "has other numbers") {
			t.Errorf("%s: got error %v, want one about other numbers", name, err)
		}
	}
}
