package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opProd, opCumSum, opCumProd graph.Op

func init() {
	register(&opProd, graph.Row{
		Name: "prod", Func: Prod, Params: "x, axes",
		Doc:        "product of everything, or over the axes given",
		Formula:    "Π x",
		Derivative: "product of the others",
		Forward:    func(n graph.Node) { reduceLines(n, kernel.ProdLines[float64], kernel.ProdLines[float32]) },
		Backward:   prodBackward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			others := overReduced(n, func(rows graph.Value) graph.Value {
				return MulZeroWins(productsBefore(rows, 1), productsBehind(rows))
			})
			return Chain(spread(n, ct), others)
		},
		Tangent: reducedTangent,
		Try:     append([]string{"(0)", "(0,3) 0", "(0,3) 1", "(5)"}, reductionTries...),
		Source:  "products of all before and all behind, without division; Hillis and Steele (1986)",
	})
	tries := []string{"(3) 0", "(2,3) 0", "(2,3) 1", "(2,3,4) -2", "(5,1) 0", "(1,3) 0", "(0,3) 0", "(2,0) 0"}
	register(&opCumSum, graph.Row{
		Name: "cumsum", Func: CumSum, Params: "x, axis",
		Doc:        "sums of the first elements along an axis",
		Formula:    "yₖ = x₁ + … + xₖ",
		Derivative: "1 from an element on, 0 before",
		Class:      graph.Linear,
		Forward:    func(n graph.Node) { alongLines(n, scanner(kernel.SumScan[float64]), scanner(kernel.SumScan[float32])) },
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			if !fresh {
				return false
			}
			l := linesOf(n.Dims(), n.Int(0))
			switch {
			case dst.Len() == 0:
			case dst.DType() == tensor.Float32:
				kernel.SumScan(dst.Float32s(), ct.Float32s(), l.n, l.inner, true)
			default:
				kernel.SumScan(dst.Float64s(), ct.Float64s(), l.n, l.inner, true)
			}
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Flip(CumSum(Flip(ct, n.Int(0)), n.Int(0)), n.Int(0))
		},
		Try:    tries,
		Source: "linearity of the derivative",
	})
	register(&opCumProd, graph.Row{
		Name: "cumprod", Func: CumProd, Params: "x, axis",
		Doc:        "products of the first elements along an axis",
		Formula:    "yₖ = x₁·…·xₖ",
		Derivative: "product of the others up to k",
		Forward: func(n graph.Node) {
			alongLines(n, scanner(kernel.ProdScan[float64]), scanner(kernel.ProdScan[float32]))
		},
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			return array.Instance(dst.DType(), cumProdBackward[float64], cumProdBackward[float32])(n, ct, dst, fresh)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return cumProdVJP(n.Input(0), ct, n.Int(0))
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			return cumProdTangent(n.Input(0), t, n.Int(0))
		},
		Stacks: func(graph.Node, int) bool { return true },
		Try:    tries,
		Source: "the recurrence sₖ = ctₖ + xₖ₊₁·sₖ₊₁, without division; Hillis and Steele (1986)",
	})
}

// scanner returns a scan from the front.
func scanner[T constraints.Float](f func(y, x []T, n, inner int, backwards bool)) func(y, x []T, n, inner int) {
	return func(y, x []T, n, inner int) { f(y, x, n, inner, false) }
}

// cumProdBackward leaves to the rule what is not finite.
func cumProdBackward[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor, fresh bool) bool {
	w, x := tensor.Data[T](ct), tensor.Data[T](n.In(0))
	if !kernel.AllFinite(w) || !kernel.AllFinite(x) {
		return false
	}
	if l := linesOf(n.Dims(), n.Int(0)); len(x) > 0 {
		kernel.ProdScanBackward(tensor.Data[T](dst), w, x, l.n, l.inner, fresh)
	}
	return true
}

// prodBackward leaves to the rule what does not lie in lines.
func prodBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	inner, ok := innerLines(n)
	switch {
	case !ok:
		return false
	case dst.Len() == 0:
	case dst.DType() == tensor.Float32:
		kernel.ProdLinesBackward(dst.Float32s(), ct.Float32s(), n.In(0).Float32s(), reducedLen(n), inner, fresh)
	default:
		kernel.ProdLinesBackward(dst.Float64s(), ct.Float64s(), n.In(0).Float64s(), reducedLen(n), inner, fresh)
	}
	return true
}

