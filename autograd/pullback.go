package autograd

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// Pullback returns the cotangents of xs for the cotangent ct of f(xs...): for each of xs the product of ct with the
// derivative of f by that argument, as a value on the graph. It records f and its sweep, so that the result can be
// differentiated again. The rule of a [Custom] operation that has the derivatives of a function that can be recorded is
//
//	func(_, ct graph.Value, xs ...graph.Value) []graph.Value { return autograd.Pullback(f, ct, xs...) }
//
// The arguments are variables of their own, and so is ct, as in the rules of operations: that one of xs was made of
// another, or that ct depends on xs, adds nothing. [Grad] of the sum of ct·f(xs...) would add both. What f uses besides
// has no part, whatever it was made of. One of xs that wants no gradient gets zeros.
//
// It panics with a [*graph.Error] if f is nil, there are no xs, the values belong to different recordings, or ct has
// another shape than the result of f.
func Pullback(f func(xs ...graph.Value) graph.Value, ct graph.Value, xs ...graph.Value) []graph.Value {
	const op = "autograd.Pullback"
	if f == nil {
		panic(noFunction(op))
	}
	if len(xs) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "no operands: pass the values that f takes"))
	}
	ct.Check(op)
	g := ct.Graph()
	args := slices.Clone(xs)
	for i, x := range xs {
		x.CheckIn(op, g)
		if slices.ContainsFunc(xs[:i], func(v graph.Value) bool { return v.ID() == x.ID() }) {
			args[i] = ops.MulScalar(x, 1) // its own derivative, apart from that by the argument that it is too
		}
	}
	floor := g.Len() + 1
	y := f(slices.Clone(args)...)
	checkResult(op, g, y)
	ct.Check(op) // f has not emptied the graph
	checkLoud(op, y)
	if !slices.Equal(y.Dims(), ct.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "a cotangent of shape %s for a result of shape %s: both must have one shape", tensor.FormatShape(ct.Dims()), tensor.FormatShape(y.Dims())))
	}
	return vjp(op, y, ct, args, floor)
}
