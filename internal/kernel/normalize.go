package kernel

import (
	"math"
	"sync/atomic"
)

// NormalizeRows sets the rows of n elements of normal to those of x less their means, hi, times scale = 1/√(variance + eps), and those
// of y to normal·gain + bias. A large offset costs no digits. Rows are left out, with scale[i] NaN, and the result is false, where the
// larger of variance and eps is below least, variance + eps is above most, or one of them is NaN. It panics if n is 0.
func NormalizeRows[T Float](y, normal, scale, x, gain, bias []T, n int, eps, least, most float64) (all bool) {
	mustMatch("NormalizeRows", "normal", len(normal), len(y))
	mustMatch("NormalizeRows", "gain", len(gain), n)
	mustMatch("NormalizeRows", "bias", len(bias), n)
	return shareLines("NormalizeRows", linesWork[T]{
		kind: workNormalize, dst: y, y: normal, x: x, c: scale, a: gain, b: bias, n: n, inner: 1, eps: eps, least: least, most: most,
	}, len(scale))
}

// normalizeRows is NormalizeRows for rows lo up to hi, some at a time, which stay in the cache from one pass to the next.
func (j *linesWork[T]) normalizeRows(lo, hi int) {
	const rows = 64
	step := min(max(part/j.n, 1), rows)
	f, free := kernelsOf[T]().lines.normalize, scratchOf[T]()
	buffer := free.get()
	buffer.buffer = grow(buffer.buffer, 3*rows)
	variance, means, rest := buffer.buffer[:rows], buffer.buffer[rows:2*rows], buffer.buffer[2*rows:]
	for ; lo < hi; lo += step {
		m := min(step, hi-lo)
		fold := linesJob[T]{
			kind: foldVariance, dst: variance[:m], hi: means[:m], lo: rest[:m], x: j.x[lo*j.n : (lo+m)*j.n], n: j.n, inner: 1, lines: m, divisor: float64(j.n),
		}
		fold.do(0, m)
		for i := range m {
			v := float64(variance[i])
			if !(max(v, j.eps) >= j.least && v+j.eps <= j.most) {
				j.c[lo+i] = T(math.NaN())
				atomic.StoreUint32(&j.rare, 1)
				continue
			}
			j.c[lo+i] = T(1 / math.Sqrt(v+j.eps))
			for at := 0; at < j.n; at += piece {
				end := min(at+piece, j.n)
				from, to := (lo+i)*j.n+at, (lo+i)*j.n+end
				f(j.dst[from:to], j.y[from:to], j.x[from:to], j.a[at:end], j.b[at:end], means[i], rest[i], j.c[lo+i])
			}
		}
	}
	free.put(buffer)
}

func normalizePortable[T Float](y, normal, x, gain, bias []T, hi, lo, scale T) {
	for i, v := range x {
		v = times(v-hi-lo, scale)
		normal[i] = v
		y[i] = times(v, gain[i]) + bias[i]
	}
}
