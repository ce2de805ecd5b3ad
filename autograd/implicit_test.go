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

// implicits are solutions of equations, as functions of p, a vector of two; and the same functions in closed form.
var implicits = []struct {
	name       string
	tolerance  float64
	solved, is func(p graph.Value) graph.Value
}{
	{"a square root by Heron's steps", 1e-9, func(p graph.Value) graph.Value {
		return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.MulScalar(ops.Add(x, ops.Div(ps[0], x)), 0.5)
		}, p.Graph().ConstTensor(vector(1, 1)), p)
	}, ops.Sqrt},
	{"a scalar square root", 1e-9, func(p graph.Value) graph.Value {
		return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.MulScalar(ops.Add(x, ops.Div(ps[0], x)), 0.5)
		}, p.Graph().Const(1), ops.Index(p, 1))
	}, func(p graph.Value) graph.Value { return ops.Sqrt(ops.Index(p, 1)) }},
	{"a linear contraction", 1e-9, func(p graph.Value) graph.Value { // x = x/2 + sin p
		return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.Add(ops.MulScalar(x, 0.5), ps[0])
		}, p.Graph().ConstTensor(vector(0, 0)), ops.Sin(p))
	}, func(p graph.Value) graph.Value { return ops.MulScalar(ops.Sin(p), 2) }},
	{"a parameter that is captured", 1e-9, func(p graph.Value) graph.Value {
		s := ops.Sin(p)
		return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.Add(ops.MulScalar(x, 0.5), s)
		}, p.Graph().ConstTensor(vector(0, 0)))
	}, func(p graph.Value) graph.Value { return ops.MulScalar(ops.Sin(p), 2) }},
	{"parameters that depend on each other, one of them twice", 1e-9, func(p graph.Value) graph.Value { // x = x·p/4 + p² + p
		return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.Add(ops.Add(ops.Mul(ops.MulScalar(ps[0], 0.25), x), ps[1]), ps[2])
		}, p.Graph().ConstTensor(vector(0, 0)), p, ops.Square(p), p)
	}, func(p graph.Value) graph.Value {
		return ops.Div(ops.Add(ops.Square(p), p), ops.AddScalar(ops.MulScalar(p, -0.25), 1))
	}},
	{"a start that depends on the parameters", 1e-9, func(p graph.Value) graph.Value {
		return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.Add(ops.MulScalar(x, 0.5), ps[0])
		}, ops.Exp(p), p)
	}, func(p graph.Value) graph.Value { return ops.MulScalar(p, 2) }},
	{"coupled unknowns", 1e-8, func(p graph.Value) graph.Value { // x = M·x/4 + p
		m := p.Graph().ConstTensor(tensor.Of([]float64{1, 2, -1, 1}, 2, 2))
		return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.Add(ops.MulScalar(ops.MatMul(m, x), 0.25), ops.Mul(ps[0], ps[0]))
		}, p.Graph().ConstTensor(vector(0, 0)), p)
	}, func(p graph.Value) graph.Value {
		m := p.Graph().ConstTensor(tensor.Of([]float64{0.75, -0.5, 0.25, 0.75}, 2, 2))
		return ops.Solve(m, ops.Square(p))
	}},
	{"a function without its unknown", 1e-12, func(p graph.Value) graph.Value {
		return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Exp(ps[0]) }, p.Graph().ConstTensor(vector(0, 0)), p)
	}, ops.Exp},
	{"a root of one number", 1e-9, func(p graph.Value) graph.Value { // x³ = p
		return autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.Sub(ops.Mul(x, ops.Square(x)), ps[0])
		}, p.Graph().Const(1), ops.Index(p, 0))
	}, func(p graph.Value) graph.Value { return ops.PowScalar(ops.Index(p, 0), 1./3) }},
	{"roots side by side", 1e-9, func(p graph.Value) graph.Value {
		return autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.Sub(ops.Mul(x, ops.Square(x)), ps[0])
		}, p.Graph().ConstTensor(vector(1, 1)), p)
	}, func(p graph.Value) graph.Value { return ops.PowScalar(p, 1./3) }},
	{"roots of coupled equations", 1e-8, func(p graph.Value) graph.Value { // eˣ + M·x = eʸ + M·y at x = y, y = sin p
		m := p.Graph().ConstTensor(tensor.Of([]float64{2, 1, 0, 3}, 2, 2))
		g := func(x graph.Value) graph.Value { return ops.Add(ops.Exp(x), ops.MatMul(m, x)) }
		return autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(g(x), ps[0]) },
			p.Graph().ConstTensor(vector(3, -3)), g(ops.Sin(p)))
	}, ops.Sin},
	{"a root with steps that must be halved", 1e-8, func(p graph.Value) graph.Value { // atan(x - p) = 0 from afar
		return autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Atan(ops.Sub(x, ps[0])) },
			p.Graph().ConstTensor(vector(5, -4)), p)
	}, func(p graph.Value) graph.Value { return ops.MulScalar(p, 1) }},
	{"a matrix of unknowns", 1e-8, func(p graph.Value) graph.Value {
		return ops.Sum(autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value {
			return ops.Sub(ops.Add(ops.MatMul(x, x), x), ps[0])
		}, p.Graph().ConstTensor(tensor.Of([]float64{1, 0, 0, 1}, 2, 2)), ops.Reshape(ops.Concat(0, p, ops.MulScalar(p, 2)), 2, 2)), 0)
	}, nil},
	{"a fixed point in a fixed point", 1e-7, func(p graph.Value) graph.Value { // x = x/2 + y, y = y/2 + p
		return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
			y := autograd.FixedPoint(func(y graph.Value, qs ...graph.Value) graph.Value {
				return ops.Add(ops.MulScalar(y, 0.5), qs[0])
			}, p.Graph().ConstTensor(vector(0, 0)), ps[0])
			return ops.Add(ops.MulScalar(x, 0.5), y)
		}, p.Graph().ConstTensor(vector(0, 0)), p)
	}, func(p graph.Value) graph.Value { return ops.MulScalar(p, 4) }},
}

