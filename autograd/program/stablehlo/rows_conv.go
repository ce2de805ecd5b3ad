package stablehlo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"conv1d": convolved, "conv1d_bias": convolvedBiased, "conv1d_input": convolvedInput, "conv1d_weight": convolvedWeight,
	"conv2d": convolved, "conv2d_bias": convolvedBiased, "conv2d_input": convolvedInput, "conv2d_weight": convolvedWeight,
})

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

// convolved makes maps of images and kernels. What the last stride does not reach of the images is padded away.
func convolved(e *emitter, n graph.Node, in []value) value {
	c, x, w := convolutionOf(n), in[0], in[1]
	behind := make([]int, len(c.stride))
	for i := range c.stride {
		behind[i] = (n.Dims()[2+i]-1)*c.stride[i] + c.dilation[i]*(w.dims[2+i]-1) + 1 - x.dims[2+i] - c.padding[i]
	}
	return e.convolve(x, w, n.Dims(), numbered{
		images: "bf", kernels: "oi", maps: "bf",
		stride: c.stride, before: c.padding, behind: behind, dilation: c.dilation,
		groups: c.groups,
	})
}

func convolvedBiased(e *emitter, n graph.Node, in []value) value {
	return e.same("add", convolved(e, n, in), e.place(in[2], []int{1}, n.Dims()))
}

// convolvedInput is the convolution of maps, stride apart, with the kernels turned round.
func convolvedInput(e *emitter, n graph.Node, in []value) value {
	c, y, w := convolutionOf(n), in[0], in[1]
	before, behind := make([]int, len(c.stride)), make([]int, len(c.stride))
	var axes []int
	for i := range c.stride {
		reach := c.dilation[i] * (w.dims[2+i] - 1)
		before[i] = reach - c.padding[i]
		behind[i] = n.Dims()[2+i] - 1 - (y.dims[2+i]-1)*c.stride[i] + c.padding[i]
		axes = append(axes, 2+i)
	}
	numbers := numbered{images: "bf", kernels: "io", maps: "bf", between: c.stride, before: before, behind: behind, dilation: c.dilation, groups: c.groups}
	if w.len() > 0 {
		w = e.reversed(w, axes...)
		if g := c.groups; g > 1 { // the kernels of a group make its channels from its maps
			size := w.dims[2:]
			apart := e.reshape(w, slices.Concat([]int{g, w.dims[0] / g, w.dims[1]}, size)...)
			turned := e.permute(apart, slices.Concat([]int{0, 2, 1}, upTo(3, 3+len(size)))...)
			w = e.reshape(turned, slices.Concat([]int{g * w.dims[1], w.dims[0] / g}, size)...)
			numbers.kernels = "oi"
		}
	}
	return e.convolve(y, w, n.Dims(), numbers)
}

// convolvedWeight is the convolution of images with maps, stride apart: the examples of the batch are what is summed over,
// and the channels of the images are a batch.
func convolvedWeight(e *emitter, n graph.Node, in []value) value {
	c, x, y := convolutionOf(n), in[0], in[1]
	behind := make([]int, len(c.stride))
	for i := range c.stride {
		behind[i] = c.dilation[i]*(n.Dims()[2+i]-1) + (y.dims[2+i]-1)*c.stride[i] + 1 - x.dims[2+i] - c.padding[i]
	}
	return e.convolve(x, y, n.Dims(), numbered{
		images: "fb", kernels: "io", maps: "fb",
		stride: c.dilation, before: c.padding, behind: behind, dilation: c.stride,
		batches: c.groups,
	})
}

// A numbered convolution is an instruction: what axes 0 and 1 of images and maps (batch b and feature f) and of kernels
// (outputs o and inputs i) are, and how kernels lie, nil and 0 where there is nothing to say.
type numbered struct {
	images, kernels, maps string
	stride                []int // of the kernels
	before, behind        []int // padding of the images; what is negative takes elements away
	between               []int // from one element of the images to the next
	dilation              []int // from one element of a kernel to the next
	groups, batches       int   // into which features, or batches, are divided
}

// convolve returns the convolution of x with w, of the given shape.
func (e *emitter) convolve(x, w value, dims []int, c numbered) value {
	y := x.shaped(slices.Clone(dims)...)
	if x.len() == 0 || w.len() == 0 || y.len() == 0 {
		return e.constant(0, y)
	}
	ones := slices.Repeat([]int{1}, len(dims)-2)
	for _, list := range []*[]int{&c.stride, &c.between, &c.dilation} {
		if *list == nil {
			*list = ones
		}
	}
	x = e.cropped(x, &c)
	space := ""
	pad := make([]string, len(ones))
	for i := range ones {
		space += fmt.Sprintf(", %d", i)
		pad[i] = fmt.Sprintf("[%d, %d]", c.before[i], c.behind[i])
	}
	axes := func(names string) string { return fmt.Sprintf("[%c, %c%s]", names[0], names[1], space) }
	v := value{e.name(), y}
	p := e.config.precision
	e.line("%s = stablehlo.convolution(%s, %s) dim_numbers = %sx%s->%s, window = {stride = %s, pad = [%s], lhs_dilate = %s, rhs_dilate = %s} "+
		"{batch_group_count = %d : i64, feature_group_count = %d : i64, precision_config = [#stablehlo<precision %s>, #stablehlo<precision %s>]} : (%s, %s) -> %s",
		v.name, x.name, w.name, axes(c.images), axes(c.kernels), axes(c.maps), integers(c.stride), strings.Join(pad, ", "), integers(c.between), integers(c.dilation),
		max(1, c.batches), max(1, c.groups), p, p, x.typ, w.typ, y)
	return v
}

// cropped returns x without the elements that negative padding takes away, and leaves c without negative padding, which not
// all compilers know.
func (e *emitter) cropped(x value, c *numbered) value {
	negative := func(n int) bool { return n < 0 }
	if !slices.ContainsFunc(c.before, negative) && !slices.ContainsFunc(c.behind, negative) {
		return x
	}
	from, to, between := make([]int, x.rank()), slices.Clone(x.dims), make([]int, x.rank())
	before, behind := slices.Clone(c.before), slices.Clone(c.behind)
	for i := range before {
		between[2+i] = c.between[i] - 1
		to[2+i] += (x.dims[2+i] - 1) * between[2+i]
		from[2+i] -= min(before[i], 0)
		to[2+i] += min(behind[i], 0)
		before[i], behind[i] = max(before[i], 0), max(behind[i], 0)
	}
	if slices.Max(between) > 0 {
		none := make([]int, x.rank())
		x = e.padded(x, e.constant(0, x.scalar()), none, none, between)
	}
	c.before, c.behind, c.between = before, behind, slices.Repeat([]int{1}, len(before))
	return e.part(x, from, to, nil)
}

// upTo returns the numbers from one to before another.
func upTo(from, to int) []int {
	list := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}
