package autograd_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// along returns the derivatives of f(x) along each of dirs, one behind the other: by a sweep for each, and if the
// precision is float64 by one sweep for all.
func along(t *testing.T, dtype tensor.DType, f func(x graph.Value) graph.Value, at []float64, dirs ...[]float64) []float64 {
	t.Helper()
	g := graph.New(graph.WithDType(dtype))
	x := g.VarTensor(vector(at...).To(dtype))
	y := f(x)
	before := g.Len()
	var out []float64
	for _, dir := range dirs {
		out = append(out, autograd.Forward(y, []graph.Value{x}, []*tensor.Tensor{vector(dir...)}).To(tensor.Float64).Float64s()...)
	}
	if g.Len() != before {
		t.Errorf("the sweeps left %d nodes on the tape", g.Len()-before)
	}
	if dtype == tensor.Float64 {
		var together []float64
		_, dys := autograd.JVPs(f, at, dirs...)
		for _, dy := range dys {
			together = append(together, dy.Float64s()...)
		}
		if diff := cmp.Diff(out, together, cmpopts.EquateApprox(1e-11, 1e-11), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("mismatch (-one by one +together):\n%s", diff)
		}
	}
	return out
}

// threeDirections are those of vectors of two; one does not move.
var threeDirections = [][]float64{{1, 0}, {0, 0}, {-2, 0.5}}

// gradientOf returns the gradient of the sum of the squares of f, recorded.
func gradientOf(f func(x graph.Value) graph.Value) func(x graph.Value) graph.Value {
	return func(x graph.Value) graph.Value { return autograd.Grad(ops.Sum(ops.Square(f(x))), x)[0] }
}

// TestForwardThroughLoops holds that forward sweeps through loops and checkpoints give to the bit what they give for
// what is recorded step by step, and those through their recorded gradients to rounding.
func TestForwardThroughLoops(t *testing.T) {
	checkpointed := func(n int, f func(i int, s graph.Value) graph.Value, s graph.Value) graph.Value {
		for i := range n {
			s = autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return f(i, xs[0]) }, s)
		}
		return s
	}
	for name := range loops(nil) {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			f := loops(vector(0.5, -1.5).To(dtype))[name]
			derivatives := func(run looper) (first, second []float64) {
				y, at := func(x graph.Value) graph.Value { return f(run, x) }, []float64{0.3, -1.7}
				first = along(t, dtype, y, at, threeDirections...)
				if dtype == tensor.Float64 {
					second = along(t, dtype, gradientOf(y), at, threeDirections...)
				}
				return first, second
			}
			first, second := derivatives(plainLoop)
			for way, run := range map[string]looper{"a loop": withSnapshots(3), "checkpoints": checkpointed} {
				gotFirst, gotSecond := derivatives(run)
				if diff := cmp.Diff(first, gotFirst, cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("%s by %s, %v: mismatch (-plain +got):\n%s", name, way, dtype, diff)
				}
				if diff := cmp.Diff(second, gotSecond, cmpopts.EquateApprox(1e-11, 1e-11), cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("the gradient of %s by %s: mismatch (-plain +got):\n%s", name, way, diff)
				}
			}
		}
	}
}

// TestForwardCallsOnce holds how often a sweep calls a function again, in however many directions it goes.
func TestForwardCallsOnce(t *testing.T) {
	calls := 0
	counted := func(s graph.Value) graph.Value {
		calls++
		return ops.Sin(ops.Mul(s, s))
	}
	for _, test := range []struct {
		name        string
		f           func(x graph.Value) graph.Value
		first, more int // calls before the sweep and by it
	}{
		{"a checkpoint", func(x graph.Value) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return counted(ops.Mul(xs[0], xs[1])) }, x, ops.Exp(x))
		}, 1, 1},
		{"a loop", func(x graph.Value) graph.Value {
			return autograd.Loop(9, func(_ int, s graph.Value) graph.Value { return counted(ops.Mul(s, x)) }, x, autograd.Snapshots(2))
		}, 9, 9},
		{"a root", func(x graph.Value) graph.Value {
			return autograd.RootWith(autograd.SolveConfig{}, func(y graph.Value, ps ...graph.Value) graph.Value {
				calls++
				return ops.Sub(y, ps[0])
			}, x, x)
		}, 1, 1},
	} {
		calls = 0
		_, dys := autograd.JVPs(test.f, []float64{0.5, 2}, threeDirections...)
		if calls != test.first+test.more || len(dys) != 3 {
			t.Errorf("%s: called %d times, want %d", test.name, calls, test.first+test.more)
		}
	}
}

