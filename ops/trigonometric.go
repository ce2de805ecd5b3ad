package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
	"golang.org/x/exp/constraints"
)

var opSin, opCos, opTan, opAsin, opAcos, opAtan, opAtan2, opHypot graph.Op

func init() {
	register(&opSin, withSlope(sinSlope[float64], sinSlope[float32], graph.Row{
		Name: "sin", Func: Sin, Params: "x",
		Doc:        "sine, x in radians",
		Formula:    "sin x",
		Derivative: "cos x",
		Value:      "sin(x)",
		Slopes:     []string{"cos(x)"},
		Unary:      specfun.Sincos,
		Forward:    kernel1(kernel.Sin[float64], kernel.Sin[float32]),
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Cos(n.Input(0))) },
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source:     "FreeBSD k_sin.c and k_cos.c; reduction by Cody and Waite (1980)",
	}))
	register(&opCos, withSlope(cosSlope[float64], cosSlope[float32], graph.Row{
		Name: "cos", Func: Cos, Params: "x",
		Doc:        "cosine, x in radians",
		Formula:    "cos x",
		Derivative: "-sin x",
		Value:      "cos(x)",
		Slopes:     []string{"-sin(x)"},
		Unary: func(x float64) (float64, float64) {
			s, c := specfun.Sincos(x)
			return c, -s
		},
		Forward: kernel1(kernel.Cos[float64], kernel.Cos[float32]),
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Neg(Sin(n.Input(0)))) },
		At:      graph.Specials{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(1, 0), NegZero: at(1, 0)},
		Source:  "FreeBSD k_sin.c and k_cos.c; reduction by Cody and Waite (1980)",
	}))
	register(&opTan, slopedBy(kernel.SlopeSquare, ofResult, 1, 1, graph.Row{
		Name: "tan", Func: Tan, Params: "x",
		Doc:        "tangent, x in radians",
		Formula:    "tan x",
		Derivative: "1 + tan² x",
		Value:      "tan(x)",
		Slopes:     []string{"1+y*y"},
		Unary: func(x float64) (float64, float64) {
			y := specfun.Tan(x)
			return y, 1 + y*y
		},
		Forward: forwardBlocks(tanValue[float64], tanValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, AddScalar(Square(n.Value()), 1))
		},
		Domain: []graph.Interval{{Lo: -1.2, Hi: 1.2}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "sin x/cos x",
	}))
	register(&opAsin, slopedBy(kernel.SlopeAsin, ofOperand, 1, 0, graph.Row{
		Name: "asin", Func: Asin, Params: "x",
		Doc:        "inverse sine, in radians",
		Formula:    "arcsin x",
		Derivative: "1/√((1-x)(1+x))",
		Value:      "asin(x)",
		Slopes:     []string{"1/sqrt((1-x)*(1+x))"},
		Unary:      func(x float64) (float64, float64) { return specfun.Asin(x), 1 / cosOfAsin(x) },
		Forward:    mapped(kernel.MapAsin),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, rsqrtOneMinusSquare(n.Input(0)))
		},
		Domain: []graph.Interval{{Lo: -0.9, Hi: 0.9}},
		Kinks: []graph.Kink{
			{At: -1, Chosen: math.Inf(1), Why: "the limit from inside"},
			{At: 1, Chosen: math.Inf(1), Why: "the limit from inside"},
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "atan2(x, √((1-x)(1+x))), which keeps the digits near ±1",
	}))
	register(&opAcos, slopedBy(kernel.SlopeAsin, ofOperand, -1, 0, graph.Row{
		Name: "acos", Func: Acos, Params: "x",
		Doc:        "inverse cosine, in radians",
		Formula:    "arccos x",
		Derivative: "-1/√((1-x)(1+x))",
		Value:      "acos(x)",
		Slopes:     []string{"-1/sqrt((1-x)*(1+x))"},
		Unary:      func(x float64) (float64, float64) { return specfun.Acos(x), -1 / cosOfAsin(x) },
		Forward:    mapped(kernel.MapAcos),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Neg(rsqrtOneMinusSquare(n.Input(0))))
		},
		Domain: []graph.Interval{{Lo: -0.9, Hi: 0.9}},
		Kinks: []graph.Kink{
			{At: -1, Chosen: math.Inf(-1), Why: "the limit from inside"},
			{At: 1, Chosen: math.Inf(-1), Why: "the limit from inside"},
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(math.Pi/2, -1), NegZero: at(math.Pi/2, -1)},
		Source: "atan2(√((1-x)(1+x)), x), which keeps the digits near ±1",
	}))
	register(&opAtan, slopedBy(kernel.SlopeAtan, ofOperand, 0, 0, graph.Row{
		Name: "atan", Func: Atan, Params: "x",
		Doc:        "inverse tangent, in radians",
		Formula:    "arctan x",
		Derivative: "1/(1+x²)",
		Value:      "atan(x)",
		Slopes:     []string{"1/(1+x*x)"},
		Unary:      func(x float64) (float64, float64) { return math.Atan(x), 1 / (1 + x*x) },
		Forward:    mapped(kernel.MapAtan),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Reciprocal(AddScalar(Square(n.Input(0)), 1)))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(math.Pi/2, 0), NegInf: at(-math.Pi/2, 0), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "Cephes atan.c, via Go math.Atan",
	}))
	register(&opAtan2, slopedPairs(atan2Slope, graph.Row{
		Name: "atan2", Func: Atan2, Params: "y, x",
		Doc:        "angle of the point (x, y), in radians",
		Formula:    "arg(x + iy)",
		Derivative: "x/r², -y/r² with r = hypot(x, y)",
		Value:      "atan2(y, x)",
		Slopes: []string{
			"where(isnan(hypot(y, x)), hypot(y, x), where(ne(hypot(y, x), 0)*isfinite(hypot(y, x)), x/hypot(y, x)/hypot(y, x), 0))",
			"where(isnan(hypot(y, x)), hypot(y, x), where(ne(hypot(y, x), 0)*isfinite(hypot(y, x)), -y/hypot(y, x)/hypot(y, x), 0))",
		},
		Binary: func(y, x float64) (float64, float64, float64) {
			r := math.Hypot(y, x)
			if r == 0 || math.IsInf(r, 1) {
				return specfun.Atan2(y, x), 0, 0
			}
			// Dividing twice keeps r² from overflowing.
			return specfun.Atan2(y, x), x / r / r, -(y / r / r)
		},
		Forward: mappedPairs(kernel.MapAtan2),
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			y, x := n.Input(0), n.Input(1)
			r := Hypot(y, x)
			d := Div(Div(n.Input(1-i), r), r)
			if i == 1 {
				d = Neg(d)
			}
			zero := r.Graph().Const(0)
			d = Where(Eq(r, r.Graph().Const(math.Inf(1))), zero, d)
			return Chain(ct, Where(Eq(r, zero), zero, d))
		},
		Domain: []graph.Interval{{Lo: 0.4, Hi: 2}, {Lo: -2, Hi: 2}},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0, Why: "at the origin no direction is better than another"}},
		Source: "Go math.Atan2",
	}))
	register(&opHypot, slopedPairs(hypotSlope, graph.Row{
		Name: "hypot", Func: Hypot, Params: "a, b",
		Doc:        "length of the vector (a, b), without overflow",
		Formula:    "√(a² + b²)",
		Derivative: "a/y, b/y",
		Value:      "hypot(a, b)",
		Slopes:     []string{"where(eq(y, 0), 0, a/y)", "where(eq(y, 0), 0, b/y)"},
		Binary: func(a, b float64) (float64, float64, float64) {
			y := math.Hypot(a, b)
			if y == 0 {
				return y, 0, 0
			}
			return y, a / y, b / y
		},
		Forward: mappedPairs(kernel.MapHypot),
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			return Chain(ct, divOrZero(n.Input(i), n.Value()))
		},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0, Why: "the smallest subgradient"}},
		Source: "scaled by the larger leg, Go math.Hypot",
	}))
}

