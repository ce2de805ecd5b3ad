package autograd_test

import (
	"errors"
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
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/ops"
)

var (
	nan = math.NaN()
	inf = math.Inf(1)
)

// branch is x where x > 0 is false, and √x, which is NaN there, where it is true.
func branch(x graph.Value) graph.Value {
	return ops.Where(ops.Gt(x, x.Graph().Const(0)), ops.Sqrt(x), x)
}

// through differentiates f at x: the sum of the gradient of the sum of f(x).
func through(f func(x graph.Value) graph.Value, x graph.Value) graph.Value {
	return ops.Sum(autograd.Grad(ops.Sum(f(x)), x)[0])
}

func root(x graph.Value) graph.Value { return ops.Square(ops.Sqrt(x)) }

// TestDiagnoseFindsNothing holds that what is finite, and what was selected away, is no fault, in every form.
func TestDiagnoseFindsNothing(t *testing.T) {
	tests := []struct {
		name string
		at   []float64
		f    func(x graph.Value) graph.Value
	}{
		{"a square", []float64{1, -2, 0}, ops.Square},
		{"the leaf itself", []float64{1}, func(x graph.Value) graph.Value { return x }},
		{"an adjoint that cancels", []float64{1, 0}, func(x graph.Value) graph.Value { return ops.Sub(x, x) }},
		{"an adjoint of 0 and a finite derivative", []float64{0}, func(x graph.Value) graph.Value { return ops.Square(ops.Tanh(x)) }},
		{"where, root", []float64{-1, 4, 0}, branch},
		{"where, squared", []float64{-1, 4, -2}, func(x graph.Value) graph.Value { return ops.Square(branch(x)) }},
		{"where, logarithm of 0", []float64{0, 4}, func(x graph.Value) graph.Value {
			return ops.Where(ops.Eq(x, x.Graph().Const(0)), x, ops.Log(x))
		}},
		{"where, constant of NaN", []float64{0, 4}, func(x graph.Value) graph.Value {
			return ops.Where(ops.Le(x, x.Graph().Const(9)), x, x.Graph().Const(nan))
		}},
		{"where that asks for NaN", []float64{-1, 4}, func(x graph.Value) graph.Value {
			y := ops.Log(x)
			return ops.Where(ops.IsNaN(y), x, y)
		}},
		{"a root behind a relu", []float64{-1, 4}, func(x graph.Value) graph.Value { return ops.Sqrt(ops.ReLU(x)) }},
		{"a root before a clamp", []float64{0, 4}, func(x graph.Value) graph.Value { return ops.Clamp(ops.Sqrt(x), 1, 3) }},
		{"an overflow before a clamp", []float64{1e3, 1}, func(x graph.Value) graph.Value { return ops.Clamp(ops.Exp(x), -1, 5) }},
		{"an infinity that is not the larger", []float64{1, 4}, func(x graph.Value) graph.Value {
			return ops.Maximum(x, x.Graph().Const(-inf))
		}},
		{"a root at 0 that is not the largest", []float64{0, 4}, func(x graph.Value) graph.Value {
			if x.Rank() == 0 {
				return x
			}
			return ops.Max(ops.Sqrt(x))
		}},
		{"a slice", []float64{-1, 4}, func(x graph.Value) graph.Value {
			if x.Rank() == 0 {
				return x
			}
			return ops.Slice(ops.Log(x), 0, 1, 2)
		}},
		{"a floor of a root at 0", []float64{0, 4}, func(x graph.Value) graph.Value { return ops.Add(x, ops.Floor(ops.Sqrt(x))) }},
		{"a constant power of 0", []float64{0, 4}, func(x graph.Value) graph.Value { return ops.PowScalar(ops.Sqrt(x), 0) }},
		{"a norm at 0", []float64{0, 0}, func(x graph.Value) graph.Value { return ops.Norm(x) }},
		{"a deviation of a constant", []float64{2, 2}, func(x graph.Value) graph.Value { return ops.Std(x) }},
		{"a hypotenuse at 0", []float64{0, 0}, func(x graph.Value) graph.Value { return ops.Hypot(x, x) }},
		{"a product with zeros", []float64{0, 3, 0}, func(x graph.Value) graph.Value { return ops.Prod(x) }},
		{"a power at 0", []float64{0, -1}, func(x graph.Value) graph.Value { return ops.Pow(x, x.Graph().Const(2)) }},
		{"a cube at 0", []float64{0, -1}, func(x graph.Value) graph.Value { return ops.PowScalar(x, 3) }},
		{"abs at 0", []float64{0, 1}, ops.Abs},
		{"sinc at 0", []float64{0, 1}, ops.Sinc},
		{"softplus far out", []float64{1e20, -1e20}, ops.Softplus},
		{"sigmoid far out", []float64{1e20, -1e20}, ops.Sigmoid},
		{"silu far out", []float64{1e20, -1e20}, ops.SiLU},
		{"logsumexp far out", []float64{1e20, 1e20}, func(x graph.Value) graph.Value { return ops.LogSumExp(x) }},
		{"a mask of -Inf", []float64{1, 4}, func(x graph.Value) graph.Value {
			if x.Rank() == 0 {
				return x
			}
			return ops.Square(ops.Softmax(ops.Add(x, x.Graph().ConstTensor(tensor.Of([]float64{0, -inf}, 2))), 0))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check := func(form string, y graph.Value) {
				t.Helper()
				if err := autograd.Diagnose(y); err != nil {
					t.Errorf("%s: got %v, want nil", form, err)
				}
			}
			both := func(form string, x graph.Value) {
				t.Helper()
				check(form, tt.f(x))
				check(form+", summed", ops.Sum(tt.f(x)))
				check(form+", gradient", through(tt.f, x))
				check(form+", gradient of the gradient", through(func(x graph.Value) graph.Value { return through(tt.f, x) }, x))
				check(form+", gradient times 0", ops.Mul(through(tt.f, x), x.Graph().Var(0)))
				check(form+", in a checkpoint", autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return tt.f(xs[0]) }, x))
			}
			for _, v := range tt.at {
				both(fmt.Sprintf("scalar %v", v), graph.New().Var(v))
			}
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				both(dtype.String(), graph.New(graph.WithDType(dtype)).VarTensor(tensor.Of(tt.at, len(tt.at))))
			}
		})
	}
}

