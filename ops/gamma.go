package ops

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/specfun"
	"gonum.org/v1/gonum/mathext"
)

var opLgamma, opDigamma, opPolygamma graph.Op

func init() {
	register(&opLgamma, graph.Row{
		Name: "lgamma", Func: Lgamma, Params: "x",
		Doc:        "logarithm of the absolute value of the gamma function",
		Formula:    "ln |Γ(x)|",
		Derivative: "digamma(x)",
		Value:      "lgamma(x)",
		Slopes:     []string{"digamma(x)"},
		Unary:      func(x float64) (float64, float64) { return specfun.Lgamma(x), specfun.Digamma(x) },
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Digamma(n.Input(0))) },
		Domain:     []graph.Interval{{Lo: 0.4, Hi: 4}},
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(inf, inf), NegInf: at(inf, nan), Zero: at(inf, -inf), NegZero: at(inf, inf)},
		Source:     "FreeBSD e_lgamma_r.c, via Go math.Lgamma",
	})
	register(&opDigamma, graph.Row{
		Name: "digamma", Func: Digamma, Params: "x",
		Doc:        "derivative of lgamma",
		Formula:    "ψ(x) = Γ'(x)/Γ(x)",
		Derivative: "polygamma(1, x)",
		Value:      "digamma(x)",
		Slopes:     []string{"polygamma(1, x)"},
		Unary:      func(x float64) (float64, float64) { return specfun.Digamma(x), polygamma(1, x) },
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Polygamma(1, n.Input(0))) },
		Domain:     []graph.Interval{{Lo: 0.4, Hi: 4}},
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(-inf, inf), NegZero: at(inf, inf)},
		Source:     "DLMF 5.5.2, 5.5.4, 5.11.2, 5.15.1",
	})
	register(&opPolygamma, graph.Row{
		Name: "polygamma", Func: Polygamma, Params: "n, x",
		Doc:        "n-th derivative of digamma",
		Formula:    "ψ⁽ⁿ⁾(x)",
		Derivative: "polygamma(n+1, x)",
		Value:      "polygamma(n, x)",
		Slopes:     []string{"polygamma(n+1, x)"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			return polygamma(int(p[0]), x), polygamma(int(p[0])+1, x)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Polygamma(int(n.Float(0))+1, n.Input(0)))
		},
		Domain: []graph.Interval{{Lo: 0.8, Hi: 4}},
		Try:    []string{"0 ()", "1 ()", "1 (2,3)", "2 (3)", "3 (0)"},
		Source: "DLMF 5.15.1, 5.15.6, 25.11; Hurwitz zeta function of gonum mathext, from Cephes zeta.c",
	})
}

// maxPolygamma is the largest order for which n! is a float64.
const maxPolygamma = 170

// polygamma returns the n-th derivative of digamma.
func polygamma(n int, x float64) float64 {
	switch {
	case n == 0:
		return specfun.Digamma(x)
	case n > maxPolygamma, math.IsNaN(x), math.IsInf(x, -1):
		return math.NaN()
	case math.IsInf(x, 1):
		return 0
	case x <= 0 && x == math.Floor(x):
		if n%2 == 1 {
			return math.Inf(1) // an even pole
		}
		if x == 0 {
			return math.Copysign(math.Inf(1), -x)
		}
		return math.NaN()
	case x < 0: // reflection, DLMF 5.15.6
		y := polygamma(n, 1-x)
		if n%2 == 1 {
			y = -y
		}
		return y - math.Pow(math.Pi, float64(n+1))*cotDerivative(n, specfun.CotPi(x))
	}
	y := math.Gamma(float64(n+1)) * mathext.Zeta(float64(n+1), x) // DLMF 5.15.1 and 25.11.12
	if n%2 == 0 {
		y = -y
	}
	return y
}

// cotDerivative returns the n-th derivative of cot t as a function of c = cot t. All terms of the polynomial have one sign
// for c > 0, so that nothing cancels.
func cotDerivative(n int, c float64) float64 {
	y := 0.0
	for _, a := range slices.Backward(specfun.CotDerivative(n)) {
		y = y*c + a
	}
	return y
}

// Lgamma returns ln |Γ(x)|, element by element.
//
// Derivative: digamma(x).
//
// Special cases are:
//
//	Lgamma(1) = Lgamma(2) = 0
//	Lgamma(±0) = +Inf, with derivative ∓Inf
//	Lgamma(x) = +Inf with derivative NaN for a negative integer x
//	Lgamma(+Inf) = +Inf, with derivative +Inf
//	Lgamma(-Inf) = +Inf, with derivative NaN
func Lgamma(x graph.Value) graph.Value { return graph.Unary(opLgamma, x) }

// Digamma returns ψ(x), the derivative of ln |Γ(x)|, element by element.
//
// Derivative: [Polygamma](1, x).
//
// Special cases are:
//
//	Digamma(±0) = ∓Inf, with derivative +Inf
//	Digamma(x) = NaN with derivative +Inf for a negative integer x
//	Digamma(+Inf) = +Inf, with derivative 0
//	Digamma(-Inf) = NaN, with derivative NaN
func Digamma(x graph.Value) graph.Value { return graph.Unary(opDigamma, x) }

// Polygamma returns the n-th derivative of [Digamma] at x, element by element: the trigamma function for n = 1, digamma
// itself for n = 0. It panics with a [*graph.Error] unless 0 ≤ n ≤ 170.
//
// Derivative: Polygamma(n+1, x).
//
// Special cases are, for n > 0:
//
//	Polygamma(n, x) = +Inf for odd n if x is 0 or a negative integer
//	Polygamma(n, ±0) = ∓Inf for even n
//	Polygamma(n, x) = NaN for even n if x is a negative integer
//	Polygamma(n, +Inf) = 0, with derivative 0
//	Polygamma(n, -Inf) = NaN
func Polygamma(n int, x graph.Value) graph.Value {
	if n < 0 || n > maxPolygamma {
		panic(graph.Errorf("ops.Polygamma", graph.ErrUsage, "order %d: it must be from 0 to %d", n, maxPolygamma))
	}
	return graph.UnaryParam(opPolygamma, x, float64(n))
}
