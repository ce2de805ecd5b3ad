package autograd_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// An operation whose numbers come from elsewhere, with the derivatives of a function that can be recorded.
func ExamplePullback() {
	f := func(xs ...graph.Value) graph.Value { return ops.CumSum(ops.Square(xs[0]), 0) }
	numbers := func(xs ...*tensor.Tensor) *tensor.Tensor { // such as a library's
		y, sum := tensor.New(tensor.Float64, xs[0].Shape()...), 0.0
		for i, v := range xs[0].Float64s() {
			sum += v * v
			y.SetFlat(sum, i)
		}
		return y
	}
	energy := autograd.Custom("energy", numbers, func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
		return autograd.Pullback(f, ct, xs...)
	})
	fmt.Println(autograd.Hessian(func(x graph.Value) graph.Value { return ops.Sum(ops.Square(energy(x))) }, []float64{1, 2}))
	// Output: [[40 16] [16 52]]
}

// TestPullback holds that an operation with the derivatives of a recorded function is that function in every mode, also
// where its arguments depend on each other, are the same value, and the cotangent depends on them.
func TestPullback(t *testing.T) {
	f := func(xs ...graph.Value) graph.Value {
		return ops.Mul(ops.CumSum(ops.Square(xs[0]), 0), ops.Add(ops.Sin(xs[1]), xs[0]))
	}
	same := autograd.Custom("same", func(xs ...*tensor.Tensor) *tensor.Tensor {
		g := graph.New()
		var args []graph.Value
		for _, x := range xs {
			args = append(args, g.ConstTensor(x))
		}
		return f(args...).Tensor()
	}, func(_, ct graph.Value, xs ...graph.Value) []graph.Value { return autograd.Pullback(f, ct, xs...) })
	at, dir := []float64{0.5, -0.3, 0.8}, []float64{1, 2, -1}
	for name, of := range map[string]func(f func(xs ...graph.Value) graph.Value, x graph.Value) graph.Value{
		"arguments apart": func(f func(xs ...graph.Value) graph.Value, x graph.Value) graph.Value {
			return f(ops.Exp(x), ops.Sin(x))
		},
		"one made of another": func(f func(xs ...graph.Value) graph.Value, x graph.Value) graph.Value { return f(x, ops.Square(x)) },
		"made of the other":   func(f func(xs ...graph.Value) graph.Value, x graph.Value) graph.Value { return f(ops.Square(x), x) },
		"the same twice":      func(f func(xs ...graph.Value) graph.Value, x graph.Value) graph.Value { return f(x, x) },
		"a constant": func(f func(xs ...graph.Value) graph.Value, x graph.Value) graph.Value {
			return f(x, x.Graph().ConstTensor(vector(1, 2, 3)))
		},
		"one in another": func(f func(xs ...graph.Value) graph.Value, x graph.Value) graph.Value { return f(f(x, x), x) },
	} {
		loss := func(f func(xs ...graph.Value) graph.Value) func(x graph.Value) graph.Value {
			return func(x graph.Value) graph.Value { return ops.Sum(ops.Mul(ops.Cos(x), ops.Square(of(f, x)))) }
		}
		third := func(f func(xs ...graph.Value) graph.Value) func(x graph.Value) graph.Value {
			return func(x graph.Value) graph.Value {
				d := autograd.Grad(loss(f)(x), x)[0]
				return ops.Sum(ops.Square(autograd.Grad(ops.Sum(ops.Sin(d)), x)[0]))
			}
		}
		modes := map[string]func(f func(xs ...graph.Value) graph.Value) []float64{
			"Backward": func(f func(xs ...graph.Value) graph.Value) []float64 {
				_, d := autograd.ValueAndGrad(loss(f), at)
				return d
			},
			"Grad": func(f func(xs ...graph.Value) graph.Value) []float64 {
				x := graph.New().VarTensor(vector(at...))
				return autograd.Grad(loss(f)(x), x)[0].Tensor().Float64s()
			},
			"JVP": func(f func(xs ...graph.Value) graph.Value) []float64 {
				_, d := autograd.JVP(loss(f), at, dir)
				return d.Float64s()
			},
			"Hessian": func(f func(xs ...graph.Value) graph.Value) []float64 { return autograd.Hessian(loss(f), at).Float64s() },
			"HVP":     func(f func(xs ...graph.Value) graph.Value) []float64 { return autograd.HVP(loss(f), at, dir) },
			"third order": func(f func(xs ...graph.Value) graph.Value) []float64 {
				_, d := autograd.ValueAndGrad(third(f), at)
				return d
			},
		}
		for mode, derivative := range modes {
			if diff := cmp.Diff(derivative(f), derivative(same), cmpopts.EquateApprox(1e-12, 1e-12)); diff != "" {
				t.Errorf("%s, %s: mismatch (-plain +same):\n%s", name, mode, diff)
			}
		}
	}
}

func TestPullbackMisuse(t *testing.T) {
	g := graph.New()
	x, v, foreign := g.Var(1), g.VarTensor(vector(1, 2)), graph.New().Var(1)
	sum := func(xs ...graph.Value) graph.Value { return ops.Sum(xs[0]) }
	for want, f := range map[string]func(){
		"autograd.Pullback: no operands: pass the values that f takes":                                                                                func() { autograd.Pullback(sum, x) },
		"autograd.Pullback: a cotangent of shape (2) for a result of shape (): both must have one shape":                                              func() { autograd.Pullback(sum, v, x) },
		"autograd.Pullback: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())": func() { autograd.Pullback(sum, x, foreign) },
		"autograd.Pullback: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation":             func() { autograd.Pullback(sum, graph.Value{}, x) },
		"autograd.Pullback: value %2 = square was recorded with gradients off, in Graph.Quietly, and has no derivatives: record it and differentiate it outside": func() {
			x := graph.New().Var(1)
			x.Graph().Quietly(func() { autograd.Pullback(func(xs ...graph.Value) graph.Value { return ops.Square(xs[0]) }, x, x) })
		},
	} {
		if diff := cmp.Diff(want, message(f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	if got := autograd.Pullback(sum, x, g.ConstTensor(vector(1, 2)))[0].Tensor(); !cmp.Equal(got.Float64s(), []float64{0, 0}) {
		t.Errorf("a constant: got %v, want zeros", got)
	}
}
