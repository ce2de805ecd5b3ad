package onnx

import "github.com/seed366ff29f/chainrule/graph"

var _ = add(map[string]lowering{
	"conv1d": convolved, "conv1d_bias": convolved, "conv1d_input": convolvedInput,
	"conv2d": convolved, "conv2d_bias": convolved, "conv2d_input": convolvedInput,
})

var _ = without(map[string]string{
	"conv1d_weight": gradientOnly,
	"conv2d_weight": gradientOnly,
})

const gradientOnly = "it is a part of gradients, which the operators of inference have none for"

// A convolution is how kernels lie on images, along the axes that are neither batch nor channels.
type convolution struct {
	stride, padding, dilation []int
	groups                    int
}

// convolutionOf returns the attributes of a node: stride, padding and dilation along height and width, and groups.
func convolutionOf(n graph.Node) convolution {
	a := n.Ints()[1:]
	first := 4 - len(n.Dims()) // sequences are images of height 1
	return convolution{a[first:2], a[2+first : 4], a[4+first : 6], a[6]}
}

// attributes returns the attributes that operators have for a convolution.
func (c convolution) attributes(kernel []int) []attribute {
	return []attribute{
		intsAttr("dilations", c.dilation...),
		intAttr("group", int64(c.groups)),
		intsAttr("kernel_shape", kernel...),
		intsAttr("pads", append(append([]int(nil), c.padding...), c.padding...)...),
		intsAttr("strides", c.stride...),
	}
}

// convolved makes maps of images, kernels and perhaps a bias.
func convolved(e *emitter, n graph.Node, in []value) value {
	x, w := in[0], in[1]
	if x.len() == 0 || w.len() == 0 {
		y := e.full(0, x.elem, n.Dims())
		if len(in) > 2 {
			y = e.same("Add", y, e.reshape(in[2], shapeAlong(len(n.Dims()), 1, n.Dims()[1])...))
		}
		return y
	}
	return e.to("Conv", x.as(n.Dims()...), in, convolutionOf(n).attributes(w.dims[2:])...)
}

// convolvedInput is the transpose of a convolution, which makes images of maps.
func convolvedInput(e *emitter, n graph.Node, in []value) value {
	c, y, w := convolutionOf(n), in[0], in[1]
	if c.groups != 1 || c.dilation[0] != 1 || c.dilation[len(c.dilation)-1] != 1 || c.stride[0] != c.stride[len(c.stride)-1] || c.padding[0] != c.padding[len(c.padding)-1] {
		panic(e.refusal(n, "with groups, dilation, or unequal strides or padding "+gradientOnly))
	}
	if y.len() == 0 || w.len() == 0 {
		return e.full(0, y.elem, n.Dims())
	}
	rest := make([]int, len(c.stride))
	for i := range rest {
		rest[i] = n.Dims()[2+i] - ((y.dims[2+i]-1)*c.stride[i] + c.dilation[i]*(w.dims[2+i]-1) + 1 - 2*c.padding[i])
	}
	return e.to("ConvTranspose", y.as(n.Dims()...), in, append(c.attributes(w.dims[2:]), intsAttr("output_padding", rest...))...)
}
