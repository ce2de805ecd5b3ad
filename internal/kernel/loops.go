package kernel

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// A loop is the body of an elementwise kernel: it sets or adds to dst from a, b and c. Slices that the kernel does not read
// are nil; the others have the length of dst.
type loop[T Float] func(dst, a, b []T, c T)

// An opcode says which elementwise kernel is meant. Each implementation has a table of loops in this order.
type opcode int

const (
	opFill opcode = iota
	opAdd
	opSub
	opMul
	opDiv
	opAddScalar
	opMulScalar
	opNeg
	opSquare
	opSqrt
	opAbs
	opReLU
	opExp
	opLog
	opTanh
	opSigmoid
	opSoftplus
	opErf
	opSin
	opCos
	opAddTo
	opAxpy
	opAddScalarTo
	opMulAddTo
	opMulZeroWins
	opReLUBackward
	opReLUBackwardInto
	opTanhBackward
	opTanhBackwardInto
	opSigmoidBackward
	opSigmoidBackwardInto
	opSoftplusBackward
	opSoftplusBackwardInto
	opSoftmaxBackward // dst += b*(a-c)
	opSoftmaxBackwardInto
	opLogSoftmaxBackward // dst += a - exp(b)*c
	opLogSoftmaxBackwardInto
	opSGD
	numOps
)

var opNames = [numOps]string{
	"Fill", "Add", "Sub", "Mul", "Div", "AddScalar", "MulScalar", "Neg", "Square", "Sqrt", "Abs", "ReLU",
	"Exp", "Log", "Tanh", "Sigmoid", "Softplus", "Erf", "Sin", "Cos",
	"AddTo", "Axpy", "AddScalarTo", "MulAddTo", "MulZeroWins",
	"ReLUBackward", "ReLUBackwardInto", "TanhBackward", "TanhBackwardInto", "SigmoidBackward", "SigmoidBackwardInto",
	"SoftplusBackward", "SoftplusBackwardInto", "SoftmaxBackward", "SoftmaxBackwardInto",
	"LogSoftmaxBackward", "LogSoftmaxBackwardInto", "SGD",
}

func (op opcode) String() string { return opNames[op] }

// portableLoops returns the loops in Go.
func portableLoops[T Float]() *[numOps]loop[T] {
	return &[numOps]loop[T]{
		opFill: func(dst, _, _ []T, c T) {
			for i := range dst {
				dst[i] = c
			}
		},
		opAdd: func(dst, a, b []T, _ T) {
			a, b = a[:len(dst)], b[:len(dst)]
			for i := range dst {
				dst[i] = a[i] + b[i]
			}
		},
		opSub: func(dst, a, b []T, _ T) {
			a, b = a[:len(dst)], b[:len(dst)]
			for i := range dst {
				dst[i] = a[i] - b[i]
			}
		},
		opMul: func(dst, a, b []T, _ T) {
			a, b = a[:len(dst)], b[:len(dst)]
			for i := range dst {
				dst[i] = a[i] * b[i]
			}
		},
		opDiv: func(dst, a, b []T, _ T) {
			a, b = a[:len(dst)], b[:len(dst)]
			for i := range dst {
				dst[i] = a[i] / b[i]
			}
		},
		opAddScalar: func(dst, a, _ []T, c T) {
			a = a[:len(dst)]
			for i := range dst {
				dst[i] = a[i] + c
			}
		},
		opMulScalar: func(dst, a, _ []T, c T) {
			a = a[:len(dst)]
			for i := range dst {
				dst[i] = a[i] * c
			}
		},
		opNeg: func(dst, a, _ []T, _ T) {
			a = a[:len(dst)]
			for i := range dst {
				dst[i] = -a[i]
			}
		},
		opSquare: func(dst, a, _ []T, _ T) {
			a = a[:len(dst)]
			for i := range dst {
				dst[i] = a[i] * a[i]
			}
		},
		opSqrt: each[T](math.Sqrt),
		opAbs:  each[T](math.Abs),
		opReLU: func(dst, a, _ []T, _ T) {
			a = a[:len(dst)]
			for i := range dst {
				dst[i] = max(a[i], 0)
			}
		},
		opExp:      each[T](specfun.Exp),
		opLog:      each[T](specfun.Log),
		opTanh:     each[T](math.Tanh),
		opSigmoid:  each[T](SigmoidOf),
		opSoftplus: each[T](SoftplusOf),
		opErf:      each[T](math.Erf),
		opSin:      each[T](specfun.Sin),
		opCos:      each[T](specfun.Cos),
		opAddTo: func(dst, a, _ []T, _ T) {
			a = a[:len(dst)]
			for i := range dst {
				dst[i] += a[i]
			}
		},
		opAxpy: func(dst, a, _ []T, c T) {
			a = a[:len(dst)]
			for i := range dst {
				dst[i] += times(c, a[i])
			}
		},
		opAddScalarTo: func(dst, _, _ []T, c T) {
			for i := range dst {
				dst[i] += c
			}
		},
		opMulAddTo:    addChain(func(d T) T { return d }),
		opMulZeroWins: setChain(func(d T) T { return d }),
		opReLUBackward: func(dst, ct, y []T, _ T) {
			ct, y = ct[:len(dst)], y[:len(dst)]
			for i, t := range ct {
				dst[i] += either(y[i] <= 0, 0, t)
			}
		},
		opReLUBackwardInto: func(dst, ct, y []T, _ T) {
			ct, y = ct[:len(dst)], y[:len(dst)]
			for i, t := range ct {
				dst[i] = either(y[i] <= 0, 0, t)
			}
		},
		opTanhBackward:         addChain(tanhSlope[T]),
		opTanhBackwardInto:     setChain(tanhSlope[T]),
		opSigmoidBackward:      addChain(sigmoidSlope[T]),
		opSigmoidBackwardInto:  setChain(sigmoidSlope[T]),
		opSoftplusBackward:     addChain(softplusSlope[T]),
		opSoftplusBackwardInto: setChain(softplusSlope[T]),
		opSoftmaxBackward: func(dst, ct, y []T, s T) {
			ct, y = ct[:len(dst)], y[:len(dst)]
			for i, t := range ct {
				dst[i] += timesZeroWins(t-s, y[i])
			}
		},
		opSoftmaxBackwardInto: func(dst, ct, y []T, s T) {
			ct, y = ct[:len(dst)], y[:len(dst)]
			for i, t := range ct {
				dst[i] = timesZeroWins(t-s, y[i])
			}
		},
		opLogSoftmaxBackward: func(dst, ct, y []T, s T) {
			ct, y = ct[:len(dst)], y[:len(dst)]
			for i, t := range ct {
				dst[i] += t - times(T(math.Exp(float64(y[i]))), s)
			}
		},
		opLogSoftmaxBackwardInto: func(dst, ct, y []T, s T) {
			ct, y = ct[:len(dst)], y[:len(dst)]
			for i, t := range ct {
				dst[i] = t - times(T(math.Exp(float64(y[i]))), s)
			}
		},
		opSGD: func(w, g, _ []T, lr T) {
			g = g[:len(w)]
			for i := range w {
				w[i] -= times(lr, g[i])
			}
		},
	}
}

