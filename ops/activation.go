package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

var opSigmoid, opTanh, opReLU, opSoftplus, opLogSigmoid, opSiLU, opLeakyReLU, opELU, opSoftsign, opGELU graph.Op

func init() {
	register(&opSigmoid, withBackward(ofOperand, sigmoidChain[float64](), sigmoidChain[float32](), graph.Row{
		Name: "sigmoid", Func: Sigmoid, Params: "x",
		Doc:        "logistic function",
		Formula:    "1/(1+e⁻ˣ)",
		Derivative: "y·(1-y)",
		Value:      "where(ge(x, 0), 1, exp(-abs(x)))/(1+exp(-abs(x)))",
		Slopes:     []string{"y*where(ge(x, 0), exp(-abs(x)), 1)/(1+exp(-abs(x)))"},
		Unary:      sigmoid,
		Forward:    kernel1(kernel.Sigmoid[float64], kernel.Sigmoid[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Mul(n.Value(), Sigmoid(Neg(n.Input(0)))))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(1, 0), NegInf: at(0, 0), Zero: at(0.5, 0.25), NegZero: at(0.5, 0.25)},
		Source: "e^-|x| form, which does not overflow",
	}))
	register(&opTanh, withBackward(ofOperand, tanhChain[float64](), tanhChain[float32](), graph.Row{
		Name: "tanh", Func: Tanh, Params: "x",
		Doc:        "hyperbolic tangent",
		Formula:    "tanh x",
		Derivative: "1 - y²",
		Value:      "tanh(x)",
		Slopes:     []string{"1/cosh(x)/cosh(x)"},
		Unary:      tanh,
		Forward:    kernel1(kernel.Tanh[float64], kernel.Tanh[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			// sech² x = 4·s·(1-s) for s = sigmoid(2x) keeps its digits where tanh² is near 1.
			s := MulScalar(n.Input(0), 2)
			return Chain(ct, MulScalar(Mul(Sigmoid(s), Sigmoid(Neg(s))), 4))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(1, 0), NegInf: at(-1, 0), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "Cephes tanh.c, via Go math.Tanh",
	}))
	register(&opReLU, withBackward(ofResult, reluChain[float64](), reluChain[float32](), graph.Row{
		Name: "relu", Func: ReLU, Params: "x",
		Doc:        "rectifier",
		Formula:    "max(x, 0)",
		Derivative: "1 for x > 0, else 0",
		Value:      "where(le(x, 0), 0, x)",
		Slopes:     []string{"where(le(x, 0), 0, 1)"},
		Unary: func(x float64) (float64, float64) {
			if x <= 0 {
				return 0, 0
			}
			return x, 1 // NaN too
		},
		Selects: []int{0},
		Forward: kernel1(kernel.ReLU[float64], kernel.ReLU[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x, zero := n.Input(0), n.Graph().Const(0)
			return Where(Le(x, zero), zero, ct)
		},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0, Why: "the smallest subgradient, as in PyTorch and JAX"}},
		At:     graph.Specials{NaN: at(nan, 1), Inf: at(inf, 1), NegInf: at(0, 0), Zero: at(0, 0), NegZero: at(0, 0)},
		Source: "Nair and Hinton (2010)",
	}))
	register(&opSoftplus, withBackward(ofOperand, softplusChain[float64](), softplusChain[float32](), graph.Row{
		Name: "softplus", Func: Softplus, Params: "x",
		Doc:        "smooth rectifier",
		Formula:    "ln(1+eˣ)",
		Derivative: "sigmoid(x)",
		Value:      "maximum(x, 0)+log1p(exp(-abs(x)))",
		Slopes:     []string{"where(ge(x, 0), 1, exp(-abs(x)))/(1+exp(-abs(x)))"},
		Unary:      func(x float64) (float64, float64) { return kernel.SoftplusOf(x), kernel.SigmoidOf(x) },
		Forward:    kernel1(kernel.Softplus[float64], kernel.Softplus[float32]),
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Sigmoid(n.Input(0))) },
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(inf, 1), NegInf: at(0, 0), Zero: at(math.Ln2, 0.5), NegZero: at(math.Ln2, 0.5)},
		Source:     "max(x, 0) + log1p(e^-|x|), which does not overflow",
	}))
	register(&opLogSigmoid, withSlope(logSigmoidSlope[float64], logSigmoidSlope[float32], graph.Row{
		Name: "logsigmoid", Func: LogSigmoid, Params: "x",
		Doc:        "logarithm of the logistic function, without overflow",
		Formula:    "-ln(1+e⁻ˣ)",
		Derivative: "sigmoid(-x)",
		Value:      "minimum(x, 0)-log1p(exp(-abs(x)))",
		Slopes:     []string{"where(ge(x, 0), exp(-abs(x)), 1)/(1+exp(-abs(x)))"},
		Unary:      logSigmoid,
		Forward:    mapped(kernel.MapLogSigmoid),
		VJP:        func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Sigmoid(Neg(n.Input(0)))) },
		At:         graph.Specials{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(-inf, 1), Zero: at(-math.Ln2, 0.5), NegZero: at(-math.Ln2, 0.5)},
		Source:     "min(x, 0) - log1p(e^-|x|), which does not overflow",
	}))
	register(&opSiLU, slopedBy(kernel.SlopeSiLU, ofOperand, 0, 0, graph.Row{
		Name: "silu", Func: SiLU, Params: "x",
		Doc:        "sigmoid linear unit, also called swish",
		Formula:    "x·sigmoid(x)",
		Derivative: "s·(1 + x·(1-s)) with s = sigmoid(x)",
		Value:      "where(lt(x, -1000), 0, x*where(ge(x, 0), 1, exp(-abs(x)))/(1+exp(-abs(x))))",
		Slopes:     []string{"where(gt(abs(x), 1000), gt(x, 0), where(ge(x, 0), 1, exp(-abs(x)))/(1+exp(-abs(x)))*(1+x*where(ge(x, 0), exp(-abs(x)), 1)/(1+exp(-abs(x)))))"},
		Unary:      kernel.SiLUOf,
		Forward:    mapped(kernel.MapSiLU),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			rest := MulZeroWins(Sigmoid(Neg(x)), x)
			return Chain(ct, MulZeroWins(Sigmoid(x), AddScalar(rest, 1)))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(inf, 1), NegInf: at(0, 0), Zero: at(0, 0.5), NegZero: at(negZero, 0.5)},
		Source: "Elfwing, Uchibe and Doya (2018), arXiv:1702.03118",
	}))
	register(&opLeakyReLU, leakyBackward(graph.Row{
		Name: "leaky_relu", Func: LeakyReLU, Params: "x, a",
		Doc:        "rectifier with slope a on the left",
		Formula:    "x for x > 0, else a·x",
		Derivative: "1 for x > 0, else a",
		Value:      "where(le(x, 0), a*x, x)",
		Slopes:     []string{"where(le(x, 0), a, 1)"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			if x <= 0 {
				return p[0] * x, p[0]
			}
			return x, 1 // NaN too
		},
		Selects: []int{0},
		Forward: mapped(kernel.MapLeakyReLU),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x, zero := n.Input(0), n.Graph().Const(0)
			left := zero
			if a := n.Float(0); a != 0 {
				left = timesConst(ct, a)
			}
			return Where(Le(x, zero), left, ct)
		},
		Try:    []string{"() 0.01", "(2,3) 0.2", "(3) 0", "(0) 0.5"},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0.01, Why: "a, the slope on the left, as in PyTorch"}},
		Source: "Maas, Hannun and Ng (2013)",
	}))
	register(&opELU, sloped(eluSlope, graph.Row{
		Name: "elu", Func: ELU, Params: "x, a",
		Doc:        "exponential linear unit",
		Formula:    "x for x > 0, else a·(eˣ-1)",
		Derivative: "1 for x > 0, else a·eˣ",
		Value:      "where(gt(x, 0), x, a*expm1(x))",
		Slopes:     []string{"where(gt(x, 0), 1, a*exp(x))"},
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			if x > 0 {
				return x, 1
			}
			return p[0] * math.Expm1(x), p[0] * specfun.Exp(x)
		},
		Forward: mapped(kernel.MapELU),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			left := Chain(ct, MulScalar(Exp(x), n.Float(0)))
			return Where(Gt(x, x.Graph().Const(0)), ct, left)
		},
		Try:    []string{"() 0.5", "(2,3) 1", "(3) 1.7", "(0) 0.5"},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0.5, Why: "a, the slope on the left, as in PyTorch"}},
		Source: "Clevert, Unterthiner and Hochreiter (2016), arXiv:1511.07289",
	}))
	register(&opSoftsign, slopedBy(kernel.SlopeSoftsign, ofOperand, 0, 0, graph.Row{
		Name: "softsign", Func: Softsign, Params: "x",
		Doc:        "smooth sign",
		Formula:    "x/(1+|x|)",
		Derivative: "1/(1+|x|)²",
		Value:      "where(isfinite(x), x/(1+abs(x)), sign(x))",
		Slopes:     []string{"1/(1+abs(x))/(1+abs(x))"},
		Unary:      softsign,
		Forward:    mapped(kernel.MapSoftsign),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Square(Reciprocal(AddScalar(Abs(n.Input(0)), 1))))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(1, 0), NegInf: at(-1, 0), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "Bergstra, Desjardins, Lamblin and Bengio (2009)",
	}))
	register(&opGELU, slopedBy(kernel.SlopeGELU, ofOperand, 0, 0, graph.Row{
		Name: "gelu", Func: GELU, Params: "x",
		Doc:        "Gaussian error linear unit, exact: x weighted by the normal distribution",
		Formula:    "x·Φ(x)",
		Derivative: "Φ(x) + x·φ(x)",
		Value:      "where(lt(x, -1000), 0, 0.5*x*erfc(-0.7071067811865476*x))",
		Slopes:     []string{"where(gt(abs(x), 1000), gt(x, 0), 0.5*erfc(-0.7071067811865476*x)+0.3989422804014327*x*exp(-0.5*x*x))"},
		Unary:      kernel.GELUOf,
		Forward:    mapped(kernel.MapGELU),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			cdf := MulScalar(Erfc(MulScalar(x, -1/math.Sqrt2)), 0.5)
			pdf := MulScalar(Exp(MulScalar(Square(x), -0.5)), 1/(math.SqrtPi*math.Sqrt2))
			return Chain(ct, Add(cdf, MulZeroWins(pdf, x)))
		},
		At:     graph.Specials{NaN: at(nan, nan), Inf: at(inf, 1), NegInf: at(0, 0), Zero: at(0, 0.5), NegZero: at(negZero, 0.5)},
		Source: "Hendrycks and Gimpel (2016), arXiv:1606.08415; Φ by erfc, which keeps the digits of the left tail",
	}))
}

