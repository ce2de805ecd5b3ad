package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opSort, opArgsort, opTopK, opArgTopK, opArgMax, opArgMin, opCumMax, opCumMin graph.Op

func init() {
	tries := []string{"(4) 0", "(2,3) 0", "(2,3) 1", "(2,3,4) -2", "(1,3) 0", "(0,3) 0", "(0,3) 1"}
	topTries := []string{"(4) 0 2", "(2,3) 1 1", "(3,2) 0 3", "(2,3,4) -1 0", "(1,3) 0 1"}
	const source = "a stable sort; the derivative of a permutation of the elements is that permutation"
	register(&opSort, graph.Row{
		Name: "sort", Func: Sort, Params: "x, axis",
		Doc:        "elements along an axis in ascending order",
		Formula:    "x₍₁₎ ≤ x₍₂₎ ≤ …",
		Derivative: "1 for the element that came here",
		Forward:    func(n graph.Node) { sortLines(n, true, false) },
		Backward:   sortBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			axis := n.Int(0)
			return PutAlong(ct, Argsort(n.Input(0), axis), axis, n.Dims()[axis])
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			return TakeAlong(t, Argsort(n.Input(0), n.Int(0)), n.Int(0))
		},
		Try: tries, Source: source,
	})
	register(&opArgsort, graph.Row{
		Name: "argsort", Func: Argsort, Params: "x, axis",
		Doc:        "indices along an axis that put its elements in ascending order",
		Formula:    "i₁, i₂, …",
		Derivative: "none",
		Class:      graph.NoGrad,
		Forward:    func(n graph.Node) { sortLines(n, false, false) },
		Try:        tries, Source: source,
	})
	register(&opTopK, graph.Row{
		Name: "topk", Func: TopK, Params: "x, axis, k",
		Doc:        "the k largest elements along an axis, the largest first",
		Formula:    "x₍ₙ₎ ≥ … ≥ x₍ₙ₋ₖ₊₁₎",
		Derivative: "1 for the element that came here",
		Forward:    func(n graph.Node) { sortLines(n, true, true) },
		Backward:   sortBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			axis := n.Int(0)
			index := ArgTopK(n.Input(0), axis, n.Dims()[axis])
			return PutAlong(ct, index, axis, n.InputNode(0).Dims()[axis])
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			axis := n.Int(0)
			return TakeAlong(t, ArgTopK(n.Input(0), axis, n.Dims()[axis]), axis)
		},
		Try: topTries, Source: source,
	})
	register(&opArgTopK, graph.Row{
		Name: "argtopk", Func: ArgTopK, Params: "x, axis, k",
		Doc:        "indices of the k largest elements along an axis, the largest first",
		Formula:    "i₁, i₂, …",
		Derivative: "none",
		Class:      graph.NoGrad,
		Forward:    func(n graph.Node) { sortLines(n, false, true) },
		Try:        topTries, Source: source,
	})
	register(&opArgMax, graph.Row{
		Name: "argmax", Func: ArgMax, Params: "x, axis",
		Doc:        "index of the largest element along an axis, the first among equal ones",
		Formula:    "arg max x",
		Derivative: "none",
		Class:      graph.NoGrad,
		Forward:    func(n graph.Node) { firstInOrder(n, order{sign: 1, nanFirst: true}) },
		Try:        []string{"(4) 0", "(2,3) 0", "(2,3) 1", "(2,3,4) -2", "(0,3) 1"}, Source: "definition",
	})
	register(&opArgMin, graph.Row{
		Name: "argmin", Func: ArgMin, Params: "x, axis",
		Doc:        "index of the smallest element along an axis, the first among equal ones",
		Formula:    "arg min x",
		Derivative: "none",
		Class:      graph.NoGrad,
		Forward:    func(n graph.Node) { firstInOrder(n, order{sign: -1}) },
		Try:        []string{"(4) 0", "(2,3) 0", "(2,3) 1", "(2,3,4) -2", "(0,3) 1"}, Source: "definition",
	})
	cumulative := func(op *graph.Op, name string, f any, doc, formula string, by order) {
		register(op, graph.Row{
			Name: name, Func: f, Params: "x, axis",
			Doc:        doc,
			Formula:    formula,
			Derivative: "1 for the element that is here, the first among equal ones",
			Forward:    func(n graph.Node) { leaders(n, by) },
			Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
				if fresh {
					dst.Zero()
				}
				addToLeaders(n, by, ct, dst)
				return true
			},
			VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
				axis := n.Int(0)
				return PutAlong(ct, leaderPlaces(n, by), axis, n.Dims()[axis])
			},
			Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
				return TakeAlong(t, leaderPlaces(n, by), n.Int(0))
			},
			Try:    tries,
			Source: "Danskin's theorem; NaN wins, as in NumPy",
		})
	}
	cumulative(&opCumMax, "cummax", CumMax, "largest of the first elements along an axis", "yₖ = max(x₁, …, xₖ)", order{sign: 1, nanFirst: true})
	cumulative(&opCumMin, "cummin", CumMin, "smallest of the first elements along an axis", "yₖ = min(x₁, …, xₖ)", order{sign: -1, nanFirst: true})
}

