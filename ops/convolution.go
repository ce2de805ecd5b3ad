package ops

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
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

// convOperands are the operands of the operations by what they compute.
var convOperands = [3][2]int{images: {maps, kernels}, kernels: {images, maps}, maps: {images, kernels}}

func init() {
	convRows(0, "conv1d", Conv1D, Conv1DInput, Conv1DWeight, [3][]string{
		maps:    {"(1,1,4) (1,1,2) 1 0", "(2,2,5) (3,2,3) 2 1", "(1,1,3) (1,1,1) 1 0", "(0,1,3) (1,1,2) 1 0"},
		images:  {"(1,1,3) (1,1,2) 4 1 0", "(2,3,3) (3,2,3) 5 2 1", "(1,1,2) (1,1,2) 4 2 0"},
		kernels: {"(1,1,4) (1,1,3) 2 1 0", "(2,2,5) (2,3,3) 3 2 1", "(1,1,4) (1,1,2) 2 2 0"},
	}, "length")
	convRows(1, "conv2d", Conv2D, Conv2DInput, Conv2DWeight, [3][]string{
		maps:    {"(1,1,3,3) (1,1,2,2) 1 0", "(2,2,3,4) (3,2,2,3) 2 1", "(1,2,2,2) (2,2,1,1) 1 0", "(1,1,1,1) (1,1,2,2) 1 1", "(0,1,2,2) (1,1,1,1) 1 0"},
		images:  {"(1,1,2,2) (1,1,2,2) 3 3 1 0", "(2,3,2,2) (3,2,2,3) 3 4 2 1", "(1,2,2,2) (2,2,1,1) 2 2 1 0", "(1,1,1,1) (1,1,2,2) 3 3 2 0"},
		kernels: {"(1,1,3,3) (1,1,2,2) 2 2 1 0", "(2,2,3,4) (2,3,2,2) 2 3 2 1", "(1,2,2,2) (1,2,2,2) 1 1 1 0"},
	}, "height, width")
}

func convRows(rank int, name string, convolve, input, weight any, tries [3][]string, size string) {
	const source = "Goodfellow, Bengio and Courville (2016), Deep Learning, 9.1 and 9.5; as matrix products, Chellapilla, Puri and Simard (2006)"
	for target, row := range [3]graph.Row{
		maps: {
			Name: name, Func: convolve, Params: "x, w, stride, padding", Doc: "convolution of images with kernels, as cross-correlation",
			Formula: "y[b,o,i] = Σ x[b,c,i·stride+p-padding]·w[o,c,p]", Derivative: name + "_input(ct, w), " + name + "_weight(x, ct)",
		},
		images: {
			Name: name + "_input", Func: input, Params: "y, w, " + size + ", stride, padding", Doc: "transposed convolution: the gradient of a convolution by its images of the given size",
			Formula: "x[b,c,i·stride+p-padding] = Σ y[b,o,i]·w[o,c,p]", Derivative: name + "(ct, w), " + name + "_weight(ct, y)",
		},
		kernels: {
			Name: name + "_weight", Func: weight, Params: "x, y, " + size + ", stride, padding", Doc: "gradient of a convolution by its kernels of the given size",
			Formula: "w[o,c,p] = Σ x[b,c,i·stride+p-padding]·y[b,o,i]", Derivative: name + "_input(y, ct), " + name + "(x, ct)",
		},
	} {
		row.Class = graph.Linear
		row.Try = tries[target]
		row.Source = source
		row.Forward = func(n graph.Node) {
			var t [3]*tensor.Tensor
			t[convOperands[target][0]], t[convOperands[target][1]], t[target] = n.In(0), n.In(1), n.Out()
			t[target].Fill(0)
			convolveTo(n, target, t, n.Int(0))
		}
		row.Backward = func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			if fresh {
				dst.Zero()
			}
			var t [3]*tensor.Tensor
			operand, other := convOperands[target][i], convOperands[target][1-i]
			t[operand], t[other], t[target] = dst, n.In(1-i), ct
			convolveTo(n, operand, t, n.Int(0)&(1<<other)|1<<target)
			return true
		}
		row.VJP = func(n graph.Node, i int, ct graph.Value) graph.Value {
			var v [3]graph.Value
			operand, other := convOperands[target][i], convOperands[target][1-i]
			v[other], v[target] = n.Input(1-i), ct
			in := convOperands[operand]
			return graph.Begin(convOps[rank][operand], v[in[0]], v[in[1]]).
				Ints(n.Int(0)&(1<<other)|1<<target, n.Int(1), n.Int(2)).
				Record(n.InputNode(i).Dims()...)
		}
		register(&convOps[rank][target], row)
	}
}

