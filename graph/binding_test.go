package graph_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
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
