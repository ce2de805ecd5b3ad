package onnx

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/ops"
)

var _ = addOperators(map[string]operatorForm{
	"Constant":  {0, 0, []string{"value"}, constant},
	"Reshape":   {2, 2, []string{"allowzero"}, reshape},
	"Expand":    {2, 2, nil, expand},
	"Unsqueeze": {2, 2, nil, unsqueeze},
	"Squeeze":   {2, 2, nil, squeeze},
	"Transpose": {1, 1, []string{"perm"}, func(c *call) []imported {
		x := c.x(0)
		order := c.ints("perm", x.Rank(), 0, -1)
		if c.attributes["perm"] == nil {
			for i := range order {
				order[i] = x.Rank() - 1 - i
			}
		}
		c.pay(x.Dims(), 0)
		return out(c.in[0].elem, ops.Permute(x, order...))
	}},
	"Concat": {1, math.MaxInt32, []string{"axis"}, func(c *call) []imported {
		xs := c.same()
		axis := c.int("axis", 0)
		for _, x := range xs {
			c.pay(x.Dims(), 0)
		}
		return out(c.in[0].elem, ops.Concat(axis, xs...))
	}},
	"Slice": {3, 5, nil, slice},
	"Pad":   {2, 3, []string{"mode"}, pad},
	"Tile": {2, 2, nil, func(c *call) []imported {
		x, copies := c.x(0), c.known(1)
		if len(copies) != x.Rank() {
			c.fail("it repeats %d axes of %d", len(copies), x.Rank())
		}
		for axis, n := range copies {
			if n == 1 {
				continue
			}
			if n < 0 {
				c.fail("it repeats an axis %d times", n)
			}
			dims := x.Shape()
			dims[axis] = product(dims[axis], n)
			c.pay(dims, 0)
			x = ops.Tile(x, axis, n)
		}
		return out(c.in[0].elem, x)
	}},
	"Trilu": {2, 2, []string{"upper"}, func(c *call) []imported {
		x, k := c.x(0), c.known(1)
		if len(k) != 1 {
			c.fail("its diagonal is %d integers, not one", len(k))
		}
		c.pay(x.Dims(), 0)
		if c.flag("upper", 1) {
			return out(c.in[0].elem, ops.Triu(x, k[0]))
		}
		return out(c.in[0].elem, ops.Tril(x, k[0]))
	}},
})

func constant(c *call) []imported {
	a := c.attribute("value", tensorAttribute)
	if a == nil {
		c.fail("it has no attribute value")
	}
	x, err := c.im.leaf(a.tensor, false)
	c.check(err)
	return []imported{x}
}

func reshape(c *call) []imported {
	if c.flag("allowzero", 0) {
		c.fail("allowzero is not read")
	}
	x, dims, rest := c.in[0], slices.Clone(c.shape(1)), -1
	for i, d := range dims {
		switch {
		case d == 0 && i < len(x.dims):
			dims[i] = x.dims[i]
		case d == -1 && rest < 0:
			rest, dims[i] = i, 1
		case d < 1:
			c.fail("its shape is %v", c.in[1].ints)
		}
	}
	n, all := product(dims...), product(x.dims...)
	if rest >= 0 && n > 0 {
		dims[rest] = all / n
	}
	if product(dims...) != all {
		c.fail("%s has %d elements, which do not fit in %v", tensor.FormatShape(x.dims), all, c.in[1].ints)
	}
	return c.reshaped(x, dims)
}

func expand(c *call) []imported {
	x, shape := c.in[0], c.shape(1)
	v, err := c.im.number(x)
	c.check(err)
	dims := make([]int, len(shape))
	for i, d := range shape {
		if d < 0 || d > math.MaxInt32 {
			c.fail("its shape is %v", shape)
		}
		dims[i] = d
	}
	dims, ok := array.BroadcastShapes(nil, x.dims, dims)
	if !ok {
		c.fail("%s does not broadcast to %v", tensor.FormatShape(x.dims), shape)
	}
	c.pay(dims, 0)
	return out(x.elem, ops.Broadcast(v, dims...))
}

func unsqueeze(c *call) []imported {
	x, list := c.in[0], c.shape(1)
	axes := c.axes(list, len(x.dims)+len(list))
	slices.Sort(axes)
	dims := slices.Clone(x.dims)
	for _, a := range axes {
		dims = slices.Insert(dims, a, 1)
	}
	if len(dims) > maxRank {
		c.fail("it makes %d axes: up to %d are read", len(dims), maxRank)
	}
	return c.reshaped(x, dims)
}

