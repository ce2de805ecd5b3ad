package kernel

import "math"

// Softmax sets every row of n elements of dst to e^x[j] / Σ e^x. It is stable: the largest element is subtracted first, so
// rows may hold ±1e20 and -Inf. A row that is -Inf throughout, or holds +Inf or NaN, becomes NaN.
func Softmax[T Float](dst, x []T, n int) {
	mustMatch("Softmax", "x", len(x), len(dst))
	byRows("Softmax", rowSoftmax, dst, x, nil, nil, n)
}

// SafeSoftmax is [Softmax] but for elements -Inf, which become 0 whatever stands beside them: rows that are -Inf
// throughout become zeros.
func SafeSoftmax[T Float](dst, x []T, n int) {
	mustMatch("SafeSoftmax", "x", len(x), len(dst))
	byRows("SafeSoftmax", rowSafeSoftmax, dst, x, nil, nil, n)
}

// LogSoftmax sets every row of n elements of dst to x[j] - ln Σ e^x, stable like [Softmax]: the log-softmax of two
// equal numbers, however large, is -ln 2. An element -Inf stays -Inf; a row that is -Inf throughout, or holds +Inf or
// NaN, becomes NaN.
func LogSoftmax[T Float](dst, x []T, n int) {
	mustMatch("LogSoftmax", "x", len(x), len(dst))
	byRows("LogSoftmax", rowLogSoftmax, dst, x, nil, nil, n)
}

// SoftmaxBackward adds the derivative of y = Softmax(x) or SafeSoftmax(x) to every row of n elements: dst[j] += y[j] *
// (ct[j] - Σ ct*y). An element x[j] that is -Inf is as though it were not there: nothing is added for it, and ct[j] is
// not looked at. Where ct[j] or the bracket is 0, the product is 0 whatever y[j] is (zero wins).
func SoftmaxBackward[T Float](dst, ct, y, x []T, n int) {
	byRowsBackward("SoftmaxBackward", rowSoftmaxBackward, dst, ct, y, x, n)
}

// SoftmaxBackwardInto is [SoftmaxBackward] without the sum: it sets dst.
func SoftmaxBackwardInto[T Float](dst, ct, y, x []T, n int) {
	byRowsBackward("SoftmaxBackwardInto", rowSoftmaxBackwardInto, dst, ct, y, x, n)
}

// LogSoftmaxBackward adds the derivative of y = LogSoftmax(x) to every row of n elements: dst[j] += ct[j] - e^y[j] * Σ
// ct. An element x[j] that is -Inf is as though it were not there: nothing is added for it, and ct[j] is not looked at.
// Where Σ ct is 0, the product is 0 whatever y[j] is (zero wins). dst may be ct or y, not x.
func LogSoftmaxBackward[T Float](dst, ct, y, x []T, n int) {
	byRowsBackward("LogSoftmaxBackward", rowLogSoftmaxBackward, dst, ct, y, x, n)
}

// LogSoftmaxBackwardInto is [LogSoftmaxBackward] without the sum: it sets dst.
func LogSoftmaxBackwardInto[T Float](dst, ct, y, x []T, n int) {
	byRowsBackward("LogSoftmaxBackwardInto", rowLogSoftmaxBackwardInto, dst, ct, y, x, n)
}

// byRowsBackward is [byRows] for the kernels that read cotangents, results and operands.
func byRowsBackward[T Float](name string, kind rowKind, dst, ct, y, x []T, n int) {
	mustMatch(name, "ct", len(ct), len(dst))
	mustMatch(name, "y", len(y), len(dst))
	mustMatch(name, "x", len(x), len(dst))
	byRows(name, kind, dst, ct, y, x, n)
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
	if n == 0 {
		Fill(dst, T(math.Inf(-1)))
		return
	}
	shareLines("LogSumExp", linesWork[T]{kind: workLogSumExp, dst: dst, x: x, n: n, inner: 1}, m)
}

