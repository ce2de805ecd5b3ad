package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// windows are the places of pooling windows in a batch of images.
type windows struct {
	planes, h, w   int // images
	rows, cols     int // windows
	kh, kw         int // elements of one
	stepH, stepW   int
	above, left    int     // padding
	full           float64 // elements of a window, inside and outside
	excludePadding bool
}

// windowsOf returns the windows of a node in images of shape x that make results of shape y.
func windowsOf(n graph.Node, x, y []int) windows {
	d, g := len(x), windowsIn(n)
	return windows{
		planes: batchLen(x), h: x[d-2], w: x[d-1], rows: y[d-2], cols: y[d-1], kh: g.size[0], kw: g.size[1],
		stepH: g.stride[0], stepW: g.stride[1], above: g.padding[0], left: g.padding[1],
		full: float64(g.size[0]) * float64(g.size[1]), excludePadding: g.excludePadding != 0,
	}
}

// eachRow calls f for every row of windows: the number of the first of them, where the first row of the images that they
// are in starts, and how many rows they are in, which are one or more.
func (s *windows) eachRow(f func(first, start, rows int)) {
	i := 0
	for p := range s.planes {
		for r := range s.rows {
			top := r*s.stepH - s.above
			bottom := min(top+s.kh, s.h)
			top = max(top, 0)
			f(i, (p*s.h+top)*s.w, bottom-top)
			i += s.cols
		}
	}
}

// across returns where window c of a row begins inside the images, and how many columns of it are inside: one or more.
func (s *windows) across(c int) (from, cols int) {
	from = c*s.stepW - s.left
	if s.left == 0 {
		return from, s.kw
	}
	to := min(from+s.kw, s.w)
	from = max(from, 0)
	return from, to - from
}

// number returns how many elements the mean of a window is over, of which so many rows and columns are inside.
func (s *windows) number(rows, cols int) float64 {
	if s.excludePadding {
		return float64(rows) * float64(cols)
	}
	return s.full
}

// twoByTwo reports whether the windows are of 2×2 elements, one beside the other, for which there are kernels.
func (s *windows) twoByTwo() bool {
	return s.kh == 2 && s.kw == 2 && s.stepH == 2 && s.stepW == 2 && s.above == 0 && s.left == 0
}

// eachMatrix calls f for matrices of windows that [kernel.MaxPool2] takes: where the next window and the next element
// of the images are, and how many of both there are. The matrix is one unless images end with a row that is in no
// window.
func (s *windows) eachMatrix(f func(window, windows, at, elements int)) {
	n, size := s.rows*s.cols, s.h*s.w
	if s.h == 2*s.rows {
		f(0, s.planes*n, 0, s.planes*size)
		return
	}
	for p := range s.planes {
		f(p*n, n, p*size, size)
	}
}

// maxPoolForward leaves Backward, for each window, which of its elements is the largest: its distance from the first one
// inside, or -1 if it has to look again: there are several. For windows of 2×2 elements it leaves nothing.
func maxPoolForward[T constraints.Float](n graph.Node) {
	x, y := tensor.Data[T](n.In(0)), tensor.Data[T](n.Out())
	if len(y) == 0 {
		return
	}
	s := windowsOf(n, n.In(0).Dims(), n.Out().Dims())
	if s.twoByTwo() {
		s.eachMatrix(func(i, windows, at, elements int) {
			kernel.MaxPool2(y[i:i+windows], x[at:at+elements], s.cols, s.w)
		})
		return
	}
	which := tensor.Data[T](n.Save(0, len(y)))
	inside, end := s.inside()
	s.eachRow(func(first, start, rows int) {
		for c := range s.cols {
			if inside <= c && c < end {
				continue
			}
			from, cols := s.across(c)
			m, offset, ties := largest(x[start+from:], rows, cols, s.w)
			if ties != 1 || offset > maxIndex32 { // float32 may not hold it
				offset = -1
			}
			y[first+c], which[first+c] = m, T(offset)
		}
		if inside < end {
			from, cols := s.across(inside)
			kernel.MaxWindows(y[first+inside:first+end], which[first+inside:first+end], x[start+from:], s.stepW, s.w, rows, cols)
		}
	})
}

// inside returns the range of windows in a row whose columns are all inside the images. It is empty if to is not larger.
func (s *windows) inside() (from, to int) {
	from = (s.left + s.stepW - 1) / s.stepW
	return from, min((s.w+s.left-s.kw)/s.stepW+1, s.cols)
}

// maxPoolBackward adds the elements of ct to dst at the places of the largest elements, or sets a fresh dst.
func maxPoolBackward[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor, fresh bool) {
	d, w, x := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](n.In(0))
	s := windowsOf(n, n.In(0).Dims(), n.Out().Dims())
	whole := s.twoByTwo() && len(d) == 4*len(w) // every element is in a window
	if fresh && !whole {
		clear(d)
	}
	if len(w) == 0 {
		return
	}
	if s.twoByTwo() {
		y := tensor.Data[T](n.Out())
		s.eachMatrix(func(i, windows, at, elements int) {
			d, w, x, y := d[at:at+elements], w[i:i+windows], x[at:at+elements], y[i:i+windows]
			if fresh && whole {
				kernel.MaxPool2BackwardInto(d, w, x, y, s.cols)
			} else {
				kernel.MaxPool2Backward(d, w, x, y, s.cols, s.w)
			}
		})
		return
	}
	which := tensor.Data[T](n.Saved(0))
	s.eachRow(func(first, start, rows int) {
		for c := range s.cols {
			from, cols := s.across(c)
			i, at := first+c, start+from
			switch offset := int(which[i]); {
			case offset >= 0:
				d[at+offset] += w[i]
			case w[i] != 0:
				share(d[at:], x[at:], w[i], rows, cols, s.w)
			}
		}
	})
}

