package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// This file holds the kernels of [BatchNorm] where channels are columns, one number of each in a row: they are normalized side by
// side, where images have their channels brought to the front.

// A columnNorm is what is saved of the normalization of columns.
type columnNorm[T constraints.Float] struct {
	scale, mean, variance []T // as for images
	rest                  []T // what the mean lacks
	sum, product          []T // of the cotangent, and of it and the distances from the mean
}

func columnNormOf[T constraints.Float](saved *tensor.Tensor, n int) columnNorm[T] {
	s := tensor.Data[T](saved)
	return columnNorm[T]{s[:n], s[n : 2*n], s[2*n : 3*n], s[3*n : 4*n], s[4*n : 5*n], s[5*n:]}
}

// batchNormColumns is batchNorm for columns of numbers whose variances are plain, else it reports false.
func batchNormColumns[T constraints.Float](n graph.Node) bool {
	y, x := tensor.Data[T](n.Out()), tensor.Data[T](n.In(0))
	gain, bias := tensor.Data[T](n.In(1)), tensor.Data[T](n.In(2))
	width := len(gain)
	scratch := n.Buffer(7, width)
	defer n.FreeTemp(scratch)
	c := columnNormOf[T](scratch, width)
	factor := c.product[width:]
	rows := len(x) / width
	kernel.VarianceLines(c.variance, c.mean, c.rest, x, rows, width, float64(rows), false)
	low, high := normalRange[T]()
	for j, v := range c.variance {
		var plain bool
		if c.scale[j], plain = plainScale(v, n.Float(0)); !plain {
			return false
		}
		factor[j] = c.scale[j] * gain[j]
		if size := math.Abs(float64(factor[j])); !(low < size && size < high) && gain[j] != 0 {
			return false
		}
	}
	copy(tensor.Data[T](n.Save(1, 6, width)), tensor.Data[T](scratch)[:6*width])
	kernel.AffineLines(y, x, c.mean, c.rest, factor, bias, rows, width)
	return true
}

// batchNormColumnSums computes what the derivatives by all operands have in common.
func batchNormColumnSums[T constraints.Float](n graph.Node, ct *tensor.Tensor) {
	width := n.In(1).Len()
	c := columnNormOf[T](n.Saved(1), width)
	kernel.ProductLines(c.sum, c.product, c.mean, c.rest, tensor.Data[T](ct), tensor.Data[T](n.In(0)), ct.Len()/width, width)
}

// batchNormColumnsBackward leaves to the rule what could overflow on the way.
func batchNormColumnsBackward[T constraints.Float](n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	gain := tensor.Data[T](n.In(1))
	width := len(gain)
	c := columnNormOf[T](n.Saved(1), width)
	if !kernel.AllFinite(c.sum) || !kernel.AllFinite(c.product) {
		return false
	}
	d, w, x := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](n.In(0))
	switch {
	case i > 0 && fresh:
		dst.Zero()
		fallthrough
	case i > 0:
		if i == 1 {
			kernel.MulAddTo(d, c.scale, c.product)
		} else {
			kernel.AddTo(d, c.sum)
		}
		return true
	}
	// With x̂ = (x - m)·scale it is gain·scale·(ct - mean ct) - (x - m)·slope.
	scratch := n.Buffer(3, width)
	defer n.FreeTemp(scratch)
	numbers := tensor.Data[T](scratch)
	mean, factor, slope := numbers[:width], numbers[width:2*width], numbers[2*width:]
	count := float64(len(x) / width)
	for j, s := range c.scale {
		f := float64(gain[j]) * float64(s)
		mean[j], factor[j] = T(float64(c.sum[j])/count), T(f)
		slope[j] = T(f * float64(s) * float64(s) * float64(c.product[j]) / count)
	}
	if !kernel.AllFinite(factor) || !kernel.AllFinite(slope) {
		return false
	}
	kernel.SlopeLines(d, w, x, mean, factor, c.mean, c.rest, slope, len(x)/width, width, fresh)
	return true
}