// TestForwardThroughSolutions compares tangents of solutions, and of their recorded gradients, with those of the closed
// form.
func TestForwardThroughSolutions(t *testing.T) {
	for _, test := range implicits {
		if test.is == nil {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			at := []float64{0.7, 1.3}
			for name, f := range map[string]func(f func(p graph.Value) graph.Value) []float64{
				"tangents": func(f func(p graph.Value) graph.Value) []float64 {
					return along(t, tensor.Float64, f, at, threeDirections...)
				},
				"tangents of gradients": func(f func(p graph.Value) graph.Value) []float64 {
					return along(t, tensor.Float64, gradientOf(f), at, threeDirections...)
				},
				"tangents in float32": func(f func(p graph.Value) graph.Value) []float64 {
					return along(t, tensor.Float32, f, at, threeDirections...)
				},
				"Jacobian": func(f func(p graph.Value) graph.Value) []float64 { return autograd.Jacobian(f, at).Float64s() },
			} {
				tolerance := 10 * test.tolerance
				if name == "tangents in float32" {
					tolerance = 1e-4
				}
				if diff := cmp.Diff(f(test.is), f(test.solved), cmpopts.EquateApprox(tolerance, tolerance)); diff != "" {
					t.Errorf("%s: mismatch (-closed form +solved):\n%s", name, diff)
				}
			}
		})
	}
}

// TestForwardOfLargeRoot moves more unknowns than a sweep has directions.
func TestForwardOfLargeRoot(t *testing.T) {
	const n = 37
	f := func(p graph.Value) graph.Value { // x + Σx/n + x³ = p
		return autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.Sub(ops.Add(ops.Add(x, ops.Mean(x)), ops.Mul(x, ops.Square(x))), ps[0])
		}, p.Graph().ConstTensor(tensor.New(tensor.Float64, n)), p)
	}
	inverse := func(x graph.Value) graph.Value { return ops.Add(ops.Add(x, ops.Mean(x)), ops.Mul(x, ops.Square(x))) }
	at, dir := make([]float64, n), make([]float64, n)
	for i := range at {
		at[i], dir[i] = math.Sin(float64(i)), math.Cos(3*float64(i))
	}
	x, dx := autograd.JVP(f, at, dir)
	_, back := autograd.JVP(inverse, x.Float64s(), dx.Float64s())
	if diff := cmp.Diff(dir, back.Float64s(), cmpopts.EquateApprox(1e-10, 1e-10)); diff != "" {
		t.Errorf("mismatch (-direction +the inverse's):\n%s", diff)
	}
}

// TestForwardThroughSolutionsErrors asks for tangents that there are none of, and for those of 0 there.
func TestForwardThroughSolutionsErrors(t *testing.T) {
	square := func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(ops.Square(x), ps[0]) }
	for _, test := range []struct {
		name string
		f    func(p graph.Value) graph.Value
		at   []float64
		dir  []float64
		want string // contained in the message; none if there is none
	}{
		{"right at the solution, where f stretches", func(p graph.Value) graph.Value {
			return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
				return ops.Sub(ops.MulScalar(x, 3), ps[0])
			}, p.Graph().ConstTensor(vector(0.5)), p)
		}, []float64{1}, []float64{1}, "makes the tangent [-Inf], which is not finite: f does not contract at the solution, use autograd.Root"},
		{"steps that go on", func(p graph.Value) graph.Value {
			return autograd.FixedPointWith(autograd.SolveConfig{Steps: 7}, func(x graph.Value, ps ...graph.Value) graph.Value {
				return ops.Add(x, ops.Sub(ps[0], ops.StopGradient(ps[0])))
			}, p.Graph().ConstTensor(vector(0.5)), p)
		}, []float64{1}, []float64{1}, "autograd.FixedPointWith: no solution after 7 steps: the last one changed the tangent, now [8], by 1, want 9e-12 at most: f does not contract"},
		{"a singular derivative", func(p graph.Value) graph.Value {
			return autograd.Root(square, p.Graph().ConstTensor(vector(0)), p)
		}, []float64{0}, []float64{1}, "autograd.Root: ∂f/∂x is singular at the solution, where the equation says nothing"},
		{"a random function", func(p graph.Value) graph.Value {
			calls := 0.0
			return autograd.Loop(3, func(_ int, s graph.Value) graph.Value {
				calls++
				return ops.MulScalar(s, calls)
			}, p)
		}, []float64{1}, []float64{1}, "autograd.Loop: computed anew, the function returned"},
	} {
		err := graph.Try(func() { autograd.JVP(test.f, test.at, test.dir) })
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, want %q", test.name, err, test.want)
		}
	}
	// Nothing moves, and there is nothing to be solved.
	if _, dy := autograd.JVP(func(p graph.Value) graph.Value {
		return autograd.Root(square, p.Graph().ConstTensor(vector(0, 0)), p)
	}, []float64{0, 0}, []float64{0, 0}); dy.AtFlat(0) != 0 || dy.AtFlat(1) != 0 {
		t.Errorf("a solution that nothing moves has tangent %v", dy)
	}
}