// Conv2D returns the convolution of a batch of images with kernels, as networks have it: cross-correlation, the kernel
// not flipped. x has shape (batch, channels, height, width), w (out, channels, kernel height, kernel width), the result
// (batch, out, rows, columns) with rows = (height + 2·padding - kernel height)/stride + 1, rounded down, and columns in
// the same way. The images are surrounded by padding zeros on every side; rows and columns that the last stride does not
// reach are left out.
//
//	y[b,o,i,j] = Σ x[b,c,i·stride+p-padding,j·stride+q-padding]·w[o,c,p,q], over c, p and q
//
// Derivative: for the cotangent ct of the result, [Conv2DInput] of ct and w by x, [Conv2DWeight] of x and ct by w.
//
// It panics with a [*graph.Error] if the shapes do not fit, the stride is not positive, the padding is negative, or the
// kernel is larger than the padded image.
func Conv2D(x, w graph.Value, stride, padding int) graph.Value {
	return convolve(1, x, w, stride, padding)
}

// Conv1D is [Conv2D] for sequences: x has shape (batch, channels, length), w (out, channels, kernel length), the result
// (batch, out, (length + 2·padding - kernel length)/stride + 1).
//
// Derivative: for the cotangent ct of the result, [Conv1DInput] of ct and w by x, [Conv1DWeight] of x and ct by w.
func Conv1D(x, w graph.Value, stride, padding int) graph.Value {
	return convolve(0, x, w, stride, padding)
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
	return convInput(1, y, w, []int{height, width}, stride, padding)
}

// Conv1DInput is [Conv2DInput] for sequences of the given length.
//
// Derivative: for the cotangent ct of the result, [Conv1D] of ct and w by y, [Conv1DWeight] of ct and y by w.
func Conv1DInput(y, w graph.Value, length, stride, padding int) graph.Value {
	return convInput(0, y, w, []int{length}, stride, padding)
}

// Conv2DWeight returns the transpose of [Conv2D] as a function of its kernels: what the convolution that makes y from
// images x passes back to kernels of the given size. x has shape (batch, channels, height, width), y (batch, out, rows,
// columns), the result (out, channels, kernel height, kernel width).
//
// Derivative: for the cotangent ct of the result, [Conv2DInput] of y and ct by x, [Conv2D] of x and ct by y.
//
// It panics with a [*graph.Error] if a convolution with kernels of that size does not have the shape of y.
func Conv2DWeight(x, y graph.Value, height, width, stride, padding int) graph.Value {
	return convWeight(1, x, y, []int{height, width}, stride, padding)
}

