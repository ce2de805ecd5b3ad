package autograd_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/ops"
)

// message returns what f panics with, "" if it does not.
func message(f func()) string {
	if err := graph.Try(f); err != nil {
		return err.Error()
	}
	return ""
}

// TestGradByAConstant holds that a derivative by a value to which no gradient flows is refused, and that reading it from
// Gradients gives 0.
func TestGradByAConstant(t *testing.T) {
	const why = ", is a constant, or made of constants alone: make it with Graph.Var, Graph.VarTensor or Graph.Bind; whether a loss depends on a value is a question for Gradients.Reaches"
	g := graph.New()
	x := g.Var(2)
	k, w, b := g.Const(3).Named("k"), g.ConstTensor(vector(1, 2)), g.BindConst(vector(3, 4))
	var quiet graph.Value
	g.Quietly(func() { quiet = ops.Square(x) })
	tests := []struct {
		name  string
		v     graph.Value
		label string
	}{
		{"Const", k, `"k" (%2)`},
		{"ConstTensor", w, "%3"},
		{"BindConst", b, "%4"},
		{"recorded without gradients", quiet, "%5 = square"},
		{"made of constants", ops.Mul(w, b), "%6 = mul"},
		{"stopped", ops.StopGradient(x), "%7 = stop_gradient"},
		{"a comparison", ops.Gt(x, k), "%8 = gt"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			y := ops.Sum(ops.Mul(x, test.v))
			if diff := cmp.Diff("autograd.Grad: value "+test.label+", number 1 to differentiate by"+why, message(func() { autograd.Grad(y, x, test.v) })); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			grads := autograd.Backward(y)
			if got := grads.Tensor(test.v); slices.ContainsFunc(got.Float64s(), func(v float64) bool { return v != 0 }) || grads.Reaches(test.v) {
				t.Errorf("Gradients: got %v, reached: %v, want zeros and false", got, grads.Reaches(test.v))
			}
		})
	}
	t.Run("of a constant", func(t *testing.T) {
		linear := ops.Mul(x, k)
		d := autograd.Grad(linear, x)[0]
		if got := autograd.Grad(d, x)[0].Item(); got != 0 {
			t.Errorf("the second derivative of a linear function: got %v, want 0", got)
		}
		v := g.VarTensor(vector(1, 2))
		if diff := cmp.Diff([]float64{0, 0}, autograd.Grad(k, v)[0].Tensor().Float64s()); diff != "" {
			t.Errorf("the gradient of a constant: mismatch (-want +got):\n%s", diff)
		}
	})
}

// TestGradientsOff holds that no derivative is silently 0 because gradients are off.
func TestGradientsOff(t *testing.T) {
	const why = ": value %2 = square was recorded with gradients off, in Graph.Quietly, and has no derivatives: record it and differentiate it outside"
	sweeps := map[string]func(y, x graph.Value) float64{
		"autograd.Grad":     func(y, x graph.Value) float64 { return autograd.Grad(y, x)[0].Item() },
		"autograd.Backward": func(y, x graph.Value) float64 { return autograd.Backward(y).Scalar(x) },
	}
	for name, sweep := range sweeps {
		t.Run(name, func(t *testing.T) {
			g := graph.New()
			x := g.Var(3)
			g.Quietly(func() {
				if diff := cmp.Diff(name+why, message(func() { sweep(ops.Square(x), x) })); diff != "" {
					t.Errorf("inside: mismatch (-want +got):\n%s", diff)
				}
			})
			square := func(xs ...graph.Value) graph.Value { return ops.Square(xs[0]) }
			byGrad := autograd.Custom("by_grad", mapped(func(x float64) float64 { return x * x }), func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
				return []graph.Value{ops.Mul(ct, autograd.Grad(ops.Square(xs[0]), xs[0])[0])}
			})
			for name, y := range map[string]graph.Value{"plain": ops.Square(x), "a checkpoint": autograd.Checkpoint(square, x), "custom": byGrad(x)} {
				g.Quietly(func() {
					if got := sweep(y, x); got != 6 {
						t.Errorf("of a value from outside, %s: got %v, want 6", name, got)
					}
					if d := autograd.Grad(y, x)[0]; d.WantsGrad() {
						t.Errorf("of a value from outside, %s: the recorded gradient is no constant", name)
					}
				})
			}
		})
	}
}

