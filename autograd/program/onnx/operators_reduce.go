package onnx

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

var _ = addOperators(map[string]operatorForm{
	"ReduceSum": reduction(ops.Sum), "ReduceMean": reduction(ops.Mean), "ReduceProd": reduction(ops.Prod),
	"ReduceMax": reduction(ops.Max), "ReduceMin": reduction(ops.Min), "ReduceLogSumExp": reduction(ops.LogSumExp), "ReduceL2": reduction(ops.Norm),
	"ArgMax": extreme(ops.ArgMax), "ArgMin": extreme(ops.ArgMin),
	"CumSum": {2, 2, []string{"exclusive", "reverse"}, func(c *call) []imported {
		x, axis := c.x(0), c.known(1)
		if len(axis) != 1 || c.flag("exclusive", 0) || c.flag("reverse", 0) {
			c.fail("it is exclusive, reverse, or has not one axis, which is not read")
		}
		c.pay(x.Dims(), 0)
		return out(c.in[0].elem, ops.CumSum(x, axis[0]))
	}},
	"TopK": {2, 2, []string{"axis", "largest", "sorted"}, func(c *call) []imported {
		x, list := c.x(0), c.known(1)
		axis, largest := c.axis(c.int("axis", -1), x.Rank()), c.flag("largest", 1)
		if len(list) != 1 || list[0] < 0 || list[0] > x.Dims()[axis] {
			c.fail("it takes %v of %d elements", list, x.Dims()[axis])
		}
		c.pay(x.Dims(), 0)
		c.pay(x.Dims(), 0)
		k := list[0]
		var v, at graph.Value
		if largest {
			v, at = ops.TopK(x, axis, k), ops.ArgTopK(x, axis, k)
		} else {
			v, at = ops.Slice(ops.Sort(x, axis), axis, 0, k), ops.Slice(ops.Argsort(x, axis), axis, 0, k)
		}
		return append(out(c.in[0].elem, v), out(i64, at)...)
	}},
	"Softmax":    alongAxis(ops.Softmax),
	"LogSoftmax": alongAxis(ops.LogSoftmax),
	"LayerNormalization": {3, 3, []string{"axis", "epsilon"}, func(c *call) []imported {
		xs := c.same()
		if rank := xs[0].Rank(); c.axis(c.int("axis", -1), rank) != rank-1 {
			c.fail("it goes over other axes than the last one, which is not read")
		}
		c.pay(xs[0].Dims(), 0)
		return out(c.in[0].elem, ops.LayerNorm(xs[0], xs[1], xs[2], c.float("epsilon", 1e-5)))
	}},
})

// reduction is an operator that reduces axes, all if it names none.
func reduction(f func(x graph.Value, axes ...int) graph.Value) operatorForm {
	return operatorForm{1, 2, []string{"keepdims", "noop_with_empty_axes"}, func(c *call) []imported {
		x := c.x(0)
		var axes []int
		if c.has(1) {
			axes = c.axes(c.known(1), x.Rank())
		}
		keep := c.flag("keepdims", 1)
		if c.flag("noop_with_empty_axes", 0) && len(axes) == 0 {
			c.fail("it reduces no axes, which is not read")
		}
		c.pay(x.Dims(), 0)
		dims := x.Shape()
		for i := range dims {
			if len(axes) == 0 || slices.Contains(axes, i) {
				dims[i] = 1
			}
		}
		y := f(x, axes...)
		if keep {
			y = ops.Reshape(y, dims...)
		}
		return out(c.in[0].elem, y)
	}}
}

// extreme is an operator that returns the place of the first extreme element along an axis.
func extreme(f func(x graph.Value, axis int) graph.Value) operatorForm {
	return operatorForm{1, 1, []string{"axis", "keepdims"}, func(c *call) []imported {
		x := c.x(0)
		axis := c.axis(c.int("axis", 0), x.Rank())
		c.pay(x.Dims(), 0)
		y := f(x, axis)
		if c.flag("keepdims", 1) {
			y = ops.Unsqueeze(y, axis)
		}
		return out(i64, y)
	}}
}

// alongAxis is an operator along an axis, the last one unless it says otherwise.
func alongAxis(f func(x graph.Value, axis int) graph.Value) operatorForm {
	return operatorForm{1, 1, []string{"axis"}, func(c *call) []imported {
		x := c.x(0)
		axis := c.axis(c.int("axis", -1), x.Rank())
		c.pay(x.Dims(), 0)
		return out(c.in[0].elem, f(x, axis))
	}}
}
