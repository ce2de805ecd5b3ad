package ops

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// A convolution relates three tensors: images x, kernels w and maps y. The sum Σ x·w·y over all places where a kernel
// meets an image is linear in each of them, and its derivative by one is an operation on the other two: by y it is the
// convolution, by x its transpose, by w the gradient of the kernels. So the rule of each of the three operations is
// the other two, and derivatives of every order follow.
const (
	images = iota
	kernels
	maps
)

// convOps are the operations by rank, 3 or 4, and by what they compute.
var convOps [2][3]graph.Op

// convBiasOps are the operations that add a bias to the maps, by rank.
var convBiasOps [2]graph.Op

// convOperands are the operands of the operations by what they compute.
var convOperands = [3][2]int{images: {maps, kernels}, kernels: {images, maps}, maps: {images, kernels}}

func init() {
	convRows(0, "conv1d", Conv1D, Conv1DBias, Conv1DInput, Conv1DWeight, [3][]string{
		maps:    {"(1,1,4) (1,1,2) 1 0", "(2,2,5) (3,2,3) 2 1", "(1,1,3) (1,1,1) 1 0", "(0,1,3) (1,1,2) 1 0"},
		images:  {"(1,1,3) (1,1,2) 4 1 0", "(2,3,3) (3,2,3) 5 2 1", "(1,1,2) (1,1,2) 4 2 0"},
		kernels: {"(1,1,4) (1,1,3) 2 1 0", "(2,2,5) (2,3,3) 3 2 1", "(1,1,4) (1,1,2) 2 2 0"},
	}, "length")
	convRows(1, "conv2d", Conv2D, Conv2DBias, Conv2DInput, Conv2DWeight, [3][]string{
		maps:    {"(1,1,3,3) (1,1,2,2) 1 0", "(2,2,3,4) (3,2,2,3) 2 1", "(1,2,2,2) (2,2,1,1) 1 0", "(1,1,1,1) (1,1,2,2) 1 1", "(0,1,2,2) (1,1,1,1) 1 0"},
		images:  {"(1,1,2,2) (1,1,2,2) 3 3 1 0", "(2,3,2,2) (3,2,2,3) 3 4 2 1", "(1,2,2,2) (2,2,1,1) 2 2 1 0", "(1,1,1,1) (1,1,2,2) 3 3 2 0"},
		kernels: {"(1,1,3,3) (1,1,2,2) 2 2 1 0", "(2,2,3,4) (2,3,2,2) 2 3 2 1", "(1,2,2,2) (1,2,2,2) 1 1 1 0"},
	}, "height, width")
}

