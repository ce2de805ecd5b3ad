package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

var opExp, opLog, opExpm1, opLog1p, opLog2, opLog10, opLogAddExp graph.Op

func init() {
	register(&opExp, withBackward(ofResult, productChain[float64](), productChain[float32](), graph.Row{
		Name: "exp", Func: Exp, Params: "x",
		Doc:        "exponential",
		Formula:    "eˣ",
		Derivative: "eˣ",
		Value:      "exp(x)",
		Slopes:     []string{"y"},
		Unary: func(x float64) (float64, float64) {
			y := specfun.Exp(x)
			return y, y
		},
		Forward: kernel1(kernel.Exp[float64], kernel.Exp[float32]),
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, n.Value()) },
		At:      graph.Specials{NaN: at(nan, nan), Inf: at(inf, inf), NegInf: at(0, 0), Zero: at(1, 1), NegZero: at(1, 1)},
		Source:  "FreeBSD e_exp.c for ln 2 in two parts; a polynomial through the zeros of a Chebyshev polynomial",
	}))
	register(&opLog, slopedBy(kernel.SlopeReciprocalPositive, ofOperand, 1, 0, graph.Row{
		Name: "log", Func: Log, Params: "x",
		Doc:        "natural logarithm",
		Formula:    "ln x",
		Derivative: "1/x",
		Value:      "log(x)",
		Slopes:     []string{"where(lt(x, 0), sqrt(x), 1/abs(x))"},
		Unary: func(x float64) (float64, float64) {
			if x < 0 {
				return math.NaN(), math.NaN()
			}
			return specfun.Log(x), 1 / (x + 0) // +Inf at -0 too
		},
		Forward: kernel1(kernel.Log[float64], kernel.Log[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, ReciprocalPositive(n.Input(0)))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 4}},
		Kinks:  []graph.Kink{{At: 0, Chosen: math.Inf(1), Why: "the limit from the right"}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(-inf, inf), NegZero: at(-inf, inf)},
		Source: "FreeBSD e_log.c, via Go math.Log",
	}))
	register(&opExpm1, slopedBy(kernel.SlopeExp, ofOperand, 0, 0, graph.Row{
		Name: "expm1", Func: Expm1, Params: "x",
		Doc:        "exponential less one, accurate near 0",
		Formula:    "eˣ - 1",
		Derivative: "eˣ",
		Value:      "expm1(x)",
		Slopes:     []string{"exp(x)"},
		// Not value + 1, which has lost eˣ where the value is near -1.
		Unary:   func(x float64) (float64, float64) { return math.Expm1(x), specfun.Exp(x) },
		Forward: mapped(kernel.MapExpm1),
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Exp(n.Input(0))) },
		At:      graph.Specials{NaN: at(nan, nan), Inf: at(inf, inf), NegInf: at(-1, 0), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source:  "FreeBSD s_expm1.c, via Go math.Expm1",
	}))
	register(&opLog1p, slopedBy(kernel.SlopeReciprocalPositive, ofOperand, 1, 1, graph.Row{
		Name: "log1p", Func: Log1p, Params: "x",
		Doc:        "logarithm of one more, accurate near 0",
		Formula:    "ln(1+x)",
		Derivative: "1/(1+x)",
		Value:      "log1p(x)",
		Slopes:     []string{"where(lt(x, -1), sqrt(x), 1/(1+x))"},
		Unary:      log1p,
		Forward:    mapped(kernel.MapLog1p),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, ReciprocalPositive(AddScalar(n.Input(0), 1)))
		},
		Domain: []graph.Interval{{Lo: -0.8, Hi: 3}},
		Kinks:  []graph.Kink{{At: -1, Chosen: math.Inf(1), Why: "the limit from the right"}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "FreeBSD s_log1p.c, via Go math.Log1p",
	}))
	register(&opLog2, slopedBy(kernel.SlopeReciprocalPositive, ofOperand, 1/math.Ln2, 0, graph.Row{
		Name: "log2", Func: Log2, Params: "x",
		Doc:        "logarithm to base 2, exact for powers of 2",
		Formula:    "log₂ x",
		Derivative: "1/(x·ln 2)",
		Value:      "1.4426950408889634*log(x)",
		Slopes:     []string{"1.4426950408889634*where(lt(x, 0), sqrt(x), 1/abs(x))"},
		Unary:      func(x float64) (float64, float64) { return logTo(x, specfun.Log2, math.Ln2) },
		Forward:    mapped(kernel.MapLog2),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(ReciprocalPositive(n.Input(0)), 1/math.Ln2))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 4}},
		Kinks:  []graph.Kink{{At: 0, Chosen: math.Inf(1), Why: "the limit from the right"}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(-inf, inf), NegZero: at(-inf, inf)},
		Source: "ln x / ln 2; Go math.Log2 cancels near 1",
	}))
	register(&opLog10, slopedBy(kernel.SlopeReciprocalPositive, ofOperand, 1/math.Ln10, 0, graph.Row{
		Name: "log10", Func: Log10, Params: "x",
		Doc:        "logarithm to base 10, exact for powers of 10",
		Formula:    "log₁₀ x",
		Derivative: "1/(x·ln 10)",
		Value:      "0.4342944819032518*log(x)",
		Slopes:     []string{"0.4342944819032518*where(lt(x, 0), sqrt(x), 1/abs(x))"},
		Unary:      func(x float64) (float64, float64) { return logTo(x, specfun.Log10, math.Ln10) },
		Forward:    mapped(kernel.MapLog10),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(ReciprocalPositive(n.Input(0)), 1/math.Ln10))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 4}},
		Kinks:  []graph.Kink{{At: 0, Chosen: math.Inf(1), Why: "the limit from the right"}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(-inf, inf), NegZero: at(-inf, inf)},
		Source: "ln x / ln 10; Go math.Log10 cancels near 1",
	}))
	register(&opLogAddExp, slopedPairs(logAddExpSlope, graph.Row{
		Name: "log_add_exp", Func: LogAddExp, Params: "a, b",
		Doc:        "logarithm of the sum of two exponentials, without overflow",
		Formula:    "ln(eᵃ + eᵇ)",
		Derivative: "sigmoid(a-b), sigmoid(b-a)",
		Value:      "where(eq(a, b), a+0.6931471805599453, maximum(a, b)+log1p(exp(-abs(a-b))))",
		Slopes: []string{
			"where(lt(a, -1.7976931348623157e308), 0, where(ge(a-b, 0), 1, exp(-abs(a-b)))/(1+exp(-abs(a-b))))",
			"where(lt(b, -1.7976931348623157e308), 0, where(ge(b-a, 0), 1, exp(-abs(a-b)))/(1+exp(-abs(a-b))))",
		},
		Binary: func(a, b float64) (float64, float64, float64) {
			d := a - b
			if math.IsInf(a, 0) && a == b {
				if a < 0 { // masks, which do not count
					d = 0
				}
				return a, d, d // NaN for +Inf: how much each counts is undefined
			}
			da, db := kernel.SigmoidOf(d), kernel.SigmoidOf(-d)
			if math.IsInf(a, -1) { // a mask, beside NaN too
				da = 0
			}
			if math.IsInf(b, -1) {
				db = 0
			}
			return max(a, b) + math.Log1p(math.Exp(-math.Abs(d))), da, db
		},
		Forward: mappedPairs(kernel.MapLogAddExp),
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			return Chain(ct, unmasked(n.Input(i), Sigmoid(Sub(n.Input(i), n.Input(1-i)))))
		},
		Source: "max(a, b) + log1p(e^-|a-b|), which does not overflow",
	}))
}

