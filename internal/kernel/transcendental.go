package kernel

// Exp sets dst[i] = e^x[i].
//
// The error is below 2 ulp in float64 and 2.5 ulp in float32, denormal results included; so it is for every function of this file.
//
// Special cases are:
//
//	Exp(+Inf) = +Inf
//	Exp(-Inf) = 0
//	Exp(NaN) = NaN
//
// Results too large are +Inf, results too small are 0.
func Exp[T Float](dst, x []T) { apply1(opExp, dst, x, 0) }

// Log sets dst[i] = ln x[i].
//
// Special cases are:
//
//	Log(+Inf) = +Inf
//	Log(±0) = -Inf
//	Log(x < 0) = NaN
//	Log(NaN) = NaN
func Log[T Float](dst, x []T) { apply1(opLog, dst, x, 0) }

// Tanh sets dst[i] = tanh x[i], with full relative precision near 0.
//
// Special cases are:
//
//	Tanh(±0) = ±0
//	Tanh(±Inf) = ±1
//	Tanh(NaN) = NaN
func Tanh[T Float](dst, x []T) { apply1(opTanh, dst, x, 0) }

// Sigmoid sets dst[i] = 1/(1+e^-x[i]).
//
// Special cases are:
//
//	Sigmoid(+Inf) = 1
//	Sigmoid(-Inf) = 0
//	Sigmoid(NaN) = NaN
//
// It neither overflows nor becomes 0 before e^x does.
func Sigmoid[T Float](dst, x []T) { apply1(opSigmoid, dst, x, 0) }

// Softplus sets dst[i] = ln(1+e^x[i]).
//
// Special cases are:
//
//	Softplus(+Inf) = +Inf
//	Softplus(-Inf) = 0
//	Softplus(NaN) = NaN
//
// It neither overflows (Softplus(1e20) = 1e20) nor becomes 0 before e^x does.
func Softplus[T Float](dst, x []T) { apply1(opSoftplus, dst, x, 0) }

// Erf sets dst[i] = 2/√π ∫₀ˣ e^-t² dt, with full relative precision near 0.
//
// Special cases are:
//
//	Erf(±0) = ±0
//	Erf(±Inf) = ±1
//	Erf(NaN) = NaN
func Erf[T Float](dst, x []T) { apply1(opErf, dst, x, 0) }

// Sin sets dst[i] = sin x[i], x in radians. Beyond |x| = 5e14, where one number is far from the next, the error is up to
// 1e-16.
//
// Special cases are:
//
//	Sin(±0) = ±0
//	Sin(±Inf) = NaN
//	Sin(NaN) = NaN
func Sin[T Float](dst, x []T) { apply1(opSin, dst, x, 0) }

// Cos sets dst[i] = cos x[i], x in radians. Beyond |x| = 5e14, where one number is far from the next, the error is up to
// 1e-16.
//
// Special cases are:
//
//	Cos(±Inf) = NaN
//	Cos(NaN) = NaN
func Cos[T Float](dst, x []T) { apply1(opCos, dst, x, 0) }
