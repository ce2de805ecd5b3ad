package ops

import (
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"golang.org/x/exp/constraints"
)

// This file holds gather and scatter with indices that are values.

var opGatherAt, opScatterAt graph.Op

func init() {
	indices := func(i int, x graph.Value) graph.Value {
		if i == 1 {
			return Floor(x)
		}
		return x
	}
	domain := []graph.Interval{{Lo: -2, Hi: 2}, {Lo: -2, Hi: 2}}
	register(&opGatherAt, graph.Row{
		Name: "gather_at", Func: GatherAt, Params: "x, index, axis",
		Doc:        "the elements of the given indices along an axis, where the indices are values: gather for any indices of one shape",
		Formula:    "x[index]",
		Derivative: "1 for each time an element was taken; 0 by index",
		Moves:      true,
		Forward: func(n graph.Node) {
			withIndices(n, n.In(0), func(index []int) { takeIndices(n.Out(), n.In(0), n.Int(0), index) })
		},
		Backward: adding(func(n graph.Node, i int, ct, dst *tensor.Tensor) {
			if i == 0 { // indices have no derivative
				withIndices(n, n.In(0), func(index []int) { sumAtIndices(n.Graph(), dst, ct, n.Int(0), index) })
			}
		}),
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 1 {
				return zeroVJP(n, i, ct)
			}
			axis := n.Int(0)
			return ScatterAt(ct, n.Input(1), axis, n.InputNode(0).Dims()[axis])
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 1 {
				return zeroTangent(n)
			}
			return GatherAt(t, n.Input(1), n.Int(0))
		},
		Prepare: indices, Domain: domain,
		Try:    []string{"(3) (4) 0", "(3) () 0", "(2,3) (2,2) 0", "(2,3) (4) 1", "(3,2,2) (2) -2", "(2,2,2) (2,1,2) 1", "(2,0) (3) 0", "(3,2) (0) 0"},
		Source: "NumPy's take",
	})
	register(&opScatterAt, graph.Row{
		Name: "scatter_at", Func: ScatterAt, Params: "x, index, axis, size",
		Doc:        "zeros of the given size along an axis, with the elements of x added at the indices, which are values: the transpose of gather_at",
		Formula:    "Σ x at index",
		Derivative: "1; 0 by index",
		Forward: func(n graph.Node) {
			n.Out().Zero()
			withIndices(n, n.Out(), func(index []int) { sumAtIndices(n.Graph(), n.Out(), n.In(0), n.Int(0), index) })
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			if i == 1 {
				return zeroVJP(n, i, ct)
			}
			return GatherAt(ct, n.Input(1), n.Int(0))
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 1 {
				return zeroTangent(n)
			}
			return ScatterAt(t, n.Input(1), n.Int(0), n.Dims()[n.Int(0)])
		},
		Prepare: indices, Domain: domain,
		Try:    []string{"(4) (4) 0 3", "() () 0 2", "(3) () 0 2", "(2,2,3) (2,2) 0 2", "(2,4) (4) 1 3", "(3,2,2) (2) -2 4", "(0,2) (0) 0 3"},
		Source: "transpose of gather_at",
	})
}

// GatherAt returns the elements of x at the indices along an axis. The axis gives way to the axes of index, which has
// any shape: for x of shape (words,d), axis 0 and an index of shape (rows,time) the result has shape (rows,time,d), and
// for a scalar index (d). It is NumPy's take. [Gather] takes indices that are ints of Go, [TakeAlong] other indices for
// every line. Negative indices count from the end.
//
// It panics with a [*graph.Error] if an index is out of range or no whole number. What is recorded does not depend on
// the indices: in a program that is made of it and runs elsewhere, such as in XLA, nobody checks them, and an index that
// is out of range gives any numbers.
//
// Derivative: 1 for each time an element was taken, with sums as exact as those of [Gather]; 0 by index.
func GatherAt(x, index graph.Value, axis int) graph.Value {
	c := graph.Begin(opGatherAt, x, index)
	axis = c.Axis(axis, 0)
	mustHoldIndices(c, x.Graph(), c.Dims(0)[axis])
	var buf [tensor.MaxRank]int
	shape := append(append(buf[:0], c.Dims(0)[:axis]...), c.Dims(1)...)
	return c.Ints(axis).Record(append(shape, c.Dims(0)[axis+1:]...)...)
}

