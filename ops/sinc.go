package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

var opSinc, opSincDerivative graph.Op

func init() {
	register(&opSinc, graph.Row{
		Name: "sinc", Func: Sinc, Params: "x",
		Doc:        "normalized sinc: 1 at 0, 0 at the other integers",
		Formula:    "sin(πx)/(πx)",
		Derivative: "sinc_derivative(1, x)",
		Value:      "where(isfinite(x), where(eq(x, 0), 1, (1-2*(round(x)-2*floor(0.5*round(x))))*sin(3.141592653589793*(x-round(x)))/(3.141592653589793*x)), 1/x)",
		Slopes:     []string{"sinc_derivative(1, x)"},
		Unary:      func(x float64) (float64, float64) { return sincDerivative(0, x), sincDerivative(1, x) },
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, SincDerivative(1, n.Input(0))) },
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(0, 0), Zero: at(1, 0), NegZero: at(1, 0)},
		Source:     "Woodward (1953); the argument of the sine reduced before the product with π",
	})
	register(&opSincDerivative, graph.Row{
		Name: "sinc_derivative", Func: SincDerivative, Params: "n, x",
		Doc:        "n-th derivative of sinc",
		Formula:    "sinc⁽ⁿ⁾(x)",
		Derivative: "sinc_derivative(n+1, x)",
		Value:      "sinc_derivative(n, x)",
		Slopes:     []string{"sinc_derivative(n+1, x)"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			return sincDerivative(int(p[0]), x), sincDerivative(int(p[0])+1, x)
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

// sincDerivative returns the n-th derivative f⁽ⁿ⁾ of sin(πx)/(πx). Derivatives of the product x·sinc x = sin(πx)/π give,
// for gₙ = f⁽ⁿ⁾/πⁿ⁻¹,
//
//	x·gₙ + n·gₙ₋₁/π = sin(πx + nπ/2)
//
// Errors shrink by n/(πx) on each step upwards and by πx/n on each step downwards.
func sincDerivative(n int, x float64) float64 {
	z := math.Abs(x)
	if math.IsInf(x, 0) {
		return 0
	}
	s, c := sincosPi(z)
	waves := [4]float64{s, c, -s, -c} // sin(πz + kπ/2)
	var g float64
	switch {
	case n == 0 && z < 1e-8:
		return 1 - math.Pi*math.Pi/6*z*z
	case n == 0 || z > float64(n+1)/math.Pi:
		g = s / z
		for k := 1; k <= n; k++ {
			g = (waves[k%4] - float64(k)/math.Pi*g) / z
		}
	default:
		// The derivative that this begins with is taken as 0; that is forgotten on the way down.
		for k := 2*n + 30; k > n; k-- {
			g = (waves[k%4] - z*g) * (math.Pi / float64(k))
		}
	}
	if x < 0 && n%2 == 1 {
		g = -g
	}
	if n == 1 {
		return g
	}
	return g * powPi(n-1)
}

// powPi returns πⁿ. What math.Pi lacks of π counts n times.
func powPi(n int) float64 {
	const lacks = 1.2246467991473532e-16 / math.Pi
	return math.Pow(math.Pi, float64(n)) * (1 + float64(n)*lacks)
}

// sincosPi returns sin πx and cos πx for x ≥ 0, with the relative precision of the sine also near integers and of the
// cosine also near half-integers: x is reduced to an eighth of a turn, which rounds nothing.
func sincosPi(x float64) (s, c float64) {
	x = math.Mod(x, 2)
	q := math.Round(2 * x) // the nearest multiple of π/2
	r := math.Pi * (x - q/2)
	s, c = math.Sin(r), math.Cos(r)
	switch int(q) % 4 {
	case 1:
		return c, -s
	case 2:
		return 0 - s, -c // +0 at integers
	case 3:
		return -c, s
	}
	return s, c
}

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
