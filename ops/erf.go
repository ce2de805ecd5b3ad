package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

var opErf, opErfc, opGELU graph.Op

// twoOverSqrtPi is the derivative of erf at 0.
const twoOverSqrtPi = 2 / (math.SqrtPi)

func init() {
	register(&opErf, graph.Row{
		Name: "erf", Func: Erf, Params: "x", Doc: "error function", Formula: "2/√π·∫₀ˣ e^-t² dt", Derivative: "2/√π·e^-x²",
		Unary:   func(x float64) (float64, float64) { return math.Erf(x), twoOverSqrtPi * math.Exp(-x*x) },
		Forward: kernel1(kernel.Erf[float64], kernel.Erf[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Exp(Neg(Square(n.Input(0)))), twoOverSqrtPi))
		},
		At:     [5][2]float64{{nan, nan}, {1, 0}, {-1, 0}, {0, 2 / math.SqrtPi}, {negZero, 2 / math.SqrtPi}},
		Source: "FreeBSD s_erf.c, via Go math.Erf",
	})
	register(&opErfc, graph.Row{
		Name: "erfc", Func: Erfc, Params: "x", Doc: "complementary error function, accurate in its tail", Formula: "1 - erf x", Derivative: "-2/√π·e^-x²",
		Unary: func(x float64) (float64, float64) { return math.Erfc(x), -twoOverSqrtPi * math.Exp(-x*x) },
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Exp(Neg(Square(n.Input(0)))), -twoOverSqrtPi))
		},
		At:     [5][2]float64{{nan, nan}, {0, 0}, {2, 0}, {1, -2 / math.SqrtPi}, {1, -2 / math.SqrtPi}},
		Source: "FreeBSD s_erf.c, via Go math.Erfc",
	})
	register(&opGELU, graph.Row{
		Name: "gelu", Func: GELU, Params: "x", Doc: "Gaussian error linear unit, exact: x weighted by the normal distribution", Formula: "x·Φ(x)", Derivative: "Φ(x) + x·φ(x)",
		Unary: func(x float64) (float64, float64) {
			cdf, pdf := 0.5*math.Erfc(-x*(1/math.Sqrt2)), math.Exp(-0.5*x*x)*(1/(math.SqrtPi*math.Sqrt2))
			// Where a factor has vanished the product is 0, at x = -Inf too.
			return zeroWins(cdf, x), cdf + zeroWins(pdf, x)
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			cdf := MulScalar(Erfc(MulScalar(x, -1/math.Sqrt2)), 0.5)
			pdf := MulScalar(Exp(MulScalar(Square(x), -0.5)), 1/(math.SqrtPi*math.Sqrt2))
			return Chain(ct, Add(cdf, MulZeroWins(pdf, x)))
		},
		At:     [5][2]float64{{nan, nan}, {inf, 1}, {0, 0}, {0, 0.5}, {negZero, 0.5}},
		Source: "Hendrycks and Gimpel (2016), arXiv:1606.08415; Φ by erfc, which keeps the digits of the left tail",
	})
}

// zeroWins returns a·b, but 0 where a is 0.
func zeroWins(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a * b
}

// Erf returns the error function 2/√π·∫₀ˣ e^-t² dt, element by element, with full relative precision near 0.
//
// Derivative: 2/√π·e^-x².
//
// Special cases are:
//
//	Erf(±0) = ±0, with derivative 2/√π
//	Erf(±Inf) = ±1, with derivative 0
func Erf(x graph.Value) graph.Value { return unary(opErf, x) }

// Erfc returns the complementary error function 1 - erf x, element by element, with full relative precision also where
// it is small.
//
// Derivative: -2/√π·e^-x².
//
// Special cases are:
//
//	Erfc(+Inf) = 0, with derivative 0
//	Erfc(-Inf) = 2, with derivative 0
func Erfc(x graph.Value) graph.Value { return unary(opErfc, x) }

// GELU returns x·Φ(x), element by element, where Φ is the distribution function of the standard normal distribution.
// It is the exact form, not the one with tanh, and keeps its digits far left: GELU(-10) is -7.6e-23.
//
// Derivative: Φ(x) + x·φ(x), with the density φ.
//
// Special cases are:
//
//	GELU(0) = 0, with derivative ½
//	GELU(+Inf) = +Inf, with derivative 1
//	GELU(-Inf) = 0, with derivative 0
func GELU(x graph.Value) graph.Value { return unary(opGELU, x) }