// diagnosis returns what is found, and fails the test if that is nothing.
func diagnosis(t *testing.T, y graph.Value) *autograd.Diagnosis {
	t.Helper()
	err := autograd.Diagnose(y)
	var d *autograd.Diagnosis
	if !errors.As(err, &d) {
		t.Fatalf("got error %v, want a *autograd.Diagnosis", err)
	}
	return d
}

func TestDiagnoseText(t *testing.T) {
	tests := []struct {
		name string
		f    func(g *graph.Graph) graph.Value
		want string
	}{
		{"a root whose adjoint is 0", func(g *graph.Graph) graph.Value { return root(g.Var(0).Named("x")) },
			`autograd.Diagnose: possibly wrong: the adjoint of %2 = sqrt is 0 and its derivative by operand 0, "x" (%1), is +Inf: their product was taken for 0`},
		{"elements of it", func(g *graph.Graph) graph.Value {
			return ops.Sum(root(g.VarTensor(tensor.Of([]float64{4, 0, 1, 1, 1, 0}, 2, 3)).Named("x")))
		}, `autograd.Diagnose: possibly wrong: the adjoint of %2 = sqrt is 0 and its derivative by operand 0, "x" (%1), is +Inf: their product was taken for 0, at [0 1], 2 of 6 elements`},
		{"a logarithm", func(g *graph.Graph) graph.Value { return ops.Log(g.Var(-1).Named("x")).Named("p") },
			`autograd.Diagnose: the first value that is not finite: "p" (%2) = log of -1 is NaN, though its operands are finite
	the first adjoint that is not finite: "p" (%2) = log passes NaN to its operand 0, "x" (%1), though its own adjoint is finite`},
		{"0/0 of constants", func(g *graph.Graph) graph.Value { return ops.Square(ops.Div(g.Const(0), g.Const(0))) },
			`autograd.Diagnose: the first value that is not finite: %3 = div of 0 and 0 is NaN, though its operands are finite`},
		{"an overflow in scopes", func(g *graph.Graph) graph.Value {
			defer g.Scope("encoder")()
			defer g.Scope("layer 1")()
			return ops.StopGradient(ops.Exp(g.Var(1000)))
		}, `autograd.Diagnose: the first value that is not finite: %2 = exp of 1000 is +Inf, though its operands are finite, in scope "encoder / layer 1"`},
		{"a leaf of data", func(g *graph.Graph) graph.Value {
			return ops.Sum(ops.Mul(g.Var(1).Named("w"), g.BindConst(tensor.Of([]float64{1, nan}, 2)).Named("batch")))
		}, `autograd.Diagnose: the first value that is not finite: leaf "batch" (%2) is NaN, at [1], 1 of 2 elements
	the first adjoint that is not finite: %3 = mul passes NaN to its operand 0, "w" (%1), though its own adjoint is finite`},
		{"a sum that overflows", func(g *graph.Graph) graph.Value {
			x := g.Var(1).Named("x")
			return ops.Add(ops.MulScalar(x, 1e308), ops.Sub(ops.MulScalar(x, 1e308), g.Const(1.5e308)))
		}, `autograd.Diagnose: the first adjoint that is not finite: that of leaf "x" (%1) is +Inf, though what its uses pass to it is finite: the sum overflows`},
		{"an adjoint alone, and what was selected away", func(g *graph.Graph) graph.Value {
			return ops.Add(ops.Sqrt(g.Var(0).Named("a")), ops.Sum(branch(g.VarTensor(tensor.Of([]float64{-1, 4}, 2)))))
		}, `autograd.Diagnose: the first adjoint that is not finite: %2 = sqrt passes +Inf to its operand 0, "a" (%1), though its own adjoint is finite
	selected away, and no fault: %6 = sqrt is NaN, at [0], 1 of 2 elements`},
		{"a recorded gradient", func(g *graph.Graph) graph.Value { return through(root, g.VarTensor(tensor.Of([]float64{4, 0}, 2))) },
			`autograd.Diagnose: the first value that is not finite: %11 = reciprocal is +Inf, though its operands are finite, at [1], 1 of 2 elements
	the first adjoint that is not finite: %13 = chain passes +Inf to its operand 0, %9 = chain, though its own adjoint is finite, at [1], 1 of 2 elements
	possibly wrong: %13 = chain multiplied a cotangent of 0 by a derivative of +Inf, its operand 1, %12 = mul_scalar, and recorded 0, at [1], 1 of 2 elements`},
		{"inside a checkpoint", func(g *graph.Graph) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return root(xs[0]) }, g.Var(0).Named("x"))
		}, `autograd.Diagnose: possibly wrong: the adjoint of sqrt inside %2 = checkpoint is 0 and its derivative by operand 0, "x" (%1), is +Inf: their product was taken for 0`},
		{"a value inside a checkpoint", func(g *graph.Graph) graph.Value {
			return ops.StopGradient(autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Log(xs[0]).Named("p") }, g.Var(-1)))
		}, `autograd.Diagnose: the first value that is not finite: "p" = log of -1 inside %2 = checkpoint is NaN, though its operands are finite`},
		{"a value inside a loop", func(g *graph.Graph) graph.Value {
			return ops.StopGradient(autograd.Loop(3, func(i int, s graph.Value) graph.Value { return ops.Log(s) }, g.Var(math.E)))
		}, `autograd.Diagnose: the first value that is not finite: log of 0 inside %2 = loop is -Inf, though its operands are finite`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			y := tt.f(g)
			length := g.Len()
			err := autograd.Diagnose(y)
			if err == nil {
				t.Fatal("got nil")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if g.Len() != length {
				t.Errorf("the tape has %d nodes, had %d", g.Len(), length)
			}
			if again := autograd.Diagnose(y); again == nil || again.Error() != err.Error() {
				t.Errorf("the second time: got %v", again)
			}
		})
	}
}

