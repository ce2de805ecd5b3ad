package ops

import (
	"math"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
	"golang.org/x/exp/constraints"
)

var opSquare, opSqrt, opRsqrt, opReciprocal, opReciprocalPositive, opPow, opPowLog, opPowScalar graph.Op

func init() {
	register(&opSquare, slopedBy(kernel.SlopeScale, ofOperand, 2, 0, graph.Row{
		Name: "square", Func: Square, Params: "x",
		Doc:        "square",
		Formula:    "x²",
		Derivative: "2x",
		Value:      "x*x",
		Slopes:     []string{"2*x"},
		Unary:      func(x float64) (float64, float64) { return x * x, 2 * x },
		Forward:    kernel1(kernel.Square[float64], kernel.Square[float32]),
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, MulScalar(n.Input(0), 2)) },
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(inf, inf), NegInf: at(inf, -inf), Zero: at(0, 0), NegZero: at(0, 0)},
		Source:     "power rule",
	}))
	register(&opSqrt, slopedBy(kernel.SlopeInverse, ofResult, 0.5, 0, graph.Row{
		Name: "sqrt", Func: Sqrt, Params: "x",
		Doc:        "square root",
		Formula:    "√x",
		Derivative: "1/(2√x)",
		Value:      "sqrt(x)",
		Slopes:     []string{"0.5/abs(y)"},
		Unary: func(x float64) (float64, float64) {
			y := math.Sqrt(x)
			return y, 0.5 / (y + 0) // +Inf at -0 too
		},
		Forward: kernel1(kernel.Sqrt[float64], kernel.Sqrt[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Reciprocal(AddScalar(n.Value(), 0)), 0.5))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 4}},
		Kinks:  []graph.Kink{{At: 0, Chosen: math.Inf(1), Why: "the limit from the right"}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(0, inf), NegZero: at(negZero, inf)},
		Source: "power rule; IEEE 754 squareRoot",
	}))
	register(&opRsqrt, rsqrtBackward(graph.Row{
		Name: "rsqrt", Func: Rsqrt, Params: "x",
		Doc:        "one over the square root",
		Formula:    "1/√x",
		Derivative: "-1/(2x√x)",
		Value:      "1/sqrt(x)",
		Slopes:     []string{"-0.5*(y/x)"},
		Unary: func(x float64) (float64, float64) {
			y := 1 / math.Sqrt(x)
			return y, -0.5 * (y / x)
		},
		Forward: mapped(kernel.MapRsqrt),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Div(n.Value(), n.Input(0)), -0.5))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 4}},
		Kinks:  []graph.Kink{{At: 0, Chosen: math.Inf(-1), Why: "the limit from the right"}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(nan, nan), Zero: at(inf, -inf), NegZero: at(-inf, -inf)},
		Source: "power rule; IEEE 754 rSqrt",
	}))
	register(&opReciprocal, slopedBy(kernel.SlopeSquare, ofResult, -1, negZero, graph.Row{
		Name: "reciprocal", Func: Reciprocal, Params: "x",
		Doc:        "one over x",
		Formula:    "1/x",
		Derivative: "-1/x²",
		Value:      "1/x",
		Slopes:     []string{"-y*y"},
		Unary: func(x float64) (float64, float64) {
			y := 1 / x
			return y, -y * y
		},
		Forward: mapped(kernel.MapReciprocal),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Neg(Square(n.Value())))
		},
		Domain: []graph.Interval{{Lo: 0.5, Hi: 3}},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(negZero, 0), Zero: at(inf, -inf), NegZero: at(-inf, -inf)},
		Source: "power rule",
	}))
	register(&opReciprocalPositive, slopedBy(kernel.SlopeSquare, ofResult, -1, negZero, graph.Row{
		Name: "reciprocal_positive", Func: ReciprocalPositive, Params: "x",
		Doc:        "one over x for x ≥ 0, else NaN: the derivative of the logarithm",
		Formula:    "1/x",
		Derivative: "-1/x²",
		Value:      "where(lt(x, 0), sqrt(x), 1/abs(x))",
		Slopes:     []string{"-y*y"},
		Unary: func(x float64) (float64, float64) {
			y := reciprocalPositive(x)
			return y, -y * y
		},
		Forward: func(n graph.Node) { mapTo(kernel.MapReciprocalPositive, n, 1, 0) },
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Neg(Square(n.Value()))) },
		Domain:  []graph.Interval{{Lo: 0.5, Hi: 3}},
		At:      graph.Specials{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(nan, nan), Zero: at(inf, -inf), NegZero: at(inf, -inf)},
		Source:  "power rule; the limit from the right at 0",
	}))
	register(&opPow, slopedPairs(powSlopes, graph.Row{
		Name: "pow", Func: Pow, Params: "x, y",
		Doc:        "power",
		Formula:    "xʸ",
		Derivative: "y·xʸ⁻¹, xʸ·ln x",
		Value:      "pow(x, y)",
		Slopes:     []string{"where(eq(y, 0), 0, y*pow(x, y-1))", "where(lt(x, 0), sqrt(x), where(eq(pow(x, y), 0)+eq(x, 0)*ge(y, 0), 0, pow(x, y)*log(x)))"},
		Binary: func(x, y float64) (float64, float64, float64) {
			z := specfun.Pow(x, y)
			return z, powBase(x, y), powExponent(x, y, z)
		},
		Forward: mappedPairs(kernel.MapPow),
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			x, y, zero := n.Input(0), n.Input(1), n.Graph().Const(0)
			less := AddScalar(y, -1)
			switch {
			case i == 1:
				origin := Mul(Eq(x, zero), Eq(y, zero))
				return Chain(ct, Where(origin, zero, PowLog(x, y, 1)))
			case n.Wants(1):
				// pow(x, 0) is 1 everywhere: there 0·xʸ⁻¹ is 0, infinite as the power may be.
				return Chain(ct, Chain(y, PowLog(x, less, 0)))
			}
			return Where(Eq(y, zero), zero, Chain(ct, Mul(y, Pow(x, less))))
		},
		Domain: []graph.Interval{{Lo: 0.2, Hi: 3}, {Lo: -2, Hi: 2}},
		Source: "power rule; special values of C99 pow",
	}))
	register(&opPowLog, graph.Row{
		Name: "pow_log", Func: PowLog, Params: "x, y, k",
		Doc:        "power times a power of the logarithm: what the derivatives of pow are made of",
		Formula:    "xʸ·(ln x)ᵏ",
		Derivative: "y·xʸ⁻¹·(ln x)ᵏ + k·xʸ⁻¹·(ln x)ᵏ⁻¹, xʸ·(ln x)ᵏ⁺¹",
		Value:      powLogText("y", "k"),
		Slopes: []string{
			"where(eq(y, 0), 0, y*" + powLogText("(y-1)", "k") + ")+where(eq(k, 0), 0, k*" + powLogText("(y-1)", "(k-1)") + ")",
			powLogText("y", "(k+1)"),
		},
		Class: graph.Elementwise,
		Forward: func(n graph.Node) {
			k := n.Int(0)
			graph.MapPairs(n, func(x, y float64) float64 { return powLog(x, y, k) })
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			x, y, k := n.Input(0), n.Input(1), n.Int(0)
			if i == 1 {
				return Chain(ct, PowLog(x, y, k+1))
			}
			less := AddScalar(y, -1)
			d := Chain(y, PowLog(x, less, k))
			if k > 0 {
				d = Add(d, MulScalar(PowLog(x, less, k-1), float64(k)))
			}
			return Chain(ct, d)
		},
		Domain: []graph.Interval{{Lo: 0.2, Hi: 3}, {Lo: -2, Hi: 2}},
		Try:    []string{"() () 0", "() () 2", "(2,3) (2,3) 1", "(3) () 3", "(2,1) (1,3) 1", "(0) (0) 1"},
		Source: "product rule; the limit from the right at x = 0",
	})
	isOne := func(n graph.Node, _ int) bool { return n.Float(0) == 0 } // x⁰, whatever x is
	register(&opPowScalar, constantWhere(isOne, powScalarBackward(graph.Row{
		Name: "pow_scalar", Func: PowScalar, Params: "x, p",
		Doc:        "power with a constant exponent",
		Formula:    "xᵖ",
		Derivative: "p·xᵖ⁻¹",
		Value:      "pow(x, p)",
		Slopes:     []string{"where(eq(p, 0), 0, p*pow(x, p-1))"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) { return specfun.Pow(x, p[0]), powBase(x, p[0]) },
		Forward:    powScalarForward,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			p := n.Float(0)
			if p == 0 {
				return zeroVJP(n, 0, ct)
			}
			return Chain(ct, MulScalar(PowScalar(n.Input(0), p-1), p))
		},
		Domain: []graph.Interval{{Lo: 0.2, Hi: 3}},
		Try:    []string{"() 2.5", "(2,3) 3", "(4) 0", "(4) 1", "(3) -2"},
		Source: "power rule; special values of C99 pow",
	})))
}

