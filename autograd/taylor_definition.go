package autograd

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// expansions are the operations whose series follow from what they are made of: each records that anew, for the
// operands of a node. Numbers of the node itself serve as constants, so that nothing overflows on the way.
var expansions map[string]func(n graph.Node) graph.Value

func init() { // what they call refers to operations
	expansions = map[string]func(n graph.Node) graph.Value{
		"checkpoint": func(n graph.Node) graph.Value {
			return n.Aux().(*checkpoint).evaluate(n, n.Value().Inputs())
		},
		"loop": func(n graph.Node) graph.Value { return n.Aux().(*loop).evaluate(n, n.Value().Inputs()) },
		"logsumexp": func(n graph.Node) graph.Value {
			y := ops.StopGradient(n.Value())
			shift := ops.Where(ops.IsFinite(y), y, n.Graph().Const(0))
			shifted := ops.Sub(unmasked(n.Input(0)), kept(n, shift))
			return ops.Log(ops.Sum(ops.Exp(shifted), n.Ints()...))
		},
		"softmax":      softmaxSeries,
		"safe_softmax": softmaxSeries,
		"log_softmax": func(n graph.Node) graph.Value {
			x, axis := unmasked(n.Input(0)), n.Int(0)
			if n.Value().Len() == 0 {
				return x
			}
			y := ops.Sub(x, alongAxis(n, ops.LogSumExp(x, axis)))
			return ops.Where(masks(x), ops.StopGradient(n.Value()), y)
		},
		"norm": func(n graph.Node) graph.Value {
			size := sizeOf(n)
			return unlessZero(n, ops.Mul(size, ops.Sqrt(ops.Sum(ops.Square(ops.Div(n.Input(0), kept(n, size))), n.Ints()...))))
		},
		"variance": func(n graph.Node) graph.Value {
			return ops.Mean(ops.Square(ops.Center(n.Input(0), n.Ints()...)), n.Ints()...)
		},
		"std": func(n graph.Node) graph.Value {
			return unlessZero(n, ops.Sqrt(ops.Variance(n.Input(0), n.Ints()...)))
		},
		"prod": func(n graph.Node) graph.Value {
			x := n.Input(0)
			for _, axis := range slices.Backward(n.Ints()) { // the later ones first: axes go away
				x = productAlong(x, axis)
			}
			return x
		},
		"cumprod": func(n graph.Node) graph.Value {
			x, axis := n.Input(0), n.Int(0)
			var parts []graph.Value
			for k := range n.Dims()[axis] {
				part := ops.Slice(x, axis, k, k+1)
				if k > 0 {
					part = ops.Mul(parts[k-1], part)
				}
				parts = append(parts, part)
			}
			if len(parts) == 0 {
				return ops.MulScalar(x, 1)
			}
			return ops.Concat(axis, parts...)
		},
		"variance_ddof": varianceSeries,
		"std_ddof":      func(n graph.Node) graph.Value { return unlessZero(n, ops.Sqrt(varianceSeries(n))) },
		"pnorm": func(n graph.Node) graph.Value {
			p, size := n.Float(0), sizeOf(n)
			powers := ops.PowScalar(ops.Abs(ops.Div(n.Input(0), kept(n, size))), p)
			return unlessZero(n, ops.Mul(size, ops.PowScalar(ops.Sum(powers, n.Ints()...), 1/p)))
		},
	}
}

// sizeOf returns the numbers of a norm, by which its operand is divided so that nothing overflows on the way, and 1
// where they are 0 or not finite.
func sizeOf(n graph.Node) graph.Value {
	y, one := ops.StopGradient(n.Value()), n.Graph().Const(1)
	return ops.Where(ops.IsFinite(y), ops.Where(ops.Eq(y, n.Graph().Const(0)), one, y), one)
}

// unlessZero returns v where the numbers of a norm or a standard deviation are not 0. At 0 its derivative is promised
// to be 0, and the series goes on with that.
func unlessZero(n graph.Node, v graph.Value) graph.Value {
	y := ops.StopGradient(n.Value())
	return ops.Where(ops.Eq(y, n.Graph().Const(0)), y, v)
}

// masks are where x is -Inf, which is a mask: its gradient is 0.
func masks(x graph.Value) graph.Value { return ops.Eq(x, x.Graph().Const(math.Inf(-1))) }

// unmasked returns x, with constants for masks.
func unmasked(x graph.Value) graph.Value { return ops.Where(masks(x), ops.StopGradient(x), x) }

// varianceSeries is the definition of a variance with the divisor n - ddof.
func varianceSeries(n graph.Node) graph.Value {
	v := ops.Variance(n.Input(0), n.Ints()...)
	count := float64(n.InputNode(0).Value().Len()) / float64(max(n.Value().Len(), 1))
	return ops.MulScalar(v, count/max(count-n.Float(0), 0))
}

func softmaxSeries(n graph.Node) graph.Value { return ops.Exp(ops.LogSoftmax(n.Input(0), n.Int(0))) }

// kept returns what was reduced over the node's axes in a shape that broadcasts over them.
func kept(n graph.Node, v graph.Value) graph.Value {
	dims := n.InputNode(0).Value().Shape()
	for _, a := range n.Ints() {
		dims[a] = 1
	}
	return ops.Reshape(v, dims...)
}

// alongAxis is kept for an operation along one axis, which stays.
func alongAxis(n graph.Node, v graph.Value) graph.Value {
	dims := n.Value().Shape()
	dims[n.Int(0)] = 1
	return ops.Reshape(v, dims...)
}

// productAlong returns the product along an axis by as many multiplications as halving it takes.
func productAlong(x graph.Value, axis int) graph.Value {
	n := x.Dims()[axis]
	if n == 0 {
		dims := slices.Delete(x.Shape(), axis, axis+1)
		return ops.Broadcast(x.Graph().Const(1), dims...)
	}
	for ; n > 1; n = x.Dims()[axis] {
		half := ops.Mul(ops.Slice(x, axis, 0, n/2), ops.Slice(x, axis, n/2, n/2*2))
		if n%2 == 1 {
			half = ops.Concat(axis, half, ops.Slice(x, axis, n-1, n))
		}
		x = half
	}
	return ops.Squeeze(x, axis)
}
