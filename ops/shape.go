package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

var opReshape, opBroadcast, opSumTo, opTranspose, opPermute, opSqueeze, opUnsqueeze, opStopGradient graph.Op

func init() {
	register(&opReshape, graph.Row{
		Name: "reshape", Func: Reshape, Params: "x, dims",
		Doc:        "the same elements in another shape; one dimension may be -1",
		Formula:    "x",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward:    func(graph.Node) {},
		Passes:     sameElements,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Reshape(ct, n.InputNode(0).Dims()...)
		},
		Try:    []string{"(2,3) 3 2", "(2,3) -1", "(2,3,4) 4 -1", "() 1 1", "(0,3) 3 0"},
		Source: "a relabelling of the elements",
	})
	register(&opBroadcast, graph.Row{
		Name: "broadcast", Func: Broadcast, Params: "x, dims",
		Doc:        "stretched to the shape given, as NumPy broadcasts",
		Formula:    "x",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward:    func(n graph.Node) { array.Broadcast(n.Out(), n.In(0)) },
		Backward: adding(func(_ graph.Node, _ int, ct, dst *tensor.Tensor) {
			array.AddReduced(dst, ct)
		}),
		Passes: sameElements,
		VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return SumTo(ct, n.InputNode(0).Dims()...) },
		Try:    []string{"() 2 3", "(3) 2 3", "(2,1) 2 3", "(1) 0", "(2,3) 2 3"},
		Source: "NumPy's broadcasting rule",
	})
	register(&opSumTo, graph.Row{
		Name: "sum_to", Func: SumTo, Params: "x, dims",
		Doc:        "summed over the axes along which the shape given would stretch: the transpose of broadcast",
		Formula:    "Σ x",
		Derivative: "1",
		Class:      graph.Linear,
		Forward: func(n graph.Node) {
			n.Out().Zero()
			array.AddReduced(n.Out(), n.In(0))
		},
		Backward: func(_ graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			switch {
			case fresh:
				array.Broadcast(dst, ct)
			case dst.DType() == tensor.Float32:
				addSpreadOf(dst.Float32s(), dst.Dims(), ct.Float32s(), ct.Dims(), 1)
			default:
				addSpreadOf(dst.Float64s(), dst.Dims(), ct.Float64s(), ct.Dims(), 1)
			}
			return true
		},
		Passes: sameElements,
		VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return Broadcast(ct, n.InputNode(0).Dims()...) },
		Try:    []string{"(2,3) 3", "(2,3) 2 1", "(2,3) 1 1", "(4)", "(0,3) 3"},
		Source: "transpose of NumPy's broadcasting rule",
	})
	register(&opTranspose, graph.Row{
		Name: "transpose", Func: Transpose, Params: "x",
		Doc:        "the last two axes swapped",
		Formula:    "xᵀ",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			var buf [tensor.MaxRank]int
			array.Permute(n.Out(), n.In(0), swapLast(buf[:0], n))
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			var buf [tensor.MaxRank]int
			return addPermuted(dst, ct, swapLast(buf[:0], n), fresh)
		},
		VJP:    func(_ graph.Node, _ int, ct graph.Value) graph.Value { return Transpose(ct) },
		Try:    []string{"(2,3)", "(2,3,4)", "(1,3)", "(0,2)"},
		Source: "a permutation of the elements",
	})
	register(&opPermute, graph.Row{
		Name: "permute", Func: Permute, Params: "x, axes",
		Doc:        "axes in another order: axis i of the result is axis axes[i] of x",
		Formula:    "x",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward:    func(n graph.Node) { array.Permute(n.Out(), n.In(0), n.Ints()) },
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			var buf [tensor.MaxRank]int
			return addPermuted(dst, ct, array.InversePermutation(buf[:0], n.Ints()), fresh)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Permute(ct, array.InversePermutation(nil, n.Ints())...)
		},
		Try:    []string{"(2,3) 1 0", "(2,3,4) 2 0 1", "(2,3,4) 0 -1 1", "(3) 0", "(2,0,1) 2 1 0"},
		Source: "a permutation of the elements",
	})
	register(&opSqueeze, graph.Row{
		Name: "squeeze", Func: Squeeze, Params: "x, axis",
		Doc:        "x without an axis of length 1",
		Formula:    "x",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward:    func(graph.Node) {},
		Passes:     sameElements,
		VJP:        reshapeBack,
		Try:        []string{"(1) 0", "(1,3) 0", "(2,1,3) 1", "(2,1) -1", "(2,3) 0", "(0,1) 1"},
		Source:     "a relabelling of the elements",
	})
	register(&opUnsqueeze, graph.Row{
		Name: "unsqueeze", Func: Unsqueeze, Params: "x, axis",
		Doc:        "x with a new axis of length 1",
		Formula:    "x",
		Derivative: "1",
		Class:      graph.Linear,
		Moves:      true,
		Forward:    func(graph.Node) {},
		Passes:     sameElements,
		VJP:        reshapeBack,
		Try:        []string{"() 0", "(3) 0", "(3) 1", "(2,3) -1", "(2,3) -3", "(0) 0"},
		Source:     "a relabelling of the elements",
	})
	register(&opStopGradient, graph.Row{
		Name: "stop_gradient", Func: StopGradient, Params: "x",
		Doc:        "x as a constant",
		Formula:    "x",
		Derivative: "0",
		Class:      graph.NoGrad,
		Moves:      true,
		Forward:    func(graph.Node) {},
		Try:        []string{"()", "(2,3)"},
		Source:     "definition",
	})
}

