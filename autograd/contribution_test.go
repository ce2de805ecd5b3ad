package autograd_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestContributionsAddUp checks that the adjoint of every node is the sum of what its uses contribute, in a graph of
// scalars and tensors that broadcasts, takes a branch, and uses an operand twice.
func TestContributionsAddUp(t *testing.T) {
	g := graph.New()
	s := g.Var(0.5).Named("s")
	w := g.VarTensor(tensor.Of([]float64{1, -2, 3, 4, 5, -6}, 2, 3)).Named("w")
	h := ops.Mul(ops.Tanh(ops.Mul(w, s)), w).Named("h")
	p := ops.MatMul(h, ops.Transpose(h)).Named("p")
	branch := ops.Where(ops.Gt(s, g.Const(1)), ops.Sqrt(ops.AddScalar(s, -1)), ops.Mul(s, s)).Named("branch")
	loss := ops.Add(ops.Sum(ops.Mul(p, branch)), ops.Mean(h))
	grads := autograd.Backward(loss)

	sums := make(map[int]*tensor.Tensor)
	for v := range g.Nodes() {
		sums[v.ID()] = tensor.New(tensor.Float64, v.Dims()...)
	}
	for v := range g.Nodes() {
		for i, in := range v.Inputs() {
			c := grads.Contribution(v, i)
			if diff := cmp.Diff(in.Shape(), c.Shape()); diff != "" {
				t.Errorf("operand %d of %s: shape mismatch (-want +got):\n%s", i, v, diff)
			}
			array.AddReduced(sums[in.ID()], c)
		}
	}
	const tolerance = 1e-12 // relative: the sweep adds the same products in another order
	for v := range g.Nodes() {
		if v == loss {
			continue
		}
		want, got := grads.Tensor(v), sums[v.ID()]
		for k := range want.Len() {
			a, b := want.AtFlat(k), got.AtFlat(k)
			if !(max(a-b, b-a) <= tolerance*max(1, a, -a)) {
				t.Errorf("%s, element %d: contributions add up to %g, want %g", v, k, b, a)
			}
		}
	}
}

// TestContributionToCondition holds that an infinite adjoint passes nothing on to a condition, also where the operand that
// was taken is the same value.
func TestContributionToCondition(t *testing.T) {
	g := graph.New()
	x, a := g.Var(0), g.Var(1)
	n := ops.Where(x, a, x).Node()
	for i, want := range []float64{0, 0, math.Inf(1)} {
		if got, ok := n.Contribution(i, math.Inf(1)); got != want || !ok {
			t.Errorf("operand %d: got %v, %v, want %v", i, got, ok, want)
		}
	}
}

func TestContributionMisuse(t *testing.T) {
	g := graph.New()
	w := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	h := ops.Exp(w).Named("h")
	loss := ops.Sum(h)
	for _, c := range []struct {
		name string
		call func()
		want string
	}{
		{"no such operand", func() { autograd.Backward(loss).Contribution(h, 1) },
			`autograd.Gradients.Contribution: value "h" (%2) = exp has no operand 1: it has 1, counted from 0`},
		{"operand of a leaf", func() { autograd.Backward(loss).Contribution(w, 0) },
			"autograd.Gradients.Contribution: value %1 has no operand 0: it has 0, counted from 0"},
		{"given back", func() { autograd.Backward(loss, autograd.LeavesOnly()).Contribution(h, 0) },
			`autograd.Gradients.Contribution: the adjoint of "h" (%2) = exp was given back during the sweep: call Backward without LeavesOnly`},
		{"zero Gradients", func() { autograd.Gradients{}.Contribution(h, 0) },
			"autograd.Gradients.Contribution: got the zero Gradients: get one from autograd.Backward"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := graph.Try(c.call)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
