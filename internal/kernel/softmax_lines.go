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
	eachStrip(x, len(dst), n, inner, stripBlock, func(s *strip[T], lo int) {
		if n == 0 {
			Fill(dst[lo:lo+s.width], T(math.Inf(-1)))
			return
		}
		s.largest()
		s.sumExp(nil)
		for j, m := range s.m {
			if m*0 == 0 {
				m = T(float64(m) + math.Log(s.sums[j]))
			}
			dst[lo+j] = m // the largest if it is infinite or NaN
		}
	})
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
	stripBlock    = 1 << 12 // elements of a buffer for some rows of a strip
	stripLeast    = 16      // lines that are worth a strip
)

// A strip is what is known of some lines that lie side by side.
type strip[T Float] struct {
	k          *kernels[T]
	x          []T // from the first element on
	n, inner   int
	width      int
	m, r       []T       // a number for each line: the largest element, and another one
	sums, q, o []float64 // sums for each line, and zeros
	buffer     []T
}

// eachStrip calls f for every strip of lines; lo is its first line. The buffer of a strip has size elements.
func eachStrip[T Float](x []T, lines, n, inner, size int, f func(s *strip[T], lo int)) {
	k := kernelsOf[T]()
	widest := min(max(stripElements/max(n, 1)/64*64, 128), 2048)
	free := scratchOf[T]()
	numbers, sums := free.get(), scratch64.get()
	w := min(widest, inner)
	numbers.buffer = grow(numbers.buffer, 2*w+size)
	sums.a = grow(sums.a, 3*w)
	clear(sums.a[2*w:])
	for o := 0; o < lines; o += inner {
		for j := 0; j < inner; j += widest {
			w := min(widest, inner-j)
			s := &numbers.strip
			*s = strip[T]{
				k: k, n: n, inner: inner, width: w,
				m: numbers.buffer[:w], r: numbers.buffer[w : 2*w], buffer: numbers.buffer[2*w : 2*w+size],
				sums: sums.a[:w], q: sums.a[w : 2*w], o: sums.a[2*min(widest, inner):][:w],
			}
			if n > 0 {
				s.x = x[o*n+j:]
			}
			f(s, o+j)
			*s = strip[T]{}
		}
	}
	scratch64.put(sums)
	free.put(numbers)
}

// row returns row r of a slice that begins as x does.
func (s *strip[T]) row(x []T, r int) []T { return x[r*s.inner:][:s.width] }

// do runs a loop on a row.
func (s *strip[T]) do(op opcode, dst, a, b []T) { s.k.loops[op](dst, a, b, 0) }

// largest finds the largest element of every line.
func (s *strip[T]) largest() {
	copy(s.m, s.x)
	for r, step := 1, rowsAtATime(s.width); r < s.n; r += step {
		s.k.lines.acrossMax(s.m, s.x[r*s.inner:], s.inner, min(step, s.n-r))
	}
}

// sumExp sums e^(x-m), whose terms it sets dst to unless that is nil.
func (s *strip[T]) sumExp(dst []T) {
	clear(s.sums)
	step := max(stripBlock/s.width, 1)
	for r := 0; r < s.n; r += step {
		rows := min(step, s.n-r)
		terms, stride := s.buffer, s.width
		if dst != nil {
			terms, stride = dst[r*s.inner:], s.inner
		}
		for i := range rows {
			row := terms[i*stride:][:s.width]
			s.do(opSub, row, s.row(s.x, r+i), s.m)
			s.do(opExp, row, row, nil)
		}
		s.k.lines.acrossSum(s.sums, terms, stride, rows)
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
		eachStrip(x, lines, n, inner, 0, func(s *strip[T], lo int) {
			s.softmax(kind, dst[lo/inner*n*inner+lo%inner:])
		})
	}
}

// softmax sets the strip of dst that begins as x does.
func (s *strip[T]) softmax(kind rowKind, dst []T) {
	s.largest()
	s.sumExp(dst)
	if kind == rowLogSoftmax {
		for j, v := range s.sums {
			s.r[j] = T(math.Log(v))
		}
		for r := range s.n {
			y := s.row(dst, r)
			s.do(opSub, y, s.row(s.x, r), s.m)
			s.do(opSub, y, y, s.r)
		}
		return
	}
	for j, v := range s.sums {
		s.r[j] = 1 / T(v)
	}
	for r := range s.n {
		y := s.row(dst, r)
		s.do(opMul, y, y, s.r)
	}
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
		eachStrip(x, lines, n, inner, 2048, func(s *strip[T], lo int) {
			at := lo/inner*n*inner + lo%inner
			if kind == rowLogSoftmaxBackward {
				s.logSoftmaxBackward(dst[at:], ct[at:], y[at:], set)
				return
			}
			if !s.softmaxBackward(dst[at:], ct[at:], y[at:], set) {
				for i := lo; i < lo+s.width; i++ {
					oneLine(n, inner, i, func(k *kernels[T], line [4][]T) { doRow(k, own, line[0], line[1], line[2], line[3]) }, dst, ct, y, x)
				}
			}
		})
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
	d := s.buffer[:s.width]
	for r := range s.n {
		to := s.row(dst, r)
		s.do(opSub, d, s.row(ct, r), s.r)
		if set {
			s.do(opMulZeroWins, to, d, s.row(y, r))
		} else {
			s.do(opMulAddTo, to, d, s.row(y, r))
		}
	}
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
	d := s.buffer[:s.width]
	for r := range s.n {
		to := s.row(dst, r)
		s.do(opExp, d, s.row(y, r), nil)
		s.do(opMulZeroWins, d, s.r, d)
		s.do(opSub, d, s.row(ct, r), d)
		if set {
			copy(to, d)
		} else {
			s.do(opAddTo, to, d, nil)
		}
	}
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