func convRows(rank int, name string, convolve, biased, input, weight any, tries [3][]string, size string) {
	const source = "Goodfellow, Bengio and Courville (2016), Deep Learning, 9.1 and 9.5; as matrix products, Chellapilla, Puri and Simard (2006)"
	for target, row := range [3]graph.Row{
		maps: {
			Name: name, Func: convolve, Params: "x, w, stride, padding",
			Doc:        "convolution of images with kernels, as cross-correlation",
			Formula:    "y[b,o,i] = Σ x[b,c,i·stride+p-padding]·w[o,c,p]",
			Derivative: name + "_input(ct, w), " + name + "_weight(x, ct)",
		},
		images: {
			Name: name + "_input", Func: input, Params: "y, w, " + size + ", stride, padding",
			Doc:        "transposed convolution: the gradient of a convolution by its images of the given size",
			Formula:    "x[b,c,i·stride+p-padding] = Σ y[b,o,i]·w[o,c,p]",
			Derivative: name + "(ct, w), " + name + "_weight(ct, y)",
		},
		kernels: {
			Name: name + "_weight", Func: weight, Params: "x, y, " + size + ", stride, padding",
			Doc:        "gradient of a convolution by its kernels of the given size",
			Formula:    "w[o,c,p] = Σ x[b,c,i·stride+p-padding]·y[b,o,i]",
			Derivative: name + "_input(y, ct), " + name + "(x, ct)",
		},
	} {
		row.Class = graph.Linear
		row.Try = tries[target]
		row.Source = source
		row.Forward = func(n graph.Node) {
			var t [3]*tensor.Tensor
			t[convOperands[target][0]], t[convOperands[target][1]], t[target] = n.In(0), n.In(1), n.Out()
			convolveTo(n, target, t, nil, n.Int(0), true)
		}
		row.Backward = func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			convBackward(n, target, i, ct, dst, fresh)
			return true
		}
		row.VJP = func(n graph.Node, i int, ct graph.Value) graph.Value { return convVJP(n, rank, target, i, ct) }
		row.Tangent = func(n graph.Node, i int, t graph.Value) graph.Value { return convTangent(n, rank, target, i, t) }
		register(&convOps[rank][target], row)
	}
	register(&convBiasOps[rank], graph.Row{
		Name: name + "_bias", Func: biased, Params: "x, w, b, stride, padding",
		Doc:        "convolution of images with kernels, plus a bias for each of them",
		Formula:    "y[b,o,i] = b[o] + Σ x[b,c,i·stride+p-padding]·w[o,c,p]",
		Derivative: name + "_input(ct, w), " + name + "_weight(x, ct), Σ ct",
		Try:        withBias(tries[maps]),
		Source:     source,
		Forward: func(n graph.Node) {
			convolveTo(n, maps, [3]*tensor.Tensor{images: n.In(0), kernels: n.In(1), maps: n.Out()}, n.In(2), 0, true)
		},
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			if i < 2 {
				convBackward(n, maps, i, ct, dst, fresh)
				return true
			}
			if fresh {
				dst.Zero()
			}
			m := ct.Dims()
			array.AddReducedAs(dst, []int{m[1], 1}, ct, []int{m[0], m[1], product(m[2:])})
			return true
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i < 2 {
				return convVJP(n, rank, maps, i, ct)
			}
			return Sum(ct, append([]int{0}, []int{2, 3}[:rank+1]...)...)
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i < 2 {
				return convTangent(n, rank, maps, i, t)
			}
			return Reshape(t, append([]int{-1}, []int{1, 1}[:rank+1]...)...)
		},
	})
}

// withBias adds to the operands of calls of a convolution one bias for each kernel.
func withBias(tries []string) []string {
	var list []string
	for _, s := range tries {
		f := strings.Fields(s)
		out, _, _ := strings.Cut(f[1], ",")
		list = append(list, strings.Join(slices.Insert(f, 2, out+")"), " "))
	}
	return list
}

// convBackward adds to dst what the cotangent of a convolution for a target contributes to operand i, or sets it.
func convBackward(n graph.Node, target, i int, ct, dst *tensor.Tensor, fresh bool) {
	var t [3]*tensor.Tensor
	operand, other := convOperands[target][i], convOperands[target][1-i]
	t[operand], t[other], t[target] = dst, n.In(1-i), ct
	convolveTo(n, operand, t, nil, n.Int(0)&(1<<other)|1<<target, fresh)
}

// convVJP returns the cotangent of operand i of a convolution for a target.
func convVJP(n graph.Node, rank, target, i int, ct graph.Value) graph.Value {
	var v [3]graph.Value
	operand, other := convOperands[target][i], convOperands[target][1-i]
	v[other], v[target] = n.Input(1-i), ct
	in := convOperands[operand]
	return graph.Begin(convOps[rank][operand], v[in[0]], v[in[1]]).
		Ints(n.Int(0)&(1<<other) | 1<<target).Ints(n.Ints()[1:]...).
		Record(n.InputNode(i).Dims()...)
}

