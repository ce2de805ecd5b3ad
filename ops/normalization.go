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

var opLayerNorm, opRMSNorm, opBatchNorm graph.Op

func init() {
	rowBackward := adding(func(n graph.Node, i int, ct, dst *tensor.Tensor) {
		if ct.Len() > 0 {
			array.Instance(dst.DType(), rowNormBackward[float64], rowNormBackward[float32])(n, i, ct, dst)
		}
	})
	rowVJP := func(n graph.Node, i int, ct graph.Value) graph.Value {
		return normVJP(n, i, ct, []int{-1}, n.Input(1))
	}
	register(&opLayerNorm, graph.Row{
		Name: "layer_norm", Func: LayerNorm, Params: "x, gain, bias, eps",
		Doc:        "every row along the last axis shifted and scaled to mean 0 and variance 1, times gain, plus bias",
		Formula:    "(x - x̄)/√(σ² + eps)·gain + bias",
		Derivative: "(g - ḡ - x̂·mean(g·x̂))/√(σ² + eps) for g = ct·gain; ct·x̂; ct",
		Forward: func(n graph.Node) {
			array.Instance(n.Out().DType(), layerNorm[float64], layerNorm[float32])(n)
		},
		Backward: rowBackward,
		VJP:      rowVJP,
		Try:      []string{"(4) (4) (4) 0.1", "(2,3) (3) (3) 0.01", "(2,2,3) (3) (3) 0.5", "(1,1) (1) (1) 1", "(0,2) (2) (2) 1", "(2,0) (0) (0) 1"},
		Source:   "Ba, Kiros and Hinton (2016), Layer normalization; two passes, Chan, Golub and LeVeque (1983)",
	})
	register(&opRMSNorm, graph.Row{
		Name: "rms_norm", Func: RMSNorm, Params: "x, gain, eps",
		Doc:        "every row along the last axis scaled to mean square 1, times gain",
		Formula:    "x/√(mean(x²) + eps)·gain",
		Derivative: "(g - x̂·mean(g·x̂))/√(mean(x²) + eps) for g = ct·gain; ct·x̂",
		Forward: func(n graph.Node) {
			array.Instance(n.Out().DType(), rmsNorm[float64], rmsNorm[float32])(n)
		},
		Backward: rowBackward,
		VJP:      rowVJP,
		Try:      []string{"(4) (4) 0.1", "(2,3) (3) 0.01", "(2,2,3) (3) 0.5", "(1,1) (1) 1", "(0,2) (2) 1", "(2,0) (0) 1"},
		Source:   "Zhang and Sennrich (2019), Root mean square layer normalization, equation 4",
	})
	register(&opBatchNorm, graph.Row{
		Name: "batch_norm", Func: BatchNorm, Params: "x, gain, bias, eps",
		Doc:        "every channel, axis 1, shifted and scaled to mean 0 and variance 1 over the batch, times gain, plus bias",
		Formula:    "(x - x̄)/√(σ² + eps)·gain + bias",
		Derivative: "(g - ḡ - x̂·mean(g·x̂))/√(σ² + eps) for g = ct·gain; Σ ct·x̂; Σ ct",
		Forward: func(n graph.Node) {
			array.Instance(n.Out().DType(), batchNorm[float64], batchNorm[float32])(n)
		},
		Backward: adding(func(n graph.Node, i int, ct, dst *tensor.Tensor) {
			if ct.Len() > 0 {
				array.Instance(dst.DType(), batchNormBackward[float64], batchNormBackward[float32])(n, i, ct, dst)
			}
		}),
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			return normVJP(n, i, ct, exceptChannels(len(n.Dims())), perChannel(n.Input(1), len(n.Dims())))
		},
		Try:    []string{"(4,2) (2) (2) 0.1", "(2,3,2) (3) (3) 0.01", "(2,2,2,3) (2) (2) 0.5", "(1,2) (2) (2) 1", "(0,2) (2) (2) 1"},
		Source: "Ioffe and Szegedy (2015), Batch normalization, algorithm 1",
	})
}

