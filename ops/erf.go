package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

var opErf, opErfc graph.Op

func init() {
	register(&opErf, slopedBy(kernel.SlopeGauss, ofOperand, twoOverSqrtPi, 0, graph.Row{
		Name: "erf", Func: Erf, Params: "x",
		Doc:        "error function",
		Formula:    "2/√π·∫₀ˣ e^-t² dt",
		Derivative: "2/√π·e^-x²",
		Value:      "erf(x)",
		Slopes:     []string{"1.1283791670955126*exp(-x*x)"},
		Unary:      func(x float64) (float64, float64) { return math.Erf(x), twoOverSqrtPi * math.Exp(-x*x) },
		Forward:    kernel1(kernel.Erf[float64], kernel.Erf[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Exp(Neg(Square(n.Input(0)))), twoOverSqrtPi))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(1, 0), NegInf: at(-1, 0), Zero: at(0, 2/math.SqrtPi), NegZero: at(negZero, 2/math.SqrtPi)},
		Source: "FreeBSD s_erf.c, via Go math.Erf",
	}))
	register(&opErfc, slopedBy(kernel.SlopeGauss, ofOperand, -twoOverSqrtPi, 0, graph.Row{
		Name: "erfc", Func: Erfc, Params: "x",
		Doc:        "complementary error function, accurate in its tail",
		Formula:    "1 - erf x",
		Derivative: "-2/√π·e^-x²",
		Value:      "erfc(x)",
		Slopes:     []string{"-1.1283791670955126*exp(-x*x)"},
		Unary:      func(x float64) (float64, float64) { return math.Erfc(x), -twoOverSqrtPi * math.Exp(-x*x) },
		Forward:    mapped(kernel.MapErfc),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Exp(Neg(Square(n.Input(0)))), -twoOverSqrtPi))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(2, 0), Zero: at(1, -2/math.SqrtPi), NegZero: at(1, -2/math.SqrtPi)},
		Source: "FreeBSD s_erf.c, via Go math.Erfc",
	}))
}

// twoOverSqrtPi is the derivative of erf at 0.
const twoOverSqrtPi = 2 / (math.SqrtPi)

// Erf returns the error function 2/√π·∫₀ˣ e^-t² dt, element by element, with full relative precision near 0.
//
// Derivative: 2/√π·e^-x².
//
// Special cases are:
//
//	Erf(±0) = ±0, with derivative 2/√π
//	Erf(±Inf) = ±1, with derivative 0
func Erf(x graph.Value) graph.Value { return graph.Unary(opErf, x) }

// Erfc returns the complementary error function 1 - erf x, element by element, with full relative precision also where
// it is small.
//
// Derivative: -2/√π·e^-x².
//
// Special cases are:
//
//	Erfc(+Inf) = 0, with derivative 0
//	Erfc(-Inf) = 2, with derivative 0
func Erfc(x graph.Value) graph.Value { return graph.Unary(opErfc, x) }
