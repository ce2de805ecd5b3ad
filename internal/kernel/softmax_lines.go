package kernel

import "math"

// This file holds softmax and its like along lines that are not rows; see MaxLines for what lines are. Lines that lie side by side
// are done a strip at a time, row by row, with a number of each line in a vector; a few, line by line.

// SoftmaxLines is [Softmax] of lines of n elements, inner of them side by side.
func SoftmaxLines[T Float](dst, x []T, n, inner int) { softmaxLines(rowSoftmax, dst, x, n, inner) }

// SafeSoftmaxLines is [SafeSoftmax] of lines of n elements, inner of them side by side.
func SafeSoftmaxLines[T Float](dst, x []T, n, inner int) {
	softmaxLines(rowSafeSoftmax, dst, x, n, inner)
}

// LogSoftmaxLines is [LogSoftmax] of lines of n elements, inner of them side by side.
func LogSoftmaxLines[T Float](dst, x []T, n, inner int) {
	softmaxLines(rowLogSoftmax, dst, x, n, inner)
}

// LogSumExpLines is [LogSumExp] of lines of n elements, inner of them side by side.
func LogSumExpLines[T Float](dst, x []T, n, inner int) {
	if inner == 1 {
		LogSumExp(dst, x, n)
		return
	}
	mustLinesOf("LogSumExpLines", len(x), len(dst), n, inner)
	if n == 0 {
		Fill(dst, T(math.Inf(-1)))
		return
	}
	shareLines("LogSumExpLines", linesWork[T]{kind: workLogSumExp, dst: dst, x: x, n: n, inner: inner}, len(dst))
}

// SoftmaxLinesBackward is [SoftmaxBackward] for lines of n elements, inner of them side by side. With set, it sets dst.
func SoftmaxLinesBackward[T Float](dst, ct, y, x []T, n, inner int, set bool) {
	softmaxLinesBackward(rowSoftmaxBackward, dst, ct, y, x, n, inner, set)
}

// LogSoftmaxLinesBackward is [LogSoftmaxBackward] for lines of n elements, inner of them side by side. With set, it sets dst.
func LogSoftmaxLinesBackward[T Float](dst, ct, y, x []T, n, inner int, set bool) {
	softmaxLinesBackward(rowLogSoftmaxBackward, dst, ct, y, x, n, inner, set)
}

const (
	stripElements = 1 << 16 // of a strip of lines, so that it stays in the cache
	stripLeast    = 16      // lines that are worth a strip
)

// A strip is what is known of some lines that lie side by side.
type strip[T Float] struct {
	k           *kernels[T]
	x           []T // from the first element on
	n, inner    int
	width       int
	m, r        []T       // a number for each line: the largest element, and another one
	zeros, ones []T       // for each line
	sums, q, o  []float64 // sums for each line, and zeros
}

// strips does lines lo up to hi, which lie side by side.
func (j *linesWork[T]) strips(lo, hi int) {
	widest := min(max(stripElements/j.n/vectorGroup*vectorGroup, 128), 2048)
	w := min(widest, j.inner)
	free := scratchOf[T]()
	numbers, sums := free.get(), scratch64.get()
	numbers.buffer = grow(numbers.buffer, 4*w)
	sums.a = grow(sums.a, 3*w+2*padding)
	clear(numbers.buffer[2*w : 3*w])
	clear(sums.a[2*w+padding:])
	for i := range w {
		numbers.buffer[3*w+i] = 1
	}
	for lo < hi {
		end := min(hi, lo+widest, (lo/j.inner+1)*j.inner)
		width, at := end-lo, lo/j.inner*j.n*j.inner+lo%j.inner
		s := &numbers.strip
		*s = strip[T]{
			k: kernelsOf[T](), x: j.x[at:], n: j.n, inner: j.inner, width: width,
			m: numbers.buffer[:width], r: numbers.buffer[w : w+width], zeros: numbers.buffer[2*w : 2*w+width], ones: numbers.buffer[3*w : 3*w+width],
			sums: sums.a[:width], q: sums.a[w+padding : w+padding+width], o: sums.a[2*w+padding : 2*w+padding+width],
		}
		j.strip(s, lo, at)
		*s = strip[T]{}
		lo = end
	}
	scratch64.put(sums)
	free.put(numbers)
}

