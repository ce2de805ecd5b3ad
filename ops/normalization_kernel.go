package ops

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// normalizeRows sets normal to the rows of x, of length n, with mean 0 and variance 1, and scale to what they were
// multiplied with. If moments are not nil, they become the means of the rows, and behind them the variances.
func normalizeRows[T constraints.Float](normal, scale, moments, x []T, n int, eps float64) {
	low, high := plainVariances[T]()
	for i := range scale {
		row, from := normal[i*n:(i+1)*n], x[i*n:(i+1)*n]
		kernel.AddScalar(row, from, -from[0])
		m := float64(from[0]) + centerDistances(row)
		v := kernel.Dot64(row, row) / float64(n)
		if square := v + eps; low <= square && square <= high {
			scale[i] = T(1 / math.Sqrt(square))
			kernel.MulScalar(row, row, scale[i])
		} else {
			scale[i] = normalizeScaled(row, from, eps)
			if moments != nil {
				m, v = meanOf(from), variance(from, float64(n))
			}
		}
		if moments != nil {
			moments[i], moments[len(scale)+i] = T(m), T(v)
		}
	}
}

// centerDistances centers a row of distances from its first element: they become distances from their mean, which it
// returns, and then from what is left of a mean after rounding.
func centerDistances[T constraints.Float](row []T) (mean float64) {
	n := float64(len(row))
	shift := T(-kernel.Sum64(row) / n)
	kernel.AddScalar(row, row, shift)
	rest := kernel.Sum64(row) / n
	if T(rest) != 0 {
		kernel.AddScalar(row, row, -T(rest))
	}
	return rest - float64(shift)
}

// plainVariances returns between which bounds a variance is right as it is computed, its squares having neither overflowed
// nor vanished, and its root has an inverse of full precision.
func plainVariances[T constraints.Float]() (low, high float64) {
	if one := T(1); one+0x1p-30 == one { // single precision
		return 0x1p-250, 0x1p250
	}
	return 0x1p-900, 0x1p1000
}

// normalizeScaled is [normalizeRows] for one row of very large or very small numbers. It scales them by powers of two, which
// rounds nothing.
func normalizeScaled[T constraints.Float](normal, x []T, eps float64) (scale T) {
	exponent := scaleRow(normal, x)
	kernel.AddScalar(normal, normal, -normal[0])
	centerDistances(normal)
	exponent += scaleRow(normal, normal) // an offset may have been much larger than the distances
	return normalizeBy(normal, exponent, eps)
}

// normalizeBy divides a row by √(mean square + eps), where both are for the row times 2^exponent. It returns what the
// row has been multiplied with, counted from the row times 2^exponent too.
func normalizeBy[T constraints.Float](normal []T, exponent int, eps float64) (scale T) {
	deviation := math.Sqrt(kernel.Dot64(normal, normal) / float64(len(normal)))
	root := math.Sqrt(eps)
	if actual := math.Ldexp(deviation, exponent); actual < root {
		size := root * math.Hypot(1, actual/root)
		for i, v := range normal {
			normal[i] = T(math.Ldexp(float64(v), exponent) / size)
		}
		return T(1 / size)
	}
	size := math.Hypot(deviation, math.Ldexp(root, -exponent))
	if math.IsInf(size, 0) {
		size = math.NaN() // for the finite elements of the row too
	}
	for i, v := range normal {
		normal[i] = T(float64(v) / size)
	}
	return T(math.Ldexp(1/size, -exponent))
}

// scaleRow sets dst to x·2^-exponent for the exponent that brings the largest element between ½ and 1. Where that is 0 or
// not finite the exponent is 0.
func scaleRow[T constraints.Float](dst, x []T) (exponent int) {
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(float64(v)))
	}
	if finite(largest) {
		_, exponent = math.Frexp(largest)
	}
	for i, v := range x {
		dst[i] = T(math.Ldexp(float64(v), -exponent))
	}
	return exponent
}

// addNormalized adds to dst the cotangent of a row for the cotangent g of the normalized row, which it overwrites. The
// row was centered unless it has only been scaled.
func addNormalized[T constraints.Float](dst, g, normal []T, scale T, centered bool) {
	if !slices.ContainsFunc(g, func(v T) bool { return v != 0 }) {
		return // zero wins
	}
	n := float64(len(g))
	slope := kernel.Dot64(g, normal) / n
	if centered {
		kernel.AddScalar(g, g, T(-kernel.Sum64(g)/n))
	}
	kernel.Axpy(g, T(-slope), normal)
	kernel.Axpy(dst, scale, g)
}

