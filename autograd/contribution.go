package autograd

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// Contribution returns what the sweep passed from v to its operand u with index i: ∂l/∂v · ∂v/∂u, of u's shape. The
// adjoint of u is the sum of the contributions of all its uses. An adjoint ∂l/∂v of 0 contributes 0 whatever ∂v/∂u is,
// and nothing is passed to a constant.
//
// It panics with a [*graph.Error] if v has no operand i, belongs to another recording, or is a tensor whose adjoint
// [LeavesOnly] gave back.
func (g Gradients) Contribution(v graph.Value, i int) *tensor.Tensor {
	const op = "autograd.Gradients.Contribution"
	n := g.node(op, v)
	if k := n.NumInputs(); i < 0 || i >= k {
		panic(graph.Errorf(op, graph.ErrIndex, "value %s has no operand %d: it has %d, counted from 0", n.Label(), i, k))
	}
	dst := tensor.New(n.DType(), n.InputNode(i).Dims()...)
	if !g.has(n) || !n.Wants(i) || !g.a.Reached(n) {
		return dst.To(g.a.Graph().DType())
	}
	if c, ok := n.Contribution(i, g.a.Scalar(n)); ok {
		dst.SetFlat(c, 0)
		return dst.To(g.a.Graph().DType())
	}
	ct := g.a.Tensor(n)
	if _, scalar := n.Scalar(); scalar {
		ct = n.Temp()
		ct.SetFlat(g.a.Scalar(n), 0)
		defer n.FreeTemp(ct)
	}
	if ct == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "the adjoint of %s was given back during the sweep: call Backward without LeavesOnly", n.Label()))
	}
	if m := memoryOf(n); m != nil {
		m.contributes(g.a, func() { pass(n, i, ct, dst, false) })
	} else {
		pass(n, i, ct, dst, false)
	}
	return dst.To(g.a.Graph().DType())
}
