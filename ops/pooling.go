package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

var opMaxPool, opMaxPoolInput, opMaxPoolSelect, opAvgPool, opAvgPoolInput graph.Op

func init() {
	const source = "Goodfellow, Bengio and Courville (2016), Deep Learning, 9.3"
	pairs := []string{"(2,2) (2,2) 1 1", "(1,1) (2,2) 2 2", "(2,1,1,2) (2,1,2,4) 2 2", "(2,2) (3,3) 2 1", "(1,2) (1,5) 1 3"}
	swapped := []string{"(2,2) (2,2) 1 1", "(2,2) (2,2) 2 2", "(2,1,2,4) (2,1,2,4) 2 2", "(3,3) (3,3) 2 1", "(1,5) (1,5) 1 3"}
	register(&opMaxPool, graph.Row{
		Name: "max_pool2d", Func: MaxPool2D, Params: "x, k, stride",
		Doc:        "largest element of every window of k×k elements of an image",
		Formula:    "max x[i·stride+p, j·stride+q], 0 ≤ p, q < k",
		Derivative: "1 for the largest, split evenly among ties",
		Forward: func(n graph.Node) {
			array.Instance(n.Out().DType(), maxPoolForward[float64], maxPoolForward[float32])(n)
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			array.Instance(dst.DType(), maxPoolBackward[float64], maxPoolBackward[float32])(n, ct, dst, fresh)
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return maxPoolInput(ct, n.Input(0), windowsIn(n))
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			return maxPoolSelect(t, n.Input(0), windowsIn(n))
		},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0.5, Why: "ties share evenly, as for max"}},
		Try:    []string{"(2,2) 1 1", "(2,2) 2 2", "(2,1,2,5) 2 2", "(3,3) 2 1", "(1,5) 1 3", "(0,2,2) 2 1"},
		Source: source,
	})
	register(&opMaxPoolInput, graph.Row{
		Name: "max_pool2d_input", Func: MaxPool2DInput, Params: "ct, x, k, stride",
		Doc:        "cotangents given back to the largest elements of the windows of x, split evenly among ties: the transpose of max_pool2d_select",
		Formula:    "Σ ct/t for a largest element of t",
		Derivative: "max_pool2d_select(ct', x), 0",
		Forward: func(n graph.Node) {
			n.Out().Zero()
			shareMax(n, n.Out(), n.In(0), n.In(1))
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 1 {
				return zeroVJP(n, i, ct)
			}
			return maxPoolSelect(ct, n.Input(1), windowsIn(n))
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 1 {
				return zeroTangent(n)
			}
			return maxPoolInput(t, n.Input(1), windowsIn(n))
		},
		Try:    pairs,
		Source: source,
	})
	register(&opMaxPoolSelect, graph.Row{
		Name: "max_pool2d_select", Func: MaxPool2DSelect, Params: "v, x, k, stride",
		Doc:        "elements of v at the places where the windows of x have their largest element, the mean of them for ties",
		Formula:    "mean v where x is largest",
		Derivative: "max_pool2d_input(ct, x), 0",
		Forward: func(n graph.Node) {
			array.Instance(n.Out().DType(), selectMax[float64], selectMax[float32])(n)
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 1 {
				return zeroVJP(n, i, ct)
			}
			return maxPoolInput(ct, n.Input(1), windowsIn(n))
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 1 {
				return zeroTangent(n)
			}
			return maxPoolSelect(t, n.Input(1), windowsIn(n))
		},
		Try:    swapped,
		Source: source,
	})
	register(&opAvgPool, graph.Row{
		Name: "avg_pool2d", Func: AvgPool2D, Params: "x, k, stride",
		Doc:        "mean of every window of k×k elements of an image",
		Formula:    "Σ x[i·stride+p, j·stride+q] / k², 0 ≤ p, q < k",
		Derivative: "1/k²",
		Class:      graph.Linear,
		Forward: func(n graph.Node) {
			n.Out().Zero()
			addAverages(n, n.Out(), n.In(0))
		},
		Backward: adding(func(n graph.Node, _ int, ct, dst *tensor.Tensor) {
			spreadAverages(n, dst, ct)
		}),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.InputNode(0).Dims()
			return avgPoolInput(ct, x[len(x)-2], x[len(x)-1], windowsIn(n))
		},
		Try:    []string{"(2,2) 1 1", "(2,2) 2 2", "(2,1,2,5) 2 2", "(3,3) 2 1", "(1,5) 1 3", "(0,2,2) 2 1"},
		Source: source,
	})
	register(&opAvgPoolInput, graph.Row{
		Name: "avg_pool2d_input", Func: AvgPool2DInput, Params: "y, height, width, k, stride",
		Doc:        "every element spread evenly over its window in images of the given size: the transpose of avg_pool2d",
		Formula:    "Σ y/k²",
		Derivative: "1/k²",
		Class:      graph.Linear,
		Forward: func(n graph.Node) {
			n.Out().Zero()
			spreadAverages(n, n.Out(), n.In(0))
		},
		Backward: adding(func(n graph.Node, _ int, ct, dst *tensor.Tensor) {
			addAverages(n, dst, ct)
		}),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return avgPool("ops.AvgPool2D", ct, windowsIn(n))
		},
		Try:    []string{"(2,2) 2 2 1 1", "(1,1) 2 2 2 2", "(2,1,1,2) 2 5 2 2", "(2,2) 3 3 2 1", "(1,2) 1 5 1 3"},
		Source: source,
	})
}

