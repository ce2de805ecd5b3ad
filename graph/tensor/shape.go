package tensor

import (
	"math"
	"math/bits"
	"strconv"
)

// MaxRank is the largest number of axes a tensor may have.
const MaxRank = 16

// maxBytes bounds the storage of a single tensor (1 TiB): more is a mistake in a shape, and an error that says so is
// better than a process that the system kills.
const maxBytes = 1 << 40

// FormatShape returns a shape as it stands in messages: (), (3) or (2,3).
func FormatShape(shape []int) string {
	b := append(make([]byte, 0, 16), '(')
	for i, n := range shape {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, ')'))
}

// maxEmpty bounds the axes of a shape that has an axis of length 0 beside them: such a tensor has no elements, but loops
// go over its other axes.
const maxEmpty = 1 << 26

// Size returns the number of elements of a tensor of the given shape: the product of its axes, 1 for the shape ().
// A negative axis, more than [MaxRank] axes, or more elements than can be addressed is an error. Beside an axis of length
// 0 the product of the others must not exceed 2²⁶.
func Size(shape []int) (int, error) {
	if n := commonSize(shape); n > 0 {
		return n, nil
	}
	return anySize(shape)
}

// commonSize returns the number of elements of a shape that plainly passes [Size], and 0 of any other, some good ones too.
func commonSize(shape []int) int {
	const limit = 1 << 30 // 2³⁰ below and two factors of 2³⁰ or less do not overflow 64 bits
	n := uint64(1)
	if len(shape) > MaxRank {
		return 0
	}
	for _, d := range shape {
		if uint64(d) > limit || n > limit {
			return 0
		}
		n *= uint64(d)
	}
	if n > min(limit, maxElements) {
		return 0
	}
	return int(n)
}

// anySize is Size for every shape.
func anySize(shape []int) (int, error) {
	if len(shape) > MaxRank {
		return 0, Errorf("tensor.Size", ErrLimit, "shape %s has %d axes: at most %d are possible", FormatShape(shape), len(shape), MaxRank)
	}
	n, overflow, empty := uint64(1), false, false
	for _, d := range shape {
		switch {
		case d < 0:
			return 0, Errorf("tensor.Size", ErrShape, "shape %s has a negative axis: every axis counts elements, from 0 up", FormatShape(shape))
		case d == 0:
			empty = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(d))
		overflow = overflow || hi != 0
		n = lo
	}
	if empty {
		if overflow || n > maxEmpty {
			return 0, Errorf("tensor.Size", ErrLimit, "shape %s is too long for a tensor without elements (%d along the axes that are not empty)", FormatShape(shape), maxEmpty)
		}
		return 0, nil
	}
	if overflow || n > maxElements {
		return 0, Errorf("tensor.Size", ErrLimit, "shape %s has more elements than a tensor can hold (%d)", FormatShape(shape), uint64(maxElements))
	}
	return int(n), nil
}

// maxElements bounds the elements of a tensor: by maxBytes, and on a machine of 32 bits by a quarter of what it can address.
const maxElements = min(maxBytes/4, (math.MaxInt+1)/16)

// mustSize is [Size] for callers that panic.
func mustSize(op string, shape []int) int {
	if n := commonSize(shape); n > 0 {
		return n
	}
	n, err := anySize(shape)
	if err != nil {
		e := err.(*Error)
		panic(&Error{Op: op, Kind: e.Kind, Msg: e.Msg})
	}
	return n
}

// product returns the number of elements of a shape that was checked when its tensor was made.
func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
