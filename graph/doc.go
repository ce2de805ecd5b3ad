// Package graph records computations. A [Graph] is a tape: every operation that is applied to its values is written
// down in the order in which it happens, with its result.
//
//	g := graph.New()
//	x := g.Var(2).Named("x")
//	y := ops.Mul(x, x) // %1 = leaf "x", %2 = mul(%1, %1)
//
// # Words
//
//   - A node is one entry of the tape: a leaf or the result of an operation. A [Value] is a handle to it.
//   - A leaf is an input or a parameter. [Graph.Var], [Graph.VarTensor] and [Graph.Bind] make leaves that want a
//     gradient, [Graph.Const], [Graph.ConstTensor] and [Graph.BindConst] make constants.
//   - A scalar is a value of shape (). Its number, and the derivatives of the operation that made it by its operands,
//     are written down as it is recorded.
//   - An adjoint is ∂l/∂v, the derivative of the loss l by the value v. A cotangent is the same as it travels along an
//     edge. Package autograd computes them.
//   - A VJP, vector-Jacobian product, is the rule by which an operation turns the cotangent of its result into those
//     of its operands. It stands in the operation's [Row].
//
// # Why the order of recording is the right one
//
// An operation can only use values that exist, so operands stand before results: the order of recording is a
// topological order, and the backward sweep is one loop from the loss down to the first leaf. Any order in which every
// node comes after all nodes that use it would do, but not every plausible order is one. For
//
//	b = a + a
//	c = b + b
//
// a sweep that runs depth first from c, and passes a node's adjoint on each time it is reached, gives b the half of
// its adjoint when it first goes on to a. Sweeping the tape backwards, b's adjoint is complete, 2, before a gets 2·2.
//
// # Life of a value
//
// Reset empties the tape and keeps its memory: training goes on without allocation. Mark and Rewind keep what stands
// before the mark, parameters for instance. A handle knows its recording, and using one that is no longer on the tape
// panics with an [*Error] that says so.
//
// # Mistakes
//
// Misuse panics with *[Error], because expressions nest. [Try] turns exactly that panic into an error.
package graph
