package ops

import (
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"golang.org/x/exp/constraints"
)

// convSizes are the sizes of a convolution. A sequence is an image of height 1.
type convSizes struct {
	batch, in, out         int
	h, w                   int // images
	kh, kw                 int // kernels
	rows, cols             int // maps
	strideH, strideW       int
	above, left            int  // padding
	direct                 bool // patches are the image itself
	imageLen, mapLen, area int  // elements of an image, of its maps, and of one map
}

func sizesOf(x, k, y []int, stride, padding int) convSizes {
	s := convSizes{batch: x[0], in: x[1], out: k[0], h: 1, kh: 1, rows: 1, strideH: 1, strideW: stride, left: padding}
	s.w, s.kw, s.cols = x[len(x)-1], k[len(k)-1], y[len(y)-1]
	if len(x) == 4 {
		s.h, s.kh, s.rows, s.strideH, s.above = x[2], k[2], y[2], stride, padding
	}
	if s.cols == 1 {
		s.strideW = 1 // no second place to reach, however large the stride
	}
	s.imageLen = s.in * s.h * s.w
	s.area = s.rows * s.cols
	s.mapLen = s.out * s.area
	// Kernels of one element, one beside the other, see the image as it is.
	s.direct = s.kh == 1 && s.kw == 1 && stride == 1 && padding == 0
	return s
}

// patch returns how many elements of an image a kernel sees at one place.
func (s *convSizes) patch() int { return s.in * s.kh * s.kw }

// blockLen is how many elements of patches are laid out at a time: few enough to stay in the cache.
const blockLen = 1 << 16

// block returns how many places are laid out at a time, whole rows of them if possible.
func (s *convSizes) block() int {
	n := min(max(blockLen/s.patch(), 1), s.area)
	if n > s.cols {
		n -= n % s.cols
	}
	return n
}

// convolveOf does the work of convolveTo as matrix products. The patches that a kernel sees at n places of an image are
// the columns of a matrix of patch() rows; with it the convolution is kernels × patches = maps.
func convolveOf[T constraints.Float](s *convSizes, target int, t [3]*tensor.Tensor, col *tensor.Tensor, cotangents int) {
	x, w, y, patches := tensor.Data[T](t[images]), tensor.Data[T](t[kernels]), tensor.Data[T](t[maps]), tensor.Data[T](col)
	// Which operand of the matrix product is which tensor.
	left, right, a, b := kernels, images, w, x
	switch target {
	case images:
		right, b = maps, y
	case kernels:
		left, a = maps, y
	}
	win := winning((cotangents>>left&1)*leftCotangent|(cotangents>>right&1)*rightCotangent, a, b)
	k := s.patch()
	for i := range s.batch {
		image, maps := x[i*s.imageLen:(i+1)*s.imageLen], y[i*s.mapLen:(i+1)*s.mapLen]
		for from := 0; from < s.area; from += s.block() {
			n := min(s.block(), s.area-from)
			col, ld := patches[:k*n], n
			if s.direct {
				col, ld = image[from:], s.area
			} else if target != images {
				unfold(s, col, image, from, n)
			}
			switch target {
			case images:
				gemm(win, true, false, k, n, s.out, w, k, maps[from:], s.area, col, ld, s.direct)
				if !s.direct {
					fold(s, image, col, from, n)
				}
			case kernels:
				gemm(win, false, true, s.out, k, n, maps[from:], s.area, col, ld, w, k, true)
			default:
				gemm(win, false, false, s.out, n, k, w, k, col, ld, maps[from:], s.area, true)
			}
		}
	}
}

// unfold writes the patches at n places from number from on as the columns of a matrix: im2col.
func unfold[T constraints.Float](s *convSizes, col, image []T, from, n int) {
	for c := range s.in {
		for p := range s.kh {
			for q := range s.kw {
				dst := col[:n]
				col = col[n:]
				for at := from; at < from+n; {
					i, j := at/s.cols, at%s.cols
					m := min(s.cols-j, from+n-at)
					part := dst[at-from : at-from+m]
					at += m
					r := i*s.strideH + p - s.above
					if r < 0 || r >= s.h {
						clear(part)
						continue
					}
					row := image[(c*s.h+r)*s.w:][:s.w]
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
					for k := lo; k < hi; k++ {
						part[k] = row[first+k*s.strideW]
					}
				}
			}
		}
	}
}

// fold adds the columns of a matrix to the patches that unfold takes them from: col2im.
func fold[T constraints.Float](s *convSizes, image, col []T, from, n int) {
	for c := range s.in {
		for p := range s.kh {
			for q := range s.kw {
				src := col[:n]
				col = col[n:]
				for at := from; at < from+n; {
					i, j := at/s.cols, at%s.cols
					m := min(s.cols-j, from+n-at)
					part := src[at-from : at-from+m]
					at += m
					r := i*s.strideH + p - s.above
					if r < 0 || r >= s.h {
						continue
					}
					row := image[(c*s.h+r)*s.w:][:s.w]
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
		}
	}
}

// inside returns which of m places of a row, from column j on, element q of a kernel's row is inside the image: place k
// of lo ≤ k < hi sees element first + k·stride of the image's row.
func (s *convSizes) inside(j, q, m int) (lo, hi, first int) {
	first = j*s.strideW + q - s.left
	if first < 0 {
		lo = min((s.strideW-1-first)/s.strideW, m)
	}
	if first < s.w {
		hi = min((s.w-first+s.strideW-1)/s.strideW, m)
	}
	return lo, max(lo, hi), first
}