// convTangent returns what a tangent of operand i contributes to that of a convolution for a target.
func convTangent(n graph.Node, rank, target, i int, t graph.Value) graph.Value {
	v := [2]graph.Value{n.Input(0), n.Input(1)}
	v[i] = t
	operand, other := convOperands[target][i], convOperands[target][1-i]
	return graph.Begin(convOps[rank][target], v[0], v[1]).
		Ints(n.Int(0)&(1<<other) | 1<<operand).Ints(n.Ints()[1:]...).
		Record(n.Dims()...)
}

// A Conv2DConfig says how the kernels of [Conv2DWith] lie on the images, first along the height, then along the width. Its
// zero value is stride 1, no padding, no dilation, one group and no bias.
type Conv2DConfig struct {
	Stride   [2]int // from one place of a kernel to the next; 0 means 1
	Padding  [2]int // zeros on either side of the images
	Dilation [2]int // from one element of a kernel to the next, in elements of the images; 0 means 1
	Groups   int    // how many parts the channels are divided into, each with kernels of its own; 0 means 1

	// Bias, if it is not the zero graph.Value, has shape (out): b[o] is added to all elements of map o.
	Bias graph.Value
}

// A Conv1DConfig is a [Conv2DConfig] for [Conv1DWith].
type Conv1DConfig struct {
	Stride, Padding, Dilation, Groups int
	Bias                              graph.Value
}

// Conv2D returns the convolution of a batch of images with kernels, as networks have it: cross-correlation, the kernel
// not flipped. x has shape (batch, channels, height, width), w (out, channels, kernel height, kernel width), the result
// (batch, out, rows, columns) with rows = (height + 2·padding - kernel height)/stride + 1, rounded down, and columns in
// the same way. The images are surrounded by padding zeros on every side; rows and columns that the last stride does not
// reach are left out. [Conv2DWith] has dilation, groups, and another stride and padding along either axis.
//
//	y[b,o,i,j] = Σ x[b,c,i·stride+p-padding,j·stride+q-padding]·w[o,c,p,q], over c, p and q
//
// Derivative: for the cotangent ct of the result, [Conv2DInput] of ct and w by x, [Conv2DWeight] of x and ct by w. An
// element of ct that is 0 contributes 0, whatever stands in the other factor.
//
// It panics with a [*graph.Error] if the shapes do not fit, the stride is not positive, the padding is negative, or the
// kernel is larger than the padded image.
func Conv2D(x, w graph.Value, stride, padding int) graph.Value {
	return convolve("ops.Conv2D", 1, x, w, graph.Value{}, squareGeometry(stride, padding))
}

// Conv2DBias is [Conv2D] plus a bias b of shape (out), an element for each kernel: b[o] is added to all elements of map
// o. It is [Add] of a reshaped b in one pass.
//
// Derivative: as for [Conv2D], and by b the sum of the cotangent of each map.
//
// It panics with a [*graph.Error] as Conv2D does, or if b has another shape.
func Conv2DBias(x, w, b graph.Value, stride, padding int) graph.Value {
	return convolveBias("ops.Conv2DBias", 1, x, w, b, squareGeometry(stride, padding))
}

// Conv2DWith is [Conv2D] with dilation and groups. The elements of a kernel lie dilation elements of the image apart, so
// that rows = (height + 2·padding - dilation·(kernel height - 1) - 1)/stride + 1. The channels of x are divided into
// groups, one after the other, and so are those of the result; a group of the one is made from the same group of the
// other, so w has shape (out, channels/groups, kernel height, kernel width). As many groups as channels are a depthwise
// convolution.
//
//	y[b,o,i,j] = Σ x[b,g·n+c,i·stride+p·dilation-padding,j·stride+q·dilation-padding]·w[o,c,p,q], over c < n, p and q,
//
// where n = channels/groups and g is the group of o.
//
// Derivative: as for [Conv2D], and for [Conv2DBias] if there is a bias.
//
// It panics with a [*graph.Error] if the shapes do not fit, groups do not divide the channels of x and of the result, a
// number of the configuration is negative, or the kernel is larger than the padded image.
//
// Source: Yu and Koltun (2016) for dilation, Krizhevsky, Sutskever and Hinton (2012) for groups; names as in PyTorch.
func Conv2DWith(x, w graph.Value, config Conv2DConfig) graph.Value {
	g := convGeometry{config.Stride, config.Padding, config.Dilation, orOne(config.Groups)}
	for i := range 2 {
		g.stride[i], g.dilation[i] = orOne(g.stride[i]), orOne(g.dilation[i])
	}
	return convolve("ops.Conv2DWith", 1, x, w, config.Bias, g)
}

