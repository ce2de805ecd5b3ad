package autograd_test

import (
	"math"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A dual is a number and its derivative by one leaf: forward mode, independent of every sweep.
type dual struct{ v, d float64 }

// steps are operations on values and the same on dual numbers.
var steps = []struct {
	value func(a, b graph.Value) graph.Value
	dual  func(a, b dual) dual
}{
	{ops.Add, func(a, b dual) dual { return dual{a.v + b.v, a.d + b.d} }},
	{ops.Sub, func(a, b dual) dual { return dual{a.v - b.v, a.d - b.d} }},
	{ops.Mul, func(a, b dual) dual { return dual{a.v * b.v, a.d*b.v + a.v*b.d} }},
	{func(a, _ graph.Value) graph.Value { return ops.Sin(a) }, func(a, _ dual) dual { return dual{math.Sin(a.v), math.Cos(a.v) * a.d} }},
	{func(a, _ graph.Value) graph.Value { return ops.Tanh(a) }, func(a, _ dual) dual {
		y := math.Tanh(a.v)
		return dual{y, (1 - y*y) * a.d}
	}},
	{func(a, _ graph.Value) graph.Value { return ops.MulScalar(a, -0.75) }, func(a, _ dual) dual { return dual{-0.75 * a.v, -0.75 * a.d} }},
	{func(a, b graph.Value) graph.Value { return ops.Where(ops.Gt(a, b), a, ops.Neg(b)) }, func(a, b dual) dual {
		if a.v > b.v {
			return a
		}
		return dual{-b.v, -b.d}
	}},
	// The same through tensors: a scalar joins and leaves them.
	{func(a, b graph.Value) graph.Value {
		w := a.Graph().ConstTensor(tensor.Of([]float64{0.5, -0.25}, 2))
		return ops.Sum(ops.Mul(ops.Add(ops.Mul(w, a), b), w))
	}, func(a, b dual) dual {
		f := func(x, y float64) float64 { return (0.5*x+y)*0.5 + (-0.25*x+y)*-0.25 }
		return dual{f(a.v, b.v), f(a.d, b.d)}
	}},
}

// FuzzSweep builds a random graph from bytes, three for each node: the operation and its operands, and compares
// Backward and Grad with forward mode.
func FuzzSweep(f *testing.F) {
	f.Add([]byte{2, 0, 0, 3, 3, 0, 0, 3, 4})
	f.Add([]byte{6, 0, 1, 2, 3, 3, 7, 4, 2, 4, 5, 0})
	f.Add([]byte{0, 0, 0, 0, 3, 3, 0, 4, 4, 2, 5, 5, 7, 6, 6})
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) > 120 {
			program = program[:120]
		}
		at := []float64{0.7, -1.3, 0.4}
		g := graph.New()
		values := g.Vars(at)
		duals := make([][]dual, len(at)) // by leaf, then by node
		for leaf := range at {
			for i, v := range at {
				d := dual{v: v}
				if i == leaf {
					d.d = 1
				}
				duals[leaf] = append(duals[leaf], d)
			}
		}
		for ; len(program) >= 3; program = program[3:] {
			s := steps[int(program[0])%len(steps)]
			a, b := int(program[1])%len(values), int(program[2])%len(values)
			values = append(values, s.value(values[a], values[b]))
			for leaf := range duals {
				duals[leaf] = append(duals[leaf], s.dual(duals[leaf][a], duals[leaf][b]))
			}
		}
		last := len(values) - 1
		y := values[last]
		if math.Abs(y.Item()) > 1e6 {
			return
		}
		grads := autograd.Backward(y)
		recorded := autograd.Grad(y, values[:3]...)
		for leaf := range at {
			want := duals[leaf][last]
			// Sums of large terms that cancel lose digits in another way in each mode.
			scale := 1e-9 * (1 + math.Abs(want.d) + math.Abs(y.Item()))
			for _, v := range duals[leaf] {
				scale = math.Max(scale, 1e-13*(math.Abs(v.v)+math.Abs(v.d)))
			}
			if math.IsNaN(want.d) || math.IsInf(want.d, 0) {
				return
			}
			if got := grads.Scalar(values[leaf]); math.Abs(got-want.d) > scale {
				t.Errorf("∂y/∂x%d: Backward gives %v, forward mode %v", leaf, got, want.d)
			}
			if got := recorded[leaf].Item(); math.Abs(got-want.d) > scale {
				t.Errorf("∂y/∂x%d: Grad gives %v, forward mode %v", leaf, got, want.d)
			}
		}
	})
}

// Several graphs may bind the same parameters at once, each on a goroutine of its own: data parallelism.
func TestGraphsShareParameters(t *testing.T) {
	w := tensor.Of([]float64{0.1, -0.2, 0.3, 0.4}, 2, 2)
	gradient := func(batch float64) []float64 {
		g := graph.New()
		x := g.ConstTensor(tensor.Of([]float64{batch, 1, -1, batch}, 2, 2))
		v := g.Bind(w)
		return autograd.Backward(ops.Sum(ops.Tanh(ops.MatMul(x, v)))).Tensor(v).Float64s()
	}
	const workers = 8
	var wg sync.WaitGroup
	got := make([][]float64, workers)
	for i := range workers {
		wg.Go(func() { got[i] = gradient(float64(i)) })
	}
	wg.Wait()
	for i := range workers {
		if diff := cmp.Diff(gradient(float64(i)), got[i]); diff != "" {
			t.Errorf("worker %d: mismatch (-alone +together):\n%s", i, diff)
		}
	}
}
