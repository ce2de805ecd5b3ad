package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opErf, opErfc, opGELU graph.Op

// twoOverSqrtPi is the derivative of erf at 0.
const twoOverSqrtPi = 2 / (math.SqrtPi)

func init() {
	register(&opErf, withSlope(erfSlope[float64], erfSlope[float32], graph.Row{
		Name: "erf", Func: Erf, Params: "x", Doc: "error function", Formula: "2/√π·∫₀ˣ e^-t² dt", Derivative: "2/√π·e^-x²",
		Unary:   func(x float64) (float64, float64) { return math.Erf(x), twoOverSqrtPi * math.Exp(-x*x) },
		Forward: kernel1(kernel.Erf[float64], kernel.Erf[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Exp(Neg(Square(n.Input(0)))), twoOverSqrtPi))
		},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(1, 0), NegInf: at(-1, 0), Zero: at(0, 2/math.SqrtPi), NegZero: at(negZero, 2/math.SqrtPi)},
		Source: "FreeBSD s_erf.c, via Go math.Erf",
	}))
	register(&opErfc, withSlope(erfcSlope[float64], erfcSlope[float32], graph.Row{
		Name: "erfc", Func: Erfc, Params: "x", Doc: "complementary error function, accurate in its tail", Formula: "1 - erf x", Derivative: "-2/√π·e^-x²",
		Unary:   func(x float64) (float64, float64) { return math.Erfc(x), -twoOverSqrtPi * math.Exp(-x*x) },
		Forward: forwardBlocks(erfcValue[float64], erfcValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Exp(Neg(Square(n.Input(0)))), -twoOverSqrtPi))
		},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(2, 0), Zero: at(1, -2/math.SqrtPi), NegZero: at(1, -2/math.SqrtPi)},
		Source: "FreeBSD s_erf.c, via Go math.Erfc",
	}))
	register(&opGELU, withSlope(geluSlope[float64], geluSlope[float32], graph.Row{
		Name: "gelu", Func: GELU, Params: "x", Doc: "Gaussian error linear unit, exact: x weighted by the normal distribution", Formula: "x·Φ(x)", Derivative: "Φ(x) + x·φ(x)",
		Unary:   gelu,
		Forward: forwardBlocks(geluValue[float64], geluValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			cdf := MulScalar(Erfc(MulScalar(x, -1/math.Sqrt2)), 0.5)
			pdf := MulScalar(Exp(MulScalar(Square(x), -0.5)), 1/(math.SqrtPi*math.Sqrt2))
			return Chain(ct, Add(cdf, MulZeroWins(pdf, x)))
		},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(inf, 1), NegInf: at(0, 0), Zero: at(0, 0.5), NegZero: at(negZero, 0.5)},
		Source: "Hendrycks and Gimpel (2016), arXiv:1606.08415; Φ by erfc, which keeps the digits of the left tail",
	}))
}

// tail is where 1 - |erf| has lost a bit or two: beyond it [math.Erfc] gives the small probabilities, one by one.
const tail = 0.5

func erfSlope[T constraints.Float](b block[T]) {
	kernel.Square(b.d, b.x)
	kernel.Neg(b.d, b.d)
	kernel.Exp(b.d, b.d)
	kernel.MulScalar(b.d, b.d, twoOverSqrtPi)
}

func erfcSlope[T constraints.Float](b block[T]) {
	erfSlope(b)
	kernel.Neg(b.d, b.d)
}

func erfcValue[T constraints.Float](b block[T]) {
	kernel.Erf(b.t, b.x)
	for i, v := range b.x {
		if v > tail {
			b.y[i] = T(math.Erfc(float64(v)))
		} else {
			b.y[i] = 1 - b.t[i]
		}
	}
}

func gelu(x float64) (y, dx float64) {
	cdf, pdf := 0.5*math.Erfc(-x*(1/math.Sqrt2)), math.Exp(-0.5*x*x)*(1/(math.SqrtPi*math.Sqrt2))
	// Where a factor has vanished the product is 0, at x = -Inf too.
	return zeroWins(cdf, x), cdf + zeroWins(pdf, x)
}

func geluValue[T constraints.Float](b block[T]) {
	valueOr(gelu, func(b block[T]) {
		kernel.MulScalar(b.t, b.x, 1/math.Sqrt2)
		kernel.Erf(b.d, b.t)
		for i, v := range b.x {
			if b.t[i] < -tail {
				y, _ := gelu(float64(v))
				b.y[i] = T(y)
			} else {
				b.y[i] = v * (0.5 + 0.5*b.d[i])
			}
		}
	})(b)
}

func geluSlope[T constraints.Float](b block[T]) {
	slopeOr(gelu, func(b block[T]) {
		kernel.Square(b.d, b.x)
		kernel.MulScalar(b.d, b.d, -0.5)
		kernel.Exp(b.d, b.d)
		kernel.MulScalar(b.d, b.d, 1/(math.SqrtPi*math.Sqrt2))
		kernel.Mul(b.d, b.d, b.x)
		kernel.MulScalar(b.t, b.x, 1/math.Sqrt2)
		kernel.Erf(b.t, b.t)
		for i, v := range b.x {
			if v < -tail*math.Sqrt2 {
				_, dx := gelu(float64(v))
				b.d[i] = T(dx)
			} else {
				b.d[i] += 0.5 + 0.5*b.t[i]
			}
		}
	})(b)
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
