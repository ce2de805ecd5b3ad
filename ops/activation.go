package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

var opSigmoid, opTanh, opReLU, opSoftplus graph.Op

func init() {
	register(&opSigmoid, withBackward(ofOperand, sigmoidChain[float64](), sigmoidChain[float32](), graph.Row{
		Name: "sigmoid", Func: Sigmoid, Params: "x", Doc: "logistic function", Formula: "1/(1+e⁻ˣ)", Derivative: "y·(1-y)",
		Unary: func(x float64) (float64, float64) {
			y := sigmoid(x)
			return y, y * sigmoid(-x) // 1-y would lose the digits where y is near 1
		},
		Forward: kernel1(kernel.Sigmoid[float64], kernel.Sigmoid[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return Chain(ct, Mul(n.Value(), Sigmoid(Neg(n.Input(0)))))
		},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(1, 0), NegInf: at(0, 0), Zero: at(0.5, 0.25), NegZero: at(0.5, 0.25)},
		Source: "e^-|x| form, which does not overflow",
	}))
	register(&opTanh, withBackward(ofOperand, tanhChain[float64](), tanhChain[float32](), graph.Row{
		Name: "tanh", Func: Tanh, Params: "x", Doc: "hyperbolic tangent", Formula: "tanh x", Derivative: "1 - y²",
		Unary:   tanh,
		Forward: kernel1(kernel.Tanh[float64], kernel.Tanh[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			// sech² x = 4·s·(1-s) for s = sigmoid(2x) keeps its digits where tanh² is near 1.
			s := MulScalar(n.Input(0), 2)
			return Chain(ct, MulScalar(Mul(Sigmoid(s), Sigmoid(Neg(s))), 4))
		},
		At:     graph.Edges{NaN: at(nan, nan), Inf: at(1, 0), NegInf: at(-1, 0), Zero: at(0, 1), NegZero: at(negZero, 1)},
		Source: "Cephes tanh.c, via Go math.Tanh",
	}))
	register(&opReLU, withBackward(ofResult, reluChain[float64](), reluChain[float32](), graph.Row{
		Name: "relu", Func: ReLU, Params: "x", Doc: "rectifier", Formula: "max(x, 0)", Derivative: "1 for x > 0, else 0",
		Unary: func(x float64) (float64, float64) {
			switch {
			case x > 0:
				return x, 1
			case x <= 0:
				return 0, 0
			}
			return x, 0 // NaN
		},
		Forward: kernel1(kernel.ReLU[float64], kernel.ReLU[float32]),
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			x := n.Input(0)
			return Where(Gt(x, x.Graph().Const(0)), ct, x.Graph().Const(0))
		},
		Kinks:  []graph.Kink{{At: 0, Chosen: 0, Why: "the smallest subgradient, as in PyTorch and JAX"}},
		At:     graph.Edges{NaN: at(nan, 0), Inf: at(inf, 1), NegInf: at(0, 0), Zero: at(0, 0), NegZero: at(0, 0)},
		Source: "Nair and Hinton (2010)",
	}))
	register(&opSoftplus, withBackward(ofOperand, softplusChain[float64](), softplusChain[float32](), graph.Row{
		Name: "softplus", Func: Softplus, Params: "x", Doc: "smooth rectifier", Formula: "ln(1+eˣ)", Derivative: "sigmoid(x)",
		Unary:   func(x float64) (float64, float64) { return softplus(x), sigmoid(x) },
		Forward: kernel1(kernel.Softplus[float64], kernel.Softplus[float32]),
		VJP:     func(n graph.Node, _ int, ct graph.Value) graph.Value { return Chain(ct, Sigmoid(n.Input(0))) },
		At:      graph.Edges{NaN: at(nan, nan), Inf: at(inf, 1), NegInf: at(0, 0), Zero: at(math.Ln2, 0.5), NegZero: at(math.Ln2, 0.5)},
		Source:  "max(x, 0) + log1p(e^-|x|), which does not overflow",
	}))
}

func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	if x < -708 { // there the result is subnormal, and math.Exp is 0 on some processors
		h := math.Exp(x / 2)
		return h * h
	}
	e := math.Exp(x)
	return e / (1 + e)
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// tanh returns tanh x and its derivative sech² x, without the cancellation of 1 - tanh² x where tanh² is near 1.
func tanh(x float64) (y, dx float64) {
	a := math.Abs(x)
	if !(a > 0.625) { // as in Cephes: a rational function below, the exponential above; NaN too
		y = math.Tanh(x)
		return y, 1 - y*y
	}
	q := 2 / (math.Exp(2*a) + 1)
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
func Sigmoid(x graph.Value) graph.Value { return unary(opSigmoid, x) }

// Tanh returns the hyperbolic tangent, element by element, with full relative precision near 0.
//
// Derivative: 1 - y² for the result y.
//
// Special cases are:
//
//	Tanh(±0) = ±0, with derivative 1
//	Tanh(±Inf) = ±1, with derivative 0
func Tanh(x graph.Value) graph.Value {
	if v, f := graph.Scalar(x); f.Scalar() {
		y, dx := tanh(v)
		return graph.Record1(opTanh, f, x, y, dx)
	}
	return unary(opTanh, x)
}

// ReLU returns max(x, 0), element by element.
//
// Derivative: 1 for x > 0, 0 for x < 0, and 0 at the kink x = 0.
//
// Special cases are:
//
//	ReLU(NaN) = NaN, with derivative 0
//	ReLU(-0) is 0 or -0, as the processor's maximum has it
func ReLU(x graph.Value) graph.Value {
	if v, f := graph.Scalar(x); f.Scalar() && v > 0 {
		return graph.Record1(opReLU, f, x, v, 1)
	}
	return unary(opReLU, x)
}

// Softplus returns ln(1+eˣ), element by element. It does not overflow.
//
// Derivative: sigmoid(x).
//
// Special cases are:
//
//	Softplus(+Inf) = +Inf, with derivative 1
//	Softplus(-Inf) = 0, with derivative 0
func Softplus(x graph.Value) graph.Value { return unary(opSoftplus, x) }

func sigmoidChain[T constraints.Float]() chainKernel[T] {
	return chainKernel[T]{kernel.SigmoidBackward[T], kernel.SigmoidBackwardInto[T]}
}

func tanhChain[T constraints.Float]() chainKernel[T] {
	return chainKernel[T]{kernel.TanhBackward[T], kernel.TanhBackwardInto[T]}
}

func reluChain[T constraints.Float]() chainKernel[T] {
	return chainKernel[T]{kernel.ReLUBackward[T], kernel.ReLUBackwardInto[T]}
}

func softplusChain[T constraints.Float]() chainKernel[T] {
	return chainKernel[T]{kernel.SoftplusBackward[T], kernel.SoftplusBackwardInto[T]}
}