// TestDiagnoseTracesValues holds that the first value is the one that the others come from, through whatever lies between.
func TestDiagnoseTracesValues(t *testing.T) {
	ways := map[string]func(x graph.Value) graph.Value{
		"floor":         ops.Floor,
		"sign":          ops.Sign,
		"relu":          ops.ReLU,
		"clamp":         func(x graph.Value) graph.Value { return ops.Clamp(x, -1, 1) },
		"stop_gradient": ops.StopGradient,
		"maximum":       func(x graph.Value) graph.Value { return ops.Maximum(x, x.Graph().Const(0)) },
		"max":           func(x graph.Value) graph.Value { return ops.Max(x) },
		"mean":          func(x graph.Value) graph.Value { return ops.Mean(x) },
		"sort":          func(x graph.Value) graph.Value { return ops.Sort(ops.Reshape(x, -1), 0) },
		"where": func(x graph.Value) graph.Value {
			return ops.Where(x.Graph().Const(1), x, x.Graph().Const(0))
		},
		"checkpoint": func(x graph.Value) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Neg(xs[0]) }, x)
		},
		"loop": func(x graph.Value) graph.Value {
			return autograd.Loop(3, func(_ int, s graph.Value) graph.Value { return ops.Neg(s) }, x)
		},
		"custom": func(x graph.Value) graph.Value {
			return autograd.Custom("twice", func(xs ...*tensor.Tensor) *tensor.Tensor {
				y := xs[0].Clone()
				array.AddReduced(y, xs[0])
				return y
			}, func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ops.MulScalar(ct, 2)} })(x)
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			for form, leaf := range map[string]func(g *graph.Graph) graph.Value{
				"scalar":          func(g *graph.Graph) graph.Value { return g.Var(-1) },
				"constant":        func(g *graph.Graph) graph.Value { return g.Const(-1) },
				"tensor":          func(g *graph.Graph) graph.Value { return g.VarTensor(tensor.Of([]float64{2, -1}, 2)) },
				"constant tensor": func(g *graph.Graph) graph.Value { return g.ConstTensor(tensor.Of([]float64{2, -1}, 2)) },
			} {
				g := graph.New()
				culprit := ops.Log(leaf(g))
				y := ops.Sum(ops.Square(way(culprit)))
				d := diagnosis(t, y)
				if d.Value == nil || d.Value.Node != culprit.ID() {
					t.Errorf("%s: got %v, want the logarithm", form, d)
				}
			}
		})
	}
}