// Sin returns the sine of x in radians, element by element.
//
// Derivative: cos x.
//
// Special cases are:
//
//	Sin(±0) = ±0, with derivative 1
//	Sin(±Inf) = NaN
func Sin(x graph.Value) graph.Value {
	if v, f, ok := graph.Scalar(x); ok {
		s, c := specfun.Sincos(v)
		return graph.Record1(opSin, f, x, s, c)
	}
	return graph.Unary(opSin, x)
}

// Cos returns the cosine of x in radians, element by element.
//
// Derivative: -sin x.
//
// Special cases are:
//
//	Cos(±Inf) = NaN
func Cos(x graph.Value) graph.Value {
	if v, f, ok := graph.Scalar(x); ok {
		s, c := specfun.Sincos(v)
		return graph.Record1(opCos, f, x, c, -s)
	}
	return graph.Unary(opCos, x)
}

func sinSlope[T constraints.Float](b block[T]) { kernel.Cos(b.d, b.x) }

func cosSlope[T constraints.Float](b block[T]) {
	kernel.Sin(b.d, b.x)
	kernel.Neg(b.d, b.d)
}

func tanValue[T constraints.Float](b block[T]) {
	kernel.Sin(b.t, b.x)
	kernel.Cos(b.d, b.x)
	kernel.Div(b.y, b.t, b.d)
}

