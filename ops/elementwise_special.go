package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// withSpecial gives an elementwise row of one operand kernels: those of a special function in single precision, and in double
// precision value and slope.
func withSpecial(op kernel.SpecialOp, value, slope func(x float64) float64, row graph.Row) graph.Row {
	row = separately(func(x, _ float64) float64 { return value(x) }, func(x, _ float64) float64 { return slope(x) }, row)
	row.Forward = specialForward(op, value)
	backward := row.Backward
	row.Backward = func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
		if n.DType() != tensor.Float32 {
			return backward(n, i, ct, dst, fresh)
		}
		kernel.SpecialSlope(op, dst.Float32s(), ct.Float32s(), n.In(0).Float32s(), fresh)
		return true
	}
	return row
}

// specialForward makes the Forward of withSpecial.
func specialForward(op kernel.SpecialOp, value func(x float64) float64) func(graph.Node) {
	return func(n graph.Node) {
		if n.DType() == tensor.Float32 {
			kernel.Special(op, n.Out().Float32s(), n.In(0).Float32s())
		} else {
			eachValue[float64](n, func(x, _ float64) float64 { return value(x) })
		}
	}
}
