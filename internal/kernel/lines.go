package kernel

import (
	"fmt"
	"math"
	"sync/atomic"
)

// Functions of lines see x as lines of n elements, inner apart, which is also how many of them lie side by side:
// element k of line i = o·inner + j is x[(o·n+k)·inner+j]. What is computed of line i is element i of the results. Rows
// of n elements are lines with inner 1, columns are lines with inner as many as there are.

// MaxLines sets dst[i] to the largest element of line i of x, or NaN if one is. -0 is smaller than 0. It panics if n is 0.
func MaxLines[T Float](dst, x []T, n, inner int) { extremeLines("MaxLines", foldMax, dst, x, n, inner) }

// MinLines sets dst[i] to the smallest element of line i of x, or NaN if one is. -0 is smaller than 0. It panics if n is 0.
func MinLines[T Float](dst, x []T, n, inner int) { extremeLines("MinLines", foldMin, dst, x, n, inner) }

func extremeLines[T Float](name string, kind foldKind, dst, x []T, n, inner int) {
	if n == 0 && len(dst) > 0 {
		panic("kernel: " + name + ": n is 0")
	}
	foldLines(name, linesJob[T]{kind: kind, dst: dst, x: x, n: n, inner: inner})
}

// ProdLines sets dst[i] to the product of the elements of line i of x, 1 for n = 0. It is made in double precision.
func ProdLines[T Float](dst, x []T, n, inner int) {
	foldLines("ProdLines", linesJob[T]{kind: foldProd, dst: dst, x: x, n: n, inner: inner})
}

// SumLines sets dst[i] to the sum of the elements of line i of x. Sums are kept in double precision, and in float64
// parts of lines are added pairwise, so the error is at most a few ulp of Σ|x|.
func SumLines[T Float](dst, x []T, n, inner int) {
	foldLines("SumLines", linesJob[T]{kind: foldSum, dst: dst, x: x, n: n, inner: inner})
}

// AddSumLines adds to dst[i] what [SumLines] sets it to.
func AddSumLines[T Float](dst, x []T, n, inner int) {
	foldLines("AddSumLines", linesJob[T]{kind: foldAddSum, dst: dst, x: x, n: n, inner: inner})
}

// NormLines sets dst[i] to the Euclidean length √Σx² of line i of x. It is NaN, and the result false, for lines where
// squares may have overflowed or vanished.
func NormLines[T Float](dst, x []T, n, inner int) (plain bool) {
	return foldLines("NormLines", linesJob[T]{kind: foldNorm, dst: dst, x: x, n: n, inner: inner})
}

// VarianceLines sets dst[i] to the sum of the squared distances of line i of x from its mean, divided by divisor; with
// root, to the root of that. hi[i] becomes the mean, and hi[i]+lo[i] what it is with twice the digits. A large offset
// costs none. dst[i] is NaN, and the result false, for lines where squares may have overflowed or vanished.
func VarianceLines[T Float](dst, hi, lo, x []T, n, inner int, divisor float64, root bool) (plain bool) {
	mustMatch("VarianceLines", "hi", len(hi), len(dst))
	mustMatch("VarianceLines", "lo", len(lo), len(dst))
	kind := foldVariance
	if root {
		kind = foldDeviation
	}
	return foldLines("VarianceLines", linesJob[T]{kind: kind, dst: dst, hi: hi, lo: lo, x: x, n: n, inner: inner, divisor: divisor})
}

// MeanLines sets hi[i] to the mean of line i of x, and hi[i]+lo[i] to what it is with twice the digits. The result is
// false where means are not finite; in float64 it may be so for other lines too, whose squared distances from their
// means overflow or vanish.
func MeanLines[T Float](hi, lo, x []T, n, inner int) (plain bool) {
	mustMatch("MeanLines", "lo", len(lo), len(hi))
	if is32[T]() {
		return foldLines("MeanLines", linesJob[T]{kind: foldMean, dst: hi, lo: lo, x: x, n: n, inner: inner})
	}
	free := scratchOf[T]()
	spread := free.get()
	spread.b = grow(spread.b, len(hi))
	plain = VarianceLines(spread.b, hi, lo, x, n, inner, 1, false)
	free.put(spread)
	return plain
}

// ProductLines sets sums[i] = Σ w and products[i] = Σ w·(x - hi[i] - lo[i]) over line i of w and x. Both are summed as by
// [SumLines].
func ProductLines[T Float](sums, products, hi, lo, w, x []T, n, inner int) {
	mustMatch("ProductLines", "products", len(products), len(sums))
	mustMatch("ProductLines", "hi", len(hi), len(sums))
	mustMatch("ProductLines", "lo", len(lo), len(sums))
	mustMatch("ProductLines", "w", len(w), len(x))
	foldLines("ProductLines", linesJob[T]{kind: foldProducts, dst: sums, dst2: products, hi: hi, lo: lo, w: w, x: x, n: n, inner: inner})
}

