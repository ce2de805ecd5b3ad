package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opSquare, opSqrt, opRsqrt, opReciprocal, opPow, opPowScalar graph.Op

func init() {
	register(&opSquare, withSlope(squareSlope[float64], squareSlope[float32], graph.Row{
		Name: "square", Func: Square, Params: "x", Doc: "square", Formula: "x²", Derivative: "2x",
		Unary:   func(x float64) (float64, float64) { return x * x, 2 * x },
		Forward: kernel1(kernel.Square[float64], kernel.Square[float32]),
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, MulScalar(n.Input(0), 2)) },
		At:      graph.Edges{NaN: at(nan, nan), Inf: at(inf, inf), NegInf: at(inf, -inf), Zero: at(0, 0), NegZero: at(0, 0)},
		Source:  "power rule",
	}))
	register(&opSqrt, withSlope(sqrtSlope[float64], sqrtSlope[float32], graph.Row{
		Name: "sqrt", Func: Sqrt, Params: "x", Doc: "square root", Formula: "√x", Derivative: "1/(2√x)",
		Unary: func(x float64) (float64, float64) {
			y := math.Sqrt(x)
			return y, 0.5 / (y + 0) // +Inf at -0 too
		},
		Forward: kernel1(kernel.Sqrt[float64], kernel.Sqrt[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Reciprocal(positiveZero(n.Value())), 0.5))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 4}},
		Kinks:  []graph.Kink{{At: 0, Chosen: math.Inf(1), Why: "the limit from the right"}},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(inf, 0), NegInf: at(nan, nan), Zero: at(0, inf), NegZero: at(negZero, inf)},
		Source: "power rule; IEEE 754 squareRoot",
	}))
	register(&opRsqrt, withSlope(rsqrtSlope[float64], rsqrtSlope[float32], graph.Row{
		Name: "rsqrt", Func: Rsqrt, Params: "x", Doc: "one over the square root", Formula: "1/√x", Derivative: "-1/(2x√x)",
		Unary: func(x float64) (float64, float64) {
			y := 1 / math.Sqrt(x)
			return y, -0.5 * (y / x)
		},
		Forward: forwardBlocks(rsqrtValue[float64], rsqrtValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, MulScalar(Div(n.Value(), n.Input(0)), -0.5))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 4}},
		Kinks:  []graph.Kink{{At: 0, Chosen: math.Inf(-1), Why: "the limit from the right"}},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(nan, nan), Zero: at(inf, -inf), NegZero: at(-inf, -inf)},
		Source: "power rule; IEEE 754 rSqrt",
	}))
	register(&opReciprocal, withSlope(reciprocalSlope[float64], reciprocalSlope[float32], graph.Row{
		Name: "reciprocal", Func: Reciprocal, Params: "x", Doc: "one over x", Formula: "1/x", Derivative: "-1/x²",
		Unary: func(x float64) (float64, float64) {
			y := 1 / x
			return y, -y * y
		},
		Forward: forwardBlocks(reciprocalValue[float64], reciprocalValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Neg(Square(n.Value())))
		},
		Domain: []graph.Interval{{Lo: 0.5, Hi: 3}},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(negZero, 0), Zero: at(inf, -inf), NegZero: at(-inf, -inf)},
		Source: "power rule",
	}))
	register(&opPow, graph.Row{
		Name: "pow", Func: Pow, Params: "x, y", Doc: "power", Formula: "xʸ", Derivative: "y·xʸ⁻¹, xʸ·ln x",
		Binary: func(x, y float64) (float64, float64, float64) {
			z := math.Pow(x, y)
			return z, powBase(x, y), powExponent(x, y, z)
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			x, y := n.Input(0), n.Input(1)
			if i == 0 {
				// pow(x, 0) is 1 everywhere: there 0·xʸ⁻¹ is 0, infinite as the power may be.
				return Chain(ct, Chain(y, Pow(x, AddScalar(y, -1))))
			}
			// At x = 0 the logarithm is infinite and must not count for y ≥ 0.
			zero, one := x.Graph().Const(0), x.Graph().Const(1)
			if has(x, func(v float64) bool { return v == 0 }) {
				x = Where(Mul(Eq(x, zero), Ge(y, zero)), one, x)
			}
			z := n.Value()
			if has(x, func(v float64) bool { return v < 0 }) {
				z = Where(Lt(x, zero), one, z) // for a power that vanished must not hide that ln x is NaN
			}
			return Chain(ct, Chain(z, Log(x)))
		},
		Domain: []graph.Interval{{Lo: 0.2, Hi: 3}, {Lo: -2, Hi: 2}},
		Source: "power rule; special values of C99 pow",
	})
	register(&opPowScalar, withSlope(powSlope[float64], powSlope[float32], graph.Row{
		Name: "pow_scalar", Func: PowScalar, Params: "x, p", Doc: "power with a constant exponent", Formula: "xᵖ", Derivative: "p·xᵖ⁻¹",
		UnaryParam: func(x float64, p [2]float64) (float64, float64) { return math.Pow(x, p[0]), powBase(x, p[0]) },
		Forward:    forwardBlocks(powValue[float64], powValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			p := n.Float(0)
			if p == 0 {
				return MulScalar(ct, 0)
			}
			return Chain(ct, MulScalar(PowScalar(n.Input(0), p-1), p))
		},
		Domain: []graph.Interval{{Lo: 0.2, Hi: 3}},
		Try:    []string{"() 2.5", "(2,3) 3", "(4) 0", "(4) 1", "(3) -2"},
		Source: "power rule; special values of C99 pow",
	}))
}

