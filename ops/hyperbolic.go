package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

var opSinh, opCosh, opAsinh, opAcosh, opAtanh graph.Op

func init() {
	register(&opSinh, slopedBy(kernel.SlopeCosh, ofOperand, 0, 0, graph.Row{
		Name: "sinh", Func: Sinh, Params: "x",
		Doc:        "hyperbolic sine",
		Formula:    "(eˣ - e⁻ˣ)/2",
		Derivative: "cosh x",
		Value:      "sinh(x)",
		Slopes:     []string{"cosh(x)"},
		Unary:      func(x float64) (float64, float64) { return specfun.Sinh(x), specfun.Cosh(x) },
		Forward:    mapped(kernel.MapSinh),
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Cosh(n.Input(0))) },
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(inf, inf), NegInf: at(-inf, inf), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source:     "Go math.Sinh; e^(x/2)·e^(x/2)/2 where eˣ overflows",
	}))
	register(&opCosh, slopedBy(kernel.SlopeSinh, ofOperand, 0, 0, graph.Row{
		Name: "cosh", Func: Cosh, Params: "x",
		Doc:        "hyperbolic cosine",
		Formula:    "(eˣ + e⁻ˣ)/2",
		Derivative: "sinh x",
		Value:      "cosh(x)",
		Slopes:     []string{"sinh(x)"},
		Unary:      func(x float64) (float64, float64) { return specfun.Cosh(x), specfun.Sinh(x) },
		Forward:    mapped(kernel.MapCosh),
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Sinh(n.Input(0))) },
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(inf, inf), NegInf: at(inf, -inf), Zero: at(1, 0), NegZero: at(1, 0)},
		Source:     "Go math.Cosh; e^(x/2)·e^(x/2)/2 where eˣ overflows",
	}))
	register(&opAsinh, slopedBy(kernel.SlopeAsinh, ofOperand, 0, 0, graph.Row{
		Name: "asinh", Func: Asinh, Params: "x",
		Doc:        "inverse hyperbolic sine",
		Formula:    "ln(x + √(x²+1))",
		Derivative: "1/hypot(1, x)",
		Value:      "asinh(x)",
		Slopes:     []string{"1/hypot(1, x)"},
		Unary:      func(x float64) (float64, float64) { return math.Asinh(x), 1 / math.Hypot(1, x) },
		Forward:    mapped(kernel.MapAsinh),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			return Chain(ct, Reciprocal(Hypot(x.Graph().Const(1), x)))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(-inf, 0), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "FreeBSD s_asinh.c, via Go math.Asinh",
	}))
	register(&opAcosh, slopedBy(kernel.SlopeAcosh, ofOperand, 0, 0, graph.Row{
		Name: "acosh", Func: Acosh, Params: "x",
		Doc:        "inverse hyperbolic cosine",
		Formula:    "ln(x + √(x²-1))",
		Derivative: "1/(√(x-1)·√(x+1))",
		Value:      "acosh(x)",
		Slopes:     []string{"1/sqrt(x-1)/sqrt(x+1)"},
		Unary: func(x float64) (float64, float64) {
			return math.Acosh(x), 1 / math.Sqrt(x-1) * (1 / math.Sqrt(x+1))
		},
		Forward: mapped(kernel.MapAcosh),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			// Two roots: x²-1 would lose digits near 1 and overflow at 1e200.
			x := n.Input(0)
			return Chain(ct, Mul(Rsqrt(AddScalar(x, -1)), Rsqrt(AddScalar(x, 1))))
		},
		Domain: []graph.Interval{{Lo: 1.2, Hi: 5}},
		Kinks:  []graph.Kink{{At: 1, Chosen: math.Inf(1), Why: "the limit from the right"}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(nan, nan), NegZero: at(nan, nan)},
		Source: "FreeBSD e_acosh.c, via Go math.Acosh",
	}))
	register(&opAtanh, slopedBy(kernel.SlopeAtanh, ofOperand, 0, 0, graph.Row{
		Name: "atanh", Func: Atanh, Params: "x",
		Doc:        "inverse hyperbolic tangent",
		Formula:    "ln((1+x)/(1-x))/2",
		Derivative: "1/((1-x)(1+x))",
		Value:      "atanh(x)",
		Slopes:     []string{"where(gt(abs(x), 1), sqrt(1-abs(x)), 1/((1-x)*(1+x)))"},
		Unary: func(x float64) (float64, float64) {
			if math.Abs(x) > 1 {
				return math.NaN(), math.NaN()
			}
			return math.Atanh(x), 1 / ((1 - x) * (1 + x))
		},
		Forward: mapped(kernel.MapAtanh),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Square(rsqrtOneMinusSquare(n.Input(0))))
		},
		Domain: []graph.Interval{{Lo: -0.9, Hi: 0.9}},
		Kinks: []graph.Kink{
			{At: -1, Chosen: math.Inf(1), Why: "the limit from inside"},
			{At: 1, Chosen: math.Inf(1), Why: "the limit from inside"},
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "FreeBSD e_atanh.c, via Go math.Atanh",
	}))
}

// Sinh returns the hyperbolic sine of x, element by element, with full relative precision near 0. It overflows only
// where the result does.
//
// Derivative: cosh x.
//
// Special cases are:
//
//	Sinh(±0) = ±0, with derivative 1
//	Sinh(±Inf) = ±Inf, with derivative +Inf
func Sinh(x graph.Value) graph.Value { return graph.Unary(opSinh, x) }

// Cosh returns the hyperbolic cosine of x, element by element. It overflows only where the result does.
//
// Derivative: sinh x.
//
// Special cases are:
//
//	Cosh(±0) = 1, with derivative ±0
//	Cosh(±Inf) = +Inf, with derivative ±Inf
func Cosh(x graph.Value) graph.Value { return graph.Unary(opCosh, x) }

// Asinh returns the inverse hyperbolic sine of x, element by element, with full relative precision near 0.
//
// Derivative: 1/√(1+x²), which does not overflow on the way.
//
// Special cases are:
//
//	Asinh(±0) = ±0, with derivative 1
//	Asinh(±Inf) = ±Inf, with derivative 0
func Asinh(x graph.Value) graph.Value { return graph.Unary(opAsinh, x) }

// Acosh returns the inverse hyperbolic cosine of x, element by element.
//
// Derivative: 1/√(x²-1), without cancellation near 1 and without overflow on the way.
//
// Special cases are:
//
//	Acosh(1) = 0, with derivative +Inf
//	Acosh(x < 1) = NaN, with derivative NaN
//	Acosh(+Inf) = +Inf, with derivative 0
func Acosh(x graph.Value) graph.Value { return graph.Unary(opAcosh, x) }

// Atanh returns the inverse hyperbolic tangent of x, element by element, with full relative precision near 0.
//
// Derivative: 1/((1-x)(1+x)).
//
// Special cases are:
//
//	Atanh(±0) = ±0, with derivative 1
//	Atanh(±1) = ±Inf, with derivative +Inf
//	Atanh(x) = NaN with derivative NaN for |x| > 1
func Atanh(x graph.Value) graph.Value { return graph.Unary(opAtanh, x) }