// logSumExpRows is LogSumExp for rows lo up to hi, some at a time: first their largest elements, then the sums.
func (j *linesWork[T]) logSumExpRows(lo, hi int) {
	k, n := kernelsOf[T](), j.n
	for step := max(part/n, 1); lo < hi; lo += step {
		end := min(hi, lo+step)
		largest := linesJob[T]{kind: foldMax, dst: j.dst[lo:end], x: j.x[lo*n : end*n], n: n, inner: 1, lines: end - lo}
		largest.do(0, end-lo)
		for i := lo; i < end; i++ {
			if m := j.dst[i]; m*0 == 0 { // neither infinite nor NaN
				j.dst[i] = T(float64(m) + math.Log(expSum(k, j.x[i*n:(i+1)*n], m)))
			}
		}
	}
}

func softmaxRow[T Float](k *kernels[T], dst, x []T) { softmaxShifted(k, dst, x, Max(x)) }

func safeSoftmaxRow[T Float](k *kernels[T], dst, x []T) {
	m := Max(x)
	if m-m == 0 {
		softmaxShifted(k, dst, x, m)
		return
	}
	for j, v := range x {
		if dst[j] = 0; !masked(v) {
			dst[j] = T(math.NaN())
		}
	}
}

// softmaxShifted is Softmax of a row whose largest element is m.
func softmaxShifted[T Float](k *kernels[T], dst, x []T, m T) {
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
	AddScalar(dst, dst, 0-l) // +0 where l is: the logarithm of 1, whichever zero x-m is
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

func softmaxBackwardRow[T Float](op opcode, dst, ct, y, x []T) {
	s := T(reduce(reduceDot, ct, y))
	if s-s == 0 { // all finite, and what is masked has y = 0
		apply(op, dst, ct, y, s)
		return
	}
	var sum float64
	for j, t := range ct {
		if t != 0 && !masked(x[j]) {
			sum += times(float64(t), float64(y[j]))
		}
	}
	for j, t := range ct {
		d := T(0)
		if !masked(x[j]) {
			d = T(float64(t) - sum)
		}
		if d != 0 {
			d = times(y[j], d)
		}
		if op == opSoftmaxBackward {
			d += dst[j]
		}
		dst[j] = d
	}
}

func logSoftmaxBackwardRow[T Float](op opcode, dst, ct, y, x []T) {
	if !AllFinite(x) {
		logSoftmaxBackwardMasked(op, dst, ct, y, x)
		return
	}
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

func logSoftmaxBackwardMasked[T Float](op opcode, dst, ct, y, x []T) {
	var sum float64
	for j, t := range ct {
		if !masked(x[j]) {
			sum += float64(t)
		}
	}
	s := T(sum)
	if op == opLogSoftmaxBackwardInto && s-s == 0 && s != 0 {
		apply(op, dst, ct, y, s)
		for j, v := range x {
			if masked(v) {
				dst[j] = 0
			}
		}
		return
	}
	for j, t := range ct {
		d := T(0)
		if !masked(x[j]) {
			d = t
			if s != 0 {
				d -= times(T(math.Exp(float64(y[j]))), s)
			}
		}
		if op == opLogSoftmaxBackward {
			d += dst[j]
		}
		dst[j] = d
	}
}

// masked reports whether a logit is -Inf.
func masked[T Float](x T) bool { return math.IsInf(float64(x), -1) }

// A rowKind says what is done with the rows of up to four matrices.
type rowKind int

const (
	rowSoftmax rowKind = iota
	rowSafeSoftmax
	rowLogSoftmax
	rowSoftmaxBackward
	rowSoftmaxBackwardInto
	rowLogSoftmaxBackward
	rowLogSoftmaxBackwardInto
)

// doRow does one row.
func doRow[T Float](k *kernels[T], kind rowKind, dst, a, b, c []T) {
	switch kind {
	case rowSoftmax:
		softmaxRow(k, dst, a)
	case rowSafeSoftmax:
		safeSoftmaxRow(k, dst, a)
	case rowLogSoftmax:
		logSoftmaxRow(k, dst, a)
	case rowSoftmaxBackward:
		softmaxBackwardRow(opSoftmaxBackward, dst, a, b, c)
	case rowSoftmaxBackwardInto:
		softmaxBackwardRow(opSoftmaxBackwardInto, dst, a, b, c)
	case rowLogSoftmaxBackward:
		logSoftmaxBackwardRow(opLogSoftmaxBackward, dst, a, b, c)
	case rowLogSoftmaxBackwardInto:
		logSoftmaxBackwardRow(opLogSoftmaxBackwardInto, dst, a, b, c)
	}
}

// byRows does every row of n elements; many rows are spread over processors.
func byRows[T Float](name string, kind rowKind, dst, a, b, c []T, n int) {
	m := mustRows(name, "dst", len(dst), n)
	k := kernelsOf[T]()
	if len(dst) >= minParallelExpensive && m >= 2*rowParts && n < minParallelExpensive && workers.acquire() {
		j := &jobsOf[T]().rows
		*j = rowsJob[T]{k, kind, dst, a, b, c, m, n}
		workers.run(j, rowParts, len(dst) >= rousePieces*piece/8)
		*j = rowsJob[T]{}
		workers.release()
		return
	}
	doRows(k, kind, dst, a, b, c, n, 0, m)
}

// doRows does rows lo to hi-1.
func doRows[T Float](k *kernels[T], kind rowKind, dst, a, b, c []T, n, lo, hi int) {
	if f := k.shortSoftmax(kind, n); f != nil {
		softmaxRows(f, k, kind, dst[lo*n:hi*n], a[lo*n:hi*n], n, hi-lo)
		return
	}
	for i := lo; i < hi; i++ {
		lo, hi := i*n, i*n+n
		doRow(k, kind, dst[lo:hi], a[lo:hi], sub(b, lo, hi), sub(c, lo, hi))
	}
}

// A softmaxFunc sets rows of y, of n elements, to the softmax of those of x, and returns how many it has done: none
// whose sum is NaN, and none behind that.
type softmaxFunc[T Float] func(y, x []T, n, rows int) int

// shortSoftmax returns the function for softmax of rows of n elements, nil if there is none.
func (k *kernels[T]) shortSoftmax(kind rowKind, n int) softmaxFunc[T] {
	if k.softmax == nil || n == 0 || kind != rowSoftmax && kind != rowSafeSoftmax {
		return nil
	}
	if v := parts(n, k.softmaxLanes); v <= len(k.softmax) {
		return k.softmax[v-1]
	}
	return nil
}

// softmaxRows does rows of n elements by f, but for those that are not for it.
func softmaxRows[T Float](f softmaxFunc[T], k *kernels[T], kind rowKind, dst, x []T, n, rows int) {
	if raceEnabled {
		touch(dst)
		observe(x)
	}
	for rows > 0 {
		many := min(rows, max(piece/4/n, 1))
		done := f(dst, x, n, many)
		dst, x, rows = dst[done*n:], x[done*n:], rows-done
		if done < many {
			doRow(k, kind, dst[:n], x[:n], nil, nil)
			dst, x, rows = dst[n:], x[n:], rows-1
		}
	}
}

// rowParts is how many parts many rows are split into.
const rowParts = 8

// A rowsJob is work on rows that is spread over processors.
type rowsJob[T Float] struct {
	k            *kernels[T]
	kind         rowKind
	dst, a, b, c []T
	m, n         int
}

func (j *rowsJob[T]) chunk(i int) {
	doRows(j.k, j.kind, j.dst, j.a, j.b, j.c, j.n, i*j.m/rowParts, (i+1)*j.m/rowParts)
}
