package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
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

// TestChangesOfViews holds that views of a leaf count as changed with it, and copies of its numbers do not.
func TestChangesOfViews(t *testing.T) {
	g := graph.New()
	leaf := g.ConstTensor(tensor.Of([]float64{1, 2, 3}, 3))
	views := []graph.Value{ops.Slice(leaf, 0, 1, 3), ops.StopGradient(leaf), ops.Reshape(ops.Slice(leaf, 0, 0, 2), 2, 1)}
	number := ops.Reshape(ops.Slice(leaf, 0, 0, 1)) // a scalar: copied
	k := g.Const(1)
	row := ops.Reshape(k, 1) // a view of a copy
	result := ops.Reshape(ops.Exp(leaf), 3, 1)
	leaf.SetTensor(tensor.Of([]float64{4, 5, 6}, 3))
	k.Set(2)
	late := ops.Reshape(leaf, 1, 3)
	changes := g.Changes()
	for _, v := range views {
		if at := changes[v.ID()]; at != late.ID() {
			t.Errorf("%v counts as changed at %d, want %d", v, at, late.ID())
		}
	}
	for _, v := range []graph.Value{number, row, result, late} {
		if at, ok := changes[v.ID()]; ok {
			t.Errorf("%v counts as changed at %d, want not at all", v, at)
		}
	}
}

// TestChangesBehindAView holds that a view from before the mark shows the leaf's present numbers: a loop may fill a batch
// anew and go on from its view.
func TestChangesBehindAView(t *testing.T) {
	g := graph.New()
	batch := tensor.New(tensor.Float64, 2)
	w := g.Var(3)
	column := ops.Reshape(ops.Reshape(g.BindConst(batch), 1, 2), 2, 1)
	start, n := g.Mark(), g.Len()
	for i := range 3 {
		g.Rewind(start)
		batch.Fill(float64(i + 1))
		y := ops.Sum(ops.Mul(column, w))
		if at := g.Changes()[column.ID()]; at > n+1 {
			t.Errorf("turn %d: uses of the view count as changed up to %d, want none behind node %d", i, at, n)
		}
		batch.Fill(-1)
		if at := g.Changes()[column.ID()]; at <= y.ID() {
			t.Errorf("turn %d: after a change uses count as changed up to %d, want all up to %d", i, at, y.ID())
		}
	}
}

// TestChangesInALoop holds that the changes of a leaf count once, however often it changes: a loop over an operation
// before the mark neither slows down nor fills memory.
func TestChangesInALoop(t *testing.T) {
	g := graph.New()
	x := g.Var(1)
	ops.Sin(x)
	start := g.Mark()
	for i := range 3 {
		ops.Cos(x)
		x.Set(float64(i))
		x.Set(float64(i) + 0.5)
		g.Rewind(start)
		want := map[int]int{x.ID(): 3}
		if diff := cmp.Diff(want, g.Changes()); diff != "" {
			t.Errorf("turn %d: changes mismatch (-want +got):\n%s", i, diff)
		}
	}
	steps := func() {
		for range 100 {
			ops.Cos(x)
			x.Set(2)
			g.Rewind(start)
		}
	}
	steps()
	if n := testing.AllocsPerRun(10, steps); n > 0 {
		t.Errorf("%g allocations in 100 changes, want none", n)
	}
}

// TestRewindInALoop holds that going back to one mark over and over leaves nothing behind.
func TestRewindInALoop(t *testing.T) {
	n := testkit.FewestAllocations(0, func() uint64 {
		g := graph.New()
		x := g.Var(1)
		start := g.Mark()
		loop := func() {
			for range 1 << 16 { // a list of so many entries would have to grow between the first run and the second
				ops.Cos(x)
				g.Rewind(start)
			}
		}
		return uint64(testing.AllocsPerRun(1, loop))
	})
	if n > 0 {
		t.Errorf("%d allocations, want none", n)
	}
}
