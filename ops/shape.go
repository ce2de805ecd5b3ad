package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opReshape, opBroadcast, opSumTo, opTranspose, opPermute, opSlice, opPad, opGather, opScatter, opStopGradient graph.Op

func init() {
	register(&opReshape, graph.Row{
		Name: "reshape", Func: Reshape, Params: "x, dims", Doc: "the same elements in another shape; one dimension may be -1", Formula: "x", Derivative: "1",
		Class:    graph.Linear,
		Forward:  func(graph.Node) {},
		Backward: addFlat,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Reshape(ct, n.InputNode(0).Dims()...)
		},
		Try:    []string{"(2,3) 3 2", "(2,3) -1", "(2,3,4) 4 -1", "() 1 1", "(0,3) 3 0"},
		Source: "a relabelling of the elements",
	})
	register(&opBroadcast, graph.Row{
		Name: "broadcast", Func: Broadcast, Params: "x, dims", Doc: "stretched to the shape given, as NumPy broadcasts", Formula: "x", Derivative: "1",
		Class:   graph.Linear,
		Forward: func(n graph.Node) { tensor.Broadcast(n.Out(), n.In(0)) },
		Backward: func(_ graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			if fresh {
				dst.Zero()
			}
			tensor.AddReduced(dst, ct)
			return true
		},
		VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return SumTo(ct, n.InputNode(0).Dims()...) },
		Try:    []string{"() 2 3", "(3) 2 3", "(2,1) 2 3", "(1) 0", "(2,3) 2 3"},
		Source: "NumPy's broadcasting rule",
	})
	register(&opSumTo, graph.Row{
		Name: "sum_to", Func: SumTo, Params: "x, dims", Doc: "summed over the axes along which the shape given would stretch: the transpose of broadcast", Formula: "Σ x", Derivative: "1",
		Class: graph.Linear,
		Forward: func(n graph.Node) {
			n.Out().Fill(0)
			tensor.AddReduced(n.Out(), n.In(0))
		},
		VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return Broadcast(ct, n.InputNode(0).Dims()...) },
		Try:    []string{"(2,3) 3", "(2,3) 2 1", "(2,3) 1 1", "(4)", "(0,3) 3"},
		Source: "transpose of NumPy's broadcasting rule",
	})
	register(&opTranspose, graph.Row{
		Name: "transpose", Func: Transpose, Params: "x", Doc: "the last two axes swapped", Formula: "xᵀ", Derivative: "1",
		Class:   graph.Linear,
		Forward: func(n graph.Node) { tensor.Permute(n.Out(), n.In(0), swapLast(n)) },
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			return addPermuted(dst, ct, swapLast(n), fresh)
		},
		VJP:    func(_ graph.Node, _ int, ct graph.Value) graph.Value { return Transpose(ct) },
		Try:    []string{"(2,3)", "(2,3,4)", "(1,3)", "(0,2)"},
		Source: "a permutation of the elements",
	})
	register(&opPermute, graph.Row{
		Name: "permute", Func: Permute, Params: "x, axes", Doc: "axes in another order: axis i of the result is axis axes[i] of x", Formula: "x", Derivative: "1",
		Class:   graph.Linear,
		Forward: func(n graph.Node) { tensor.Permute(n.Out(), n.In(0), n.Ints()) },
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			var buf [tensor.MaxRank]int
			return addPermuted(dst, ct, tensor.InversePermutation(buf[:0], n.Ints()), fresh)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Permute(ct, tensor.InversePermutation(nil, n.Ints())...)
		},
		Try:    []string{"(2,3) 1 0", "(2,3,4) 2 0 1", "(2,3,4) 0 -1 1", "(3) 0", "(2,0,1) 2 1 0"},
		Source: "a permutation of the elements",
	})
	register(&opSlice, graph.Row{
		Name: "slice", Func: Slice, Params: "x, axis, start, stop", Doc: "elements start up to, and without, stop along an axis", Formula: "x[start:stop]", Derivative: "1 inside, 0 outside",
		Class:   graph.Linear,
		Forward: func(n graph.Node) { copyWindow(n.Out(), n.In(0), n.Int(0), n.Int(1), 0) },
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			if fresh {
				dst.Zero()
			}
			addWindow(dst, ct, n.Int(0), n.Int(1), 0)
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			axis, start := n.Int(0), n.Int(1)
			return Pad(ct, axis, start, n.InputNode(0).Dims()[axis]-start-n.Dims()[axis])
		},
		Try:    []string{"(5) 0 1 3", "(4,3) 0 1 3", "(4,3) 1 1 2", "(4,3) -1 0 3", "(2,3,4) 1 -2 3", "(3) 0 1 1"},
		Source: "a selection of the elements",
	})
	register(&opPad, graph.Row{
		Name: "pad", Func: Pad, Params: "x, axis, before, after", Doc: "zeros added before and after along an axis", Formula: "x", Derivative: "1",
		Class: graph.Linear,
		Forward: func(n graph.Node) {
			n.Out().Fill(0)
			copyWindow(n.Out(), n.In(0), n.Int(0), 0, n.Int(1))
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			if fresh {
				dst.Zero()
			}
			addWindow(dst, ct, n.Int(0), 0, n.Int(1))
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			axis, before := n.Int(0), n.Int(1)
			return Slice(ct, axis, before, before+n.InputNode(0).Dims()[axis])
		},
		Try:    []string{"(3) 0 1 2", "(2,3) 0 0 1", "(2,3) -1 2 0", "(2,3,2) 1 1 1", "(0) 0 1 1"},
		Source: "transpose of slice",
	})
	register(&opGather, graph.Row{
		Name: "gather", Func: Gather, Params: "x, axis, index", Doc: "the elements of the given indices along an axis, such as the rows of an embedding", Formula: "x[index]", Derivative: "1 for each time an element was taken",
		Class: graph.Linear,
		Forward: func(n graph.Node) {
			takeIndices(n.Out(), n.In(0), n.Int(0), n.Ints()[1:])
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			if fresh {
				dst.Zero()
			}
			addAtIndices(dst, ct, n.Int(0), n.Ints()[1:])
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			axis, index := n.Int(0), n.Ints()[1:]
			return Scatter(ct, axis, n.InputNode(0).Dims()[axis], index...)
		},
		Try:    []string{"(4) 0 2 0 2", "(4,3) 0 1 1 3", "(4,3) 1 2 0", "(4,3) -1 -1", "(2,3,2) 1 0 2"},
		Source: "a selection of the elements",
	})
	register(&opScatter, graph.Row{
		Name: "scatter", Func: Scatter, Params: "x, axis, size, index", Doc: "zeros of the given size along an axis, with the elements of x added at the given indices: the transpose of gather", Formula: "Σ x at index", Derivative: "1",
		Class: graph.Linear,
		Forward: func(n graph.Node) {
			n.Out().Fill(0)
			addAtIndices(n.Out(), n.In(0), n.Int(0), n.Ints()[2:])
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Gather(ct, n.Int(0), n.Ints()[2:]...)
		},
		Try:    []string{"(3) 0 5 2 0 2", "(2,3) 0 4 1 1", "(2,3) 1 3 2 0 1"},
		Source: "transpose of gather",
	})
	register(&opStopGradient, graph.Row{
		Name: "stop_gradient", Func: StopGradient, Params: "x", Doc: "x as a constant", Formula: "x", Derivative: "0",
		Class:   graph.NoGrad,
		Forward: func(graph.Node) {},
		Try:     []string{"()", "(2,3)"},
		Source:  "definition",
	})
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
	if !tensor.BroadcastsTo(c.Dims(0), dims) {
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
	if !tensor.BroadcastsTo(dims, c.Dims(0)) {
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

// Slice returns the elements start up to, and without, stop along an axis. A negative start or stop counts from the
// end of the axis. It panics with a [*graph.Error] if the range is not inside the axis.
//
// Derivative: 1 for the elements inside, 0 for the others.
func Slice(x graph.Value, axis, start, stop int) graph.Value {
	c := graph.Begin(opSlice, x)
	axis = c.Axis(axis, 0)
	in := c.Dims(0)
	from, to := start, stop
	if from < 0 {
		from += in[axis]
	}
	if to < 0 {
		to += in[axis]
	}
	if from < 0 || to < from || to > in[axis] {
		panic(c.Errorf(graph.ErrIndex, "range %d:%d is outside axis %d of shape %s: it must satisfy 0 ≤ start ≤ stop ≤ %d", start, stop, axis, tensor.FormatShape(in), in[axis]))
	}
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], in...)
	shape[axis] = to - from
	c.Ints(axis, from)
	before, block := 1, 1
	for i, d := range in {
		if i < axis {
			before *= d
		} else if i > axis {
			block *= d
		}
	}
	if before == 1 { // the elements lie together
		return c.RecordView(from*block, shape...)
	}
	return c.Record(shape...)
}