// rmsRows sets normal to the rows of x, of length n, with mean square 1, and scale to what they were multiplied with.
func rmsRows[T constraints.Float](normal, scale, x []T, n int, eps float64) {
	low, high := plainVariances[T]()
	for i := range scale {
		row, from := normal[i*n:(i+1)*n], x[i*n:(i+1)*n]
		if square := kernel.Dot64(from, from)/float64(n) + eps; low <= square && square <= high {
			scale[i] = T(1 / math.Sqrt(square))
			kernel.MulScalar(row, from, scale[i])
		} else {
			scale[i] = normalizeBy(row, scaleRow(row, from), eps)
		}
	}
}

func rmsNorm[T constraints.Float](n graph.Node) {
	out := n.Out()
	if out.Len() == 0 {
		return
	}
	y, gain := tensor.Data[T](out), tensor.Data[T](n.In(1))
	k := len(gain)
	normal := tensor.Data[T](n.Save(0, out.Dims()...))
	rmsRows(normal, tensor.Data[T](n.Save(1, out.Len()/k)), tensor.Data[T](n.In(0)), k, n.Float(0))
	for i := 0; i < len(y); i += k {
		kernel.Mul(y[i:i+k], normal[i:i+k], gain)
	}
}

func layerNorm[T constraints.Float](n graph.Node) {
	out := n.Out()
	if out.Len() == 0 {
		return
	}
	y, gain, bias := tensor.Data[T](out), tensor.Data[T](n.In(1)), tensor.Data[T](n.In(2))
	k := len(gain)
	x, rows := tensor.Data[T](n.In(0)), len(y)/k
	normal := tensor.Data[T](n.Save(0, out.Dims()...))
	scale := tensor.Data[T](n.Save(1, rows+2*k))[:rows] // and behind it what layerNormCommon leaves
	_, high := plainVariances[T]()
	low, _ := normalRange[T]()
	if kernel.NormalizeRows(y, normal, scale, x, gain, bias, k, n.Float(0), low, high) {
		return
	}
	for r, s := range scale {
		if s == s {
			continue
		}
		row, to := normal[r*k:(r+1)*k], y[r*k:(r+1)*k]
		normalizeRows(row, scale[r:r+1], nil, x[r*k:(r+1)*k], k, n.Float(0))
		kernel.Mul(to, row, gain)
		kernel.Add(to, to, bias)
	}
}

// plainScale returns 1/√(variance + eps), and whether it is right as it is computed: not if a variance that counts may be
// too small for all digits of a T.
func plainScale[T constraints.Float](variance T, eps float64) (scale T, plain bool) {
	_, high := plainVariances[T]()
	low, _ := normalRange[T]()
	v := float64(variance)
	return T(1 / math.Sqrt(v+eps)), max(v, eps) >= low && v+eps <= high
}

// layerNormCommon computes the derivatives by gain and bias, which are sums over the same numbers.
func layerNormCommon[T constraints.Float](n graph.Node, ct *tensor.Tensor) {
	if ct.Len() == 0 || !n.Wants(1) && !n.Wants(2) {
		return
	}
	k := n.In(1).Len()
	sums := tensor.Data[T](n.Saved(1))[ct.Len()/k:]
	gainSums(n, sums[:k], sums[k:], ct)
}

// gainSums sets sums to Σ ct and products to Σ ct·normal, by columns.
func gainSums[T constraints.Float](n graph.Node, sums, products []T, ct *tensor.Tensor) {
	k := len(sums)
	scratch := n.Buffer(k)
	zeros := tensor.Data[T](scratch)
	clear(zeros)
	kernel.ProductLines(sums, products, zeros, zeros, tensor.Data[T](ct), tensor.Data[T](n.Saved(0)), ct.Len()/k, k)
	n.FreeTemp(scratch)
}

