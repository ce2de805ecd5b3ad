package autograd_test

import (
	"errors"
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

// approx is for results that another order of the same operations may round differently.
var approx = cmpopts.EquateApprox(1e-12, 1e-15)

func vector(v ...float64) *tensor.Tensor { return tensor.Of(v, len(v)) }

func TestClosedForms(t *testing.T) {
	tests := []struct {
		name string
		f    func(x graph.Value) graph.Value
		at   float64
		want []float64 // f, f', f”, f”'
	}{
		{"x⁴", func(x graph.Value) graph.Value { return ops.PowScalar(x, 4) }, 3, []float64{81, 108, 108, 72}},
		{"x·x·x", func(x graph.Value) graph.Value { return ops.Mul(ops.Mul(x, x), x) }, 2, []float64{8, 12, 12, 6}},
		{"sin²x at 0", func(x graph.Value) graph.Value { return ops.Square(ops.Sin(x)) }, 0, []float64{0, 0, 2, 0}},
		{"sin x · sin x at 0", func(x graph.Value) graph.Value { return ops.Mul(ops.Sin(x), ops.Sin(x)) }, 0, []float64{0, 0, 2, 0}},
		{"1/x", ops.Reciprocal, 2, []float64{0.5, -0.25, 0.25, -0.375}},
		{"e²ˣ", func(x graph.Value) graph.Value { return ops.Exp(ops.MulScalar(x, 2)) }, 0, []float64{1, 2, 4, 8}},
		{"b = a+a, c = b+b", func(a graph.Value) graph.Value { b := ops.Add(a, a); return ops.Add(b, b) }, 5, []float64{20, 4, 0, 0}},
		{"where(x>0, √x, x) at -1", func(x graph.Value) graph.Value {
			return ops.Where(ops.Gt(x, x.Graph().Const(0)), ops.Sqrt(x), x)
		}, -1, []float64{-1, 1, 0, 0, 0, 0}},
		{"where(x>0, ln x, x) at 0", func(x graph.Value) graph.Value {
			return ops.Where(ops.Gt(x, x.Graph().Const(0)), ops.Log(x), x)
		}, 0, []float64{0, 1, 0, 0, 0, 0}},
		{"stop_gradient(x)·x", func(x graph.Value) graph.Value { return ops.Mul(ops.StopGradient(x), x) }, 3, []float64{9, 3, 0, 0}},
		{"constant", func(x graph.Value) graph.Value { return x.Graph().Const(7) }, 3, []float64{7, 0, 0, 0}},
	}
	for _, tt := range tests {
		for _, shape := range [][]int{{}, {1}, {2, 1}} {
			t.Run(tt.name+tensor.FormatShape(shape), func(t *testing.T) {
				g := graph.New()
				n := 1
				for _, d := range shape {
					n *= d
				}
				x := g.VarTensor(tensor.New(tensor.Float64, shape...))
				start := tensor.New(tensor.Float64, shape...)
				start.Fill(tt.at)
				x.SetTensor(start)
				y := ops.Sum(tt.f(x))
				if len(tt.f(x).Dims()) == 0 { // the constant, or a scalar x
					n = 1
				}
				numeric := autograd.Backward(y).Tensor(x)
				got := []float64{y.Item() / float64(n)}
				for order := 1; order < len(tt.want); order++ {
					d := autograd.Grad(y, x)[0]
					if order == 1 && d.Tensor().AtFlat(0) != numeric.AtFlat(0) {
						t.Errorf("Backward gives %v, Grad %v", numeric.AtFlat(0), d.Tensor().AtFlat(0))
					}
					got = append(got, d.Tensor().AtFlat(0))
					y = ops.Sum(d)
				}
				if diff := cmp.Diff(tt.want, got, approx); diff != "" {
					t.Errorf("f, f', f'', f''': mismatch (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestBackwardTwice(t *testing.T) {
	g := graph.New()
	x := g.Var(3)
	w := g.VarTensor(vector(1, 2))
	y := ops.Sum(ops.Mul(ops.Square(w), ops.Square(x)))
	n := g.Len()
	a, b := autograd.Backward(y), autograd.Backward(y)
	if a.Scalar(x) != 30 || b.Scalar(x) != 30 {
		t.Errorf("∂y/∂x: first sweep %v, second %v, want 30 twice", a.Scalar(x), b.Scalar(x))
	}
	if diff := cmp.Diff(a.Tensor(w).Float64s(), b.Tensor(w).Float64s()); diff != "" {
		t.Errorf("∂y/∂w differs between sweeps:\n%s", diff)
	}
	if g.Len() != n {
		t.Errorf("Backward changed the tape: %d nodes, was %d", g.Len(), n)
	}
}

func TestGradientsOf(t *testing.T) {
	g := graph.New()
	x, k, unused := g.Var(2), g.Const(5), g.Var(1)
	y := ops.Mul(x, k)
	later := ops.Square(y)
	grads := autograd.Backward(y)
	for _, tt := range []struct {
		name string
		v    graph.Value
		want float64
	}{{"x", x, 5}, {"a constant", k, 0}, {"an unused leaf", unused, 0}, {"the loss", y, 1}, {"a value after the loss", later, 0}} {
		if got := grads.Scalar(tt.v); got != tt.want {
			t.Errorf("∂y/∂(%s) = %v, want %v", tt.name, got, tt.want)
		}
	}
	dst := make([]float64, 2)
	if got := grads.Scalars(dst, []graph.Value{x, unused}); got[0] != 5 || got[1] != 0 || &got[0] != &dst[0] {
		t.Errorf("Scalars: got %v", got)
	}
	if autograd.Backward(k).Scalar(x) != 0 {
		t.Error("a constant loss must give zeros")
	}
}

func TestSeed(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector(1, 2, 3))
	y := ops.Square(x)
	grads := autograd.Backward(y, autograd.WithSeed(vector(1, 0, 10)))
	if diff := cmp.Diff([]float64{2, 0, 60}, grads.Tensor(x).Float64s()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if got := autograd.Backward(y, autograd.WithSeed(tensor.Of([]float32{1, 0, 0.5}, 3))).Tensor(x).At(2); got != 3 {
		t.Errorf("seed of another precision: got %v, want 3", got)
	}
	s := ops.Sum(x)
	if got := autograd.Backward(s, autograd.WithSeed(tensor.Of([]float64{4}))).Tensor(x).At(1); got != 4 {
		t.Errorf("seed 4 of a scalar: got %v, want 4", got)
	}
}

func TestLeavesOnly(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector(1, 2, 3))
	h := ops.Square(x)
	y := ops.Sum(ops.Exp(h))
	all, leaves := autograd.Backward(y), autograd.Backward(y, autograd.LeavesOnly())
	if diff := cmp.Diff(all.Tensor(x).Float64s(), leaves.Tensor(x).Float64s()); diff != "" {
		t.Errorf("leaf: mismatch (-all +leaves only):\n%s", diff)
	}
	if all.View(h) == nil || leaves.View(h) != nil {
		t.Error("LeavesOnly must drop the adjoint of an inner value, and only then")
	}
	for _, v := range []graph.Value{x, h, y} {
		if want := v != h; leaves.Kept(v) != want || !all.Kept(v) {
			t.Errorf("Kept(%v): got %v with LeavesOnly and %v without, want %v and true", v, leaves.Kept(v), all.Kept(v), want)
		}
	}
}

// TestLeavesOnlyInPlace compares sweeps that keep the adjoints of inner values with those that do not, and so let them
// become those of operands where they stand: with operands that other operations use too, before or after, and under a
// seed, which must stay as it is.
func TestLeavesOnlyInPlace(t *testing.T) {
	for name, f := range map[string]func(x graph.Value) graph.Value{
		"chain":        func(x graph.Value) graph.Value { return ops.Tanh(ops.ReLU(ops.Exp(ops.Softplus(ops.Sigmoid(x))))) },
		"by slopes":    func(x graph.Value) graph.Value { return ops.GELU(ops.SiLU(ops.LeakyReLU(ops.Abs(x), 0.1))) },
		"leaf":         ops.ReLU,
		"twice":        func(x graph.Value) graph.Value { return ops.Add(ops.Exp(x), ops.Tanh(x)) },
		"used before":  func(x graph.Value) graph.Value { h := ops.Square(x); s := ops.Sin(h); return ops.Mul(ops.ReLU(h), s) },
		"used after":   func(x graph.Value) graph.Value { h := ops.Square(x); r := ops.ReLU(h); return ops.Mul(r, ops.Sin(h)) },
		"result again": func(x graph.Value) graph.Value { r := ops.ReLU(ops.Square(x)); return ops.Mul(ops.Exp(r), r) },
		"constant":     func(x graph.Value) graph.Value { return ops.Mul(ops.Exp(ops.StopGradient(x)), x) },
	} {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			g := graph.New(graph.WithDType(dtype))
			x := g.VarTensor(vector(1, -2, 0.5))
			y := f(x)
			seed := vector(3, 0, -1).To(dtype)
			sweep := func(seeded bool, options ...autograd.Option) []float64 {
				if seeded {
					return autograd.Backward(y, append(options, autograd.WithSeed(seed))...).Tensor(x).Float64s()
				}
				return autograd.Backward(ops.Sum(ops.Square(y)), options...).Tensor(x).Float64s()
			}
			for _, seeded := range []bool{false, true} {
				if diff := cmp.Diff(sweep(seeded), sweep(seeded, autograd.LeavesOnly())); diff != "" {
					t.Errorf("%s, %v, from a seed %v: mismatch (-all +leaves only):\n%s", name, dtype, seeded, diff)
				}
			}
			if diff := cmp.Diff(vector(3, 0, -1).Float64s(), seed.Float64s()); diff != "" {
				t.Errorf("%s, %v: the seed has changed:\n%s", name, dtype, diff)
			}
		}
	}
}

func TestMessages(t *testing.T) {
	g := graph.New()
	x := g.Var(2).Named("x")
	w := g.VarTensor(tensor.New(tensor.Float64, 32, 10))
	y := ops.Square(x)
	stale := autograd.Backward(y)
	m := g.Mark()
	old := ops.Exp(x)
	oldGrads := autograd.Backward(old)
	g.Rewind(m)
	other := graph.New().Var(1)
	tests := []struct {
		name string
		kind graph.Kind
		f    func()
		want string
	}{
		{"not a scalar", graph.ErrShape, func() { autograd.Backward(w) },
			"autograd.Backward: the loss has shape (32,10), not a scalar: reduce it with ops.Sum or ops.Mean, or give a cotangent with autograd.WithSeed"},
		{"stale loss", graph.ErrStale, func() { autograd.Backward(old) },
			"autograd.Backward: value %4 was taken from the tape by Rewind: record it again, or set the mark after it"},
		{"zero loss", graph.ErrUsage, func() { autograd.Backward(graph.Value{}) },
			"autograd.Backward: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"seed of another shape", graph.ErrShape, func() { autograd.Backward(w, autograd.WithSeed(vector(1, 2))) },
			"autograd.Backward: the loss has shape (32,10), the seed has (2): give a cotangent of the loss's shape"},
		{"Grad, not a scalar", graph.ErrShape, func() { autograd.Grad(w, x) },
			"autograd.Grad: the value to differentiate has shape (32,10), not a scalar: reduce it with ops.Sum or ops.Mean"},
		{"Grad by another graph's value", graph.ErrForeign, func() { autograd.Grad(y, other) },
			"autograd.Grad: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"scalar of a tensor", graph.ErrShape, func() { stale.Scalar(w) },
			"autograd.Gradients.Scalar: value %2 has shape (32,10), not a scalar: use Gradients.Tensor"},
		{"gradients after Rewind", graph.ErrStale, func() { oldGrads.Scalar(x) },
			"autograd.Gradients.Scalar: these gradients are from before the graph's Reset or Rewind, or their Release: read them first, or copy them out with Gradients.Tensor"},
		{"gradients by another graph's value", graph.ErrForeign, func() { stale.Tensor(other) },
			"autograd.Gradients.Tensor: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"zero gradients", graph.ErrUsage, func() { autograd.Gradients{}.Scalar(x) },
			"autograd.Gradients.Scalar: got the zero Gradients: get one from autograd.Backward"},
		{"dst too short", graph.ErrShape, func() { stale.Scalars(make([]float64, 1), []graph.Value{x, y}) },
			"autograd.Gradients.Scalars: dst has 1 elements for 2 values: give one for each, or nil"},
		{"direction too short", graph.ErrShape, func() { autograd.HVP(ops.Sin, []float64{1, 2}, []float64{1}) },
			"autograd.HVP: a direction of 1 numbers at a point of 2: give one for each"},
		{"checkpoint of nothing", graph.ErrUsage, func() { autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return xs[0] }) },
			"autograd.Checkpoint: no operands: pass the values that f takes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := graph.Try(tt.f)
			if err == nil {
				t.Fatal("no error")
			}
			if !errors.Is(err, tt.kind) {
				t.Errorf("kind %v, want %v", errors.Unwrap(err), tt.kind)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
	if got := stale.Scalar(x); got != 4 {
		t.Errorf("gradients from before the mark must outlive the Rewind: got %v, want 4", got)
	}
}

func TestChangedLeaf(t *testing.T) {
	const want = `autograd.Backward: leaf "x" (%1) was changed after %2 = square had used it: the gradient would mix old and new numbers; call Backward before the change, or Rewind and record again`
	refused := func(t *testing.T, y graph.Value) {
		t.Helper()
		err := graph.Try(func() { autograd.Backward(y) })
		if !errors.Is(err, graph.ErrChanged) || err.Error() != want {
			t.Errorf("got error %v, want %s", err, want)
		}
		if err := graph.Try(func() { autograd.Grad(y, y.Graph().Value(1)) }); !errors.Is(err, graph.ErrChanged) {
			t.Errorf("Grad: got error %v, want one of kind %v", err, graph.ErrChanged)
		}
	}
	t.Run("Set", func(t *testing.T) {
		g := graph.New()
		x := g.Var(2).Named("x")
		m := g.Mark()
		y := ops.Square(x)
		x.Set(3)
		refused(t, y)
		g.Rewind(m)
		if got := autograd.Backward(ops.Square(x)).Scalar(x); got != 6 {
			t.Errorf("after Rewind: got %v, want 6", got)
		}
	})
	t.Run("Set, used anew", func(t *testing.T) {
		g := graph.New()
		x, z := g.Var(2).Named("x"), g.Var(1)
		ops.Square(x) // not part of the loss
		x.Set(3)
		if got := autograd.Backward(ops.Mul(x, z)).Scalar(z); got != 3 {
			t.Errorf("a use after the change is right: got %v, want 3", got)
		}
	})
	t.Run("SetTensor", func(t *testing.T) {
		g := graph.New()
		x := g.VarTensor(vector(1, 2)).Named("x")
		y := ops.Square(x)
		x.SetTensor(vector(3, 4))
		refused(t, ops.Sum(y))
	})
	t.Run("bound tensor", func(t *testing.T) {
		g := graph.New()
		p := vector(1, 2)
		x := g.Bind(p).Named("x")
		y := ops.Square(x)
		p.SetAt(5, 0)
		refused(t, ops.Sum(y))
		if got := autograd.Backward(ops.Sum(ops.Square(g.Bind(p)))).Tensor(x).At(0); got != 10 {
			t.Errorf("recorded after the change: got %v, want 10", got)
		}
	})
	t.Run("bound scalar", func(t *testing.T) {
		g := graph.New()
		p := tensor.Of([]float64{2})
		x := g.Bind(p).Named("x")
		y := ops.Square(x)
		x.Set(3)
		if p.At() != 3 {
			t.Errorf("Set of a bound leaf must reach the tensor: it holds %v", p.At())
		}
		refused(t, y)
	})
	t.Run("constant views", func(t *testing.T) {
		for name, view := range map[string]func(x graph.Value) graph.Value{
			"reshape":       func(x graph.Value) graph.Value { return ops.Reshape(x, 2, 1) },
			"slice":         func(x graph.Value) graph.Value { return ops.Slice(x, 0, 0, 1) },
			"stop_gradient": ops.StopGradient,
			"views of it":   func(x graph.Value) graph.Value { return ops.Reshape(ops.Slice(ops.StopGradient(x), 0, 1, 2), 1, 1) },
		} {
			g := graph.New()
			x, w := g.BindConst(vector(1, 2)).Named("x"), g.Var(3)
			y := ops.Sum(ops.Mul(w, view(x)))
			x.SetTensor(vector(5, 6))
			err := graph.Try(func() { autograd.Backward(y) })
			if !errors.Is(err, graph.ErrChanged) || !strings.HasPrefix(err.Error(), `autograd.Backward: leaf "x" (%1) was changed after`) {
				t.Errorf("%s: got error %v, want one that names leaf x", name, err)
			}
			if err := graph.Try(func() { autograd.Grad(y, w) }); !errors.Is(err, graph.ErrChanged) {
				t.Errorf("%s: Grad: got error %v, want one of kind %v", name, err, graph.ErrChanged)
			}
		}
	})
	t.Run("change that the loss does not reach", func(t *testing.T) {
		g := graph.New()
		x, z := g.Var(2), g.Var(3)
		y := ops.Square(x)
		ops.Square(z)
		z.Set(4)
		if got := autograd.Backward(y).Scalar(x); got != 4 {
			t.Errorf("got %v, want 4", got)
		}
	})
	t.Run("before any use", func(t *testing.T) {
		g := graph.New()
		x := g.Var(2)
		x.Set(5)
		if got := autograd.Backward(ops.Square(x)).Scalar(x); got != 10 {
			t.Errorf("got %v, want 10", got)
		}
	})
}

func TestZeroWinsInTensors(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector(-1, 4, 0))
	zero := g.Const(0)
	y := ops.Sum(ops.Where(ops.Gt(x, zero), ops.Sqrt(x), x))
	want := []float64{1, 0.25, 1}
	if diff := cmp.Diff(want, autograd.Backward(y).Tensor(x).Float64s()); diff != "" {
		t.Errorf("Backward: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, autograd.Grad(y, x)[0].Tensor().Float64s()); diff != "" {
		t.Errorf("Grad: mismatch (-want +got):\n%s", diff)
	}
}

func TestScalarsMeetTensors(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		s := g.Var(3)
		w := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4}, 2, 2))
		y := ops.Mul(ops.Sum(ops.Mul(w, s)), s) // s²·Σw = 90
		if y.Item() != 90 {
			t.Errorf("%v: y = %v, want 90", dtype, y.Item())
		}
		grads := autograd.Backward(y)
		if got := grads.Scalar(s); got != 60 {
			t.Errorf("%v: ∂y/∂s = %v, want 60", dtype, got)
		}
		dw := grads.Tensor(w)
		if dw.DType() != dtype || dw.At(1, 1) != 9 {
			t.Errorf("%v: ∂y/∂w is %v of %v, want 9s", dtype, dw, dw.DType())
		}
		if got := grads.Tensor(s); got.Rank() != 0 || got.At() != 60 {
			t.Errorf("%v: Tensor of a scalar: got %v", dtype, got)
		}
	}
}

func TestDerivatives(t *testing.T) {
	// f(x, y) = x²·y + sin y
	f := func(v graph.Value) graph.Value {
		x, y := ops.Reshape(ops.Slice(v, 0, 0, 1)), ops.Reshape(ops.Slice(v, 0, 1, 2))
		return ops.Add(ops.Mul(ops.Square(x), y), ops.Sin(y))
	}
	at, dir := []float64{2, 0.5}, []float64{1, -3}
	x, y := at[0], at[1]
	grad := []float64{2 * x * y, x*x + math.Cos(y)}
	hess := []float64{2 * y, 2 * x, 2 * x, -math.Sin(y)}

	v, dv := autograd.ValueAndGrad(f, at)
	if diff := cmp.Diff(append([]float64{x*x*y + math.Sin(y)}, grad...), append([]float64{v}, dv...), approx); diff != "" {
		t.Errorf("ValueAndGrad: mismatch (-want +got):\n%s", diff)
	}
	val, dy := autograd.JVP(f, at, dir)
	if diff := cmp.Diff([]float64{v, grad[0]*dir[0] + grad[1]*dir[1]}, []float64{val.At(), dy.At()}, approx); diff != "" {
		t.Errorf("JVP: mismatch (-want +got):\n%s", diff)
	}
	H := autograd.Hessian(f, at)
	if diff := cmp.Diff(hess, H.Float64s(), approx); diff != "" {
		t.Errorf("Hessian: mismatch (-want +got):\n%s", diff)
	}
	want := []float64{hess[0]*dir[0] + hess[1]*dir[1], hess[2]*dir[0] + hess[3]*dir[1]}
	if diff := cmp.Diff(want, autograd.HVP(f, at, dir), approx); diff != "" {
		t.Errorf("HVP: mismatch (-want +got):\n%s", diff)
	}
	// The Jacobian of a function with a matrix result: rows in row-major order of the result.
	outer := func(v graph.Value) graph.Value { return ops.Mul(ops.Reshape(v, 2, 1), v) }
	J := autograd.Jacobian(outer, at)
	if diff := cmp.Diff([]int{4, 2}, J.Shape()); diff != "" {
		t.Fatalf("Jacobian shape: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{2 * x, 0, y, x, y, x, 0, 2 * y}, J.Float64s(), approx); diff != "" {
		t.Errorf("Jacobian: mismatch (-want +got):\n%s", diff)
	}
	// Linear and constant functions have derivatives too.
	if H := autograd.Hessian(func(v graph.Value) graph.Value { return ops.Sum(v) }, at); H.At(0, 0) != 0 || H.At(1, 1) != 0 {
		t.Errorf("Hessian of a sum: got %v, want zeros", H)
	}
	if _, dy := autograd.JVP(func(v graph.Value) graph.Value { return v.Graph().Const(1) }, at, dir); dy.At() != 0 {
		t.Errorf("JVP of a constant: got %v, want 0", dy)
	}
}

func TestGradOfInnerValue(t *testing.T) {
	g := graph.New()
	x := g.Var(3)
	h := ops.Square(x) // 9
	y := ops.Mul(h, x) // 27
	d := autograd.Grad(y, h, x)
	if d[0].Item() != 3 || d[1].Item() != 27 {
		t.Errorf("∂y/∂h, ∂y/∂x = %v, %v, want 3, 27", d[0].Item(), d[1].Item())
	}
}

func TestCheckpoint(t *testing.T) {
	p := tensor.Of([]float64{0.3, -0.2, 0.5, 0.1}, 2, 2)
	build := func(g *graph.Graph, keep bool) (x, outside, y graph.Value) {
		x = g.VarTensor(tensor.Of([]float64{1, 2, 3, 4}, 2, 2))
		outside = g.Var(0.7)
		layer := func(xs ...graph.Value) graph.Value {
			w := g.Bind(p) // bound inside
			return ops.Tanh(ops.Add(ops.MatMul(xs[0], w), ops.Mul(xs[1], outside)))
		}
		if keep {
			return x, outside, ops.Sum(ops.Square(layer(x, x)))
		}
		return x, outside, ops.Sum(ops.Square(autograd.Checkpoint(layer, x, x)))
	}
	plain, saving := graph.New(), graph.New()
	px, po, py := build(plain, true)
	sx, so, sy := build(saving, false)
	if py.Item() != sy.Item() {
		t.Errorf("value %v, without checkpoint %v", sy.Item(), py.Item())
	}
	if saving.Len() >= plain.Len() {
		t.Errorf("a checkpoint must shorten the tape: %d nodes, without %d", saving.Len(), plain.Len())
	}
	n := saving.Len()
	for sweep := range 2 {
		pg, sg := autograd.Backward(py), autograd.Backward(sy)
		pp, _ := plain.Bound(p)
		sp, _ := saving.Bound(p)
		for _, v := range [][2]graph.Value{{px, sx}, {po, so}, {pp, sp}} {
			if diff := cmp.Diff(pg.Tensor(v[0]).Float64s(), sg.Tensor(v[1]).Float64s(), approx); diff != "" {
				t.Errorf("sweep %d: mismatch (-plain +checkpoint):\n%s", sweep, diff)
			}
		}
	}
	if saving.Len() != n {
		t.Errorf("Backward changed the tape: %d nodes, was %d", saving.Len(), n)
	}
	for i, d := range autograd.Grad(sy, sx, so) {
		want := autograd.Grad(py, px, po)[i]
		if diff := cmp.Diff(want.Tensor().Float64s(), d.Tensor().Float64s(), approx); diff != "" {
			t.Errorf("Grad %d: mismatch (-plain +checkpoint):\n%s", i, diff)
		}
	}
	// Second derivatives, nested checkpoints and scalars.
	f := func(xs ...graph.Value) graph.Value {
		return autograd.Checkpoint(func(xs ...graph.Value) graph.Value {
			inner := autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Exp(ops.Sin(xs[0])) }, xs[0])
			return ops.Mul(inner, xs[0])
		}, xs[0])
	}
	g := graph.New()
	x := g.Var(0.4)
	d := autograd.Grad(f(x), x)[0]
	dd := autograd.Grad(d, x)[0]
	s, c, e := math.Sin(0.4), math.Cos(0.4), math.Exp(math.Sin(0.4))
	want := []float64{e + 0.4*e*c, 2*e*c + 0.4*e*(c*c-s)}
	if diff := cmp.Diff(want, []float64{d.Item(), dd.Item()}, approx); diff != "" {
		t.Errorf("derivatives through nested checkpoints: mismatch (-want +got):\n%s", diff)
	}
	if err := autograd.Check(f, tensor.Of([]float64{0.4})); err != nil {
		t.Error(err)
	}
}

// A chain of ten million operations is no special case: it is recorded and swept without recursion.
func TestTenMillionOperations(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 500 MB")
	}
	const n = 10_000_000
	g := graph.New()
	x := g.Var(1)
	y := x
	for range n / 2 {
		y = ops.AddScalar(ops.MulScalar(y, 0.5), 0.5)
	}
	z := y
	for range 3 {
		z = ops.Add(z, y)
	}
	if g.Len() != n+4 {
		t.Errorf("%d nodes, want %d", g.Len(), n+4)
	}
	sum := ops.Add(z, x)
	if got := autograd.Backward(sum).Scalar(x); got != 1 { // 4·2^-5000000 + 1
		t.Errorf("∂y/∂x = %v, want 1", got)
	}
}

