package ops

import "github.com/seed366ff29f/chainrule/graph"

// register completes an elementwise row with the kernels that follow from its scalar function, and adds the row to
// the table.
func register(op *graph.Op, row graph.Row) {
	switch {
	case row.Unary != nil || row.UnaryParam != nil:
		if row.Class != graph.NoGrad {
			row.Class = graph.Elementwise
		}
		row.Forward = orElse(row.Forward, unaryForward)
		if row.Backward == nil {
			row.Backward = unaryBackward
		}
	case row.Binary != nil:
		if row.Class != graph.NoGrad {
			row.Class = graph.Elementwise
		}
		row.Forward = orElse(row.Forward, binaryForward)
		if row.Backward == nil {
			row.Backward = binaryBackward
		}
	}
	*op = graph.Register(row)
}

func orElse(f, other func(graph.Node)) func(graph.Node) {
	if f != nil {
		return f
	}
	return other
}