// Conv1D is [Conv2D] for sequences: x has shape (batch, channels, length), w (out, channels, kernel length), the result
// (batch, out, (length + 2·padding - kernel length)/stride + 1).
//
// Derivative: for the cotangent ct of the result, [Conv1DInput] of ct and w by x, [Conv1DWeight] of x and ct by w.
func Conv1D(x, w graph.Value, stride, padding int) graph.Value {
	return convolve("ops.Conv1D", 0, x, w, graph.Value{}, sequenceGeometry(stride, padding, 1, 1))
}

// Conv1DBias is [Conv2DBias] for sequences, [Conv1D] plus a bias b of shape (out).
//
// Derivative: as for [Conv1D], and by b the sum of the cotangent of each map.
func Conv1DBias(x, w, b graph.Value, stride, padding int) graph.Value {
	return convolveBias("ops.Conv1DBias", 0, x, w, b, sequenceGeometry(stride, padding, 1, 1))
}

// Conv1DWith is [Conv2DWith] for sequences: x has shape (batch, channels, length), w (out, channels/groups, kernel
// length), the result (batch, out, (length + 2·padding - dilation·(kernel length - 1) - 1)/stride + 1).
//
// Derivative: as for [Conv1D].
func Conv1DWith(x, w graph.Value, config Conv1DConfig) graph.Value {
	return convolve("ops.Conv1DWith", 0, x, w, config.Bias, sequenceGeometry(orOne(config.Stride), config.Padding, orOne(config.Dilation), orOne(config.Groups)))
}

// Conv2DInput returns the transpose of [Conv2D] as a function of its images: what the convolution with w that makes y
// from images of the given size passes back to them. y has shape (batch, out, rows, columns), w (out, channels, kernel
// height, kernel width), the result (batch, channels, height, width). It is the transposed convolution that makes large
// images from small ones, see [ConvTranspose2D].
//
// Derivative: for the cotangent ct of the result, [Conv2D] of ct and w by y, [Conv2DWeight] of ct and y by w.
//
// It panics with a [*graph.Error] if a convolution of images of that size does not have the shape of y.
func Conv2DInput(y, w graph.Value, height, width, stride, padding int) graph.Value {
	return convInput("ops.Conv2DInput", 1, y, w, []int{height, width}, squareGeometry(stride, padding))
}

// Conv1DInput is [Conv2DInput] for sequences of the given length.
//
// Derivative: for the cotangent ct of the result, [Conv1D] of ct and w by y, [Conv1DWeight] of ct and y by w.
func Conv1DInput(y, w graph.Value, length, stride, padding int) graph.Value {
	return convInput("ops.Conv1DInput", 0, y, w, []int{length}, sequenceGeometry(stride, padding, 1, 1))
}

// Conv2DWeight returns the transpose of [Conv2D] as a function of its kernels: what the convolution that makes y from
// images x passes back to kernels of the given size. x has shape (batch, channels, height, width), y (batch, out, rows,
// columns), the result (out, channels, kernel height, kernel width).
//
// Derivative: for the cotangent ct of the result, [Conv2DInput] of y and ct by x, [Conv2D] of x and ct by y.
//
// It panics with a [*graph.Error] if a convolution with kernels of that size does not have the shape of y.
func Conv2DWeight(x, y graph.Value, height, width, stride, padding int) graph.Value {
	return convWeight("ops.Conv2DWeight", 1, x, y, []int{height, width}, squareGeometry(stride, padding))
}