func squareSlope[T constraints.Float](b block[T]) { kernel.MulScalar(b.d, b.x, 2) }

func sqrtSlope[T constraints.Float](b block[T]) {
	kernel.AddScalar(b.t, b.y, 0) // +0 for -0
	kernel.Fill(b.d, 0.5)
	kernel.Div(b.d, b.d, b.t)
}

func rsqrtValue[T constraints.Float](b block[T]) {
	kernel.Sqrt(b.t, b.x)
	kernel.Fill(b.d, 1)
	kernel.Div(b.y, b.d, b.t)
}

func rsqrtSlope[T constraints.Float](b block[T]) {
	kernel.Div(b.d, b.y, b.x)
	kernel.MulScalar(b.d, b.d, -0.5)
}

func reciprocalValue[T constraints.Float](b block[T]) {
	kernel.Fill(b.d, 1)
	kernel.Div(b.y, b.d, b.x)
}

func reciprocalSlope[T constraints.Float](b block[T]) {
	kernel.Square(b.d, b.y)
	kernel.Neg(b.d, b.d)
}

func powValue[T constraints.Float](b block[T]) {
	p := b.p[0]
	if p == 2 {
		kernel.Square(b.y, b.x)
		return
	}
	for i, v := range b.x {
		b.y[i] = T(math.Pow(float64(v), p))
	}
}

func powSlope[T constraints.Float](b block[T]) {
	p := b.p[0]
	switch p {
	case 2:
		kernel.MulScalar(b.d, b.x, 2)
		return
	case 3:
		kernel.Square(b.d, b.x)
		kernel.MulScalar(b.d, b.d, 3)
		return
	}
	for i, v := range b.x {
		b.d[i] = T(powBase(float64(v), p))
	}
}

func finite(x float64) bool { return x-x == 0 }

// powBase returns ∂xʸ/∂x = y·xʸ⁻¹, 0 for y = 0.
func powBase(x, y float64) float64 {
	if y == 0 {
		return 0
	}
	return y * math.Pow(x, y-1)
}

// powExponent returns ∂xʸ/∂y = z·ln x for z = xʸ, 0 for x = 0 and y ≥ 0, NaN for x < 0.
func powExponent(x, y, z float64) float64 {
	switch {
	case x < 0:
		return math.NaN()
	case z == 0, x == 0 && y >= 0:
		return 0
	}
	return z * ln(x)
}

// Square returns x², element by element.
//
// Derivative: 2x.
func Square(x graph.Value) graph.Value {
	if v, f := graph.Scalar(x); f.Scalar() {
		return graph.Record1(opSquare, f, x, v*v, 2*v)
	}
	return unary(opSquare, x)
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
func Sqrt(x graph.Value) graph.Value { return unary(opSqrt, x) }

// Rsqrt returns 1/√x, element by element.
//
// Derivative: -1/(2x√x).
//
// Special cases are:
//
//	Rsqrt(±0) = ±Inf, with derivative -Inf
//	Rsqrt(x < 0) = NaN, with derivative NaN
//	Rsqrt(+Inf) = 0, with derivative 0
func Rsqrt(x graph.Value) graph.Value { return unary(opRsqrt, x) }

// Reciprocal returns 1/x, element by element.
//
// Derivative: -1/x².
//
// Special cases are:
//
//	Reciprocal(±0) = ±Inf, with derivative -Inf
//	Reciprocal(±Inf) = ±0, with derivative 0
func Reciprocal(x graph.Value) graph.Value { return unary(opReciprocal, x) }

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
func Pow(x, y graph.Value) graph.Value { return binary(opPow, x, y) }

// PowScalar returns x to the power of the constant number p, element by element.
//
// Derivative: p·xᵖ⁻¹.
//
// Special cases are those of [math.Pow], and PowScalar(x, 0) = 1 with derivative 0 for every x.
func PowScalar(x graph.Value, p float64) graph.Value { return unaryParam(opPowScalar, x, p) }
