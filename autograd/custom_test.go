package autograd_test

import (
	"bytes"
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

// product returns the elementwise product of tensors, of which those of shape () stretch.
func product(xs ...*tensor.Tensor) *tensor.Tensor {
	shape := []int{}
	for _, x := range xs {
		if x.Rank() > 0 {
			shape = x.Shape()
		}
	}
	y := tensor.New(tensor.Float64, shape...)
	for i := range y.Len() {
		p := 1.0
		for _, x := range xs {
			if x.Rank() == 0 {
				p *= x.AtFlat(0)
			} else {
				p *= x.AtFlat(i)
			}
		}
		y.SetFlat(p, i)
	}
	return y
}

// others returns the cotangents of a product of two.
func others(_, ct graph.Value, xs ...graph.Value) []graph.Value {
	return []graph.Value{ops.Mul(ct, xs[1]), ops.Mul(ct, xs[0])}
}

var customMul = autograd.Custom("my_mul", product, others)

// TestCustomIsLikeAnOperation holds that a custom operation has the derivatives of the built-in one that it imitates: in
// both sweeps, of several orders, for operands that are scalars, tensors, both, one and the same, or constant.
func TestCustomIsLikeAnOperation(t *testing.T) {
	type mul func(xs ...graph.Value) graph.Value
	tests := []struct {
		name string
		f    func(mul mul, x graph.Value) graph.Value
	}{
		{"tensors", func(mul mul, x graph.Value) graph.Value { return mul(x, ops.Sin(x)) }},
		{"one operand twice", func(mul mul, x graph.Value) graph.Value { return mul(x, x) }},
		{"a scalar and a tensor", func(mul mul, x graph.Value) graph.Value { return mul(ops.Sum(x), ops.Sin(x)) }},
		{"a tensor and a scalar", func(mul mul, x graph.Value) graph.Value { return mul(ops.Sin(x), ops.Sum(x)) }},
		{"scalars", func(mul mul, x graph.Value) graph.Value { return mul(ops.Sum(x), ops.Sum(ops.Exp(x))) }},
		{"a constant first", func(mul mul, x graph.Value) graph.Value { return mul(x.Graph().ConstTensor(vector(3, 4)), x) }},
		{"a constant second", func(mul mul, x graph.Value) graph.Value { return mul(x, x.Graph().Const(3)) }},
		{"one after another", func(mul mul, x graph.Value) graph.Value { return mul(mul(x, ops.Sin(x)), mul(x, x)) }},
		{"in a checkpoint", func(mul mul, x graph.Value) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return mul(ops.Sin(xs[0]), xs[1]) }, x, ops.Square(x))
		}},
	}
	at, dir := []float64{2, -0.7}, []float64{0.3, 1.1}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			derivatives := func(mul mul) map[string][]float64 {
				vector := func(x graph.Value) graph.Value { return test.f(mul, x) }
				f := func(x graph.Value) graph.Value { return ops.Sum(ops.Sin(vector(x))) }
				m := make(map[string][]float64)
				_, m["Backward"] = autograd.ValueAndGrad(f, at)
				m["Hessian"] = autograd.Hessian(f, at).Float64s()
				m["HVP"] = autograd.HVP(f, at, dir)
				_, dy := autograd.JVP(vector, at, dir)
				m["JVP"] = dy.Float64s()
				m["Jacobian"] = autograd.Jacobian(vector, at).Float64s()
				high := func(x graph.Value) graph.Value { return ops.Tile(ops.Reshape(vector(x), -1), 0, 20) }
				m["high Jacobian"] = autograd.Jacobian(high, at).Float64s()
				m["Hessian of a gradient"] = autograd.Hessian(func(x graph.Value) graph.Value {
					return ops.Sum(ops.Square(autograd.Grad(f(x), x)[0]))
				}, at).Float64s()
				return m
			}
			builtIn := func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], xs[1]) }
			if diff := cmp.Diff(derivatives(builtIn), derivatives(customMul), cmpopts.EquateApprox(1e-12, 1e-13)); diff != "" {
				t.Errorf("mismatch (-built-in +custom):\n%s", diff)
			}
		})
	}
}

