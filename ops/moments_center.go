package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// centerForward subtracts the means of lines where the axes lie side by side and numbers are far from overflow, else row by
// row.
func centerForward(n graph.Node) {
	if !array.Instance(n.DType(), subtractMeans[float64], subtractMeans[float32])(n, n.Out(), n.In(0), true) {
		alongAxes(n, n.Ints(), centerRows[float64], centerRows[float32])
	}
}

// centerBackward is Center again: it is its own transpose.
func centerBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	return array.Instance(n.DType(), subtractMeans[float64], subtractMeans[float32])(n, dst, ct, fresh)
}

// subtractMeans sets dst to x less its means over the node's axes, or adds that. It returns false, and does nothing, where
// functions of lines do not do.
func subtractMeans[T constraints.Float](n graph.Node, dst, x *tensor.Tensor, set bool) bool {
	inner, ok := innerLines(n)
	if !ok || x.Len() == 0 {
		return false
	}
	size := reducedLen(n)
	lines := x.Len() / size
	scratch := n.Buffer(3, lines)
	defer n.FreeTemp(scratch)
	s := tensor.Data[T](scratch)
	hi, lo, ones := s[:lines], s[lines:2*lines], s[2*lines:]
	if !kernel.MeanLines(hi, lo, tensor.Data[T](x), size, inner) {
		return false
	}
	kernel.Fill(ones, 1)
	kernel.ScaleLines(tensor.Data[T](dst), tensor.Data[T](x), hi, lo, ones, size, inner, set)
	return true
}