// TestReachesIsStructural holds that a value is reached whatever numbers flow to it.
func TestReachesIsStructural(t *testing.T) {
	g := graph.New()
	x, zero, k := g.Var(2), g.Var(0), g.Const(3)
	w := g.VarTensor(vector(1, 2))
	tests := []struct {
		name    string
		y, v    graph.Value
		reached bool
	}{
		{"x - x", ops.Sub(x, x), x, true},
		{"x · 0", ops.Mul(x, zero), x, true},
		{"relu where it is flat", ops.ReLU(ops.Neg(x)), x, true},
		{"behind an adjoint of 0", ops.Mul(ops.Sin(x), zero), x, true},
		{"a tensor behind an adjoint of 0", ops.Mul(ops.Sum(w), zero), w, true},
		{"itself", ops.Sin(x), x, true},
		{"a stopped gradient", ops.StopGradient(x), x, false},
		{"a comparison", ops.Gt(x, zero), x, false},
		{"beside", ops.Sin(x), zero, false},
		{"a constant", ops.Mul(x, k), k, false},
	}
	for _, test := range tests {
		if got := autograd.Backward(test.y).Reaches(test.v); got != test.reached {
			t.Errorf("%s: got %v, want %v", test.name, got, test.reached)
		}
	}
}

// takers are the functions of this package that take functions. Each calls its own with f, a function of any number of
// values, and with nothing in its place where f is nil; at holds a point of one number.
var takers = map[string]func(f func(xs ...graph.Value) graph.Value){
	"ValueAndGrad": func(f func(xs ...graph.Value) graph.Value) { autograd.ValueAndGrad(ofOne(f), []float64{2}) },
	"JVP":          func(f func(xs ...graph.Value) graph.Value) { autograd.JVP(ofOne(f), []float64{2}, []float64{1}) },
	"JVPs":         func(f func(xs ...graph.Value) graph.Value) { autograd.JVPs(ofOne(f), []float64{2}, []float64{1}) },
	"Taylor":       func(f func(xs ...graph.Value) graph.Value) { autograd.Taylor(ofOne(f), []float64{2}, []float64{1}, 3) },
	"PerExample": func(f func(xs ...graph.Value) graph.Value) {
		x := graph.New().Var(2)
		if f == nil {
			autograd.PerExample(1, nil, x)
		}
		autograd.PerExample(1, func(int) graph.Value { return f(x) }, x)
	},
	"VJP":        func(f func(xs ...graph.Value) graph.Value) { autograd.VJP(ofOne(f), []float64{2}, []float64{1}) },
	"Jacobian":   func(f func(xs ...graph.Value) graph.Value) { autograd.Jacobian(ofOne(f), []float64{2}) },
	"Hessian":    func(f func(xs ...graph.Value) graph.Value) { autograd.Hessian(ofOne(f), []float64{2}) },
	"HVP":        func(f func(xs ...graph.Value) graph.Value) { autograd.HVP(ofOne(f), []float64{2}, []float64{1}) },
	"Checkpoint": func(f func(xs ...graph.Value) graph.Value) { autograd.Checkpoint(f, graph.New().Var(2)) },
	"Pullback":   func(f func(xs ...graph.Value) graph.Value) { x := graph.New().Var(2); autograd.Pullback(f, x, x) },
	"Loop": func(f func(xs ...graph.Value) graph.Value) {
		var step func(i int, s graph.Value) graph.Value
		if f != nil {
			step = func(_ int, s graph.Value) graph.Value { return f(s) }
		}
		autograd.Loop(2, step, graph.New().Var(2))
	},
	"OnGradient": func(f func(xs ...graph.Value) graph.Value) {
		autograd.Backward(autograd.OnGradient(graph.New().Var(2), ofOne(f)))
	},
	"FixedPoint": func(f func(xs ...graph.Value) graph.Value) {
		autograd.FixedPoint(equationOf(f), graph.New().Var(2))
	},
	"FixedPointWith": func(f func(xs ...graph.Value) graph.Value) {
		autograd.FixedPointWith(autograd.SolveConfig{}, equationOf(f), graph.New().Var(2))
	},
	"Root": func(f func(xs ...graph.Value) graph.Value) { autograd.Root(equationOf(f), graph.New().Var(2)) },
	"RootWith": func(f func(xs ...graph.Value) graph.Value) {
		autograd.RootWith(autograd.SolveConfig{}, equationOf(f), graph.New().Var(2))
	},
	"SparseJacobian": func(f func(xs ...graph.Value) graph.Value) {
		if f == nil {
			autograd.SparseJacobian(nil, []float64{2})
		}
		autograd.SparseJacobian(func(x []graph.Value) []graph.Value { return []graph.Value{f(x...)} }, []float64{2})
	},
	"SparseHessian": func(f func(xs ...graph.Value) graph.Value) {
		if f == nil {
			autograd.SparseHessian(nil, []float64{2})
		}
		autograd.SparseHessian(func(x []graph.Value) graph.Value { return f(x...) }, []float64{2})
	},
	"Check": func(f func(xs ...graph.Value) graph.Value) {
		if err := autograd.Check(f, vector(2)); err != nil {
			panic(err)
		}
	},
}

