package autograd_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestHooks sends cotangents of both signs and all sizes through what maps them, for scalars and tensors, by both kinds of
// sweep and through a second use of the operand.
func TestHooks(t *testing.T) {
	inf := math.Inf(1)
	cts := []float64{-inf, -3, -0.5, 0, 0.25, 7, inf}
	tests := []struct {
		name string
		f    func(x graph.Value) graph.Value
		want []float64
	}{
		{"clip", func(x graph.Value) graph.Value { return autograd.ClipGradient(x, 1) }, []float64{-1, -1, -0.5, 0, 0.25, 1, 1}},
		{"reverse", func(x graph.Value) graph.Value { return autograd.ScaleGradient(x, -2) }, []float64{inf, 6, 1, 0, -0.5, -14, -inf}},
		{"of one's own", func(x graph.Value) graph.Value {
			return autograd.OnGradient(x, func(ct graph.Value) graph.Value { return ops.Sign(ct) })
		}, []float64{-1, -1, -1, 0, 1, 1, 1}},
		{"a constant in place of it", func(x graph.Value) graph.Value {
			return autograd.OnGradient(x, func(ct graph.Value) graph.Value { return ops.Broadcast(ct.Graph().Const(2), ct.Shape()...) })
		}, []float64{2, 2, 2, 2, 2, 2, 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := graph.New()
			x := g.VarTensor(vector(1, 2, 3, 4, 5, 6, 7))
			y := test.f(x)
			if diff := cmp.Diff(x.Tensor().Float64s(), y.Tensor().Float64s()); diff != "" {
				t.Errorf("the value changes (-want +got):\n%s", diff)
			}
			got := autograd.Backward(y, autograd.WithSeed(vector(cts...))).Tensor(x).Float64s()
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			for i, c := range cts {
				if c == 0 || math.IsInf(c, 0) {
					continue // zero wins before the hook, and Inf·1 is no test of it
				}
				s := g.Var(3)
				l := ops.Add(ops.MulScalar(test.f(s), c), ops.MulScalar(s, 10))
				if got := autograd.Backward(l).Scalar(s); got != test.want[i]+10 {
					t.Errorf("cotangent %v of a scalar: got %v, want %v", c, got, test.want[i]+10)
				}
				if got := autograd.Grad(l, s)[0].Item(); got != test.want[i]+10 {
					t.Errorf("cotangent %v of a scalar, by Grad: got %v, want %v", c, got, test.want[i]+10)
				}
			}
		})
	}
	// Forward, it is not there.
	if _, dy := autograd.JVP(func(x graph.Value) graph.Value { return autograd.ClipGradient(ops.Square(x), 1) }, []float64{2, 3}, []float64{1, 10}); dy.At(0) != 4 || dy.At(1) != 60 {
		t.Errorf("JVP: got %v, want [4 60]", dy)
	}
	// To look at what passes.
	g := graph.New(graph.WithDType(tensor.Float32))
	x := g.VarTensor(vector(1, 2).To(tensor.Float32))
	var seen []float64
	y := autograd.OnGradient(ops.Square(x), func(ct graph.Value) graph.Value {
		seen = append(seen, ct.Tensor().Float64s()...)
		return ct
	})
	if d := autograd.Backward(ops.Sum(ops.MulScalar(y, 3))).Tensor(x); d.At(1) != 12 || len(seen) != 2 || seen[0] != 3 {
		t.Errorf("gradient %v, seen %v", d, seen)
	}
}

