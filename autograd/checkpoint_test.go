package autograd_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestCheckpointForgets holds that what a checkpoint computes for one sweep does not serve another.
func TestCheckpointForgets(t *testing.T) {
	setup := func() (a, b, c graph.Value) {
		g := graph.New()
		a, b = g.VarTensor(vector(2)), g.VarTensor(vector(3))
		return a, b, autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], xs[1]) }, a, b)
	}
	t.Run("Contribution", func(t *testing.T) {
		a, b, c := setup()
		one, ten := autograd.Backward(ops.Sum(c)), autograd.Backward(ops.Sum(ops.MulScalar(c, 10)))
		got := []float64{one.Contribution(c, 1).At(0), ten.Contribution(c, 0).At(0), one.Contribution(c, 0).At(0), ten.Contribution(c, 1).At(0)}
		if diff := cmp.Diff([]float64{2, 30, 3, 20}, got); diff != "" {
			t.Errorf("contributions: mismatch (-want +got):\n%s", diff)
		}
		one.Contribution(c, 1)
		again := autograd.Backward(ops.Sum(ops.MulScalar(c, 100)))
		if diff := cmp.Diff([]float64{300, 200}, []float64{again.Tensor(a).At(0), again.Tensor(b).At(0)}); diff != "" {
			t.Errorf("a sweep after them: mismatch (-want +got):\n%s", diff)
		}
	})
	t.Run("Grad in Scratch", func(t *testing.T) {
		a, b, c := setup()
		l := ops.Sum(c)
		for i, x := range []graph.Value{a, b, a} {
			c.Graph().Scratch(func() {
				// The cotangent of c has the same number each time.
				if got, want := autograd.Grad(l, x)[0].Tensor().At(0), []float64{3, 2, 3}[i]; got != want {
					t.Errorf("turn %d: got %v, want %v", i, got, want)
				}
			})
		}
	})
}

// TestCheckpointOfAnotherValue holds that a function that does not return the same value again is reported: its gradient
// would be that of another function.
func TestCheckpointOfAnotherValue(t *testing.T) {
	tests := []struct {
		name   string
		second func(x graph.Value) graph.Value // what f returns from the second time on, x² the first time
		want   string
	}{
		{"same", ops.Square, ""},
		{"rounded otherwise", func(x graph.Value) graph.Value { return ops.MulScalar(ops.Square(x), 1+1e-15) }, ""},
		{"another mask", func(x graph.Value) graph.Value {
			return ops.Mul(ops.Square(x), x.Graph().ConstTensor(vector(1, 0, 1)))
		}, "autograd.Checkpoint: computed anew, the function returned (3) [1 0 NaN], was (3) [1 4 NaN]: it must not draw random numbers, as dropout does, nor use a leaf that has changed"},
		{"another shape", func(x graph.Value) graph.Value { return ops.Reshape(ops.Square(x), 3, 1) },
			"autograd.Checkpoint: computed anew, the function returned (3,1) [[1] [4] [NaN]], was (3) [1 4 NaN]: it must not draw random numbers, as dropout does, nor use a leaf that has changed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := graph.New()
			x := g.VarTensor(vector(1, 2, math.NaN()))
			calls := 0
			y := ops.Sum(autograd.Checkpoint(func(xs ...graph.Value) graph.Value {
				if calls++; calls == 1 {
					return ops.Square(xs[0])
				}
				return test.second(xs[0])
			}, x))
			for name, sweep := range map[string]func(){"Backward": func() { autograd.Backward(y) }, "Grad": func() { autograd.Grad(y, x) }} {
				got := ""
				if err := graph.Try(sweep); err != nil {
					got = err.Error()
				}
				if got != test.want {
					t.Errorf("%s: got error %q, want %q", name, got, test.want)
				}
			}
		})
	}
}