// strip does the lines of a strip, from line lo on, whose first element is at a place.
func (j *linesWork[T]) strip(s *strip[T], lo, at int) {
	switch {
	case j.kind == workSoftmax:
		s.softmax(j.row, j.dst[at:])
	case j.kind == workLogSumExp:
		s.logSumExp(j.dst[lo : lo+s.width])
	case j.row == rowLogSoftmaxBackward || j.row == rowLogSoftmaxBackwardInto:
		s.logSoftmaxBackward(j.dst[at:], j.w[at:], j.y[at:], j.set)
	case !s.softmaxBackward(j.dst[at:], j.w[at:], j.y[at:], j.set):
		for i := lo; i < lo+s.width; i++ {
			oneLine(j.n, j.inner, i, func(k *kernels[T], line [4][]T) { doRow(k, j.row, line[0], line[1], line[2], line[3]) }, j.dst, j.w, j.y, j.x)
		}
	}
}

// row returns row r of a slice that begins as x does.
func (s *strip[T]) row(x []T, r int) []T { return x[r*s.inner:][:s.width] }

// eachRows calls f for some rows at a time, which begin at a place behind the first element.
func (s *strip[T]) eachRows(f func(at, rows int)) {
	for r, step := 0, rowsAtATime(s.width); r < s.n; r += step {
		f(r*s.inner, min(step, s.n-r))
	}
}

// largest finds the largest element of every line.
func (s *strip[T]) largest() {
	copy(s.m, s.x)
	for r, step := 1, rowsAtATime(s.width); r < s.n; r += step {
		s.k.lines.acrossMax(s.m, s.x[r*s.inner:], s.inner, min(step, s.n-r))
	}
}

// logSumExp sets the numbers of the lines.
func (s *strip[T]) logSumExp(dst []T) {
	s.largest()
	clear(s.sums)
	s.eachRows(func(at, rows int) { s.k.affine.acrossExpSum(s.sums, s.x[at:], s.m, s.inner, rows) })
	for j, m := range s.m {
		if m*0 == 0 {
			m = T(float64(m) + math.Log(s.sums[j]))
		}
		dst[j] = m // the largest if it is infinite or NaN
	}
}

func softmaxLines[T Float](kind rowKind, dst, x []T, n, inner int) {
	mustMatch("SoftmaxLines", "x", len(x), len(dst))
	lines := 0
	if n > 0 {
		lines = len(x) / n
	}
	mustLinesOf("SoftmaxLines", len(x), lines, n, inner)
	if raceEnabled {
		touch(dst)
		observe(x)
	}
	switch {
	case lines == 0:
	case inner == 1:
		byRows("SoftmaxLines", kind, dst, x, nil, nil, n)
	case inner < stripLeast:
		lineByLine(n, inner, lines, func(k *kernels[T], line [4][]T) { doRow(k, kind, line[0], line[1], nil, nil) }, dst, x)
	default:
		shareLines("SoftmaxLines", linesWork[T]{kind: workSoftmax, row: kind, dst: dst, x: x, n: n, inner: inner}, lines)
	}
}

// softmax sets the strip of dst that begins as x does.
func (s *strip[T]) softmax(kind rowKind, dst []T) {
	k := s.k.affine
	s.largest()
	clear(s.sums)
	if kind == rowLogSoftmax {
		s.eachRows(func(at, rows int) { k.acrossExpSum(s.sums, s.x[at:], s.m, s.inner, rows) })
		for j, v := range s.sums {
			s.r[j] = T(math.Log(v))
		}
		s.eachRows(func(at, rows int) { k.acrossAffine(dst[at:], s.x[at:], s.m, s.r, s.ones, s.zeros, s.inner, rows) })
		return
	}
	s.eachRows(func(at, rows int) { k.acrossExp(s.sums, dst[at:], s.x[at:], s.m, s.inner, rows) })
	for j, v := range s.sums {
		s.r[j] = 1 / T(v)
	}
	s.eachRows(func(at, rows int) { k.acrossAffine(dst[at:], dst[at:], s.zeros, s.zeros, s.r, s.zeros, s.inner, rows) })
	if kind == rowSoftmax {
		return
	}
	for j, m := range s.m {
		if m-m == 0 {
			continue
		}
		for r := range s.n {
			if y := s.row(dst, r); masked(s.row(s.x, r)[j]) {
				y[j] = 0
			} else {
				y[j] = T(math.NaN())
			}
		}
	}
}

