package graph_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestScratchValuesAreStale holds that what a scratch made is refused afterwards, whatever stands in its place by then,
// and that what was there before is good within and afterwards, however its handle was come by.
func TestScratchValuesAreStale(t *testing.T) {
	g := graph.New()
	x := g.Var(2)
	w := g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	before := ops.Mul(w, x)
	var kept []graph.Value // made by scratches
	var found []graph.Value
	record := func(at graph.Value) {
		y := ops.Mul(at, x)
		kept = append(kept, y, ops.Sum(ops.Mul(before, y)), g.Var(3))
		found = append(found, y.Inputs()[1], before.Inputs()[0], g.Value(x.ID()))
		for _, v := range kept[len(kept)-3:] {
			if !v.Valid() {
				t.Errorf("%v is not good within the scratch", v)
			}
		}
	}
	gone := func(when string) {
		t.Helper()
		for i, v := range kept {
			if v.Valid() {
				t.Errorf("%s: value %d is still good: %v", when, i, v)
			}
		}
		for i, v := range append(found, x, w, before) {
			if !v.Valid() {
				t.Errorf("%s: value %d from before is not good any more", when, i)
			}
		}
	}
	g.Scratch(func() { record(x) })
	gone("after a scratch")
	const want = "ops.Add: value %4 left the tape with the function that made it, such as a step of autograd.Loop, or by a Rewind in there: make it anew in each call, or keep its numbers with Value.Tensor"
	err := graph.Try(func() { ops.Add(x, kept[0]) })
	if diff := cmp.Diff(want, err.Error()); diff != "" || !errors.Is(err, graph.ErrStale) {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	g.Scratch(func() {
		gone("in the next scratch")
		record(x)
	})
	gone("after two scratches")
	g.Scratch(func() {
		outer := ops.Sin(x)
		for range 2 {
			g.Scratch(func() {
				record(outer)
				ops.Add(outer, x) // of an outer scratch
			})
			if !outer.Valid() || kept[len(kept)-1].Valid() {
				t.Error("between two scratches within another one")
			}
		}
		kept = append(kept, outer)
	})
	gone("after scratches within another one")
	start := g.Mark()
	g.Scratch(func() {
		outer := ops.Sin(x)
		inner := g.Mark()
		for range 3 {
			record(outer)
			last := kept[len(kept)-1]
			g.Rewind(inner)
			g.Rewind(inner)
			if last.Valid() || !outer.Valid() || !x.Valid() {
				t.Error("after a Rewind within a scratch")
			}
		}
		kept = append(kept, outer, ops.Cos(outer))
	})
	gone("after rewinds within a scratch")
	for range 20 { // other nodes take the places
		ops.Sin(x)
	}
	gone("later")
	g.Rewind(start)
	gone("after a Rewind")
	for range 20 {
		ops.Sin(x)
	}
	g.Rewind(g.Mark())
	gone("after a Rewind to the end")
	if got := graph.Try(func() { g.Rewind(start) }); got != nil {
		t.Errorf("a mark from before: %v", got)
	}
	g.Reset()
	found, x, w, before = nil, g.Var(1), g.Var(2), g.Var(3)
	gone("after a Reset")
}

// TestScratchKeepsWhatWasThere holds that a function that is called for its numbers cannot take away what stood on the tape
// before.
func TestScratchKeepsWhatWasThere(t *testing.T) {
	tests := []struct {
		name, want string
		f          func(g *graph.Graph, before graph.Mark)
	}{
		{"Reset", "graph.Graph.Reset: something is being computed on the graph, such as a step of autograd.Loop or a rule: reset it when that is done",
			func(g *graph.Graph, _ graph.Mark) { g.Reset() }},
		{"Rewind", "graph.Graph.Rewind: the mark at node %2 lies before what is being computed on the graph from node %4 on, such as a step of autograd.Loop or a rule: set it within the function",
			func(g *graph.Graph, before graph.Mark) { g.Rewind(before) }},
		{"Rewind further in", "graph.Graph.Rewind: the mark at node %4 lies before what is being computed on the graph from node %5 on, such as a step of autograd.Loop or a rule: set it within the function",
			func(g *graph.Graph, _ graph.Mark) {
				m := g.Mark()
				g.Var(1)
				g.Scratch(func() { g.Rewind(m) })
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := graph.New()
			x := g.Var(1)
			before := g.Mark()
			y, z := ops.Sin(x), ops.Cos(x)
			err := graph.Try(func() { g.Scratch(func() { test.f(g, before) }) })
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if g.Len() != 3 || !x.Valid() || !y.Valid() || !z.Valid() {
				t.Errorf("the tape has %d nodes", g.Len())
			}
			if g.Rewind(before); y.Valid() || !x.Valid() {
				t.Error("Rewind afterwards")
			}
			g.Reset()
		})
	}
}
