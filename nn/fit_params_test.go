package nn_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// TestFitFollowsFrozen freezes parameters, or lets them go, between the epochs of a training, and compares it with one
// for each of the epochs.
func TestFitFollowsFrozen(t *testing.T) {
	for name, way := range map[string]func(c *nn.FitConfig){
		"plain":      func(*nn.FitConfig) {},
		"penalties":  func(c *nn.FitConfig) { c.L2, c.L1 = 0.1, 0.01 },
		"clipped":    func(c *nn.FitConfig) { c.ClipNorm = 0.1 },
		"workers":    func(c *nn.FitConfig) { c.Workers, c.ClipNorm, c.L2 = 3, 0.1, 0.1 },
		"accumulate": func(c *nn.FitConfig) { c.BatchSize, c.Accumulate, c.ClipNorm, c.L2 = 7, 3, 0.1, 0.1 },
	} {
		for _, first := range []bool{false, true} {
			run := func(epochs int) (result []float64, steps int) {
				model := nn.Sequential(nn.Linear(newRand(2), 1, 5), nn.Tanh(), nn.Linear(newRand(3), 5, 1))
				changed := model.Params()[:2]
				freeze := func(frozen bool) {
					for _, p := range changed {
						p.Frozen = frozen
					}
				}
				c := lineConfig(0.1)
				c.BatchSize = 21
				way(&c)
				freeze(first)
				for left := 2; left > 0; left -= epochs {
					c.Epochs = epochs
					c.OnEpoch = func(nn.Epoch) { freeze(!first) }
					h, err := nn.Fit(t.Context(), model, line(21), c)
					if err != nil {
						t.Fatal(err)
					}
					steps += h.Steps
				}
				return numbers(model), steps
			}
			want, wantSteps := run(1)
			got, steps := run(2)
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" || steps != wantSteps { // sums in another order
				t.Errorf("%s, frozen at first %v: %d steps, want %d; mismatch (-apart +in one):\n%s", name, first, steps, wantSteps, diff)
			}
		}
	}
}

// TestFitFreezesAll has a callback freeze all that there is to train.
func TestFitFreezesAll(t *testing.T) {
	model := nn.Linear(newRand(1), 1, 1)
	c := lineConfig(0.1)
	c.OnEpoch = func(nn.Epoch) {
		for _, p := range model.Params() {
			p.Frozen = true
		}
	}
	h, err := nn.Fit(t.Context(), model, line(8), c)
	if err == nil || !strings.Contains(err.Error(), "no parameters that are trained") || len(h.Epochs) != 1 {
		t.Errorf("got error %v after %d epochs, want one about nothing to train after 1", err, len(h.Epochs))
	}
}

// TestFitReshaped has a callback give a parameter another shape.
func TestFitReshaped(t *testing.T) {
	for _, when := range []string{"step", "epoch"} {
		model := nn.Linear(newRand(1), 1, 1)
		reshape := func() { model.Params()[0].Data = tensor.New(tensor.Float64, 1, 2) }
		c := lineConfig(0.1)
		c.Validation, c.Epochs = line(3), 1
		if when == "step" {
			c.OnStep = func(int, float64) { reshape() }
		} else {
			c.OnEpoch = func(nn.Epoch) { reshape() }
		}
		_, err := nn.Fit(t.Context(), model, line(8), c)
		var misuse *graph.Error
		if !errors.As(err, &misuse) {
			t.Errorf("after a %s: got error %v, want a *graph.Error", when, err)
		}
	}
}