// LayerNorm returns (x - x̄)/√(σ² + eps)·gain + bias, where mean x̄ and variance σ² (divided by n) are those of each row
// along the last axis. x has shape (...,n), gain and bias (n). A large offset of x costs no digits, and no
// square of x overflows or underflows on the way, in its derivatives neither.
//
// Derivative: with x̂ = (x - x̄)/√(σ² + eps) and g = ct·gain, (g - ḡ - x̂·mean(g·x̂))/√(σ² + eps) by x, where the bar and
// mean go along the last axis; ct·x̂ by gain and ct by bias, summed over the rows.
//
// Special cases are:
//
//	a constant row has x̂ = 0, if eps > 0
//	a constant row for eps = 0, and a row with NaN or an infinity, gives NaN
//
// It panics with a [*graph.Error] if x is a scalar, gain or bias has another shape than (n), or eps is negative or NaN.
func LayerNorm(x, gain, bias graph.Value, eps float64) graph.Value {
	c := graph.Begin(opLayerNorm, x, gain, bias)
	dims := c.Dims(0)
	if len(dims) == 0 {
		panic(c.Errorf(graph.ErrShape, "x is a scalar: it must have an axis to normalize along"))
	}
	mustNorm(c, dims[len(dims)-1], "the last axis", eps, "gain", "bias")
	return c.Floats(eps, 0).Record(dims...)
}

// RMSNorm returns x/√(mean(x²) + eps)·gain, where the mean goes along the last axis: [LayerNorm] without a shift. x has
// shape (...,n) and gain (n). No square of x overflows or underflows on the way, in its derivatives neither.
//
// Derivative: with x̂ = x/√(mean(x²) + eps) and g = ct·gain, (g - x̂·mean(g·x̂))/√(mean(x²) + eps) by x; ct·x̂ by gain,
// summed over the rows.
//
// Special cases are:
//
//	a row of zeros gives 0, if eps > 0
//	a row of zeros for eps = 0, and one with NaN or an infinity, gives NaN
//
// It panics with a [*graph.Error] if x is a scalar, gain has another shape than (n), or eps is negative or NaN.
func RMSNorm(x, gain graph.Value, eps float64) graph.Value {
	c := graph.Begin(opRMSNorm, x, gain)
	dims := c.Dims(0)
	if len(dims) == 0 {
		panic(c.Errorf(graph.ErrShape, "x is a scalar: it must have an axis to normalize along"))
	}
	mustNorm(c, dims[len(dims)-1], "the last axis", eps, "gain")
	return c.Floats(eps, 0).Record(dims...)
}

// BatchNorm returns (x - x̄)/√(σ² + eps)·gain + bias, where mean x̄ and variance σ² (divided by n) are those of each
// channel over the batch, and over the places of an image: x has shape (batch,channels) or (batch,channels,...), gain and
// bias (channels). Large and small numbers are treated as in [LayerNorm]. This is what training does; see
// [BatchNormMoments] and [BatchNormFixed] for what a network uses afterwards.
//
// Derivative: with x̂ = (x - x̄)/√(σ² + eps) and g = ct·gain, (g - ḡ - x̂·mean(g·x̂))/√(σ² + eps) by x, where the bar and
// mean go over a channel; Σ ct·x̂ by gain and Σ ct by bias.
//
// Special cases are:
//
//	a constant channel, such as that of a batch of one, has x̂ = 0, if eps > 0
//	a constant channel for eps = 0, and one with NaN or an infinity, gives NaN
//
// It panics with a [*graph.Error] if x has fewer than two axes, gain or bias has another shape than (channels), or eps is
// negative or NaN.
func BatchNorm(x, gain, bias graph.Value, eps float64) graph.Value {
	c := graph.Begin(opBatchNorm, x, gain, bias)
	dims := c.Dims(0)
	mustChannels("ops.BatchNorm", dims)
	mustNorm(c, dims[1], "axis 1", eps, "gain", "bias")
	return c.Floats(eps, 0).Record(dims...)
}

// BatchNormMoments returns [BatchNorm], and the mean and the variance (divided by n) of each channel that it has
// computed on the way: constants of shape (channels), for running averages. They are NaN if x has no elements.
//
// It panics with a [*graph.Error] as BatchNorm does.
func BatchNormMoments(x, gain, bias graph.Value, eps float64) (y, mean, variance graph.Value) {
	y = BatchNorm(x, gain, bias, eps)
	n, g := y.Node(), x.Graph()
	moments := g.Temp(y.Dims()[1])
	constant := func(k int) graph.Value {
		if y.Len() == 0 {
			moments.Fill(math.NaN())
		} else {
			copyElements(moments, 0, n.Saved(1), k*moments.Len(), moments.Len())
		}
		return g.ConstTensor(moments)
	}
	mean, variance = constant(1), constant(2)
	g.FreeTemp(moments)
	return y, mean, variance
}

