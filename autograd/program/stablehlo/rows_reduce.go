package stablehlo

import "github.com/seed366ff29f/chainrule/graph"

var _ = add(map[string]lowering{
	"sum": func(e *emitter, n graph.Node, in []value) value { return e.sum(in[0], n.Ints()...) },
})
