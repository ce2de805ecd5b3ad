package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

var opLBeta, opDigammaDifference graph.Op

func init() {
	register(&opLBeta, graph.Row{
		Name: "lbeta", Func: LBeta, Params: "a, b",
		Doc:        "logarithm of the beta function, without cancellation for large arguments",
		Formula:    "ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a+b)",
		Derivative: "-digamma_difference(a, b), -digamma_difference(b, a)",
		Value:      "lbeta(a, b)",
		Slopes:     []string{"-digamma_difference(a, b)", "-digamma_difference(b, a)"},
		Binary: func(a, b float64) (float64, float64, float64) {
			return specfun.Lbeta(a, b), -specfun.DigammaDifference(a, b), -specfun.DigammaDifference(b, a)
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			return Chain(ct, Neg(DigammaDifference(n.Input(i), n.Input(1-i))))
		},
		Domain: []graph.Interval{{Lo: 0.4, Hi: 4}},
		Source: "DLMF 5.12.1; corrections of Stirling's formula, DLMF 5.11.1, as in Didonato and Morris (1992), TOMS 708",
	})
	register(&opDigammaDifference, graph.Row{
		Name: "digamma_difference", Func: DigammaDifference, Params: "a, b",
		Doc:        "difference of digamma from a to a+b, without cancellation for small b",
		Formula:    "ψ(a+b) - ψ(a)",
		Derivative: "polygamma(1, a+b) - polygamma(1, a), polygamma(1, a+b)",
		Value:      "digamma_difference(a, b)",
		Slopes:     []string{"where(lt(minimum(a, b), 0), y, polygamma(1, a+b)-polygamma(1, a))", "where(lt(minimum(a, b), 0), y, polygamma(1, a+b))"},
		Binary: func(a, b float64) (float64, float64, float64) {
			y := specfun.DigammaDifference(a, b)
			if a < 0 || b < 0 {
				return y, y, y
			}
			d := polygamma(1, a+b)
			return y, d - polygamma(1, a), d
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			a, b := nanBelowZero(n.Input(0)), nanBelowZero(n.Input(1))
			d := Polygamma(1, Add(a, b))
			if i == 0 {
				d = Sub(d, Polygamma(1, a))
			}
			return Chain(ct, d)
		},
		Domain: []graph.Interval{{Lo: 0.4, Hi: 4}},
		Source: "DLMF 5.5.2 and 5.11.2, the differences of their terms taken one by one",
	})
}

// nanBelowZero returns x, but NaN where it is negative: a formula goes on where a function ends.
func nanBelowZero(x graph.Value) graph.Value {
	g := x.Graph()
	return Where(Lt(x, g.Const(0)), g.Const(math.NaN()), x)
}

// LBeta returns ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a+b), the logarithm of the beta function, element by element, for
// a, b ≥ 0. Large terms do not cancel: the error is some units in the last place of the larger of |ln B| and 1. Shapes
// broadcast as in NumPy.
//
// Derivative: ψ(a) - ψ(a+b) by a, ψ(b) - ψ(a+b) by b, with full relative precision; see [DigammaDifference].
//
// Special cases are:
//
//	LBeta(±0, b) = +Inf for finite b, with derivative -Inf by a and 0 by b, for b > 0
//	LBeta(a, +Inf) = -Inf for a > 0, with derivative -Inf by a and 0 by b, for finite a
//	LBeta(0, +Inf) = NaN
//	LBeta(a, b) = NaN for a < 0 or b < 0, with derivative NaN
func LBeta(a, b graph.Value) graph.Value { return graph.Binary(opLBeta, a, b) }

// DigammaDifference returns ψ(a+b) - ψ(a) for a, b ≥ 0, element by element, with full relative precision also where b is
// much smaller than a: the derivative of ln Γ(a+b) - ln Γ(a) by a. Shapes broadcast as in NumPy.
//
// Derivative: polygamma(1, a+b) - polygamma(1, a) by a, which loses digits where b is much smaller than a, and
// polygamma(1, a+b) by b.
//
// Special cases are:
//
//	DigammaDifference(a, 0) = 0 for a > 0
//	DigammaDifference(±0, b) = +Inf for b > 0
//	DigammaDifference(a, +Inf) = +Inf for finite a
//	DigammaDifference(+Inf, b) = 0 for finite b
//	DigammaDifference(0, 0) = DigammaDifference(+Inf, +Inf) = NaN
//	DigammaDifference(a, b) = NaN for a < 0 or b < 0, with derivative NaN
func DigammaDifference(a, b graph.Value) graph.Value { return graph.Binary(opDigammaDifference, a, b) }