// sigmoid returns the logistic function of x and its derivative: the product with the one of -x, since 1 - y would lose the
// digits where y is near 1.
func sigmoid(x float64) (y, dx float64) {
	e := specfun.Exp(-math.Abs(x))
	y, other := 1/(1+e), e/(1+e)
	dx = y * other
	if x < 0 {
		y = other
	}
	return y, dx
}

// tanh returns tanh x and its derivative sech² x, without the cancellation of 1 - tanh² x where tanh² is near 1.
func tanh(x float64) (y, dx float64) {
	a := math.Abs(x)
	if !(a > 0.625) { // as in Cephes: a rational function below, the exponential above; NaN too
		y = math.Tanh(x)
		return y, 1 - y*y
	}
	q := 2 / (specfun.Exp(2*a) + 1)
	return math.Copysign(1-q, x), q * (2 - q)
}

// Sigmoid returns the logistic function 1/(1+e⁻ˣ), element by element. It does not overflow.
//
// Derivative: y·(1-y) for the result y.
//
// Special cases are:
//
//	Sigmoid(+Inf) = 1, with derivative 0
//	Sigmoid(-Inf) = 0, with derivative 0
func Sigmoid(x graph.Value) graph.Value { return graph.Unary(opSigmoid, x) }

// Tanh returns the hyperbolic tangent, element by element, with full relative precision near 0.
//
// Derivative: 1 - y² for the result y.
//
// Special cases are:
//
//	Tanh(±0) = ±0, with derivative 1
//	Tanh(±Inf) = ±1, with derivative 0
func Tanh(x graph.Value) graph.Value {
	if v, f, ok := graph.Scalar(x); ok {
		y, dx := tanh(v)
		return graph.Record1(opTanh, f, x, y, dx)
	}
	return graph.Unary(opTanh, x)
}

