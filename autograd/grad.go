package autograd

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// Grad returns ∂y/∂x for each of xs as values on the same graph, which can be differentiated again: the backward sweep
// is recorded, one operation for each product of the chain rule. A value that y does not depend on gets zeros.
//
//	dy := autograd.Grad(y, x)[0]
//	d2y := autograd.Grad(dy, x)[0]
//
// It panics with a [*graph.Error] if y is not a scalar, the values belong to another recording, or one of xs is a
// constant, to which no gradient flows. y may be one: the second derivative of a linear function is 0.
func Grad(y graph.Value, xs ...graph.Value) []graph.Value {
	return gradients("autograd.Grad", y, xs)
}

func gradients(op string, y graph.Value, xs []graph.Value) []graph.Value {
	y.Check(op)
	if shape := y.Dims(); len(shape) > 0 {
		panic(graph.Errorf(op, graph.ErrShape, "the value to differentiate has shape %s, not a scalar: reduce it with ops.Sum or ops.Mean", tensor.FormatShape(shape)))
	}
	checkLoud(op, y)
	for i, x := range xs {
		x.CheckIn(op, y.Graph())
		if !x.WantsGrad() {
			panic(graph.Errorf(op, graph.ErrUsage, "value %s, number %d to differentiate by, is a constant, or made of constants alone: make it with Graph.Var, Graph.VarTensor or Graph.Bind; whether a loss depends on a value is a question for Gradients.Reaches", x.Node().Label(), i))
		}
	}
	return vjp(op, y, y.Graph().Const(1), xs, 0)
}

// vjp returns, for each of xs, the product of the cotangent ct of y with ∂y/∂x as values on the graph. It goes no
// further down than node floor: what lies before it is not looked through, even if it depends on one of xs. A node is
// left out only if nothing reaches it, never because a number happens to be 0: its derivative need not be.
func vjp(op string, y, ct graph.Value, xs []graph.Value, floor int) []graph.Value {
	out := vjpOnto(nil, op, y, ct, xs, floor)
	for i, x := range xs {
		if out[i].Graph() == nil {
			out[i] = zeros(x.Node())
		}
	}
	return out
}

// vjpOnto is vjp where some of xs have got something before, to which the products are added: before is nil or has a
// value for each of xs, which is zero for those that have got nothing. So are those of the result that still have not.
func vjpOnto(before []graph.Value, op string, y, ct graph.Value, xs []graph.Value, floor int) []graph.Value {
	g := y.Graph()
	for _, x := range xs {
		x.CheckIn(op, g)
	}
	if g.Changed() {
		defer checkRecorded(op, y)
	}
	cts := cotangents{Cotangents: g.NewCotangents(floor, y, xs...)}
	for i, v := range before {
		if v.Graph() != nil && cts.Has(xs[i].ID()) {
			cts.add(xs[i].Node(), v)
		}
	}
	if cts.Has(y.ID()) {
		cts.add(y.Node(), ct)
	}
	for n := range cts.Down {
		if n.ID() < floor {
			break
		}
		if ct, reached := cts.of(n.ID()); reached {
			cts.pass(n, ct)
		}
	}
	out := make([]graph.Value, len(xs))
	copy(out, before)
	for i, x := range xs {
		if v, reached := cts.of(x.ID()); reached {
			out[i] = v
		}
	}
	cts.release()
	return out
}

// checkRecorded panics if y depends on a use of a leaf that has changed since.
func checkRecorded(op string, y graph.Value) {
	g := y.Graph()
	checkUnchanged(func(yield func(graph.Node) bool) {
		for id := range g.Ancestors(graph.GradEdges, y).Down {
			if !yield(g.Value(id).Node()) {
				return
			}
		}
	}, op)
}

// zeros records zeros of a node's shape.
func zeros(n graph.Node) graph.Value { return ops.Broadcast(n.Graph().Const(0), n.Dims()...) }
