package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"golang.org/x/exp/constraints"
)

var opMaxPool, opMaxPoolInput, opMaxPoolSelect, opAvgPool, opAvgPoolInput graph.Op

func init() {
	const source = "Goodfellow, Bengio and Courville (2016), Deep Learning, 9.3"
	pairs := []string{"(2,2) (2,2) 1 1", "(1,1) (2,2) 2 2", "(2,1,1,2) (2,1,2,4) 2 2", "(2,2) (3,3) 2 1", "(1,2) (1,5) 1 3"}
	swapped := []string{"(2,2) (2,2) 1 1", "(2,2) (2,2) 2 2", "(2,1,2,4) (2,1,2,4) 2 2", "(3,3) (3,3) 2 1", "(1,5) (1,5) 1 3"}
	register(&opMaxPool, graph.Row{
		Name: "max_pool2d", Func: MaxPool2D, Params: "x, k, stride", Doc: "largest element of every window of k×k elements of an image", Formula: "max x[i·stride+p, j·stride+q], 0 ≤ p, q < k", Derivative: "1 for the largest, split evenly among ties",
		Forward: func(n graph.Node) {
			if n.Out().DType() == tensor.Float32 {
				maxPool[float32](n)
			} else {
				maxPool[float64](n)
			}
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			if fresh {
				dst.Zero()
			}
			if dst.DType() == tensor.Float32 {
				maxPoolBackward[float32](n, ct, dst)
			} else {
				maxPoolBackward[float64](n, ct, dst)
			}
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return MaxPool2DInput(ct, n.Input(0), n.Int(0), n.Int(1))
		},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0.5, Why: "ties share evenly, as for max"}},
		Try:    []string{"(2,2) 1 1", "(2,2) 2 2", "(2,1,2,5) 2 2", "(3,3) 2 1", "(1,5) 1 3", "(0,2,2) 2 1"},
		Source: source,
	})
	register(&opMaxPoolInput, graph.Row{
		Name: "max_pool2d_input", Func: MaxPool2DInput, Params: "ct, x, k, stride", Doc: "cotangents given back to the largest elements of the windows of x, split evenly among ties: the transpose of max_pool2d_select", Formula: "Σ ct/t for a largest element of t", Derivative: "max_pool2d_select(ct', x), 0",
		Forward: func(n graph.Node) {
			n.Out().Fill(0)
			shareMax(n, n.Out(), n.In(0), n.In(1))
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 1 {
				return zeroVJP(n, i, ct)
			}
			return MaxPool2DSelect(ct, n.Input(1), n.Int(0), n.Int(1))
		},
		Try:    pairs,
		Source: source,
	})
	register(&opMaxPoolSelect, graph.Row{
		Name: "max_pool2d_select", Func: MaxPool2DSelect, Params: "v, x, k, stride", Doc: "elements of v at the places where the windows of x have their largest element, the mean of them for ties", Formula: "mean v where x is largest", Derivative: "max_pool2d_input(ct, x), 0",
		Forward: func(n graph.Node) {
			if n.Out().DType() == tensor.Float32 {
				selectMax[float32](n)
			} else {
				selectMax[float64](n)
			}
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 1 {
				return zeroVJP(n, i, ct)
			}
			return MaxPool2DInput(ct, n.Input(1), n.Int(0), n.Int(1))
		},
		Try:    swapped,
		Source: source,
	})
	register(&opAvgPool, graph.Row{
		Name: "avg_pool2d", Func: AvgPool2D, Params: "x, k, stride", Doc: "mean of every window of k×k elements of an image", Formula: "Σ x[i·stride+p, j·stride+q] / k², 0 ≤ p, q < k", Derivative: "1/k²",
		Class: graph.Linear,
		Forward: func(n graph.Node) {
			n.Out().Fill(0)
			addAverages(n, n.Out(), n.In(0))
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			if fresh {
				dst.Zero()
			}
			spreadAverages(n, dst, ct)
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.InputNode(0).Dims()
			return AvgPool2DInput(ct, x[len(x)-2], x[len(x)-1], n.Int(0), n.Int(1))
		},
		Try:    []string{"(2,2) 1 1", "(2,2) 2 2", "(2,1,2,5) 2 2", "(3,3) 2 1", "(1,5) 1 3", "(0,2,2) 2 1"},
		Source: source,
	})
	register(&opAvgPoolInput, graph.Row{
		Name: "avg_pool2d_input", Func: AvgPool2DInput, Params: "y, height, width, k, stride", Doc: "every element spread evenly over its window in images of the given size: the transpose of avg_pool2d", Formula: "Σ y/k²", Derivative: "1/k²",
		Class: graph.Linear,
		Forward: func(n graph.Node) {
			n.Out().Fill(0)
			spreadAverages(n, n.Out(), n.In(0))
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			if fresh {
				dst.Zero()
			}
			addAverages(n, dst, ct)
			return true
		},
		VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return AvgPool2D(ct, n.Int(0), n.Int(1)) },
		Try:    []string{"(2,2) 2 2 1 1", "(1,1) 2 2 2 2", "(2,1,1,2) 2 5 2 2", "(2,2) 3 3 2 1", "(1,2) 1 5 1 3"},
		Source: source,
	})
}