// TestImplicitDerivatives compares solutions, their gradients by Backward and by Grad, and second and third derivatives
// with those of the closed form.
func TestImplicitDerivatives(t *testing.T) {
	for _, test := range implicits {
		t.Run(test.name, func(t *testing.T) {
			if test.is == nil { // differences
				if err := autograd.Check(func(xs ...graph.Value) graph.Value { return ops.Sum(ops.Sin(test.solved(xs[0]))) }, vector(0.7, 1.3)); err != nil {
					t.Error(err)
				}
				return
			}
			numbers := func(f func(p graph.Value) graph.Value) map[string][]float64 {
				g := graph.New()
				p := g.VarTensor(vector(0.7, 1.3))
				y := f(p)
				l := ops.Sum(ops.Sin(y))
				before := g.Len()
				out := map[string][]float64{"value": y.Tensor().Float64s(), "backward": autograd.Backward(l).Tensor(p).Float64s()}
				if g.Len() != before {
					t.Errorf("the sweep left %d nodes on the tape", g.Len()-before)
				}
				d := autograd.Grad(l, p)[0]
				out["grad"] = d.Tensor().Float64s()
				d2 := autograd.Grad(ops.Sum(ops.Square(d)), p)[0]
				out["second"] = d2.Tensor().Float64s()
				out["third"] = autograd.Backward(ops.Sum(ops.Square(d2))).Tensor(p).Float64s()
				return out
			}
			if diff := cmp.Diff(numbers(test.is), numbers(test.solved), cmpopts.EquateApprox(test.tolerance, test.tolerance)); diff != "" {
				t.Errorf("mismatch (-closed form +solved):\n%s", diff)
			}
		})
	}
}

