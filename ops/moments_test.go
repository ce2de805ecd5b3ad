package ops_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func pnorm(p float64) func([]graph.Value) graph.Value {
	return call1(func(x graph.Value) graph.Value { return ops.PNorm(x, p) })
}

func varianceDDof(ddof int) func([]graph.Value) graph.Value {
	return call1(func(x graph.Value) graph.Value { return ops.VarianceDDof(x, ddof) })
}

func stdDDof(ddof int) func([]graph.Value) graph.Value {
	return call1(func(x graph.Value) graph.Value { return ops.StdDDof(x, ddof) })
}

// TestMomentEdges is the table of what norms and variances promise where powers overflow, vanish or have a kink.
func TestMomentEdges(t *testing.T) {
	third := math.Cbrt(2)
	for _, c := range []struct {
		name     string
		f        func([]graph.Value) graph.Value
		at       []float64
		value    float64
		want     []float64
		no32Bits bool // the numbers are none of float32's
	}{
		{"1-norm", pnorm(1), []float64{3, -4, 0}, 7, []float64{1, -1, 0}, false},
		{"2-norm", pnorm(2), []float64{3e200, -4e200}, 5e200, []float64{0.6, -0.8}, true},
		{"3-norm", pnorm(3), []float64{1, -1, 0}, third, []float64{1 / (third * third), -1 / (third * third), 0}, false},
		{"3-norm of what has no cube", pnorm(3), []float64{-1e200, 1e200}, third * 1e200, []float64{-1 / (third * third), 1 / (third * third)}, true},
		{"3-norm of what has no cube in float32", pnorm(3), []float64{-1e30, 1e30}, third * 1e30, []float64{-1 / (third * third), 1 / (third * third)}, false},
		{"3-norm of tiny numbers", pnorm(3), []float64{1e-200, 1e-200}, third * 1e-200, []float64{1 / (third * third), 1 / (third * third)}, true},
		{"3-norm of denormal numbers", pnorm(3), []float64{5e-324, 0}, 5e-324, []float64{1, 0}, true},
		{"3-norm of tiny and large", pnorm(3), []float64{1e-100, 1}, 1, []float64{1e-200, 1}, true},
		{"3-norm of zeros", pnorm(3), []float64{0, negZero}, 0, []float64{0, 0}, false},
		{"1.5-norm with a zero", pnorm(1.5), []float64{0, -4}, 4, []float64{0, -1}, false},
		{"1.125-norm of sizes whose quotient vanishes", pnorm(1.125), []float64{1e-200, 1e200}, 1e200, []float64{1e-50, 1}, true},
		{"3-norm with an infinite element", pnorm(3), []float64{1, -inf}, inf, []float64{0, nan}, false},
		{"3-norm with NaN", pnorm(3), []float64{1, nan}, nan, []float64{nan, nan}, false},
		{"norm of a large order", pnorm(1e300), []float64{1, 3, -2}, 3, []float64{0, 1, 0}, false},
		{"largest", pnorm(inf), []float64{1, -3, 2}, 3, []float64{0, -1, 0}, false},
		{"largest with ties of both signs", pnorm(inf), []float64{3, 1, -3}, 3, []float64{0.5, 0, -0.5}, false},
		{"largest of zeros", pnorm(inf), []float64{0, 0}, 0, []float64{0, 0}, false},
		{"sample variance", varianceDDof(1), []float64{1, 2, 3, 4}, 5. / 3, []float64{-1, -1. / 3, 1. / 3, 1}, false},
		{"sample variance with an offset", varianceDDof(1), []float64{1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4}, 5. / 3, []float64{-1, -1. / 3, 1. / 3, 1}, true},
		{"sample variance of equals", varianceDDof(1), []float64{0.1, 0.1, 0.1}, 0, []float64{0, 0, 0}, false},
		{"sample variance of one", varianceDDof(1), []float64{3}, nan, []float64{nan}, false},
		{"variance of too few", varianceDDof(2), []float64{1, 3}, inf, []float64{-inf, inf}, false},
		{"variance of far too few", varianceDDof(9), []float64{1, 3}, inf, []float64{-inf, inf}, false},
		{"variance with a larger divisor", varianceDDof(-1), []float64{1, 3}, 2. / 3, []float64{-2. / 3, 2. / 3}, false},
		{"variance for the largest ddof", varianceDDof(math.MaxInt), []float64{1, 3}, inf, []float64{-inf, inf}, false},
		{"variance for the least ddof", varianceDDof(math.MinInt), []float64{1, 1}, 0, []float64{0, 0}, false},
		{"sample deviation", stdDDof(1), []float64{1, 3}, math.Sqrt2, []float64{-math.Sqrt2 / 2, math.Sqrt2 / 2}, false},
		{"sample deviation without overflow", stdDDof(1), []float64{-1e200, 1e200}, math.Sqrt2 * 1e200, []float64{-math.Sqrt2 / 2, math.Sqrt2 / 2}, true},
		{"sample deviation of equals", stdDDof(1), []float64{0.1, 0.1, 0.1}, 0, []float64{0, 0, 0}, false},
		{"sample deviation of one", stdDDof(1), []float64{3}, nan, []float64{nan}, false},
		{"deviation of too few", stdDDof(2), []float64{1, 3}, inf, []float64{nan, nan}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, fm := range forms {
				if fm.shape == nil || c.no32Bits && fm.dtype == tensor.Float32 {
					continue
				}
				value, got := fm.derivative([]*tensor.Tensor{tensor.Of(c.at, len(c.at))}, c.f)
				fm.compare(t, "value", []float64{c.value}, value)
				fm.compare(t, "derivative", c.want, got)
			}
		})
	}
}