// cosOfAsin returns √(1-x²) = cos(arcsin x) without the cancellation of 1 - x². NaN for |x| > 1.
func cosOfAsin(x float64) float64 { return math.Sqrt((1 - x) * (1 + x)) }

// rsqrtOneMinusSquare returns 1/√(1-x²), as graph operations, in the same form.
func rsqrtOneMinusSquare(x graph.Value) graph.Value {
	return Rsqrt(Mul(oneMinus(x), AddScalar(x, 1)))
}

// Tan returns the tangent of x in radians, element by element.
//
// Derivative: 1 + tan² x.
//
// Special cases are:
//
//	Tan(±0) = ±0, with derivative 1
//	Tan(±Inf) = NaN
func Tan(x graph.Value) graph.Value { return graph.Unary(opTan, x) }

// Asin returns the inverse sine of x, from -π/2 to π/2, element by element. Value and derivative keep their digits near
// ±1.
//
// Derivative: 1/√((1-x)(1+x)).
//
// Special cases are:
//
//	Asin(±0) = ±0, with derivative 1
//	Asin(±1) = ±π/2, with derivative +Inf
//	Asin(x) = NaN with derivative NaN for |x| > 1
func Asin(x graph.Value) graph.Value { return graph.Unary(opAsin, x) }

// Acos returns the inverse cosine of x, from 0 to π, element by element. Value and derivative keep their digits near
// ±1.
//
// Derivative: -1/√((1-x)(1+x)).
//
// Special cases are:
//
//	Acos(1) = 0, with derivative -Inf
//	Acos(-1) = π, with derivative -Inf
//	Acos(x) = NaN with derivative NaN for |x| > 1
func Acos(x graph.Value) graph.Value { return graph.Unary(opAcos, x) }

// Atan returns the inverse tangent of x, from -π/2 to π/2, element by element.
//
// Derivative: 1/(1+x²).
//
// Special cases are:
//
//	Atan(±0) = ±0, with derivative 1
//	Atan(±Inf) = ±π/2, with derivative 0
func Atan(x graph.Value) graph.Value { return graph.Unary(opAtan, x) }

// Atan2 returns the angle from the positive x-axis to the point (x, y), from -π to π, element by element. Shapes
// broadcast as in NumPy.
//
// Derivative: x/r² by y, -y/r² by x, where r is the length of (x, y). It does not overflow.
//
// Special cases are those of [math.Atan2], and for the derivatives:
//
//	Atan2(±0, ±0): 0 by both, for no direction is better than another; as [Norm] at 0
//	Atan2(y, x) with an infinite operand: 0 by both, the limit
func Atan2(y, x graph.Value) graph.Value { return graph.Binary(opAtan2, y, x) }

// Hypot returns √(a² + b²), element by element. It neither overflows nor underflows on the way. Shapes broadcast as in
// NumPy.
//
// Derivative: a/y by a, b/y by b, for the result y.
//
// Special cases are:
//
//	Hypot(0, 0) = 0, with derivative 0
//	Hypot(±Inf, b) = +Inf for every b, with derivative NaN by a, and 0 by a finite b
//	Hypot(NaN, b) = NaN for finite b
func Hypot(a, b graph.Value) graph.Value { return graph.Binary(opHypot, a, b) }

func hypotSlope(n graph.Node, i int) slopeOf {
	return slopeOf{op: kernel.SlopeQuotientOrZero, a: n.In(i), b: n.Out()}
}

func atan2Slope(n graph.Node, i int) slopeOf {
	p := 1.0
	if i == 1 {
		p = -1
	}
	return slopeOf{op: kernel.SlopeAngle, a: n.In(1 - i), b: n.In(i), p: p}
}
