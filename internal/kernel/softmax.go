package kernel

import "math"

// Softmax sets every row of n elements of dst to e^x[j] / Σ e^x. It is stable: the largest element is subtracted first, so
// rows may hold ±1e20 and -Inf. A row that is -Inf throughout, or holds +Inf or NaN, becomes NaN.
func Softmax[T Float](dst, x []T, n int) {
	mustMatch("Softmax", "x", len(x), len(dst))
	byRows("Softmax", rowSoftmax, dst, x, nil, n)
}

// LogSoftmax sets every row of n elements of dst to x[j] - ln Σ e^x, stable like [Softmax]: the log-softmax of two equal
// numbers, however large, is -ln 2. An element -Inf stays -Inf; a row that is -Inf throughout, or holds +Inf or NaN, becomes NaN.
func LogSoftmax[T Float](dst, x []T, n int) {
	mustMatch("LogSoftmax", "x", len(x), len(dst))
	byRows("LogSoftmax", rowLogSoftmax, dst, x, nil, n)
}

// SoftmaxBackward adds the derivative of y = Softmax(x) to every row of n elements: dst[j] += y[j] * (ct[j] - Σ ct*y).
// Where ct[j] or the bracket is 0, the product is 0 whatever y[j] is (zero wins).
func SoftmaxBackward[T Float](dst, ct, y []T, n int) {
	mustMatch("SoftmaxBackward", "ct", len(ct), len(dst))
	mustMatch("SoftmaxBackward", "y", len(y), len(dst))
	byRows("SoftmaxBackward", rowSoftmaxBackward, dst, ct, y, n)
}

// SoftmaxBackwardInto is [SoftmaxBackward] without the sum: it sets dst.
func SoftmaxBackwardInto[T Float](dst, ct, y []T, n int) {
	mustMatch("SoftmaxBackwardInto", "ct", len(ct), len(dst))
	mustMatch("SoftmaxBackwardInto", "y", len(y), len(dst))
	byRows("SoftmaxBackwardInto", rowSoftmaxBackwardInto, dst, ct, y, n)
}

// LogSoftmaxBackward adds the derivative of y = LogSoftmax(x) to every row of n elements: dst[j] += ct[j] - e^y[j] * Σ ct.
// Where Σ ct is 0, the product is 0 whatever y[j] is (zero wins).
func LogSoftmaxBackward[T Float](dst, ct, y []T, n int) {
	mustMatch("LogSoftmaxBackward", "ct", len(ct), len(dst))
	mustMatch("LogSoftmaxBackward", "y", len(y), len(dst))
	byRows("LogSoftmaxBackward", rowLogSoftmaxBackward, dst, ct, y, n)
}

// LogSoftmaxBackwardInto is [LogSoftmaxBackward] without the sum: it sets dst.
func LogSoftmaxBackwardInto[T Float](dst, ct, y []T, n int) {
	mustMatch("LogSoftmaxBackwardInto", "ct", len(ct), len(dst))
	mustMatch("LogSoftmaxBackwardInto", "y", len(y), len(dst))
	byRows("LogSoftmaxBackwardInto", rowLogSoftmaxBackwardInto, dst, ct, y, n)
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
	k := kernelsOf[T]()
	for i := range m {
		dst[i] = logSumExpRow(k, x[i*n:i*n+n])
	}
}

func softmaxRow[T Float](k *kernels[T], dst, x []T) {
	m := Max(x)
	var s T
	if len(x) <= expLeaf {
		s = k.expStore(dst, x, m)
	} else {
		var sum float64
		for lo := 0; lo < len(x); lo += expLeaf {
			hi := min(lo+expLeaf, len(x))
			sum += float64(k.expStore(dst[lo:hi], x[lo:hi], m))
		}
		s = T(sum)
	}
	MulScalar(dst, dst, 1/s)
}

func logSoftmaxRow[T Float](k *kernels[T], dst, x []T) {
	m := Max(x)
	l := T(math.Log(expSum(k, x, m)))
	AddScalar(dst, x, -m)
	AddScalar(dst, dst, -l)
}