// TestImplicitModes holds that the tape gets one node, that a bound tensor gets its gradient, that nothing is needed to
// have one, that quiet graphs solve too, and float32.
func TestImplicitModes(t *testing.T) {
	half := func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Add(ops.MulScalar(x, 0.5), ps[0]) }
	g := graph.New()
	start, p := g.Const(0), g.Var(3)
	n := g.Len()
	x := autograd.FixedPoint(half, start, p)
	if g.Len() != n+1 || math.Abs(x.Item()-6) > 1e-11 || x.Node().OpName() != "fixed_point" {
		t.Errorf("%d nodes, value %v, name %s", g.Len()-n, x.Item(), x.Node().OpName())
	}
	b := vector(1, 2)
	y := autograd.Root(func(x graph.Value, _ ...graph.Value) graph.Value { return ops.Sub(ops.MulScalar(x, 2), g.Bind(b)) }, g.ConstTensor(vector(0, 0)))
	if got := autograd.Backward(ops.Sum(y)).Tensor(g.Bind(b)); got.At(0) != 0.5 || got.At(1) != 0.5 {
		t.Errorf("a bound tensor gets %v, want 0.5", got)
	}
	c := autograd.Root(func(x graph.Value, _ ...graph.Value) graph.Value { return ops.AddScalar(ops.Square(x), -4) }, g.Const(1))
	if c.WantsGrad() || math.Abs(c.Item()-2) > 1e-12 {
		t.Errorf("the root of a constant equation: %v", c)
	}
	g.Quietly(func() {
		q := autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(ops.Square(x), ps[0]) }, start, g.Const(0))
		r := autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(ops.Square(x), ps[0]) }, g.Const(1), p)
		if q.Item() != 0 || math.Abs(r.Item()-math.Sqrt(3)) > 1e-12 || r.WantsGrad() {
			t.Errorf("quietly: %v, %v", q, r)
		}
	})
	single := graph.New(graph.WithDType(tensor.Float32))
	v := single.VarTensor(vector(3, 5).To(tensor.Float32))
	for name, x := range map[string]graph.Value{
		"FixedPoint": autograd.FixedPoint(half, single.ConstTensor(vector(0, 0).To(tensor.Float32)), ops.MulScalar(v, 0.5)),
		"Root":       autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(x, ps[0]) }, single.ConstTensor(vector(0, 0).To(tensor.Float32)), v),
	} {
		d := autograd.Backward(ops.Sum(x)).Tensor(v)
		if math.Abs(x.Tensor().At(0)-3) > 1e-5 || math.Abs(d.At(1)-1) > 1e-5 || d.DType() != tensor.Float32 {
			t.Errorf("%s in float32: %v, derivative %v", name, x.Tensor(), d)
		}
	}
}

// TestImplicitWithin holds that the function of an equation may solve and differentiate on its own, whatever it does
// with the unknown and with parameters.
func TestImplicitWithin(t *testing.T) {
	// u + u³ = x, whose solution has the derivative 1/(1 + 3u²), to any order.
	inner := func(x graph.Value) graph.Value {
		return autograd.Root(func(u graph.Value, ps ...graph.Value) graph.Value {
			return ops.Sub(ops.Add(u, ops.Mul(u, ops.Square(u))), ps[0])
		}, x, x)
	}
	square := func(x graph.Value) graph.Value { return ops.Sum(ops.Square(x)) } // its gradient is 2x
	within := map[string]struct {
		f  func(x graph.Value) graph.Value
		is func(x graph.Value) graph.Value
	}{
		"a root": {inner, nil},
		"a fixed point": {func(x graph.Value) graph.Value {
			return autograd.FixedPoint(func(u graph.Value, ps ...graph.Value) graph.Value { return ops.Add(ops.MulScalar(u, 0.5), ps[0]) }, x, x)
		}, func(x graph.Value) graph.Value { return ops.MulScalar(x, 2) }},
		"a recorded gradient": {func(x graph.Value) graph.Value { return autograd.Grad(ops.Sum(ops.Mul(x, ops.Square(x))), x)[0] }, func(x graph.Value) graph.Value { return ops.MulScalar(ops.Square(x), 3) }},
		"numbers by Backward": {func(x graph.Value) graph.Value { autograd.Backward(square(x)); return x }, func(x graph.Value) graph.Value { return x }},
		"numbers by Forward": {func(x graph.Value) graph.Value {
			autograd.Forward(square(x), []graph.Value{x}, []*tensor.Tensor{x.Tensor()})
			return x
		}, func(x graph.Value) graph.Value { return x }},
		"numbers by PerExample": {func(x graph.Value) graph.Value {
			autograd.PerExample(2, func(int) graph.Value { return square(x) }, x)
			return x
		}, func(x graph.Value) graph.Value { return x }},
		"a diagnosis": {func(x graph.Value) graph.Value { _ = autograd.Diagnose(square(x)); return x }, func(x graph.Value) graph.Value { return x }},
		"a loop": {func(x graph.Value) graph.Value {
			return autograd.Loop(3, func(_ int, s graph.Value) graph.Value { return ops.Sin(s) }, x)
		}, func(x graph.Value) graph.Value { return ops.Sin(ops.Sin(ops.Sin(x))) }},
		"a checkpoint": {func(x graph.Value) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Sin(xs[0]) }, x)
		}, ops.Sin},
	}
	outer := map[string]func(f func(x graph.Value) graph.Value, x, p graph.Value) graph.Value{
		"FixedPoint": func(f func(x graph.Value) graph.Value, x, p graph.Value) graph.Value {
			return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Add(ps[0], ops.MulScalar(f(x), 0.1)) }, x, p)
		},
		"Root": func(f func(x graph.Value) graph.Value, x, p graph.Value) graph.Value {
			return autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value {
				return ops.Sub(x, ops.Add(ps[0], ops.MulScalar(f(x), 0.1)))
			}, x, p)
		},
	}
	for name, solve := range outer {
		for what, w := range within {
			t.Run(name+"/"+what, func(t *testing.T) {
				numbers := func(f func(x graph.Value) graph.Value) [][]float64 {
					g := graph.New()
					p := g.VarTensor(vector(0.7, 0.3))
					y := solve(f, p, ops.Sin(p))
					l := ops.Sum(ops.Square(y))
					d := autograd.Grad(l, p)[0]
					return [][]float64{y.Tensor().Float64s(), autograd.Backward(l).Tensor(p).Float64s(), d.Tensor().Float64s(), autograd.Backward(ops.Sum(ops.Square(d))).Tensor(p).Float64s()}
				}
				if w.is == nil {
					if err := autograd.Check(func(xs ...graph.Value) graph.Value { return ops.Sum(ops.Square(solve(w.f, xs[0], ops.Sin(xs[0])))) }, vector(0.7, 0.3)); err != nil {
						t.Error(err)
					}
					numbers(w.f)
					return
				}
				if diff := cmp.Diff(numbers(w.is), numbers(w.f), cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
					t.Errorf("mismatch (-written out +within):\n%s", diff)
				}
			})
		}
	}
}