// each makes a loop of a function of one number. Single precision is computed in double and rounded once.
func each[T Float](f func(float64) float64) loop[T] {
	return func(dst, a, _ []T, _ T) {
		a = a[:len(dst)]
		for i := range dst {
			dst[i] = T(f(float64(a[i])))
		}
	}
}

// addChain makes a loop that adds the product of the cotangent and a derivative, setChain one that sets dst to it. Zero
// wins.
func addChain[T Float](slope func(v T) T) loop[T] {
	return func(dst, ct, v []T, _ T) {
		ct, v = ct[:len(dst)], v[:len(dst)]
		for i, t := range ct {
			dst[i] += chained(t, v[i], slope)
		}
	}
}

func setChain[T Float](slope func(v T) T) loop[T] {
	return func(dst, ct, v []T, _ T) {
		ct, v = ct[:len(dst)], v[:len(dst)]
		for i, t := range ct {
			dst[i] = chained(t, v[i], slope)
		}
	}
}

// chained returns ct·slope(v), +0 where ct is a zero of either sign: there is no derivative to compute.
func chained[T Float](ct, v T, slope func(v T) T) T {
	if ct == 0 {
		return 0
	}
	return times(ct, slope(v))
}

// sigmoidSlope returns the derivative of the logistic function, e/(1+e)² with e = e^-|x|: no difference cancels.
func sigmoidSlope[T Float](x T) T {
	e := math.Exp(-math.Abs(float64(x)))
	return T(e / ((1 + e) * (1 + e)))
}

// tanhSlope returns the derivative of tanh, in the same way.
func tanhSlope[T Float](x T) T {
	e := math.Exp(-2 * math.Abs(float64(x)))
	return T(4 * e / ((1 + e) * (1 + e)))
}

func softplusSlope[T Float](x T) T { return T(SigmoidOf(float64(x))) }

// SigmoidOf returns 1/(1+e⁻ˣ) in a form that neither overflows nor loses the denormal results at very negative x.
func SigmoidOf(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + specfun.Exp(-x))
	}
	e := specfun.Exp(x)
	return e / (1 + e)
}

// SoftplusOf returns ln(1+eˣ) in a form that neither overflows nor loses the denormal results at very negative x.
func SoftplusOf(x float64) float64 {
	return max(x, 0) + math.Log1p(specfun.Exp(-math.Abs(x)))
}

// bounded makes a loop of one that stops at a large argument and returns how many elements it has done: what it leaves is
// computed by f, some elements at a time.
func bounded[T Float](small func(dst, a []T) int, f func(float64) float64) loop[T] {
	const step = 16
	return func(dst, a, _ []T, _ T) {
		for len(dst) > 0 {
			n := small(dst, a)
			end := min(n+step, len(dst))
			for i := n; i < end; i++ {
				dst[i] = T(f(float64(a[i])))
			}
			flushAsAsked(dst[n:end])
			dst, a = dst[end:], a[end:]
		}
	}
}