func reciprocalPositive[T constraints.Float](x T) T {
	if x < 0 {
		return T(math.NaN())
	}
	return 1 / (x + 0) // +Inf at -0 too
}

func finite(x float64) bool { return x-x == 0 }

// powLog returns xʸ·(ln x)ᵏ, at x = 0 the limit from the right. It is NaN for x < 0 unless k is 0.
func powLog(x, y float64, k int) float64 {
	z := specfun.Pow(x, y)
	switch {
	case k == 0:
		return z
	case x < 0:
		return math.NaN()
	case x == 0 && y > 0, z == 0:
		return 0
	}
	return z * specfun.Pow(specfun.Log(x), float64(k))
}

// powLogText returns powLog as an expression, for an exponent and an order that are expressions too.
func powLogText(y, k string) string {
	return strings.NewReplacer("y", y, "k", k).Replace(
		"where(eq(k, 0), pow(x, y), where(lt(x, 0), sqrt(x), where(eq(x, 0)*gt(y, 0)+eq(pow(x, y), 0), 0, pow(x, y)*pow(log(x), k))))")
}

// powBase returns ∂xʸ/∂x = y·xʸ⁻¹, 0 for y = 0.
func powBase(x, y float64) float64 {
	if y == 0 {
		return 0
	}
	return y * specfun.Pow(x, y-1)
}