func TestTrainingStepAllocatesNothing(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		t.Run(dtype.String(), func(t *testing.T) {
			g := graph.New(graph.WithDType(dtype))
			x, w, b := tensor.New(dtype, 8, 5), tensor.New(dtype, 5, 3), tensor.New(dtype, 3)
			x.Fill(0.3)
			w.Fill(0.1)
			scale := 0.5
			step := func() {
				g.Reset()
				h := ops.Tanh(ops.Add(ops.MatMul(g.BindConst(x), g.Bind(w)), g.Bind(b)))
				s := g.Var(scale)
				loss := ops.Add(ops.Mean(ops.Square(ops.Mul(h, s))), ops.MulScalar(ops.Square(s), 0.01))
				grads := autograd.Backward(loss, autograd.LeavesOnly())
				scale -= 0.1 * grads.Scalar(s)
				dw := grads.View(g.Bind(w))
				for i := range w.Len() {
					w.SetFlat(w.AtFlat(i)-0.1*dw.AtFlat(i), i)
				}
				w.MarkChanged()
			}
			step()
			if n := testing.AllocsPerRun(10, step); n != 0 {
				t.Errorf("%v allocations in a step, want 0", n)
			}
		})
	}
}

// TestSweepAcrossChunks lets a few operations, of one to two operands that are the node before, the one before that or
// the same twice, begin at every place around the border of two chunks of the tape, beside a tensor operation too.
func TestSweepAcrossChunks(t *testing.T) {
	f := func(x graph.Value) graph.Value {
		a := ops.Mul(x, x)                                                   // x²
		b := ops.Sub(ops.Sin(a), x)                                          // sin x² - x
		c := ops.Mul(a, b)                                                   // the node before is the second operand
		d := ops.Add(c, c)                                                   // ... and both
		v := x.Graph().ConstTensor(vector(1, 2))                             // a constant leaf in between
		return ops.Add(ops.Sum(ops.Mul(v, d)), ops.MulScalar(ops.Neg(d), 2)) // 3d - 2d
	}
	const at = 0.7
	a, da := at*at, 2*at
	b, db := math.Sin(a)-at, math.Cos(a)*da-1
	want := 2 * (da*b + a*db)
	const chunk = 1024 // nodes in a chunk of the tape
	for start := chunk - 20; start < chunk+3; start++ {
		g := graph.New()
		x := g.Var(at)
		g.Vars(make([]float64, start-2))
		if got := autograd.Backward(f(x)).Scalar(x); math.Abs(got-want) > 1e-14 {
			t.Errorf("behind %d leaves the derivative is %v, want %v", start, got, want)
		}
		g.Reset()
		x = g.Var(at)
		for g.Len() < start { // results, from which zeros have to pass on nothing
			ops.Neg(x)
		}
		if got := autograd.Backward(f(x)).Scalar(x); math.Abs(got-want) > 1e-14 {
			t.Errorf("behind %d nodes the derivative is %v, want %v", start, got, want)
		}
	}
}