// TestArgumentsAreTheFunctions holds that a function may do with the slice that it is called with what it likes.
func TestArgumentsAreTheFunctions(t *testing.T) {
	f := func(x, p graph.Value) graph.Value { return ops.MulScalar(ops.Mul(ops.Square(x), p), 0.1) }
	at := []float64{0.5, 0.7}
	calls := map[string]func(change func(xs []graph.Value)) string{
		"SparseJacobian": func(change func(xs []graph.Value)) string {
			return fmt.Sprint(*autograd.SparseJacobian(func(xs []graph.Value) []graph.Value {
				y := f(xs[0], xs[1])
				change(xs)
				return []graph.Value{y}
			}, at))
		},
		"SparseHessian": func(change func(xs []graph.Value)) string {
			return fmt.Sprint(*autograd.SparseHessian(func(xs []graph.Value) graph.Value {
				y := f(xs[0], xs[1])
				change(xs)
				return y
			}, at))
		},
		"Check": func(change func(xs []graph.Value)) string {
			return fmt.Sprint(autograd.Check(func(xs ...graph.Value) graph.Value {
				y := ops.Sum(f(xs[0], xs[1]))
				change(xs)
				return y
			}, vector(at...), vector(at...)))
		},
	}
	onGraph := map[string]func(x, p graph.Value, change func(xs []graph.Value)) graph.Value{
		"Checkpoint": func(x, p graph.Value, change func(xs []graph.Value)) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value {
				y := f(xs[0], xs[1])
				change(xs)
				return y
			}, x, p)
		},
		"FixedPoint": func(x, p graph.Value, change func(xs []graph.Value)) graph.Value {
			return autograd.FixedPoint(func(u graph.Value, ps ...graph.Value) graph.Value {
				y := ops.Add(f(u, ps[1]), ps[0])
				change(ps)
				return y
			}, x, x, p)
		},
		"Root": func(x, p graph.Value, change func(xs []graph.Value)) graph.Value {
			return autograd.Root(func(u graph.Value, ps ...graph.Value) graph.Value {
				y := ops.Sub(u, ops.Add(f(u, ps[1]), ps[0]))
				change(ps)
				return y
			}, x, x, p)
		},
	}
	for name, call := range onGraph {
		calls[name] = func(change func(xs []graph.Value)) string {
			g := graph.New()
			x, p := g.Var(at[0]), g.Var(at[1])
			y := call(x, p, change)
			d := autograd.Grad(y, x, p)
			return fmt.Sprint(y.Item(), autograd.Backward(y).Scalars(nil, []graph.Value{x, p}), d[0].Item(), d[1].Item())
		}
	}
	changes := map[string]func(xs []graph.Value){
		"clear": func(xs []graph.Value) { clear(xs) },
		"swap":  func(xs []graph.Value) { slices.Reverse(xs) },
	}
	for name, call := range calls {
		want := call(func([]graph.Value) {})
		for what, change := range changes {
			got := ""
			if err := graph.Try(func() { got = call(change) }); err != nil || got != want {
				t.Errorf("%s, %s: got %s, %v; want %s", name, what, got, err, want)
			}
		}
	}
}

