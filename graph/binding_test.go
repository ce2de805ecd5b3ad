package graph_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestBindings binds more and more tensors, each as a parameter, as a constant, or as both, and takes some away again.
func TestBindings(t *testing.T) {
	g := graph.New()
	tensors := make([]*tensor.Tensor, 50)
	for i := range tensors {
		tensors[i] = tensor.Of([]float64{float64(i), 1}, 2)
	}
	check := func(when string, n int) {
		t.Helper()
		for i, x := range tensors {
			leaf, ok := g.Bound(x)
			if want := i < n && i%3 != 1; ok != want {
				t.Fatalf("%s: tensor %d is bound: %v, want %v", when, i, ok, want)
			} else if ok && (leaf.Tensor().AtFlat(0) != float64(i) || leaf != g.Bind(x)) {
				t.Fatalf("%s: tensor %d is bound to the leaf of another", when, i)
			}
		}
	}
	bind := func(from, to int) {
		for i, x := range tensors[from:to] {
			length := g.Len()
			if i = from + i; i%3 != 1 {
				g.Bind(x)
			}
			if i%3 != 2 {
				if c := g.BindConst(x); c.WantsGrad() || c != g.BindConst(x) {
					t.Fatalf("constant of tensor %d: wants a gradient, or is made anew", i)
				}
			}
			if made, want := g.Len()-length, 1+(4-i%3)/4; made != want {
				t.Fatalf("tensor %d: %d leaves, want %d", i, made, want)
			}
		}
	}
	for n := range tensors {
		bind(0, n)
		check("bound", n)
		m := g.Mark()
		bind(n, len(tensors))
		check("bound after a mark", len(tensors))
		g.Rewind(m)
		check("after Rewind", n)
		bind(n, len(tensors))
		check("bound again", len(tensors))
		g.Reset()
		check("after Reset", 0)
	}
}

// TestBindTo holds that a tensor is bound to a value until a Rewind takes the value away, among however many others, and
// that gradients flow to what the value was made of.
func TestBindTo(t *testing.T) {
	for _, others := range []int{0, 20} { // few bindings, and many
		g := graph.New()
		for range others {
			g.Bind(tensor.Of([]float64{0}, 1))
		}
		x, scalar := tensor.New(tensor.Float64, 3, 2), tensor.New(tensor.Float64)
		w := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3))
		before := g.Mark()
		v := ops.Transpose(w)
		k := g.Var(7)
		g.BindTo(x, v)
		g.BindTo(scalar, k)
		start := g.Mark()
		for range 2 {
			for i := range others {
				g.Bind(tensor.Of([]float64{float64(i)}, 1))
			}
			bound, ok := g.Bound(x)
			if length := g.Len(); !ok || bound.ID() != v.ID() || g.Bind(x) != bound || g.BindConst(x) != bound || g.Bind(scalar).ID() != k.ID() || g.Len() != length {
				t.Fatalf("%d others: the tensor is not bound to the value alone", others)
			}
			x.Fill(9) // says nothing to the graph
			y := ops.Sum(ops.Mul(ops.Square(g.Bind(x)), g.Bind(scalar)))
			grads := autograd.Backward(y)
			if got := grads.Tensor(w).Float64s(); got[5] != 7*2*6 || grads.Scalar(k) != 91 {
				t.Errorf("%d others: gradients %v and %g", others, got, grads.Scalar(k))
			}
			g.Rewind(start)
		}
		g.Rewind(before)
		if _, ok := g.Bound(x); ok {
			t.Errorf("%d others: bound after a Rewind to before BindTo", others)
		}
		if leaf := g.Bind(x); !leaf.IsLeaf() || leaf.Tensor().AtFlat(0) != 9 {
			t.Errorf("%d others: Bind makes no leaf of the tensor", others)
		}
		g.Reset()
		if _, ok := g.Bound(scalar); ok {
			t.Errorf("%d others: bound after Reset", others)
		}
	}
}
