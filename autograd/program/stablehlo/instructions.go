package stablehlo

import (
	"slices"

	"github.com/seed366ff29f/chainrule/internal/array"
)

// convert returns x with elements of another type: truth values become 1 and 0.
func (e *emitter) convert(x value, to elem) value {
	if x.elem == to {
		return x
	}
	return e.to("convert", x.of(to), "", x)
}

// bits returns x with its bits read as another type of the same size.
func (e *emitter) bits(x value, to elem) value {
	return e.to("bitcast_convert", x.of(to), "", x)
}

// reshape returns the elements of x in another shape.
func (e *emitter) reshape(x value, dims ...int) value {
	if slices.Equal(x.dims, dims) {
		return x
	}
	return e.to("reshape", x.shaped(slices.Clone(dims)...), "", x)
}

// stretch returns x broadcast to a shape by NumPy's rule: aligned at the last axis.
func (e *emitter) stretch(x value, dims []int) value {
	if slices.Equal(x.dims, dims) {
		return x
	}
	at := make([]int, x.rank())
	for i := range at {
		at[i] = len(dims) - x.rank() + i
	}
	return e.place(x, at, dims)
}

// place returns x broadcast to a shape in which axis i of x is axis at[i]. An axis of length 1 is repeated.
func (e *emitter) place(x value, at, dims []int) value {
	return e.to("broadcast_in_dim", x.shaped(slices.Clone(dims)...), ", dims = "+integers(at), x)
}

// together returns operands broadcast to the shape that all of them stretch to.
func (e *emitter) together(xs ...value) []value {
	var dims []int
	for _, x := range xs {
		dims, _ = array.BroadcastShapes(nil, dims, x.dims)
	}
	ys := make([]value, len(xs))
	for i, x := range xs {
		ys[i] = e.stretch(x, dims)
	}
	return ys
}

// permute returns x with its axes in another order: axis i of the result is axis axes[i] of x.
func (e *emitter) permute(x value, axes ...int) value {
	if slices.IsSorted(axes) {
		return x
	}
	dims := make([]int, len(axes))
	for i, a := range axes {
		dims[i] = x.dims[a]
	}
	return e.to("transpose", x.shaped(dims...), ", dims = "+integers(axes), x)
}

// compare returns where a relation holds: EQ, NE, GE, GT, LE or LT. Floating-point numbers compare as IEEE 754 has it.
func (e *emitter) compare(relation string, a, b value) value {
	kind := ""
	switch a.elem {
	case f64, f32:
		kind = ", FLOAT"
	case ui32, ui64, i1:
		kind = ", UNSIGNED"
	default:
		kind = ", SIGNED"
	}
	y := value{e.name(), a.of(i1)}
	e.line("%s = stablehlo.compare %s, %s, %s%s : %s -> %s", y.name, relation, a.name, b.name, kind, types([]value{a, b}), y.typ)
	return y
}

// choose returns a where a condition holds, and b elsewhere. All have one shape.
func (e *emitter) choose(condition, a, b value) value {
	y := value{e.name(), a.typ}
	e.line("%s = stablehlo.select %s, %s, %s : %s, %s", y.name, condition.name, a.name, b.name, condition.typ, y.typ)
	return y
}

// reduce returns x reduced over axes, which disappear, by one of the instructions add, multiply, maximum, minimum, and, or,
// from the start on, a scalar.
func (e *emitter) reduce(op string, x, start value, axes ...int) value {
	if len(axes) == 0 {
		return x
	}
	var dims []int
	for i, d := range x.dims {
		if !slices.Contains(axes, i) {
			dims = append(dims, d)
		}
	}
	if x.len() == 0 {
		return e.stretch(start, dims)
	}
	y := value{e.name(), x.shaped(dims...)}
	e.line("%s = stablehlo.reduce(%s init: %s) applies stablehlo.%s across dimensions = %s : %s -> %s",
		y.name, x.name, start.name, op, integers(axes), types([]value{x, start}), y.typ)
	return y
}

// sum returns x summed over axes, which disappear.
func (e *emitter) sum(x value, axes ...int) value {
	return e.reduce("add", x, e.constant(0, x.scalar()), axes...)
}

// product returns the products of two batches of matrices, or of what else is summed over: batch axes come first in the
// result, then the axes of a and of b that are neither batched nor contracted.
func (e *emitter) product(a, b value, batchA, batchB, contractA, contractB []int) value {
	var dims []int
	for _, i := range batchA {
		dims = append(dims, a.dims[i])
	}
	for i, d := range a.dims {
		if !slices.Contains(batchA, i) && !slices.Contains(contractA, i) {
			dims = append(dims, d)
		}
	}
	for i, d := range b.dims {
		if !slices.Contains(batchB, i) && !slices.Contains(contractB, i) {
			dims = append(dims, d)
		}
	}
	if a.len() == 0 || b.len() == 0 { // sums of nothing
		return e.constant(0, a.shaped(dims...))
	}
	attributes := ""
	if len(batchA) > 0 {
		attributes = ", batching_dims = " + integers(batchA) + " x " + integers(batchB)
	}
	attributes += ", contracting_dims = " + integers(contractA) + " x " + integers(contractB)
	p := e.config.precision.String()
	attributes += ", precision = [" + p + ", " + p + "]"
	return e.to("dot_general", a.shaped(dims...), attributes, a, b)
}
