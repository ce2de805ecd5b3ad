package onnx

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

var _ = addOperators(map[string]operatorForm{
	"Gather": {2, 2, []string{"axis"}, func(c *call) []imported {
		x, index := c.x(0), c.want(1, i64)
		axis := c.axis(c.int("axis", 0), x.Rank())
		dims := slices.Concat(x.Dims()[:axis], index.dims, x.Dims()[axis+1:])
		c.pay(dims, 0)
		if index.v.Graph() != nil {
			return out(c.in[0].elem, ops.GatherAt(x, index.v, axis))
		}
		return out(c.in[0].elem, ops.Reshape(ops.Gather(x, axis, index.ints...), dims...))
	}},
	"GatherElements": {2, 2, []string{"axis"}, func(c *call) []imported {
		x, index := c.x(0), c.index(1)
		c.pay(index.Dims(), 0)
		return out(c.in[0].elem, ops.TakeAlong(x, index, c.axis(c.int("axis", 0), x.Rank())))
	}},
	"ScatterElements": {3, 3, []string{"axis", "reduction"}, func(c *call) []imported {
		x, index, updates := c.x(0), c.index(1), c.x(2)
		axis := c.axis(c.int("axis", 0), x.Rank())
		if r := c.text("reduction", "none"); r != "add" {
			c.fail("reduction is %q: add is read", r)
		}
		c.pay(x.Dims(), 0)
		c.pay(x.Dims(), 0)
		put := ops.PutAlong(updates, index, axis, x.Dims()[axis])
		if !slices.Equal(put.Dims(), x.Dims()) {
			c.fail("it adds what has shape %v to %v", updates.Dims(), x.Dims())
		}
		if allZeros(x) {
			return out(c.in[0].elem, put)
		}
		return out(c.in[0].elem, ops.Add(x, put))
	}},
})

// allZeros reports whether x is the constant 0, broadcast.
func allZeros(x graph.Value) bool {
	n := x.Node()
	for n.NumInputs() == 1 && n.OpName() == "broadcast" {
		n = n.InputNode(0)
	}
	v, ok := n.Scalar()
	return ok && v == 0 && n.Value().IsLeaf()
}
