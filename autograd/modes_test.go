package autograd_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// A mapping is a function from vectors of n numbers to those of some other length.
type mapping struct {
	name  string
	f     func(x graph.Value) graph.Value
	rough bool // it has kinks, some of them at the point: differences know nothing of what is promised there
}

// mappings are functions of every kind that matters to how a Jacobian is found: empty, constant, linear, not smooth,
// banded, dense, with an arrow-head for a Hessian, of scalars, of tensors, and through operations without a rule for
// tangents.
func mappings() []mapping {
	part := func(x graph.Value, from, to int) graph.Value {
		n := x.Len()
		return ops.Slice(x, 0, min(from, n), max(min(from, n), n+to))
	}
	return []mapping{
		{"nothing", func(x graph.Value) graph.Value { return ops.Slice(x, 0, 0, 0) }, false},
		{"constant", func(x graph.Value) graph.Value { return x.Graph().ConstTensor(vector(1, 2, 3)) }, false},
		{"constant scalar", func(x graph.Value) graph.Value { return x.Graph().Const(3) }, false},
		{"identity", func(x graph.Value) graph.Value { return x }, false},
		{"linear", func(x graph.Value) graph.Value { return ops.CumSum(ops.MulScalar(x, 3), 0) }, false},
		{"stopped", func(x graph.Value) graph.Value { return ops.Mul(x, ops.StopGradient(x)) }, true},
		{"kinks", func(x graph.Value) graph.Value { return ops.Concat(0, ops.ReLU(x), ops.Abs(ops.AddScalar(x, 0.5))) }, true},
		{"rounded", func(x graph.Value) graph.Value { return ops.Mul(ops.Floor(x), x) }, true},
		{"elementwise", func(x graph.Value) graph.Value { return ops.Mul(ops.Exp(x), ops.Sin(x)) }, false},
		{"neighbours", func(x graph.Value) graph.Value { return ops.Mul(part(x, 1, 0), ops.Sin(part(x, 0, -1))) }, false},
		{"every second", func(x graph.Value) graph.Value { return ops.Tanh(ops.Mul(part(x, 2, 0), part(x, 0, -2))) }, false},
		{"moved", func(x graph.Value) graph.Value {
			return ops.Add(ops.Flip(ops.Square(x), 0), ops.Roll(ops.Exp(x), 0, 2))
		}, false},
		{"taken", func(x graph.Value) graph.Value {
			index := make([]float64, x.Len())
			for i := range index {
				index[i] = float64((i + 3) / 2 % x.Len())
			}
			return ops.Mul(ops.TakeAlong(ops.Square(x), x.Graph().ConstTensor(vector(index...)), 0), ops.GatherAt(x, x.Graph().ConstTensor(vector(index...)), 0))
		}, false},
		{"triangles", func(x graph.Value) graph.Value {
			return ops.Mul(ops.Triu(ops.Reshape(ops.Square(x), 1, x.Len()), 1), ops.Tril(ops.Reshape(x, 1, x.Len()), x.Len()))
		}, false},
		{"repeated", func(x graph.Value) graph.Value { return ops.Sin(ops.Repeat(ops.Square(x), 0, 3)) }, false},
		{"joined", func(x graph.Value) graph.Value { return ops.Square(ops.Stack(1, x, ops.Exp(x))) }, false},
		{"bands and a full row", func(x graph.Value) graph.Value {
			return ops.Concat(0, ops.Square(x), ops.Reshape(ops.Norm(ops.AddScalar(x, 3)), 1))
		}, false},
		{"dense", func(x graph.Value) graph.Value { return ops.Mul(ops.Softmax(x, 0), ops.Sum(ops.Square(x))) }, false},
		{"products", func(x graph.Value) graph.Value { return ops.MatMul(ops.Outer(x, ops.Sin(x)), ops.Exp(x)) }, false},
		{"a product of the first", func(x graph.Value) graph.Value {
			return ops.CumProd(ops.AddScalar(ops.MulScalar(x, 0.1), 1), 0)
		}, false},
		{"matrices", func(x graph.Value) graph.Value {
			return ops.Sum(ops.MatMul(ops.Outer(x, ops.Sin(x)), ops.Outer(ops.Exp(x), x)), 0)
		}, false},
		{"batches", func(x graph.Value) graph.Value {
			a, b := ops.Outer(x, ops.Sin(x)), ops.Outer(ops.Exp(x), x)
			two := ops.Stack(0, a, b)
			return ops.Sum(ops.Add(ops.MatMul(two, b), ops.Add(ops.MatMul(a, two), ops.MatMul(two, two))), 0, 1)
		}, false},
		{"layers", func(x graph.Value) graph.Value {
			a, b := ops.Outer(x, ops.Sin(x)), ops.Outer(ops.Exp(x), x)
			return ops.Sum(ops.Add(ops.Linear(a, b, x), ops.Linear(ops.Stack(0, a, b), a, x)), 0, 1)
		}, false},
		{"a checkpoint", func(x graph.Value) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], ops.Sin(xs[0])) }, x)
		}, false},
		{"a gradient", func(x graph.Value) graph.Value {
			return autograd.Grad(ops.Sum(ops.Mul(ops.Square(x), ops.Sum(x))), x)[0]
		}, false},
		{"scalars", func(x graph.Value) graph.Value {
			n := x.Len()
			if n < 2 {
				return ops.Sum(ops.Square(x))
			}
			list := make([]graph.Value, n-1)
			for i := range list {
				list[i] = ops.Mul(ops.Index(x, i), ops.Exp(ops.Index(x, i+1)))
			}
			return ops.Stack(0, list...)
		}, false},
		{"an arrow", func(x graph.Value) graph.Value {
			if x.Len() == 0 {
				return ops.Sum(x)
			}
			return ops.Sum(ops.Mul(ops.Square(x), ops.Slice(x, 0, 0, 1)))
		}, false},
		{"rosenbrock", func(x graph.Value) graph.Value {
			if x.Len() < 2 {
				return ops.Sum(ops.Square(ops.Square(x)))
			}
			return rosenbrock(x)
		}, false},
		{"mean of squares", func(x graph.Value) graph.Value { return ops.MulScalar(ops.Sum(ops.Square(ops.Square(x))), 0.25) }, false},
	}
}

