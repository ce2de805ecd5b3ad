package kernel

import "math"

// Softmax sets every row of n elements of dst to e^x[j] / Σ e^x. It is stable: the largest element is subtracted first, so
// rows may hold ±1e20 and -Inf. A row that is -Inf throughout, or holds +Inf or NaN, becomes NaN.
func Softmax[T Float](dst, x []T, n int) {
	mustMatch("Softmax", "x", len(x), len(dst))
	m := mustRows("Softmax", "x", len(x), n)
	for i := range m {
		softmaxRow(dst[i*n:i*n+n], x[i*n:i*n+n])
	}
}

func softmaxRow[T Float](dst, x []T) {
	m := Max(x)
	var s float64
	for j, v := range x {
		e := math.Exp(float64(v - m))
		s += e
		dst[j] = T(e)
	}
	for j := range dst {
		dst[j] = T(float64(dst[j]) / s)
	}
}

// LogSoftmax sets every row of n elements of dst to x[j] - ln Σ e^x, stable like [Softmax]: the log-softmax of two equal
// numbers, however large, is -ln 2. An element -Inf stays -Inf; a row that is -Inf throughout, or holds +Inf or NaN, becomes NaN.
func LogSoftmax[T Float](dst, x []T, n int) {
	mustMatch("LogSoftmax", "x", len(x), len(dst))
	m := mustRows("LogSoftmax", "x", len(x), n)
	for i := range m {
		logSoftmaxRow(dst[i*n:i*n+n], x[i*n:i*n+n])
	}
}

func logSoftmaxRow[T Float](dst, x []T) {
	m := Max(x)
	l := T(math.Log(expSum(x, m)))
	for j, v := range x {
		dst[j] = (v - m) - l
	}
}

// expSum returns Σ e^(x-m).
func expSum[T Float](x []T, m T) float64 {
	var s float64
	for _, v := range x {
		s += math.Exp(float64(v - m))
	}
	return s
}

// SoftmaxBackward adds the derivative of y = Softmax(x) to every row of n elements: dst[j] += y[j] * (ct[j] - Σ ct*y).
// Where ct[j] or the bracket is 0, the product is 0 whatever y[j] is (zero wins).
func SoftmaxBackward[T Float](dst, ct, y []T, n int) {
	mustMatch("SoftmaxBackward", "ct", len(ct), len(dst))
	mustMatch("SoftmaxBackward", "y", len(y), len(dst))
	m := mustRows("SoftmaxBackward", "y", len(y), n)
	for i := range m {
		softmaxBackwardRow(dst[i*n:i*n+n], ct[i*n:i*n+n], y[i*n:i*n+n])
	}
}

func softmaxBackwardRow[T Float](dst, ct, y []T) {
	ct, y = ct[:len(dst)], y[:len(dst)]
	var s float64
	for j, t := range ct {
		if t != 0 {
			s += float64(float64(t) * float64(y[j]))
		}
	}
	for j, t := range ct {
		if d := t - T(s); d != 0 {
			dst[j] += T(y[j] * d)
		}
	}
}

// LogSoftmaxBackward adds the derivative of y = LogSoftmax(x) to every row of n elements: dst[j] += ct[j] - e^y[j] * Σ ct.
// Where Σ ct is 0, the product is 0 whatever y[j] is (zero wins).
func LogSoftmaxBackward[T Float](dst, ct, y []T, n int) {
	mustMatch("LogSoftmaxBackward", "ct", len(ct), len(dst))
	mustMatch("LogSoftmaxBackward", "y", len(y), len(dst))
	m := mustRows("LogSoftmaxBackward", "y", len(y), n)
	for i := range m {
		logSoftmaxBackwardRow(dst[i*n:i*n+n], ct[i*n:i*n+n], y[i*n:i*n+n])
	}
}

func logSoftmaxBackwardRow[T Float](dst, ct, y []T) {
	ct, y = ct[:len(dst)], y[:len(dst)]
	s := sumPairwise(ct)
	for j, t := range ct {
		d := t
		if s != 0 {
			d = T(float64(t) - float64(math.Exp(float64(y[j]))*s))
		}
		dst[j] += d
	}
}

// LogSumExp sets dst[i] = ln Σⱼ e^x[i,j] for every row of n elements of x; dst has one element a row.
//
// Special cases are, for a row that
//
//	is -Inf throughout, or empty: -Inf
//	holds +Inf and no NaN: +Inf
//	holds NaN: NaN
func LogSumExp[T Float](dst, x []T, n int) {
	m := len(dst)
	mustMatch("LogSumExp", "x", len(x), m*n)
	for i := range m {
		dst[i] = logSumExpRow(x[i*n : i*n+n])
	}
}

func logSumExpRow[T Float](x []T) T {
	if len(x) == 0 {
		return T(math.Inf(-1))
	}
	m := Max(x)
	if isNaN(m) || isInf(m, 0) {
		return m
	}
	return T(float64(m) + math.Log(expSum(x, m)))
}
