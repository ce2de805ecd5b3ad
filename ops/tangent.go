package ops

import "github.com/seed366ff29f/chainrule/graph"

// Tangents that several families have in common: what a tangent t of an operand contributes to that of the result. They
// multiply by [Chain], so that a tangent of 0 wins over any derivative.

// reducedTangent is that of a reduction whose attributes are its axes. An element of the operand has a part in one element
// of the result only, so that the VJP of ones is the derivative of that by it.
func reducedTangent(n graph.Node, i int, t graph.Value) graph.Value {
	return Sum(byDerivative(n, i, t), n.Ints()...)
}

// scalarTangent is that of an operation whose result is a scalar: the product with the gradient.
func scalarTangent(n graph.Node, i int, t graph.Value) graph.Value { return Sum(byDerivative(n, i, t)) }

// logitsTangent is scalarTangent for a loss of logits, operand 0: those that are masked contribute nothing.
func logitsTangent(n graph.Node, i int, t graph.Value) graph.Value {
	v := byDerivative(n, i, t)
	if i == 0 {
		v = unmasked(n.Input(0), v)
	}
	return Sum(v)
}

// byDerivative returns the products of a tangent with the VJP of ones.
func byDerivative(n graph.Node, i int, t graph.Value) graph.Value {
	d := n.Row().VJP(n, i, Broadcast(n.Graph().Const(1), n.Dims()...))
	if n.Row().SelectsOperand(i) {
		return MulZeroWins(t, d)
	}
	return Chain(t, d)
}

// zeroTangent is that of an operand without a derivative.
func zeroTangent(n graph.Node) graph.Value { return n.Graph().Const(0) }
