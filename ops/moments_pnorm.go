package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
	"golang.org/x/exp/constraints"
)

var opPNorm graph.Op

func init() {
	register(&opPNorm, graph.Row{
		Name: "pnorm", Func: PNorm, Params: "x, p, axes", Doc: "length in the p-norm, of everything or over the axes given, without overflow", Formula: "(Σ |x|ᵖ)¹ᐟᵖ", Derivative: "sign(x)·(|x|/y)ᵖ⁻¹",
		Forward: func(n graph.Node) { array.Instance(n.DType(), pNorms[float64], pNorms[float32])(n) },
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			return array.Instance(dst.DType(), pNormsBackward[float64], pNormsBackward[float32])(n, ct, dst, fresh)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x, g, q := n.Input(0), n.Graph(), n.Float(0)-1
			y := spread(n, n.Value())
			y = Where(Eq(y, g.Const(0)), g.Const(1), y) // all x are 0 there, and so is the derivative
			var d graph.Value
			if q <= 1 {
				d = Div(PowScalar(Abs(x), q), PowScalar(y, q)) // the quotient of the bases could vanish before its root
			} else {
				d = PowScalar(Div(Abs(x), y), q)
			}
			return Chain(spread(n, ct), Mul(Sign(x), d))
		},
		Tangent: reducedTangent,
		Try:     []string{"(3) 3", "() 3", "(2,3) 4", "(2,3) 3 0", "(2,3) 3.5 -1", "(2,3,4) 5 0 2", "(2,3) 1 0", "(2,3) 2 1", "(2,3) Inf", "(2,3,2) +Inf 1", "(0) 3", "(0,3) 3 0", "(0,3) 3 1", "(0,3) Inf 0"},
		Kinks:   []graph.Kink{{At: 0, Chosen: 0, Why: "the smallest subgradient"}},
		Source:  "scaled by the largest element",
	})
}

// pNorms sets the result to the lengths of rows.
func pNorms[T constraints.Float](n graph.Node) {
	rows, done := reducedLast(n)
	defer done()
	if n.Out().Len() == 0 {
		return
	}
	x, p := tensor.Data[T](rows), n.Float(0)
	if size := reducedLen(n); !kernel.PNormRows(tensor.Data[T](n.Out()), x, size, p) {
		mendLines(n, x, size, 1, func(row []T) float64 { return pLength(row, p) })
	}
}

// pNormsBackward leaves to the rule what does not lie in lines.
func pNormsBackward[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor, fresh bool) bool {
	inner, ok := innerLines(n)
	if ok && dst.Len() > 0 {
		kernel.PNormLinesBackward(tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](n.In(0)), tensor.Data[T](n.Out()), reducedLen(n), inner, n.Float(0), fresh)
	}
	return ok
}

// pLength returns (Σ|x|ᵖ)¹ᐟᵖ. Powers of quotients by the largest element neither overflow nor vanish together.
func pLength[T constraints.Float](x []T, p float64) float64 {
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(float64(v)))
	}
	if largest == 0 || !finite(largest) || math.IsInf(p, 1) {
		return largest
	}
	s := pairwise(x, func(v float64) float64 { return specfun.Pow(math.Abs(v)/largest, p) })
	return largest * specfun.Pow(s, 1/p)
}

// PNorm returns (Σ|x|ᵖ)¹ᐟᵖ of everything, or over the axes given, which disappear: the sum of absolute values for p = 1,
// [Norm] for p = 2, and the largest absolute value for p = +Inf, as whose operations it is recorded then. It neither
// overflows nor underflows on the way. The norm of nothing is 0. It panics with a [*graph.Error] unless p ≥ 1.
//
// Derivative: sign(x)·(|x|/y)ᵖ⁻¹ for the result y; for p = +Inf the sign of the largest element, split evenly among
// ties.
//
// Special cases are:
//
//	PNorm(0) = 0, with derivative 0, for every p
//	PNorm with an infinite element = +Inf, with derivative NaN by that element and 0 by finite ones, for 1 < p < +Inf
func PNorm(x graph.Value, p float64, axes ...int) graph.Value {
	if !(p >= 1) {
		panic(graph.Errorf("ops.PNorm", graph.ErrUsage, "order %v: it must be 1 or more, +Inf included", p))
	}
	c := graph.Begin(opPNorm, x)
	var list, out [tensor.MaxRank]int
	nlist, nout := reducedAxes(c, axes, true, &list, &out)
	switch {
	case p == 1:
		return Sum(Abs(x), axes...)
	case p == 2:
		return Norm(x, axes...)
	case math.IsInf(p, 1) && x.Len() > 0:
		return Max(Abs(x), axes...)
	}
	return c.Ints(list[:nlist]...).Floats(p, 0).Record(out[:nout]...)
}