// TestDiagnoseFields holds what programs read.
func TestDiagnoseFields(t *testing.T) {
	g := graph.New(graph.WithDType(tensor.Float32))
	done := g.Scope("s")
	x := g.VarTensor(tensor.Of([]float64{1, 0, -1, -2}, 2, 2)).Named("x")
	y := ops.Sum(ops.Log(x).Named("l"))
	done()
	want := &autograd.Diagnosis{
		Value:   &autograd.Finding{Node: 2, Op: "log", Name: "l", Scope: "s", Operand: -1, Number: -inf, Index: []int{0, 1}, Count: 3, Len: 4},
		Adjoint: &autograd.Finding{Node: 2, Op: "log", Name: "l", Scope: "s", Operand: 0, Number: inf, Index: []int{0, 1}, Count: 3, Len: 4},
	}
	if diff := cmp.Diff(want, diagnosis(t, y), cmpopts.IgnoreUnexported(autograd.Finding{})); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// TestDiagnoseCallers holds that the line of the program is named if the graph knows it.
func TestDiagnoseCallers(t *testing.T) {
	y := ops.Log(graph.New(graph.WithCallers()).Var(-1))
	file, line, _ := y.Node().Caller()
	want := fmt.Sprintf("%s:%d", file, line)
	d := diagnosis(t, y)
	if d.Value.Source != want || d.Adjoint.Source != want || !strings.Contains(d.Error(), "recorded at "+want) {
		t.Errorf("got %v, want %s", d, want)
	}
	if !strings.Contains(want, "diagnose_test.go:") {
		t.Errorf("got %s, want this file", want)
	}
}

// TestDiagnoseLists holds that lists are short however much there is to find, and count the rest.
func TestDiagnoseLists(t *testing.T) {
	const n = 1000
	g := graph.New()
	y := g.Const(0)
	for _, x := range g.Vars(make([]float64, n)) {
		y = ops.Add(y, ops.Add(root(x), ops.Where(ops.Gt(x, x), ops.Log(ops.AddScalar(x, -1)), x)))
	}
	d := diagnosis(t, y)
	if len(d.Suspects)+d.MoreSuspects != n || len(d.SelectedAway)+d.MoreSelectedAway != n || len(d.Suspects) > 20 || len(d.SelectedAway) > 20 {
		t.Errorf("got %d and %d suspects, %d and %d selected away, want %d in all each", len(d.Suspects), d.MoreSuspects, len(d.SelectedAway), d.MoreSelectedAway, n)
	}
	if !slices.IsSortedFunc(d.Suspects, func(a, b autograd.Finding) int { return b.Node - a.Node }) {
		t.Errorf("suspects %v, want them in the order of the sweep", d.Suspects)
	}
	if !strings.Contains(d.Error(), fmt.Sprintf("and %d more places", d.MoreSuspects)) {
		t.Errorf("got %v, want the number of the others", d)
	}
}

// TestDiagnoseLeavesNoTrace holds that gradients made before keep their numbers, and those made after have theirs.
func TestDiagnoseLeavesNoTrace(t *testing.T) {
	g := graph.New()
	x, w := g.VarTensor(vector(0, 4)), g.VarTensor(vector(1, 2))
	y := ops.Sum(autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Mul(root(xs[0]), xs[1]) }, x, w))
	c := y.Inputs()[0]
	before := autograd.Backward(y)
	first := before.Contribution(c, 0)
	mark := g.Mark()
	diagnosis(t, y)
	if diff := cmp.Diff([][]float64{{0, 4}, {0, 2}}, [][]float64{before.Contribution(c, 1).Float64s(), first.Float64s()}); diff != "" {
		t.Errorf("contributions mismatch (-want +got):\n%s", diff)
	}
	for _, grads := range []autograd.Gradients{before, autograd.Backward(y)} {
		if diff := cmp.Diff([][]float64{{0, 2}, {0, 4}}, [][]float64{grads.Tensor(x).Float64s(), grads.Tensor(w).Float64s()}); diff != "" {
			t.Errorf("gradients mismatch (-want +got):\n%s", diff)
		}
	}
	g.Rewind(mark)
	diagnosis(t, y)
}

