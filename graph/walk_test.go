package graph_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestAncestorsAndBetween walks a graph with a constant part, a gradient that is stopped, and a value beside the rest.
func TestAncestorsAndBetween(t *testing.T) {
	g := graph.New()
	x, k, beside := g.Var(2), g.Const(3), g.Var(5) // 1, 2, 3
	kk := ops.Square(k)                            // 4
	a := ops.Mul(x, kk)                            // 5
	stopped := ops.StopGradient(ops.Sin(a))        // 6, 7
	for range 200 {                                // beyond a word of the set
		ops.Exp(beside)
	}
	b := ops.Mul(a, x)
	y := ops.Add(b, stopped)
	last := ops.Square(y)
	ids := func(s graph.NodeSet) []int { return slices.Collect(s.All) }
	id := func(vs ...graph.Value) (out []int) {
		for _, v := range vs {
			out = append(out, v.ID())
		}
		return out
	}
	sin := stopped.Inputs()[0]
	tests := []struct {
		name string
		got  graph.NodeSet
		want []int
	}{
		{"all ancestors", g.Ancestors(graph.AllEdges, y), id(x, k, kk, a, sin, stopped, b, y)},
		{"ancestors with gradients", g.Ancestors(graph.GradEdges, y), id(x, a, b, y)},
		{"ancestors of a leaf", g.Ancestors(graph.AllEdges, beside), id(beside)},
		{"ancestors of a constant", g.Ancestors(graph.AllEdges, kk), id(k, kk)},
		{"ancestors with gradients of a constant", g.Ancestors(graph.GradEdges, kk), nil},
		{"ancestors of two", g.Ancestors(graph.AllEdges, kk, beside), id(k, beside, kk)},
		{"ancestors of none", g.Ancestors(graph.AllEdges), nil},
		{"all between", g.Between(graph.AllEdges, y, x), id(x, a, sin, stopped, b, y)},
		{"between with gradients", g.Between(graph.GradEdges, y, x), id(x, a, b, y)},
		{"between from an inner value", g.Between(graph.AllEdges, y, sin), id(sin, stopped, y)},
		{"between with gradients across a stop", g.Between(graph.GradEdges, y, sin), nil},
		{"between from two", g.Between(graph.AllEdges, y, k, sin), id(k, kk, a, sin, stopped, b, y)},
		{"between from a constant", g.Between(graph.GradEdges, y, k), nil},
		{"between from what is beside", g.Between(graph.AllEdges, y, beside), nil},
		{"between from what comes after", g.Between(graph.AllEdges, y, last), nil},
		{"between from some that reach", g.Between(graph.AllEdges, y, beside, last, b), id(b, y)},
		{"between a value and itself", g.Between(graph.AllEdges, y, y), id(y)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, ids(test.got)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if test.got.Len() != len(test.want) {
				t.Errorf("Len: got %d, want %d", test.got.Len(), len(test.want))
			}
			down := slices.Collect(test.got.Down)
			slices.Reverse(down)
			if diff := cmp.Diff(test.want, down); diff != "" {
				t.Errorf("Down, turned round: mismatch (-want +got):\n%s", diff)
			}
		})
	}
	for name, walk := range map[string]func(){
		"Ancestors": func() { g.Ancestors(graph.AllEdges, y, graph.New().Var(1)) },
		"Between":   func() { g.Between(graph.AllEdges, y, graph.New().Var(1)) },
	} {
		if err := graph.Try(walk); !errors.Is(err, graph.ErrForeign) {
			t.Errorf("%s of another graph's value: got error %v, want one of kind %v", name, err, graph.ErrForeign)
		}
	}
}

// TestBetweenRandom compares the walks with their definition, on graphs of random operations, constants and stops that are
// longer than a word of the set.
func TestBetweenRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		g := graph.New()
		vs := []graph.Value{g.Var(1), g.Const(2)}
		pick := func() graph.Value { return vs[len(vs)-1-min(rng.IntN(len(vs)), rng.IntN(len(vs)))] }
		for len(vs) < 100 {
			switch k := rng.IntN(12); k {
			case 0:
				vs = append(vs, g.Var(1))
			case 1:
				vs = append(vs, g.Const(1))
			case 2:
				vs = append(vs, ops.StopGradient(pick()))
			case 3:
				vs = append(vs, ops.Where(pick(), pick(), pick()))
			case 4:
				vs = append(vs, ops.Sin(pick()))
			default:
				vs = append(vs, ops.Add(pick(), pick()))
			}
		}
		y, xs := pick(), []graph.Value{pick(), pick(), pick()}[:1+rng.IntN(3)]
		for _, along := range []graph.Edges{graph.AllEdges, graph.GradEdges} {
			below := make(map[int]bool) // what y depends on
			for id := y.ID(); id > 0; id-- {
				v := g.Value(id)
				if along == graph.GradEdges && !v.WantsGrad() {
					continue
				}
				below[id] = v == y || slices.ContainsFunc(vs, func(u graph.Value) bool { return below[u.ID()] && slices.Contains(u.Inputs(), v) })
			}
			above := make(map[int]bool) // what depends on xs, of that
			var want []int
			for id := 1; id <= y.ID(); id++ {
				v := g.Value(id)
				above[id] = below[id] && (slices.Contains(xs, v) || slices.ContainsFunc(v.Inputs(), func(u graph.Value) bool { return above[u.ID()] }))
				if above[id] {
					want = append(want, id)
				}
			}
			if diff := cmp.Diff(want, slices.Collect(g.Between(along, y, xs...).All)); diff != "" {
				t.Errorf("between %v and %v along %d: mismatch (-want +got):\n%s", y, xs, along, diff)
			}
			if along == graph.AllEdges {
				continue
			}
			for _, floor := range []int{0, 1, y.ID() / 2, y.ID(), len(vs)} {
				if diff := cmp.Diff(sweepOf(g, min(floor, y.ID()), y, xs), cotangentsOf(g, floor, y, xs)); diff != "" {
					t.Errorf("the sweep from %v to %v, no further than %d: mismatch (-want +got):\n%s", y, xs, floor, diff)
				}
			}
		}
	}
}

