package autograd_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestCheckpointForgets holds that what a checkpoint computes for one sweep does not serve another.
func TestCheckpointForgets(t *testing.T) {
	setup := func() (a, b, c graph.Value) {
		g := graph.New()
		a, b = g.VarTensor(vector(2)), g.VarTensor(vector(3))
		return a, b, autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], xs[1]) }, a, b)
	}
	t.Run("Contribution", func(t *testing.T) {
		a, b, c := setup()
		one, ten := autograd.Backward(ops.Sum(c)), autograd.Backward(ops.Sum(ops.MulScalar(c, 10)))
		got := []float64{one.Contribution(c, 1).At(0), ten.Contribution(c, 0).At(0), one.Contribution(c, 0).At(0), ten.Contribution(c, 1).At(0)}
		if diff := cmp.Diff([]float64{2, 30, 3, 20}, got); diff != "" {
			t.Errorf("contributions: mismatch (-want +got):\n%s", diff)
		}
		one.Contribution(c, 1)
		again := autograd.Backward(ops.Sum(ops.MulScalar(c, 100)))
		if diff := cmp.Diff([]float64{300, 200}, []float64{again.Tensor(a).At(0), again.Tensor(b).At(0)}); diff != "" {
			t.Errorf("a sweep after them: mismatch (-want +got):\n%s", diff)
		}
	})
	t.Run("Grad in Scratch", func(t *testing.T) {
		a, b, c := setup()
		l := ops.Sum(c)
		for i, x := range []graph.Value{a, b, a} {
			c.Graph().Scratch(func() {
				// The cotangent of c has the same number each time.
				if got, want := autograd.Grad(l, x)[0].Tensor().At(0), []float64{3, 2, 3}[i]; got != want {
					t.Errorf("turn %d: got %v, want %v", i, got, want)
				}
			})
		}
	})
}

// TestCheckpointOfAnotherValue holds that a function that does not return the same value again is reported: its gradient
// would be that of another function.
func TestCheckpointOfAnotherValue(t *testing.T) {
	tests := []struct {
		name   string
		second func(x graph.Value) graph.Value // what f returns from the second time on, x² the first time
		want   string
	}{
		{"same", ops.Square, ""},
		{"rounded otherwise", func(x graph.Value) graph.Value { return ops.MulScalar(ops.Square(x), 1+1e-15) }, ""},
		{"another mask", func(x graph.Value) graph.Value {
			return ops.Mul(ops.Square(x), x.Graph().ConstTensor(vector(1, 0, 1)))
		}, "autograd.Checkpoint: computed anew, the function returned (3) [1 0 NaN], was (3) [1 4 NaN]: it must not draw random numbers, as dropout does, nor use a leaf that has changed"},
		{"another shape", func(x graph.Value) graph.Value { return ops.Reshape(ops.Square(x), 3, 1) },
			"autograd.Checkpoint: computed anew, the function returned (3,1) [[1] [4] [NaN]], was (3) [1 4 NaN]: it must not draw random numbers, as dropout does, nor use a leaf that has changed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := graph.New()
			x := g.VarTensor(vector(1, 2, math.NaN()))
			calls := 0
			y := ops.Sum(autograd.Checkpoint(func(xs ...graph.Value) graph.Value {
				if calls++; calls == 1 {
					return ops.Square(xs[0])
				}
				return test.second(xs[0])
			}, x))
			for name, sweep := range map[string]func(){"Backward": func() { autograd.Backward(y) }, "Grad": func() { autograd.Grad(y, x) }} {
				got := ""
				if err := graph.Try(sweep); err != nil {
					got = err.Error()
				}
				if got != test.want {
					t.Errorf("%s: got error %q, want %q", name, got, test.want)
				}
			}
		})
	}
}

// A saver calls a function of operands, with a checkpoint or without.
type saver func(f func(xs ...graph.Value) graph.Value, xs ...graph.Value) graph.Value