// Pad returns x with zeros added along an axis: before of them in front, after of them behind. The zeros are numbers
// like others: times an infinity they are NaN. No zeros at all is a copy.
//
// Derivative: 1.
func Pad(x graph.Value, axis, before, after int) graph.Value {
	c := graph.Begin(opPad, x)
	axis = c.Axis(axis, 0)
	if before < 0 || after < 0 {
		panic(c.Errorf(graph.ErrShape, "%d zeros before and %d after: both must be 0 or more; use ops.Slice to cut", before, after))
	}
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], c.Dims(0)...)
	shape[axis] = addLengths(c, shape[axis], before, after)
	return c.Ints(axis, before).Record(shape...)
}

// addLengths adds the lengths of parts of an axis, which must not overflow.
func addLengths(c graph.Call, parts ...int) int {
	n := 0
	for _, p := range parts {
		if n += p; n < 0 {
			panic(c.Errorf(graph.ErrLimit, "an axis of more than %d elements: use smaller tensors", int(^uint(0)>>1)))
		}
	}
	return n
}

// Gather returns the elements with the given indices along an axis: rows 2, 0 and 2 of a matrix for axis 0 and indices
// 2, 0, 2. Negative indices count from the end. It panics with a [*graph.Error] if an index is out of range.
//
// Derivative: 1 for each time an element was taken.
func Gather(x graph.Value, axis int, index ...int) graph.Value {
	c := graph.Begin(opGather, x)
	axis = c.Axis(axis, 0)
	in := c.Dims(0)
	c.Ints(axis)
	addIndices(c, in, axis, index)
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], in...)
	shape[axis] = len(index)
	return c.Record(shape...)
}

