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

var opSoftmax, opSafeSoftmax, opLogSoftmax graph.Op

func init() {
	tries := []string{"(3) 0", "(2,3) 1", "(2,3) 0", "(2,3,4) -2", "(1) 0", "(2,1) 1", "(0,3) 1"}
	register(&opSoftmax, withSoftmaxBackward(kernel.SoftmaxLinesBackward[float64], kernel.SoftmaxLinesBackward[float32], graph.Row{
		Name: "softmax", Func: Softmax, Params: "x, axis",
		Doc:        "exponentials along an axis, divided by their sum",
		Formula:    "eˣ / Σ eˣ",
		Derivative: "y·(δ - y)",
		Forward:    func(n graph.Node) { alongLines(n, kernel.SoftmaxLines[float64], kernel.SoftmaxLines[float32]) },
		VJP:        softmaxVJP,
		Tangent:    softmaxVJP, // the Jacobian is symmetric
		Try:        tries,
		Source:     "Bridle (1990); shifted by the maximum, Blanchard, Higham and Higham (2021)",
	}))
	register(&opSafeSoftmax, withSoftmaxBackward(kernel.SoftmaxLinesBackward[float64], kernel.SoftmaxLinesBackward[float32], graph.Row{
		Name: "safe_softmax", Func: SafeSoftmax, Params: "x, axis",
		Doc:        "softmax along an axis, zeros where all elements are masked with -Inf",
		Formula:    "eˣ / Σ eˣ, 0 where Σ eˣ = 0",
		Derivative: "y·(δ - y)",
		Forward:    func(n graph.Node) { alongLines(n, kernel.SafeSoftmaxLines[float64], kernel.SafeSoftmaxLines[float32]) },
		VJP:        softmaxVJP,
		Tangent:    softmaxVJP, // the Jacobian is symmetric
		Try:        tries,
		Source:     "softmax of the elements that are not masked; PyTorch's _safe_softmax",
	}))
	register(&opLogSoftmax, withSoftmaxBackward(kernel.LogSoftmaxLinesBackward[float64], kernel.LogSoftmaxLinesBackward[float32], graph.Row{
		Name: "log_softmax", Func: LogSoftmax, Params: "x, axis",
		Doc:        "logarithm of the softmax along an axis, without overflow",
		Formula:    "x - ln Σ eˣ",
		Derivative: "δ - softmax(x)",
		Forward:    func(n graph.Node) { alongLines(n, kernel.LogSoftmaxLines[float64], kernel.LogSoftmaxLines[float32]) },
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			ct = unmasked(x, ct)
			return unmasked(x, Sub(ct, Chain(alongKept(n, Sum(ct, n.Int(0))), Exp(n.Value()))))
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			x := n.Input(0)
			t = unmasked(x, t)
			return unmasked(x, Sub(t, alongKept(n, Sum(Chain(t, Exp(n.Value())), n.Int(0)))))
		},
		Try:    tries,
		Source: "Blanchard, Higham and Higham (2021), shifted by the maximum",
	}))
}

// Softmax returns eˣ/Σeˣ along an axis. It does not overflow.
//
// Derivative: ∂yᵢ/∂xⱼ = yᵢ·(δᵢⱼ - yⱼ).
//
// An element -Inf is a mask: it is as though it were not there. Its result is 0, whose cotangent is not looked at, its
// gradient is 0, and the others are what they would be without it.
//
// Special cases are:
//
//	an element -Inf beside a finite one gives 0, with derivative 0 whatever the cotangents
//	only elements -Inf give NaN, with derivative 0; see [SafeSoftmax]
//	an element +Inf gives NaN, with derivative NaN
func Softmax(x graph.Value, axis int) graph.Value {
	return along(opSoftmax, x, axis)
}

// SafeSoftmax is [Softmax] where all elements along the axis may be masked with -Inf, as a query of [Attention] that sees
// no key: the result is 0 for them.
//
// Derivative: ∂yᵢ/∂xⱼ = yᵢ·(δᵢⱼ - yⱼ).
//
// Special cases are:
//
//	an element -Inf beside a finite one gives 0, with derivative 0 whatever the cotangents
//	only elements -Inf give 0, with derivative 0
//	an element +Inf gives NaN, with derivative NaN, for all that are not -Inf
func SafeSoftmax(x graph.Value, axis int) graph.Value {
	return along(opSafeSoftmax, x, axis)
}

