package stablehlo

import (
	"fmt"
	"slices"
	"strings"
)

// part returns the elements of x from index from[i] to before to[i] along axis i, every step[i]-th of them. A nil step is
// 1 along all axes.
func (e *emitter) part(x value, from, to, step []int) value {
	if step == nil {
		step = slices.Repeat([]int{1}, x.rank())
	}
	dims, ranges, all := make([]int, x.rank()), make([]string, x.rank()), true
	for i := range dims {
		dims[i] = max(0, (to[i]-from[i]+step[i]-1)/step[i])
		ranges[i] = fmt.Sprintf("%d:%d", from[i], to[i])
		if step[i] != 1 {
			ranges[i] += fmt.Sprintf(":%d", step[i])
		}
		all = all && dims[i] == x.dims[i]
	}
	if all {
		return x
	}
	return e.to("slice", x.shaped(dims...), " ["+strings.Join(ranges, ", ")+"]", x)
}

// along returns the elements of x from one index to before another along one axis.
func (e *emitter) along(x value, axis, from, to int) value {
	first, last := make([]int, x.rank()), slices.Clone(x.dims)
	first[axis], last[axis] = from, to
	return e.part(x, first, last, nil)
}

// padded returns x with so many copies of fill, a scalar, before, behind and between the elements of every axis. A
// negative number before or behind takes elements away. A nil between is 0 along all axes.
func (e *emitter) padded(x, fill value, before, behind, between []int) value {
	if between == nil {
		between = make([]int, x.rank())
	}
	dims := make([]int, x.rank())
	for i, d := range x.dims {
		dims[i] = d + before[i] + behind[i] + max(0, d-1)*between[i]
	}
	attributes := fmt.Sprintf(", low = %s, high = %s, interior = %s", integers(before), integers(behind), integers(between))
	return e.to("pad", x.shaped(dims...), attributes, x, fill)
}

// shifted returns x moved by d along an axis towards its end, or towards its beginning if d is negative, with fill, a
// scalar, moving in.
func (e *emitter) shifted(x, fill value, axis, d int) value {
	before, behind := make([]int, x.rank()), make([]int, x.rank())
	before[axis], behind[axis] = d, -d
	return e.padded(x, fill, before, behind, nil)
}

// joined returns values one behind the other along an axis.
func (e *emitter) joined(axis int, xs ...value) value {
	if some := slices.DeleteFunc(slices.Clone(xs), func(x value) bool { return x.len() == 0 }); len(some) > 0 {
		xs = some
	}
	if len(xs) == 1 {
		return xs[0]
	}
	dims := slices.Clone(xs[0].dims)
	dims[axis] = 0
	for _, x := range xs {
		dims[axis] += x.dims[axis]
	}
	return e.to("concatenate", xs[0].shaped(dims...), fmt.Sprintf(", dim = %d", axis), xs...)
}

// reversed returns x with the order of its elements turned round along axes.
func (e *emitter) reversed(x value, axes ...int) value {
	y := value{e.name(), x.typ}
	e.line("%s = stablehlo.reverse %s, dims = %s : %s", y.name, x.name, integers(axes), y.typ)
	return y
}

// counting returns the index of every element along an axis.
func (e *emitter) counting(axis int, t typ) value {
	y := value{e.name(), t}
	e.line("%s = stablehlo.iota dim = %d : %s", y.name, axis, t)
	return y
}

// windows returns x reduced by one of the instructions add, maximum or minimum, from the scalar start on, over windows
// of a size, one every so many steps, of x surrounded by so many copies of start.
func (e *emitter) windows(op string, x, start value, size, step, before, behind []int) value {
	dims := make([]int, x.rank())
	rows := make([]string, x.rank())
	for i, d := range x.dims {
		dims[i] = (d+before[i]+behind[i]-size[i])/step[i] + 1
		rows[i] = fmt.Sprintf("[%d, %d]", before[i], behind[i])
	}
	properties := fmt.Sprintf("padding = dense<[%s]> : tensor<%dx2xi64>, window_dimensions = %s, window_strides = %s",
		strings.Join(rows, ", "), x.rank(), list(size...), list(step...))
	body := e.region(func(args []value) []value { return []value{e.same(op, args...)} }, x.scalar(), x.scalar())
	return e.generic("stablehlo.reduce_window", properties, []region{body}, []value{x, start}, x.shaped(dims...))[0]
}
