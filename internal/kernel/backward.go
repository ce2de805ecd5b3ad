package kernel

// ReLUBackward adds the derivative of y = ReLU(x): dst[i] += ct[i] where y[i] > 0. At the kink the derivative is 0.
// y may be x itself, which has the same sign. Zero wins in ct.
func ReLUBackward[T Float](dst, ct, y []T) { apply2(opReLUBackward, dst, ct, y) }

// ReLUMask is [ReLUBackward] without the sum: dst[i] = ct[i] where y[i] > 0, else 0. It saves a pass where dst would have to be
// cleared first, as between a fused layer and its products.
func ReLUMask[T Float](dst, ct, y []T) { apply2(opReLUMask, dst, ct, y) }

// TanhBackward adds the derivative of y = Tanh(x): dst[i] += ct[i] * (1 - y[i]²). Zero wins in ct.
func TanhBackward[T Float](dst, ct, y []T) { apply2(opTanhBackward, dst, ct, y) }

// SigmoidBackward adds the derivative of y = Sigmoid(x): dst[i] += ct[i] * y[i] * (1 - y[i]). Zero wins in ct.
func SigmoidBackward[T Float](dst, ct, y []T) { apply2(opSigmoidBackward, dst, ct, y) }

// SoftplusBackward adds the derivative of Softplus(x): dst[i] += ct[i] / (1 + e^-x[i]). It reads x, not the value of
// Softplus. Zero wins in ct.
func SoftplusBackward[T Float](dst, ct, x []T) { apply2(opSoftplusBackward, dst, ct, x) }