// MaxPool2D returns the largest element of every window of k×k elements in the last two axes of x, a window every stride
// elements: shape (...,height,width) gives (...,(height - k)/stride + 1,(width - k)/stride + 1), rounded down. Windows
// that would reach over the edge are left out. The result is NaN where an element of the window is.
//
// Derivative: 1 for the largest element of a window, 0 for the others; t equal largest ones get 1/t each, as for [Max].
//
// It panics with a [*graph.Error] if x has fewer than two axes, k or stride is not positive, or no window fits.
func MaxPool2D(x graph.Value, k, stride int) graph.Value {
	c := graph.Begin(opMaxPool, x)
	var buf [tensor.MaxRank]int
	shape := pooledShape(c, buf[:0], mustMatrices(c, 0), k, stride)
	return c.Ints(k, stride).Record(shape...)
}

// MaxPool2DInput returns a tensor of the shape of x that has, for every window of [MaxPool2D], the element of ct that
// belongs to it at the place of the window's largest element, or in even parts at the places of several. It is how
// MaxPool2D passes cotangents back.
//
// Derivative: for a cotangent of the result, [MaxPool2DSelect] of it by ct, 0 by x.
//
// It panics with a [*graph.Error] if ct has not the shape of MaxPool2D(x, k, stride).
func MaxPool2DInput(ct, x graph.Value, k, stride int) graph.Value {
	c := graph.Begin(opMaxPoolInput, ct, x)
	if want := pooledShape(c, nil, mustMatrices(c, 1), k, stride); !slices.Equal(want, c.Dims(0)) {
		panic(c.Errorf(graph.ErrShape, "ct has shape %s, the windows of x have %s: give one element for each window", tensor.FormatShape(c.Dims(0)), tensor.FormatShape(want)))
	}
	return c.Ints(k, stride).Record(c.Dims(1)...)
}

// MaxPool2DSelect returns, for every window of [MaxPool2D] in x, the element of v at the place of the window's largest
// element, or the mean of them for several: MaxPool2DSelect(x, x, k, stride) is MaxPool2D(x, k, stride).
//
// Derivative: for the cotangent ct of the result, [MaxPool2DInput] of it by v, 0 by x.
//
// It panics with a [*graph.Error] if v has not the shape of x.
func MaxPool2DSelect(v, x graph.Value, k, stride int) graph.Value {
	c := graph.Begin(opMaxPoolSelect, v, x)
	if !slices.Equal(c.Dims(0), c.Dims(1)) {
		panic(c.Errorf(graph.ErrShape, "v has shape %s and x %s: both must be equal", tensor.FormatShape(c.Dims(0)), tensor.FormatShape(c.Dims(1))))
	}
	return c.Ints(k, stride).Record(pooledShape(c, nil, mustMatrices(c, 1), k, stride)...)
}

// AvgPool2D returns the mean of every window of k×k elements in the last two axes of x, a window every stride elements:
// shape (...,height,width) gives (...,(height - k)/stride + 1,(width - k)/stride + 1), rounded down. Windows that would
// reach over the edge are left out.
//
// Derivative: 1/k² for each window that an element is in.
//
// It panics with a [*graph.Error] if x has fewer than two axes, k or stride is not positive, or no window fits.
func AvgPool2D(x graph.Value, k, stride int) graph.Value {
	c := graph.Begin(opAvgPool, x)
	var buf [tensor.MaxRank]int
	shape := pooledShape(c, buf[:0], mustMatrices(c, 0), k, stride)
	return c.Ints(k, stride).Record(shape...)
}

