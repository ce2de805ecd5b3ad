package autograd_test

import (
	"errors"
	"math"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// wide returns a function with m results that takes the results of f in turn, each times another number.
func wide(m int, f func(x graph.Value) graph.Value) func(x graph.Value) graph.Value {
	return func(x graph.Value) graph.Value {
		y := ops.Reshape(f(x), -1)
		n := y.Dims()[0]
		index, c := make([]int, m), make([]float64, m)
		for i := range m {
			index[i], c[i] = i%n, 1+float64(i/n)
		}
		return ops.Mul(ops.Gather(y, 0, index...), x.Graph().ConstTensor(vector(c...)))
	}
}

// TestJacobianByRowsAndColumns holds that the matrix has the same rows as VJP and the same columns as JVP, be it high,
// square or broad: it is computed by columns where it is high.
func TestJacobianByRowsAndColumns(t *testing.T) {
	inf := math.Inf(1)
	functions := []struct {
		name string
		f    func(x graph.Value) graph.Value
		at   []float64
	}{
		{"elementwise", ops.Sin, []float64{1, 2, 3}},
		{"of scalars", func(x graph.Value) graph.Value {
			a, b, c := ops.Reshape(ops.Slice(x, 0, 0, 1)), ops.Reshape(ops.Slice(x, 0, 1, 2)), ops.Reshape(ops.Slice(x, 0, 2, 3))
			return ops.Stack(0, ops.Mul(a, b), ops.Pow(b, c), ops.Div(c, a), ops.Mul(ops.Exp(a), c))
		}, []float64{1, 2, 3}},
		{"a matrix product", func(x graph.Value) graph.Value {
			return ops.MatMul(ops.Reshape(x, 2, 2), ops.Reshape(ops.Sin(x), 2, 2))
		}, []float64{1, 2, 3, 4}},
		{"reductions", func(x graph.Value) graph.Value { return ops.Concat(0, ops.Softmax(x, 0), ops.CumSum(x, 0)) }, []float64{1, 2, 3}},
		{"a checkpoint", func(x graph.Value) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], ops.Sin(xs[1])) }, x, ops.Square(x))
		}, []float64{1, 2, 3}},
		{"a gradient", func(x graph.Value) graph.Value { return autograd.Grad(ops.Sum(ops.Exp(ops.Square(x))), x)[0] }, []float64{0.1, 0.2}},
		{"the point itself", func(x graph.Value) graph.Value { return x }, []float64{1, 2}},
		{"a constant", func(x graph.Value) graph.Value { return x.Graph().ConstTensor(vector(1, 2)) }, []float64{1, 2}},
		{"kinks", func(x graph.Value) graph.Value { return ops.Concat(0, ops.ReLU(x), ops.Abs(x)) }, []float64{-1, 0, 1}},
		{"an infinite derivative", ops.Sqrt, []float64{0, 1, 4}},
		{"NaN", ops.Log, []float64{math.NaN(), 1, inf}},
	}
	for _, test := range functions {
		for name, m := range map[string]int{"broad": 1, "square": len(test.at), "high": 10 * len(test.at)} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				f := wide(m, test.f)
				n := len(test.at)
				got := autograd.Jacobian(f, test.at)
				if diff := cmp.Diff([]int{m, n}, got.Shape()); diff != "" {
					t.Fatalf("shape: mismatch (-want +got):\n%s", diff)
				}
				byRows, byColumns := tensor.New(tensor.Float64, m, n), tensor.New(tensor.Float64, m, n)
				for i := range m {
					ct := make([]float64, m)
					ct[i] = 1
					_, dv := autograd.VJP(f, test.at, ct)
					copy(byRows.Float64s()[i*n:], dv)
				}
				for j := range n {
					dir := make([]float64, n)
					dir[j] = 1
					_, dy := autograd.JVP(f, test.at, dir)
					for i := range m {
						byColumns.SetAt(dy.At(i), i, j)
					}
				}
				near := cmp.Options{cmpopts.EquateApprox(1e-14, 1e-15), cmpopts.EquateNaNs()}
				if diff := cmp.Diff(byRows.Float64s(), got.Float64s(), near); diff != "" {
					t.Errorf("rows: mismatch (-VJP +Jacobian):\n%s", diff)
				}
				if diff := cmp.Diff(byColumns.Float64s(), got.Float64s(), near); diff != "" {
					t.Errorf("columns: mismatch (-JVP +Jacobian):\n%s", diff)
				}
			})
		}
	}
}