// rowNormBackward is the backward kernel of [LayerNorm] and of [RMSNorm].
func rowNormBackward[T constraints.Float](n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) {
	d, w, gain := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](n.In(1))
	if len(w) == 0 {
		clearIf(fresh, d)
		return
	}
	k, layer := len(gain), n.Op() == opLayerNorm
	rows := len(w) / k
	normal, saved := tensor.Data[T](n.Saved(0)), tensor.Data[T](n.Saved(1))
	if i == 0 {
		kernel.NormalizeRowsBackward(d, w, normal, gain, saved[:rows], k, layer, fresh)
		return
	}
	clearIf(fresh, d)
	if i == 2 {
		kernel.AddTo(d, saved[rows:rows+k])
		return
	}
	scratch := n.Buffer(2, k)
	defer n.FreeTemp(scratch)
	products := tensor.Data[T](scratch)[k:]
	if layer {
		copy(products, saved[rows+k:])
	} else {
		gainSums(n, tensor.Data[T](scratch)[:k], products, ct)
	}
	if kernel.AllFinite(products) {
		kernel.AddTo(d, products)
		return
	}
	for j := 0; j < len(w); j += k { // zeros of the cotangent win
		kernel.MulAddTo(d, w[j:j+k], normal[j:j+k])
	}
}

// clearIf sets a fresh slice to zeros.
func clearIf[T constraints.Float](fresh bool, d []T) {
	if fresh {
		clear(d)
	}
}

// swapChannels is the order of axes that swaps the first two: it makes channels rows, and undoes it.
var swapChannels = func() (order [tensor.MaxRank]int) {
	for i := range order {
		order[i] = i
	}
	order[0], order[1] = 1, 0
	return order
}()

// channelsFirst returns a temporary tensor with x's channels, axis 1, in front.
func channelsFirst(n graph.Node, x *tensor.Tensor) *tensor.Tensor {
	var dims [tensor.MaxRank]int
	copy(dims[:], x.Dims())
	dims[0], dims[1] = dims[1], dims[0]
	rows := n.Buffer(dims[:x.Rank()]...)
	array.Permute(rows, x, swapChannels[:x.Rank()])
	return rows
}

func batchNorm[T constraints.Float](n graph.Node) {
	out := n.Out()
	if out.Len() == 0 || out.Len() == out.Dims()[0]*out.Dims()[1] && batchNormColumns[T](n) {
		return
	}
	gain, bias := tensor.Data[T](n.In(1)), tensor.Data[T](n.In(2))
	k := out.Len() / len(gain)
	rows := channelsFirst(n, n.In(0))
	y := tensor.Data[T](rows)
	normal := tensor.Data[T](n.Save(0, rows.Dims()...))
	scale := tensor.Data[T](n.Save(1, 3, len(gain))) // and behind it the moments
	normalizeRows(normal, scale[:len(gain)], scale[len(gain):], y, k, n.Float(0))
	for c := range gain {
		row := y[c*k : (c+1)*k]
		kernel.MulScalar(row, normal[c*k:(c+1)*k], gain[c])
		kernel.AddScalar(row, row, bias[c])
	}
	array.Permute(out, rows, swapChannels[:out.Rank()])
	n.FreeTemp(rows)
}

// batchNormCommon is the Common of [BatchNorm].
func batchNormCommon[T constraints.Float](n graph.Node, ct *tensor.Tensor) {
	if ct.Len() > 0 && n.Saved(0) == nil {
		batchNormColumnSums[T](n, ct)
	}
}

func batchNormBackward[T constraints.Float](n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	if ct.Len() > 0 && n.Saved(0) == nil {
		return batchNormColumnsBackward[T](n, i, ct, dst, fresh)
	}
	if fresh {
		dst.Zero()
	}
	if ct.Len() == 0 {
		return true
	}
	rows := channelsFirst(n, ct)
	d, w, normal := tensor.Data[T](dst), tensor.Data[T](rows), tensor.Data[T](n.Saved(0))
	gain, scale := tensor.Data[T](n.In(1)), tensor.Data[T](n.Saved(1))
	k := len(w) / len(gain)
	buffer := n.Buffer(2 * k)
	g, sum := tensor.Data[T](buffer)[:k], tensor.Data[T](buffer)[k:]
	for c := range gain {
		row, hat := w[c*k:(c+1)*k], normal[c*k:(c+1)*k]
		switch i {
		case 0:
			// Zeros of the cotangent win over an infinite gain.
			clear(g)
			kernel.Fill(sum, gain[c])
			kernel.MulAddTo(g, row, sum)
			clear(sum)
			addNormalized(sum, g, hat, scale[c], true)
			copy(row, sum)
		case 1:
			clear(g)
			kernel.MulAddTo(g, row, hat)
			d[c] += kernel.Sum(g)
		default:
			d[c] += kernel.Sum(row)
		}
	}
	if i == 0 {
		array.PermuteAdd(dst, rows, swapChannels[:dst.Rank()])
	}
	n.FreeTemp(buffer)
	n.FreeTemp(rows)
	return true
}
