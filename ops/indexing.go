package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opIndex, opGather, opScatter, opTakeAlong, opPutAlong, opOneHot graph.Op

func init() {
	register(&opIndex, graph.Row{
		Name: "index", Func: Index, Params: "x, i",
		Doc:        "the element, or the part, at the given place of the leading axes",
		Formula:    "x[i, j, …]",
		Derivative: "1 there, 0 elsewhere",
		Class:      graph.Linear,
		Moves:      true,
		Forward:    func(graph.Node) {},
		Backward: adding(func(n graph.Node, _ int, ct, dst *tensor.Tensor) {
			addElements(dst, n.Int(0)*ct.Len(), ct, 0, ct.Len()) // touches no other element
		}),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			if product(n.Dims()) == 0 {
				return zeroVJP(n, 0, ct) // however many parts there are
			}
			dims := n.InputNode(0).Dims()
			parts, k := product(dims[:len(dims)-len(n.Dims())]), n.Int(0)
			row := Reshape(ct, append([]int{1}, n.Dims()...)...)
			return Reshape(Pad(row, 0, k, parts-k-1), dims...)
		},
		Try:    []string{"(4) 2", "(4) -1", "(3,2) 1", "(3,2) 1 0", "(2,3,2) 1", "(2,3,2) -1 2", "(2,3,2) 0 1 1", "(2,3)", "()", "(2,0) 1"},
		Source: "a selection of the elements",
	})
	register(&opGather, graph.Row{
		Name: "gather", Func: Gather, Params: "x, axis, index",
		Doc:        "the elements of the given indices along an axis, such as the rows of an embedding",
		Formula:    "x[index]",
		Derivative: "1 for each time an element was taken",
		Class:      graph.Linear,
		Moves:      true,
		Forward: func(n graph.Node) {
			takeIndices(n.Out(), n.In(0), n.Int(0), n.Ints()[1:])
		},
		Backward: adding(func(n graph.Node, _ int, ct, dst *tensor.Tensor) {
			sumAtIndices(n.Graph(), dst, ct, n.Int(0), n.Ints()[1:])
		}),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			axis, index := n.Int(0), n.Ints()[1:]
			return Scatter(ct, axis, n.InputNode(0).Dims()[axis], index...)
		},
		Try:    []string{"(4) 0 2 0 2", "(4,3) 0 1 1 3", "(4,3) 1 2 0", "(4,3) -1 -1", "(2,3,2) 1 0 2"},
		Source: "a selection of the elements",
	})
	register(&opScatter, graph.Row{
		Name: "scatter", Func: Scatter, Params: "x, axis, size, index",
		Doc:        "zeros of the given size along an axis, with the elements of x added at the given indices: the transpose of gather",
		Formula:    "Σ x at index",
		Derivative: "1",
		Class:      graph.Linear,
		Forward: func(n graph.Node) {
			n.Out().Zero()
			sumAtIndices(n.Graph(), n.Out(), n.In(0), n.Int(0), n.Ints()[2:])
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Gather(ct, n.Int(0), n.Ints()[2:]...)
		},
		Try:    []string{"(3) 0 5 2 0 2", "(2,3) 0 4 1 1", "(2,3) 1 3 2 0 1"},
		Source: "transpose of gather",
	})
	indices := func(i int, x graph.Value) graph.Value {
		if i == 1 {
			return Floor(x)
		}
		return x
	}
	domain := []graph.Interval{{Lo: -2, Hi: 2}, {Lo: -2, Hi: 2}}
	register(&opTakeAlong, graph.Row{
		Name: "take_along", Func: TakeAlong, Params: "x, index, axis",
		Doc:        "elements at the indices along an axis, other indices for every line",
		Formula:    "x[index]",
		Derivative: "1 for each time an element was taken",
		Moves:      true,
		Forward:    func(n graph.Node) { takeAlong(n, n.Out(), n.In(0), false) },
		Backward:   takeAlongBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 1 {
				return zeroVJP(n, i, ct)
			}
			axis := n.Int(0)
			return PutAlong(ct, n.Input(1), axis, n.InputNode(0).Dims()[axis])
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 1 {
				return zeroTangent(n)
			}
			return TakeAlong(t, n.Input(1), n.Int(0))
		},
		Prepare: indices, Domain: domain,
		Try:    []string{"(3) (5) 0", "(3,2) (4,2) 0", "(2,3) (2,2) 1", "(2,3,2) (2,1,2) -2", "(2,0) (3,0) 0"},
		Source: "NumPy's take_along_axis, PyTorch's gather",
	})
	register(&opPutAlong, graph.Row{
		Name: "put_along", Func: PutAlong, Params: "x, index, axis, size",
		Doc:        "zeros of the given size along an axis, with the elements of x added at the indices: the transpose of take_along",
		Formula:    "Σ x at index",
		Derivative: "1",
		Forward:    func(n graph.Node) { putAlong(n, n.Out(), n.In(0), true) },
		Backward:   putAlongBackward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 1 {
				return zeroVJP(n, i, ct)
			}
			return TakeAlong(ct, n.Input(1), n.Int(0))
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 1 {
				return zeroTangent(n)
			}
			return PutAlong(t, n.Input(1), n.Int(0), n.Dims()[n.Int(0)])
		},
		Prepare: indices, Domain: domain,
		Try:    []string{"(5) (5) 0 3", "(4,2) (4,2) 0 2", "(2,2) (2,2) 1 3", "(2,1,2) (2,1,2) -2 4"},
		Source: "transpose of take_along, PyTorch's scatter_add",
	})
	register(&opOneHot, graph.Row{
		Name: "one_hot", Func: OneHot, Params: "x, classes",
		Doc:        "for each label a row of zeros with a 1 at the label",
		Formula:    "δ(x, k)",
		Derivative: "none",
		Class:      graph.NoGrad,
		Forward: func(n graph.Node) {
			n.Out().Zero()
			array.Instance(n.DType(), setLabels[float64], setLabels[float32])(n)
		},
		Prepare: func(_ int, x graph.Value) graph.Value { return Floor(x) },
		Domain:  []graph.Interval{{Lo: 0, Hi: 3}},
		Try:     []string{"(4) 3", "(2,2) 4", "() 3", "(0) 3"},
		Source:  "definition",
	})
}

