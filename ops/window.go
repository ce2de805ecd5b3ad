package ops

import (
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// A window is a part of a tensor along an axis that is moved to a part of another one: rows of n elements that lie together,
// so far apart in either.
type window struct {
	rows, n  int
	to, from int // where the first rows begin
	ldd, lds int
}

// windowOf returns the window of as many elements as both shapes have along an axis from element to of dst, and element from of
// src, on.
func windowOf(dst, src []int, axis, from, to int) window {
	block := product(dst[axis+1:])
	return window{
		rows: product(dst[:axis]), n: min(dst[axis]-to, src[axis]-from) * block,
		to: to * block, from: from * block, ldd: dst[axis] * block, lds: src[axis] * block,
	}
}

// moveWindow sets dst to src along an axis, or adds it: from element from of src to element to of dst on, as many as both have.
func moveWindow(dst, src *tensor.Tensor, axis, from, to int, set bool) {
	windowOf(dst.Dims(), src.Dims(), axis, from, to).move(dst, src, set)
}

// move sets the window of dst to that of src, or adds it.
func (w window) move(dst, src *tensor.Tensor, set bool) {
	if w.n > 0 && w.rows > 0 {
		array.Instance(dst.DType(), moveRows[float64], moveRows[float32])(w, dst, src, set)
	}
}

func moveRows[T constraints.Float](w window, dst, src *tensor.Tensor, set bool) {
	d, s := tensor.Data[T](dst)[w.to:], tensor.Data[T](src)[w.from:]
	if set {
		kernel.CopyRows(d, w.ldd, s, w.lds, w.n, w.rows)
		return
	}
	const few = 4 // elements, which are not worth a call
	for i := range w.rows {
		to, from := d[i*w.ldd:][:w.n], s[i*w.lds:][:w.n]
		if w.n > few {
			kernel.AddTo(to, from)
			continue
		}
		for j, v := range from {
			to[j] += v
		}
	}
}

// clearOutside sets the elements of t before element from along an axis, and from element to on, to 0.
func clearOutside(t *tensor.Tensor, axis, from, to int) {
	if t.Len() > 0 {
		array.Instance(t.DType(), clearOutsideOf[float64], clearOutsideOf[float32])(t, axis, from, to)
	}
}

func clearOutsideOf[T constraints.Float](t *tensor.Tensor, axis, from, to int) {
	dims := t.Dims()
	block := product(dims[axis+1:])
	row := dims[axis] * block
	for s := tensor.Data[T](t); len(s) > 0; s = s[row:] {
		clear(s[:from*block])
		clear(s[to*block : row])
	}
}