// sweepOf returns the nodes of a recorded sweep by its definition, results first: those on ways from xs to y that lead
// through no node before floor, but for where they begin.
func sweepOf(g *graph.Graph, floor int, y graph.Value, xs []graph.Value) (ids []int) {
	below := map[int]bool{y.ID(): y.WantsGrad()}
	above := make(map[int]bool)
	for id := y.ID(); id >= floor; id-- {
		for _, u := range g.Value(max(id, 1)).Inputs() {
			below[u.ID()] = below[u.ID()] || below[id] && u.WantsGrad()
		}
	}
	for id := 1; id <= y.ID(); id++ {
		v := g.Value(id)
		above[id] = below[id] && (slices.Contains(xs, v) || id >= floor && slices.ContainsFunc(v.Inputs(), func(u graph.Value) bool { return above[u.ID()] }))
		if above[id] {
			ids = append([]int{id}, ids...)
		}
	}
	return ids
}

// cotangentsOf returns the nodes that the storage of a sweep says it has, and sees that it has place for just them and
// forgets what was there when it is released.
func cotangentsOf(g *graph.Graph, floor int, y graph.Value, xs []graph.Value) (ids []int) {
	c := g.NewCotangents(floor, y, xs...)
	defer c.Release()
	for n := range c.Down {
		ids = append(ids, n.ID())
	}
	for id := -1; id < g.Len()+100; id++ {
		if _, ok := c.Of(id); ok {
			panic("something has come to a node already")
		}
		if c.Has(id) != slices.Contains(ids, id) {
			panic("Has and Down differ")
		}
		if c.Has(id) {
			c.Set(id, y)
			if v, ok := c.Of(id); !ok || v != y {
				panic("what was set is not there")
			}
		}
	}
	return ids
}

func TestNodeSet(t *testing.T) {
	var s graph.NodeSet
	for _, id := range []int{0, 63, 64, 200, 200} {
		s.Add(id)
	}
	s.Remove(64)
	s.Remove(1000)
	for id, want := range map[int]bool{-1: false, 0: true, 1: false, 63: true, 64: false, 200: true, 201: false, 100000: false} {
		if got := s.Has(id); got != want {
			t.Errorf("Has(%d): got %v, want %v", id, got, want)
		}
	}
	if diff := cmp.Diff([]int{0, 63, 200}, slices.Collect(s.All)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for name, seq := range map[string]func(func(int) bool){"All": s.All, "Down": s.Down} {
		n := 0
		for range seq {
			n++
			break
		}
		if n != 1 {
			t.Errorf("%s goes on after a break", name)
		}
	}
}

// TestLinks reads what the tape has of each kind of node.
func TestLinks(t *testing.T) {
	g := graph.New()
	x, k := g.Var(2), g.Const(3)
	square, product := ops.Mul(x, x), ops.Mul(x, k)
	shifted, constant := ops.AddScalar(x, 7), ops.Square(k)
	chosen := ops.Where(k, x, k)
	type links struct {
		In [2]int32
		D  [2]float64
		OK bool
	}
	tests := []struct {
		name string
		v    graph.Value
		want links
	}{
		{"a leaf", x, links{}},
		{"one operand twice", square, links{[2]int32{1, 1}, [2]float64{2, 2}, true}},
		{"with a constant", product, links{[2]int32{1, 2}, [2]float64{3, 2}, true}},
		{"with a parameter", shifted, links{[2]int32{1, 0}, [2]float64{1, 7}, true}},
		{"a constant", constant, links{}},
		{"with an extension record", chosen, links{}},
	}
	for _, test := range tests {
		var got links
		got.In[0], got.In[1], got.D[0], got.D[1], got.OK = g.Links(test.v.ID())
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestOnlyScalars(t *testing.T) {
	tests := []struct {
		name string
		f    func(x graph.Value)
		want bool
	}{
		{"scalars", func(x graph.Value) { ops.Where(x, ops.Sin(x), ops.PowScalar(x, 0)) }, true},
		{"a tensor", func(x graph.Value) { x.Graph().VarTensor(vector) }, false},
		{"a scalar that passes through tensors", func(x graph.Value) { ops.Sum(x) }, false},
		{"a tensor that is gone", func(x graph.Value) { x.Graph().Scratch(func() { ops.Sum(x.Graph().VarTensor(vector)) }) }, true},
	}
	for _, test := range tests {
		g := graph.New()
		test.f(g.Var(2))
		if got := g.OnlyScalars(); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