// BatchMoments returns the mean and the variance (divided by n) of each channel, axis 1, of x over all other axes, as
// functions of x. Shape (batch,channels,...) gives (channels). [BatchNormMoments] has their values where x is
// normalized anyway.
//
// Derivative: that of [Mean] and of [Variance]; see [StopGradient].
//
// It panics with a [*graph.Error] if x has fewer than two axes.
func BatchMoments(x graph.Value) (mean, variance graph.Value) {
	const op = "ops.BatchMoments"
	x.Check(op)
	mustChannels(op, x.Dims())
	axes := exceptChannels(x.Rank())
	return Mean(x, axes...), Variance(x, axes...)
}

// BatchNormFixed is [BatchNorm] with the given mean and variance, of shape (channels), in place of the batch's own: what
// a network does once it is trained, with running averages.
//
// Derivative: that of the formula (x - mean)/√(variance + eps)·gain + bias.
//
// It panics with a [*graph.Error] if x has fewer than two axes or one of the others has another shape than (channels).
func BatchNormFixed(x, mean, variance, gain, bias graph.Value, eps float64) graph.Value {
	const op = "ops.BatchNormFixed"
	x.Check(op)
	mustChannels(op, x.Dims())
	for i, v := range []graph.Value{mean, variance, gain, bias} {
		v.CheckIn(op, x.Graph())
		if d := v.Dims(); len(d) != 1 || d[0] != x.Dims()[1] {
			panic(graph.Errorf(op, graph.ErrShape, "%s has shape %s: it must be (%d), one number for each channel of x %s", [...]string{"mean", "variance", "gain", "bias"}[i], tensor.FormatShape(d), x.Dims()[1], tensor.FormatShape(x.Dims())))
		}
	}
	scale := Mul(gain, Rsqrt(AddScalar(variance, eps)))
	return Add(Mul(Sub(x, perChannel(mean, x.Rank())), perChannel(scale, x.Rank())), perChannel(bias, x.Rank()))
}

// mustChannels panics unless the shape has an axis of channels.
func mustChannels(op string, dims []int) {
	if len(dims) < 2 {
		panic(graph.Errorf(op, graph.ErrShape, "x has shape %s: it must be (batch,channels) or (batch,channels,...)", tensor.FormatShape(dims)))
	}
}

// mustNorm checks eps and the operands behind the first, whose names are given.
func mustNorm(c graph.Call, n int, axis string, eps float64, names ...string) {
	for i, name := range names {
		if d := c.Dims(i + 1); len(d) != 1 || d[0] != n {
			panic(c.Errorf(graph.ErrShape, "%s has shape %s and x %s: it must be (%d), one number for each element of %s", name, tensor.FormatShape(d), tensor.FormatShape(c.Dims(0)), n, axis))
		}
	}
	if !(eps >= 0) {
		panic(c.Errorf(graph.ErrValue, "eps is %v: it must be 0 or more, such as 1e-5", eps))
	}
}

// exceptChannels returns all axes but axis 1.
func exceptChannels(rank int) []int {
	axes := []int{0}
	for i := 2; i < rank; i++ {
		axes = append(axes, i)
	}
	return axes
}

// perChannel reshapes one number for each channel so that it broadcasts over x of the given rank.
func perChannel(v graph.Value, rank int) graph.Value {
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], v.Dims()[0])
	for range rank - 2 {
		shape = append(shape, 1)
	}
	return Reshape(v, shape...)
}

