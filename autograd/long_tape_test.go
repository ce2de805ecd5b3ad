package autograd_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestManySweepsOfALongTape sweeps a tape so often, for a loss that reaches little of it, that the sweep changes to storage
// in pages. Every sweep must give the same, bit for bit, also where adjoints are 0, infinite or NaN, and what the loss does
// not reach stays 0.
func TestManySweepsOfALongTape(t *testing.T) {
	for _, at := range []float64{0.3, 0, -2, math.Inf(1), math.NaN()} {
		g := graph.New()
		x, w, other := g.Var(at), g.VarTensor(tensor.Of([]float64{1, -2, at}, 3)), g.Var(1)
		dead := other
		for range 20_000 {
			dead = ops.Sin(dead)
		}
		middle := ops.Mul(x, x)
		for range 5_000 {
			dead = ops.Exp(dead)
		}
		y := ops.Add(ops.Sqrt(ops.ReLU(middle)), ops.Sum(ops.Mul(ops.Clamp(w, -1, 1), ops.Log(x))))
		y = ops.Add(y, ops.Where(ops.Gt(x, g.Const(0)), x, ops.PowScalar(x, 0)))
		read := func() []float64 {
			grads := autograd.Backward(y)
			out := append(grads.Scalars(nil, []graph.Value{x, middle, other, dead}), grads.Tensor(w).Float64s()...)
			if grads.Reaches(dead) || !grads.Reaches(middle) {
				t.Errorf("at %v: the loss reaches %v: %v, and %v: %v", at, dead, grads.Reaches(dead), middle, grads.Reaches(middle))
			}
			grads.Release()
			return out
		}
		first := read()
		for i := range 60 {
			if diff := cmp.Diff(first, read(), cmpopts.EquateNaNs()); diff != "" {
				t.Fatalf("at %v: sweep %d differs from the first:\n%s", at, i+2, diff)
			}
		}
		// Changed leaves are noticed by every kind of sweep.
		x.Set(5)
		if err := graph.Try(func() { autograd.Backward(y) }); err == nil && at == 0.3 {
			t.Errorf("at %v: a leaf that was changed is not noticed", at)
		}
	}
}

// TestManyGradientsInForce keeps the results of many sweeps of a long tape, which each loss reaches little of: they take
// the memory of what is reached.
func TestManyGradientsInForce(t *testing.T) {
	g := graph.New()
	w := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	var kept []autograd.Gradients
	for k := range 3000 {
		l := ops.MulScalar(ops.Sum(ops.Square(w)), float64(k))
		for range 30 {
			ops.Sin(l)
		}
		kept = append(kept, autograd.Backward(l))
	}
	for k, grads := range kept {
		if got := grads.Tensor(w).At(1); got != float64(4*k) {
			t.Fatalf("the gradient of loss %d is %v, want %v", k, got, 4*k)
		}
	}
}

// TestGradOfManyTensors records gradients through more tensors than any part of a node's word but the number of its record
// can count: every one of them passes on what it gets, as in a sweep with numbers.
func TestGradOfManyTensors(t *testing.T) {
	const n = 1<<16 + 1<<10
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{0.3, -0.4}, 2))
	scalar, y := g.Var(0.7), x
	for k := range n {
		y = ops.AddScalar(y, 1e-6)
		if k%1000 == 0 {
			y = ops.Mul(ops.Sin(y), scalar)
			y = ops.Div(y, scalar)
		}
	}
	l := ops.Sum(ops.Square(y))
	grads, recorded := autograd.Backward(l), autograd.Grad(l, x, scalar)
	want := append(grads.Tensor(x).Float64s(), grads.Scalar(scalar))
	got := append(recorded[0].Tensor().Float64s(), recorded[1].Item())
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("recorded gradients differ:\n%s", diff)
	}
	dir := []*tensor.Tensor{tensor.Of([]float64{1, 2}, 2)}
	along := autograd.Forward(l, []graph.Value{x}, dir).At()
	if diff := cmp.Diff(want[0]+2*want[1], along, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("a forward sweep differs:\n%s", diff)
	}
}