// lineKernels are the reductions of lines. Those named across take up rows rows of x, which are stride apart, of lines
// that lie side by side. Those named rows set the results of rows of n elements, n > 0.
type lineKernels[T Float] struct {
	acrossMax, acrossMin func(s, x []T, stride, rows int)
	rowsMax, rowsMin     func(s, x []T, n int)
	acrossProd           func(s []float64, x []T, stride, rows int)
	rowsProd             func(s []float64, x []T, n int)
	acrossSum            func(s []float64, x []T, stride, rows int)
	rowsSum              func(s []float64, x []T, n int)
	acrossMoments        func(s, q, m []float64, x []T, stride, rows int)
	rowsMoments          func(s, q, m []float64, x []T, n int)
	acrossProducts       func(s, q, m []float64, w, x []T, stride, rows int)
	rowsProducts         func(s, q, m []float64, w, x []T, n int)

	selected, selectedScalar loop[T] // 1 where a is b or c, or NaN, else 0

	matVec    func(y, a, x []T, lda int)
	normalize func(y, normal, x, gain, bias []T, hi, lo, scale T)
}

// A foldKind says to what lines are reduced.
type foldKind int

const (
	foldMax foldKind = iota // kept in T
	foldMin
	foldProd
	foldSum
	foldAddSum // to what is there
	foldMean   // in single precision
	foldNorm   // with squares
	foldVariance
	foldDeviation
	foldProducts
	foldPower // with divisor for the power, rows only
)

// A linesJob is a reduction of lines that is spread over processors.
type linesJob[T Float] struct {
	kind            foldKind
	dst, dst2       []T
	hi, lo          []T // means
	w, x            []T
	n, inner, lines int
	divisor         float64
	part            int    // lines of a chunk
	rare            uint32 // 1 if the result of a line is not certain
}

const (
	lineParts = 8    // how many parts many lines are split into
	lineBlock = 1024 // lines whose sums are kept at a time
)

// foldLines reduces lines, and reports whether the results are all right.
func foldLines[T Float](name string, j linesJob[T]) (plain bool) {
	j.lines = len(j.dst)
	mustLinesOf(name, len(j.x), j.lines, j.n, j.inner)
	if raceEnabled {
		touch(j.dst)
		touch(j.dst2)
		observe(j.w)
		observe(j.x)
	}
	j.part = (j.lines + lineParts - 1) / lineParts
	if j.inner > 1 {
		j.part = (j.part + vectorGroup - 1) / vectorGroup * vectorGroup
	}
	if len(j.x) >= minParallel && j.part < j.lines && workers.acquire() {
		shared := &jobsOf[T]().lines
		*shared = j
		workers.run(shared, (j.lines+j.part-1)/j.part, len(j.x) >= rousePieces*piece)
		plain = shared.rare == 0
		*shared = linesJob[T]{}
		workers.release()
		return plain
	}
	j.do(0, j.lines)
	return j.rare == 0
}

func (j *linesJob[T]) chunk(i int) { j.do(i*j.part, min((i+1)*j.part, j.lines)) }

// do reduces lines lo up to hi.
func (j *linesJob[T]) do(lo, hi int) {
	k := kernelsOf[T]().lines
	if j.kind <= foldMin {
		for lo < hi {
			end := hi
			if j.inner > 1 {
				end = min(hi, (lo/j.inner+1)*j.inner, lo+8192)
			}
			j.extremes(k, lo, end)
			lo = end
		}
		return
	}
	if j.kind == foldPower {
		j.powers(lo, hi)
		return
	}
	free := &scratch64
	buffer := free.get()
	size := min(hi-lo, lineBlock)
	buffer.a = grow(buffer.a, 3*size)
	sums := lineSums{buffer.a[:size], buffer.a[size : 2*size], buffer.a[2*size : 3*size]}
	for lo < hi {
		end := min(hi, lo+lineBlock)
		if j.inner > 1 {
			end = min(end, (lo/j.inner+1)*j.inner)
		}
		j.block(k, sums.part(0, end-lo), lo, end)
		lo = end
	}
	free.put(buffer)
}

// start returns where line i begins.
func (j *linesJob[T]) start(i int) int { return i/j.inner*j.n*j.inner + i%j.inner }

