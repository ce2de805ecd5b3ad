package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
	"gonum.org/v1/gonum/mathext"
)

var opLogit, opErfInv, opErfcInv graph.Op

func init() {
	register(&opLogit, slopedBy(kernel.SlopeLogit, ofOperand, 0, 0, graph.Row{
		Name: "logit", Func: Logit, Params: "x",
		Doc:        "logarithm of the odds: inverse of sigmoid",
		Formula:    "ln(x/(1-x))",
		Derivative: "1/(x·(1-x))",
		Value:      "where(le(abs(x-0.5), 0.25), log1p((2*x-1)/(1-x)), log(x/(1-x)))",
		Slopes:     []string{"where(lt(x*(1-x), 0), sqrt(x*(1-x)), 1/abs(x*(1-x)))"},
		Unary:      func(x float64) (float64, float64) { return specfun.Logit(x), specfun.LogitSlope(x) },
		Forward:    mapped(kernel.MapLogit),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x, g := n.Input(0), n.Graph()
			p := Mul(x, oneMinus(x))
			return Chain(ct, Reciprocal(AddScalar(Where(Lt(p, g.Const(0)), g.Const(math.NaN()), p), 0)))
		},
		Domain: []graph.Interval{{Lo: 0.1, Hi: 0.9}},
		Kinks: []graph.Kink{
			{At: 0, Chosen: math.Inf(1), Why: "the limit from inside"},
			{At: 1, Chosen: math.Inf(1), Why: "the limit from inside"},
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(-inf, inf), NegZero: at(-inf, inf)},
		Source: "Berkson (1944); by log1p near ½",
	}))
	register(&opErfInv, withSpecial(kernel.SpecialErfInv, erfInv, func(x float64) float64 { return erfInvSlope(erfInv(x), 1-math.Abs(x)) }, graph.Row{
		Name: "erfinv", Func: ErfInv, Params: "x",
		Doc:        "inverse of the error function",
		Formula:    "erf⁻¹ x",
		Derivative: "√π/2·e^y² = √π/2·erfcx|y|/(1-|x|)",
		Value:      "erfinv(x)",
		Slopes:     []string{"0.886226925452758*where(ge(abs(y), 1)*lt(abs(x), 1), erfcx(abs(y))/(1-abs(x)), exp(y*y))"},
		Unary: func(x float64) (float64, float64) {
			y := erfInv(x)
			return y, erfInvSlope(y, 1-math.Abs(x))
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, erfInvRule(n.Value(), oneMinus(Abs(n.Input(0))), 0.5*sqrtPi))
		},
		Domain: []graph.Interval{{Lo: -0.8, Hi: 0.8}},
		Kinks: []graph.Kink{
			{At: -1, Chosen: math.Inf(1), Why: "the limit from inside"},
			{At: 1, Chosen: math.Inf(1), Why: "the limit from inside"},
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(0, 0.5*sqrtPi), NegZero: at(negZero, 0.5*sqrtPi)},
		Source: "Wichura (1988), AS 241, via gonum mathext, and a step of Newton's",
	}))
	register(&opErfcInv, graph.Row{
		Name: "erfcinv", Func: ErfcInv, Params: "x",
		Doc:        "inverse of the complementary error function, accurate for small x",
		Formula:    "erfc⁻¹ x",
		Derivative: "-√π/2·e^y² = -√π/2·erfcx(y)/x",
		Value:      "erfcinv(x)",
		Slopes:     []string{"-0.886226925452758*where(ge(abs(y), 1)*gt(minimum(x, 2-x), 0), erfcx(abs(y))/minimum(x, 2-x), exp(y*y))"},
		Unary: func(x float64) (float64, float64) {
			y := erfcInv(x)
			return y, -erfInvSlope(y, min(x, 2-x))
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			rest := Where(Gt(x, n.Graph().Const(1)), AddScalar(Neg(x), 2), x)
			return Chain(ct, erfInvRule(n.Value(), rest, -0.5*sqrtPi))
		},
		Domain: []graph.Interval{{Lo: 0.2, Hi: 1.8}},
		Kinks: []graph.Kink{
			{At: 0, Chosen: math.Inf(-1), Why: "the limit from inside"},
			{At: 2, Chosen: math.Inf(-1), Why: "the limit from inside"},
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(nan, nan), NegInf: at(nan, nan), Zero: at(inf, -inf), NegZero: at(inf, -inf)},
		Source: "Wichura (1988), AS 241, via gonum mathext, and a step of Newton's; DLMF 7.12.1 where erfc is denormal",
	})
}

const sqrtPi = 2 / twoOverSqrtPi