// normVJP is the rule of all normalizations, along the given axes.
func normVJP(n graph.Node, i int, ct graph.Value, axes []int, gain graph.Value) graph.Value {
	x := n.Input(0)
	if x.Node().Data().Len() == 0 {
		return zeroVJP(n, i, ct)
	}
	others := slices.Clone(axes)
	if len(axes) == 1 && axes[0] == -1 {
		others = others[:0]
		for k := range x.Rank() - 1 {
			others = append(others, k)
		}
	}
	if i == 2 {
		return sumOver(ct, others)
	}
	if math.IsInf(n.Float(0), 1) {
		return zeroVJP(n, i, ct) // all x̂ are 0, whatever x is
	}
	kept := x.Shape()
	for _, a := range axes {
		kept[(a+len(kept))%len(kept)] = 1
	}
	mean := func(v graph.Value) graph.Value { return Reshape(Mean(v, axes...), kept...) }
	// Numbers are divided by their size, √(σ² + eps), before they are squared, so that squares neither overflow nor
	// underflow. The size is a constant here: it cancels, so that no derivative depends on it.
	root := n.Graph().Const(math.Sqrt(n.Float(0)))
	center, deviation := func(v graph.Value) graph.Value { return Center(v, axes...) }, Std
	if n.Op() == opRMSNorm {
		center, deviation = func(v graph.Value) graph.Value { return v }, rootMeanSquare
	}
	size := StopGradient(Hypot(Reshape(deviation(x, axes...), kept...), root))
	distance := Div(center(x), size)
	scale := Rsqrt(Add(mean(Square(distance)), Square(Div(root, size))))
	normal := Mul(distance, scale)
	if i == 1 {
		return sumOver(Chain(ct, normal), others)
	}
	g := Chain(ct, gain)
	d := Sub(center(g), Chain(mean(Chain(g, normal)), normal))
	return Chain(Chain(d, scale), Reciprocal(size))
}

// rootMeanSquare returns √mean(x²), whose squares neither overflow nor underflow.
func rootMeanSquare(x graph.Value, axes ...int) graph.Value {
	norm := Norm(x, axes...)
	return MulScalar(norm, math.Sqrt(float64(norm.Len())/float64(x.Len())))
}

// sumOver is Sum over the given axes, of which there may be none.
func sumOver(x graph.Value, axes []int) graph.Value {
	if len(axes) == 0 {
		return x
	}
	return Sum(x, axes...)
}

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
	normal := tensor.Data[T](n.Save(0, out.Dims()...))
	normalizeRows(normal, tensor.Data[T](n.Save(1, out.Len()/k)), nil, tensor.Data[T](n.In(0)), k, n.Float(0))
	for i := 0; i < len(y); i += k {
		kernel.Mul(y[i:i+k], normal[i:i+k], gain)
		kernel.Add(y[i:i+k], y[i:i+k], bias)
	}
}

// rowNormBackward is the backward kernel of [LayerNorm] and of [RMSNorm].
func rowNormBackward[T constraints.Float](n graph.Node, i int, ct, dst *tensor.Tensor) {
	if i == 2 {
		array.AddReduced(dst, ct)
		return
	}
	d, w, normal := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](n.Saved(0))
	gain, scale := tensor.Data[T](n.In(1)), tensor.Data[T](n.Saved(1))
	k := len(gain)
	if i == 1 {
		for j := 0; j < len(w); j += k {
			kernel.MulAddTo(d, w[j:j+k], normal[j:j+k])
		}
		return
	}
	buffer := n.Temp(k)
	g := tensor.Data[T](buffer)
	for r, s := range scale {
		clear(g)
		kernel.MulAddTo(g, w[r*k:(r+1)*k], gain)
		addNormalized(d[r*k:(r+1)*k], g, normal[r*k:(r+1)*k], s, n.Op() == opLayerNorm)
	}
	n.FreeTemp(buffer)
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
	rows := n.Temp(dims[:x.Rank()]...)
	array.Permute(rows, x, swapChannels[:x.Rank()])
	return rows
}

func batchNorm[T constraints.Float](n graph.Node) {
	out := n.Out()
	if out.Len() == 0 {
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

func batchNormBackward[T constraints.Float](n graph.Node, i int, ct, dst *tensor.Tensor) {
	rows := channelsFirst(n, ct)
	d, w, normal := tensor.Data[T](dst), tensor.Data[T](rows), tensor.Data[T](n.Saved(0))
	gain, scale := tensor.Data[T](n.In(1)), tensor.Data[T](n.Saved(1))
	k := len(w) / len(gain)
	buffer := n.Temp(2 * k)
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
}
