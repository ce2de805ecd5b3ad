package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

var opErfcx, opErfcxDerivative graph.Op

func init() {
	register(&opErfcx, withSpecial(kernel.SpecialErfcx, func(x float64) float64 { return specfun.ErfcxDerivative(0, x) }, func(x float64) float64 { return specfun.ErfcxDerivative(1, x) }, graph.Row{
		Name: "erfcx", Func: Erfcx, Params: "x",
		Doc:        "scaled complementary error function, which does not vanish as erfc does",
		Formula:    "e^x²·erfc x",
		Derivative: "erfcx_derivative(1, x)",
		Value:      "erfcx(x)",
		Slopes:     []string{"erfcx_derivative(1, x)"},
		Unary: func(x float64) (float64, float64) {
			return specfun.ErfcxDerivative(0, x), specfun.ErfcxDerivative(1, x)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, ErfcxDerivative(1, n.Input(0)))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(inf, -inf), Zero: at(1, -twoOverSqrtPi), NegZero: at(1, -twoOverSqrtPi)},
		Source: "DLMF 7.9.1 and 7.18.9, the continued fraction by Gautschi (1970)",
	}))
	register(&opErfcxDerivative, graph.Row{
		Name: "erfcx_derivative", Func: ErfcxDerivative, Params: "n, x",
		Doc:        "n-th derivative of erfcx",
		Formula:    "erfcx⁽ⁿ⁾(x)",
		Derivative: "erfcx_derivative(n+1, x)",
		Value:      "erfcx_derivative(n, x)",
		Slopes:     []string{"erfcx_derivative(n+1, x)"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			return specfun.ErfcxDerivative(int(p[0]), x), specfun.ErfcxDerivative(int(p[0])+1, x)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, ErfcxDerivative(int(n.Float(0))+1, n.Input(0)))
		},
		Try:    []string{"0 ()", "1 ()", "1 (2,3)", "2 (3)", "3 (0)"},
		Domain: []graph.Interval{{Lo: -1, Hi: 2}},
		Source: "DLMF 7.18.7: the n-th derivative is (-2)ⁿ·n!·e^x² times the n-fold integral of erfc",
	})
}

// maxErfcxOrder is the largest order of a derivative of erfcx: beyond it n! is no float64.
const maxErfcxOrder = 170

// Erfcx returns the scaled complementary error function e^x²·erfc x, element by element, with full relative precision:
// near 1/(x·√π) for large x, where erfc x itself is 0. It overflows for x < -26.6.
//
// Derivative: [ErfcxDerivative](1, x) = 2x·erfcx x - 2/√π, in which nothing cancels as computed here.
//
// Special cases are:
//
//	Erfcx(0) = 1, with derivative -2/√π
//	Erfcx(+Inf) = 0, with derivative 0
//	Erfcx(-Inf) = +Inf, with derivative -Inf
func Erfcx(x graph.Value) graph.Value { return graph.Unary(opErfcx, x) }

// ErfcxDerivative returns the n-th derivative of [Erfcx] at x, element by element: Erfcx itself for n = 0. The relative
// precision is full, but for 0 < x < ½ some digits are lost where n is more than about 5. It panics with a
// [*graph.Error] unless 0 ≤ n ≤ 170.
//
// Derivative: ErfcxDerivative(n+1, x).
//
// Special cases are:
//
//	ErfcxDerivative(n, +Inf) = 0
//	ErfcxDerivative(n, -Inf) = +Inf for even n, -Inf for odd n
func ErfcxDerivative(n int, x graph.Value) graph.Value {
	if n < 0 || n > maxErfcxOrder {
		panic(graph.Errorf("ops.ErfcxDerivative", graph.ErrUsage, "order %d: it must be from 0 to %d", n, maxErfcxOrder))
	}
	return graph.UnaryParam(opErfcxDerivative, x, float64(n))
}