// An order says which of two numbers comes first: the larger one for sign 1, the smaller one for -1. NaN comes before all
// numbers or behind them. ±0 are equal.
type order struct {
	sign     float64
	nanFirst bool
}

// A lines describes the elements of a tensor along one axis: outer·inner lines of n elements that stand inner apart.
type lines struct{ outer, n, inner int }

func linesOf(dims []int, axis int) lines {
	l := lines{product(dims[:axis]), dims[axis], product(dims[axis+1:])}
	if l.outer*l.inner == 0 { // no lines, however long the axes are
		return lines{}
	}
	return l
}

// at returns the offset of element k of line (o, j).
func (l lines) at(o, k, j int) int { return (o*l.n+k)*l.inner + j }

// sortLines sets the node's result to the first elements of the sorted lines of its operand, as many as there is room for, or to
// their indices. With the elements it saves the indices, which [sortBackward] needs.
func sortLines(n graph.Node, elements, descending bool) {
	array.Instance(n.DType(), sortLinesOf[float64], sortLinesOf[float32])(n, elements, descending)
}

func sortLinesOf[T constraints.Float](n graph.Node, elements, descending bool) {
	out, dims := tensor.Data[T](n.Out()), n.In(0).Dims()
	l := linesOf(dims, n.Int(0))
	if len(out) == 0 {
		return
	}
	index := out
	var y []T
	if elements {
		y, index = out, nil
		if T(l.n) == T(l.n-1)+1 { // else not every index is a T
			index = tensor.Data[T](n.Save(0, n.Dims()...))
		}
	}
	kernel.SortLines(y, index, tensor.Data[T](n.In(0)), l.n, n.Dims()[n.Int(0)], l.inner, descending)
}

// sortBackward passes cotangents on to where the elements of a sorted line came from.
func sortBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	switch {
	case n.Out().Len() == 0:
		if fresh {
			dst.Zero()
		}
	case n.Saved(0) == nil:
		return false
	default:
		array.Instance(n.DType(), putSorted[float64], putSorted[float32])(n, ct, dst, fresh)
	}
	return true
}

func putSorted[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor, set bool) {
	l := linesOf(dst.Dims(), n.Int(0))
	kernel.PutDistinctAlong(tensor.Data[T](dst), tensor.Data[T](n.Saved(0)), tensor.Data[T](ct), l.n, n.Dims()[n.Int(0)], l.inner, set)
}

// leaderPlaces returns, as operations on the graph, for every element of a cumulative maximum or minimum the index along
// the axis of the operand's element that it is: the last one until then that comes before the result so far.
func leaderPlaces(n graph.Node, by order) graph.Value {
	x, y, axis, size := n.Input(0), n.Value(), n.Int(0), n.Dims()[n.Int(0)]
	if size < 2 {
		return Broadcast(n.Graph().Const(0), n.Dims()...)
	}
	now, best := Slice(x, axis, 1, size), Slice(y, axis, 0, size-1)
	leads := Gt(now, best)
	if by.sign < 0 {
		leads = Lt(now, best)
	}
	leads = Where(IsNaN(now), Eq(best, best), leads) // the first NaN comes before all numbers
	shape := slices.Repeat([]int{1}, len(n.Dims()))
	shape[axis] = size - 1
	place := tensor.New(n.DType(), shape...)
	for k := range place.Len() {
		place.SetFlat(float64(k+1), k)
	}
	return Pad(CumMax(Mul(leads, n.Graph().ConstTensor(place)), axis), axis, 1, 0)
}

