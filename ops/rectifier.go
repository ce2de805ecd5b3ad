package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opLogSigmoid, opSiLU, opLeakyReLU, opELU, opSoftsign graph.Op

func init() {
	register(&opLogSigmoid, withSlope(logSigmoidSlope[float64], logSigmoidSlope[float32], graph.Row{
		Name: "logsigmoid", Func: LogSigmoid, Params: "x", Doc: "logarithm of the logistic function, without overflow", Formula: "-ln(1+e⁻ˣ)", Derivative: "sigmoid(-x)",
		Unary:   logSigmoid,
		Forward: forwardBlocks(logSigmoidValue[float64], logSigmoidValue[float32]),
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Sigmoid(Neg(n.Input(0)))) },
		At:      graph.Edges{NaN: at(nan, nan), Inf: at(0, 0), NegInf: at(-inf, 1), Zero: at(-math.Ln2, 0.5), NegZero: at(-math.Ln2, 0.5)},
		Source:  "min(x, 0) - log1p(e^-|x|), which does not overflow",
	}))
	register(&opSiLU, withSlope(siluSlope[float64], siluSlope[float32], graph.Row{
		Name: "silu", Func: SiLU, Params: "x", Doc: "sigmoid linear unit, also called swish", Formula: "x·sigmoid(x)", Derivative: "s·(1 + x·(1-s)) with s = sigmoid(x)",
		Unary:   silu,
		Forward: forwardBlocks(siluValue[float64], siluValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			rest := MulZeroWins(Sigmoid(Neg(x)), x)
			return Chain(ct, MulZeroWins(Sigmoid(x), AddScalar(rest, 1)))
		},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(inf, 1), NegInf: at(0, 0), Zero: at(0, 0.5), NegZero: at(negZero, 0.5)},
		Source: "Elfwing, Uchibe and Doya (2018), arXiv:1702.03118",
	}))
	register(&opLeakyReLU, withSlope(leakySlope[float64], leakySlope[float32], graph.Row{
		Name: "leaky_relu", Func: LeakyReLU, Params: "x, a", Doc: "rectifier with slope a on the left", Formula: "x for x > 0, else a·x", Derivative: "1 for x > 0, else a",
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			if x > 0 {
				return x, 1
			}
			return p[0] * x, p[0]
		},
		Forward: forwardBlocks(leakyValue[float64], leakyValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			return Where(Gt(x, x.Graph().Const(0)), ct, MulScalar(ct, n.Float(0)))
		},
		Try:    []string{"() 0.01", "(2,3) 0.2", "(3) 0", "(0) 0.5"},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0.01, Why: "a, the slope on the left, as in PyTorch"}},
		Source: "Maas, Hannun and Ng (2013)",
	}))
	register(&opELU, withSlope(eluSlope[float64], eluSlope[float32], graph.Row{
		Name: "elu", Func: ELU, Params: "x, a", Doc: "exponential linear unit", Formula: "x for x > 0, else a·(eˣ-1)", Derivative: "1 for x > 0, else a·eˣ",
		UnaryParam: func(x float64, p [2]float64) (float64, float64) {
			if x > 0 {
				return x, 1
			}
			return p[0] * math.Expm1(x), p[0] * math.Exp(x)
		},
		Forward: forwardBlocks(eluValue[float64], eluValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			left := Chain(ct, MulScalar(Exp(x), n.Float(0)))
			return Where(Gt(x, x.Graph().Const(0)), ct, left)
		},
		Try:    []string{"() 0.5", "(2,3) 1", "(3) 1.7", "(0) 0.5"},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0.5, Why: "a, the slope on the left, as in PyTorch"}},
		Source: "Clevert, Unterthiner and Hochreiter (2016), arXiv:1511.07289",
	}))
	register(&opSoftsign, withSlope(softsignSlope[float64], softsignSlope[float32], graph.Row{
		Name: "softsign", Func: Softsign, Params: "x", Doc: "smooth sign", Formula: "x/(1+|x|)", Derivative: "1/(1+|x|)²",
		Unary:   softsign,
		Forward: forwardBlocks(softsignValue[float64], softsignValue[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Square(Reciprocal(AddScalar(Abs(n.Input(0)), 1))))
		},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(1, 0), NegInf: at(-1, 0), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "Bergstra, Desjardins, Lamblin and Bengio (2009)",
	}))
}

func logSigmoid(x float64) (y, dx float64) {
	return min(x, 0) - math.Log1p(math.Exp(-math.Abs(x))), sigmoid(-x)
}

func logSigmoidValue[T constraints.Float](b block[T]) {
	kernel.Neg(b.y, b.x)
	kernel.Softplus(b.y, b.y)
	kernel.Fill(b.t, 0)
	kernel.Sub(b.y, b.t, b.y) // 0 - 0 is 0, the negative of 0 is not
}

