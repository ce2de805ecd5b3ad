package ops

import (
	"slices"
	"sort"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"golang.org/x/exp/constraints"
)

var opTril, opTriu, opOneHot, opIsNaN, opIsFinite graph.Op

func init() {
	triangle := func(op *graph.Op, name string, f func(graph.Value, int) graph.Value, doc string, inside func(i, columns, k int) (lo, hi int)) {
		register(op, graph.Row{
			Name: name, Func: f, Params: "x, k", Doc: doc, Formula: "x", Derivative: "1 inside, 0 outside",
			Class: graph.Linear,
			Forward: func(n graph.Node) {
				dims := n.Dims()
				rows, columns, k := dims[len(dims)-2], dims[len(dims)-1], n.Int(0)
				n.Out().Fill(0)
				for at := 0; at < n.Out().Len(); at += columns {
					if lo, hi := inside(at/columns%rows, columns, k); lo < hi {
						copyElements(n.Out(), at+lo, n.In(0), at+lo, hi-lo)
					}
				}
			},
			VJP:    func(n graph.Node, _ int, ct graph.Value) graph.Value { return f(ct, n.Int(0)) },
			Try:    []string{"(3,3) 0", "(2,3) 1", "(3,2) -1", "(2,3,3) 0", "(1,1) 0", "(0,2) 0", "(2,2) 5"},
			Source: "a selection of the elements",
		})
	}
	triangle(&opTril, "tril", Tril, "lower triangle: elements on diagonal k and below it, zeros above", func(i, columns, k int) (lo, hi int) { return 0, min(max(i+min(k, columns)+1, 0), columns) })
	triangle(&opTriu, "triu", Triu, "upper triangle: elements on diagonal k and above it, zeros below", func(i, columns, k int) (lo, hi int) { return min(max(i+min(k, columns), 0), columns), columns })
	register(&opOneHot, graph.Row{
		Name: "one_hot", Func: OneHot, Params: "x, classes", Doc: "for each label a row of zeros with a 1 at the label", Formula: "δ(x, k)", Derivative: "none",
		Class: graph.NoGrad,
		Forward: func(n graph.Node) {
			x, out, classes := n.In(0), n.Out(), n.Int(0)
			out.Fill(0)
			for i := range x.Len() {
				if v := x.AtFlat(i); !(v >= 0 && v < float64(classes)) || v != float64(int(v)) {
					panic(n.Errorf(graph.ErrIndex, "label %v of element %d is none of the whole numbers from 0 to %d", v, i, classes-1))
				}
				out.SetFlat(1, i*classes+int(x.AtFlat(i)))
			}
		},
		Prepare: func(_ int, x graph.Value) graph.Value { return Floor(x) },
		Domain:  []graph.Interval{{Lo: 0, Hi: 3}},
		Try:     []string{"(4) 3", "(2,2) 4", "() 3", "(0) 3"},
		Source:  "definition",
	})
	predicate := func(op *graph.Op, name string, f any, doc, formula string, edges graph.Edges, holds func(float64) bool, f64 blockFunc[float64], f32 blockFunc[float32]) {
		register(op, graph.Row{
			Name: name, Func: f, Params: "x", Doc: doc, Formula: formula, Derivative: "none",
			Class: graph.NoGrad,
			Unary: func(x float64) (float64, float64) {
				if holds(x) {
					return 1, 0
				}
				return 0, 0
			},
			Forward: forwardBlocks(f64, f32),
			At:      edges,
			Source:  "IEEE 754 classification",
		})
	}
	predicate(&opIsNaN, "isnan", IsNaN, "1 where x is not a number, else 0", "x ≠ x",
		graph.Edges{NaN: at(1, 0), Inf: at(0, 0), NegInf: at(0, 0), Zero: at(0, 0), NegZero: at(0, 0)}, func(x float64) bool { return x != x }, isNaNValue[float64], isNaNValue[float32])
	predicate(&opIsFinite, "isfinite", IsFinite, "1 where x is neither infinite nor NaN, else 0", "|x| < ∞",
		graph.Edges{NaN: at(0, 0), Inf: at(0, 0), NegInf: at(0, 0), Zero: at(1, 0), NegZero: at(1, 0)}, finite, isFiniteValue[float64], isFiniteValue[float32])
}

func isNaNValue[T constraints.Float](b block[T]) {
	for i, v := range b.x {
		b.y[i] = oneIf[T](v != v)
	}
}

