package kernel

// MaxLinesBackward adds the derivative of y = MaxLines(x), or of MinLines, to dst: the cotangent ct[i] of line i goes to its
// elements that equal y[i], in even parts; where y[i] is NaN, to those that are NaN. The others get nothing, whatever ct[i] is.
func MaxLinesBackward[T Float](dst, ct, x, y []T, n, inner int) {
	maxLinesBackward("MaxLinesBackward", dst, ct, x, y, n, inner, false)
}

// MaxLinesBackwardInto is [MaxLinesBackward] without the sum: it sets dst.
func MaxLinesBackwardInto[T Float](dst, ct, x, y []T, n, inner int) {
	maxLinesBackward("MaxLinesBackwardInto", dst, ct, x, y, n, inner, true)
}

func maxLinesBackward[T Float](name string, dst, ct, x, y []T, n, inner int, set bool) {
	mustMatch(name, "ct", len(ct), len(y))
	mustMatch(name, "x", len(x), len(dst))
	mustLinesOf(name, len(x), len(y), n, inner)
	if raceEnabled {
		touch(dst)
		observe(x)
	}
	free := scratchOf[T]()
	buffer := free.get()
	defer free.put(buffer)
	size := n * inner // of the lines that lie side by side
	buffer.buffer = grow(buffer.buffer, size+inner)
	share, taken := buffer.buffer[:inner], buffer.buffer[inner:]
	k := kernelsOf[T]()
	for i := 0; i < len(y); i += inner {
		to, from := dst[:size], x[:size]
		dst, x = dst[size:], x[size:]
		if set {
			taken = to
		}
		if inner == 1 {
			inPieces(k.lines.selectedScalar, taken[:n], from, nil, y[i])
			c := ct[i] / Sum(taken[:n])
			switch {
			case c-c != 0:
				passSelected(to, taken, c, set)
			case set:
				MulScalar(to, to, c)
			default:
				Axpy(to, c, taken[:n])
			}
			continue
		}
		clear(share)
		for r := 0; r < size; r += inner {
			inPieces(k.lines.selected, taken[r:r+inner], from[r:r+inner], y[i:i+inner], 0)
			AddTo(share, taken[r:r+inner])
		}
		Div(share, ct[i:i+inner], share)
		finite := AllFinite(share)
		for r := 0; r < size; r += inner {
			row := taken[r : r+inner]
			switch {
			case !finite:
				for j, c := range share {
					passSelected(to[r+j:r+j+1], row[j:], c, set)
				}
			case set:
				Mul(row, row, share)
			default:
				MulAddTo(to[r:r+inner], share, row)
			}
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

// NormLinesBackward adds the derivative of y = NormLines(x) to dst: ct[i]·(x/y[i]) for the elements of line i. Where ct[i] is 0
// it is 0, and where y[i] is 0 it is ct[i]·0. With set, it sets dst.
func NormLinesBackward[T Float](dst, ct, x, y []T, n, inner int, set bool) {
	mustMatch("NormLinesBackward", "ct", len(ct), len(y))
	mustMatch("NormLinesBackward", "x", len(x), len(dst))
	mustLinesOf("NormLinesBackward", len(x), len(y), n, inner)
	free := scratchOf[T]()
	buffer := free.get()
	defer free.put(buffer)
	width := inner
	if inner == 1 {
		width = n
	}
	buffer.buffer = grow(buffer.buffer, 2*width)
	by, quotients := buffer.buffer[:width], buffer.buffer[width:2*width]
	for i := 0; i < len(y); i += inner {
		if inner == 1 {
			Fill(by, y[i])
		} else {
			for j := range by {
				if by[j] = ct[i+j]; y[i+j] == 0 {
					by[j] *= 0
				}
			}
		}
		for r := 0; r < n*inner; r += width {
			to, from := dst[:width], x[:width]
			dst, x = dst[width:], x[width:]
			d := quotients
			if set {
				d = to
			}
			switch {
			case inner > 1:
				Div(d, from, y[i:i+inner])
				if set {
					MulZeroWins(d, by, d)
				} else {
					MulAddTo(to, by, d)
				}
			case ct[i] == 0 || y[i] == 0:
				if c := ct[i] * 0; set {
					Fill(to, c)
				} else {
					AddScalarTo(to, c)
				}
			default:
				Div(d, from, by)
				if set {
					MulScalar(d, d, ct[i])
				} else {
					Axpy(to, ct[i], d)
				}
			}
		}
	}
}
