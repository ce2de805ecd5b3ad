package kernel

import "math"

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
	opReLUBackward
	opTanhBackward
	opSigmoidBackward
	opSoftplusBackward
	opSGD
	numOps
)

var opNames = [numOps]string{
	"Fill", "Add", "Sub", "Mul", "Div", "AddScalar", "MulScalar", "Neg", "Square", "Sqrt", "Abs", "ReLU",
	"Exp", "Log", "Tanh", "Sigmoid", "Softplus", "Erf", "Sin", "Cos",
	"AddTo", "Axpy", "AddScalarTo", "MulAddTo",
	"ReLUBackward", "TanhBackward", "SigmoidBackward", "SoftplusBackward", "SGD",
}

func (op opcode) String() string { return opNames[op] }

// portableLoops returns the loops in Go. A conversion around a product, T(x*y)+z, keeps the compiler from fusing it with the
// sum on processors where it would.
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
		opExp:      each[T](math.Exp),
		opLog:      each[T](math.Log),
		opTanh:     each[T](math.Tanh),
		opSigmoid:  each[T](sigmoid),
		opSoftplus: each[T](softplus),
		opErf:      each[T](math.Erf),
		opSin:      each[T](math.Sin),
		opCos:      each[T](math.Cos),
		opAddTo: func(dst, a, _ []T, _ T) {
			a = a[:len(dst)]
			for i := range dst {
				dst[i] += a[i]
			}
		},
		opAxpy: func(dst, a, _ []T, c T) {
			a = a[:len(dst)]
			for i := range dst {
				dst[i] += T(c * a[i])
			}
		},
		opAddScalarTo: func(dst, _, _ []T, c T) {
			for i := range dst {
				dst[i] += c
			}
		},
		opMulAddTo: func(dst, ct, b []T, _ T) {
			ct, b = ct[:len(dst)], b[:len(dst)]
			for i, t := range ct {
				if t != 0 {
					dst[i] += T(t * b[i])
				}
			}
		},
		opReLUBackward: func(dst, ct, y []T, _ T) {
			ct, y = ct[:len(dst)], y[:len(dst)]
			for i, t := range ct {
				if y[i] > 0 {
					dst[i] += t
				}
			}
		},
		opTanhBackward: func(dst, ct, y []T, _ T) {
			ct, y = ct[:len(dst)], y[:len(dst)]
			for i, t := range ct {
				if t != 0 {
					dst[i] += T(t * (1 - T(y[i]*y[i])))
				}
			}
		},
		opSigmoidBackward: func(dst, ct, y []T, _ T) {
			ct, y = ct[:len(dst)], y[:len(dst)]
			for i, t := range ct {
				if t != 0 {
					dst[i] += T(t * T(y[i]*(1-y[i])))
				}
			}
		},
		opSoftplusBackward: func(dst, ct, x []T, _ T) {
			ct, x = ct[:len(dst)], x[:len(dst)]
			for i, t := range ct {
				if t != 0 {
					dst[i] += T(t * T(sigmoid(float64(x[i]))))
				}
			}
		},
		opSGD: func(w, g, _ []T, lr T) {
			g = g[:len(w)]
			for i := range w {
				w[i] -= T(lr * g[i])
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

// sigmoid returns 1/(1+e⁻ˣ) in a form that neither overflows nor loses the denormal results at very negative x.
func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// softplus returns ln(1+eˣ) in a form that neither overflows nor loses the denormal results at very negative x.
func softplus(x float64) float64 {
	return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}