// powExponent returns ∂xʸ/∂y = z·ln x for z = xʸ, 0 for x = 0 and y ≥ 0, NaN for x < 0.
func powExponent(x, y, z float64) float64 {
	switch {
	case x < 0:
		return math.NaN()
	case z == 0, x == 0 && y >= 0:
		return 0
	}
	return z * specfun.Log(x)
}

// Square returns x², element by element.
//
// Derivative: 2x.
func Square(x graph.Value) graph.Value {
	if v, f, ok := graph.Scalar(x); ok {
		return graph.Record1(opSquare, f, x, v*v, 2*v)
	}
	return graph.Unary(opSquare, x)
}

// Sqrt returns √x, element by element, correctly rounded.
//
// Derivative: 1/(2√x).
//
// Special cases are:
//
//	Sqrt(±0) = ±0, with derivative +Inf
//	Sqrt(x < 0) = NaN
//	Sqrt(+Inf) = +Inf, with derivative 0
func Sqrt(x graph.Value) graph.Value { return graph.Unary(opSqrt, x) }

// Rsqrt returns 1/√x, element by element.
//
// Derivative: -1/(2x√x).
//
// Special cases are:
//
//	Rsqrt(±0) = ±Inf, with derivative -Inf
//	Rsqrt(x < 0) = NaN, with derivative NaN
//	Rsqrt(+Inf) = 0, with derivative 0
func Rsqrt(x graph.Value) graph.Value { return graph.Unary(opRsqrt, x) }

// Reciprocal returns 1/x, element by element.
//
// Derivative: -1/x².
//
// Special cases are:
//
//	Reciprocal(±0) = ±Inf, with derivative -Inf
//	Reciprocal(±Inf) = ±0, with derivative 0
func Reciprocal(x graph.Value) graph.Value { return graph.Unary(opReciprocal, x) }