// TestCustomCalls counts the calls: forward when the operation is recorded, vjp once for all operands of each sweep.
func TestCustomCalls(t *testing.T) {
	var forward, vjp int
	op := autograd.Custom("counted",
		func(xs ...*tensor.Tensor) *tensor.Tensor { forward++; return product(xs...) },
		func(y, ct graph.Value, xs ...graph.Value) []graph.Value { vjp++; return others(y, ct, xs...) })
	g := graph.New()
	a, b := g.VarTensor(vector(2)), g.VarTensor(vector(3))
	c := op(a, b)
	l := ops.Sum(c)
	expect := func(what string, f, v int) {
		t.Helper()
		if forward != f || vjp != v {
			t.Errorf("%s: %d calls of forward and %d of vjp, want %d and %d", what, forward, vjp, f, v)
		}
	}
	expect("recorded", 1, 0)
	autograd.Backward(l)
	expect("Backward", 1, 1)
	autograd.Grad(l, a, b)
	expect("Grad", 1, 2)
	autograd.Grad(l, b)
	expect("Grad by the second", 1, 3)
	one, ten := autograd.Backward(l), autograd.Backward(ops.MulScalar(l, 10))
	expect("two sweeps", 1, 5)
	// What was computed for one sweep serves its contributions, and no other's.
	got := []float64{one.Contribution(c, 0).At(0), one.Contribution(c, 1).At(0)}
	expect("two contributions", 1, 6)
	got = append(got, ten.Contribution(c, 1).At(0), one.Contribution(c, 1).At(0), ten.Contribution(c, 0).At(0))
	one.Contribution(c, 0) // leaves the second one behind
	hundred := autograd.Backward(ops.MulScalar(l, 100))
	got = append(got, hundred.Tensor(a).At(0), hundred.Tensor(b).At(0), one.Contribution(c, 1).At(0))
	if diff := cmp.Diff([]float64{3, 2, 20, 2, 30, 300, 200, 2}, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for i, x := range []graph.Value{a, b, a} {
		g.Scratch(func() { // each time at the same place of the tape
			if got, want := autograd.Grad(ops.MulScalar(l, float64(i+1)), x)[0].Tensor().At(0), []float64{3, 4, 9}[i]; got != want {
				t.Errorf("Grad in Scratch, turn %d: got %v, want %v", i, got, want)
			}
		})
	}
}

// TestCustomNumbers holds what forward gets and what becomes of its result.
func TestCustomNumbers(t *testing.T) {
	var kept []*tensor.Tensor
	var result *tensor.Tensor
	op := autograd.Custom("spoils",
		func(xs ...*tensor.Tensor) *tensor.Tensor {
			kept = xs
			result = tensor.Of([]float64{1. / 3, 2}, 2)
			for _, x := range xs {
				x.SetFlat(99, 0)
			}
			return result
		},
		func(_, ct graph.Value, xs ...graph.Value) []graph.Value { return []graph.Value{ct, ops.Sum(ct)} })
	g := graph.New(graph.WithDType(tensor.Float32))
	x, s := g.VarTensor(vector(3, 4)), g.Var(1./3)
	y := op(x, s)
	result.SetFlat(-1, 0)
	if x.Tensor().At(0) != 3 || s.Item() != 1./3 {
		t.Errorf("forward changed its operands: %v, %v", x, s)
	}
	if got := y.Tensor(); got.DType() != tensor.Float32 || got.At(0) != float64(float32(1./3)) {
		t.Errorf("the result is %v of %v, want ⅓ in float32", got, got.DType())
	}
	if kept[0].DType() != tensor.Float32 || kept[1].DType() != tensor.Float64 || kept[1].Rank() != 0 {
		t.Errorf("forward got %v %v and %v %v", kept[0].DType(), kept[0].Shape(), kept[1].DType(), kept[1].Shape())
	}
	grads := autograd.Backward(ops.Sum(ops.Square(y)))
	third := float64(float32(1. / 3))
	if diff := cmp.Diff([]float64{2 * third, 4}, []float64{grads.Tensor(x).At(0), grads.Tensor(x).At(1)}); diff != "" {
		t.Errorf("tensor: mismatch (-want +got):\n%s", diff)
	}
	if got, want := grads.Scalar(s), float64(float32(2*third+4)); got != want {
		t.Errorf("scalar: got %v, want %v", got, want)
	}
	rows := len(graph.Rows())
	autograd.Custom("another", product, others)
	if got := len(graph.Rows()); got != rows {
		t.Errorf("the table has %d rows, had %d", got, rows)
	}
}

// TestCustomRules holds what the rule of a custom operation may do: stretch, leave out what is not wanted, use other values
// of the graph, and differentiate.
func TestCustomRules(t *testing.T) {
	g := graph.New()
	x, k, other := g.VarTensor(vector(1, 2, 3)), g.ConstTensor(vector(4, 5, 6)), g.Var(7)
	tests := []struct {
		name string
		op   func(xs ...graph.Value) graph.Value
		xs   []graph.Value
		want []float64 // by x
	}{
		{"stretched", autograd.Custom("rows", product, func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
			return []graph.Value{ops.Broadcast(ops.Mul(ct, xs[1]), 2, 3), {}}
		}), []graph.Value{x, k}, []float64{8, 10, 12}},
		{"nothing for a constant", autograd.Custom("left_out", product, func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
			return []graph.Value{{}, ops.Mul(ct, xs[0])}
		}), []graph.Value{k, x}, []float64{4, 5, 6}},
		{"of other values", autograd.Custom("captured", product, func(_, ct graph.Value, _ ...graph.Value) []graph.Value {
			return []graph.Value{ops.Mul(ct, other)}
		}), []graph.Value{x}, []float64{7, 7, 7}},
		{"by Grad", autograd.Custom("by_grad", mapped(func(x float64) float64 { return x * x * x }), func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
			return autograd.Grad(ops.Sum(ops.Mul(ct, ops.PowScalar(xs[0], 3))), xs[0])
		}), []graph.Value{x}, []float64{3, 12, 27}},
		{"by Backward", autograd.Custom("by_backward", mapped(math.Sin), func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
			d := autograd.Backward(ops.Sum(ops.Square(xs[0]))).Tensor(xs[0])
			return []graph.Value{ops.Mul(ct, ct.Graph().ConstTensor(d))}
		}), []graph.Value{x}, []float64{2, 4, 6}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			y := ops.Sum(test.op(test.xs...))
			n := g.Len()
			if diff := cmp.Diff(test.want, autograd.Backward(y).Tensor(x).Float64s()); diff != "" {
				t.Errorf("Backward: mismatch (-want +got):\n%s", diff)
			}
			if g.Len() != n {
				t.Errorf("Backward leaves %d nodes on the tape", g.Len()-n)
			}
			if diff := cmp.Diff(test.want, autograd.Grad(y, x)[0].Tensor().Float64s()); diff != "" {
				t.Errorf("Grad: mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCustomNames holds where the name of a custom operation is read.
func TestCustomNames(t *testing.T) {
	g := graph.New()
	x := g.Var(1).Named("x")
	y := lambertW(x)
	var dump, explained bytes.Buffer
	if err := g.WriteText(&dump); err != nil {
		t.Fatal(err)
	}
	if err := autograd.Explain(&explained, y, x); err != nil {
		t.Fatal(err)
	}
	for where, got := range map[string]string{"label": y.Node().Label(), "OpName": y.Node().OpName(), "WriteText": dump.String(), "Explain": explained.String()} {
		if !strings.Contains(got, "lambert_w") || strings.Contains(got, "custom") {
			t.Errorf("%s: got %q, want the name lambert_w in it", where, got)
		}
	}
	if got := y.Node().Op().String(); got != "custom" {
		t.Errorf("Op: got %s, want custom", got)
	}
	if got := ops.Sin(x).Node().OpName() + " " + x.Node().OpName(); got != "sin leaf" {
		t.Errorf("OpName of others: got %s, want sin leaf", got)
	}
}

func TestCustomMisuse(t *testing.T) {
	g := graph.New()
	x, w, k := g.Var(2), g.VarTensor(vector(1, 2)), g.ConstTensor(vector(3, 4))
	foreign := graph.New().Var(1)
	returns := func(cts ...graph.Value) func(y, ct graph.Value, xs ...graph.Value) []graph.Value {
		return func(graph.Value, graph.Value, ...graph.Value) []graph.Value { return cts }
	}
	made := map[string]func(){
		`autograd.Custom: no name: give one, such as "lambert_w"`: func() { autograd.Custom("", product, others) },
		`autograd.Custom: name "a b": use letters, digits and underscores, as in "lambert_w"`: func() {
			autograd.Custom("a b", product, others)
		},
		"autograd.Custom: operation f has no forward function: pass the one that computes its result": func() { autograd.Custom("f", nil, others) },
		"autograd.Custom: operation f has no vjp function: pass the one that returns the cotangents of its operands, or record its result with Graph.ConstTensor if it has no derivative": func() {
			autograd.Custom("f", product, nil)
		},
		"autograd.Custom: operation f got no operands: give at least one value": func() { autograd.Custom("f", product, others)() },
		"autograd.Custom: the forward function of f returned a nil tensor: return the result": func() {
			autograd.Custom("f", func(...*tensor.Tensor) *tensor.Tensor { return nil }, others)(x)
		},
		"autograd.Custom: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation": func() {
			customMul(x, graph.Value{})
		},
		"autograd.Custom: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())": func() {
			customMul(x, foreign)
		},
	}
	n := g.Len()
	for want, f := range made {
		if diff := cmp.Diff(want, message(f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	if g.Len() != n {
		t.Errorf("%d nodes are left on the tape", g.Len()-n)
	}
	rules := []struct {
		name string
		vjp  func(y, ct graph.Value, xs ...graph.Value) []graph.Value
		want string
	}{
		{"none", returns(), "autograd.Custom: the vjp of f returned 0 cotangents for 2 operands: return one for each, the zero graph.Value where none is wanted"},
		{"too many", returns(k, k, k), "autograd.Custom: the vjp of f returned 3 cotangents for 2 operands: return one for each, the zero graph.Value where none is wanted"},
		{"zero value", returns(graph.Value{}, k), "autograd.Custom: the vjp of f returned the zero graph.Value for operand 0, to which a gradient flows: return its cotangent, zeros of its shape if the result does not depend on it"},
		{"another graph's", returns(foreign, k), "autograd.Custom: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"shape", returns(x, k), "autograd.Custom: the vjp of f returned shape () for operand 0, to which the operand's shape (2) does not stretch: return a cotangent of the operand's shape"},
		{"through itself", func(y, _ graph.Value, xs ...graph.Value) []graph.Value {
			return []graph.Value{autograd.Grad(ops.Sum(y), xs[0])[0], {}}
		}, "autograd.Custom: the rule of %4 = f differentiates through %4 = f itself and would never end: give derivatives by the operands alone, or take the result as a constant with ops.StopGradient"},
		{"through itself, with numbers", func(y, _ graph.Value, xs ...graph.Value) []graph.Value {
			return []graph.Value{y.Graph().ConstTensor(autograd.Backward(ops.Sum(y)).Tensor(xs[0])), {}}
		}, "autograd.Custom: the rule of %4 = f differentiates through %4 = f itself and would never end: give derivatives by the operands alone, or take the result as a constant with ops.StopGradient"},
		{"good", func(y, ct graph.Value, xs ...graph.Value) []graph.Value { return []graph.Value{ops.Mul(ct, xs[1]), {}} }, ""},
	}
	for _, test := range rules {
		for name, sweep := range map[string]func(y graph.Value){
			"Backward": func(y graph.Value) { autograd.Backward(y) },
			"Grad":     func(y graph.Value) { autograd.Grad(y, w) },
		} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				m := g.Mark()
				defer g.Rewind(m)
				y := ops.Sum(autograd.Custom("f", product, test.vjp)(w, k))
				for range 2 { // an error leaves nothing behind that the next sweep could take for its own
					if diff := cmp.Diff(test.want, message(func() { sweep(y) })); diff != "" {
						t.Errorf("mismatch (-want +got):\n%s", diff)
					}
				}
			})
		}
	}
}

// TestLambertW compares the derivatives of the operation of the example with their closed forms.
func TestLambertW(t *testing.T) {
	at := []float64{0, 0.1, 1, math.E, 50}
	g := graph.New()
	x := g.VarTensor(vector(at...))
	y := lambertW(x)
	first := autograd.Grad(ops.Sum(y), x)[0]
	second := autograd.Grad(ops.Sum(first), x)[0]
	for i, v := range at {
		w := y.Tensor().At(i)
		e := math.Exp(w)
		want := []float64{v, 1 / (e * (1 + w)), -(2 + w) / (e * e * math.Pow(1+w, 3))}
		got := []float64{w * e, first.Tensor().At(i), second.Tensor().At(i)}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-13, 1e-15)); diff != "" {
			t.Errorf("at %v: w·eʷ and two derivatives: mismatch (-want +got):\n%s", v, diff)
		}
	}
}
