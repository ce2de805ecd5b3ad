package nn_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
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

// A listing is a layer whose Params has some parameters twice.
type listing struct {
	nn.Layer
	params []*nn.Param
}

func (l listing) Params() []*nn.Param { return l.params }

// TestFitListedTwice trains a model that has its parameters in its list more than once.
func TestFitListedTwice(t *testing.T) {
	for name, way := range ways {
		run := func(times int) ([]float64, *nn.History) {
			model := newLine()
			c := lineConfig(0.05)
			c.Epochs, c.L2, c.GradNorm = 5, 0.1, 0.05
			way(&c)
			c.Checkpoint = filepath.Join(t.TempDir(), "run.ckpt")
			params := slices.Repeat(model.Params(), times)
			h, err := nn.Fit(t.Context(), listing{model, params}, line(21), c)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return numbers(model), h
		}
		want, wantHistory := run(1)
		got, history := run(2)
		if diff := cmp.Diff(want, got) + cmp.Diff(wantHistory, history, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s: mismatch (-once +twice):\n%s", name, diff)
		}
	}
}

// TestSameTensor gives two parameters one tensor.
func TestSameTensor(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		a, b := newFactor(), newFactor()
		b.weight.Data = a.weight.Data
		model := nn.Sequential(a, b, newFactor())
		a.weight.Frozen = frozen
		_, err := nn.Fit(t.Context(), model, line(8), lineConfig(0.1))
		if err == nil || !strings.Contains(err.Error(), `"0.weight" and "1.weight" have the same tensor`) {
			t.Errorf("Fit, frozen %v: got error %v, want one about the same tensor", frozen, err)
		}
		if b.weight.Frozen = frozen; frozen { // both, so that nothing changes them
			if _, err := nn.Fit(t.Context(), model, line(8), lineConfig(0.1)); err != nil {
				t.Errorf("both frozen: %v", err)
			}
		}
	}

	a, b := newFactor(), newFactor()
	b.weight.Data = a.weight.Data
	for name, rule := range rules {
		err := graph.Try(func() {
			g := graph.New()
			l := ops.Sum(ops.Mul(a.weight.Bind(g), b.weight.Bind(g)))
			params := []*nn.Param{a.weight, b.weight}
			_ = rule(0.1, params).Step(params, autograd.Backward(l))
		})
		if err == nil || !strings.Contains(err.Error(), "have the same tensor") {
			t.Errorf("%s: got error %v, want one about the same tensor", name, err)
		}
	}
}
