package kernel

// MaxLinesBackward adds the derivative of y = MaxLines(x), or of MinLines, to dst: the cotangent ct[i] of line i goes
// to its elements that equal y[i], in even parts; where y[i] is NaN, to those that are NaN. The others get nothing,
// whatever ct[i] is.
func MaxLinesBackward[T Float](dst, ct, x, y []T, n, inner int) {
	maxLinesBackward("MaxLinesBackward", dst, ct, x, y, n, inner, false)
}

// MaxLinesBackwardInto is [MaxLinesBackward] without the sum: it sets dst.
func MaxLinesBackwardInto[T Float](dst, ct, x, y []T, n, inner int) {
	maxLinesBackward("MaxLinesBackwardInto", dst, ct, x, y, n, inner, true)
}

func maxLinesBackward[T Float](name string, dst, ct, x, y []T, n, inner int, set bool) {
	mustMatch(name, "ct", len(ct), len(y))
	shareLines(name, linesWork[T]{kind: workExtremeBackward, dst: dst, c: ct, x: x, b: y, n: n, inner: inner, set: set}, len(y))
}

// extremesBackward is MaxLinesBackward for lines lo up to hi.
func (j *linesWork[T]) extremesBackward(lo, hi int) {
	k, free := kernelsOf[T](), scratchOf[T]()
	buffer := free.get()
	if j.inner == 1 {
		buffer.buffer = grow(buffer.buffer, j.n)
		for i := lo; i < hi; i++ {
			j.extremeRowBackward(k, i, buffer.buffer)
		}
		free.put(buffer)
		return
	}
	most := min(max(part/j.n/vectorGroup*vectorGroup, vectorGroup), j.inner)
	buffer.buffer = grow(buffer.buffer, most*(j.n+1))
	for lo < hi {
		end := min(hi, lo+most, (lo/j.inner+1)*j.inner)
		j.extremeColumnsBackward(k, lo, buffer.buffer[:end-lo], buffer.buffer[most:])
		lo = end
	}
	free.put(buffer)
}

// extremeRowBackward does row i.
func (j *linesWork[T]) extremeRowBackward(k *kernels[T], i int, taken []T) {
	to, from := j.dst[i*j.n:(i+1)*j.n], j.x[i*j.n:(i+1)*j.n]
	if j.set {
		taken = to
	}
	inPieces(k.lines.selectedScalar, taken, from, nil, j.b[i])
	c := j.c[i] / Sum(taken)
	switch {
	case c-c != 0:
		passSelected(to, taken, c, j.set)
	case j.set:
		MulScalar(to, to, c)
	default:
		Axpy(to, c, taken)
	}
}

// extremeColumnsBackward does lines that lie side by side, as many as share has numbers, from line lo on. Taken is a
// buffer.
func (j *linesWork[T]) extremeColumnsBackward(k *kernels[T], lo int, share, taken []T) {
	width, stride, first := len(share), len(share), lo/j.inner*j.n*j.inner+lo%j.inner
	if j.set {
		taken, stride = j.dst[first:], j.inner
	}
	clear(share)
	for r := range j.n {
		at := first + r*j.inner
		row := taken[r*stride:][:width]
		inPieces(k.lines.selected, row, j.x[at:at+width], j.b[lo:lo+width], 0)
		AddTo(share, row)
	}
	Div(share, j.c[lo:lo+width], share)
	finite := AllFinite(share)
	for r := range j.n {
		at := first + r*j.inner
		row, to := taken[r*stride:][:width], j.dst[at:at+width]
		switch {
		case !finite:
			for i, c := range share {
				passSelected(to[i:i+1], row[i:], c, j.set)
			}
		case j.set:
			Mul(row, row, share)
		default:
			MulAddTo(to, share, row)
		}
	}
}

// inPieces runs a loop on slices of any length.
func inPieces[T Float](f loop[T], dst, a, b []T, c T) {
	for lo := 0; lo < len(dst); lo += piece {
		hi := min(lo+piece, len(dst))
		f(dst[lo:hi], a[lo:hi], sub(b, lo, hi), c)
	}
}

// passSelected passes c on where taken is 1.
func passSelected[T Float](dst, taken []T, c T, set bool) {
	for i := range dst {
		switch {
		case taken[i] == 0:
			if set {
				dst[i] = 0
			}
		case set:
			dst[i] = c
		default:
			dst[i] += c
		}
	}
}

// NormLinesBackward adds the derivative of y = NormLines(x) to dst: ct[i]·(x/y[i]) for the elements of line i. Where
// ct[i] is 0 it is 0, and where y[i] is 0 it is ct[i]·0. With set, it sets dst.
func NormLinesBackward[T Float](dst, ct, x, y []T, n, inner int, set bool) {
	mustMatch("NormLinesBackward", "ct", len(ct), len(y))
	shareLines("NormLinesBackward", linesWork[T]{kind: workNormBackward, dst: dst, c: ct, x: x, b: y, n: n, inner: inner, set: set}, len(y))
}

// normsBackward is NormLinesBackward for rows lo up to hi, or for rows of elements of lines side by side.
func (j *linesWork[T]) normsBackward(lo, hi int) {
	free := scratchOf[T]()
	buffer := free.get()
	width := j.inner
	if j.inner == 1 {
		width = j.n
	}
	buffer.buffer = grow(buffer.buffer, 2*width)
	by, quotients := buffer.buffer[:width], buffer.buffer[width:]
	group := -1 // whose factors stand in by
	for ; lo < hi; lo++ {
		to, from := j.dst[lo*width:(lo+1)*width], j.x[lo*width:(lo+1)*width]
		d := quotients
		if j.set {
			d = to
		}
		if j.inner > 1 {
			line := lo / j.n * j.inner
			y := j.b[line : line+j.inner]
			if line != group {
				group = line
				for i, c := range j.c[line : line+j.inner] {
					if by[i] = c; y[i] == 0 {
						by[i] *= 0
					}
				}
			}
			Div(d, from, y)
			if j.set {
				MulZeroWins(d, by, d)
			} else {
				MulAddTo(to, by, d)
			}
			continue
		}
		switch y, c := j.b[lo], j.c[lo]; {
		case (c == 0 || y == 0) && j.set:
			Fill(to, c*0+0)
		case c == 0 || y == 0:
			AddScalarTo(to, c*0+0) // not -0
		default:
			Fill(by, y)
			Div(d, from, by)
			if j.set {
				MulScalar(d, d, c)
			} else {
				Axpy(to, c, d)
			}
		}
	}
	free.put(buffer)
}