func isFiniteValue[T constraints.Float](b block[T]) {
	for i, v := range b.x {
		b.y[i] = oneIf[T](v-v == 0)
	}
}

// Tril returns x with zeros above diagonal k of the last two axes: 0 is the main diagonal, 1 the one above it. A causal
// attention mask is made with it. It panics with a [*graph.Error] if x has fewer than two axes.
//
// Derivative: 1 for the elements kept, 0 for the others.
func Tril(x graph.Value, k int) graph.Value { return triangular(opTril, x, k) }

// Triu returns x with zeros below diagonal k of the last two axes: 0 is the main diagonal, 1 the one above it. It
// panics with a [*graph.Error] if x has fewer than two axes.
//
// Derivative: 1 for the elements kept, 0 for the others.
func Triu(x graph.Value, k int) graph.Value { return triangular(opTriu, x, k) }

func triangular(op graph.Op, x graph.Value, k int) graph.Value {
	c := graph.Begin(op, x)
	if shape := c.Dims(0); len(shape) < 2 {
		panic(c.Errorf(graph.ErrShape, "shape %s is no matrix: it needs two axes or more", tensor.FormatShape(slices.Clone(shape))))
	}
	return c.Ints(k).Record(c.Dims(0)...)
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

// IsNaN returns 1 where x is not a number and 0 elsewhere. The result is a constant.
func IsNaN(x graph.Value) graph.Value { return classify(opIsNaN, x) }

// IsFinite returns 1 where x is neither infinite nor NaN and 0 elsewhere. The result is a constant.
func IsFinite(x graph.Value) graph.Value { return classify(opIsFinite, x) }

func classify(op graph.Op, x graph.Value) graph.Value {
	c := graph.Begin(op, x)
	if c.AllScalar() {
		y, _ := op.Row().Unary(x.Item())
		return c.RecordConst(y)
	}
	return c.Record(c.Dims(0)...)
}

// MaskedFill returns x with the number v where mask is not 0: [Where](mask, v, x). The masks of [Tril] and of
// comparisons serve. Shapes broadcast as in NumPy.
//
// Derivative: 1 where mask is 0, else 0; a filled element never makes a gradient NaN.
func MaskedFill(x, mask graph.Value, v float64) graph.Value {
	mask.Check("ops.MaskedFill")
	return Where(mask, mask.Graph().Const(v), x)
}

// Lerp returns (1-w)·a + w·b, element by element: the way from a to b in proportion w. For finite a and b it is exactly
// a at w = 0 and b at w = 1. Shapes broadcast as in NumPy.
//
// Derivative: 1-w by a, w by b, b-a by w.
func Lerp(a, b, w graph.Value) graph.Value {
	return Add(Mul(AddScalar(Neg(w), 1), a), Mul(w, b))
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
	points := xp.Tensor()
	for k := 1; k < n; k++ {
		if !(points.AtFlat(k-1) < points.AtFlat(k)) {
			panic(graph.Errorf(op, graph.ErrValue, "xp[%d] = %v is not below xp[%d] = %v: points must be in ascending order", k-1, points.AtFlat(k-1), k, points.AtFlat(k)))
		}
	}
	at := x.Tensor()
	left, right := make([]int, at.Len()), make([]int, at.Len())
	for i := range left {
		// The piece from point k-1 to point k holds the element: the first k with x < xp[k], among the pieces there are.
		k := sort.Search(n, func(k int) bool { return at.AtFlat(i) < points.AtFlat(k) })
		k = max(min(k, n-1), min(1, n-1))
		left[i], right[i] = max(k-1, 0), k
	}
	take := func(v graph.Value, index []int) graph.Value { return Reshape(Gather(v, 0, index...), x.Dims()...) }
	first, last := take(fp, make([]int, at.Len())), take(fp, slices.Repeat([]int{n - 1}, at.Len()))
	low, high := x.Graph().Const(points.AtFlat(0)), x.Graph().Const(points.AtFlat(n-1))
	if n == 1 {
		return Where(IsNaN(x), x, first)
	}
	x0, x1 := take(xp, left), take(xp, right)
	w := Div(Sub(x, x0), Sub(x1, x0))
	y := Lerp(take(fp, left), take(fp, right), w)
	return Where(Lt(x, low), first, Where(Gt(x, high), last, y))
}