// Conv1DWeight is [Conv2DWeight] for sequences, with kernels of the given length.
//
// Derivative: for the cotangent ct of the result, [Conv1DInput] of y and ct by x, [Conv1D] of x and ct by y.
func Conv1DWeight(x, y graph.Value, length, stride, padding int) graph.Value {
	return convWeight("ops.Conv1DWeight", 0, x, y, []int{length}, sequenceGeometry(stride, padding, 1, 1))
}

// ConvTranspose2D returns the transposed convolution of x with kernels w, as in PyTorch: [Conv2DInput] for the smallest
// images that give maps of the size of x. x has shape (batch, in, rows, columns), w (in, out, kernel height, kernel
// width), the result (batch, out, height, width) with height = (rows - 1)·stride - 2·padding + kernel height, and width
// in the same way.
//
// Derivative: that of [Conv2DInput].
//
// It panics with a [*graph.Error] if the shapes do not fit.
func ConvTranspose2D(x, w graph.Value, stride, padding int) graph.Value {
	const op = "ops.ConvTranspose2D"
	x.Check(op)
	w.CheckIn(op, x.Graph())
	a, k := x.Dims(), w.Dims()
	if len(a) != 4 || len(k) != 4 {
		panic(graph.Errorf(op, graph.ErrShape, "x has shape %s and w %s: want (batch,in,rows,columns) and (in,out,height,width)", tensor.FormatShape(a), tensor.FormatShape(k)))
	}
	var size [2]int
	for i := range size {
		size[i] = (a[2+i]-1)*stride - 2*padding + k[2+i]
		if a[2+i] > 1 && stride > math.MaxInt32 || padding > math.MaxInt32 || size[i] < 1 {
			panic(graph.Errorf(op, graph.ErrShape, "stride %d and padding %d leave no image for maps of shape %s and kernels %s: use a larger stride or less padding", stride, padding, tensor.FormatShape(a), tensor.FormatShape(k)))
		}
	}
	return Conv2DInput(x, w, size[0], size[1], stride, padding)
}

// A convGeometry says how kernels lie on images, along the height and along the width.
type convGeometry struct {
	stride, padding, dilation [2]int
	groups                    int
}

func squareGeometry(stride, padding int) convGeometry {
	return convGeometry{[2]int{stride, stride}, [2]int{padding, padding}, [2]int{1, 1}, 1}
}

// sequenceGeometry is that of images of height 1.
func sequenceGeometry(stride, padding, dilation, groups int) convGeometry {
	return convGeometry{[2]int{1, stride}, [2]int{0, padding}, [2]int{1, dilation}, groups}
}

// geometryOf returns what record has left among the attributes of a convolution.
func geometryOf(n graph.Node) convGeometry {
	a := n.Ints()[1:]
	return convGeometry{[2]int(a[0:2]), [2]int(a[2:4]), [2]int(a[4:6]), a[6]}
}

// record puts a convolution with plain operands, of which none is a cotangent, on the tape.
func (g *convGeometry) record(c graph.Call, shape []int) graph.Value {
	return c.Ints(0).Ints(g.stride[:]...).Ints(g.padding[:]...).Ints(g.dilation[:]...).Ints(g.groups).Record(shape...)
}

// orOne returns n, but 1 for 0.
func orOne(n int) int {
	if n == 0 {
		return 1
	}
	return n
}

// convolve records a convolution, with a bias unless b is the zero Value.
func convolve(op string, rank int, x, w, b graph.Value, g convGeometry) graph.Value {
	if b.Graph() != nil {
		return convolveBias(op, rank, x, w, b, g)
	}
	return recordMaps(op, rank, beginConv(op, rank, maps, x, w), g)
}