// AvgPool2DInput returns images of the given size in which every element of y is spread evenly over its window of k×k
// elements, as [AvgPool2D] passes cotangents back: shape (...,rows,columns) gives (...,height,width).
//
// Derivative: for the cotangent ct of the result, [AvgPool2D] of it.
//
// It panics with a [*graph.Error] if AvgPool2D of such images has not the shape of y.
func AvgPool2DInput(y graph.Value, height, width, k, stride int) graph.Value {
	c := graph.Begin(opAvgPoolInput, y)
	dims := mustMatrices(c, 0)
	x := append([]int{}, dims...)
	x[len(x)-2], x[len(x)-1] = height, width
	if want := pooledShape(c, nil, x, k, stride); !slices.Equal(want, dims) {
		panic(c.Errorf(graph.ErrShape, "y has shape %s, the windows of images %s make %s: give one element for each window", tensor.FormatShape(dims), tensor.FormatShape(x), tensor.FormatShape(want)))
	}
	return c.Ints(k, stride).Record(x...)
}

// pooledShape appends to dst the shape that the windows in images of shape x make.
func pooledShape(c graph.Call, dst, x []int, k, stride int) []int {
	if k < 1 || stride < 1 {
		panic(c.Errorf(graph.ErrShape, "windows of %d×%d elements with stride %d: both must be 1 or more", k, k, stride))
	}
	h, w := x[len(x)-2], x[len(x)-1]
	if k > h || k > w {
		panic(c.Errorf(graph.ErrShape, "a window of %d×%d elements does not fit into images of shape %s: use a smaller one", k, k, tensor.FormatShape(x)))
	}
	return append(append(dst, x[:len(x)-2]...), (h-k)/stride+1, (w-k)/stride+1)
}

// windows are the places of pooling windows in a batch of images.
type windows struct {
	planes, w, area  int // images, their width and elements
	rows, cols       int // windows
	k, step, rowStep int
}

// windowsOf returns the windows in images of shape x that make results of shape y.
func windowsOf(x, y []int, k, stride int) windows {
	d := len(x)
	s := windows{planes: batchLen(x), w: x[d-1], area: x[d-2] * x[d-1], rows: y[d-2], cols: y[d-1], k: k, step: stride}
	if s.rows == 1 && s.cols == 1 {
		s.step = 0 // there is no second window, however large the stride
	}
	s.rowStep = s.step * s.w
	return s
}

// each calls f for every window: its number and the place of its first element.
func (s windows) each(f func(i, at int)) {
	i := 0
	for p := range s.planes {
		for r := range s.rows {
			for c := range s.cols {
				f(i, p*s.area+r*s.rowStep+c*s.step)
				i++
			}
		}
	}
}

// maxPool leaves Backward, for each window, which of its elements is the largest: its distance from the window's first, or
// -1 if it has to look again: there are several.
func maxPool[T constraints.Float](n graph.Node) {
	x, y := tensor.Data[T](n.In(0)), tensor.Data[T](n.Out())
	if len(y) == 0 {
		return
	}
	which := tensor.Data[T](n.Save(0, len(y)))
	s := windowsOf(n.In(0).Dims(), n.Out().Dims(), n.Int(0), n.Int(1))
	s.each(func(i, at int) {
		var m T
		var offset, ties int
		if s.k == 2 {
			m, offset, ties = largestOfFour(x[at:], s.w)
		} else {
			m, offset, ties = largest(x[at:], s.k, s.w)
		}
		if ties != 1 || offset > maxIndex32 { // float32 may not hold it
			offset = -1
		}
		y[i], which[i] = m, T(offset)
	})
}

// maxPoolBackward adds the elements of ct to dst at the places of the largest elements.
func maxPoolBackward[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor) {
	d, w := tensor.Data[T](dst), tensor.Data[T](ct)
	if len(w) == 0 {
		return
	}
	x, which := tensor.Data[T](n.In(0)), tensor.Data[T](n.Saved(0))
	s := windowsOf(n.In(0).Dims(), n.Out().Dims(), n.Int(0), n.Int(1))
	s.each(func(i, at int) {
		switch offset := int(which[i]); {
		case offset >= 0:
			d[at+offset] += w[i]
		case w[i] != 0:
			share(d[at:], x[at:], w[i], s)
		}
	})
}

// share adds w to dst in even parts at the largest elements of the window x.
func share[T constraints.Float](dst, x []T, w T, s windows) {
	m, _, ties := largest(x, s.k, s.w)
	w /= T(ties)
	for p := range s.k {
		for q, v := range x[p*s.w : p*s.w+s.k] {
			if same(v, m) {
				dst[p*s.w+q] += w
			}
		}
	}
}

