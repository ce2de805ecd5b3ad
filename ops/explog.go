package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opExp, opLog, opSin, opCos graph.Op

func init() {
	register(&opExp, withBackward(ofResult, productChain[float64](), productChain[float32](), graph.Row{
		Name: "exp", Func: Exp, Params: "x", Doc: "exponential", Formula: "eˣ", Derivative: "eˣ",
		Unary: func(x float64) (float64, float64) {
			y := math.Exp(x)
			return y, y
		},
		Forward: kernel1(kernel.Exp[float64], kernel.Exp[float32]),
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, n.Value()) },
		At:      graph.Edges{NaN: at(nan, nan), Inf: at(inf, inf), NegInf: at(0, 0), Zero: at(1, 1), NegZero: at(1, 1)},
		Source:  "FreeBSD e_exp.c, via Go math.Exp",
	}))
	register(&opLog, withSlope(logSlope[float64], logSlope[float32], graph.Row{
		Name: "log", Func: Log, Params: "x", Doc: "natural logarithm", Formula: "ln x", Derivative: "1/x",
		Unary: func(x float64) (float64, float64) {
			if x < 0 {
				return math.NaN(), math.NaN()
			}
			return ln(x), 1 / (x + 0) // +Inf at -0 too
		},
		Forward: kernel1(kernel.Log[float64], kernel.Log[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			return Chain(ct, nanBelow(x, 0, Reciprocal(positiveZero(x))))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 4}},
		Kinks:  []graph.Kink{{At: 0, Chosen: math.Inf(1), Why: "the limit from the right"}},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(-inf, inf), NegZero: at(-inf, inf)},
		Source: "FreeBSD e_log.c, via Go math.Log",
	}))
	register(&opSin, withSlope(sinSlope[float64], sinSlope[float32], graph.Row{
		Name: "sin", Func: Sin, Params: "x", Doc: "sine, x in radians", Formula: "sin x", Derivative: "cos x",
		Unary:   kernel.Sincos,
		Forward: kernel1(kernel.Sin[float64], kernel.Sin[float32]),
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Cos(n.Input(0))) },
		At:      graph.Edges{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source:  "FreeBSD k_sin.c and k_cos.c; reduction by Cody and Waite (1980)",
	}))
	register(&opCos, withSlope(cosSlope[float64], cosSlope[float32], graph.Row{
		Name: "cos", Func: Cos, Params: "x", Doc: "cosine, x in radians", Formula: "cos x", Derivative: "-sin x",
		Unary: func(x float64) (float64, float64) {
			s, c := kernel.Sincos(x)
			return c, -s
		},
		Forward: kernel1(kernel.Cos[float64], kernel.Cos[float32]),
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Neg(Sin(n.Input(0)))) },
		At:      graph.Edges{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(1, 0), NegZero: at(1, 0)},
		Source:  "FreeBSD k_sin.c and k_cos.c; reduction by Cody and Waite (1980)",
	}))
}

// ln returns the natural logarithm. On amd64 Go's math.Log is wrong for denormal numbers, which are scaled here.
func ln(x float64) float64 {
	if x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// Exp returns eˣ, element by element.
//
// Derivative: eˣ.
//
// Special cases are:
//
//	Exp(+Inf) = +Inf, with derivative +Inf
//	Exp(-Inf) = 0, with derivative 0
func Exp(x graph.Value) graph.Value { return unary(opExp, x) }

// Log returns the natural logarithm ln x, element by element.
//
// Derivative: 1/x.
//
// Special cases are:
//
//	Log(±0) = -Inf, with derivative +Inf
//	Log(x < 0) = NaN, with derivative NaN: the function ends at 0, though 1/x does not
//	Log(+Inf) = +Inf, with derivative 0
func Log(x graph.Value) graph.Value { return unary(opLog, x) }

// Sin returns the sine of x in radians, element by element.
//
// Derivative: cos x.
//
// Special cases are:
//
//	Sin(±0) = ±0, with derivative 1
//	Sin(±Inf) = NaN
func Sin(x graph.Value) graph.Value {
	if v, f := graph.Scalar(x); f.Scalar() {
		s, c := kernel.Sincos(v)
		return graph.Record1(opSin, f, x, s, c)
	}
	return unary(opSin, x)
}

// Cos returns the cosine of x in radians, element by element.
//
// Derivative: -sin x.
//
// Special cases are:
//
//	Cos(±Inf) = NaN
func Cos(x graph.Value) graph.Value {
	if v, f := graph.Scalar(x); f.Scalar() {
		s, c := kernel.Sincos(v)
		return graph.Record1(opCos, f, x, c, -s)
	}
	return unary(opCos, x)
}

func logSlope[T constraints.Float](b block[T]) {
	for i, v := range b.x {
		if v < 0 {
			v = T(math.NaN())
		}
		b.d[i] = 1 / (v + 0)
	}
}

func sinSlope[T constraints.Float](b block[T]) { kernel.Cos(b.d, b.x) }

func cosSlope[T constraints.Float](b block[T]) {
	kernel.Sin(b.d, b.x)
	kernel.Neg(b.d, b.d)
}