// LogSoftmax returns x - ln Σeˣ along an axis. It does not overflow.
//
// Derivative: ∂yᵢ/∂xⱼ = δᵢⱼ - softmax(x)ⱼ.
//
// An element -Inf is a mask: it is as though it were not there. Its result is -Inf, whose cotangent is not looked at, its
// gradient is 0, and the others are what they would be without it.
//
// Special cases are:
//
//	an element -Inf beside a finite one gives -Inf, with derivative 0 whatever the cotangents
//	only elements -Inf give NaN, with derivative 0
//	an element +Inf gives NaN, with derivative NaN
func LogSoftmax(x graph.Value, axis int) graph.Value {
	return along(opLogSoftmax, x, axis)
}

func softmaxVJP(n graph.Node, _ int, ct graph.Value) graph.Value {
	x, y := n.Input(0), n.Value()
	ct = unmasked(x, ct)
	return unmasked(x, Chain(Sub(ct, alongKept(n, Sum(Chain(ct, y), n.Int(0)))), y))
}

// unmasked returns v where the logit x is not -Inf, and 0 where it is: what is masked passes nothing on.
func unmasked(x, v graph.Value) graph.Value {
	g := x.Graph()
	return Where(Ne(x, g.Const(math.Inf(-1))), v, g.Const(0))
}

// alongKept reshapes what was reduced over the node's axis so that it broadcasts along it again.
func alongKept(n graph.Node, v graph.Value) graph.Value {
	dims := append([]int{}, n.Dims()...)
	dims[n.Int(0)] = 1
	return Reshape(v, dims...)
}

// alongAxes runs a kernel over rows that hold what lies along the given axes, which are in ascending order.
func alongAxes(n graph.Node, axes []int, f64 func(dst, x []float64, n int), f32 func(dst, x []float32, n int)) {
	x, out := n.In(0), n.Out()
	if out.Len() == 0 {
		return
	}
	y := out
	var list [tensor.MaxRank]int
	order, last := axesLast(list[:0], axes, x.Rank())
	k := 1
	for _, a := range axes {
		k *= x.Dims()[a]
	}
	if !last {
		var free func()
		x, free = permuted(n.Graph(), x, order)
		defer free()
		y = x
	}
	if x.DType() == tensor.Float32 {
		f32(y.Float32s(), x.Float32s(), k)
	} else {
		f64(y.Float64s(), x.Float64s(), k)
	}
	if !last {
		var buf [tensor.MaxRank]int
		array.Permute(out, y, array.InversePermutation(buf[:0], order))
	}
}

// axesLast appends to order the order of axes that puts some of them, given in ascending order, last. It reports whether
// they are last already.
func axesLast(order, axes []int, rank int) (all []int, last bool) {
	for i := range rank {
		if !slices.Contains(axes, i) {
			order = append(order, i)
		}
	}
	order = append(order, axes...)
	return order, slices.IsSorted(order)
}

// alongLines runs a kernel over the lines along the node's axis.
func alongLines(n graph.Node, f64 func(dst, x []float64, n, inner int), f32 func(dst, x []float32, n, inner int)) {
	l := linesOf(n.Dims(), n.Int(0))
	switch {
	case n.Out().Len() == 0:
	case n.DType() == tensor.Float32:
		f32(n.Out().Float32s(), n.In(0).Float32s(), l.n, l.inner)
	default:
		f64(n.Out().Float64s(), n.In(0).Float64s(), l.n, l.inner)
	}
}

// A lineKernel is a [chainKernel] over lines that reads the result y and the operand x.
type lineKernel[T constraints.Float] func(dst, ct, y, x []T, n, inner int, set bool)

// withSoftmaxBackward gives the row of softmax or log_softmax the Backward that follows from kernels.
func withSoftmaxBackward(f64 lineKernel[float64], f32 lineKernel[float32], row graph.Row) graph.Row {
	row.Backward = func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
		y, x, l := n.Out(), n.In(0), linesOf(n.Dims(), n.Int(0))
		switch {
		case dst.Len() == 0:
		case dst.DType() == tensor.Float32:
			f32(dst.Float32s(), ct.Float32s(), y.Float32s(), x.Float32s(), l.n, l.inner, fresh)
		default:
			f64(dst.Float64s(), ct.Float64s(), y.Float64s(), x.Float64s(), l.n, l.inner, fresh)
		}
		return true
	}
	return row
}