// TestImplicitOfNaN holds that a loss that is infinite or NaN has gradients that are NaN, as without solutions of
// equations, and that it is left to the caller to notice; and so for directions of forward sweeps, of which others stay
// as they are.
func TestImplicitOfNaN(t *testing.T) {
	solvers := map[string]func(x graph.Value, p graph.Value) graph.Value{
		"FixedPoint": func(x, p graph.Value) graph.Value {
			return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Add(ops.MulScalar(x, 0.5), ps[0]) }, x, p)
		},
		"Root": func(x, p graph.Value) graph.Value {
			return autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(ops.MulScalar(x, 0.5), ps[0]) }, x, p)
		},
	}
	for name, solve := range solvers {
		for _, c := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			g := graph.New()
			p, q := g.VarTensor(vector(0.5, 0.7)), g.Var(0.5)
			l := ops.Add(ops.Sum(solve(g.ConstTensor(vector(0, 0)), p)), solve(g.Const(0), q))
			l = ops.MulScalar(l, c)
			var got []float64
			if err := graph.Try(func() {
				grads := autograd.Backward(l)
				recorded := autograd.Grad(l, p, q)
				got = append(append(got, grads.Tensor(p).Float64s()...), grads.Scalar(q), recorded[1].Item())
				got = append(got, recorded[0].Tensor().Float64s()...)
				_, dys := autograd.JVPs(func(x graph.Value) graph.Value { return solve(x.Graph().ConstTensor(vector(0, 0)), x) },
					[]float64{0.5, 0.7}, []float64{c, 1}, []float64{1, 1}, []float64{0.5, c})
				got = append(append(got, dys[0].At(0)), dys[2].At(1))
				for _, d := range dys[1].Float64s() {
					if math.Abs(d-2) > 1e-9 {
						t.Errorf("%s, beside a direction of %v: got %v, want 2", name, c, d)
					}
				}
			}); err != nil {
				t.Errorf("%s, cotangent %v: %v", name, c, err)
			}
			for _, d := range got {
				if d-d == 0 {
					t.Errorf("%s, cotangent %v: derivatives %v, want none that is finite", name, c, got)
				}
			}
		}
	}
}

