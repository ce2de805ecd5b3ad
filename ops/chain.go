package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

var opChain, opMulZeroWins graph.Op

func init() {
	register(&opChain, graph.Row{
		Name: "chain", Func: Chain, Params: "ct, d",
		Doc:        "the chain rule's product: a cotangent of 0 wins over any derivative",
		Formula:    "ct·d",
		Derivative: "d, ct",
		Value:      "where(eq(ct, 0), 0, ct*d)",
		Slopes:     []string{"d", "ct"},
		Selects:    []int{1},
		Binary:     chain,
		Forward:    chainForward,
		Backward:   mulBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 0 {
				return Chain(ct, n.Input(1))
			}
			// The cotangent that was 0 goes on winning: ct may be the undefined derivative of a branch not taken.
			return MulZeroWins(ct, n.Input(0))
		},
		Source: "chain rule; the zero as in TensorFlow's mul_no_nan",
	})
	register(&opMulZeroWins, graph.Row{
		Name: "mul_zero_wins", Func: MulZeroWins, Params: "a, b",
		Doc:        "product in which a zero of either operand wins",
		Formula:    "a·b",
		Derivative: "b, a",
		Value:      "where(eq(a, 0)+eq(b, 0), 0, a*b)",
		Slopes:     []string{"b", "a"},
		Selects:    []int{0, 1},
		Binary: func(a, b float64) (float64, float64, float64) {
			return zeroWins(a, b), b, a
		},
		Forward:  mappedPairs(kernel.MapMulZeroWins),
		Backward: mulBackward,
		VJP:      func(n graph.Node, i int, ct graph.Value) graph.Value { return MulZeroWins(ct, n.Input(1-i)) },
		Source:   "as TensorFlow's mul_no_nan, for both operands",
	})
}

// Chain returns the product of a cotangent with a local derivative as the chain rule of this engine has it: 0 where
// ct is 0, whatever d is, and ct·d elsewhere. The rules of all operations multiply with it, so that a branch that was
// not taken never turns a gradient into NaN. It is differentiable in both operands. Shapes broadcast as in NumPy.
//
// Derivative: d by ct, ct by d.
//
// Special cases are:
//
//	Chain(±0, d) = +0 for every d, Inf and NaN too
func Chain(ct, d graph.Value) graph.Value { return graph.Binary(opChain, ct, d) }

// MulZeroWins returns a·b, and 0 where a or b is 0, whatever the other. Derivatives of [Chain] by its second operand
// are made with it. Shapes broadcast as in NumPy.
//
// Derivative: b by a, a by b.
//
// Special cases are:
//
//	MulZeroWins(±0, b) = MulZeroWins(b, ±0) = +0 for every b, Inf and NaN too
func MulZeroWins(a, b graph.Value) graph.Value { return graph.Binary(opMulZeroWins, a, b) }

// zeroWins is MulZeroWins for numbers.
func zeroWins(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a * b
}

func chain(ct, d float64) (y, dct, dd float64) {
	if ct == 0 {
		return 0, d, ct
	}
	return ct * d, d, ct
}

func chainForward(n graph.Node) {
	out := n.Out()
	switch {
	case len(n.In(0).Dims()) != out.Rank() || n.In(0).Len() != out.Len():
		graph.MapPairs(n, func(ct, d float64) float64 {
			y, _, _ := chain(ct, d)
			return y
		})
	case out.DType() == tensor.Float32:
		addProduct[float32](n, out, n.In(0), n.In(1), true, false)
	default:
		addProduct[float64](n, out, n.In(0), n.In(1), true, false)
	}
}