// TestDDofZero checks that ddof 0 gives Variance and Std, bit for bit.
func TestDDofZero(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{0.1, 7, -3, 1e5, 2, 2}, 2, 3))
	for _, axes := range [][]int{nil, {0}, {1}, {0, 1}} {
		if diff := cmp.Diff(numbers(ops.Variance(x, axes...).Tensor()), numbers(ops.VarianceDDof(x, 0, axes...).Tensor())); diff != "" {
			t.Errorf("variance over %v: mismatch (-Variance +VarianceDDof):\n%s", axes, diff)
		}
		if diff := cmp.Diff(numbers(ops.Std(x, axes...).Tensor()), numbers(ops.StdDDof(x, 0, axes...).Tensor())); diff != "" {
			t.Errorf("std over %v: mismatch (-Std +StdDDof):\n%s", axes, diff)
		}
	}
}

// TestPNormDerivatives checks the derivatives for orders of every kind where they exist, and that the second derivative
// at an element that is 0 is a number.
func TestPNormDerivatives(t *testing.T) {
	for _, p := range []float64{1, 1.25, 1.9, 2, 2.1, 7, inf} {
		f := func(xs ...graph.Value) graph.Value { return ops.PNorm(xs[0], p) }
		x := tensor.Of([]float64{1.5, -0.75, 2, -1}, 4)
		if err := autograd.Check(f, x); err != nil {
			t.Errorf("order %v: %v", p, err)
		}
		second := func(xs ...graph.Value) graph.Value {
			return weighted(autograd.Grad(f(xs...), xs[0])[0])
		}
		if err := autograd.Check(second, x); err != nil {
			t.Errorf("order %v, second derivative: %v", p, err)
		}
		g := graph.New()
		v := g.VarTensor(tensor.Of([]float64{0, 3}, 2))
		d := autograd.Grad(weighted(autograd.Grad(f(v), v)[0]), v)[0]
		for i, s := range numbers(d.Tensor()) {
			if math.IsNaN(s) {
				t.Errorf("order %v: the second derivative by element %d of (0, 3) is NaN", p, i)
			}
		}
	}
}

// TestMomentsOfNothing checks reductions with a parameter of no elements.
func TestMomentsOfNothing(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(tensor.New(tensor.Float64, 2, 0))
	for _, p := range []float64{1, 2, 3, inf} {
		if diff := cmp.Diff([]float64{0, 0}, numbers(ops.PNorm(x, p, 1).Tensor())); diff != "" {
			t.Errorf("norm of order %v of nothing: mismatch (-want +got):\n%s", p, diff)
		}
		if got := ops.PNorm(x, p, 0).Len(); got != 0 {
			t.Errorf("norms of order %v of no columns: %d elements, want none", p, got)
		}
	}
	for _, y := range []graph.Value{ops.VarianceDDof(x, 1, 1), ops.StdDDof(x, 1, 1)} {
		if diff := cmp.Diff([]float64{nan, nan}, numbers(y.Tensor()), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%v of nothing: mismatch (-want +got):\n%s", y, diff)
		}
	}
}

func TestMomentMisuse(t *testing.T) {
	for _, p := range []float64{0, 0.5, -1, nan, -inf} {
		if err := graph.Try(func() { ops.PNorm(graph.New().Var(1), p) }); !errors.Is(err, graph.ErrUsage) {
			t.Errorf("order %v: error %v, want one of kind %v", p, err, graph.ErrUsage)
		}
	}
	for _, p := range []float64{1, 2, 3, inf} {
		err := graph.Try(func() { ops.PNorm(graph.New().VarTensor(tensor.New(tensor.Float64, 3)), p, 1) })
		if want := "ops.PNorm: axis 1 of shape (3): axes run from 0 to 0, or from -1 to -1"; err == nil || err.Error() != want {
			t.Errorf("order %v: error %v, want %s", p, err, want)
		}
	}
}