// ReLU returns max(x, 0), element by element.
//
// Derivative: 1 for x > 0, 0 for x < 0, and 0 at the kink x = 0.
//
// Special cases are:
//
//	ReLU(NaN) = NaN, with derivative 1: x was taken
//	ReLU(-0) is 0 or -0, as the processor's maximum has it
func ReLU(x graph.Value) graph.Value {
	if v, f, ok := graph.Scalar(x); ok && v > 0 {
		return graph.Record1(opReLU, f, x, v, 1)
	}
	return graph.Unary(opReLU, x)
}

// Softplus returns ln(1+eˣ), element by element. It does not overflow.
//
// Derivative: sigmoid(x).
//
// Special cases are:
//
//	Softplus(+Inf) = +Inf, with derivative 1
//	Softplus(-Inf) = 0, with derivative 0
func Softplus(x graph.Value) graph.Value { return graph.Unary(opSoftplus, x) }

func logSigmoid(x float64) (y, dx float64) {
	return min(x, 0) - math.Log1p(math.Exp(-math.Abs(x))), kernel.SigmoidOf(-x)
}

func softsign(x float64) (y, dx float64) {
	r := 1 / (1 + math.Abs(x))
	if math.IsInf(x, 0) {
		return math.Copysign(1, x), 0
	}
	return x / (1 + math.Abs(x)), r * r
}