// TestDiagnoseCustom holds that custom operations, their rules and what they refuse, do not stand in the way.
func TestDiagnoseCustom(t *testing.T) {
	same := func(xs ...*tensor.Tensor) *tensor.Tensor { return xs[0].Clone() }
	rules := map[string]func(y, ct graph.Value, xs ...graph.Value) []graph.Value{
		"linear": func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct, {}} },
		"refuses NaN": func(_, ct graph.Value, _ ...graph.Value) []graph.Value {
			if ct.Node().Data().AtFlat(0) != ct.Node().Data().AtFlat(0) {
				panic(graph.Errorf("custom", graph.ErrValue, "the cotangent is NaN: give a number"))
			}
			return []graph.Value{ct, {}}
		},
	}
	for name, rule := range rules {
		for form, leaf := range map[string]func(g *graph.Graph, v float64) graph.Value{
			"scalar": func(g *graph.Graph, v float64) graph.Value { return g.Var(v) },
			"tensor": func(g *graph.Graph, v float64) graph.Value { return g.VarTensor(vector(v, v)) },
		} {
			t.Run(name+" "+form, func(t *testing.T) {
				g := graph.New()
				op := autograd.Custom("same", same, rule)
				if err := autograd.Diagnose(ops.Square(op(leaf(g, 4), g.Const(nan)))); err == nil {
					t.Errorf("a constant of NaN: got %v, want an error: the rule may use it", err)
				}
				if err := autograd.Diagnose(ops.Square(op(leaf(g, 4), g.Const(0)))); err != nil {
					t.Errorf("got %v, want nil", err)
				}
				r := ops.Sqrt(leaf(g, 0))
				d := diagnosis(t, ops.Square(op(r, g.Const(0))))
				if len(d.Suspects) != 1 || d.Suspects[0].Node != r.ID() {
					t.Errorf("got %v, want the root", d)
				}
				l := ops.Log(leaf(g, -1))
				// Without adjoints: Backward would give the rule NaN.
				if d := diagnosis(t, ops.StopGradient(ops.Square(op(l, g.Const(0))))); d.Value == nil || d.Value.Node != l.ID() {
					t.Errorf("got %v, want the logarithm", d)
				}
			})
		}
	}
}

func TestDiagnoseMisuse(t *testing.T) {
	g := graph.New()
	x := g.Var(0)
	m := g.Mark()
	stale := ops.Square(x)
	g.Rewind(m)
	changed := g.Var(1).Named("c")
	y := ops.Square(changed)
	changed.Set(2)
	tests := map[string]struct {
		kind graph.Kind
		f    func()
	}{
		"zero":    {graph.ErrUsage, func() { autograd.Diagnose(graph.Value{}) }},
		"stale":   {graph.ErrStale, func() { autograd.Diagnose(stale) }},
		"changed": {graph.ErrChanged, func() { autograd.Diagnose(y) }},
		"quiet":   {graph.ErrUsage, func() { g.Quietly(func() { autograd.Diagnose(ops.Square(x)) }) }},
	}
	for name, tt := range tests {
		if err := graph.Try(tt.f); !errors.Is(err, tt.kind) || !strings.HasPrefix(err.Error(), "autograd.Diagnose: ") {
			t.Errorf("%s: got %v, want kind %v", name, err, tt.kind)
		}
	}
}

// TestDiagnoseLongTape holds that a long chain is no special case, whether or not there is something to find.
func TestDiagnoseLongTape(t *testing.T) {
	const n = 300_000
	for name, first := range map[string]float64{"finite": 1, "NaN": -1} {
		g := graph.New()
		y := ops.Sqrt(g.Var(first))
		for range n {
			y = ops.Sin(y)
		}
		if err := autograd.Diagnose(y); (err != nil) != (first < 0) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// Every cotangent of a root was selected away, and each has to be traced.
	g := graph.New()
	xs := g.Vars(slices.Repeat([]float64{-1}, n/30))
	y := g.Const(0)
	for _, x := range xs {
		y = ops.Add(y, branch(x))
	}
	sum := g.Const(0)
	for _, d := range autograd.Grad(y, xs...) {
		sum = ops.Add(sum, d)
	}
	if err := autograd.Diagnose(sum); err != nil {
		t.Errorf("roots: got %v", err)
	}
}
