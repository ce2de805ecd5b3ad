package nn

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

type pool struct {
	op     string
	window window
	config ops.PoolConfig
}

// MaxPool2D returns the layer that takes the largest element of every window of k×k elements: x of shape (rows,
// channels, height, width) gives (rows, channels, h, w) with h = (height + 2·padding - k)/stride + 1, rounded down, and
// w in the same way. The options are [Stride], which is k without it, and [Padding], at most k/2; see
// [ops.MaxPool2DWith] for equal elements and for NaN.
//
// It panics with a [*graph.Error] if k is less than 1 or an option does not fit.
func MaxPool2D(k int, options ...LayerOption) Layer {
	return newPool("nn.MaxPool2D", k, options, "nn.Stride", "nn.Padding")
}

// AvgPool2D returns the layer that takes the mean of every window of k×k elements, with the shapes of [MaxPool2D]. The
// options are [Stride], which is k without it, [Padding], at most k/2, and [ExcludePadding].
//
// It panics with a [*graph.Error] if k is less than 1 or an option does not fit.
func AvgPool2D(k int, options ...LayerOption) Layer {
	return newPool("nn.AvgPool2D", k, options, "nn.Stride", "nn.Padding", "nn.ExcludePadding")
}

func newPool(op string, k int, options []LayerOption, takes ...string) *pool {
	if k < 1 {
		panic(graph.Errorf(op, graph.ErrShape, "a window of size %d: want 1 or more", k))
	}
	c := layerSettings{stride: []int{k}}.with(op, options, takes...)
	l := &pool{op: op, window: newWindow(op, 2, k, c)}
	for _, p := range l.window.padding {
		if p > k/2 {
			panic(graph.Errorf(op, graph.ErrShape, "padding %d for a window of size %d: it must be from 0 to %d, half the window", p, k, k/2))
		}
	}
	l.config = ops.PoolConfig{Size: l.window.size, Stride: l.window.stride, Padding: l.window.padding, ExcludePadding: c.excludePadding}
	return l
}

func (l *pool) Params() []*Param { return nil }

func (l *pool) String() string {
	w := l.window
	if w.stride == w.size {
		w.stride = [2]int{1, 1} // goes without saying, as that of convolutions
	} else if w.stride == [2]int{1, 1} {
		return fmt.Sprintf("%s(%d, stride 1%s)", layerName(l.op), w.size[0], &w)
	}
	return fmt.Sprintf("%s(%d%s)", layerName(l.op), w.size[0], &w)
}

func (l *pool) Forward(_ Pass, x graph.Value) graph.Value {
	x.Check(l.op)
	if x.Rank() < 3 {
		panic(graph.Errorf(l.op, graph.ErrShape, "x has shape %s: give it the shape (rows, channels, height, width)", tensor.FormatShape(x.Dims())))
	}
	if l.op == "nn.MaxPool2D" {
		return ops.MaxPool2DWith(x, l.config)
	}
	return ops.AvgPool2DWith(x, l.config)
}

type globalAvgPool struct{}

// GlobalAvgPool returns the layer that takes the mean of every channel over all places: x of shape (rows, channels,
// ...) gives (rows, channels), whatever the size of the images. It is what PyTorch has AdaptiveAvgPool2d(1) and Flatten
// for.
//
// Source: Lin, Chen and Yan, Network in network (2014), section 3.2.
func GlobalAvgPool() Layer { return globalAvgPool{} }

func (globalAvgPool) Params() []*Param { return nil }

func (globalAvgPool) String() string { return "GlobalAvgPool" }

// placeAxes are the axes behind rows and channels.
var placeAxes = func() (axes [tensor.MaxRank]int) {
	for i := range axes {
		axes[i] = 2 + i
	}
	return axes
}()

func (globalAvgPool) Forward(_ Pass, x graph.Value) graph.Value {
	const op = "nn.GlobalAvgPool"
	x.Check(op)
	if x.Rank() < 3 {
		panic(graph.Errorf(op, graph.ErrShape, "x has shape %s: give it the shape (rows, channels, height, width)", tensor.FormatShape(x.Dims())))
	}
	return ops.Mean(x, placeAxes[:x.Rank()-2]...)
}
