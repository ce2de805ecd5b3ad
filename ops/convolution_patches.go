package ops

import (
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// Lines are what one column of a kernel, in one channel, sees of the padded rows of an image at all places across: an
// element for each. Without strides along the height, the patches at a block of places are a matrix whose rows lie in
// the lines: those of the elements of one column of the kernel begin dilation lines apart.

// linesOf returns how many lines there are for a block of n places.
func (s *convSizes) linesOf(n int) int {
	return (max(n/s.cols, 1)-1)*s.strideH + (s.kh-1)*s.dilationH + 1
}

// lines reports whether lines do: they are no more than the patches, and there are as many places as make it worth
// arranging the kernels.
func (s *convSizes) lines() bool {
	const places = 256
	t := *s
	t.lined = true
	rows := max(t.block()/s.cols, 1)
	return !s.direct && s.strideH == 1 && s.linesOf(t.block()) <= s.kh*rows && (s.kh == 1 || s.kw == 1 || s.batch*s.area >= places)
}

// layLines writes the lines for n places from number from on, columns of a kernel after one another, and then channels.
// What lies outside the image is left as it is if there is one block, and so has been cleared before.
func layLines[T constraints.Float](s *convSizes, lines, image []T, from, n int) {
	size := s.linesOf(n) * min(n, s.cols)
	if n < s.area {
		clear(lines)
	}
	for c := range s.in {
		for q := range s.kw {
			layColumn(s, lines[:size], image[c*s.h*s.w:][:s.h*s.w], q, from, n)
			lines = lines[size:]
		}
	}
}

// layColumn writes the lines of column q of a kernel, but for what lies outside the image.
func layColumn[T constraints.Float](s *convSizes, lines, plane []T, q, from, n int) {
	width := min(n, s.cols)
	first := from/s.cols*s.strideH - s.above // the row of the image that is the first line
	top, bottom := max(-first, 0), min(s.h-first, len(lines)/width)
	lo, hi, left := s.inside(from%s.cols, q, width)
	if top >= bottom || lo >= hi {
		return
	}
	lines, plane = lines[top*width+lo:], plane[(first+top)*s.w+left+lo*s.strideW:]
	if s.strideW == 1 {
		kernel.CopyRows(lines, width, plane, s.w, hi-lo, bottom-top)
		return
	}
	for i := range bottom - top {
		takeEach(lines[i*width:][:hi-lo], plane[i*s.w:], s.strideW)
	}
}

// takeEach sets dst to the elements of row that are a stride apart.
func takeEach[T constraints.Float](dst, row []T, stride int) {
	for ; stride == 2 && len(dst) >= 8 && len(row) >= 16; dst, row = dst[8:], row[16:] {
		to, from := (*[8]T)(dst), (*[16]T)(row)
		to[0], to[1], to[2], to[3] = from[0], from[2], from[4], from[6]
		to[4], to[5], to[6], to[7] = from[8], from[10], from[12], from[14]
	}
	for k := range dst {
		dst[k] = row[k*stride]
	}
}

// unfold writes the patches at n places from number from on as the columns of a matrix: im2col. It makes them from the
// lines of one column of a kernel after the other, unless there are more lines than are used.
func unfold[T constraints.Float](s *convSizes, col, image, lines []T, from, n int) {
	rows, number := max(n/s.cols, 1), s.linesOf(n)
	if number > s.kh*rows {
		for c := range s.in {
			plane := image[c*s.h*s.w:][:s.h*s.w]
			for p := range s.kh {
				for q := range s.kw {
					unfoldRows(s, col[:n], plane, from, p, q)
					col = col[n:]
				}
			}
		}
		return
	}
	width := min(n, s.cols)
	lines = lines[:number*width]
	for q := range s.kw {
		clear(lines)
		for c := range s.in {
			layColumn(s, lines, image[c*s.h*s.w:][:s.h*s.w], q, from, n)
			for p := range s.kh {
				kernel.CopyRows(col[((c*s.kh+p)*s.kw+q)*n:], width, lines[p*s.dilationH*width:], s.strideH*width, width, rows)
			}
		}
	}
}

// fold adds the columns of a matrix to the patches that unfold takes them from: col2im.
func fold[T constraints.Float](s *convSizes, image, col []T, from, n int) {
	for c := range s.in {
		plane := image[c*s.h*s.w:][:s.h*s.w]
		for p := range s.kh {
			for q := range s.kw {
				foldRows(s, plane, col[:n], from, p, q)
				col = col[n:]
			}
		}
	}
}

// unfoldRows writes what element (p, q) of the kernels sees at the places from number from on, row by row.
func unfoldRows[T constraints.Float](s *convSizes, dst, plane []T, from, p, q int) {
	for at, end := from, from+len(dst); at < end; {
		i, j := at/s.cols, at%s.cols
		m := min(s.cols-j, end-at)
		part := dst[at-from : at-from+m]
		at += m
		r := i*s.strideH + p*s.dilationH - s.above
		if r < 0 || r >= s.h {
			clear(part)
			continue
		}
		row := plane[r*s.w:][:s.w]
		lo, hi, first := s.inside(j, q, m)
		clear(part[:lo])
		clear(part[hi:])
		if lo == hi {
			continue
		}
		if s.strideW == 1 {
			copy(part[lo:hi], row[first+lo:])
			continue
		}
		takeEach(part[lo:hi], row[first+lo*s.strideW:], s.strideW)
	}
}

// foldRows adds to the elements that unfoldRows reads.
func foldRows[T constraints.Float](s *convSizes, plane, src []T, from, p, q int) {
	for at, end := from, from+len(src); at < end; {
		i, j := at/s.cols, at%s.cols
		m := min(s.cols-j, end-at)
		part := src[at-from : at-from+m]
		at += m
		r := i*s.strideH + p*s.dilationH - s.above
		if r < 0 || r >= s.h {
			continue
		}
		row := plane[r*s.w:][:s.w]
		lo, hi, first := s.inside(j, q, m)
		if lo == hi {
			continue
		}
		if s.strideW == 1 {
			dst := row[first+lo : first+hi]
			for k, v := range part[lo:hi] {
				dst[k] += v
			}
			continue
		}
		for k := lo; k < hi; k++ {
			row[first+k*s.strideW] += part[k]
		}
	}
}

// inside returns which of m places of a row, from column j on, element q of a kernel's row is inside the image: place k
// of lo ≤ k < hi sees element first + k·stride of the image's row.
func (s *convSizes) inside(j, q, m int) (lo, hi, first int) {
	first = j*s.strideW + q*s.dilationW - s.left
	if s.strideW == 1 { // no division
		lo = min(max(-first, 0), m)
		return lo, min(max(s.w-first, lo), m), first
	}
	if first < 0 {
		lo = min((s.strideW-1-first)/s.strideW, m)
	}
	if first < s.w {
		hi = min((s.w-first+s.strideW-1)/s.strideW, m)
	}
	return lo, max(lo, hi), first
}