// setLabels sets the element of each row of the result that its label says to 1.
func setLabels[T constraints.Float](n graph.Node) {
	out, classes := tensor.Data[T](n.Out()), n.Int(0)
	for i, v := range tensor.Data[T](n.In(0)) {
		label := int(v)
		if uint(label) >= uint(classes) || T(label) != v {
			panic(n.Errorf(graph.ErrIndex, "label %v of element %d is none of the whole numbers from 0 to %d", v, i, classes-1))
		}
		out[i*classes+label] = 1
	}
}

// Index returns the part of x at the given place of its leading axes: for a matrix Index(x, 1) is the second row and
// Index(x, 1, 0) the first number in it, a scalar. Negative indices count from the end. No elements are copied, and the
// backward sweep adds to the elements that were read and to no others. It panics with a [*graph.Error] if an index is
// out of range, or there are more of them than axes. For elements of a further axis see [Slice].
//
// Derivative: 1 for the elements read, 0 for the others.
func Index(x graph.Value, i ...int) graph.Value {
	c := graph.Begin(opIndex, x)
	in := c.Dims(0)
	if len(i) > len(in) {
		panic(c.Errorf(graph.ErrAxis, "%d indices for shape %s: give at most one for each of its %d axes", len(i), tensor.FormatShape(in), len(in)))
	}
	k := 0
	for axis, j := range i {
		k = k*in[axis] + indexFrom0(c, in, axis, j)
	}
	part := in[len(i):]
	return c.Ints(k).RecordView(k*product(part), part...)
}