// ReciprocalPositive returns 1/x for x ≥ 0 and NaN for x < 0, element by element: the derivative of [Log], which ends at
// 0 though 1/x does not.
//
// Derivative: -1/x².
//
// Special cases are:
//
//	ReciprocalPositive(±0) = +Inf, with derivative -Inf
//	ReciprocalPositive(+Inf) = 0, with derivative 0
func ReciprocalPositive(x graph.Value) graph.Value { return graph.Unary(opReciprocalPositive, x) }

// Pow returns x to the power y, element by element. Shapes broadcast as in NumPy.
//
// Derivative: y·xʸ⁻¹ by x, xʸ·ln x by y.
//
// Special cases are those of [math.Pow], and for the derivatives:
//
//	Pow(x, 0) = 1, with derivative 0 by x, for every x
//	Pow(0, y ≥ 0): the derivative by y is 0
//	Pow(0, 1) = 0, with derivative 1 by x
//	Pow(x < 0, y): the derivative by y is NaN
func Pow(x, y graph.Value) graph.Value {
	if _, p, _, ok := graph.Scalars(x, y); ok && p == 0 && !y.WantsGrad() {
		return graph.Begin(opPow, x, y).RecordScalar(1, graph.Term{Unselected: true}, graph.Term{Input: 1})
	}
	return graph.Binary(opPow, x, y)
}

// PowLog returns xʸ·(ln x)ᵏ, element by element, for k ≥ 0. The derivatives of [Pow] of all orders are made of it. Shapes
// broadcast as in NumPy.
//
// Derivative: y·xʸ⁻¹·(ln x)ᵏ + k·xʸ⁻¹·(ln x)ᵏ⁻¹ by x, xʸ·(ln x)ᵏ⁺¹ by y.
//
// Special cases are those of [math.Pow] for k = 0, and for k > 0:
//
//	PowLog(0, y > 0, k) = 0, which is the limit
//	PowLog(0, 0, k) = -Inf for odd k, +Inf for even k
//	PowLog(x < 0, y, k) = NaN
//
// It panics with a [*graph.Error] if k is negative.
func PowLog(x, y graph.Value, k int) graph.Value {
	c := graph.Begin(opPowLog, x, y)
	if k < 0 {
		panic(c.Errorf(graph.ErrValue, "k is %d: it must be 0 or more", k))
	}
	c = c.Ints(k)
	if !c.AllScalar() {
		var buf [tensor.MaxRank]int
		return c.Record(c.Broadcast(buf[:0], c.Dims(0), c.Dims(1))...)
	}
	a, _ := x.Node().Scalar()
	b, _ := y.Node().Scalar()
	dx := 0.0
	if b != 0 {
		dx = b * powLog(a, b-1, k)
	}
	if k > 0 {
		dx += float64(k) * powLog(a, b-1, k-1)
	}
	return c.RecordScalar(powLog(a, b, k), graph.Term{D: dx}, graph.Term{Input: 1, D: powLog(a, b, k+1)})
}

// PowScalar returns x to the power of the constant number p, element by element.
//
// Derivative: p·xᵖ⁻¹.
//
// Special cases are those of [math.Pow], and PowScalar(x, 0) = 1 with derivative 0 for every x.
func PowScalar(x graph.Value, p float64) graph.Value {
	if _, _, ok := graph.Scalar(x); ok && p == 0 {
		return graph.Begin(opPowScalar, x).Floats(p, 0).RecordScalar(1, graph.Term{Unselected: true})
	}
	return graph.UnaryParam(opPowScalar, x, p)
}

func rsqrtBackward(row graph.Row) graph.Row {
	return slopedPairs(func(n graph.Node, _ int) slopeOf {
		return slopeOf{op: kernel.SlopeQuotient, a: n.Out(), b: n.In(0), p: -0.5}
	}, row)
}

// powSlopes are the derivatives of Pow. A constant exponent of 0 selects: what is 1 whatever x is passes nothing on to x.
func powSlopes(n graph.Node, i int) slopeOf {
	if i == 1 {
		return slopeOf{op: kernel.SlopePowExponent, a: n.In(0), b: n.Out()}
	}
	s := slopeOf{op: kernel.SlopePowBase, a: n.In(0), b: n.In(1)}
	if !n.Wants(1) {
		s.p = 1
	}
	return s
}