func logSigmoidSlope[T constraints.Float](b block[T]) {
	kernel.Neg(b.d, b.x)
	kernel.Sigmoid(b.d, b.d)
}

func silu(x float64) (y, dx float64) {
	s := sigmoid(x)
	if math.IsInf(x, -1) {
		return 0, 0
	}
	return s * x, zeroWins(s, 1+zeroWins(sigmoid(-x), x))
}

func siluValue[T constraints.Float](b block[T]) {
	valueOr(silu, func(b block[T]) {
		kernel.Sigmoid(b.y, b.x)
		kernel.Mul(b.y, b.y, b.x)
	})(b)
}

func siluSlope[T constraints.Float](b block[T]) {
	slopeOr(silu, func(b block[T]) {
		kernel.Neg(b.t, b.x)
		kernel.Sigmoid(b.t, b.t)
		kernel.Mul(b.t, b.t, b.x)
		kernel.AddScalar(b.t, b.t, 1)
		kernel.Sigmoid(b.d, b.x)
		kernel.Mul(b.d, b.d, b.t)
	})(b)
}

func leakyValue[T constraints.Float](b block[T]) {
	a := T(b.p[0])
	for i, v := range b.x {
		b.y[i] = choose(v > 0, v, a*v)
	}
}

func leakySlope[T constraints.Float](b block[T]) {
	a := T(b.p[0])
	for i, v := range b.x {
		b.d[i] = choose(v > 0, 1, a)
	}
}

func eluValue[T constraints.Float](b block[T]) {
	expm1Left(b)
	a := T(b.p[0])
	for i, v := range b.x {
		b.y[i] = choose(v > 0, v, a*b.y[i])
	}
}

func eluSlope[T constraints.Float](b block[T]) {
	kernel.Exp(b.d, b.x)
	a := T(b.p[0])
	for i, v := range b.x {
		b.d[i] = choose(v > 0, 1, a*b.d[i])
	}
}

func softsign(x float64) (y, dx float64) {
	r := 1 / (1 + math.Abs(x))
	if math.IsInf(x, 0) {
		return math.Copysign(1, x), 0
	}
	return x / (1 + math.Abs(x)), r * r
}

func softsignValue[T constraints.Float](b block[T]) {
	valueOr(softsign, func(b block[T]) {
		kernel.Abs(b.t, b.x)
		kernel.AddScalar(b.t, b.t, 1)
		kernel.Div(b.y, b.x, b.t)
	})(b)
}

func softsignSlope[T constraints.Float](b block[T]) {
	kernel.Abs(b.t, b.x)
	kernel.AddScalar(b.t, b.t, 1)
	kernel.Fill(b.d, 1)
	kernel.Div(b.d, b.d, b.t)
	kernel.Square(b.d, b.d)
}

// LogSigmoid returns ln sigmoid(x) = -ln(1+e⁻ˣ), element by element. It does not overflow.
//
// Derivative: sigmoid(-x).
//
// Special cases are:
//
//	LogSigmoid(+Inf) = 0, with derivative 0
//	LogSigmoid(-Inf) = -Inf, with derivative 1
func LogSigmoid(x graph.Value) graph.Value { return unary(opLogSigmoid, x) }

// SiLU returns x·sigmoid(x), element by element.
//
// Derivative: s·(1 + x·(1-s)) with s = sigmoid(x).
//
// Special cases are:
//
//	SiLU(0) = 0, with derivative ½
//	SiLU(+Inf) = +Inf, with derivative 1
//	SiLU(-Inf) = 0, with derivative 0
func SiLU(x graph.Value) graph.Value { return unary(opSiLU, x) }

// LeakyReLU returns x for x > 0 and a·x elsewhere, element by element.
//
// Derivative: 1 for x > 0, a for x < 0, and a at the kink x = 0.
//
// Special cases are:
//
//	LeakyReLU(NaN, a) = NaN, with derivative a
func LeakyReLU(x graph.Value, a float64) graph.Value { return unaryParam(opLeakyReLU, x, a) }

// ELU returns x for x > 0 and a·(eˣ-1) elsewhere, element by element, with full relative precision near 0.
//
// Derivative: 1 for x > 0, a·eˣ for x < 0, and a at x = 0, which is a kink unless a is 1.
//
// Special cases are:
//
//	ELU(-Inf, a) = -a, with derivative 0
//	ELU(+Inf, a) = +Inf, with derivative 1
func ELU(x graph.Value, a float64) graph.Value { return unaryParam(opELU, x, a) }

// Softsign returns x/(1+|x|), element by element: a sign that approaches ±1 as slowly as 1/x.
//
// Derivative: 1/(1+|x|)².
//
// Special cases are:
//
//	Softsign(±0) = ±0, with derivative 1
//	Softsign(±Inf) = ±1, with derivative 0
func Softsign(x graph.Value) graph.Value { return unary(opSoftsign, x) }