// productsBefore returns, for each element along an axis, the product of all elements before it, as graph operations:
// log₂ n products of shifted copies.
func productsBefore(x graph.Value, axis int) graph.Value {
	n := x.Dims()[axis]
	y := shiftIn(x, axis, 1)
	for d := 1; d < n; d *= 2 {
		y = MulZeroWins(y, shiftIn(y, axis, d))
	}
	return y
}

// productsBehind returns, for each element of a row, the product of all elements behind it.
func productsBehind(rows graph.Value) graph.Value {
	return Flip(productsBefore(Flip(rows, 1), 1), 1)
}

// shiftIn returns x moved by d ≥ 0 along an axis, with ones moving in.
func shiftIn(x graph.Value, axis, d int) graph.Value {
	dims := x.Shape()
	keep := max(dims[axis]-d, 0)
	dims[axis] -= keep
	ones := Broadcast(x.Graph().Const(1), dims...)
	return Concat(axis, ones, Slice(x, axis, 0, keep))
}

// shiftOut returns x moved by d ≥ 0 along an axis towards the front, with zeros moving in behind.
func shiftOut(x graph.Value, axis, d int) graph.Value {
	n := x.Dims()[axis]
	return Pad(Slice(x, axis, min(d, n), n), axis, 0, min(d, n))
}

// cumProdVJP is ∂/∂xₖ of Σ ctᵢ·x₁⋯xᵢ: the product of all before k, times sₖ = ctₖ + xₖ₊₁·sₖ₊₁. That recurrence is a
// composition of affine maps s ↦ b + a·s, which log₂ n steps put together.
func cumProdVJP(x, ct graph.Value, axis int) graph.Value {
	n := x.Dims()[axis]
	a, b := shiftOut(x, axis, 1), ct
	for d := 1; d < n; d *= 2 {
		b = Add(b, MulZeroWins(a, shiftOut(b, axis, d)))
		a = MulZeroWins(a, shiftOut(a, axis, d))
	}
	return Chain(b, productsBefore(x, axis))
}

// cumProdTangent is the other way: the tangents follow the recurrence sₖ = tₖ·x₁⋯xₖ₋₁ + xₖ·sₖ₋₁, which is put together
// as that of cumProdVJP is. t may have more axes in front.
func cumProdTangent(x, t graph.Value, axis int) graph.Value {
	n, behind := x.Dims()[axis], x.Rank()-axis
	a, b := x, Chain(t, productsBefore(x, axis))
	for d := 1; d < n; d *= 2 {
		b = Add(b, MulZeroWins(a, shiftBehind(b, b.Rank()-behind, d)))
		a = MulZeroWins(a, shiftBehind(a, axis, d))
	}
	return b
}

// shiftBehind returns x moved by d ≥ 0 along an axis towards the end, with zeros moving in before.
func shiftBehind(x graph.Value, axis, d int) graph.Value {
	keep := max(x.Dims()[axis]-d, 0)
	return Pad(Slice(x, axis, 0, keep), axis, x.Dims()[axis]-keep, 0)
}

// Prod returns the product of x over everything, or over the axes given, which disappear. The product of nothing is 1.
//
// Derivative: the product of the other elements. It is made without dividing by an element, and is exact where
// elements are 0, in every order.
//
// Special cases are:
//
//	Prod(2, 0, 3) = 0, with derivatives 0, 6, 0
//	Prod(2, 0, 0) = 0, with derivatives 0, 0, 0
//
// In a derivative a zero among the others wins over an infinite one.
func Prod(x graph.Value, axes ...int) graph.Value { return reduction(opProd, x, axes, true) }

// CumSum returns the sums of the first elements along an axis: element k is x₁ + … + xₖ. The result has the shape of x.
//
// Derivative: 1 from an element on: the cotangents from there to the end, summed.
func CumSum(x graph.Value, axis int) graph.Value { return along(opCumSum, x, axis) }

// CumProd returns the products of the first elements along an axis: element k is x₁·…·xₖ. The result has the shape of x.
//
// Derivative: the product of the other elements up to k, made without division, exact where elements are 0, in every
// order.
func CumProd(x graph.Value, axis int) graph.Value { return along(opCumProd, x, axis) }

// along records an operation along one axis that keeps the shape.
func along(op graph.Op, x graph.Value, axis int) graph.Value {
	c := graph.Begin(op, x)
	axis = c.Axis(axis, 0)
	return c.Ints(axis).Record(c.Dims(0)...)
}
