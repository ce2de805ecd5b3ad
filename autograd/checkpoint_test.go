package autograd_test

import (
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