// TestCheckpointIsTransparent holds that a checkpoint changes no derivative, of any order and by any way to it: in what
// way soever its operands, the values that it captures and its insides depend on each other.
func TestCheckpointIsTransparent(t *testing.T) {
	product := func(xs ...graph.Value) graph.Value {
		y := xs[0]
		for _, x := range xs[1:] {
			y = ops.Mul(y, x)
		}
		return y
	}
	bound := vector(0.5, -1.5)
	tests := []struct {
		name string
		f    func(save saver, x graph.Value) graph.Value
	}{
		{"one operand", func(save saver, x graph.Value) graph.Value {
			return save(func(xs ...graph.Value) graph.Value { return ops.Sin(xs[0]) }, x)
		}},
		{"the second depends on the first", func(save saver, x graph.Value) graph.Value { return save(product, x, ops.Square(x)) }},
		{"the first depends on the second", func(save saver, x graph.Value) graph.Value { return save(product, ops.Square(x), x) }},
		{"a chain of operands", func(save saver, x graph.Value) graph.Value {
			a := ops.Sin(x)
			b := ops.Mul(a, x)
			return save(product, b, a, x)
		}},
		{"both depend on a value that is no operand", func(save saver, x graph.Value) graph.Value {
			h := ops.Exp(x)
			return save(product, ops.Square(h), ops.Sin(h))
		}},
		{"one operand twice", func(save saver, x graph.Value) graph.Value { return save(product, x, x, ops.Sin(x)) }},
		{"one operand twice, far apart", func(save saver, x graph.Value) graph.Value { return save(product, x, ops.Sin(x), x) }},
		{"the result is an operand", func(save saver, x graph.Value) graph.Value {
			a := ops.Square(x)
			return save(func(xs ...graph.Value) graph.Value { return xs[1] }, x, a)
		}},
		{"the result is captured", func(save saver, x graph.Value) graph.Value {
			a := ops.Square(x)
			return save(func(...graph.Value) graph.Value { return a }, x)
		}},
		{"a captured value depends on the operand", func(save saver, x graph.Value) graph.Value {
			a := ops.Square(x)
			return save(func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], ops.Sin(a)) }, x)
		}},
		{"the operand depends on a captured value", func(save saver, x graph.Value) graph.Value {
			a := ops.Square(x)
			return save(func(xs ...graph.Value) graph.Value { return product(xs[0], a, x) }, ops.Sin(a))
		}},
		{"a bound tensor beside operands that depend on each other", func(save saver, x graph.Value) graph.Value {
			return save(func(xs ...graph.Value) graph.Value { return product(xs[0], xs[1], ops.Sin(x.Graph().Bind(bound))) }, x, ops.Square(x))
		}},
		{"an operand bound before", func(save saver, x graph.Value) graph.Value {
			p := ops.Mul(x, x.Graph().Bind(bound))
			return save(func(xs ...graph.Value) graph.Value { return product(xs[0], x.Graph().Bind(bound)) }, p)
		}},
		{"a constant operand", func(save saver, x graph.Value) graph.Value {
			return save(product, x.Graph().ConstTensor(vector(3, 4)), x, ops.Square(x))
		}},
		{"one in another", func(save saver, x graph.Value) graph.Value {
			return save(func(xs ...graph.Value) graph.Value {
				a := ops.Sin(xs[0])
				return ops.Mul(save(product, a, ops.Square(a), xs[1]), xs[0])
			}, x, ops.Square(x))
		}},
		{"one in another, which captures", func(save saver, x graph.Value) graph.Value {
			h := ops.Exp(x)
			return save(func(xs ...graph.Value) graph.Value {
				return save(func(ys ...graph.Value) graph.Value { return product(ys[0], h, xs[1]) }, ops.Sin(xs[0]))
			}, x, ops.Square(h))
		}},
		{"one after another", func(save saver, x graph.Value) graph.Value {
			a := save(product, x, ops.Square(x))
			return save(product, a, x, ops.Sin(a))
		}},
	}
	plain := func(f func(xs ...graph.Value) graph.Value, xs ...graph.Value) graph.Value { return f(xs...) }
	at, dir := []float64{2, -0.7}, []float64{0.3, 1.1}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			derivatives := func(save saver) map[string][]float64 {
				f := func(x graph.Value) graph.Value { return ops.Sum(ops.Sin(test.f(save, x))) }
				m := make(map[string][]float64)
				_, m["Backward"] = autograd.ValueAndGrad(f, at)
				_, dy := autograd.JVP(f, at, dir)
				m["JVP"] = dy.Float64s()
				m["Hessian"] = autograd.Hessian(f, at).Float64s()
				m["HVP"] = autograd.HVP(f, at, dir)
				g := graph.New()
				x := g.VarTensor(vector(at...))
				y := f(x)
				for _, order := range []string{"Grad", "Grad of Grad", "Grad of Grad of Grad"} {
					d := autograd.Grad(y, x)[0]
					m[order] = d.Tensor().Float64s()
					y = ops.Sum(ops.Mul(d, g.ConstTensor(vector(dir...))))
					m["Backward of "+order] = autograd.Backward(y).Tensor(x).Float64s()
				}
				return m
			}
			if diff := cmp.Diff(derivatives(plain), derivatives(autograd.Checkpoint), cmpopts.EquateApprox(1e-12, 1e-13)); diff != "" {
				t.Errorf("with a checkpoint: mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