// called are mappings through functions that sweeps call again.
func called() []mapping {
	return []mapping{
		{"by the VJP", func(x graph.Value) graph.Value {
			return autograd.Custom("shifted_square", mapped(func(x float64) float64 { return (x + 1) * (x + 1) }), func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
				return []graph.Value{ops.Mul(ct, ops.MulScalar(ops.AddScalar(xs[0], 1), 2))}
			})(x)
		}, false},
		{"a loop", func(x graph.Value) graph.Value {
			return autograd.Loop(5, func(i int, s graph.Value) graph.Value {
				return ops.Add(ops.Sin(s), ops.MulScalar(ops.Mul(s, ops.CumSum(x, 0)), 0.1*float64(i)))
			}, x)
		}, false},
		{"a fixed point", func(x graph.Value) graph.Value {
			return autograd.FixedPoint(func(y graph.Value, ps ...graph.Value) graph.Value {
				return ops.Add(ops.MulScalar(ops.Sin(ops.CumSum(y, 0)), 0.02), ps[0])
			}, x, x)
		}, false},
		{"a root", func(x graph.Value) graph.Value {
			return autograd.Root(func(y graph.Value, ps ...graph.Value) graph.Value {
				return ops.Sub(ops.Add(ops.Sin(y), ops.MulScalar(ops.CumSum(y, 0), 3)), ps[0])
			}, x, x)
		}, false},
	}
}

// point returns n numbers, 0 and a kink of mappings among them.
func point(n int) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = []float64{0.3, -0.5, 0, 0.7, -1.2, 1}[i%6]
	}
	return at
}

