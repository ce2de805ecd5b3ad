package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// The numbers that rows describe their operations at.
var (
	nan     = math.NaN()
	inf     = math.Inf(1)
	negZero = math.Copysign(0, -1)
)

// at returns the value and the derivative of an operation at one of these numbers.
func at(value, derivative float64) graph.Point {
	return graph.Point{Value: value, Derivative: derivative}
}

// adding makes the Backward of a row from a function that adds to dst what the cotangent contributes.
func adding(add func(n graph.Node, i int, ct, dst *tensor.Tensor)) func(graph.Node, int, *tensor.Tensor, *tensor.Tensor, bool) bool {
	return func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
		if fresh {
			dst.Zero()
		}
		add(n, i, ct, dst)
		return true
	}
}

// sameElements is the Passes of an operation whose result has the elements of the operand in their order, if it has as
// many.
func sameElements(n graph.Node, i int) (from int, ok bool) { return 0, sameLen(n, i) }

// sameLen reports whether the result has as many elements as operand i.
func sameLen(n graph.Node, i int) bool { return n.Out().Len() == n.In(i).Len() }

// What a rule records depends on shapes, constant parameters and which operands want a gradient, never on the numbers
// of the operands: the graph of a gradient is the same for all of them. Where a formula fails for some numbers, the rule
// selects with [Where], or takes a formula that does not fail.

// divOrZero returns a/b, but 0 where b is 0: the derivative that a length has at the origin.
func divOrZero(a, b graph.Value) graph.Value {
	zero := b.Graph().Const(0)
	return Where(Eq(b, zero), zero, Div(a, b))
}

// oneMinus returns 1 - x.
func oneMinus(x graph.Value) graph.Value { return AddScalar(Neg(x), 1) }