// Exp returns eˣ, element by element.
//
// Derivative: eˣ.
//
// Special cases are:
//
//	Exp(+Inf) = +Inf, with derivative +Inf
//	Exp(-Inf) = 0, with derivative 0
func Exp(x graph.Value) graph.Value { return graph.Unary(opExp, x) }

// Log returns the natural logarithm ln x, element by element.
//
// Derivative: 1/x.
//
// Special cases are:
//
//	Log(±0) = -Inf, with derivative +Inf
//	Log(x < 0) = NaN, with derivative NaN: the function ends at 0, though 1/x does not
//	Log(+Inf) = +Inf, with derivative 0
func Log(x graph.Value) graph.Value { return graph.Unary(opLog, x) }

func log1p(x float64) (y, dx float64) {
	if x < -1 {
		return math.NaN(), math.NaN()
	}
	return math.Log1p(x), 1 / (1 + x)
}

// logTo returns the logarithm of x by f, and its derivative 1/(x·ln b) for a base b with the given logarithm.
func logTo(x float64, f func(float64) float64, lnBase float64) (y, dx float64) {
	if x < 0 {
		return math.NaN(), math.NaN()
	}
	return f(x), 1 / (x + 0) * (1 / lnBase)
}

// Expm1 returns eˣ - 1, element by element, with full relative precision near 0.
//
// Derivative: eˣ.
//
// Special cases are:
//
//	Expm1(±0) = ±0, with derivative 1
//	Expm1(+Inf) = +Inf, with derivative +Inf
//	Expm1(-Inf) = -1, with derivative 0
func Expm1(x graph.Value) graph.Value { return graph.Unary(opExpm1, x) }

