package ops

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

var opLayerNorm, opRMSNorm, opBatchNorm graph.Op

func init() {
	rowBackward := func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
		array.Instance(dst.DType(), rowNormBackward[float64], rowNormBackward[float32])(n, i, ct, dst, fresh)
		return true
	}
	rowVJP := func(n graph.Node, i int, ct graph.Value) graph.Value {
		return normVJP(n, i, ct, []int{-1}, n.Input(1))
	}
	rowTangent := func(n graph.Node, i int, t graph.Value) graph.Value {
		return normTangent(n, i, t, []int{-1}, func(v graph.Value) graph.Value { return v })
	}
	register(&opLayerNorm, graph.Row{
		Name: "layer_norm", Func: LayerNorm, Params: "x, gain, bias, eps",
		Doc:        "every row along the last axis shifted and scaled to mean 0 and variance 1, times gain, plus bias",
		Formula:    "(x - x̄)/√(σ² + eps)·gain + bias",
		Derivative: "(g - ḡ - x̂·mean(g·x̂))/√(σ² + eps) for g = ct·gain; ct·x̂; ct",
		Forward: func(n graph.Node) {
			array.Instance(n.Out().DType(), layerNorm[float64], layerNorm[float32])(n)
		},
		Common: func(n graph.Node, ct *tensor.Tensor) {
			array.Instance(n.DType(), layerNormCommon[float64], layerNormCommon[float32])(n, ct)
		},
		Backward: rowBackward,
		VJP:      rowVJP,
		Tangent:  rowTangent,
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
		Tangent:  rowTangent,
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
		Common: func(n graph.Node, ct *tensor.Tensor) {
			array.Instance(n.DType(), batchNormCommon[float64], batchNormCommon[float32])(n, ct)
		},
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			return array.Instance(dst.DType(), batchNormBackward[float64], batchNormBackward[float32])(n, i, ct, dst, fresh)
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			return normVJP(n, i, ct, exceptChannels(len(n.Dims())), perChannel(n.Input(1), len(n.Dims())))
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			rank := len(n.Dims())
			return normTangent(n, i, t, exceptChannels(rank), func(v graph.Value) graph.Value { return perChannel(v, rank) })
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
// computed on the way: constants of shape (channels), for running averages. They are NaN if x has no elements. On a graph
// made with [graph.Traced] they are the results of [BatchMoments], which depend on x for whoever runs the trace again, but
// no gradient flows.
//
// It panics with a [*graph.Error] as BatchNorm does.
func BatchNormMoments(x, gain, bias graph.Value, eps float64) (y, mean, variance graph.Value) {
	y = BatchNorm(x, gain, bias, eps)
	n, g := y.Node(), x.Graph()
	if g.Traced() {
		mean, variance = BatchMoments(StopGradient(x))
		return y, mean, variance
	}
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

// normTangent returns what a tangent t of operand i contributes to that of a normalization along the given axes. place
// reshapes gain and bias so that they broadcast over x.
func normTangent(n graph.Node, i int, t graph.Value, axes []int, place func(v graph.Value) graph.Value) graph.Value {
	switch i {
	case 0: // x̂ has a symmetric Jacobian
		return Chain(normVJP(n, 0, t, axes, n.Graph().Const(1)), place(n.Input(1)))
	case 1:
		operands := n.Value().Inputs()
		operands[1] = Broadcast(n.Graph().Const(1), t.Dims()...)
		if len(operands) > 2 {
			operands[2] = Broadcast(n.Graph().Const(0), t.Dims()...)
		}
		normal := graph.Begin(n.Op(), operands...).Floats(n.Float(0), n.Float(1)).Record(n.Dims()...)
		return Chain(place(t), normal)
	}
	return place(t)
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
