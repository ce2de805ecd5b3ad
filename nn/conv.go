package nn

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A conv is a convolution along one axis or two.
type conv struct {
	op           string
	weight, bias *Param // bias is nil for none
	params       []*Param
	window       window
	groups       int
}

// Conv2D returns the convolution of images with out kernels of k×k elements, plus a bias for each: the kernels are not
// flipped, as is usual for networks. x has shape (rows, in, height, width) and the result (rows, out, h, w) with
//
//	h = (height + 2·padding - dilation·(k-1) - 1)/stride + 1
//
// rounded down, and w in the same way; see [ops.Conv2DWith] for the formula. The options are [Stride], [Padding],
// [Dilation], [ChannelGroups], [WithInit] and [NoBias]. A padding of k/2 keeps height and width where k is odd and the
// stride 1.
//
// The parameters are named "weight", of shape (out, in/groups, k, k), and "bias", of shape (out), as PyTorch's are. The
// weights are drawn from rng by [HeUniform], which was derived for convolutions that a [ReLU] follows, with
// in/groups·k² inputs of a node; the biases are 0. (PyTorch draws both from the uniform distribution on
// ±1/√(in/groups·k²), so that the weights have a sixth of this variance.)
//
// Conv2D panics with a [*graph.Error] if rng is nil, a size is less than 1, the groups do not divide in and out, or an
// option does not fit.
//
// Source: He, Zhang, Ren and Sun, Delving deep into rectifiers (2015), section 2.2, for the weights.
func Conv2D(rng *rand.Rand, in, out, k int, options ...LayerOption) Layer {
	return newConv("nn.Conv2D", 2, rng, in, out, k, options)
}

// Conv1D is [Conv2D] for sequences: x has shape (rows, in, length) and the result (rows, out, l). The weight has shape
// (out, in/groups, k).
func Conv1D(rng *rand.Rand, in, out, k int, options ...LayerOption) Layer {
	return newConv("nn.Conv1D", 1, rng, in, out, k, options)
}

func newConv(op string, axes int, rng *rand.Rand, in, out, k int, options []LayerOption) *conv {
	mustHaveSource(op, rng)
	if in < 1 || out < 1 || k < 1 {
		panic(graph.Errorf(op, graph.ErrShape, "%d channels in, %d channels out and kernels of size %d: all must be 1 or more", in, out, k))
	}
	c := layerSettings{init: HeUniform(), groups: 1}.with(op, options, "nn.Stride", "nn.Padding", "nn.Dilation", "nn.ChannelGroups", "nn.WithInit", "nn.NoBias")
	if in%c.groups != 0 || out%c.groups != 0 {
		panic(graph.Errorf(op, graph.ErrShape, "%d groups of %d channels in and %d channels out: groups must divide both", c.groups, in, out))
	}
	l := &conv{op: op, window: newWindow(op, axes, k, c), groups: c.groups}
	shape := append([]int{out, in / c.groups}, slices.Repeat([]int{k}, axes)...)
	n, err := tensor.Size(shape)
	if err != nil {
		panic(graph.Errorf(op, graph.ErrLimit, "kernels of shape %s are too large: use fewer channels or a smaller size", tensor.FormatShape(shape)))
	}
	l.weight = &Param{Name: "weight", Data: c.init.Draw(rng, n/out, n/in, shape...), Kind: Weight}
	if !c.noBias {
		l.bias = constantParam("bias", Bias, 0, out)
	}
	l.params = present(l.weight, l.bias)
	return l
}

func (l *conv) Params() []*Param { return l.params }

func (l *conv) String() string {
	w := l.weight.Data.Dims()
	s := fmt.Sprintf("%s(%d, %d, %d%s", layerName(l.op), w[1]*l.groups, w[0], l.window.size[0], &l.window)
	if l.groups > 1 {
		s += fmt.Sprintf(", %d groups", l.groups)
	}
	return s + ")"
}

func (l *conv) Forward(_ Pass, x graph.Value) graph.Value {
	x.Check(l.op)
	w := l.weight.Bind(x.Graph())
	if dims, in := x.Dims(), w.Dims()[1]*l.groups; len(dims) != 2+l.window.axes || dims[1] != in {
		panic(graph.Errorf(l.op, graph.ErrShape, "layer %q takes %d channels, x has shape %s: give x the shape (rows, %d, %s)",
			l.weight.Name, in, tensor.FormatShape(dims), in, [...]string{1: "length", 2: "height, width"}[l.window.axes]))
	}
	b, s := l.bias.bindAny(x.Graph()), &l.window
	if s.axes == 1 {
		return ops.Conv1DWith(x, w, ops.Conv1DConfig{Stride: s.stride[0], Padding: s.padding[0], Dilation: s.dilation[0], Groups: l.groups, Bias: b})
	}
	return ops.Conv2DWith(x, w, ops.Conv2DConfig{Stride: s.stride, Padding: s.padding, Dilation: s.dilation, Groups: l.groups, Bias: b})
}