// reshapeBack is the rule of operations that only change the shape.
func reshapeBack(n graph.Node, _ int, ct graph.Value) graph.Value {
	return Reshape(ct, n.InputNode(0).Dims()...)
}

// unsqueezed appends to dst the shape with a new axis of the given length.
func unsqueezed(dst, shape []int, axis, length int) []int {
	return append(append(append(dst, shape[:axis]...), length), shape[axis:]...)
}

// newAxis returns the place of a new axis, counted from 0 up, in a shape of the given rank.
func newAxis(c graph.Call, axis, rank int) int {
	k, ok := array.Axis(axis, rank+1)
	if !ok {
		panic(c.Errorf(graph.ErrAxis, "new axis %d for shape %s: it can stand at 0 to %d, or -%d to -1", axis, tensor.FormatShape(slices.Clone(c.Dims(0))), rank, rank+1))
	}
	return k
}

// Squeeze returns x without the given axis if its length is 1, and x as it is if not, as in PyTorch. No elements are
// copied.
//
// Derivative: 1.
func Squeeze(x graph.Value, axis int) graph.Value {
	c := graph.Begin(opSqueeze, x)
	axis = c.Axis(axis, 0)
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], c.Dims(0)...)
	if shape[axis] == 1 {
		shape = append(shape[:axis], shape[axis+1:]...)
	}
	return c.RecordView(0, shape...)
}

// Unsqueeze returns x with a new axis of length 1 at the given place of the result. No elements are copied.
//
// Derivative: 1.
func Unsqueeze(x graph.Value, axis int) graph.Value {
	c := graph.Begin(opUnsqueeze, x)
	rank := len(c.Dims(0))
	axis = newAxis(c, axis, rank)
	if rank == tensor.MaxRank {
		panic(c.Errorf(graph.ErrLimit, "shape %s has %d axes already: no more are possible", tensor.FormatShape(slices.Clone(c.Dims(0))), rank))
	}
	var buf [tensor.MaxRank]int
	return c.RecordView(0, unsqueezed(buf[:0], c.Dims(0), axis, 1)...)
}

// Reshape returns the elements of x, in row-major order, in another shape. One dimension may be -1 and is computed.
// No elements are copied. Without dimensions the result is a scalar, for an x of one element.
//
// Derivative: 1.
func Reshape(x graph.Value, dims ...int) graph.Value {
	c := graph.Begin(opReshape, x)
	var buf [tensor.MaxRank]int
	shape, err := tensor.ResolveShape(buf[:0], dims, c.Dims(0))
	if err != nil {
		e := err.(*graph.Error)
		panic(c.Errorf(e.Kind, "%s", e.Msg))
	}
	return c.RecordView(0, shape...)
}