// Conv1DWeight is [Conv2DWeight] for sequences, with kernels of the given length.
//
// Derivative: for the cotangent ct of the result, [Conv1DInput] of y and ct by x, [Conv1D] of x and ct by y.
func Conv1DWeight(x, y graph.Value, length, stride, padding int) graph.Value {
	return convWeight(0, x, y, []int{length}, stride, padding)
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

func convolve(rank int, x, w graph.Value, stride, padding int) graph.Value {
	c := graph.Begin(convOps[rank][maps], x, w)
	a, k := c.Dims(0), c.Dims(1)
	mustConv(c, rank, "x", a, "w", k, stride, padding)
	if a[1] != k[1] {
		panic(c.Errorf(graph.ErrShape, "x has %d channels and w takes %d: shapes %s and %s: axis 1 of both must be equal", a[1], k[1], tensor.FormatShape(a), tensor.FormatShape(k)))
	}
	var buf [4]int
	shape := append(buf[:0], a[0], k[0])
	for i := 2; i < len(a); i++ {
		shape = append(shape, convLen(c, a, k, i, stride, padding))
	}
	return c.Ints(0, stride, padding).Record(shape...)
}

func convInput(rank int, y, w graph.Value, size []int, stride, padding int) graph.Value {
	c := graph.Begin(convOps[rank][images], y, w)
	m, k := c.Dims(0), c.Dims(1)
	mustConv(c, rank, "y", m, "w", k, stride, padding)
	if m[1] != k[0] {
		panic(c.Errorf(graph.ErrShape, "y has %d channels and w makes %d: shapes %s and %s: axis 1 of y and axis 0 of w must be equal", m[1], k[0], tensor.FormatShape(m), tensor.FormatShape(k)))
	}
	x := append([]int{m[0], k[1]}, size...)
	mustMake(c, x, k, m, stride, padding)
	return c.Ints(0, stride, padding).Record(x...)
}

func convWeight(rank int, x, y graph.Value, size []int, stride, padding int) graph.Value {
	c := graph.Begin(convOps[rank][kernels], x, y)
	a, m := c.Dims(0), c.Dims(1)
	mustConv(c, rank, "x", a, "y", m, stride, padding)
	if a[0] != m[0] {
		panic(c.Errorf(graph.ErrShape, "x has %d images and y %d: shapes %s and %s: axis 0 of both must be equal", a[0], m[0], tensor.FormatShape(a), tensor.FormatShape(m)))
	}
	w := append([]int{m[1], a[1]}, size...)
	mustMake(c, a, w, m, stride, padding)
	return c.Ints(0, stride, padding).Record(w...)
}

// mustConv checks ranks, stride and padding.
func mustConv(c graph.Call, rank int, nameA string, a []int, nameB string, b []int, stride, padding int) {
	if want := rank + 3; len(a) != want || len(b) != want {
		axes := [2]string{"length", "height,width"}[rank]
		panic(c.Errorf(graph.ErrShape, "%s has shape %s and %s %s: both must have %d axes, images (batch,channels,%s) and kernels (out,channels,%s)", nameA, tensor.FormatShape(a), nameB, tensor.FormatShape(b), want, axes, axes))
	}
	if stride < 1 {
		panic(c.Errorf(graph.ErrShape, "stride %d: it must be 1 or more", stride))
	}
	if padding < 0 {
		panic(c.Errorf(graph.ErrShape, "padding %d: it must be 0 or more", padding))
	}
}

// convLen returns the length of axis i of the maps that kernels of shape k make of images of shape a.
func convLen(c graph.Call, a, k []int, i, stride, padding int) int {
	if padding > (math.MaxInt-a[i])/8 {
		panic(c.Errorf(graph.ErrLimit, "padding %d is too large: images have shape %s", padding, tensor.FormatShape(a)))
	}
	room := a[i] + 2*padding - k[i]
	if k[i] < 1 || room < 0 {
		panic(c.Errorf(graph.ErrShape, "kernels of shape %s do not fit into images of shape %s with padding %d: along axis %d, %d must be from 1 to %d", tensor.FormatShape(k), tensor.FormatShape(a), padding, i, k[i], a[i]+2*padding))
	}
	return room/stride + 1
}

// mustMake checks that kernels of shape k make maps of shape m of images of shape a.
func mustMake(c graph.Call, a, k, m []int, stride, padding int) {
	if i := slices.IndexFunc(slices.Concat(a, k), func(d int) bool { return d < 0 }); i >= 0 {
		panic(c.Errorf(graph.ErrShape, "a size is negative: images %s, kernels %s", tensor.FormatShape(a), tensor.FormatShape(k)))
	}
	for i := 2; i < len(a); i++ {
		if got := convLen(c, a, k, i, stride, padding); got != m[i] {
			panic(c.Errorf(graph.ErrShape, "kernels %s make %d places along axis %d of images %s with stride %d and padding %d, the maps %s have %d", tensor.FormatShape(k), got, i, tensor.FormatShape(a), stride, padding, tensor.FormatShape(m), m[i]))
		}
	}
}

// convolveTo adds to one of the three tensors of a convolution the product of the other two. cotangents has bit i set if
// tensor i is a cotangent, whose zeros win.
func convolveTo(n graph.Node, target int, t [3]*tensor.Tensor, cotangents int) {
	if t[images].Len() == 0 || t[kernels].Len() == 0 || t[maps].Len() == 0 {
		return
	}
	s := sizesOf(t[images].Dims(), t[kernels].Dims(), t[maps].Dims(), n.Int(1), n.Int(2))
	if t[target].DType() == tensor.Float32 {
		convolveOf[float32](n.Graph(), &convJobs32, s, target, t, cotangents)
	} else {
		convolveOf[float64](n.Graph(), &convJobs64, s, target, t, cotangents)
	}
}
