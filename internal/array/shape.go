package array

import (
	"errors"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// Size is [tensor.Size] for shapes that come from files: its error says what is wrong with the shape, and is no
// [*tensor.Error], which would say that the program is wrong.
func Size(shape []int) (int, error) {
	n, err := tensor.Size(shape)
	var e *tensor.Error
	if errors.As(err, &e) {
		return 0, errors.New(e.Msg)
	}
	return n, err
}

// Axis returns axis as an index from 0 up into a shape of the given rank: negative axes count from the end, so that
// -1 is the last one. The second result is false where there is no such axis.
func Axis(axis, rank int) (int, bool) {
	if axis < 0 {
		axis += rank
	}
	return axis, axis >= 0 && axis < rank
}

// BroadcastShapes appends to dst the shape that a and b have together under NumPy's rule: aligned at the last axis,
// every pair of lengths must be equal or one of them 1. The second result is false where they do not fit.
func BroadcastShapes(dst, a, b []int) ([]int, bool) {
	n := max(len(a), len(b))
	for i := n; i > 0; i-- {
		p, q := 1, 1
		if i <= len(a) {
			p = a[len(a)-i]
		}
		if i <= len(b) {
			q = b[len(b)-i]
		}
		switch {
		case p == q, q == 1:
			dst = append(dst, p)
		case p == 1:
			dst = append(dst, q)
		default:
			return dst, false
		}
	}
	return dst, true
}

// BroadcastsTo reports whether a tensor of shape from can be stretched to shape to.
func BroadcastsTo(from, to []int) bool {
	if len(from) > len(to) {
		return false
	}
	off := len(to) - len(from)
	for i, d := range from {
		if d != 1 && d != to[off+i] {
			return false
		}
	}
	return true
}