func convolveBias(op string, rank int, x, w, b graph.Value, g convGeometry) graph.Value {
	x.Check(op)
	w.CheckIn(op, x.Graph())
	b.CheckIn(op, x.Graph())
	c := graph.Begin(convBiasOps[rank], x, w, b)
	if k, bias := c.Dims(1), c.Dims(2); len(bias) != 1 || len(k) > 0 && bias[0] != k[0] {
		panic(graph.Errorf(op, graph.ErrShape, "w has shape %s and b %s: b must have shape (out), an element for each kernel", tensor.FormatShape(k), tensor.FormatShape(bias)))
	}
	return recordMaps(op, rank, c, g)
}

// recordMaps finishes the record of a convolution.
func recordMaps(op string, rank int, c graph.Call, g convGeometry) graph.Value {
	a, k := c.Dims(0), c.Dims(1)
	mustConv(op, rank, "x", a, "w", k, g)
	if g.groups == 1 && a[1] != k[1] {
		panic(graph.Errorf(op, graph.ErrShape, "x has %d channels and w takes %d: shapes %s and %s: axis 1 of both must be equal", a[1], k[1], tensor.FormatShape(a), tensor.FormatShape(k)))
	}
	if a[1]%g.groups != 0 || a[1]/g.groups != k[1] || k[0]%g.groups != 0 {
		panic(graph.Errorf(op, graph.ErrShape, "x has shape %s and w %s, in %d groups: w must be (out,channels/groups,...), and groups divide out and the channels of x", tensor.FormatShape(a), tensor.FormatShape(k), g.groups))
	}
	var buf [4]int
	shape := append(buf[:0], a[0], k[0])
	for i := 2; i < len(a); i++ {
		shape = append(shape, convLen(op, a, k, i, g))
	}
	return g.record(c, shape)
}

func convInput(op string, rank int, y, w graph.Value, size []int, g convGeometry) graph.Value {
	c := beginConv(op, rank, images, y, w)
	m, k := c.Dims(0), c.Dims(1)
	mustConv(op, rank, "y", m, "w", k, g)
	if m[1] != k[0] {
		panic(graph.Errorf(op, graph.ErrShape, "y has %d channels and w makes %d: shapes %s and %s: axis 1 of y and axis 0 of w must be equal", m[1], k[0], tensor.FormatShape(m), tensor.FormatShape(k)))
	}
	x := append([]int{m[0], k[1]}, size...)
	mustMake(op, x, k, m, g)
	return g.record(c, x)
}

func convWeight(op string, rank int, x, y graph.Value, size []int, g convGeometry) graph.Value {
	c := beginConv(op, rank, kernels, x, y)
	a, m := c.Dims(0), c.Dims(1)
	mustConv(op, rank, "x", a, "y", m, g)
	if a[0] != m[0] {
		panic(graph.Errorf(op, graph.ErrShape, "x has %d images and y %d: shapes %s and %s: axis 0 of both must be equal", a[0], m[0], tensor.FormatShape(a), tensor.FormatShape(m)))
	}
	w := append([]int{m[1], a[1]}, size...)
	mustMake(op, a, w, m, g)
	return g.record(c, w)
}

// beginConv begins the record of the operation for a target. op is the function that the user has called.
func beginConv(op string, rank, target int, a, b graph.Value) graph.Call {
	a.Check(op)
	b.CheckIn(op, a.Graph())
	return graph.Begin(convOps[rank][target], a, b)
}

// mustConv checks ranks and the numbers of the geometry.
func mustConv(op string, rank int, nameA string, a []int, nameB string, b []int, g convGeometry) {
	if want := rank + 3; len(a) != want || len(b) != want {
		axes := [2]string{"length", "height,width"}[rank]
		panic(graph.Errorf(op, graph.ErrShape, "%s has shape %s and %s %s: both must have %d axes, images (batch,channels,%s) and kernels (out,channels,%s)", nameA, tensor.FormatShape(a), nameB, tensor.FormatShape(b), want, axes, axes))
	}
	for i := range 2 {
		for _, c := range []struct {
			what     string
			n, least int
		}{{"stride", g.stride[i], 1}, {"padding", g.padding[i], 0}, {"dilation", g.dilation[i], 1}, {"groups", g.groups, 1}} {
			if c.n < c.least {
				panic(graph.Errorf(op, graph.ErrShape, "%s %d: it must be %d or more", c.what, c.n, c.least))
			}
		}
	}
}

