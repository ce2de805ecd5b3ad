package stablehlo

import "github.com/seed366ff29f/chainrule/graph"

var _ = add(map[string]lowering{
	"linear": func(e *emitter, n graph.Node, in []value) value {
		x, w, b := in[0], in[1], in[2]
		return e.same("add", e.product(x, w, nil, nil, []int{x.rank() - 1}, []int{0}), e.stretch(b, n.Dims()))
	},
})
