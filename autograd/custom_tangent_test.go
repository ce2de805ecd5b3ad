package autograd_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// scaledSine returns sin(x)·s as an operation of its own with both rules, the number s stretched over x, and counts how
// often they are asked.
func scaledSine(vjps, tangents *int) func(x, s graph.Value) graph.Value {
	f := autograd.CustomWith(autograd.CustomConfig{
		Tangent: func(_ graph.Value, i int, t graph.Value, xs ...graph.Value) graph.Value {
			*tangents++
			if i == 0 {
				return ops.Mul(t, ops.Mul(ops.Cos(xs[0]), xs[1]))
			}
			return ops.Mul(t, ops.Sin(xs[0]))
		},
	}, "scaled_sine", func(xs ...*tensor.Tensor) *tensor.Tensor {
		y := xs[0].Clone()
		for k := range y.Len() {
			y.SetFlat(math.Sin(y.AtFlat(k))*xs[1].AtFlat(0), k)
		}
		return y
	}, func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
		*vjps++
		return []graph.Value{ops.Chain(ct, ops.Mul(ops.Cos(xs[0]), xs[1])), ops.Chain(ct, ops.Sin(xs[0]))}
	})
	return func(x, s graph.Value) graph.Value { return f(x, s) }
}

// TestCustomTangent compares an operation that has both rules with the same one recorded: all that sweeps forward,
// derivatives of up to the third order, scalars and tensors, and functions that are recorded again.
func TestCustomTangent(t *testing.T) {
	var vjps, tangents int
	own := scaledSine(&vjps, &tangents)
	plain := func(x, s graph.Value) graph.Value { return ops.Mul(ops.Sin(x), s) }
	at, dir := []float64{0.3, -1.2, 0.8, 2}, []float64{1, -0.5, 2, 0.25}
	part := func(x graph.Value) (v, s graph.Value) { return ops.Slice(x, 0, 0, 3), ops.Index(x, 3) }
	type operation = func(x, s graph.Value) graph.Value
	vector := func(f operation) func(x graph.Value) graph.Value {
		return func(x graph.Value) graph.Value { return f(part(x)) }
	}
	loss := func(f operation) func(x graph.Value) graph.Value {
		return func(x graph.Value) graph.Value { return ops.Sum(ops.Square(f(part(x)))) }
	}
	numbers := func(ts ...*tensor.Tensor) (all []float64) {
		for _, t := range ts {
			all = append(all, t.Float64s()...)
		}
		return all
	}
	for name, of := range map[string]func(f operation) []float64{
		"JVP": func(f operation) []float64 {
			y, dy := autograd.JVP(vector(f), at, dir)
			return numbers(y, dy)
		},
		"JVPs": func(f operation) []float64 {
			_, dys := autograd.JVPs(vector(f), at, dir, at)
			return numbers(dys...)
		},
		"JVP of a number": func(f operation) []float64 {
			y, dy := autograd.JVP(func(x graph.Value) graph.Value { return f(ops.Index(x, 0), ops.Index(x, 3)) }, at, dir)
			return numbers(y, dy)
		},
		"JVP of a loss": func(f operation) []float64 {
			y, dy := autograd.JVP(loss(f), at, dir)
			return numbers(y, dy)
		},
		"Jacobian": func(f operation) []float64 {
			return numbers(autograd.Jacobian(func(x graph.Value) graph.Value {
				v, s := part(x)
				return f(ops.Broadcast(v, 50, 3), s)
			}, at))
		},
		"HVP":     func(f operation) []float64 { return autograd.HVP(loss(f), at, dir) },
		"Hessian": func(f operation) []float64 { return numbers(autograd.Hessian(loss(f), at)) },
		"third order": func(f operation) []float64 {
			return autograd.HVP(func(x graph.Value) graph.Value {
				return ops.Sum(ops.Square(autograd.Grad(loss(f)(x), x)[0]))
			}, at, dir)
		},
		"PerExample": func(f operation) []float64 {
			g := graph.New()
			x, s := g.VarTensor(tensor.Of(at[:3], 3)), g.Var(at[3])
			return numbers(autograd.PerExample(3, func(i int) graph.Value { return ops.Sum(f(ops.MulScalar(x, float64(i+1)), s)) }, x, s)...)
		},
		"Checkpoint": func(f operation) []float64 {
			return autograd.HVP(func(x graph.Value) graph.Value {
				return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return loss(f)(xs[0]) }, x)
			}, at, dir)
		},
		"Loop": func(f operation) []float64 {
			_, dy := autograd.JVP(func(x graph.Value) graph.Value {
				v, s := part(x)
				return autograd.Loop(5, func(_ int, v graph.Value) graph.Value { return f(v, s) }, v)
			}, at, dir)
			return numbers(dy)
		},
		"float32": func(f operation) []float64 {
			g := graph.New(graph.WithDType(tensor.Float32))
			x, s := g.VarTensor(tensor.Of(at[:3], 3)), g.Var(at[3])
			y := f(x, s)
			return numbers(autograd.Forward(y, []graph.Value{x, s}, []*tensor.Tensor{tensor.Of(dir[:3], 3), tensor.Of(dir[3:])}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			vjps, tangents = 0, 0
			got, want := of(own), of(plain)
			tolerance := rowtest.SameTo64
			if name == "float32" {
				tolerance = rowtest.SameTo32
			}
			if len(got) != len(want) {
				t.Fatalf("%d numbers, want %d", len(got), len(want))
			}
			for k := range want {
				if !rowtest.SameNumber(got[k], want[k], tolerance, 1) {
					t.Errorf("number %d is %v, want %v", k, got[k], want[k])
				}
			}
			if tangents == 0 && name != "Hessian" && name != "PerExample" { // which may do with backward sweeps
				t.Error("the Tangent was not asked")
			}
			if vjps > 0 && (strings.HasPrefix(name, "JVP") || name == "Loop" || name == "float32") {
				t.Errorf("the vjp was asked %d times by a forward sweep", vjps)
			}
		})
	}
}

