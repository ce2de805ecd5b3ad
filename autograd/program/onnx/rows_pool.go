package onnx

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"max_pool2d": func(e *emitter, n graph.Node, in []value) value { return pooled(e, "MaxPool", n, in[0]) },
	"avg_pool2d": func(e *emitter, n graph.Node, in []value) value {
		counted := int64(1)
		if n.Int(6) != 0 {
			counted = 0
		}
		return pooled(e, "AveragePool", n, in[0], intAttr("count_include_pad", counted))
	},
})

var _ = without(map[string]string{
	"max_pool2d_input":  gradientOnly,
	"max_pool2d_select": gradientOnly,
	"avg_pool2d_input":  gradientOnly,
})

// pooled reduces every window of images. Operators want them as (batch, channels, height, width).
func pooled(e *emitter, operator string, n graph.Node, x value, more ...attribute) value {
	a, d := n.Ints(), x.rank()-2
	lead := []int{1, 1}
	if d <= 2 {
		copy(lead[2-d:], x.dims[:d])
	} else {
		lead[0], lead[1] = count(x.dims[:d-1]), x.dims[d-1]
	}
	x = e.reshape(x, slices.Concat(lead, x.dims[d:])...)
	attributes := []attribute{
		intsAttr("kernel_shape", a[0], a[1]),
		intsAttr("pads", a[4], a[5], a[4], a[5]),
		intsAttr("strides", a[2], a[3]),
	}
	y := e.to(operator, x.as(slices.Concat(lead, n.Dims()[d:])...), []value{x}, append(attributes, more...)...)
	return e.reshape(y, n.Dims()...)
}
