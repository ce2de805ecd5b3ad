package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

func sigmoidChain[T constraints.Float]() chainKernel[T] {
	return chainKernel[T]{kernel.SigmoidBackward[T], kernel.SigmoidBackwardInto[T]}
}

func tanhChain[T constraints.Float]() chainKernel[T] {
	return chainKernel[T]{kernel.TanhBackward[T], kernel.TanhBackwardInto[T]}
}

func reluChain[T constraints.Float]() chainKernel[T] {
	return chainKernel[T]{kernel.ReLUBackward[T], kernel.ReLUBackwardInto[T]}
}

func softplusChain[T constraints.Float]() chainKernel[T] {
	return chainKernel[T]{kernel.SoftplusBackward[T], kernel.SoftplusBackwardInto[T]}
}

func logSigmoidValue[T constraints.Float](b block[T]) {
	kernel.Neg(b.y, b.x)
	kernel.Softplus(b.y, b.y)
	kernel.Fill(b.t, 0)
	kernel.Sub(b.y, b.t, b.y) // 0 - 0 is 0, the negative of 0 is not
}

func logSigmoidSlope[T constraints.Float](b block[T]) {
	kernel.Neg(b.d, b.x)
	kernel.Sigmoid(b.d, b.d)
}

func siluValue[T constraints.Float](b block[T]) {
	valueOr(silu, func(b block[T]) {
		kernel.Sigmoid(b.y, b.x)
		kernel.Mul(b.y, b.y, b.x)
	})(b)
}

func siluSlope[T constraints.Float](b block[T]) {
	slopeOr(silu, func(b block[T]) {
		kernel.Neg(b.t, b.x)
		kernel.Sigmoid(b.t, b.t)
		kernel.Mul(b.t, b.t, b.x)
		kernel.AddScalar(b.t, b.t, 1)
		kernel.Sigmoid(b.d, b.x)
		kernel.Mul(b.d, b.d, b.t)
	})(b)
}

func eluValue[T constraints.Float](b block[T]) {
	expm1Left(b)
	a := T(b.p[0])
	for i, v := range b.x {
		b.y[i] = choose(v > 0, v, a*b.y[i])
	}
}

func eluSlope[T constraints.Float](b block[T]) {
	kernel.Exp(b.d, b.x)
	a := T(b.p[0])
	for i, v := range b.x {
		b.d[i] = choose(v > 0, 1, a*b.d[i])
	}
}

func geluValue[T constraints.Float](b block[T]) {
	valueOr(gelu, func(b block[T]) {
		kernel.MulScalar(b.t, b.x, 1/math.Sqrt2)
		kernel.Erf(b.d, b.t)
		for i, v := range b.x {
			if b.t[i] < -tail {
				y, _ := gelu(float64(v))
				b.y[i] = T(y)
			} else {
				b.y[i] = v * (0.5 + 0.5*b.d[i])
			}
		}
	})(b)
}

func geluSlope[T constraints.Float](b block[T]) {
	slopeOr(gelu, func(b block[T]) {
		kernel.Square(b.d, b.x)
		kernel.MulScalar(b.d, b.d, -0.5)
		kernel.Exp(b.d, b.d)
		kernel.MulScalar(b.d, b.d, 1/(math.SqrtPi*math.Sqrt2))
		kernel.Mul(b.d, b.d, b.x)
		kernel.MulScalar(b.t, b.x, 1/math.Sqrt2)
		kernel.Erf(b.t, b.t)
		for i, v := range b.x {
			if v < -tail*math.Sqrt2 {
				_, dx := gelu(float64(v))
				b.d[i] = T(dx)
			} else {
				b.d[i] += 0.5 + 0.5*b.t[i]
			}
		}
	})(b)
}

// leakyBackward gives a row the Backward of LeakyReLU, which selects nothing on the left if the slope there is 0.
func leakyBackward(row graph.Row) graph.Row {
	leaky := sloped(func(n graph.Node) slopeOf {
		return slopeOf{op: kernel.SlopeLeakyReLU, a: n.In(0), p: n.Float(0)}
	}, row)
	relu := withBackward(ofOperand, reluChain[float64](), reluChain[float32](), row)
	row = leaky
	row.Backward = func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
		if rounded(n.Float(0), n.DType()) == 0 {
			return relu.Backward(n, i, ct, dst, fresh)
		}
		return leaky.Backward(n, i, ct, dst, fresh)
	}
	return row
}