// A PoolConfig says where the windows of [MaxPool2DWith] and [AvgPool2DWith] lie, first along the height, then along the
// width.
type PoolConfig struct {
	Size    [2]int // elements of a window
	Stride  [2]int // from one window to the next; 0 means Size: one window beside the other
	Padding [2]int // elements around the images, on either side; at most half of Size

	// ExcludePadding makes a mean that of the elements inside the image. Otherwise padding counts as zeros, and every mean
	// is over all elements of a window. A maximum is never padding, so it means nothing there.
	ExcludePadding bool
}

// MaxPool2D returns the largest element of every window of k×k elements in the last two axes of x, a window every stride
// elements: shape (...,height,width) gives (...,(height - k)/stride + 1,(width - k)/stride + 1), rounded down. Windows
// that would reach over the edge are left out. [MaxPool2DWith] has padding and windows that are not square.
//
// NaN wins: the result is NaN where an element of the window is.
//
// Derivative: 1 for the largest element of a window, 0 for the others; t equal largest ones get 1/t each, as for [Max].
// If elements are NaN the result is one of them, and t of them get 1/t each. An element that is not the largest gets
// nothing, and that is 0 for a cotangent of Inf or NaN too; so is what a cotangent of 0 gives to the largest.
//
// It panics with a [*graph.Error] if x has fewer than two axes, k or stride is not positive, or no window fits.
func MaxPool2D(x graph.Value, k, stride int) graph.Value {
	return maxPool("ops.MaxPool2D", x, squareWindows(k, stride))
}

// MaxPool2DWith is [MaxPool2D] with padding and with windows and strides that differ along the axes: shape
// (...,height,width) gives rows = (height + 2·padding - size)/stride + 1, rounded down, and columns in the same way. The
// padding counts as -Inf: it is never the largest element, not even among elements that are all -Inf.
//
// Derivative: as for [MaxPool2D].
//
// It panics with a [*graph.Error] if x has fewer than two axes, the size is not positive, the stride is negative, the
// padding is negative or more than half the size, or no window fits.
func MaxPool2DWith(x graph.Value, config PoolConfig) graph.Value {
	return maxPool("ops.MaxPool2DWith", x, config.geometry())
}

// MaxPool2DInput returns a tensor of the shape of x that has, for every window of [MaxPool2D], the element of ct that
// belongs to it at the place of the window's largest element, or in even parts at the places of several. It is how
// MaxPool2D passes cotangents back.
//
// Derivative: for a cotangent of the result, [MaxPool2DSelect] of it by ct, 0 by x.
//
// It panics with a [*graph.Error] if ct has not the shape of MaxPool2D(x, k, stride).
func MaxPool2DInput(ct, x graph.Value, k, stride int) graph.Value {
	return maxPoolInput(ct, x, squareWindows(k, stride))
}

// MaxPool2DSelect returns, for every window of [MaxPool2D] in x, the element of v at the place of the window's largest
// element, or the mean of them for several: MaxPool2DSelect(x, x, k, stride) is MaxPool2D(x, k, stride).
//
// Derivative: for the cotangent ct of the result, [MaxPool2DInput] of it by v, 0 by x.
//
// It panics with a [*graph.Error] if v has not the shape of x.
func MaxPool2DSelect(v, x graph.Value, k, stride int) graph.Value {
	return maxPoolSelect(v, x, squareWindows(k, stride))
}

// AvgPool2D returns the mean of every window of k×k elements in the last two axes of x, a window every stride elements:
// shape (...,height,width) gives (...,(height - k)/stride + 1,(width - k)/stride + 1), rounded down. Windows that would
// reach over the edge are left out. [AvgPool2DWith] has padding and windows that are not square.
//
// Derivative: 1/k² for each window that an element is in.
//
// It panics with a [*graph.Error] if x has fewer than two axes, k or stride is not positive, or no window fits.
func AvgPool2D(x graph.Value, k, stride int) graph.Value {
	return avgPool("ops.AvgPool2D", x, squareWindows(k, stride))
}

// AvgPool2DWith is [AvgPool2D] with padding and with windows and strides that differ along the axes; the shape of the
// result is that of [MaxPool2DWith]. Padding counts as zeros, as PyTorch has it: a mean is over all elements of the
// window. With ExcludePadding it is over those inside the image.
//
// Derivative: 1/n for each window that an element is in, where the mean is over n elements.
//
// It panics with a [*graph.Error] as [MaxPool2DWith] does.
func AvgPool2DWith(x graph.Value, config PoolConfig) graph.Value {
	return avgPool("ops.AvgPool2DWith", x, config.geometry())
}