// Broadcast returns x stretched to the given shape by NumPy's rule: aligned at the last axis, axes of length 1 and
// missing ones in front are repeated.
//
// Derivative: 1; the cotangent is summed over the stretched axes.
func Broadcast(x graph.Value, dims ...int) graph.Value {
	c := graph.Begin(opBroadcast, x)
	if !array.BroadcastsTo(c.Dims(0), dims) {
		panic(c.Errorf(graph.ErrShape, "shape %s does not stretch to %s: aligned at the last axis, every length must be equal or 1", tensor.FormatShape(c.Dims(0)), tensor.FormatShape(slices.Clone(dims))))
	}
	return c.Record(dims...)
}

// SumTo returns x summed over the axes along which a tensor of the given shape would stretch to x's shape. It is the
// transpose of [Broadcast], and how gradients of broadcast operands are summed.
//
// Derivative: 1.
func SumTo(x graph.Value, dims ...int) graph.Value {
	c := graph.Begin(opSumTo, x)
	if !array.BroadcastsTo(dims, c.Dims(0)) {
		panic(c.Errorf(graph.ErrShape, "shape %s cannot be summed to %s, which does not stretch to it", tensor.FormatShape(c.Dims(0)), tensor.FormatShape(slices.Clone(dims))))
	}
	return c.Record(dims...)
}

// Transpose returns x with its last two axes swapped: the transpose of a matrix, or of every matrix in a batch. It
// panics with a [*graph.Error] if x has fewer than two axes.
//
// Derivative: 1.
func Transpose(x graph.Value) graph.Value {
	c := graph.Begin(opTranspose, x)
	in := c.Dims(0)
	if len(in) < 2 {
		panic(c.Errorf(graph.ErrShape, "shape %s has no two axes to swap: reshape a vector to a row or a column first", tensor.FormatShape(in)))
	}
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], in...)
	k := len(shape)
	shape[k-1], shape[k-2] = shape[k-2], shape[k-1]
	return c.Record(shape...)
}

// Permute returns x with its axes in another order: axis i of the result is axis axes[i] of x. Every axis must be
// given once.
//
// Derivative: 1.
func Permute(x graph.Value, axes ...int) graph.Value {
	c := graph.Begin(opPermute, x)
	in := c.Dims(0)
	if len(axes) != len(in) {
		panic(c.Errorf(graph.ErrAxis, "%d axes for shape %s: give each of its %d axes once", len(axes), tensor.FormatShape(in), len(in)))
	}
	var order, shape [tensor.MaxRank]int
	for i, a := range axes {
		k := c.Axis(a, 0)
		if slices.Contains(order[:i], k) {
			panic(c.Errorf(graph.ErrAxis, "axis %d of shape %s is given twice: give each axis once", a, tensor.FormatShape(in)))
		}
		order[i], shape[i] = k, in[k]
	}
	return c.Ints(order[:len(axes)]...).Record(shape[:len(axes)]...)
}

// StopGradient returns x as a constant: no gradient flows through it.
//
// Derivative: 0.
func StopGradient(x graph.Value) graph.Value {
	c := graph.Begin(opStopGradient, x)
	if c.AllScalar() {
		v, _ := x.Node().Scalar()
		return c.RecordConst(v)
	}
	return c.RecordView(0, c.Dims(0)...)
}

// addPermuted adds src with its axes in another order to dst, or sets dst to it. It returns true.
func addPermuted(dst, src *tensor.Tensor, order []int, fresh bool) bool {
	if fresh {
		array.Permute(dst, src, order)
	} else {
		array.PermuteAdd(dst, src, order)
	}
	return true
}

// swapLast appends to dst the order of axes that swaps the last two.
func swapLast(dst []int, n graph.Node) []int {
	k := n.In(0).Rank()
	for i := range k - 2 {
		dst = append(dst, i)
	}
	return append(dst, k-1, k-2)
}

func copyElements(dst *tensor.Tensor, d int, src *tensor.Tensor, s, n int) {
	if dst.DType() == tensor.Float32 {
		kernel.Copy(dst.Float32s()[d:d+n], src.Float32s()[s:s+n])
	} else {
		kernel.Copy(dst.Float64s()[d:d+n], src.Float64s()[s:s+n])
	}
}

func addElements(dst *tensor.Tensor, d int, src *tensor.Tensor, s, n int) {
	if dst.DType() == tensor.Float32 {
		kernel.AddTo(dst.Float32s()[d:d+n], src.Float32s()[s:s+n])
	} else {
		kernel.AddTo(dst.Float64s()[d:d+n], src.Float64s()[s:s+n])
	}
}
