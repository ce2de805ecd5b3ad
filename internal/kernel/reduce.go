package kernel

import "math"

// sumLeaf is how many numbers are added one after another before sums of such blocks are added pairwise.
const sumLeaf = 128

// Sum returns Σ x[i], 0 for an empty slice.
//
// Numbers are added pairwise, in single precision with double-precision sums, so the error is at most a few ulp of Σ|x[i]|.
func Sum[T Float](x []T) T { return T(sumPairwise(x)) }

// Dot returns Σ x[i]*y[i], 0 for empty slices, added like [Sum].
func Dot[T Float](x, y []T) T {
	mustMatch("Dot", "y", len(y), len(x))
	return T(dotPairwise(x, y))
}

// Max returns the largest element of x. NaN if there is one; it panics if x is empty.
func Max[T Float](x []T) T {
	if len(x) == 0 {
		panic("kernel: Max: x is empty")
	}
	m := x[0]
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

// AllFinite reports whether x holds neither NaN nor an infinity.
func AllFinite[T Float](x []T) bool {
	var s T // stays 0 until a number that is not finite makes it NaN
	for _, v := range x {
		s += v - v
	}
	return s == 0
}

func sumPairwise[T Float](x []T) float64 {
	if len(x) > sumLeaf {
		h := len(x) / 2
		return sumPairwise(x[:h]) + sumPairwise(x[h:])
	}
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4; x = x[4:] {
		s0 += float64(x[0])
		s1 += float64(x[1])
		s2 += float64(x[2])
		s3 += float64(x[3])
	}
	for _, v := range x {
		s0 += float64(v)
	}
	return (s0 + s1) + (s2 + s3)
}

func dotPairwise[T Float](x, y []T) float64 {
	y = y[:len(x)]
	if len(x) > sumLeaf {
		h := len(x) / 2
		return dotPairwise(x[:h], y[:h]) + dotPairwise(x[h:], y[h:])
	}
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4 && len(y) >= 4; x, y = x[4:], y[4:] {
		s0 += float64(float64(x[0]) * float64(y[0]))
		s1 += float64(float64(x[1]) * float64(y[1]))
		s2 += float64(float64(x[2]) * float64(y[2]))
		s3 += float64(float64(x[3]) * float64(y[3]))
	}
	for i, v := range x {
		s0 += float64(float64(v) * float64(y[i]))
	}
	return (s0 + s1) + (s2 + s3)
}

// isNaN reports whether x is not a number.
func isNaN[T Float](x T) bool { return x != x }

// isInf reports whether x is an infinity, of the given sign as in [math.IsInf].
func isInf[T Float](x T, sign int) bool { return math.IsInf(float64(x), sign) }