// LogSigmoid returns ln sigmoid(x) = -ln(1+e⁻ˣ), element by element. It does not overflow.
//
// Derivative: sigmoid(-x).
//
// Special cases are:
//
//	LogSigmoid(+Inf) = 0, with derivative 0
//	LogSigmoid(-Inf) = -Inf, with derivative 1
func LogSigmoid(x graph.Value) graph.Value { return graph.Unary(opLogSigmoid, x) }

// SiLU returns x·sigmoid(x), element by element.
//
// Derivative: s·(1 + x·(1-s)) with s = sigmoid(x).
//
// Special cases are:
//
//	SiLU(0) = 0, with derivative ½
//	SiLU(+Inf) = +Inf, with derivative 1
//	SiLU(-Inf) = 0, with derivative 0
func SiLU(x graph.Value) graph.Value { return graph.Unary(opSiLU, x) }

// LeakyReLU returns x for x > 0 and a·x elsewhere, element by element.
//
// Derivative: 1 for x > 0, a for x < 0, and a at the kink x = 0.
//
// Special cases are:
//
//	LeakyReLU(NaN, a) = NaN, with derivative 1: x was taken
func LeakyReLU(x graph.Value, a float64) graph.Value { return graph.UnaryParam(opLeakyReLU, x, a) }

// ELU returns x for x > 0 and a·(eˣ-1) elsewhere, element by element, with full relative precision near 0.
//
// Derivative: 1 for x > 0, a·eˣ for x < 0, and a at x = 0, which is a kink unless a is 1.
//
// Special cases are:
//
//	ELU(-Inf, a) = -a, with derivative 0
//	ELU(+Inf, a) = +Inf, with derivative 1
func ELU(x graph.Value, a float64) graph.Value { return graph.UnaryParam(opELU, x, a) }

// Softsign returns x/(1+|x|), element by element: a sign that approaches ±1 as slowly as 1/x.
//
// Derivative: 1/(1+|x|)².
//
// Special cases are:
//
//	Softsign(±0) = ±0, with derivative 1
//	Softsign(±Inf) = ±1, with derivative 0
func Softsign(x graph.Value) graph.Value { return graph.Unary(opSoftsign, x) }

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
func GELU(x graph.Value) graph.Value { return graph.Unary(opGELU, x) }