// share adds w to dst in even parts at the largest elements of the window x of images of a width.
func share[T constraints.Float](dst, x []T, w T, rows, cols, width int) {
	m, _, ties := largest(x, rows, cols, width)
	w /= T(ties)
	for p := range rows {
		for q, v := range x[p*width : p*width+cols] {
			if same(v, m) {
				dst[p*width+q] += w
			}
		}
	}
}

// largest returns the largest element of a window, NaN if there is one, its distance from the first if it is the only one,
// and how many elements are as large.
func largest[T constraints.Float](x []T, rows, cols, width int) (m T, offset, ties int) {
	m = x[0]
	for p := range rows {
		for q, v := range x[p*width : p*width+cols] {
			switch {
			case above(v, m):
				m, offset, ties = v, p*width+q, 1
			case same(v, m):
				ties++
			}
		}
	}
	return m, offset, ties
}

// same reports whether v and m are equal, or both NaN.
func same[T constraints.Float](v, m T) bool { return v == m || v != v && m != m }

// shareMax adds the elements of ct to dst where the windows of x have their largest elements.
func shareMax(n graph.Node, dst, ct, x *tensor.Tensor) {
	array.Instance(dst.DType(), shareMaxOf[float64], shareMaxOf[float32])(n, dst, ct, x)
}

func shareMaxOf[T constraints.Float](n graph.Node, dst, ct, x *tensor.Tensor) {
	d, w, data := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](x)
	if len(w) == 0 {
		return
	}
	s := windowsOf(n, x.Dims(), ct.Dims())
	s.eachRow(func(first, start, rows int) {
		for c := range s.cols {
			from, cols := s.across(c)
			i, at := first+c, start+from
			if w[i] != 0 {
				share(d[at:], data[at:], w[i], rows, cols, s.w)
			}
		}
	})
}

func selectMax[T constraints.Float](n graph.Node) {
	v, data, y := tensor.Data[T](n.In(0)), tensor.Data[T](n.In(1)), tensor.Data[T](n.Out())
	if len(y) == 0 {
		return
	}
	s := windowsOf(n, n.In(1).Dims(), n.Out().Dims())
	s.eachRow(func(first, start, rows int) {
		for c := range s.cols {
			from, cols := s.across(c)
			i, at := first+c, start+from
			m, _, ties := largest(data[at:], rows, cols, s.w)
			var sum T
			for p := range rows {
				for q, e := range data[at+p*s.w : at+p*s.w+cols] {
					if same(e, m) {
						sum += v[at+p*s.w+q]
					}
				}
			}
			y[i] = sum / T(ties)
		}
	})
}

// addAverages adds the means of the windows of x to y.
func addAverages(n graph.Node, y, x *tensor.Tensor) {
	array.Instance(y.DType(), addAveragesOf[float64], addAveragesOf[float32])(n, y, x)
}

func addAveragesOf[T constraints.Float](n graph.Node, y, x *tensor.Tensor) {
	out, data := tensor.Data[T](y), tensor.Data[T](x)
	if len(out) == 0 {
		return
	}
	s := windowsOf(n, x.Dims(), y.Dims())
	s.eachRow(func(first, start, rows int) {
		for c := range s.cols {
			from, cols := s.across(c)
			var sum float64
			if w := data[start+from:]; rows == 2 && cols == 2 {
				sum = float64(w[0]) + float64(w[1]) + float64(w[s.w]) + float64(w[s.w+1])
			} else {
				sum = sumWindow(w, rows, cols, s.w)
			}
			out[first+c] += T(sum / s.number(rows, cols))
		}
	})
}

// sumWindow returns the sum of the elements of a window.
func sumWindow[T constraints.Float](x []T, rows, cols, width int) float64 {
	sum := 0.0
	for p := range rows {
		for _, v := range x[p*width : p*width+cols] {
			sum += float64(v)
		}
	}
	return sum
}

// spreadAverages adds to every element of x the mean that each window it is in has coming.
func spreadAverages(n graph.Node, x, y *tensor.Tensor) {
	array.Instance(x.DType(), spreadAveragesOf[float64], spreadAveragesOf[float32])(n, x, y)
}

func spreadAveragesOf[T constraints.Float](n graph.Node, x, y *tensor.Tensor) {
	dst, w := tensor.Data[T](x), tensor.Data[T](y)
	if len(w) == 0 {
		return
	}
	s := windowsOf(n, x.Dims(), y.Dims())
	s.eachRow(func(first, start, rows int) {
		for c := range s.cols {
			from, cols := s.across(c)
			share := w[first+c] / T(s.number(rows, cols))
			for p := range rows {
				row := dst[start+from+p*s.w:][:cols]
				for q := range row {
					row[q] += share
				}
			}
		}
	})
}
