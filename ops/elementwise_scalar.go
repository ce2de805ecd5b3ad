package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"golang.org/x/exp/constraints"
)

// separately gives an elementwise row of one operand kernels that compute the value alone, or the derivative alone, where
// its scalar function has both: of a special function each takes its time. p is the row's first parameter, or 0.
func separately(value, slope func(x, p float64) float64, row graph.Row) graph.Row {
	row.Forward = func(n graph.Node) {
		if n.DType() == tensor.Float32 {
			eachValue[float32](n, value)
		} else {
			eachValue[float64](n, value)
		}
	}
	row.Backward = func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
		if n.DType() == tensor.Float32 {
			addEachSlope[float32](n, ct, dst, fresh, slope)
		} else {
			addEachSlope[float64](n, ct, dst, fresh, slope)
		}
		return true
	}
	row.InPlace = true
	return row
}

func eachValue[T constraints.Float](n graph.Node, value func(x, p float64) float64) {
	out, x, p := tensor.Data[T](n.Out()), tensor.Data[T](n.In(0)), n.Float(0)
	for i, v := range x[:len(out)] {
		out[i] = T(value(float64(v), p))
	}
}

func addEachSlope[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor, fresh bool, slope func(x, p float64) float64) {
	w, d, p := tensor.Data[T](ct), tensor.Data[T](dst), n.Float(0)
	for i, v := range tensor.Data[T](n.In(0))[:len(d)] {
		var part T
		if w[i] != 0 { // zero wins over an infinite or undefined derivative
			part = T(float64(w[i]) * slope(float64(v), p))
		}
		if fresh {
			d[i] = part
		} else {
			d[i] += part
		}
	}
}
