package autograd

import (
	"slices"

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
// It panics with a [*graph.Error] if y is not a scalar or the values belong to another recording.
func Grad(y graph.Value, xs ...graph.Value) []graph.Value {
	const op = "autograd.Grad"
	y.Check(op)
	if shape := y.Dims(); len(shape) > 0 {
		panic(graph.Errorf(op, graph.ErrShape, "the value to differentiate has shape %s, not a scalar: reduce it with ops.Sum or ops.Mean", tensor.FormatShape(shape)))
	}
	return vjp(op, y, y.Graph().Const(1), xs)
}

// vjp returns, for each of xs, the product of the cotangent ct of y with ∂y/∂x as values on the graph. A node is left
// out only if nothing reaches it, never because a number happens to be 0: its derivative need not be.
func vjp(op string, y, ct graph.Value, xs []graph.Value) []graph.Value {
	g := y.Graph()
	first := y.ID()
	for _, x := range xs {
		x.CheckIn(op, g)
		first = min(first, x.ID())
	}
	if changes := g.Changes(); changes != nil {
		defer checkRecorded(op, g, y, changes)
	}
	needed := dependents(g, first, y.ID(), xs)
	cts := make([]graph.Value, y.ID()-first+1) // by node, from first on; the zero Value where nothing reaches
	if needed[y.ID()-first] {
		cts[y.ID()-first] = ct
	}
	for id := y.ID(); id >= first; id-- {
		ct := cts[id-first]
		if ct.Graph() == nil {
			continue
		}
		n := g.Value(id).Node()
		forgetCheckpoint(n)
		for i := range n.NumInputs() {
			k := n.InputNode(i).ID() - first
			if k < 0 || !needed[k] {
				continue
			}
			c := cotangent(n, i, ct)
			if shape := n.InputNode(i).Dims(); !slices.Equal(c.Dims(), shape) {
				c = ops.SumTo(c, shape...)
			}
			if cts[k].Graph() != nil {
				c = ops.Add(cts[k], c)
			}
			cts[k] = c
		}
	}
	out := make([]graph.Value, len(xs))
	for i, x := range xs {
		if k := x.ID() - first; k < len(cts) && cts[k].Graph() != nil {
			out[i] = cts[k]
		} else {
			out[i] = ops.Broadcast(g.Const(0), x.Dims()...)
		}
	}
	return out
}

// dependents returns, for the nodes first to last, which of them want a gradient and are one of xs or depend on one.
func dependents(g *graph.Graph, first, last int, xs []graph.Value) []bool {
	needed := make([]bool, last-first+1)
	for _, x := range xs {
		if k := x.ID() - first; k < len(needed) {
			needed[k] = x.WantsGrad()
		}
	}
	for id := first; id <= last; id++ {
		n := g.Value(id).Node()
		if needed[id-first] || !n.WantsGrad() {
			continue
		}
		for i := range n.NumInputs() {
			if k := n.InputNode(i).ID() - first; k >= 0 && needed[k] {
				needed[id-first] = true
				break
			}
		}
	}
	return needed
}

// checkRecorded panics if y depends on a use of a leaf that has changed since.
func checkRecorded(op string, g *graph.Graph, y graph.Value, changes map[int]int) {
	reached := make([]bool, y.ID()+1)
	reached[y.ID()] = true
	for id := y.ID(); id > 0; id-- {
		if n := g.Value(id).Node(); reached[id] && n.WantsGrad() {
			for i := range n.NumInputs() {
				reached[n.InputNode(i).ID()] = true
			}
		}
	}
	checkUnchanged(g, func(n graph.Node) bool { return reached[n.ID()] }, y.ID(), changes, op)
}
