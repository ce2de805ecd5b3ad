package nn_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// TestEmbeddingLookup compares both ways to the vectors, for ids of several shapes.
func TestEmbeddingLookup(t *testing.T) {
	table := nn.Embedding(newRand(1), 7, 3)
	for _, shape := range [][]int{{6}, {2, 3}, {1, 3, 2}, {0}, {0, 4}, {2, 0}} {
		c := layerCase{shape: shape, ids: 7}
		x := c.inputFor(newRand(2), tensor.Float64)
		ids := make([]int, x.Len())
		for i := range ids {
			ids[i] = int(x.AtFlat(i))
		}
		g := graph.New()
		forward, lookup := table.Forward(nn.Eval(), g.BindConst(x)), table.Lookup(g, ids, shape...)
		if diff := cmp.Diff(forward.Shape(), lookup.Shape()); diff != "" {
			t.Errorf("shape %v: mismatch (-Forward +Lookup):\n%s", shape, diff)
		}
		if diff := cmp.Diff(append(shape, 3), forward.Shape()); diff != "" {
			t.Errorf("shape %v: mismatch (-want +got):\n%s", shape, diff)
		}
		traced := table.Forward(nn.Eval(), graph.New(graph.Traced()).BindConst(x))
		if diff := cmp.Diff(forward.Shape(), traced.Shape()); diff != "" {
			t.Errorf("shape %v: mismatch (-Forward +Forward, traced):\n%s", shape, diff)
		}
		if diff := cmp.Diff(forward.Tensor().Float64s(), traced.Tensor().Float64s()); diff != "" {
			t.Errorf("shape %v: mismatch (-Forward +Forward, traced):\n%s", shape, diff)
		}
		if diff := cmp.Diff(forward.Tensor().Float64s(), lookup.Tensor().Float64s()); diff != "" {
			t.Errorf("shape %v: mismatch (-Forward +Lookup):\n%s", shape, diff)
		}
	}
	g := graph.New()
	if diff := cmp.Diff([]int{3}, table.Forward(nn.Eval(), g.Const(2)).Shape()); diff != "" {
		t.Errorf("a scalar: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{2, 3}, table.Lookup(g, []int{6, 0}).Shape()); diff != "" {
		t.Errorf("without a shape: mismatch (-want +got):\n%s", diff)
	}
}

func TestEmbeddingMisuse(t *testing.T) {
	table := nn.Embedding(newRand(1), 7, 3)
	nn.Sequential(nn.ReLU(), table)
	forward := func(shape []int, numbers ...float64) func() {
		return func() { table.Forward(nn.Eval(), graph.New().ConstTensor(tensor.Of(numbers, shape...))) }
	}
	traced := func(numbers ...float64) func() {
		return func() {
			table.Forward(nn.Eval(), graph.New(graph.Traced()).ConstTensor(tensor.Of(numbers, len(numbers))))
		}
	}
	lookup := func(shape []int, ids ...int) func() {
		return func() { table.Lookup(graph.New(), ids, shape...) }
	}
	const known = `layer "1.weight" has vectors for the whole numbers from 0 to 6: make a larger table, or map what is unknown to a number of its own`
	tests := []struct {
		name string
		f    func()
		want string
	}{
		{"too large", forward([]int{2, 3}, 0, 1, 2, 3, 7, 5), "nn.Embedding: row 1, place 1 is 7, and " + known},
		{"negative", forward([]int{2}, 0, -1), "nn.Embedding: row 1 is -1, and " + known},
		{"not whole", forward([]int{1, 2, 2}, 0, 1, 2, 1.5), "nn.Embedding: row 0, place 3 is 1.5, and " + known},
		{"NaN", forward([]int{1}, math.NaN()), "nn.Embedding: row 0 is NaN, and " + known},
		{"infinite", forward([]int{1}, math.Inf(1)), "nn.Embedding: row 0 is +Inf, and " + known},
		{"huge", forward([]int{1}, 1e300), "nn.Embedding: row 0 is 1e+300, and " + known},
		{"a scalar", forward(nil, 9), "nn.Embedding: x is 9, and " + known},
		{"traced", traced(3, 7), "nn.Embedding: row 1 is 7, and " + known},
		{"traced, negative", traced(-1), "nn.Embedding: row 0 is -1, and " + known},
		{"int too large", lookup(nil, 3, 7), "nn.EmbeddingTable.Lookup: row 1 is 7, and " + known},
		{"int negative", lookup([]int{1, 2}, 3, -1), "nn.EmbeddingTable.Lookup: row 0, place 1 is -1, and " + known},
		{"as many as places", lookup([]int{2, 2}, 3), "nn.EmbeddingTable.Lookup: 1 numbers for the shape (2,2): give one for each place"},
		{"no such shape", lookup([]int{-1}, 3), "nn.EmbeddingTable.Lookup: 1 numbers for the shape (-1): give one for each place"},
		{"too many axes", lookup(make([]int, tensor.MaxRank)), "nn.EmbeddingTable.Lookup: the numbers have shape (0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0), and a tensor has at most 16 axes: give it fewer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := graph.Try(tt.f); err == nil || err.Error() != tt.want {
				t.Errorf("got error %v\nwant %s", err, tt.want)
			}
		})
	}
}