// TestModesAgree holds every way to a derivative against the others, and against differences: Jacobian, JVP, JVPs and VJP,
// for few and for many variables.
func TestModesAgree(t *testing.T) {
	sizes := []int{0, 1, 2, 5, 20}
	if testing.Short() {
		sizes = sizes[:4]
	}
	for _, n := range sizes {
		for _, m := range append(mappings(), called()...) {
			t.Run(fmt.Sprintf("%s/%d", m.name, n), func(t *testing.T) {
				at := point(n)
				var value []float64
				if err := graph.Try(func() { y, _ := autograd.JVPs(m.f, at); value = y.Float64s() }); err != nil {
					t.Fatal(err)
				}
				rows := len(value)
				J := autograd.Jacobian(m.f, at)
				if s := J.Shape(); s[0] != rows || s[1] != n {
					t.Fatalf("the Jacobian has shape %v, want (%d,%d)", s, rows, n)
				}
				compare := func(what string, i, j int, got, tolerance float64) {
					t.Helper()
					if want := J.At(i, j); !rowtest.SameNumber(got, want, tolerance, 1) {
						t.Fatalf("∂f[%d]/∂x[%d] is %v by %s, %v by Jacobian", i, j, got, what, want)
					}
				}
				dirs := make([][]float64, n)
				for j := range dirs {
					dirs[j] = make([]float64, n)
					dirs[j][j] = 1
				}
				_, dys := autograd.JVPs(m.f, at, dirs...)
				for j, dir := range dirs {
					_, dy := autograd.JVP(m.f, at, dir)
					for i := range rows {
						compare("JVP", i, j, dy.AtFlat(i), 1e-13)
						compare("JVPs", i, j, dys[j].AtFlat(i), 1e-13)
						if !m.rough {
							compare("differences", i, j, quotient(m.f, at, dir, i), 1e-7)
						}
					}
				}
				for i := range rows {
					ct := make([]float64, rows)
					ct[i] = 1
					_, dv := autograd.VJP(m.f, at, ct)
					for j, d := range dv {
						compare("VJP", i, j, d, 1e-13)
					}
				}
			})
		}
	}
}

// quotient returns the central difference quotient of element i in a direction.
func quotient(f func(x graph.Value) graph.Value, at, dir []float64, i int) float64 {
	const h = 1e-4
	g := graph.New()
	value := func(steps float64) float64 {
		g.Reset()
		x := make([]float64, len(at))
		for j := range x {
			x[j] = at[j] + steps*h*dir[j]
		}
		return f(g.VarTensor(tensor.Of(x, len(x)))).Tensor().AtFlat(i)
	}
	return (8*(value(1)-value(-1)) - (value(2) - value(-2))) / (12 * h)
}

// TestSecondModesAgree holds Hessian, HVP, the Jacobian of the gradient and two backward sweeps against each other for
// the sums of mappings, and that Hessians are symmetric to rounding.
func TestSecondModesAgree(t *testing.T) {
	for _, n := range []int{0, 1, 3, 20} {
		for _, m := range append(mappings(), called()...) {
			t.Run(fmt.Sprintf("%s/%d", m.name, n), func(t *testing.T) {
				at := point(n)
				f := func(x graph.Value) graph.Value { return ops.Sum(ops.Square(ops.AddScalar(m.f(x), 1))) }
				H := autograd.Hessian(f, at)
				G := autograd.Jacobian(func(x graph.Value) graph.Value {
					y := f(x)
					if !y.WantsGrad() {
						return ops.MulScalar(x, 0)
					}
					return autograd.Grad(y, x)[0]
				}, at)
				largest := 1.0
				for i := range H.Len() {
					largest = math.Max(largest, math.Abs(H.AtFlat(i)))
				}
				near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-13*largest }
				dir := make([]float64, n)
				want, by := make([]float64, n), twoBackward(f, at)
				for i := range n {
					dir[i] = math.Cos(float64(i))
				}
				for i := range n {
					for j := range n {
						want[i] += H.At(i, j) * dir[j]
						if a, b, c := H.At(i, j), H.At(j, i), G.At(i, j); m.name != "stopped" && !near(a, b) || !near(a, c) || !near(a, by[i][j]) {
							t.Fatalf("element (%d,%d) is %v, (%d,%d) %v; it is %v by the Jacobian of the gradient, %v by two backward sweeps", i, j, a, j, i, b, c, by[i][j])
						}
					}
				}
				for i, got := range autograd.HVP(f, at, dir) {
					if !(math.Abs(got-want[i]) <= 1e-12*largest) {
						t.Errorf("element %d of a product is %v by HVP, %v by Hessian", i, got, want[i])
					}
				}
			})
		}
	}
}

// twoBackward returns the derivatives of the gradient by a backward sweep for each of its elements.
func twoBackward(f func(x graph.Value) graph.Value, at []float64) [][]float64 {
	g := graph.New()
	x := g.VarTensor(tensor.Of(at, len(at)))
	d := autograd.Grad(f(x), x)[0]
	rows := make([][]float64, len(at))
	for i := range rows {
		seed := tensor.New(tensor.Float64, len(at))
		seed.SetFlat(1, i)
		rows[i] = autograd.Backward(d, autograd.WithSeed(seed)).Tensor(x).Float64s()
	}
	return rows
}