func squeeze(c *call) []imported {
	x := c.in[0]
	axes := c.axes(c.known(1), len(x.dims))
	var dims []int
	for i, d := range x.dims {
		if !slices.Contains(axes, i) {
			dims = append(dims, d)
		} else if d != 1 {
			c.fail("axis %d of %s is not 1", i, tensor.FormatShape(x.dims))
		}
	}
	return c.reshaped(x, dims)
}

// shape returns an input that has an integer of the file for each of not too many axes.
func (c *call) shape(i int) []int {
	list := c.known(i)
	if len(list) > maxRank {
		c.fail("it has %d axes: up to %d are read", len(list), maxRank)
	}
	return list
}

// reshaped returns x, integers too, in a shape of as many elements.
func (c *call) reshaped(x imported, dims []int) []imported {
	if x.v.Graph() == nil {
		return []imported{{elem: x.elem, dims: dims, ints: x.ints, fixed: x.fixed}}
	}
	c.pay(dims, 0)
	return out(x.elem, ops.Reshape(x.v, dims...))
}

func slice(c *call) []imported {
	x, starts, ends := c.x(0), c.known(1), c.known(2)
	list, steps := []int(nil), slices.Repeat([]int{1}, len(starts))
	for i := range starts {
		list = append(list, i)
	}
	if c.has(3) {
		list = c.known(3)
	}
	if c.has(4) {
		steps = c.known(4)
	}
	if len(ends) != len(starts) || len(list) != len(starts) || len(steps) != len(starts) {
		c.fail("starts, ends, axes and steps are %d, %d, %d and %d integers", len(starts), len(ends), len(list), len(steps))
	}
	for i, axis := range c.axes(list, x.Rank()) {
		x = c.along(x, axis, starts[i], ends[i], steps[i])
	}
	return out(c.in[0].elem, x)
}

// along returns every step-th element along an axis, as the standard says: what is negative counts from the end, and what
// lies outside is cut off.
func (c *call) along(x graph.Value, axis, start, end, step int) graph.Value {
	n := x.Dims()[axis]
	switch {
	case step == 0:
		c.fail("a step is 0")
	case n == 0:
		return x
	}
	lo, hi := 0, n
	if step < 0 {
		lo, hi = -1, n-1
	}
	for _, at := range []*int{&start, &end} {
		if *at < 0 {
			*at = max(*at, math.MinInt+n) + n
		}
		*at = min(max(*at, lo), hi)
	}
	if step < 0 {
		start = max(start, 0)
	}
	c.pay(x.Dims(), 0)
	switch {
	case step == 1:
		return ops.Slice(x, axis, start, max(start, end))
	case step == -1 && start == n-1 && end == -1:
		return ops.Flip(x, axis)
	}
	var index []int
	for at := start; step > 0 && at < end || step < 0 && at > end && at >= 0; {
		index = append(index, at)
		if next := at + step; (next > at) == (step > 0) { // no overflow
			at = next
		} else {
			break
		}
	}
	return ops.Gather(x, axis, index...)
}

func pad(c *call) []imported {
	if mode := c.text("mode", "constant"); mode != "constant" {
		c.fail("mode is %q: constant is read", mode)
	}
	x, pads, fill := c.x(0), c.known(1), 0.0
	if c.has(2) {
		fill = c.fixed(2)
	}
	rank := x.Rank()
	if len(pads) != 2*rank {
		c.fail("its pads are %d integers for %d axes", len(pads), rank)
	}
	for axis := range rank {
		before, after := pads[axis], pads[rank+axis]
		if before < 0 || after < 0 || before > math.MaxInt32 || after > math.MaxInt32 {
			c.fail("its pads are %v", pads)
		}
		if before == 0 && after == 0 {
			continue
		}
		dims := x.Shape()
		dims[axis] += before + after
		c.pay(dims, 0)
		if fill == 0 {
			x = ops.Pad(x, axis, before, after)
			continue
		}
		filled := func(n int) graph.Value {
			dims[axis] = n
			return c.full(fill, dims)
		}
		x = ops.Concat(axis, filled(before), x, filled(after))
	}
	return out(c.in[0].elem, x)
}
