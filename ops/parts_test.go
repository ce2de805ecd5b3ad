package ops_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestPutParts holds that parts are put together as their rules do it one by one, and which nodes it takes.
func TestPutParts(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(flat(1, 2, 3, 4, 5, 6))
	m, empty := ops.Reshape(x, 2, 3), g.VarTensor(tensor.New(tensor.Float64, 2, 0))
	tests := []struct {
		name  string
		parts []graph.Value
	}{
		{"one", []graph.Value{ops.Slice(x, 0, 1, 3)}},
		{"side by side", []graph.Value{ops.Slice(x, 0, 3, 5), ops.Slice(x, 0, 1, 3)}},
		{"all of it", []graph.Value{ops.Slice(x, 0, 3, 6), ops.Slice(x, 0, 0, 3)}},
		{"with a gap", []graph.Value{ops.Slice(x, 0, 4, 6), ops.Slice(x, 0, 0, 3)}},
		{"twice", []graph.Value{ops.Slice(x, 0, 1, 3), ops.Slice(x, 0, 1, 3)}},
		{"nothing", []graph.Value{ops.Slice(x, 0, 6, 6), ops.Slice(x, 0, 0, 0)}},
		{"gathered", []graph.Value{ops.Gather(x, 0, 5, 5, 0), ops.Slice(x, 0, 5, 6), ops.Gather(x, 0)}},
		{"along two axes", []graph.Value{ops.Slice(m, 0, 1, 2), ops.Slice(m, 1, 0, 2), ops.Gather(m, 0, 1)}},
		{"gathered at", []graph.Value{ops.GatherAt(x, g.ConstTensor(flat(5, -1, 0, 2).Reshape(2, 2)), 0), ops.GatherAt(x, g.Const(1), 0), ops.Slice(x, 0, 5, 6), ops.GatherAt(x, g.ConstTensor(flat()), 0)}},
		{"gathered at along two axes", []graph.Value{ops.GatherAt(m, g.ConstTensor(flat(2, 0)), 1), ops.GatherAt(m, g.Const(-1), 1), ops.GatherAt(m, g.Const(0), 0), ops.Gather(m, 1, 1)}},
		{"taken along", []graph.Value{ops.TakeAlong(x, g.ConstTensor(flat(5, -1)), 0), ops.TakeAlong(x, g.ConstTensor(flat(0)), 0), ops.Slice(x, 0, 0, 1)}},
		{"indexed", []graph.Value{ops.Index(x, 4), ops.Index(x, 3), ops.Index(x, 2)}},
		{"indexed here and there", []graph.Value{ops.Index(x, 5), ops.Index(x, 0), ops.Index(x, 5), ops.Slice(x, 0, 5, 6)}},
		{"rows", []graph.Value{ops.Index(m, 1), ops.Index(m, 0)}},
		{"rows and elements", []graph.Value{ops.Index(m, 1), ops.Index(m, 1, 2), ops.Index(m, 0, 0), ops.Index(m)}},
		{"empty rows", []graph.Value{ops.Index(empty, 1), ops.Index(empty, 0)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var nodes []graph.Node
			var cts []graph.Value
			var want graph.Value
			for i, p := range test.parts {
				n := p.Node()
				if !ops.TakesPart(n) {
					t.Fatalf("%v takes no part", p)
				}
				ct := ops.AddScalar(p, float64(i))
				nodes, cts = append(nodes, n), append(cts, ct)
				if one := n.Row().VJP(n, 0, ct); i == 0 {
					want = one
				} else {
					want = ops.Add(want, one)
				}
			}
			got := ops.PutParts(nodes, cts)
			if diff := cmp.Diff(want.Shape(), got.Shape()); diff != "" {
				t.Errorf("shape: mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.Tensor().Float64s(), got.Tensor().Float64s()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
	whole, ofX, ofM := ops.Sin(x), ops.Slice(x, 0, 0, 1), ops.Slice(m, 0, 0, 1)
	if ops.TakesPart(whole.Node()) || ops.TakesPart(x.Node()) {
		t.Error("sin and a leaf take no part of an operand")
	}
	for want, call := range map[string]func(){
		"ops.PutParts: 0 nodes and 0 cotangents: give one for each, and one or more": func() { ops.PutParts(nil, nil) },
		"ops.PutParts: 1 nodes and 0 cotangents: give one for each, and one or more": func() { ops.PutParts([]graph.Node{tests[0].parts[0].Node()}, nil) },
		"ops.PutParts: node " + whole.Node().Label() + " takes no part of its operand: use its rule": func() {
			ops.PutParts([]graph.Node{whole.Node()}, []graph.Value{x})
		},
		"ops.PutParts: node " + ofM.Node().Label() + " takes a part of another operand than " + ofX.Node().Label() + ": call it for the nodes of one operand": func() {
			ops.PutParts([]graph.Node{ofX.Node(), ofM.Node()}, []graph.Value{x, m})
		},
	} {
		if err := graph.Try(call); err == nil || err.Error() != want {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
}

func flat(v ...float64) *tensor.Tensor { return tensor.Of(v, len(v)) }