func softmaxLinesBackward[T Float](kind rowKind, dst, ct, y, x []T, n, inner int, set bool) {
	const name = "SoftmaxLinesBackward"
	mustMatch(name, "ct", len(ct), len(dst))
	mustMatch(name, "y", len(y), len(dst))
	mustMatch(name, "x", len(x), len(dst))
	lines := 0
	if n > 0 {
		lines = len(x) / n
	}
	mustLinesOf(name, len(x), lines, n, inner)
	if raceEnabled {
		touch(dst)
		observe(ct)
	}
	own := kind
	if set {
		own++ // the kind that sets dst
	}
	switch {
	case lines == 0:
	case inner == 1:
		byRows(name, own, dst, ct, y, x, n)
	case inner < stripLeast || kind == rowLogSoftmaxBackward && !AllFinite(x):
		softmaxBackwardByLine(own, dst, ct, y, x, n, inner, lines)
	default:
		shareLines(name, linesWork[T]{kind: workSoftmaxBackward, row: own, dst: dst, w: ct, y: y, x: x, n: n, inner: inner, set: set}, lines)
	}
}

func softmaxBackwardByLine[T Float](kind rowKind, dst, ct, y, x []T, n, inner, lines int) {
	lineByLine(n, inner, lines, func(k *kernels[T], line [4][]T) { doRow(k, kind, line[0], line[1], line[2], line[3]) }, dst, ct, y, x)
}

// softmaxBackward reports false, and has done nothing, where a sum is not finite.
func (s *strip[T]) softmaxBackward(dst, ct, y []T, set bool) bool {
	clear(s.sums)
	clear(s.q)
	for r, step := 0, rowsAtATime(s.width); r < s.n; r += step {
		s.k.lines.acrossProducts(s.sums, s.q, s.o, ct[r*s.inner:], y[r*s.inner:], s.inner, min(step, s.n-r))
	}
	for j, v := range s.q {
		s.r[j] = T(v)
	}
	if !AllFinite(s.r) {
		return false
	}
	f := s.k.affine.acrossSoftmaxTo
	if set {
		f = s.k.affine.acrossSoftmax
	}
	s.eachRows(func(at, rows int) { f(dst[at:], ct[at:], y[at:], s.r, s.inner, rows) })
	return true
}

func (s *strip[T]) logSoftmaxBackward(dst, ct, y []T, set bool) {
	clear(s.sums)
	for r, step := 0, rowsAtATime(s.width); r < s.n; r += step {
		s.k.lines.acrossSum(s.sums, ct[r*s.inner:], s.inner, min(step, s.n-r))
	}
	for j, v := range s.sums {
		s.r[j] = T(v)
	}
	f := s.k.affine.acrossLogSoftmaxTo
	if set {
		f = s.k.affine.acrossLogSoftmax
	}
	s.eachRows(func(at, rows int) { f(dst[at:], ct[at:], y[at:], s.r, s.inner, rows) })
}

// lineByLine calls f for every line of some slices, copied to where its elements lie together; what it has done to the first of them
// is copied back.
func lineByLine[T Float](n, inner, lines int, f func(k *kernels[T], line [4][]T), slices ...[]T) {
	for i := range lines {
		oneLine(n, inner, i, f, slices...)
	}
}

func oneLine[T Float](n, inner, i int, f func(k *kernels[T], line [4][]T), slices ...[]T) {
	free := scratchOf[T]()
	buffer := free.get()
	buffer.buffer = grow(buffer.buffer, len(slices)*n)
	at := i/inner*n*inner + i%inner
	var line [4][]T
	for c, s := range slices {
		line[c] = buffer.buffer[c*n : (c+1)*n]
		s = s[at:]
		for k := range line[c] {
			line[c][k] = s[k*inner]
		}
	}
	f(kernelsOf[T](), line)
	dst := slices[0][at:]
	for k, v := range line[0] {
		dst[k*inner] = v
	}
	free.put(buffer)
}