// largest returns the largest element of a window, NaN if there is one, its distance from the first if it is the only one,
// and how many elements are as large.
func largest[T constraints.Float](x []T, k, width int) (m T, offset, ties int) {
	m = x[0]
	for p := range k {
		for q, v := range x[p*width : p*width+k] {
			switch {
			case v > m || v != v && m == m:
				m, offset, ties = v, p*width+q, 1
			case same(v, m):
				ties++
			}
		}
	}
	return m, offset, ties
}

// largestOfFour is largest for windows of 2×2 elements, without branches. For NaN it counts no ties.
func largestOfFour[T constraints.Float](x []T, width int) (m T, offset, ties int) {
	a, b, c, d := x[0], x[1], x[width], x[width+1]
	m = max(a, b, c, d)
	for i, v := range [4]T{a, b, c, d} {
		k := 0
		if v == m {
			k = 1
		}
		ties += k
		offset += k * (i&1 + i>>1*width)
	}
	return m, offset, ties
}

// same reports whether v and m are equal, or both NaN.
func same[T constraints.Float](v, m T) bool { return v == m || v != v && m != m }

// shareMax adds the elements of ct to dst where the windows of x have their largest elements.
func shareMax(n graph.Node, dst, ct, x *tensor.Tensor) {
	if dst.DType() == tensor.Float32 {
		shareMaxOf[float32](n, dst, ct, x)
	} else {
		shareMaxOf[float64](n, dst, ct, x)
	}
}

func shareMaxOf[T constraints.Float](n graph.Node, dst, ct, x *tensor.Tensor) {
	d, w, data := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](x)
	if len(w) == 0 {
		return
	}
	s := windowsOf(x.Dims(), ct.Dims(), n.Int(0), n.Int(1))
	s.each(func(i, at int) {
		if w[i] != 0 {
			share(d[at:], data[at:], w[i], s)
		}
	})
}

func selectMax[T constraints.Float](n graph.Node) {
	v, data, y := tensor.Data[T](n.In(0)), tensor.Data[T](n.In(1)), tensor.Data[T](n.Out())
	if len(y) == 0 {
		return
	}
	s := windowsOf(n.In(1).Dims(), n.Out().Dims(), n.Int(0), n.Int(1))
	s.each(func(i, at int) {
		m, _, ties := largest(data[at:], s.k, s.w)
		var sum T
		for p := range s.k {
			for q, e := range data[at+p*s.w : at+p*s.w+s.k] {
				if same(e, m) {
					sum += v[at+p*s.w+q]
				}
			}
		}
		y[i] = sum / T(ties)
	})
}

// addAverages adds the means of the windows of x to y.
func addAverages(n graph.Node, y, x *tensor.Tensor) {
	if y.DType() == tensor.Float32 {
		addAveragesOf[float32](n, y, x)
	} else {
		addAveragesOf[float64](n, y, x)
	}
}

func addAveragesOf[T constraints.Float](n graph.Node, y, x *tensor.Tensor) {
	out, data := tensor.Data[T](y), tensor.Data[T](x)
	if len(out) == 0 {
		return
	}
	s := windowsOf(x.Dims(), y.Dims(), n.Int(0), n.Int(1))
	s.each(func(i, at int) {
		sum := 0.0
		for p := range s.k {
			for _, v := range data[at+p*s.w : at+p*s.w+s.k] {
				sum += float64(v)
			}
		}
		out[i] += T(sum / float64(s.k*s.k))
	})
}

// spreadAverages adds to every element of x the mean that each window it is in has coming.
func spreadAverages(n graph.Node, x, y *tensor.Tensor) {
	if x.DType() == tensor.Float32 {
		spreadAveragesOf[float32](n, x, y)
	} else {
		spreadAveragesOf[float64](n, x, y)
	}
}

func spreadAveragesOf[T constraints.Float](n graph.Node, x, y *tensor.Tensor) {
	dst, w := tensor.Data[T](x), tensor.Data[T](y)
	if len(w) == 0 {
		return
	}
	s := windowsOf(x.Dims(), y.Dims(), n.Int(0), n.Int(1))
	s.each(func(i, at int) {
		share := w[i] / T(s.k*s.k)
		for p := range s.k {
			row := dst[at+p*s.w : at+p*s.w+s.k]
			for q := range row {
				row[q] += share
			}
		}
	})
}