// TestCheckComparesSweeps holds that a Tangent which is wrong, or a vjp that is not linear, is found where the gradient
// is right.
func TestCheckComparesSweeps(t *testing.T) {
	cube := func(c autograd.CustomConfig, vjp func(ct, x graph.Value) graph.Value) func(xs ...graph.Value) graph.Value {
		f := autograd.CustomWith(c, "cube", mapped(func(x float64) float64 { return x * x * x }), func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
			return []graph.Value{vjp(ct, xs[0])}
		})
		return func(xs ...graph.Value) graph.Value { return ops.Sum(f(xs[0])) }
	}
	right := func(t, x graph.Value) graph.Value { return ops.Chain(t, ops.MulScalar(ops.Square(x), 3)) }
	tangent := func(rule func(t, x graph.Value) graph.Value) autograd.CustomConfig {
		return autograd.CustomConfig{Tangent: func(_ graph.Value, _ int, t graph.Value, xs ...graph.Value) graph.Value { return rule(t, xs[0]) }}
	}
	point := func(n int) *tensor.Tensor {
		x := tensor.New(tensor.Float64, n)
		for k := range n {
			x.SetFlat(0.5+float64(k%7)/8, k)
		}
		return x
	}
	for _, c := range []struct {
		name string
		f    func(xs ...graph.Value) graph.Value
		n    int
		good bool
	}{
		{"both right", cube(tangent(right), right), 5, true},
		{"no Tangent", cube(autograd.CustomConfig{}, right), 5, true},
		{"both right, of many elements", cube(tangent(right), right), 1000, true},
		{"a factor", cube(tangent(func(t, x graph.Value) graph.Value { return ops.MulScalar(right(t, x), 1.001) }), right), 5, false},
		{"a factor, of many elements", cube(tangent(func(t, x graph.Value) graph.Value { return ops.MulScalar(right(t, x), 1.001) }), right), 1000, false},
		{"nothing", cube(tangent(func(t, _ graph.Value) graph.Value { return ops.MulScalar(t, 0) }), right), 5, false},
		{"a vjp that is not linear", cube(autograd.CustomConfig{}, func(ct, x graph.Value) graph.Value { return right(ops.Square(ct), x) }), 5, false},
	} {
		err := autograd.Check(c.f, point(c.n))
		var e *autograd.CheckError
		switch {
		case c.good && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.good:
		case !errors.As(err, &e) || !e.Forward || !strings.Contains(err.Error(), "an operation's Tangent, or a vjp that is not linear in its cotangent, is wrong"):
			t.Errorf("%s: got %v, want a CheckError of the forward sweep", c.name, err)
		}
	}
}

