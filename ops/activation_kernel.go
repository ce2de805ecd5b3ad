package ops

import (
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

func logSigmoidSlope[T constraints.Float](b block[T]) {
	kernel.Neg(b.d, b.x)
	kernel.Sigmoid(b.d, b.d)
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

func eluSlope(n graph.Node) slopeOf { return slopeOf{op: kernel.SlopeELU, a: n.In(0), p: n.Float(0)} }
