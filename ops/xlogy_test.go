package ops_test

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestMixedDerivativeWhereTheWeightIsZero checks that the value 0 chosen for a weight of 0 leaves the derivatives of the
// derivatives as they are beside it.
func TestMixedDerivativeWhereTheWeightIsZero(t *testing.T) {
	for _, c := range []struct {
		name string
		f    func(x, y graph.Value) graph.Value
		y    float64
		want float64 // ∂²f/∂x∂y at x = 0
	}{
		{"xlogy", ops.XLogY, 4, 0.25},
		{"xlogy", ops.XLogY, inf, 0},
		{"xlog1py", ops.XLog1pY, 3, 0.25},
		{"xlog1py", ops.XLog1pY, -0.5, 2},
	} {
		g := graph.New()
		x, y := g.Var(0), g.Var(c.y)
		first := autograd.Grad(c.f(x, y), x, y)
		if got := autograd.Grad(first[0], y)[0].Item(); got != c.want {
			t.Errorf("%s(0, %v): derivative by x, then by y is %v, want %v", c.name, c.y, got, c.want)
		}
		if got := autograd.Grad(first[1], x)[0].Item(); got != c.want {
			t.Errorf("%s(0, %v): derivative by y, then by x is %v, want %v", c.name, c.y, got, c.want)
		}
	}
}

// TestEntrSecondDerivative checks -1/x on both sides of the places where the formula of the derivative changes.
func TestEntrSecondDerivative(t *testing.T) {
	for _, at := range []float64{1e-300, 0.2, 0.2178, 0.2179, 1 / math.E, 0.5178, 0.518, 3} {
		g := graph.New()
		x := g.Var(at)
		got := autograd.Grad(autograd.Grad(ops.Entr(x), x)[0], x)[0].Item()
		if units(got, -1/at, 1/at) > 4 {
			t.Errorf("second derivative of entr at %v is %v, want %v", at, got, -1/at)
		}
	}
}