func TestCustomTangentMisuse(t *testing.T) {
	for want, rule := range map[string]func(t graph.Value) graph.Value{
		"autograd.CustomWith: the Tangent of same returned the zero graph.Value for operand 0: return what the operand contributes, zeros if the result does not depend on it": func(graph.Value) graph.Value { return graph.Value{} },
		"autograd.CustomWith: the Tangent of same returned shape (2,3) for operand 0, which does not stretch to the result's shape (3): return a tangent of the result":        func(t graph.Value) graph.Value { return ops.Broadcast(t, 2, 3) },
	} {
		f := autograd.CustomWith(autograd.CustomConfig{Tangent: func(_ graph.Value, _ int, t graph.Value, _ ...graph.Value) graph.Value { return rule(t) }},
			"same", mapped(func(x float64) float64 { return x }), func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct} })
		err := graph.Try(func() {
			autograd.JVP(func(x graph.Value) graph.Value { return f(x) }, []float64{1, 2, 3}, []float64{1, 1, 1})
		})
		if fmt.Sprint(err) != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	same := func(xs ...*tensor.Tensor) *tensor.Tensor { return xs[0] }
	rule := func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct} }
	for want, f := range map[string]func(){
		`autograd.CustomWith: no name: give one, such as "lambert_w"`: func() { autograd.CustomWith(autograd.CustomConfig{}, "", same, rule) },
		"autograd.CustomWith: operation f has no forward function: pass the one that computes its result": func() {
			autograd.CustomWith(autograd.CustomConfig{}, "f", nil, rule)
		},
		"autograd.CustomWith: operation f has no vjp function: pass the one that returns the cotangents of its operands, or record its result with Graph.ConstTensor if it has no derivative": func() {
			autograd.CustomWith(autograd.CustomConfig{}, "f", same, nil)
		},
	} {
		if got := message(f); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestCheckComparesRecorded holds that a vjp is found whose cotangents are right as numbers and wrong when they are
// recorded: it differentiates what its cotangent, or an operand, is made of as well.
func TestCheckComparesRecorded(t *testing.T) {
	cube := func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], ops.Mul(xs[0], xs[0])) }
	product := func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], ops.Square(xs[1])) }
	operation := func(f func(xs ...graph.Value) graph.Value, safe bool) func(xs ...graph.Value) graph.Value {
		forward := func(xs ...*tensor.Tensor) *tensor.Tensor {
			g := graph.New()
			values := make([]graph.Value, len(xs))
			for i, x := range xs {
				values[i] = g.ConstTensor(x)
			}
			return f(values...).Tensor()
		}
		return autograd.Custom("ours", forward, func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
			if safe {
				return autograd.Pullback(f, ct, xs...)
			}
			return autograd.Grad(ops.Sum(ops.Mul(ct, f(xs...))), xs...)
		})
	}
	for _, n := range []int{3, 400} {
		x := tensor.New(tensor.Float64, n)
		for k := range n {
			x.SetFlat(0.5+float64(k%7)/8, k)
		}
		for _, safe := range []bool{true, false} {
			ours, both := operation(cube, safe), operation(product, safe)
			for _, c := range []struct {
				name     string
				recorded bool // a sweep with numbers is right
				f        func(xs ...graph.Value) graph.Value
			}{
				{"a cotangent made of the operand", true, func(xs ...graph.Value) graph.Value { return ops.Sum(ops.Mul(ops.Sin(xs[0]), ours(xs[0]))) }},
				{"a cotangent made of the result", false, func(xs ...graph.Value) graph.Value { return ops.Sum(ops.Square(ours(xs[0]))) }},
				{"an operand made of another", false, func(xs ...graph.Value) graph.Value { return ops.Sum(both(xs[0], ops.Sin(xs[0]))) }},
			} {
				err := autograd.Check(c.f, x)
				var e *autograd.CheckError
				switch {
				case safe != (err == nil):
					t.Errorf("%s, %d elements, with Pullback %v: got error %v", c.name, n, safe, err)
				case !safe && c.recorded && (!errors.As(err, &e) || !e.Recorded || !strings.Contains(err.Error(), "see autograd.Pullback")):
					t.Errorf("%s, %d elements: got %v, want a CheckError of the recorded gradient", c.name, n, err)
				}
			}
		}
	}
}
