package kernel

// Each function of this file that ends in Backward adds to dst what a cotangent ct contributes; the one that ends in Into sets
// dst to it, which saves clearing dst for a first contribution. Zero wins in ct.

// MulAddTo is the chain rule of one operation: dst[i] += ct[i] * d[i], where d[i] is the local derivative.
func MulAddTo[T Float](dst, ct, d []T) { apply2(opMulAddTo, dst, ct, d) }

// MulZeroWins is [MulAddTo] without the sum: dst[i] = ct[i] * d[i], and 0 where ct[i] is 0.
func MulZeroWins[T Float](dst, ct, d []T) { apply2(opMulZeroWins, dst, ct, d) }

// ReLUBackward adds the derivative of y = ReLU(x): dst[i] += ct[i] where y[i] > 0 or is NaN. At the kink the derivative
// is 0. y may be x itself, which has the same sign.
func ReLUBackward[T Float](dst, ct, y []T) { apply2(opReLUBackward, dst, ct, y) }

// ReLUBackwardInto is [ReLUBackward] without the sum: dst[i] = ct[i] where y[i] > 0 or is NaN, else 0.
func ReLUBackwardInto[T Float](dst, ct, y []T) { apply2(opReLUBackwardInto, dst, ct, y) }

// TanhBackward adds the derivative of Tanh(x): dst[i] += ct[i] * sech² x[i]. It reads x, not the value of Tanh: 1 - y² has no
// digits left where y² is near 1. The derivative has an error below 4 ulp.
func TanhBackward[T Float](dst, ct, x []T) { apply2(opTanhBackward, dst, ct, x) }

// TanhBackwardInto is [TanhBackward] without the sum.
func TanhBackwardInto[T Float](dst, ct, x []T) { apply2(opTanhBackwardInto, dst, ct, x) }

// SigmoidBackward adds the derivative of Sigmoid(x): dst[i] += ct[i] * e/(1+e)² with e = e^-|x[i]|. It reads x, not the value
// y of Sigmoid: y·(1-y) has no digits left where y is near 1. The derivative has an error below 4 ulp.
func SigmoidBackward[T Float](dst, ct, x []T) { apply2(opSigmoidBackward, dst, ct, x) }

// SigmoidBackwardInto is [SigmoidBackward] without the sum.
func SigmoidBackwardInto[T Float](dst, ct, x []T) { apply2(opSigmoidBackwardInto, dst, ct, x) }

// SoftplusBackward adds the derivative of Softplus(x): dst[i] += ct[i] / (1 + e^-x[i]). It reads x, not the value of
// Softplus.
func SoftplusBackward[T Float](dst, ct, x []T) { apply2(opSoftplusBackward, dst, ct, x) }

// SoftplusBackwardInto is [SoftplusBackward] without the sum.
func SoftplusBackwardInto[T Float](dst, ct, x []T) { apply2(opSoftplusBackwardInto, dst, ct, x) }