// TestJacobianOfLittle holds the shapes where there is no result, no argument, or a scalar one.
func TestJacobianOfLittle(t *testing.T) {
	tests := []struct {
		name string
		f    func(x graph.Value) graph.Value
		at   []float64
		want []int
	}{
		{"no result", func(x graph.Value) graph.Value { return ops.Slice(x, 0, 0, 0) }, []float64{1, 2}, []int{0, 2}},
		{"no argument", func(x graph.Value) graph.Value { return ops.Broadcast(ops.Sum(x), 20) }, nil, []int{20, 0}},
		{"neither", ops.Sin, nil, []int{0, 0}},
		{"a scalar", func(x graph.Value) graph.Value { return ops.Sum(x) }, []float64{1, 2}, []int{1, 2}},
		{"a scalar of no argument", func(x graph.Value) graph.Value { return ops.Sum(x) }, nil, []int{1, 0}},
		{"a matrix", func(x graph.Value) graph.Value { return ops.Outer(x, x) }, []float64{1, 2, 3}, []int{9, 3}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, autograd.Jacobian(test.f, test.at).Shape()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestVJP(t *testing.T) {
	scaled := func(x graph.Value) graph.Value { return ops.Outer(x, x.Graph().ConstTensor(vector(1, 10))) }
	v, dv := autograd.VJP(scaled, []float64{2, 3}, []float64{1, 2, 3, 4})
	if diff := cmp.Diff([]float64{2, 20, 3, 30}, v.Float64s()); diff != "" || v.Rank() != 2 {
		t.Errorf("value: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{21, 43}, dv); diff != "" {
		t.Errorf("derivative: mismatch (-want +got):\n%s", diff)
	}
	_, dv = autograd.VJP(func(x graph.Value) graph.Value { return ops.Sum(ops.Square(x)) }, []float64{2, 3}, []float64{10})
	if diff := cmp.Diff([]float64{40, 60}, dv); diff != "" {
		t.Errorf("of a scalar: mismatch (-want +got):\n%s", diff)
	}
	const want = "autograd.VJP: a cotangent of 2 numbers for a result of shape (2,2): give one for each of its 4 elements"
	if diff := cmp.Diff(want, message(func() { autograd.VJP(scaled, []float64{2, 3}, []float64{1, 2}) })); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// TestJacobianTakesTheCheaperWay counts how often the rule of an operation runs: once for each row, or a few times for
// each column.
func TestJacobianTakesTheCheaperWay(t *testing.T) {
	calls := 0
	op := autograd.Custom("counted", mapped(math.Sin), func(_, ct graph.Value, xs ...graph.Value) []graph.Value {
		calls++
		return []graph.Value{ops.Mul(ct, ops.Cos(xs[0]))}
	})
	at := []float64{1, 2, 3, 4}
	autograd.Jacobian(func(x graph.Value) graph.Value { return ops.Tile(op(x), 0, 2000) }, at) // 8000×4
	if most := 3 * len(at); calls == 0 || calls > most {
		t.Errorf("8000×4: the rule ran %d times, want at most %d", calls, most)
	}
	calls = 0
	autograd.Jacobian(func(x graph.Value) graph.Value { return ops.Sum(op(x)) }, at)
	if calls != 1 {
		t.Errorf("1×4: the rule ran %d times, want 1", calls)
	}
}

// TestMatricesTooLarge holds that a matrix that no memory holds is refused before it is asked for.
func TestMatricesTooLarge(t *testing.T) {
	at := make([]float64, 50000)
	tests := map[string]func(){
		"autograd.Jacobian: a matrix of 50000 × 50000 elements takes 2e+10 bytes: use autograd.JVP, autograd.VJP or autograd.HVP for its products with vectors, or autograd.SparseJacobian or autograd.SparseHessian if most of it is 0": func() {
			autograd.Jacobian(ops.Sin, at)
		},
		"autograd.Hessian: a matrix of 50000 × 50000 elements takes 2e+10 bytes: use autograd.JVP, autograd.VJP or autograd.HVP for its products with vectors, or autograd.SparseJacobian or autograd.SparseHessian if most of it is 0": func() {
			autograd.Hessian(func(x graph.Value) graph.Value { return ops.Sum(ops.Sin(x)) }, at)
		},
		"autograd.Root: a matrix of 50000 × 50000 elements takes 2e+10 bytes: use autograd.JVP, autograd.VJP or autograd.HVP for its products with vectors, or autograd.SparseJacobian or autograd.SparseHessian if most of it is 0": func() {
			x := graph.New().VarTensor(tensor.Of(at, len(at)))
			autograd.Root(func(x graph.Value, _ ...graph.Value) graph.Value { return ops.AddScalar(x, 1) }, x, x)
		},
		"autograd.RootWith: a matrix of 50000 × 50000 elements takes 2e+10 bytes: use autograd.JVP, autograd.VJP or autograd.HVP for its products with vectors, or autograd.SparseJacobian or autograd.SparseHessian if most of it is 0": func() {
			x := graph.New().VarTensor(tensor.Of(at, len(at)))
			y := autograd.RootWith(autograd.SolveConfig{}, func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(x, ps[0]) }, x, x) // it begins at the solution
			autograd.Backward(ops.Sum(y))
		},
	}
	for want, f := range tests {
		if diff := cmp.Diff(want, message(f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	t.Run("forward through a root", func(t *testing.T) {
		x := graph.New().VarTensor(tensor.Of(at, len(at)))
		y := autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(x, ps[0]) }, x, x) // it begins at the solution
		dir := tensor.New(tensor.Float64, len(at))
		dir.Fill(1)
		if err := graph.Try(func() { autograd.Forward(y, []graph.Value{x}, []*tensor.Tensor{dir}) }); !errors.Is(err, graph.ErrLimit) {
			t.Errorf("got error %v, want one of kind %v", err, graph.ErrLimit)
		}
	})
	t.Run("for the Go runtime", func(t *testing.T) {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
		s := &autograd.Sparse{M: 20000, N: 20000}
		for name, f := range map[string]func(){
			"Jacobian": func() { autograd.Jacobian(ops.Sin, at[:20000]) },
			"Dense":    func() { s.Dense() },
			"MulVec":   func() { (&autograd.Sparse{M: 1 << 28}).MulVec(nil, nil) },
			"Taylor": func() {
				autograd.Taylor(func(x graph.Value) graph.Value { return ops.Sum(ops.Sin(ops.Broadcast(x, 1000, 1000))) }, at[:1], at[:1], 170)
			},
			"JVPs": func() {
				autograd.JVPs(func(x graph.Value) graph.Value { return ops.Broadcast(x, 1<<18) }, at[:1], slices.Repeat([][]float64{at[:1]}, 600)...)
			},
			"PerExample": func() {
				x := graph.New().VarTensor(tensor.Of(at, len(at)))
				autograd.PerExample(20000, func(int) graph.Value { return ops.Sum(x) }, x)
			},
			"PerExampleOf": func() {
				x := graph.New().VarTensor(tensor.Of(at, len(at)))
				autograd.PerExampleOf(ops.Broadcast(ops.Sum(x), 20000), x)
			},
			"Loop": func() {
				autograd.Loop(2_000_000_000, func(_ int, s graph.Value) graph.Value { return s }, graph.New().VarTensor(tensor.Of(at, len(at))))
			},
		} {
			if err := graph.Try(f); !errors.Is(err, graph.ErrLimit) {
				t.Errorf("%s: got error %v, want one of kind %v", name, err, graph.ErrLimit)
			}
		}
	})
}

// TestRecordingsAreApart holds that a function may call the functions of this package, also with itself, and that a
// value that it keeps is stale afterwards and does not stand for another.
func TestRecordingsAreApart(t *testing.T) {
	var kept graph.Value
	f := func(x graph.Value) graph.Value {
		kept = x
		_, inner := autograd.ValueAndGrad(func(x graph.Value) graph.Value { return ops.Sum(ops.Square(x)) }, []float64{5})
		return ops.MulScalar(ops.Sum(x), inner[0])
	}
	for range 3 {
		if v, d := autograd.ValueAndGrad(f, []float64{1, 2}); v != 30 || d[0] != 10 || d[1] != 10 {
			t.Fatalf("got %v, %v, want 30, [10 10]", v, d)
		}
		if err := graph.Try(func() { kept.Item() }); !errors.Is(err, graph.ErrStale) {
			t.Errorf("a value from before: got %v, want an error of kind %v", err, graph.ErrStale)
		}
	}
	boom := func(graph.Value) graph.Value { panic("boom") }
	for range 3 {
		func() {
			defer func() { _ = recover() }()
			autograd.HVP(boom, []float64{1}, []float64{1})
		}()
		if hv := autograd.HVP(func(x graph.Value) graph.Value { return ops.Sum(ops.Square(x)) }, []float64{1}, []float64{3}); hv[0] != 6 {
			t.Errorf("after a panic: got %v, want [6]", hv)
		}
	}
}