// ScatterAt returns a tensor of zeros with size elements along an axis, to which the elements of x are added at the
// indices. It is the transpose of [GatherAt]: x has the axes of index, which has any shape, in place of the axis, so that
// its shape is (rows,time,d) for an index of shape (rows,time), axis 0 and a result of shape (size,d). The axis counts
// among those of the result. Elements with one index are added up. [Scatter] takes indices that are ints of Go,
// [PutAlong] other indices for every line. Negative indices count from the end.
//
// It panics with a [*graph.Error] if an index is out of range or no whole number; see GatherAt for programs that run
// elsewhere.
//
// Derivative: 1; 0 by index.
func ScatterAt(x, index graph.Value, axis, size int) graph.Value {
	c := graph.Begin(opScatterAt, x, index)
	in, at := c.Dims(0), c.Dims(1)
	rank := len(in) - len(at) + 1
	k := axis
	if k < 0 {
		k += rank
	}
	if k < 0 || k >= rank || !equalFrom(in, k, at) {
		panic(c.Errorf(graph.ErrShape, "x has shape %s, index has %s: x must have the axes of index in place of axis %d of the result", tensor.FormatShape(in), tensor.FormatShape(at), axis))
	}
	if size < 0 {
		panic(c.Errorf(graph.ErrShape, "size %d: an axis has 0 elements or more", size))
	}
	mustHoldIndices(c, x.Graph(), size)
	var buf [tensor.MaxRank]int
	shape := append(append(buf[:0], in[:k]...), size)
	return c.Ints(k).Record(append(shape, in[k+len(at):]...)...)
}

// EmbeddingAt returns the rows of a table at the indices, such as the vectors of words: for a table of shape (words,d) the
// result has the shape of index, which is any, with d as a further axis. [Embedding] takes indices that are ints of Go.
// It is a case of [GatherAt], as which it treats indices that are negative, out of range or no whole numbers.
//
// Derivative: 1 for each time a row was taken; 0 by index.
//
// It panics with a [*graph.Error] if the table has not two axes, or an index is none.
func EmbeddingAt(table, index graph.Value) graph.Value {
	const op = "ops.EmbeddingAt"
	table.Check(op)
	if table.Rank() != 2 {
		panic(graph.Errorf(op, graph.ErrShape, "the table has shape %s: want (words,d), a row for each word", tensor.FormatShape(table.Dims())))
	}
	return GatherAt(table, index, 0)
}

// equalFrom reports whether shape has the given axes from axis k on.
func equalFrom(shape []int, k int, axes []int) bool {
	for i, d := range axes {
		if shape[k+i] != d {
			return false
		}
	}
	return true
}

// mustHoldIndices panics if the graph's precision does not hold all indices into an axis of size elements.
func mustHoldIndices(c graph.Call, g *graph.Graph, size int) {
	if g.DType() == tensor.Float32 && size > maxIndex32 {
		panic(c.Errorf(graph.ErrLimit, "%d elements along the axis: float32 holds indices up to %d; use a float64 graph", size, maxIndex32))
	}
}

// withIndices calls f with the numbers of operand 1 of n as indices along its axis of whole, counted from 0 up. It panics
// if one is none. The list is f's for the time of the call.
func withIndices(n graph.Node, whole *tensor.Tensor, f func(index []int)) {
	size := whole.Dims()[n.Int(0)]
	wrong := func(i int, v float64) *graph.Error {
		return n.Errorf(graph.ErrIndex, "index %v of element %d is none of the whole numbers from -%d to %d", v, i, size, size-1)
	}
	withIntegers(n.In(1), -size, size-1, wrong, func(index []int) {
		for i, k := range index {
			if k < 0 {
				index[i] = k + size
			}
		}
		f(index)
	})
}

// integerLists holds lists of integers for a moment.
var integerLists = sync.Pool{New: func() any { return new([]int) }}

// withIntegers calls f with the numbers of x, which must be whole ones from low to high: it panics with what wrong returns
// for the first element that is not. The list is f's for the time of the call.
func withIntegers(x *tensor.Tensor, low, high int, wrong func(i int, v float64) *graph.Error, f func(list []int)) {
	list := integerLists.Get().(*[]int)
	defer integerLists.Put(list)
	*list = slices.Grow((*list)[:0], x.Len())[:x.Len()]
	if i := array.Instance(x.DType(), setIntegers[float64], setIntegers[float32])(*list, x, low, high); i >= 0 {
		panic(wrong(i, x.AtFlat(i)))
	}
	f(*list)
}

// setIntegers sets the list to the numbers of x. It returns the place of one that is no whole number from low to high,
// or -1.
func setIntegers[T constraints.Float](list []int, x *tensor.Tensor, low, high int) int {
	data := tensor.Data[T](x)
	for i := range list {
		v := data[i]
		k := int(v)
		if T(k) != v || k < low || k > high {
			return i
		}
		list[i] = k
	}
	return -1
}