// TestQuietValuesPassNothingOn checks that what was recorded with gradients off is a constant for every way of
// differentiating, however large the adjoint.
func TestQuietValuesPassNothingOn(t *testing.T) {
	for _, shape := range [][]int{{}, {2}} {
		g := graph.New()
		x := g.VarTensor(tensor.New(tensor.Float64, shape...))
		x.SetTensor(constant(3, shape...))
		var c, d graph.Value
		g.Quietly(func() {
			c = ops.Square(x)                                      // 9
			d = ops.MulScalar(ops.Mul(x, ops.Neg(x)), 2)           // -18
			g.Loudly(func() { x.Graph().Const(1) })                // and something in between
			d = ops.Add(d, ops.Clamp(ops.PowScalar(x, 3), -50, 5)) // -13
		})
		y := ops.Sum(ops.Add(ops.Mul(x, c), ops.Mul(ops.Square(x), d))) // 9x - 13x²
		for i, v := range autograd.Backward(y).Tensor(x).Float64s() {
			if v != 9-26*3 {
				t.Errorf("shape %v: Backward gives %v for element %d, want %v", shape, v, i, 9-26*3)
			}
		}
		for i, v := range autograd.Grad(y, x)[0].Tensor().Float64s() {
			if v != 9-26*3 {
				t.Errorf("shape %v: Grad gives %v for element %d, want %v", shape, v, i, 9-26*3)
			}
		}
		// ∂/∂x of √(x·0) + ln(c·0) with constants that make both adjoints infinite.
		zero := g.Const(0)
		y = ops.Sum(ops.Add(x, ops.Log(ops.Mul(c, zero))))
		for _, v := range autograd.Backward(y).Tensor(x).Float64s() {
			if v != 1 {
				t.Errorf("shape %v: Backward gives %v past an infinite adjoint of a constant, want 1", shape, v)
			}
		}
	}
}

func constant(v float64, shape ...int) *tensor.Tensor {
	c := tensor.New(tensor.Float64, shape...)
	c.Fill(v)
	return c
}