// calledForNumbers are those of the takers that take what the function records from the tape again.
var calledForNumbers = map[string]bool{
	"Checkpoint": true, "Loop": true, "OnGradient": true, "FixedPoint": true, "FixedPointWith": true, "Root": true, "RootWith": true,
}

func ofOne(f func(xs ...graph.Value) graph.Value) func(x graph.Value) graph.Value {
	if f == nil {
		return nil
	}
	return func(x graph.Value) graph.Value { return f(x) }
}

// equationOf returns f as a function of an unknown and parameters.
func equationOf(f func(xs ...graph.Value) graph.Value) func(x graph.Value, ps ...graph.Value) graph.Value {
	if f == nil {
		return nil
	}
	return func(x graph.Value, _ ...graph.Value) graph.Value { return f(x) }
}

// TestMisusedFunctions calls every function that takes a function with none, and with functions that return what is no
// value of the graph.
func TestMisusedFunctions(t *testing.T) {
	const leftTheTape = "value %n left the tape with the function that made it, such as a step of autograd.Loop, or by a Rewind in there: make it anew in each call, or keep its numbers with Value.Tensor"
	foreign := graph.New().Var(1)
	gone := graph.New()
	stale := gone.Var(1)
	gone.Reset()
	tests := []struct {
		name string
		f    func(xs ...graph.Value) graph.Value
		want string
	}{
		{"nil", nil, "got a nil function: pass the function to differentiate"},
		{"zero value", func(...graph.Value) graph.Value { return graph.Value{} },
			"the function returned the zero graph.Value: return the value that it computes"},
		{"another graph's value", func(...graph.Value) graph.Value { return foreign },
			"the function returned a value of another graph: compute the result from the values that it is called with"},
		{"another graph's old value", func(...graph.Value) graph.Value { return stale },
			"the function returned a value of another graph: compute the result from the values that it is called with"},
		{"a value that is gone", func(xs ...graph.Value) graph.Value {
			y := ops.Sin(xs[0])
			y.Graph().Reset()
			return y
		}, "value %n was recorded before the graph's Reset: record it again, or keep its numbers with Value.Tensor before Reset"},
		{"a new value on a graph that was emptied", func(xs ...graph.Value) graph.Value {
			g := xs[0].Graph()
			g.Reset()
			for range 50 {
				g.Var(1)
			}
			return ops.Sin(g.Var(1))
		}, "value %n was recorded before the graph's Reset: record it again, or keep its numbers with Value.Tensor before Reset"},
		{"a value that was rewound", func(xs ...graph.Value) graph.Value {
			g := xs[0].Graph()
			m := g.Mark()
			y := ops.Sin(xs[0])
			g.Rewind(m)
			return y
		}, "value %n was taken from the tape by Rewind: record it again, or set the mark after it"},
		{"a value of a scratch", func(xs ...graph.Value) (y graph.Value) {
			xs[0].Graph().Scratch(func() { y = ops.Sin(xs[0]) })
			return y
		}, leftTheTape},
	}
	const busy = "graph.Graph.Reset: something is being computed on the graph, such as a step of autograd.Loop or a rule: reset it when that is done"
	number := regexp.MustCompile(`%\d+`) // of a node
	for name, call := range takers {
		for _, test := range tests {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				got := number.ReplaceAllString(message(func() { call(test.f) }), "%n")
				want := "autograd." + name + ": " + test.want
				if name == "PerExample" && strings.HasPrefix(test.name, "another graph") { // whose function is given no values
					want = "autograd.PerExample: the loss of example 0 is a value of another graph: record it on that of the values to differentiate by"
				}
				if calledForNumbers[name] {
					switch test.name {
					case "a value that is gone", "a new value on a graph that was emptied":
						want = busy
					case "a value that was rewound":
						want = "autograd." + name + ": " + leftTheTape
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("mismatch (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestEveryTakerIsTested holds that no function with a parameter that is a function is missing above.
func TestEveryTakerIsTested(t *testing.T) {
	elsewhere := map[string]bool{"Custom": true, "CustomWith": true} // TestCustomMisuse, TestCustomTangentMisuse
	for _, f := range testkit.Exported(t, 20) {
		for _, p := range f.Params {
			if strings.HasPrefix(p, "func(") && takers[f.Name] == nil && !elsewhere[f.Name] {
				t.Errorf("%s takes a function: add it to takers", f.Name)
			}
		}
	}
}

func TestNilOptions(t *testing.T) {
	x := graph.New().Var(2)
	tests := map[string]func(){
		"autograd.Backward: option 2 is nil: leave it out":                                                 func() { autograd.Backward(x, autograd.LeavesOnly(), nil) },
		"autograd.WithSeed: got a nil tensor: leave the option out to start from 1":                        func() { autograd.WithSeed(nil) },
		"autograd.Explain: got a nil io.Writer: pass where to write, such as os.Stdout":                    func() { autograd.Explain(nil, x, x) },
		"autograd.Gradients.Scalar: got the zero Gradients: get one from autograd.Backward":                func() { autograd.Gradients{}.Scalar(x) },
		"autograd.Backward: the loss has shape (), the seed has (1): give a cotangent of the loss's shape": func() { autograd.Backward(x, autograd.WithSeed(tensor.New(tensor.Float64, 1))) },
	}
	for want, f := range tests {
		if diff := cmp.Diff(want, message(f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

// TestOptionOrder holds that the order of options does not matter.
func TestOptionOrder(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector(1, 2))
	y := ops.Square(ops.Sin(x))
	seed, leaves := autograd.WithSeed(vector(3, 4)), autograd.LeavesOnly()
	var got [][]float64
	for _, options := range [][]autograd.Option{{seed, leaves}, {leaves, seed}} {
		grads := autograd.Backward(y, options...)
		got = append(got, append(grads.Tensor(x).Float64s(), grads.Tensor(y.Inputs()[0]).Float64s()...))
	}
	if diff := cmp.Diff(got[0], got[1]); diff != "" || got[0][2] != 0 {
		t.Errorf("got %v and %v", got[0], got[1])
	}
	if err := graph.Try(func() { autograd.Backward(y, leaves) }); !errors.Is(err, graph.ErrShape) {
		t.Errorf("without a seed: got error %v, want one of kind %v", err, graph.ErrShape)
	}
}

// TestOptionsAllocateNothing holds that options cost a sweep in steady state no memory.
func TestOptionsAllocateNothing(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector(1, 2))
	y := ops.Square(ops.Sin(x))
	seed := vector(3, 4)
	sweep := func() { autograd.Backward(y, autograd.WithSeed(seed), autograd.LeavesOnly()).Release() }
	sweep()
	if n := testing.AllocsPerRun(100, sweep); n != 0 {
		t.Errorf("%v allocations a sweep, want none", n)
	}
}

// TestGradAllocatesItsResult holds that a recorded sweep in steady state costs no memory but for the slice of its results,
// on a long tape too and where it is one within another.
func TestGradAllocatesItsResult(t *testing.T) {
	g := graph.New()
	x := g.Var(0.5)
	for range 5000 {
		x = ops.AddScalar(ops.Square(x), 0.1)
	}
	y := ops.Hypot(x, ops.Sin(x))
	end := g.Mark()
	for order := 1; order <= 3; order++ {
		step := func() {
			g.Rewind(end)
			d := ops.Mul(y, x)
			for range order {
				d = autograd.Grad(d, x, y)[0]
			}
		}
		step()
		if n := testing.AllocsPerRun(100, step); n > float64(order) {
			t.Errorf("%v allocations for a derivative of order %d, want %[2]d", n, order)
		}
	}
}

// TestNilErrors holds that an error that is not there says so, as a variable for errors.As may be printed.
func TestNilErrors(t *testing.T) {
	for _, err := range []error{(*autograd.CheckError)(nil), (*autograd.Diagnosis)(nil)} {
		if got := err.Error(); got != "<nil>" {
			t.Errorf("%T: got %q, want <nil>", err, got)
		}
	}
}