// Gather returns the elements with the given indices along an axis: rows 2, 0 and 2 of a matrix for axis 0 and indices
// 2, 0, 2. Negative indices count from the end. It panics with a [*graph.Error] if an index is out of range.
//
// Derivative: 1 for each time an element was taken. In single precision the sum of cotangents is good to 1e-6 of their
// sizes however often that was.
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
	plain := 0 // so many indices count from 0 already
	for plain < len(index) && uint(index[plain]) < uint(shape[axis]) {
		plain++
	}
	c.Ints(index[:plain]...)
	for _, i := range index[plain:] {
		c.Ints(indexFrom0(c, shape, axis, i))
	}
}

// indexFrom0 returns an index into an axis counted from 0 up. It panics if the index is out of range.
func indexFrom0(c graph.Call, shape []int, axis, i int) int {
	k := i
	if k < 0 {
		k += shape[axis]
	}
	if k < 0 || k >= shape[axis] {
		if shape[axis] == 0 {
			panic(c.Errorf(graph.ErrIndex, "index %d is outside axis %d of shape %s: it has no elements", i, axis, tensor.FormatShape(shape)))
		}
		panic(c.Errorf(graph.ErrIndex, "index %d is outside axis %d of shape %s: indices run from 0 to %d, or from -%d to -1", i, axis, tensor.FormatShape(shape), shape[axis]-1, shape[axis]))
	}
	return k
}

// Scatter returns a tensor of zeros with size elements along an axis, to which the elements of x are added at the given
// indices, one index for each element of x along that axis. It is the transpose of [Gather]. Elements with one index are
// added up: with the number of the segment for index it sums segments, in single precision to 1e-6 of the sizes of the
// elements however long a segment is.
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

// takeIndices sets part to the elements of whole at the indices along an axis.
func takeIndices(part, whole *tensor.Tensor, axis int, index []int) {
	dims := whole.Dims()
	if part.Len() == 0 {
		return // however long the axes are
	}
	rows, block := dims[axis], product(dims[axis+1:])
	if part.DType() == tensor.Float32 {
		kernel.GatherRows(part.Float32s(), whole.Float32s(), index, block, rows)
	} else {
		kernel.GatherRows(part.Float64s(), whole.Float64s(), index, block, rows)
	}
}

// addAtIndices adds the elements of part to whole at the indices along an axis, one after the other. Where indices repeat
// [sumAtIndices] is more exact.
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
	outer, block := product(shape[:axis]), product(shape[axis+1:])
	if block == 0 {
		return // however long the other axes are
	}
	for o := range outer {
		for j, k := range index {
			f((o*shape[axis]+k)*block, (o*len(index)+j)*block, block)
		}
	}
}

// takeAlongBackward adds the cotangents to the elements that were taken, and touches no others.
func takeAlongBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	switch {
	case i == 0:
		putAlong(n, dst, ct, fresh)
	case fresh: // indices have no derivative
		dst.Zero()
	}
	return true
}

func putAlongBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	switch {
	case i == 0:
		takeAlong(n, dst, ct, !fresh)
	case fresh: // indices have no derivative
		dst.Zero()
	}
	return true
}

// takeAlong sets part to the elements of whole at the indices of operand 1 of n along its axis, or adds them.
func takeAlong(n graph.Node, part, whole *tensor.Tensor, add bool) {
	wrong := -1
	all, l := linesOf(whole.Dims(), n.Int(0)), linesOf(part.Dims(), n.Int(0))
	if n.DType() == tensor.Float32 {
		wrong = kernel.TakeAlong(part.Float32s(), n.In(1).Float32s(), whole.Float32s(), all.n, l.n, l.inner, add)
	} else {
		wrong = kernel.TakeAlong(part.Float64s(), n.In(1).Float64s(), whole.Float64s(), all.n, l.n, l.inner, add)
	}
	mustBeIndex(n, wrong, all.n)
}

// putAlong adds the elements of part to those of whole, or to zeros there, at the indices of operand 1 of n along its axis.
func putAlong(n graph.Node, whole, part *tensor.Tensor, set bool) {
	wrong := -1
	all, l := linesOf(whole.Dims(), n.Int(0)), linesOf(part.Dims(), n.Int(0))
	if n.DType() == tensor.Float32 {
		wrong = kernel.PutAlong(whole.Float32s(), n.In(1).Float32s(), part.Float32s(), all.n, l.n, l.inner, set)
	} else {
		wrong = kernel.PutAlong(whole.Float64s(), n.In(1).Float64s(), part.Float64s(), all.n, l.n, l.inner, set)
	}
	mustBeIndex(n, wrong, all.n)
}

