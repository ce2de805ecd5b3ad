package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// reducedLines returns the operand of a reduction and how what is reduced to one element lies in it: lines of size elements,
// inner apart, as functions of lines in package kernel have them. Where the reduced axes do not lie side by side the operand is
// copied so that they do. The function ends its use.
func reducedLines(n graph.Node) (x *tensor.Tensor, size, inner int, done func()) {
	size = reducedLen(n)
	if inner, ok := innerLines(n); ok {
		return n.In(0), size, inner, func() {}
	}
	x, done = reducedLast(n)
	return x, size, 1, done
}

// innerLines returns how many lines lie side by side, if the axes that a reduction reduces do. Axes of length 1 do not matter.
func innerLines(n graph.Node) (inner int, ok bool) {
	axes, dims := n.Ints(), n.InputNode(0).Dims()
	first, last := len(dims), -1
	for _, a := range axes {
		if dims[a] != 1 {
			first, last = min(first, a), a
		}
	}
	for i := first; i < last; i++ {
		if dims[i] != 1 && !slices.Contains(axes, i) {
			return 0, false
		}
	}
	return max(product(dims[last+1:]), 1), true
}

// reduceLines sets the result of a reduction by a function of lines.
func reduceLines(n graph.Node, f64 func(dst, x []float64, n, inner int), f32 func(dst, x []float32, n, inner int)) {
	x, size, inner, done := reducedLines(n)
	defer done()
	switch {
	case n.Out().Len() == 0:
	case n.DType() == tensor.Float32:
		f32(n.Out().Float32s(), x.Float32s(), size, inner)
	default:
		f64(n.Out().Float64s(), x.Float64s(), size, inner)
	}
}

// sumLines sets the result to sums.
func sumLines(n graph.Node) {
	// Of few lines every one may be shared between processors.
	if inner, ok := innerLines(n); ok && (inner >= 16 || inner == 1) && n.Out().Len() >= 16 {
		reduceLines(n, kernel.SumLines[float64], kernel.SumLines[float32])
		return
	}
	var buf [tensor.MaxRank]int
	n.Out().Zero()
	array.AddReducedAs(n.Out(), keptDims(n, buf[:0]), n.In(0), n.In(0).Dims())
}

// lineOf returns line i of x in the buffer.
func lineOf[T constraints.Float](buffer, x []T, i, size, inner int) []T {
	if inner == 1 {
		return x[i*size : (i+1)*size]
	}
	at := i/inner*size*inner + i%inner
	for k := range size {
		buffer[k] = x[at+k*inner]
	}
	return buffer[:size]
}

// mendLines sets the results that are NaN to those of a function that takes no number for plain.
func mendLines[T constraints.Float](n graph.Node, x []T, size, inner int, f func(line []T) float64) {
	scratch := n.Buffer(size)
	buffer := tensor.Data[T](scratch)
	for i, v := range tensor.Data[T](n.Out()) {
		if v != v {
			tensor.Data[T](n.Out())[i] = T(f(lineOf(buffer, x, i, size, inner)))
		}
	}
	n.FreeTemp(scratch)
}

// extremeBackward is the kernel of [extremeVJP].
func extremeBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	inner, ok := innerLines(n)
	if !ok || dst.Len() == 0 {
		return false
	}
	size := reducedLen(n)
	if dst.DType() == tensor.Float32 {
		passToExtremes(n, ct.Float32s(), dst.Float32s(), size, inner, fresh)
	} else {
		passToExtremes(n, ct.Float64s(), dst.Float64s(), size, inner, fresh)
	}
	return true
}

func passToExtremes[T constraints.Float](n graph.Node, ct, dst []T, size, inner int, fresh bool) {
	x, y := tensor.Data[T](n.In(0)), tensor.Data[T](n.Out())
	if fresh {
		kernel.MaxLinesBackwardInto(dst, ct, x, y, size, inner)
	} else {
		kernel.MaxLinesBackward(dst, ct, x, y, size, inner)
	}
}
