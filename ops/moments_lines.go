package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// spreads sets the result to variances with the given divisor, or to their roots. The means are saved: the nearest numbers, and
// behind them what these lack.
func spreads(n graph.Node, divisor float64, root bool) {
	array.Instance(n.DType(), spreadsOf[float64], spreadsOf[float32])(n, divisor, root)
}

func spreadsOf[T constraints.Float](n graph.Node, divisor float64, root bool) {
	in, size, inner, done := reducedLines(n)
	defer done()
	if n.Out().Len() == 0 {
		return
	}
	dst, x := tensor.Data[T](n.Out()), tensor.Data[T](in)
	means := tensor.Data[T](n.Save(0, 2, len(dst)))
	if kernel.VarianceLines(dst, means[:len(dst)], means[len(dst):], x, size, inner, divisor, root) {
		return
	}
	f := variance[T]
	if root {
		f = deviation[T]
	}
	mendLines(n, x, size, inner, func(line []T) float64 { return f(line, divisor) })
}

// lengths sets the result to Euclidean lengths.
func lengths[T constraints.Float](n graph.Node) {
	in, size, inner, done := reducedLines(n)
	defer done()
	if n.Out().Len() == 0 {
		return
	}
	x := tensor.Data[T](in)
	if !kernel.NormLines(tensor.Data[T](n.Out()), x, size, inner) {
		mendLines(n, x, size, inner, length[T])
	}
}

func varianceBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	k := float64(reducedLen(n))
	if n.Op() == opVarianceDDof {
		k = freedom(n)
	}
	return array.Instance(dst.DType(), addDistances[float64], addDistances[float32])(n, ct, dst, fresh, 2/k, false)
}

func stdBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	k := float64(reducedLen(n))
	if n.Op() == opStdDDof {
		k = freedom(n)
	}
	return array.Instance(dst.DType(), addDistances[float64], addDistances[float32])(n, ct, dst, fresh, 1/k, true)
}

func normBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	inner, ok := innerLines(n)
	switch size := reducedLen(n); {
	case !ok || dst.Len() == 0:
		return false
	case dst.DType() == tensor.Float32:
		kernel.NormLinesBackward(dst.Float32s(), ct.Float32s(), n.In(0).Float32s(), n.Out().Float32s(), size, inner, fresh)
	default:
		kernel.NormLinesBackward(dst.Float64s(), ct.Float64s(), n.In(0).Float64s(), n.Out().Float64s(), size, inner, fresh)
	}
	return true
}

// addDistances adds c·ct·(x - mean) to dst, divided by the result if so, or leaves it to the rule: where that could overflow or
// vanish on the way, the result or the cotangent is not finite, or the reduced axes do not lie side by side.
func addDistances[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor, fresh bool, c float64, divide bool) bool {
	inner, ok := innerLines(n)
	if !ok || dst.Len() == 0 || math.IsInf(c, 0) {
		return false
	}
	y, w := tensor.Data[T](n.Out()), tensor.Data[T](ct)
	scratch := n.Buffer(len(y))
	defer n.FreeTemp(scratch)
	factors := tensor.Data[T](scratch)
	low, high := normalRange[T]()
	for i, v := range w {
		f := c * float64(v)
		if divide {
			if y[i] == 0 {
				f = 0 // the distances are 0 too
			} else {
				f /= float64(y[i])
			}
		}
		if size := math.Abs(f); v-v != 0 || y[i]-y[i] != 0 || f != 0 && !(low < size && size < high) || f == 0 && v != 0 && y[i] != 0 {
			return false
		}
		factors[i] = T(f)
	}
	means := tensor.Data[T](n.Saved(0))
	kernel.ScaleLines(tensor.Data[T](dst), tensor.Data[T](n.In(0)), means[:len(y)], means[len(y):], factors, reducedLen(n), inner, fresh)
	return true
}

// normalRange returns bounds between which numbers are far from overflow and have all their digits.
func normalRange[T constraints.Float]() (low, high float64) {
	if one := T(1); one+0x1p-30 == one { // single precision
		return 0x1p-100, 0x1p100
	}
	return 0x1p-1000, 0x1p1000
}