// TestImplicitErrors asks for solutions that there are none of, or that cannot be found.
func TestImplicitErrors(t *testing.T) {
	g := graph.New()
	one, p := g.Const(1), g.Var(1)
	grow := func(x graph.Value, ps ...graph.Value) graph.Value { return ops.MulScalar(ops.Add(x, p), 2) }
	drift := func(x graph.Value, ps ...graph.Value) graph.Value { return ops.AddScalar(x, 1) }
	positive := func(x graph.Value, ps ...graph.Value) graph.Value { return ops.AddScalar(ops.Square(x), 1) }
	traced := graph.New(graph.Traced())
	for _, test := range []struct {
		name string
		f    func()
		want string
	}{
		{"steps that grow", func() { autograd.FixedPoint(grow, one) }, "autograd.FixedPoint: no solution after 1000 steps: the last one changed x, now"},
		{"steps that go on", func() { autograd.FixedPointWith(autograd.SolveConfig{Steps: 7}, drift, one) }, "autograd.FixedPointWith: no solution after 7 steps: the last one changed x, now 8, by 1, want 9e-12 at most: begin nearer to the solution, or allow more steps or a larger tolerance"},
		{"steps that overflow", func() {
			autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Exp(x) }, one)
		}, "which is not finite: begin nearer to the solution"},
		{"a start at infinity", func() { // the step leads to a number
			autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Reciprocal(x) }, g.Const(math.Inf(1)), p)
		}, "autograd.FixedPoint: x begins at +Inf, which is not finite: begin at numbers near the solution"},
		{"a start at NaN", func() { autograd.Root(positive, g.ConstTensor(vector(1, math.NaN()))) }, "autograd.Root: x begins at [1 NaN], which is not finite: begin at numbers near the solution"},
		{"no root", func() { autograd.RootWith(autograd.SolveConfig{Steps: 50}, positive, one) }, "autograd.RootWith: "},
		{"a singular derivative", func() { autograd.Root(positive, g.Const(0)) }, "autograd.Root: step 1 makes x"},
		{"an equation without its unknown", func() {
			autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ps[0] }, one, p)
		}, "autograd.Root: step 1 makes x"},
		{"a sweep that does not settle", func() { // right at the solution, where f stretches
			x := autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(ops.MulScalar(x, 3), ps[0]) }, g.Const(0.5), p)
			autograd.Backward(x)
		}, "makes the cotangent +Inf, which is not finite: f does not contract at the solution, use autograd.Root"},
		{"another shape", func() {
			autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value { return g.ConstTensor(vector(1, 2)) }, one)
		}, "autograd.FixedPoint: f returned shape (2) for an x of shape (): both must have one shape"},
		{"a solution without derivatives", func() {
			autograd.Backward(autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Mul(ops.Square(x), ps[0]) }, g.Const(0), p))
		}, "autograd.Root: ∂f/∂x is singular at the solution"},
		{"a vector without derivatives", func() {
			x := autograd.RootWith(autograd.SolveConfig{}, func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Mul(ops.Square(x), ps[0]) }, g.ConstTensor(vector(0, 0)), p)
			autograd.Grad(ops.Sum(x), p)
		}, "autograd.RootWith: ∂f/∂x is singular at the solution"},
		{"a negative tolerance", func() { autograd.RootWith(autograd.SolveConfig{Tolerance: -1}, positive, one) }, "autograd.RootWith: a tolerance of -1"},
		{"a tolerance of NaN", func() { autograd.FixedPointWith(autograd.SolveConfig{Tolerance: math.NaN()}, drift, one) }, "autograd.FixedPointWith: a tolerance of NaN"},
		{"negative steps", func() { autograd.RootWith(autograd.SolveConfig{Steps: -1}, positive, one) }, "autograd.RootWith: -1 steps"},
		{"a parameter of another graph", func() { autograd.FixedPoint(grow, one, graph.New().Var(1)) }, "autograd.FixedPoint: "},
		{"a traced graph", func() { autograd.FixedPoint(grow, traced.Const(1)) }, "autograd.FixedPoint: the number of steps depends on numbers"},
		{"a captured value of another graph", func() {
			autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return graph.New().Var(1) }, one)
		}, "autograd.Root: the function returned a value of another graph"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := g.Len()
			err := graph.Try(test.f)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
			if !strings.HasPrefix(test.name, "a sweep") && !strings.Contains(test.name, "without derivatives") && g.Len() > before+1 {
				t.Errorf("%d nodes are left on the tape", g.Len()-before)
			}
		})
	}
}