// extremes finds the largest or smallest elements of lines lo up to hi: rows, or columns side by side.
func (j *linesJob[T]) extremes(k *lineKernels[T], lo, hi int) {
	rows, across, of := k.rowsMax, k.acrossMax, func(v, w T) T { return max(v, w) }
	if j.kind == foldMin {
		rows, across, of = k.rowsMin, k.acrossMin, func(v, w T) T { return min(v, w) }
	}
	x, n := j.x[j.start(lo):], j.n
	switch {
	case j.inner > 1:
		copy(j.dst[lo:hi], x)
		for r, step := 1, rowsAtATime(hi-lo); r < n; r += step {
			across(j.dst[lo:hi], x[r*j.inner:], j.inner, min(step, n-r))
		}
	case n > piece:
		for ; lo < hi; lo++ {
			var v [1]T
			for at := 0; at < n; at += piece {
				size := min(piece, n-at)
				rows(v[:], x[at:at+size], size)
				if at == 0 {
					j.dst[lo] = v[0]
				} else {
					j.dst[lo] = of(j.dst[lo], v[0])
				}
			}
			x = x[n:]
		}
	default:
		for step := piece / n; lo < hi; lo += step {
			size := min(step, hi-lo)
			rows(j.dst[lo:lo+size], x[:size*n], n)
			x = x[size*n:]
		}
	}
}

// rowsAtATime is how many rows of a number of columns a kernel takes up in one call: some at a time, so that they are
// read in the order of memory, and the results are not read for every row.
func rowsAtATime(columns int) int { return max(2048/columns, 8) }

// lineSums are the sums of some lines: Σ x or Π x, and squares or products, of distances from m.
type lineSums struct{ s, q, m []float64 }

func (l lineSums) part(lo, hi int) lineSums { return lineSums{l.s[lo:hi], l.q[lo:hi], l.m[lo:hi]} }

// block reduces lines lo up to hi, which are rows, or columns side by side, with the sums for a buffer.
func (j *linesJob[T]) block(k *lineKernels[T], l lineSums, lo, hi int) {
	switch j.kind {
	case foldNorm:
		clear(l.m)
	case foldVariance, foldDeviation:
		for i := range l.m {
			l.m[i] = 0
			if j.n > 0 {
				l.m[i] = float64(j.x[j.start(lo+i)])
			}
		}
	case foldProducts:
		for i := range l.m {
			l.m[i] = float64(j.hi[lo+i]) + float64(j.lo[lo+i])
		}
	}
	j.sum(k, l, lo, hi)
	n := float64(j.n)
	switch j.kind {
	case foldProd, foldSum:
		for i, s := range l.s {
			j.dst[lo+i] = T(s)
		}
	case foldAddSum:
		for i, s := range l.s {
			j.dst[lo+i] = T(float64(j.dst[lo+i]) + s)
		}
	case foldMean:
		for i, s := range l.s {
			mean := s / n
			j.dst[lo+i] = T(mean)
			j.lo[lo+i] = T(mean - float64(j.dst[lo+i]))
			if mean-mean != 0 {
				atomic.StoreUint32(&j.rare, 1)
			}
		}
	case foldProducts:
		for i, s := range l.s {
			j.dst[lo+i], j.dst2[lo+i] = T(s), T(l.q[i])
		}
	case foldNorm:
		for i, q := range l.q {
			j.dst[lo+i] = T(math.Sqrt(q))
			j.check(lo+i, q)
		}
	default:
		if !is32[T]() { // the distances from the first element may be much larger than those from the mean
			for i, s := range l.s {
				l.m[i] += s / n
			}
			j.sum(k, l, lo, hi)
		}
		for i, s := range l.s {
			mean := l.m[i] + s/n
			j.hi[lo+i] = T(mean)
			j.lo[lo+i] = T(l.m[i] - float64(j.hi[lo+i]) + s/n)
			v := max(l.q[i]-s*(s/n), 0) / j.divisor
			if j.kind == foldDeviation {
				v = math.Sqrt(v)
			}
			j.dst[lo+i] = T(v)
			j.check(lo+i, l.q[i])
		}
	}
}

// check marks line i unless the sum of squares q is right for certain.
func (j *linesJob[T]) check(i int, q float64) {
	if is32[T]() && q-q == 0 || 0x1p-800 < q && q < 0x1p1000 {
		return
	}
	j.dst[i] = T(math.NaN())
	atomic.StoreUint32(&j.rare, 1)
}