// Sort returns x with the elements along an axis in ascending order. The sort is stable; NaN counts as larger than all
// other numbers and comes last, as in NumPy and PyTorch.
//
// Derivative: 1 for the element that came to a place, 0 for the others. Equal elements keep their order, and so each
// has the cotangent of its own place.
func Sort(x graph.Value, axis int) graph.Value {
	c, _ := indexed(opSort, x, axis)
	return c.Record(c.Dims(0)...)
}

// Argsort returns the indices along an axis that put its elements in the order of [Sort]. The result is a constant.
func Argsort(x graph.Value, axis int) graph.Value {
	c, _ := indexed(opArgsort, x, axis)
	return c.Record(c.Dims(0)...)
}

// TopK returns the k largest elements along an axis, the largest first and equal ones in the order of x. NaN counts as
// larger than all other numbers. It panics with a [*graph.Error] if the axis has fewer than k elements.
//
// Derivative: 1 for the element that came to a place, 0 for the others.
func TopK(x graph.Value, axis, k int) graph.Value { return top(opTopK, x, axis, k) }

// ArgTopK returns the indices along an axis of the elements that [TopK] returns. The result is a constant.
func ArgTopK(x graph.Value, axis, k int) graph.Value { return top(opArgTopK, x, axis, k) }

func top(op graph.Op, x graph.Value, axis, k int) graph.Value {
	c, axis := indexed(op, x, axis)
	shape := slices.Clone(c.Dims(0))
	if k < 0 || k > shape[axis] {
		panic(c.Errorf(graph.ErrIndex, "the %d largest of %d elements along axis %d of shape %s: k must be from 0 to %d", k, shape[axis], axis, tensor.FormatShape(shape), shape[axis]))
	}
	shape[axis] = k
	return c.Record(shape...)
}

// ArgMax returns the index of the largest element along an axis, which disappears: the first among equal ones, the
// first NaN if there is one. The result is a constant. It panics with a [*graph.Error] if there is no element.
func ArgMax(x graph.Value, axis int) graph.Value { return argExtreme(opArgMax, x, axis) }

// ArgMin returns the index of the smallest element along an axis, which disappears: the first among equal ones. NaN
// counts as larger than all other numbers. The result is a constant. It panics with a [*graph.Error] if there is no
// element.
func ArgMin(x graph.Value, axis int) graph.Value { return argExtreme(opArgMin, x, axis) }

func argExtreme(op graph.Op, x graph.Value, axis int) graph.Value {
	c, axis := indexed(op, x, axis)
	shape := slices.Clone(c.Dims(0))
	if shape[axis] == 0 {
		panic(c.Errorf(graph.ErrShape, "no elements along axis %d of shape %s: nothing has an index", axis, tensor.FormatShape(shape)))
	}
	return c.Record(slices.Delete(shape, axis, axis+1)...)
}

// CumMax returns the largest of the first elements along an axis: element k is the maximum of x₁ to xₖ, NaN from the
// first NaN on. The result has the shape of x.
//
// Derivative: 1 for the element that is the maximum, the first among equal ones, 0 for the others.
func CumMax(x graph.Value, axis int) graph.Value {
	c, _ := indexed(opCumMax, x, axis)
	return c.Record(c.Dims(0)...)
}

// CumMin returns the smallest of the first elements along an axis: element k is the minimum of x₁ to xₖ, NaN from the
// first NaN on. The result has the shape of x.
//
// Derivative: 1 for the element that is the minimum, the first among equal ones, 0 for the others.
func CumMin(x graph.Value, axis int) graph.Value {
	c, _ := indexed(opCumMin, x, axis)
	return c.Record(c.Dims(0)...)
}