// erfInv returns the inverse of erf.
func erfInv(x float64) float64 {
	a := math.Abs(x)
	switch {
	case !(a <= 1):
		return math.NaN()
	case a > 0.5:
		return math.Copysign(erfcInv(1-a), x) // the difference is exact
	case a < 1e-9:
		return x * (0.5 * sqrtPi) // the next term is x³·√π³/24
	}
	y := math.Erfinv(x)
	return y - (math.Erf(y)-x)*(0.5*sqrtPi)*specfun.Exp(y*y)
}

// erfcInv returns the inverse of erfc.
func erfcInv(x float64) float64 {
	switch {
	case !(x >= 0 && x <= 2):
		return math.NaN()
	case x > 1:
		return -erfcInv(2 - x) // the difference is exact
	case x == 0:
		return math.Inf(1)
	case x > 0.5:
		return erfInv(1 - x) // exact too
	case x < 1e-290:
		return erfcInvFar(x)
	}
	y := -mathext.NormalQuantile(x/2) / math.Sqrt2
	return y + (math.Erfc(y)-x)*(0.5*sqrtPi)*specfun.Exp(y*y)
}

// erfcInvFar is erfcInv for x so small that [math.Erfc] is a denormal number, or nearly: it solves
//
//	y² = -ln x - ln(y·√π) + ln(1 - 1/2y² + 3/4y⁴ - …), DLMF 7.12.1
//
// by iteration, which gains three digits on each step.
func erfcInvFar(x float64) float64 {
	l := -specfun.Log(x)
	y := math.Sqrt(l)
	for range 6 {
		w := 0.5 / (y * y)
		series := 1 - w*(1-3*w*(1-5*w*(1-7*w*(1-9*w))))
		y = math.Sqrt(l - math.Log(y*sqrtPi/series))
	}
	return y
}

// erfInvSlope returns √π/2·e^y² for y = erfinv x, given rest = erfc |y|. A rounding of y would be multiplied by 2y² in the
// power; where y is not small, e^y² is taken as erfcx |y|/erfc |y|.
func erfInvSlope(y, rest float64) float64 {
	if a := math.Abs(y); a >= 1 && rest > 0 {
		return 0.5 * sqrtPi * (specfun.ErfcxDerivative(0, a) / rest)
	}
	return 0.5 * sqrtPi * specfun.Exp(y*y)
}

// erfInvRule returns c·e^y² as erfInvSlope computes it.
func erfInvRule(y, rest graph.Value, c float64) graph.Value {
	a, g := Abs(y), y.Graph()
	tail := Mul(Ge(a, g.Const(1)), Gt(rest, g.Const(0)))
	return MulScalar(Where(tail, Div(Erfcx(a), rest), Exp(Square(y))), c)
}

// Logit returns ln(x/(1-x)), the logarithm of the odds of a probability x, element by element: the inverse of
// [Sigmoid]. Its relative precision is full, near its root ½ too.
//
// Derivative: 1/(x·(1-x)).
//
// Special cases are:
//
//	Logit(±0) = -Inf, with derivative +Inf
//	Logit(1) = +Inf, with derivative +Inf
//	Logit(x) = NaN for x < 0 and x > 1, with derivative NaN
func Logit(x graph.Value) graph.Value { return graph.Unary(opLogit, x) }

// ErfInv returns the inverse of the error function, element by element, with full relative precision. √2·ErfInv(2p-1) is
// the quantile of the normal distribution; for small p [ErfcInv] keeps its digits.
//
// Derivative: √π/2·e^y² for the result y, with full relative precision.
//
// Special cases are:
//
//	ErfInv(±0) = ±0, with derivative √π/2
//	ErfInv(±1) = ±Inf, with derivative +Inf
//	ErfInv(x) = NaN for x < -1 and x > 1, with derivative NaN
func ErfInv(x graph.Value) graph.Value { return graph.Unary(opErfInv, x) }

// ErfcInv returns the inverse of the complementary error function, element by element, with full relative precision for
// every x, denormal numbers too. -√2·ErfcInv(2p) is the quantile of the normal distribution.
//
// Derivative: -√π/2·e^y² for the result y, with full relative precision.
//
// Special cases are:
//
//	ErfcInv(±0) = +Inf, with derivative -Inf
//	ErfcInv(1) = 0, with derivative -√π/2
//	ErfcInv(2) = -Inf, with derivative -Inf
//	ErfcInv(x) = NaN for x < 0 and x > 2, with derivative NaN
func ErfcInv(x graph.Value) graph.Value { return graph.Unary(opErfcInv, x) }
