package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

var opSinc, opSincDerivative graph.Op

func init() {
	register(&opSinc, withSpecial(kernel.SpecialSinc, func(x float64) float64 { return specfun.SincDerivative(0, x) }, func(x float64) float64 { return specfun.SincDerivative(1, x) }, graph.Row{
		Name: "sinc", Func: Sinc, Params: "x",
		Doc:        "normalized sinc: 1 at 0, 0 at the other integers",
		Formula:    "sin(πx)/(πx)",
		Derivative: "sinc_derivative(1, x)",
		Value:      "where(isfinite(x), where(eq(x, 0), 1, (1-2*(round(x)-2*floor(0.5*round(x))))*sin(3.141592653589793*(x-round(x)))/(3.141592653589793*x)), 1/x)",
		Slopes:     []string{"sinc_derivative(1, x)"},
		Unary:      func(x float64) (float64, float64) { return specfun.SincDerivative(0, x), specfun.SincDerivative(1, x) },
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, SincDerivative(1, n.Input(0))) },
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(0, 0), Zero: at(1, 0), NegZero: at(1, 0)},
		Source:     "Woodward (1953); the argument of the sine reduced before the product with π",
	}))
	register(&opSincDerivative, graph.Row{
		Name: "sinc_derivative", Func: SincDerivative, Params: "n, x",
		Doc:        "n-th derivative of sinc",
		Formula:    "sinc⁽ⁿ⁾(x)",
		Derivative: "sinc_derivative(n+1, x)",
		Value:      "sinc_derivative(n, x)",
		Slopes:     []string{"sinc_derivative(n+1, x)"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			return specfun.SincDerivative(int(p[0]), x), specfun.SincDerivative(int(p[0])+1, x)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, SincDerivative(int(n.Float(0))+1, n.Input(0)))
		},
		Try:    []string{"0 ()", "1 ()", "1 (2,3)", "2 (3)", "3 (0)", "4 (3)"},
		Source: "the recurrence x·f⁽ⁿ⁾ + n·f⁽ⁿ⁻¹⁾ = (sin πx)⁽ⁿ⁾/π, forwards for large x and backwards for small (Gautschi 1967)",
	})
}

// maxSincOrder is the largest order of a derivative of sinc: far beyond it πⁿ overflows.
const maxSincOrder = 170

// Sinc returns the normalized sin(πx)/(πx), element by element, with its limit 1 at x = 0. The argument is reduced
// before it is multiplied with π, so that the relative precision is full near the roots too, and the result exactly 0
// at the integers but 0, however large.
//
// Derivative: [SincDerivative](1, x), with full relative precision near 0.
//
// Special cases are:
//
//	Sinc(±0) = 1, with derivative 0
//	Sinc(±Inf) = 0, with derivative 0
func Sinc(x graph.Value) graph.Value { return graph.Unary(opSinc, x) }

// SincDerivative returns the n-th derivative of [Sinc] at x, element by element: Sinc itself for n = 0. Near 0 its
// relative precision is full; elsewhere the error is some units in the last place of the larger of its value and
// πⁿ⁻¹/x, since the roots of the derivatives are not treated one by one. It panics with a [*graph.Error] unless
// 0 ≤ n ≤ 170.
//
// Derivative: SincDerivative(n+1, x).
//
// Special cases are:
//
//	SincDerivative(n, ±0) = 0 for odd n
//	SincDerivative(n, ±0) = (-1)ⁿᐟ²·πⁿ/(n+1) for even n
//	SincDerivative(n, ±Inf) = 0
func SincDerivative(n int, x graph.Value) graph.Value {
	if n < 0 || n > maxSincOrder {
		panic(graph.Errorf("ops.SincDerivative", graph.ErrUsage, "order %d: it must be from 0 to %d", n, maxSincOrder))
	}
	return graph.UnaryParam(opSincDerivative, x, float64(n))
}