// AvgPool2DInput returns images of the given size in which every element of y is spread evenly over its window of k×k
// elements, as [AvgPool2D] passes cotangents back: shape (...,rows,columns) gives (...,height,width).
//
// Derivative: for the cotangent ct of the result, [AvgPool2D] of it.
//
// It panics with a [*graph.Error] if AvgPool2D of such images has not the shape of y.
func AvgPool2DInput(y graph.Value, height, width, k, stride int) graph.Value {
	return avgPoolInput(y, height, width, squareWindows(k, stride))
}

// A poolGeometry says where windows lie, along the height and along the width.
type poolGeometry struct {
	size, stride, padding [2]int
	excludePadding        int // 1 if it is
}

func squareWindows(k, stride int) poolGeometry {
	return poolGeometry{size: [2]int{k, k}, stride: [2]int{stride, stride}}
}

func (c PoolConfig) geometry() poolGeometry {
	g := poolGeometry{size: c.Size, stride: c.Stride, padding: c.Padding}
	for i := range 2 {
		if g.stride[i] == 0 {
			g.stride[i] = g.size[i]
		}
	}
	if c.ExcludePadding {
		g.excludePadding = 1
	}
	return g
}

// windowsIn returns what record has left in the attributes of a node.
func windowsIn(n graph.Node) poolGeometry {
	a := n.Ints()
	return poolGeometry{[2]int(a[0:2]), [2]int(a[2:4]), [2]int(a[4:6]), a[6]}
}

func (g *poolGeometry) record(c graph.Call, shape []int) graph.Value {
	return c.Ints(g.size[:]...).Ints(g.stride[:]...).Ints(g.padding[:]...).Ints(g.excludePadding).Record(shape...)
}

// maxPool and the functions below record operations. For those that two functions of this package call, op is the one that
// the user has called.
func maxPool(op string, x graph.Value, g poolGeometry) graph.Value {
	return pool(op, opMaxPool, x, g)
}

func avgPool(op string, x graph.Value, g poolGeometry) graph.Value {
	return pool(op, opAvgPool, x, g)
}

func pool(op string, row graph.Op, x graph.Value, g poolGeometry) graph.Value {
	x.Check(op)
	c := graph.Begin(row, x)
	var buf [tensor.MaxRank]int
	return g.record(c, g.shape(op, buf[:0], mustMatricesOf(op, c)))
}

func maxPoolInput(ct, x graph.Value, g poolGeometry) graph.Value {
	c := graph.Begin(opMaxPoolInput, ct, x)
	if want := g.shape("ops.MaxPool2DInput", nil, mustMatrices(c, 1)); !slices.Equal(want, c.Dims(0)) {
		panic(c.Errorf(graph.ErrShape, "ct has shape %s, the windows of x have %s: give one element for each window", tensor.FormatShape(c.Dims(0)), tensor.FormatShape(want)))
	}
	return g.record(c, c.Dims(1))
}

func maxPoolSelect(v, x graph.Value, g poolGeometry) graph.Value {
	c := graph.Begin(opMaxPoolSelect, v, x)
	if !slices.Equal(c.Dims(0), c.Dims(1)) {
		panic(c.Errorf(graph.ErrShape, "v has shape %s and x %s: both must be equal", tensor.FormatShape(c.Dims(0)), tensor.FormatShape(c.Dims(1))))
	}
	return g.record(c, g.shape("ops.MaxPool2DSelect", nil, mustMatrices(c, 1)))
}

func avgPoolInput(y graph.Value, height, width int, g poolGeometry) graph.Value {
	c := graph.Begin(opAvgPoolInput, y)
	dims := mustMatrices(c, 0)
	x := append([]int{}, dims...)
	x[len(x)-2], x[len(x)-1] = height, width
	if want := g.shape("ops.AvgPool2DInput", nil, x); !slices.Equal(want, dims) {
		panic(c.Errorf(graph.ErrShape, "y has shape %s, the windows of images %s make %s: give one element for each window", tensor.FormatShape(dims), tensor.FormatShape(x), tensor.FormatShape(want)))
	}
	return g.record(c, x)
}

// shape appends to dst the shape that the windows in images of shape x make.
func (g *poolGeometry) shape(op string, dst, x []int) []int {
	d := len(x) - 2
	dst = append(dst, x[:d]...)
	for i, k := range g.size {
		if k < 1 || g.stride[i] < 1 {
			panic(graph.Errorf(op, graph.ErrShape, "windows of %d×%d elements with strides %d and %d: all must be 1 or more", g.size[0], g.size[1], g.stride[0], g.stride[1]))
		}
		if p := g.padding[i]; p < 0 || p > k/2 {
			panic(graph.Errorf(op, graph.ErrShape, "padding %d for windows of %d×%d elements: along axis %d it must be from 0 to %d, half the window", p, g.size[0], g.size[1], d+i, k/2))
		}
	}
	for i, k := range g.size {
		k -= 2 * g.padding[i]
		if x[d+i] < max(k, 1) {
			panic(graph.Errorf(op, graph.ErrShape, "a window of %d×%d elements does not fit into images of shape %s: use a smaller one", g.size[0], g.size[1], tensor.FormatShape(x)))
		}
		dst = append(dst, (x[d+i]-k)/g.stride[i]+1)
	}
	return dst
}