// addIndices adds indices into an axis to the attributes, counted from 0 up.
func addIndices(c graph.Call, shape []int, axis int, index []int) {
	for _, i := range index {
		k := i
		if k < 0 {
			k += shape[axis]
		}
		if k < 0 || k >= shape[axis] {
			panic(c.Errorf(graph.ErrIndex, "index %d is outside axis %d of shape %s: indices run from 0 to %d, or from -%d to -1", i, axis, tensor.FormatShape(shape), shape[axis]-1, shape[axis]))
		}
		c.Ints(k)
	}
}

// Scatter returns a tensor of zeros with size elements along an axis, to which the elements of x are added at the given
// indices, one index for each element of x along that axis. It is the transpose of [Gather]. Elements with one index are
// added up: with the number of the segment for index it sums segments.
//
// Derivative: 1.
func Scatter(x graph.Value, axis, size int, index ...int) graph.Value {
	c := graph.Begin(opScatter, x)
	axis = c.Axis(axis, 0)
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], c.Dims(0)...)
	if len(index) != shape[axis] {
		panic(c.Errorf(graph.ErrShape, "%d indices for axis %d of shape %s: give one for each of its %d elements", len(index), axis, tensor.FormatShape(c.Dims(0)), shape[axis]))
	}
	if size < 0 {
		panic(c.Errorf(graph.ErrShape, "size %d: an axis has 0 elements or more", size))
	}
	shape[axis] = size
	c.Ints(axis, size)
	addIndices(c, shape, axis, index)
	return c.Record(shape...)
}

// StopGradient returns x as a constant: no gradient flows through it.
//
// Derivative: 0.
func StopGradient(x graph.Value) graph.Value {
	c := graph.Begin(opStopGradient, x)
	if c.AllScalar() {
		return c.RecordConst(x.Item())
	}
	return c.RecordView(0, c.Dims(0)...)
}

// addPermuted adds src with its axes in another order to dst, or sets dst to it. It returns true.
func addPermuted(dst, src *tensor.Tensor, order []int, fresh bool) bool {
	if fresh {
		tensor.Permute(dst, src, order)
	} else {
		tensor.PermuteAdd(dst, src, order)
	}
	return true
}

// swapLast returns the order of axes that swaps the last two.
func swapLast(n graph.Node) []int {
	var order [tensor.MaxRank]int
	k := n.In(0).Rank()
	for i := range k {
		order[i] = i
	}
	order[k-1], order[k-2] = order[k-2], order[k-1]
	return order[:k]
}

