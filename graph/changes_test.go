package graph_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestChangesOfUnusedLeaves holds that a change counts only if an operation that is on the tape used the leaf. A loop
// that binds its parameters once, and updates them between a Rewind and the next pass, has no changes to look into.
func TestChangesOfUnusedLeaves(t *testing.T) {
	g := graph.New()
	a, b := tensor.Of([]float64{1, 2}, 2), tensor.Of([]float64{3, 4}, 2)
	x, y := g.Bind(a), g.Bind(b)
	start := g.Mark()
	for range 3 {
		g.Rewind(start)
		z := ops.Mul(ops.Square(x), y) // y changed since it was bound, and is used behind an operation
		if c := g.Changes(); c != nil {
			t.Fatalf("before the update: changes %v, want none", c)
		}
		a.SetAt(5, 0)
		b.SetAt(6, 0)
		if c := g.Changes(); len(c) != 2 {
			t.Fatalf("after the update: changes %v, want both leaves", c)
		}
		_ = z
	}
}
