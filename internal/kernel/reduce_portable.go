package kernel

import "math"

// This file holds what is neither elementwise nor a product, in Go.

func sumPortable[T Float](x []T) float64 {
	const few = 128
	if len(x) > few {
		h := len(x) / 2
		return sumPortable(x[:h]) + sumPortable(x[h:])
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

func dotPortable[T Float](x, y []T) float64 {
	const few = 128
	y = y[:len(x)]
	if len(x) > few {
		h := len(x) / 2
		return dotPortable(x[:h], y[:h]) + dotPortable(x[h:], y[h:])
	}
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4 && len(y) >= 4; x, y = x[4:], y[4:] {
		s0 += times(float64(x[0]), float64(y[0]))
		s1 += times(float64(x[1]), float64(y[1]))
		s2 += times(float64(x[2]), float64(y[2]))
		s3 += times(float64(x[3]), float64(y[3]))
	}
	for i, v := range x {
		s0 += times(float64(v), float64(y[i]))
	}
	return (s0 + s1) + (s2 + s3)
}

func maxPortable[T Float](x []T) T {
	m := x[0]
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

func maxAbsPortable[T Float](x []T) T {
	const sign = 1 << 63
	var m uint64 // without the sign, bits are in the order of the numbers, and those of NaN come last
	for _, v := range x {
		m = max(m, math.Float64bits(float64(v))&^sign)
	}
	return T(math.Float64frombits(m))
}

func finitePortable[T Float](x []T) T {
	var s T // stays 0 until a number that is not finite makes it NaN
	for _, v := range x {
		s += v * 0
	}
	return s
}

func expSumPortable[T Float](x []T, m T) T {
	var s float64
	for _, v := range x {
		s += math.Exp(float64(v - m))
	}
	return T(s)
}

func expStorePortable[T Float](y, x []T, m T) T {
	var s float64
	for i, v := range x {
		e := math.Exp(float64(v - m))
		s += e
		y[i] = T(e)
	}
	return T(s)
}

func columnsPortable[T Float](sums []float64, x []T, stride, rows int) {
	clear(sums)
	for i := range rows {
		row := x[i*stride:]
		row = row[:len(sums)]
		for k, v := range row {
			sums[k] += float64(v)
		}
	}
}
