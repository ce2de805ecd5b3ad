package kernel

// affineKernels are loops over lines that make as many elements as they read. Those named across are for lines side by side, as many
// as there are numbers of one kind, whose rows elements, rows > 0, stand stride apart; those named rows are for rows of n elements,
// n > 0, one at least.
type affineKernels[T Float] struct {
	acrossAffine   func(dst, x, hi, lo, c, b []T, stride, rows int) // ((x-hi)-lo)·c + b
	acrossAffineTo func(dst, x, hi, lo, c []T, stride, rows int)    // dst + ((x-hi)-lo)·c
	rowsAffine     func(dst, x, hi, lo, c, b []T, n int)
	rowsAffineTo   func(dst, x, hi, lo, c []T, n int)

	acrossSlope, acrossSlopeTo func(dst, w, x, mean, c, hi, lo, slope []T, stride, rows int) // (w-mean)·c - ((x-hi)-lo)·slope
	rowsSlope, rowsSlopeTo     func(dst, w, x, mean, c, hi, lo, slope []T, n int)

	rowsGain, rowsGainTo func(dst, w, x, gain, mean, slope, c []T, n int) // ((g-mean) - x·slope)·c with g = w·gain, zero wins
	rowsGainSums         func(s, q []float64, w, x, gain []T, n int)      // Σ g and Σ g·x

	// Those of exponentials add to s, which has room for a whole number of vectors.
	acrossExpSum func(s []float64, x, m []T, stride, rows int)    // Σ e^(x-m)
	acrossExp    func(s []float64, y, x, m []T, stride, rows int) // the same, and y = e^(x-m)

	acrossSoftmax, acrossSoftmaxTo       func(dst, ct, y, s []T, stride, rows int) // y·(ct-s), zero wins
	acrossLogSoftmax, acrossLogSoftmaxTo func(dst, ct, y, s []T, stride, rows int) // ct - s·e^y, zero wins

	// Scans take up rows in s, with a negative stride from the last one on. Rows of before have no gaps.
	scanSum, scanProd func(s []float64, y, x []T, stride, rows int)               // s += x or s *= x, and y = s
	scanBefore        func(s, before []float64, x []T, stride, rows int)          // before = s, and s *= x
	scanBehind        func(s, c, before []float64, dst, x []T, stride, rows int)  // dst = c·(s·before), and s *= x
	scanBehindTo      func(s, before []float64, dst, ct, x []T, stride, rows int) // s += ct, dst = s·before, and s *= x
}

// padding is how many numbers beyond the end a kernel of exponentials may overwrite.
const padding = 16

// ScaleLines adds (x - hi[i] - lo[i])·c[i] to dst for the elements of line i. With set, it sets dst.
func ScaleLines[T Float](dst, x, hi, lo, c []T, n, inner int, set bool) {
	mustMatch("ScaleLines", "hi", len(hi), len(c))
	mustMatch("ScaleLines", "lo", len(lo), len(c))
	if !set {
		shareLines("ScaleLines", linesWork[T]{kind: workAffineTo, dst: dst, x: x, hi: hi, lo: lo, c: c, n: n, inner: inner}, len(c))
		return
	}
	free := scratchOf[T]()
	zeros := free.get()
	zeros.buffer = grow(zeros.buffer, len(c))
	clear(zeros.buffer)
	AffineLines(dst, x, hi, lo, c, zeros.buffer, n, inner)
	free.put(zeros)
}

// AffineLines sets dst to (x - hi[i] - lo[i])·c[i] + b[i] for the elements of line i.
func AffineLines[T Float](dst, x, hi, lo, c, b []T, n, inner int) {
	mustMatch("AffineLines", "hi", len(hi), len(c))
	mustMatch("AffineLines", "lo", len(lo), len(c))
	mustMatch("AffineLines", "b", len(b), len(c))
	shareLines("AffineLines", linesWork[T]{kind: workAffine, dst: dst, x: x, hi: hi, lo: lo, c: c, b: b, n: n, inner: inner}, len(c))
}

// SlopeLines adds (w - mean[i])·c[i] - (x - hi[i] - lo[i])·slope[i] to dst for the elements of line i. With set, it sets dst.
func SlopeLines[T Float](dst, w, x, mean, c, hi, lo, slope []T, n, inner int, set bool) {
	mustMatch("SlopeLines", "w", len(w), len(dst))
	mustMatch("SlopeLines", "mean", len(mean), len(c))
	mustMatch("SlopeLines", "hi", len(hi), len(c))
	mustMatch("SlopeLines", "lo", len(lo), len(c))
	mustMatch("SlopeLines", "slope", len(slope), len(c))
	kind := workSlopeTo
	if set {
		kind = workSlope
	}
	shareLines("SlopeLines", linesWork[T]{kind: kind, dst: dst, w: w, x: x, hi: hi, lo: lo, c: c, b: mean, a: slope, n: n, inner: inner}, len(c))
}

