package stablehlo

import "github.com/seed366ff29f/chainrule/graph"

var _ = add(map[string]lowering{
	"reshape":   reshaped,
	"squeeze":   reshaped,
	"unsqueeze": reshaped,
	"broadcast": func(e *emitter, n graph.Node, in []value) value { return e.stretch(in[0], n.Dims()) },
	"permute":   func(e *emitter, n graph.Node, in []value) value { return e.permute(in[0], n.Ints()...) },
})

// reshaped is the form of operations that only change the shape.
func reshaped(e *emitter, n graph.Node, in []value) value { return e.reshape(in[0], n.Dims()...) }