// expLeaf is how many exponentials a kernel adds to sums in its own precision.
const expLeaf = 1024

// expSum returns Σ e^(x-m).
func expSum[T Float](k *kernels[T], x []T, m T) float64 {
	var sum float64
	for lo := 0; lo < len(x); lo += expLeaf {
		sum += float64(k.expSum(x[lo:min(lo+expLeaf, len(x))], m))
	}
	return sum
}

func logSumExpRow[T Float](k *kernels[T], x []T) T {
	if len(x) == 0 {
		return T(math.Inf(-1))
	}
	m := Max(x)
	if m*0 != 0 { // m is infinite or NaN
		return m
	}
	return T(float64(m) + math.Log(expSum(k, x, m)))
}

func softmaxBackwardRow[T Float](op opcode, dst, ct, y []T) {
	s := reduce(reduceDot, ct, y)
	if s-s != 0 { // something is not finite: let zeros win
		s = 0
		for j, t := range ct {
			if t != 0 {
				s += times(float64(t), float64(y[j]))
			}
		}
	}
	apply(op, dst, ct, y, T(s))
}

func logSoftmaxBackwardRow[T Float](op opcode, dst, ct, y []T) {
	s := Sum(ct)
	switch {
	case s != 0:
		apply(op, dst, ct, y, s)
	case op == opLogSoftmaxBackward:
		AddTo(dst, ct)
	default:
		copy(dst, ct)
	}
}

// A rowKind says what is done with the rows of up to three matrices.
type rowKind int

const (
	rowSoftmax rowKind = iota
	rowLogSoftmax
	rowSoftmaxBackward
	rowSoftmaxBackwardInto
	rowLogSoftmaxBackward
	rowLogSoftmaxBackwardInto
)

// doRow does one row.
func doRow[T Float](k *kernels[T], kind rowKind, dst, a, b []T) {
	switch kind {
	case rowSoftmax:
		softmaxRow(k, dst, a)
	case rowLogSoftmax:
		logSoftmaxRow(k, dst, a)
	case rowSoftmaxBackward:
		softmaxBackwardRow(opSoftmaxBackward, dst, a, b)
	case rowSoftmaxBackwardInto:
		softmaxBackwardRow(opSoftmaxBackwardInto, dst, a, b)
	case rowLogSoftmaxBackward:
		logSoftmaxBackwardRow(opLogSoftmaxBackward, dst, a, b)
	case rowLogSoftmaxBackwardInto:
		logSoftmaxBackwardRow(opLogSoftmaxBackwardInto, dst, a, b)
	}
}

// byRows does every row of n elements; many rows are spread over processors.
func byRows[T Float](name string, kind rowKind, dst, a, b []T, n int) {
	m := mustRows(name, "dst", len(dst), n)
	k := kernelsOf[T]()
	if len(dst) >= minParallelExpensive && m >= 2*rowParts && n < minParallelExpensive && workers.acquire() {
		j := &jobsOf[T]().rows
		*j = rowsJob[T]{k, kind, dst, a, b, m, n}
		workers.run(j, rowParts, len(dst) >= rousePieces*piece/8)
		*j = rowsJob[T]{}
		workers.release()
		return
	}
	for i := range m {
		lo, hi := i*n, i*n+n
		doRow(k, kind, dst[lo:hi], a[lo:hi], sub(b, lo, hi))
	}
}

// rowParts is how many parts many rows are split into.
const rowParts = 8

// A rowsJob is work on rows that is spread over processors.
type rowsJob[T Float] struct {
	k         *kernels[T]
	kind      rowKind
	dst, a, b []T
	m, n      int
}

func (j *rowsJob[T]) chunk(i int) {
	for r := i * j.m / rowParts; r < (i+1)*j.m/rowParts; r++ {
		lo, hi := r*j.n, r*j.n+j.n
		doRow(j.k, j.kind, j.dst[lo:hi], j.a[lo:hi], sub(j.b, lo, hi))
	}
}