// copyWindow copies src to dst along an axis, from element from of src to element to of dst on, as many as both have.
func copyWindow(dst, src *tensor.Tensor, axis, from, to int) {
	eachWindow(dst.Dims(), src.Dims(), axis, from, to, func(d, s, n int) { copyElements(dst, d, src, s, n) })
}

// addWindow adds ct to the part of dst that copyWindow(ct, dst, axis, from, to) copied.
func addWindow(dst, ct *tensor.Tensor, axis, from, to int) {
	eachWindow(ct.Dims(), dst.Dims(), axis, from, to, func(c, d, n int) { addElements(dst, d, ct, c, n) })
}

// eachWindow calls f for every stretch of elements that lies together in both windows.
func eachWindow(dst, src []int, axis, from, to int, f func(d, s, n int)) {
	outer, block := 1, 1
	for i, d := range dst {
		if i < axis {
			outer *= d
		} else if i > axis {
			block *= d
		}
	}
	n := min(dst[axis]-to, src[axis]-from) * block
	if n <= 0 {
		return
	}
	for o := range outer {
		f((o*dst[axis]+to)*block, (o*src[axis]+from)*block, n)
	}
}

// takeIndices sets part to the elements of whole at the indices along an axis.
func takeIndices(part, whole *tensor.Tensor, axis int, index []int) {
	if part.DType() == tensor.Float32 {
		takeIndicesOf(part.Float32s(), whole.Float32s(), whole.Dims(), axis, index)
	} else {
		takeIndicesOf(part.Float64s(), whole.Float64s(), whole.Dims(), axis, index)
	}
}

func takeIndicesOf[T constraints.Float](part, whole []T, dims []int, axis int, index []int) {
	if n := dims[axis]; axis == len(dims)-1 && len(whole) > 0 {
		for ; len(part) > 0; part, whole = part[len(index):], whole[n:] {
			for j, k := range index {
				part[j] = whole[k]
			}
		}
		return
	}
	eachIndex(dims, axis, index, func(w, p, block int) { copy(part[p:p+block], whole[w:]) })
}

// addAtIndices adds the elements of part to whole at the indices along an axis.
func addAtIndices(whole, part *tensor.Tensor, axis int, index []int) {
	if part.DType() == tensor.Float32 {
		addAtIndicesOf(whole.Float32s(), part.Float32s(), whole.Dims(), axis, index)
	} else {
		addAtIndicesOf(whole.Float64s(), part.Float64s(), whole.Dims(), axis, index)
	}
}

func addAtIndicesOf[T constraints.Float](whole, part []T, dims []int, axis int, index []int) {
	if n := dims[axis]; axis == len(dims)-1 && len(whole) > 0 {
		for ; len(part) > 0; part, whole = part[len(index):], whole[n:] {
			for j, k := range index {
				whole[k] += part[j]
			}
		}
		return
	}
	eachIndex(dims, axis, index, func(w, p, block int) { kernel.AddTo(whole[w:w+block], part[p:p+block]) })
}

// eachIndex calls f for every stretch of elements of a gather: whole has the shape given, part has len(index)
// elements along the axis.
func eachIndex(shape []int, axis int, index []int, f func(whole, part, block int)) {
	outer, block := 1, 1
	for i, d := range shape {
		if i < axis {
			outer *= d
		} else if i > axis {
			block *= d
		}
	}
	if block == 0 {
		return // however long the other axes are
	}
	for o := range outer {
		for j, k := range index {
			f((o*shape[axis]+k)*block, (o*len(index)+j)*block, block)
		}
	}
}

func copyElements(dst *tensor.Tensor, d int, src *tensor.Tensor, s, n int) {
	if dst.DType() == tensor.Float32 {
		copy(dst.Float32s()[d:d+n], src.Float32s()[s:])
	} else {
		copy(dst.Float64s()[d:d+n], src.Float64s()[s:])
	}
}

func addElements(dst *tensor.Tensor, d int, src *tensor.Tensor, s, n int) {
	if dst.DType() == tensor.Float32 {
		kernel.AddTo(dst.Float32s()[d:d+n], src.Float32s()[s:s+n])
	} else {
		kernel.AddTo(dst.Float64s()[d:d+n], src.Float64s()[s:s+n])
	}
}
