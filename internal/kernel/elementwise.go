package kernel

// Fill sets dst[i] = v.
func Fill[T Float](dst []T, v T) { apply(opFill, dst, nil, nil, v) }

// Add sets dst[i] = a[i] + b[i].
func Add[T Float](dst, a, b []T) { apply2(opAdd, dst, a, b) }

// Sub sets dst[i] = a[i] - b[i].
func Sub[T Float](dst, a, b []T) { apply2(opSub, dst, a, b) }

// Mul sets dst[i] = a[i] * b[i].
func Mul[T Float](dst, a, b []T) { apply2(opMul, dst, a, b) }

// Div sets dst[i] = a[i] / b[i], as IEEE 754 has it: x/0 is ±Inf, 0/0 is NaN.
func Div[T Float](dst, a, b []T) { apply2(opDiv, dst, a, b) }

// AddScalar sets dst[i] = a[i] + c.
func AddScalar[T Float](dst, a []T, c T) { apply1(opAddScalar, dst, a, c) }

// MulScalar sets dst[i] = a[i] * c.
func MulScalar[T Float](dst, a []T, c T) { apply1(opMulScalar, dst, a, c) }

// Neg sets dst[i] = -x[i]. The sign of zeros and NaNs changes too.
func Neg[T Float](dst, x []T) { apply1(opNeg, dst, x, 0) }

// Square sets dst[i] = x[i] * x[i].
func Square[T Float](dst, x []T) { apply1(opSquare, dst, x, 0) }

// Sqrt sets dst[i] = √x[i], correctly rounded: NaN for x < 0, -0 for -0.
func Sqrt[T Float](dst, x []T) { apply1(opSqrt, dst, x, 0) }

// Abs sets dst[i] = |x[i]|.
func Abs[T Float](dst, x []T) { apply1(opAbs, dst, x, 0) }

// ReLU sets dst[i] = max(x[i], 0). NaN stays NaN, and ReLU(-0) is 0.
func ReLU[T Float](dst, x []T) { apply1(opReLU, dst, x, 0) }

// AddTo adds: dst[i] += x[i].
func AddTo[T Float](dst, x []T) { apply1(opAddTo, dst, x, 0) }

// Axpy adds a multiple: dst[i] += alpha * x[i]. With alpha = 0 it adds nothing, whatever x holds (zero wins).
func Axpy[T Float](dst []T, alpha T, x []T) {
	if alpha == 0 {
		mustMatch("Axpy", "x", len(x), len(dst))
		return
	}
	apply1(opAxpy, dst, x, alpha)
}

// AddScalarTo adds a number to every element: dst[i] += c.
func AddScalarTo[T Float](dst []T, c T) { apply(opAddScalarTo, dst, nil, nil, c) }

// apply1 runs a kernel of one input and a number.
func apply1[T Float](op opcode, dst, a []T, c T) {
	if len(a) != len(dst) {
		panicLength(op.String(), "x", len(a), len(dst))
	}
	apply(op, dst, a, nil, c)
}

// apply2 runs a kernel of two inputs.
func apply2[T Float](op opcode, dst, a, b []T) {
	if len(a) != len(dst) {
		panicLength(op.String(), "a", len(a), len(dst))
	}
	if len(b) != len(dst) {
		panicLength(op.String(), "b", len(b), len(dst))
	}
	apply(op, dst, a, b, 0)
}
