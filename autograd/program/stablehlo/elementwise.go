package stablehlo

import "github.com/seed366ff29f/chainrule/graph"

// elementwise is the form of an elementwise operation: the expression of its row, instruction by instruction.
func elementwise(e *emitter, n graph.Node, in []value) value {
	panic(n.Errorf(graph.ErrUsage, "expressions are not lowered"))
}