func TestHookErrors(t *testing.T) {
	x := graph.New().VarTensor(vector(1, 2))
	for _, test := range []struct {
		f    func() graph.Value
		want string
	}{
		{func() graph.Value { return autograd.OnGradient(x, nil) }, "autograd.OnGradient: got a nil function"},
		{func() graph.Value { return autograd.ClipGradient(x, 0) }, "autograd.ClipGradient: got a limit of 0: give a number above 0"},
		{func() graph.Value { return autograd.ClipGradient(x, math.NaN()) }, "autograd.ClipGradient: got a limit of NaN"},
		{func() graph.Value { return autograd.ScaleGradient(x, math.Inf(-1)) }, "autograd.ScaleGradient: got a factor of -Inf: give a finite number"},
		{func() graph.Value { return autograd.ScaleGradient(graph.Value{}, 1) }, "autograd.ScaleGradient: "},
		{func() graph.Value {
			return autograd.OnGradient(x, func(graph.Value) graph.Value { return graph.Value{} })
		}, "autograd.OnGradient: the function returned the zero graph.Value"},
		{func() graph.Value {
			return autograd.OnGradient(x, func(graph.Value) graph.Value { return graph.New().Var(1) })
		}, "autograd.OnGradient: the function returned a value of another graph"},
		{func() graph.Value {
			return autograd.OnGradient(x, func(ct graph.Value) graph.Value { return ops.Concat(0, ct, ct) })
		}, "autograd.OnGradient: the function returned shape (4) for a cotangent of shape (2): both must have one shape"},
		{func() graph.Value {
			return autograd.OnGradient(x, func(ct graph.Value) graph.Value { return ops.Stack(0, ct, ct) })
		}, "autograd.OnGradient: the function returned shape (2,2) for a cotangent of shape (2): both must have one shape"},
		{func() graph.Value { // of another sweep
			var kept graph.Value
			y := autograd.OnGradient(x, func(ct graph.Value) graph.Value {
				if kept.Graph() != nil {
					return kept
				}
				kept = ops.MulScalar(ct, 2)
				return kept
			})
			autograd.Backward(ops.Sum(y))
			return y
		}, "autograd.OnGradient: value %5 left the tape with the function that made it"},
		{func() (y graph.Value) {
			y = autograd.OnGradient(x, func(ct graph.Value) graph.Value { return ops.Mul(ct, autograd.Grad(ops.Sum(y), x)[0]) })
			return y
		}, "autograd.OnGradient: the function of %2 = on_gradient differentiates through %2 = on_gradient itself and would never end: differentiate by values that are recorded after it"},
		{func() (y graph.Value) {
			y = autograd.OnGradient(x, func(ct graph.Value) graph.Value { autograd.Backward(ops.Sum(y)); return ct })
			return y
		}, "autograd.OnGradient: the function of %2 = on_gradient differentiates through %2 = on_gradient itself and would never end: differentiate by values that are recorded after it"},
	} {
		for name, sweep := range map[string]func(l graph.Value){
			"Backward": func(l graph.Value) { autograd.Backward(l) },
			"Grad":     func(l graph.Value) { autograd.Grad(l, x) },
		} {
			g := x.Graph()
			start := g.Mark()
			err := graph.Try(func() { sweep(ops.Sum(test.f())) })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got error %v, want %q", name, err, test.want)
			}
			g.Rewind(start)
			if got := autograd.Backward(ops.Sum(ops.Square(x))).Tensor(x); got.At(1) != 4 {
				t.Errorf("%s: the graph computes %v afterwards", name, got)
			}
			g.Rewind(start)
		}
	}
}