// NormalizeRowsBackward adds to dst the cotangent of rows of n elements for the cotangent w of normal·gain, where normal is the rows
// after scaling by scale[i], and with centered, after subtraction of their means: (g - mean g - normal·mean(g·normal))·scale[i] for
// g = w·gain, zero wins, without mean g for rows that were not centered. A row whose g is 0 throughout adds nothing, whatever else
// stands there. With set, it sets dst.
func NormalizeRowsBackward[T Float](dst, w, normal, gain, scale []T, n int, centered, set bool) {
	mustMatch("NormalizeRowsBackward", "w", len(w), len(dst))
	mustMatch("NormalizeRowsBackward", "gain", len(gain), n)
	shareLines("NormalizeRowsBackward", linesWork[T]{
		kind: workGain, dst: dst, w: w, x: normal, c: scale, a: gain, n: n, inner: 1, centered: centered, set: set,
	}, len(scale))
}

// gainRows is NormalizeRowsBackward for rows lo up to hi: some at a time, whose numbers stay in the cache between both passes.
func (j *linesWork[T]) gainRows(lo, hi int) {
	const most = 64
	k, n := kernelsOf[T]().affine, j.n
	step := min(max(part/n, 1), most)
	sums, numbers := scratch64.get(), scratchOf[T]().get()
	sums.a, numbers.a = grow(sums.a, 2*most), grow(numbers.a, 2*most)
	for ; lo < hi; lo += step {
		rows := min(step, hi-lo)
		s, q, mean, slope := sums.a[:rows], sums.a[most:most+rows], numbers.a[:rows], numbers.a[most:most+rows]
		if n > leaf {
			for i := range s {
				from, to := (lo+i)*n, (lo+i+1)*n
				s[i], q[i] = longGainSums(k, j.w[from:to], j.x[from:to], j.a)
			}
		} else {
			k.rowsGainSums(s, q, j.w[lo*n:(lo+rows)*n], j.x[lo*n:(lo+rows)*n], j.a, n)
		}
		plain := true
		for i := range s {
			mean[i], slope[i] = 0, T(q[i]/float64(n))
			if j.centered {
				mean[i] = T(s[i] / float64(n))
			}
			plain = plain && q[i]-q[i] == 0
		}
		if plain {
			j.gain(k, mean, slope, lo)
			continue
		}
		for i := range s {
			at := lo + i
			switch {
			case q[i]-q[i] == 0 || !vanishes(j.w[at*n:(at+1)*n], j.a):
				j.gain(k, mean[i:i+1], slope[i:i+1], at)
			case j.set:
				clear(j.dst[at*n : (at+1)*n])
			}
		}
	}
	scratchOf[T]().put(numbers)
	scratch64.put(sums)
}

// gain calls the kernel for some rows, from row lo on.
func (j *linesWork[T]) gain(k *affineKernels[T], mean, slope []T, lo int) {
	f := k.rowsGainTo
	if j.set {
		f = k.rowsGain
	}
	c := j.c[lo : lo+len(mean)]
	if j.n <= piece {
		from, to := lo*j.n, (lo+len(mean))*j.n
		f(j.dst[from:to], j.w[from:to], j.x[from:to], j.a, mean, slope, c, j.n)
		return
	}
	for at := 0; at < j.n; at += piece { // a single row
		end := min(at+piece, j.n)
		from, to := lo*j.n+at, lo*j.n+end
		f(j.dst[from:to], j.w[from:to], j.x[from:to], j.a[at:end], mean, slope, c, end-at)
	}
}

// longGainSums returns the sums of a row by halves.
func longGainSums[T Float](k *affineKernels[T], w, x, gain []T) (s, q float64) {
	if len(w) <= leaf {
		var s, q [1]float64
		k.rowsGainSums(s[:], q[:], w, x, gain, len(w))
		return s[0], q[0]
	}
	h := (len(w)/2 + leaf - 1) / leaf * leaf
	s, q = longGainSums(k, w[:h], x[:h], gain[:h])
	s2, q2 := longGainSums(k, w[h:], x[h:], gain[h:])
	return s + s2, q + q2
}

// vanishes reports whether all products w·gain are 0, where a zero of w wins.
func vanishes[T Float](w, gain []T) bool {
	for i, v := range w {
		if timesZeroWins(v, gain[i]) != 0 {
			return false
		}
	}
	return true
}
