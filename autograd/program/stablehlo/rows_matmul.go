package stablehlo

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// A zero of a cotangent wins over Inf and NaN in the products of this engine. dot_general has no such thing: where
// operands are not finite, its results may be NaN.

var _ = add(map[string]lowering{
	"matmul": func(e *emitter, _ graph.Node, in []value) value {
		a, b := in[0], in[1]
		if b.rank() == 2 {
			return e.product(a, b, nil, nil, []int{a.rank() - 1}, []int{0})
		}
		batch, _ := array.BroadcastShapes(nil, a.dims[:a.rank()-2], b.dims[:b.rank()-2])
		k := len(batch)
		a = e.stretch(a, slices.Concat(batch, a.dims[a.rank()-2:]))
		b = e.stretch(b, slices.Concat(batch, b.dims[b.rank()-2:]))
		return e.product(a, b, upTo(0, k), upTo(0, k), []int{k + 1}, []int{k})
	},
	"linear": func(e *emitter, n graph.Node, in []value) value {
		x, w, b := in[0], in[1], in[2]
		return e.same("add", e.product(x, w, nil, nil, []int{x.rank() - 1}, []int{0}), e.stretch(b, n.Dims()))
	},
	"dot": func(e *emitter, _ graph.Node, in []value) value {
		return e.product(in[0], in[1], nil, nil, []int{0}, []int{0})
	},
	// The operands are a column and a row.
	"outer": func(e *emitter, _ graph.Node, in []value) value {
		xs := e.together(in...)
		return e.same("multiply", xs...)
	},
})
