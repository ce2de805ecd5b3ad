package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// Stride sets how many elements lie from one place of a convolution's kernels, or of a pooling's window, to the next:
// one number for all axes, or one for each, height first. Without it convolutions have 1, and poolings the size of the
// window, so that one window stands beside the other. It panics with a [*graph.Error] if a number is less than 1.
func Stride(n ...int) LayerOption {
	return windowOption("nn.Stride", 1, n, func(c *layerSettings, n []int) { c.stride = n })
}

// Padding surrounds what a convolution or a pooling works on with so many elements on either side: one number for all
// axes, or one for each, height first. They count as zeros, or as -∞ where the largest is taken. It panics with a
// [*graph.Error] if a number is negative.
func Padding(n ...int) LayerOption {
	return windowOption("nn.Padding", 0, n, func(c *layerSettings, n []int) { c.padding = n })
}

// Dilation sets how many elements lie from one element of a convolution's kernel to the next: one number for all axes,
// or one for each, height first. It panics with a [*graph.Error] if a number is less than 1.
func Dilation(n ...int) LayerOption {
	return windowOption("nn.Dilation", 1, n, func(c *layerSettings, n []int) { c.dilation = n })
}

// ChannelGroups divides the channels of a convolution, those that come in and those that go out, into n groups, one
// after the other: each channel is made of those of its own group only. As many groups as channels are a depthwise
// convolution. It panics with a [*graph.Error] if n is less than 1.
func ChannelGroups(n int) LayerOption {
	const op = "nn.ChannelGroups"
	if n < 1 {
		panic(graph.Errorf(op, graph.ErrValue, "%d groups: want 1 or more", n))
	}
	return func(c layerSettings) layerSettings { c.groups = n; return c.set(op) }
}

// ExcludePadding makes [AvgPool2D] take the mean of the elements inside the image only, where padding counts as zeros
// otherwise. PyTorch calls it count_include_pad=False.
func ExcludePadding() LayerOption {
	return func(c layerSettings) layerSettings { c.excludePadding = true; return c.set("nn.ExcludePadding") }
}

// windowOption returns the option that sets numbers, of which each must be least or more.
func windowOption(op string, least int, n []int, set func(c *layerSettings, n []int)) LayerOption {
	if len(n) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "no number: give one for all axes, or one for each"))
	}
	for _, v := range n {
		if v < least {
			panic(graph.Errorf(op, graph.ErrValue, "got %d: want %d or more", v, least))
		}
	}
	n = slices.Clone(n)
	return func(c layerSettings) layerSettings { set(&c, n); return c.set(op) }
}

// A window says how a kernel or a window lies on what it moves over, along one axis or two.
type window struct {
	axes                            int
	size, stride, padding, dilation [2]int
}

// newWindow returns the window of size k along the given number of axes. It panics unless the settings are for as many.
func newWindow(op string, axes, k int, c layerSettings) window {
	along := func(option string, n []int, standard int) (out [2]int) {
		if len(n) > 1 && len(n) != axes {
			panic(graph.Errorf(op, graph.ErrUsage, "%s has %d numbers: give one, or as many as there are axes, %d", option, len(n), axes))
		}
		for i := range out {
			switch {
			case i >= axes:
			case len(n) == 0:
				out[i] = standard
			default:
				out[i] = n[min(i, len(n)-1)]
			}
		}
		return out
	}
	return window{
		axes: axes, size: along("", nil, k),
		stride: along("nn.Stride", c.stride, 1), padding: along("nn.Padding", c.padding, 0), dilation: along("nn.Dilation", c.dilation, 1),
	}
}

// String returns what a description says behind the size, such as ", stride 2, padding 1".
func (w *window) String() string {
	var b strings.Builder
	say := func(what string, n [2]int, standard int) {
		switch {
		case n[0] == standard && (w.axes == 1 || n[1] == standard):
		case w.axes == 1 || n[0] == n[1]:
			fmt.Fprintf(&b, ", %s %d", what, n[0])
		default:
			fmt.Fprintf(&b, ", %s %d×%d", what, n[0], n[1])
		}
	}
	say("stride", w.stride, 1)
	say("padding", w.padding, 0)
	say("dilation", w.dilation, 1)
	return b.String()
}