// convLen returns the length of axis i of the maps that kernels of shape k make of images of shape a.
func convLen(op string, a, k []int, i int, g convGeometry) int {
	stride, padding, dilation := g.along(i, len(a))
	if padding > min(math.MaxInt32, (math.MaxInt-a[i])/8) {
		panic(graph.Errorf(op, graph.ErrLimit, "padding %d is too large: images have shape %s", padding, tensor.FormatShape(a)))
	}
	room := a[i] + 2*padding // for kernels of (k-1)·dilation + 1
	most := 0
	if room > 0 {
		most = (room-1)/dilation + 1
	}
	if k[i] < 1 || k[i] > most {
		panic(graph.Errorf(op, graph.ErrShape, "kernels of shape %s do not fit into images of shape %s with %s: along axis %d, %d must be from 1 to %d", tensor.FormatShape(k), tensor.FormatShape(a), besides("padding", padding, dilation), i, k[i], most))
	}
	return (room-1-(k[i]-1)*dilation)/stride + 1
}

// along returns the numbers for axis i of images of a rank.
func (g *convGeometry) along(i, rank int) (stride, padding, dilation int) {
	i += 2 - rank
	return g.stride[i], g.padding[i], g.dilation[i]
}

// besides says a number of a geometry, and the dilation if there is one.
func besides(what string, n, dilation int) string {
	if dilation == 1 {
		return fmt.Sprintf("%s %d", what, n)
	}
	return fmt.Sprintf("%s %d and dilation %d", what, n, dilation)
}

// mustMake checks that kernels of shape k make maps of shape m of images of shape a.
func mustMake(op string, a, k, m []int, g convGeometry) {
	if i := slices.IndexFunc(slices.Concat(a, k), func(d int) bool { return d < 0 }); i >= 0 {
		panic(graph.Errorf(op, graph.ErrShape, "a size is negative: images %s, kernels %s", tensor.FormatShape(a), tensor.FormatShape(k)))
	}
	for i := 2; i < len(a); i++ {
		stride, padding, _ := g.along(i, len(a))
		if got := convLen(op, a, k, i, g); got != m[i] {
			panic(graph.Errorf(op, graph.ErrShape, "kernels %s make %d places along axis %d of images %s with stride %d and padding %d, the maps %s have %d", tensor.FormatShape(k), got, i, tensor.FormatShape(a), stride, padding, tensor.FormatShape(m), m[i]))
		}
	}
}

// convolveTo adds to one of the three tensors of a convolution the product of the other two, or sets it if it is fresh.
// Maps that are fresh get the bias, if that is not nil, as well. cotangents has bit i set if tensor i is a cotangent,
// whose zeros win.
func convolveTo(n graph.Node, target int, t [3]*tensor.Tensor, bias *tensor.Tensor, cotangents int, fresh bool) {
	if t[images].Len() == 0 || t[kernels].Len() == 0 || t[maps].Len() == 0 {
		if fresh {
			t[target].Zero()
		}
		if bias != nil && t[maps].Len() > 0 { // of images or kernels without channels
			m := t[maps].Dims()
			array.Broadcast(t[maps], bias.Reshape(append([]int{m[1]}, slices.Repeat([]int{1}, len(m)-2)...)...))
		}
		return
	}
	s := sizesOf(t[images].Dims(), t[kernels].Dims(), t[maps].Dims(), geometryOf(n))
	if t[target].DType() == tensor.Float32 {
		convolveOf[float32](n.Graph(), &convJobs32, s, target, t, bias, cotangents, fresh)
	} else {
		convolveOf[float64](n.Graph(), &convJobs64, s, target, t, bias, cotangents, fresh)
	}
}