// Log1p returns ln(1+x), element by element, with full relative precision near 0.
//
// Derivative: 1/(1+x).
//
// Special cases are:
//
//	Log1p(±0) = ±0, with derivative 1
//	Log1p(-1) = -Inf, with derivative +Inf
//	Log1p(x < -1) = NaN, with derivative NaN
//	Log1p(+Inf) = +Inf, with derivative 0
func Log1p(x graph.Value) graph.Value { return graph.Unary(opLog1p, x) }

// Log2 returns the logarithm of x to base 2, element by element. It is exact for powers of 2 and has full relative
// precision near 1.
//
// Derivative: 1/(x·ln 2).
//
// Special cases are:
//
//	Log2(±0) = -Inf, with derivative +Inf
//	Log2(x < 0) = NaN, with derivative NaN
//	Log2(+Inf) = +Inf, with derivative 0
func Log2(x graph.Value) graph.Value { return graph.Unary(opLog2, x) }

// Log10 returns the logarithm of x to base 10, element by element. It is exact for the powers of 10 from 1e-22 to 1e22
// and has full relative precision near 1.
//
// Derivative: 1/(x·ln 10).
//
// Special cases are:
//
//	Log10(±0) = -Inf, with derivative +Inf
//	Log10(x < 0) = NaN, with derivative NaN
//	Log10(+Inf) = +Inf, with derivative 0
func Log10(x graph.Value) graph.Value { return graph.Unary(opLog10, x) }

// LogAddExp returns ln(eᵃ + eᵇ), element by element: [LogSumExp] of two. It does not overflow. Shapes broadcast as in
// NumPy.
//
// Derivative: sigmoid(a-b) by a, sigmoid(b-a) by b.
//
// Special cases are:
//
//	LogAddExp(-Inf, b) = b, with derivative 0 by a: -Inf is a mask
//	LogAddExp(-Inf, -Inf) = -Inf, with derivative 0 by either
//	LogAddExp(+Inf, b) = +Inf, with derivative 1 by a, for finite b
//	LogAddExp(+Inf, +Inf) = +Inf, with derivative NaN
func LogAddExp(a, b graph.Value) graph.Value { return graph.Binary(opLogAddExp, a, b) }

func logAddExpSlope(n graph.Node, i int) slopeOf {
	return slopeOf{op: kernel.SlopeLogAddExp, a: n.In(i), b: n.In(1 - i)}
}