// TestHooksInMatrices holds that matrices of derivatives are those of backward sweeps where there are hooks, whatever
// their sizes, and that forward sweeps know nothing of hooks, those in functions that are called again neither.
func TestHooksInMatrices(t *testing.T) {
	type unary = func(x graph.Value) graph.Value
	hooks := map[string]unary{
		"reverse": func(x graph.Value) graph.Value { return autograd.ScaleGradient(x, -2) },
		"clip":    func(x graph.Value) graph.Value { return autograd.ClipGradient(x, 0.3) },
	}
	sizes := map[string]unary{
		"one result":   func(x graph.Value) graph.Value { return ops.Sum(ops.Square(x)) },
		"many results": func(x graph.Value) graph.Value { return ops.Concat(0, ops.Sin(x), ops.Square(x), ops.Exp(x)) },
		"a diagonal":   func(x graph.Value) graph.Value { return ops.Sin(ops.Square(x)) },
		"scalars":      func(x graph.Value) graph.Value { return ops.Mul(ops.Index(x, 0), ops.Sin(ops.Index(x, 1))) },
		"many of scalars": func(x graph.Value) graph.Value {
			return ops.Stack(0, ops.Unstack(ops.Concat(0, x, ops.Square(x)), 0)...)
		},
	}
	places := map[string]func(hook, f unary) unary{
		"on the way": func(hook, f unary) unary { return func(x graph.Value) graph.Value { return f(hook(x)) } },
		"in a checkpoint": func(hook, f unary) unary {
			return func(x graph.Value) graph.Value {
				return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return f(hook(xs[0])) }, x)
			}
		},
		"in a loop in a checkpoint": func(hook, f unary) unary {
			return func(x graph.Value) graph.Value {
				return autograd.Checkpoint(func(xs ...graph.Value) graph.Value {
					return f(autograd.Loop(3, func(_ int, s graph.Value) graph.Value { return ops.Sin(hook(s)) }, xs[0]))
				}, x)
			}
		},
	}
	none := func(x graph.Value) graph.Value { return x }
	near := cmpopts.EquateApprox(1e-13, 1e-14)
	for where, place := range places {
		for size, f := range sizes {
			for name, hook := range hooks {
				for _, n := range []int{2, 20} {
					t.Run(fmt.Sprintf("%s %s, %s of %d", name, where, size, n), func(t *testing.T) {
						at, dir := point(n), point(n)
						slices.Reverse(dir)
						with, without := place(hook, f), place(none, f)
						y, dy := autograd.JVP(with, at, dir)
						_, plain := autograd.JVP(without, at, dir)
						if diff := cmp.Diff(plain.Float64s(), dy.Float64s(), near); diff != "" {
							t.Errorf("JVP: mismatch (-without hooks +with hooks):\n%s", diff)
						}
						var rows []float64
						for i := range y.Len() {
							ct := make([]float64, y.Len())
							ct[i] = 1
							_, row := autograd.VJP(with, at, ct)
							rows = append(rows, row...)
						}
						if diff := cmp.Diff(rows, autograd.Jacobian(with, at).Float64s(), near); diff != "" {
							t.Errorf("Jacobian: mismatch (-rows by VJP +got):\n%s", diff)
						}
						if name == "reverse" { // which is linear
							sparse := autograd.SparseJacobian(func(x []graph.Value) []graph.Value { return []graph.Value{with(ops.Stack(0, x...))} }, at)
							if diff := cmp.Diff(rows, sparse.Dense().Float64s(), near); diff != "" {
								t.Errorf("SparseJacobian: mismatch (-rows by VJP +got):\n%s", diff)
							}
						}
						sum := func(x graph.Value) graph.Value { return ops.Sum(with(x)) }
						if diff := cmp.Diff(slices.Concat(twoBackward(sum, at)...), autograd.Hessian(sum, at).Float64s(), near); diff != "" {
							t.Errorf("Hessian: mismatch (-two backward sweeps +got):\n%s", diff)
						}
					})
				}
			}
		}
	}
}

// TestHookThatDifferentiates holds that the function of a hook may run sweeps of its own by the cotangent, in a
// recorded sweep too, where the cotangent is made of what passes the hook.
func TestHookThatDifferentiates(t *testing.T) {
	hooks := map[string]func(ct graph.Value) graph.Value{
		"Backward": func(ct graph.Value) graph.Value {
			autograd.Backward(ops.Sum(ops.Sin(ct)))
			return ops.MulScalar(ct, 2)
		},
		"Forward": func(ct graph.Value) graph.Value {
			autograd.Forward(ops.Sin(ct), []graph.Value{ct}, []*tensor.Tensor{ct.Tensor()})
			return ops.MulScalar(ct, 2)
		},
		"a checkpoint": func(ct graph.Value) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.MulScalar(xs[0], 2) }, ct)
		},
		"its own graph": func(ct graph.Value) graph.Value {
			v, _ := autograd.ValueAndGrad(func(x graph.Value) graph.Value { return ops.Sum(x) }, []float64{1, 1})
			return ops.MulScalar(ct, v)
		},
	}
	for name, f := range hooks {
		g := graph.New()
		x := g.VarTensor(vector(1, 2))
		y := ops.Sum(ops.Sin(autograd.OnGradient(ops.Square(x), f)))
		for what, sweep := range map[string]func() *tensor.Tensor{
			"Backward": func() *tensor.Tensor { return autograd.Backward(y).Tensor(x) },
			"Grad":     func() *tensor.Tensor { return autograd.Grad(y, x)[0].Tensor() },
		} {
			var got *tensor.Tensor
			if err := graph.Try(func() { got = sweep() }); err != nil {
				t.Errorf("%s, within %s: %v", name, what, err)
				continue
			}
			want := []float64{4 * math.Cos(1), 8 * math.Cos(4)}
			if diff := cmp.Diff(want, got.Float64s(), cmpopts.EquateApprox(1e-14, 0)); diff != "" {
				t.Errorf("%s, within %s: mismatch (-want +got):\n%s", name, what, diff)
			}
		}
	}
}
