package ops

import (
	"slices"
	"sort"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"golang.org/x/exp/constraints"
)

var opSearchSorted graph.Op

func init() {
	register(&opSearchSorted, graph.Row{
		Name: "search_sorted", Func: SearchSorted, Params: "points, x",
		Doc:        "for each element of x the number of points that are not above it, for points in ascending order",
		Formula:    "#{k: points[k] ≤ x}",
		Derivative: "none",
		Class:      graph.NoGrad,
		Forward: func(n graph.Node) {
			array.Instance(n.DType(), searchSorted[float64], searchSorted[float32])(n)
		},
		Prepare: func(i int, x graph.Value) graph.Value {
			if i == 0 {
				return Sort(x, 0)
			}
			return x
		},
		Try:    []string{"(4) (3)", "(4) ()", "(1) (2,3)", "(0) (2)", "(3) (0)"},
		Source: "NumPy's searchsorted from the right, bisection",
	})
}

// searchSorted finds the place of every element of operand 1 among operand 0.
func searchSorted[T constraints.Float](n graph.Node) {
	points, x, out := tensor.Data[T](n.In(0)), tensor.Data[T](n.In(1)), tensor.Data[T](n.Out())
	for k := 1; k < len(points); k++ {
		if above(points[k-1], points[k]) {
			panic(n.Errorf(graph.ErrValue, "points[%d] = %v is above points[%d] = %v: points must be in ascending order, as ops.Sort puts them", k-1, points[k-1], k, points[k]))
		}
	}
	for i, v := range x {
		out[i] = T(sort.Search(len(points), func(k int) bool { return above(points[k], v) }))
	}
}

// above reports whether a > b, where NaN is larger than all other numbers.
func above[T constraints.Float](a, b T) bool { return a > b || a != a && b == b }

// SearchSorted returns, for each element of x, the number of points that are not above it: the place at which it would be
// put into the vector points, which is in ascending order, behind those that are equal to it. The result has x's shape
// and is a constant; points may repeat. It is NumPy's searchsorted with side="right", and like there NaN counts as larger
// than all other numbers: among n points without NaN the place of NaN is n.
//
// It panics with a [*graph.Error] if points is not a vector in ascending order.
func SearchSorted(points, x graph.Value) graph.Value {
	c := graph.Begin(opSearchSorted, points, x)
	dims := c.Dims(0)
	if len(dims) != 1 {
		panic(c.Errorf(graph.ErrShape, "points have shape %s: give a vector", tensor.FormatShape(dims)))
	}
	if points.Graph().DType() == tensor.Float32 && dims[0] > maxIndex32 {
		panic(c.Errorf(graph.ErrLimit, "%d points: float32 holds places up to %d; use a float64 graph", dims[0], maxIndex32))
	}
	return c.Record(c.Dims(1)...)
}

// Interp returns, for each element of x, the piecewise linear function through the points (xp[k], fp[k]). The vectors
// xp, in ascending order, and fp have one length; x has any shape. Left of the first point the result is fp[0], right
// of the last it is the last of fp, as in NumPy's interp. It panics with a [*graph.Error] if xp is not ascending.
//
// Derivative: the slope of the piece by x, that of the piece on the right at a point between two pieces, and 0 outside;
// by fp the weights, and by xp as far as it moves the line.
func Interp(x, xp, fp graph.Value) graph.Value {
	const op = "ops.Interp"
	x.Check(op)
	xp.CheckIn(op, x.Graph())
	fp.CheckIn(op, x.Graph())
	n := 0
	if xp.Rank() == 1 {
		n = xp.Dims()[0]
	}
	if n == 0 || !slices.Equal(xp.Dims(), fp.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "xp has shape %s and fp %s: both must be vectors of one length, 1 or more", tensor.FormatShape(xp.Shape()), tensor.FormatShape(fp.Shape())))
	}
	checkAscending(op, xp)
	first, last := Index(fp, 0), Index(fp, -1)
	if n == 1 {
		return Where(IsNaN(x), x, first)
	}
	// The piece from point k-1 to point k holds an element between them: the first k with x < xp[k], among the pieces there
	// are.
	right := Clamp(Reshape(SearchSorted(xp, x), x.Len()), 1, float64(n-1))
	left := AddScalar(right, -1)
	take := func(v, index graph.Value) graph.Value { return Reshape(TakeAlong(v, index, 0), x.Dims()...) }
	x0, x1 := take(xp, left), take(xp, right)
	w := Div(Sub(x, x0), Sub(x1, x0))
	y := Lerp(take(fp, left), take(fp, right), w)
	return Where(Lt(x, Index(xp, 0)), first, Where(Gt(x, Index(xp, -1)), last, y))
}

// checkAscending panics unless every element of the vector xp is above the one before it. It is all that Interp looks at
// numbers for: what is recorded does not depend on them.
func checkAscending(op string, xp graph.Value) {
	points := xp.Node().Data()
	for k := 1; k < points.Len(); k++ {
		if !(points.AtFlat(k-1) < points.AtFlat(k)) {
			panic(graph.Errorf(op, graph.ErrValue, "xp[%d] = %v is not below xp[%d] = %v: points must be in ascending order", k-1, points.AtFlat(k-1), k, points.AtFlat(k)))
		}
	}
}