// sum sets the sums of lines lo up to hi.
func (j *linesJob[T]) sum(k *lineKernels[T], l lineSums, lo, hi int) {
	x, w, n := j.x[j.start(lo):], j.w, j.n
	if w != nil {
		w = w[j.start(lo):]
	}
	if n == 0 || j.inner > 1 {
		of := 0.0
		if j.kind == foldProd {
			of = 1
		}
		for i := range l.s {
			l.s[i], l.q[i] = of, of
		}
		j.across(k, l, w, x, n)
		return
	}
	// Beyond that many elements sums are added pairwise.
	most := leaf
	if is32[T]() || j.kind == foldProd {
		most = piece
	}
	if n > most {
		for i := range l.s {
			j.long(k, l.part(i, i+1), sub(w, i*n, min((i+1)*n, len(w))), x[i*n:(i+1)*n], most)
		}
		return
	}
	step := piece / n
	for i := 0; i < len(l.s); i += step {
		end := min(i+step, len(l.s))
		j.rows(k, l.part(i, end), sub(w, i*n, min(end*n, len(w))), x[i*n:end*n], n)
	}
}

// rows calls the kernel for rows of n elements.
func (j *linesJob[T]) rows(k *lineKernels[T], l lineSums, w, x []T, n int) {
	switch j.kind {
	case foldProd:
		k.rowsProd(l.s, x, n)
	case foldSum, foldAddSum, foldMean:
		k.rowsSum(l.s, x, n)
	case foldProducts:
		k.rowsProducts(l.s, l.q, l.m, w, x, n)
	default:
		k.rowsMoments(l.s, l.q, l.m, x, n)
	}
}

// long sums a single row by halves, until it has at most so many elements.
func (j *linesJob[T]) long(k *lineKernels[T], l lineSums, w, x []T, most int) {
	if len(x) <= most {
		j.rows(k, l, w, x, len(x))
		return
	}
	h := (len(x)/2 + leaf - 1) / leaf * leaf
	w2 := w
	if w != nil {
		w, w2 = w[:h], w[h:]
	}
	j.long(k, l, w, x[:h], most)
	s, q := l.s[0], l.q[0]
	j.long(k, l, w2, x[h:], most)
	if j.kind == foldProd {
		l.s[0] *= s
		return
	}
	l.s[0] += s
	l.q[0] += q
}

// across takes up n rows of columns that lie side by side.
func (j *linesJob[T]) across(k *lineKernels[T], l lineSums, w, x []T, n int) {
	if n > rowBlock && !is32[T]() && j.kind != foldProd {
		buffer := scratch64.get()
		buffer.a = grow(buffer.a, 2*len(l.s)*maxHalvings)
		j.pairwise(k, l, w, x, n, buffer.a)
		scratch64.put(buffer)
		return
	}
	step := rowsAtATime(len(l.s))
	for r := 0; r < n; r += step {
		j.columns(k, l, w, x, r, min(step, n-r))
	}
}

// columns calls the kernel for some rows of columns, from row r on.
func (j *linesJob[T]) columns(k *lineKernels[T], l lineSums, w, x []T, r, rows int) {
	x = x[r*j.inner:]
	switch j.kind {
	case foldProd:
		k.acrossProd(l.s, x, j.inner, rows)
	case foldSum, foldAddSum, foldMean:
		k.acrossSum(l.s, x, j.inner, rows)
	case foldProducts:
		k.acrossProducts(l.s, l.q, l.m, w[r*j.inner:], x, j.inner, rows)
	default:
		k.acrossMoments(l.s, l.q, l.m, x, j.inner, rows)
	}
}

// pairwise is across by halves. The buffer holds two rows of sums for every halving.
func (j *linesJob[T]) pairwise(k *lineKernels[T], l lineSums, w, x []T, n int, buffer []float64) {
	if n <= rowBlock {
		j.columns(k, l, w, x, 0, n)
		return
	}
	h, size := n/2, len(l.s)
	j.pairwise(k, l, w, x, h, buffer)
	rest := lineSums{buffer[:size], buffer[size : 2*size], l.m}
	clear(buffer[:2*size])
	if w != nil {
		w = w[h*j.inner:]
	}
	j.pairwise(k, rest, w, x[h*j.inner:], n-h, buffer[2*size:])
	addTo64(l.s, rest.s)
	addTo64(l.q, rest.q)
}

// mustLinesOf panics unless lines of n elements, inner of them side by side, make up x.
func mustLinesOf(name string, lenX, lines, n, inner int) {
	if n < 0 || inner < 1 || lines%inner != 0 || lenX != lines*n {
		panic(fmt.Sprintf("kernel: %s: %d lines of %d elements, %d side by side, do not make up len(x) = %d", name, lines, n, inner, lenX))
	}
}
