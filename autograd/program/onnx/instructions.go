package onnx

import (
	"slices"
)

// reshape returns the elements of x in another shape.
func (e *emitter) reshape(x value, dims ...int) value {
	if slices.Equal(x.dims, dims) {
		return x
	}
	return e.to("Reshape", x.as(slices.Clone(dims)...), []value{x, e.integers(dims...)})
}

// expand returns x broadcast to a shape.
func (e *emitter) expand(x value, dims []int) value {
	if slices.Equal(x.dims, dims) {
		return x
	}
	return e.to("Expand", x.as(slices.Clone(dims)...), []value{x, e.integers(dims...)})
}

// insert returns x with a new axis of length 1.
func (e *emitter) insert(x value, axis int) value {
	return e.to("Unsqueeze", x.as(slices.Insert(slices.Clone(x.dims), axis, 1)...), []value{x, e.integers(axis)})
}

// drop returns x without an axis of length 1.
func (e *emitter) drop(x value, axis int) value {
	return e.to("Squeeze", x.as(slices.Delete(slices.Clone(x.dims), axis, axis+1)...), []value{x, e.integers(axis)})
}

// permute returns x with its axes in another order. Orders after each other are one: a weight that lies transposed in the
// file is often wanted as it lies.
func (e *emitter) permute(x value, axes ...int) value {
	if from, ok := e.permuted[x.name]; ok {
		order := make([]int, len(axes))
		for i, a := range axes {
			order[i] = from.axes[a]
		}
		x, axes = from.of, order
	}
	if slices.Equal(axes, upTo(0, x.rank())) {
		return x
	}
	dims := make([]int, len(axes))
	for i, a := range axes {
		dims[i] = x.dims[a]
	}
	y := e.to("Transpose", x.as(dims...), []value{x}, intsAttr("perm", axes...))
	e.permuted[y.name] = permutation{x, slices.Clone(axes)}
	return y
}

// transpose swaps the last two axes.
func (e *emitter) transpose(x value) value {
	order := upTo(0, x.rank())
	k := len(order)
	order[k-1], order[k-2] = k-2, k-1
	return e.permute(x, order...)
}

// part returns the elements of x from one place along an axis to before another, so far apart.
func (e *emitter) part(x value, axis, from, to, step int) value {
	if from == 0 && to == x.dims[axis] && step == 1 {
		return x
	}
	dims := slices.Clone(x.dims)
	dims[axis] = (to - from + step - 1) / step
	return e.to("Slice", x.as(dims...), []value{x, e.integers(from), e.integers(to), e.integers(axis), e.integers(step)})
}

// along returns the elements of x from one place along an axis to before another.
func (e *emitter) along(x value, axis, from, to int) value { return e.part(x, axis, from, to, 1) }

// joined returns values one after the other along an axis.
func (e *emitter) joined(axis int, xs ...value) value {
	if len(xs) == 1 {
		return xs[0]
	}
	dims := slices.Clone(xs[0].dims)
	for _, x := range xs[1:] {
		dims[axis] += x.dims[axis]
	}
	return e.to("Concat", xs[0].as(dims...), xs, intAttr("axis", int64(axis)))
}

// pad returns x with equal elements before and behind along an axis.
func (e *emitter) pad(x value, axis, before, behind int, fill float64) value {
	if before == 0 && behind == 0 {
		return x
	}
	dims := slices.Clone(x.dims)
	dims[axis] += before + behind
	pads := make([]int, 2*x.rank())
	pads[axis], pads[x.rank()+axis] = before, behind
	return e.to("Pad", x.as(dims...), []value{x, e.integers(pads...), e.like(fill, x)})
}

// reduce reduces x over axes, which disappear, or have length 1 afterwards if they are kept.
func (e *emitter) reduce(operator string, x value, axes []int, keep bool) value {
	if len(axes) == 0 { // over each element alone: operators take no axes for all
		dims := x.dims
		x = e.reshape(x, append(slices.Clone(dims), 1)...)
		return e.reshape(e.reduce(operator, x, []int{len(dims)}, keep), dims...)
	}
	var dims []int
	for i, d := range x.dims {
		switch {
		case !slices.Contains(axes, i):
			dims = append(dims, d)
		case keep:
			dims = append(dims, 1)
		}
	}
	kept := int64(0)
	if keep {
		kept = 1
	}
	return e.to(operator, x.as(dims...), []value{x, e.integers(axes...)}, intAttr("keepdims", kept))
}

// counting returns the numbers from 0 up to the length of an axis, in a shape that broadcasts along it.
func (e *emitter) counting(t elem, rank, axis, n int) value {
	return e.reshape(e.convert(e.integers(upTo(0, n)...), t), shapeAlong(rank, axis, n)...)
}

// shapeAlong returns the shape of a vector along an axis.
func shapeAlong(rank, axis, n int) []int {
	dims := slices.Repeat([]int{1}, rank)
	dims[axis] = n
	return dims
}

// upTo returns the numbers from one to before another.
func upTo(from, to int) []int {
	list := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}
