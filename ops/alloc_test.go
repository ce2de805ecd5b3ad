package ops_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestElementwiseAllocatesNothing(t *testing.T) {
	a, b := tensor.New(tensor.Float32, 4, 5), tensor.New(tensor.Float32, 4, 5)
	a.Fill(0.5)
	b.Fill(0.25)
	tested := 0
	for _, row := range graph.Rows() {
		if row.Class != graph.Elementwise {
			continue
		}
		var call func(x, y graph.Value) graph.Value
		switch f := row.Func.(type) {
		case func(x graph.Value) graph.Value:
			call = func(x, _ graph.Value) graph.Value { return f(x) }
		case func(x graph.Value, p float64) graph.Value:
			call = func(x, _ graph.Value) graph.Value { return f(x, 0.5) }
		case func(x graph.Value, p, q float64) graph.Value:
			call = func(x, _ graph.Value) graph.Value { return f(x, 0, 1) }
		case func(x, y graph.Value) graph.Value:
			call = f
		default:
			continue
		}
		tested++
		t.Run(row.Name, func(t *testing.T) {
			g := graph.New(graph.WithDType(tensor.Float32))
			steadyState(t, func() graph.Value {
				g.Reset()
				return ops.Sum(call(g.Bind(a), g.Bind(b)))
			})
		})
	}
	if tested < 40 {
		t.Errorf("%d operations were tested, want 40 or more", tested)
	}
}