// mustBeIndex panics if an element of operand 1 of n, unless its number is negative, is no index into an axis of some
// elements.
func mustBeIndex(n graph.Node, wrong, size int) {
	if wrong >= 0 {
		panic(n.Errorf(graph.ErrIndex, "index %v of element %d is none of the whole numbers from -%d to %d", n.In(1).AtFlat(wrong), wrong, size, size-1))
	}
}

// maxIndex32 is the number of integers from 0 up that float32 holds without a gap.
const maxIndex32 = 1 << 24

// indexed begins an operation whose result holds indices along an axis, or needs them for its derivative.
func indexed(op graph.Op, x graph.Value, axis int) (c graph.Call, k int) {
	c = graph.Begin(op, x)
	axis = c.Axis(axis, 0)
	if d := c.Dims(0)[axis]; x.Graph().DType() == tensor.Float32 && d > maxIndex32 {
		panic(c.Errorf(graph.ErrLimit, "axis %d has %d elements: float32 holds indices up to %d; use a float64 graph", axis, d, maxIndex32))
	}
	return c.Ints(axis), axis
}

// TakeAlong returns the elements of x at the indices along an axis. Index has the shape of x but for that axis, along
// which it says, for every line of x, which elements to take; [Gather] takes the same ones of every line. Negative
// indices count from the end. It panics with a [*graph.Error] if an index is out of range or no whole number.
//
// Derivative: 1 for each time an element was taken; 0 by index.
func TakeAlong(x, index graph.Value, axis int) graph.Value {
	c := graph.Begin(opTakeAlong, x, index)
	axis = c.Axis(axis, 0)
	in, shape := c.Dims(0), c.Dims(1)
	if len(shape) != len(in) || !equalBut(shape, in, axis) {
		panic(c.Errorf(graph.ErrShape, "x has shape %s, index has %s: they may differ only along axis %d", tensor.FormatShape(in), tensor.FormatShape(shape), axis))
	}
	return c.Ints(axis).Record(shape...)
}

// PutAlong returns a tensor of zeros with size elements along an axis, to which the elements of x are added at the
// indices; index has the shape of x. It is the transpose of [TakeAlong]. Sums are as exact as those of [Scatter].
//
// Derivative: 1; 0 by index.
func PutAlong(x, index graph.Value, axis, size int) graph.Value {
	c := graph.Begin(opPutAlong, x, index)
	axis = c.Axis(axis, 0)
	in := c.Dims(0)
	if !slices.Equal(in, c.Dims(1)) {
		panic(c.Errorf(graph.ErrShape, "x has shape %s, index has %s: give one index for each element", tensor.FormatShape(in), tensor.FormatShape(c.Dims(1))))
	}
	if size < 0 {
		panic(c.Errorf(graph.ErrShape, "size %d: an axis has 0 elements or more", size))
	}
	var buf [tensor.MaxRank]int
	shape := append(buf[:0], in...)
	shape[axis] = size
	return c.Ints(axis).Record(shape...)
}

// equalBut reports whether two shapes of one rank are equal but for one axis.
func equalBut(a, b []int, axis int) bool {
	for i := range a {
		if i != axis && a[i] != b[i] {
			return false
		}
	}
	return true
}

// OneHot returns, for each label in x, a row of the given number of zeros with a 1 at the label: the shape of x with a
// new last axis. The result is a constant. It panics with a [*graph.Error] if a label is not one of the whole numbers
// from 0 to classes-1.
func OneHot(x graph.Value, classes int) graph.Value {
	c := graph.Begin(opOneHot, x)
	if classes < 0 {
		panic(c.Errorf(graph.ErrShape, "%d classes: there must be 0 or more", classes))
	}
	return c.Ints(classes).Record(append(slices.Clone(c.Dims(0)), classes)...)
}
