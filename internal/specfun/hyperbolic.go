package specfun

import "math"

// expOverflow is below the first x at which eˣ overflows, though eˣ/2 may not.
const expOverflow = 709

// Sinh returns the hyperbolic sine of x. It overflows only where the result does.
func Sinh(x float64) float64 {
	if math.Abs(x) < expOverflow {
		return math.Sinh(x)
	}
	return math.Copysign(Cosh(x), x)
}

// Cosh returns the hyperbolic cosine of x. It overflows only where the result does.
func Cosh(x float64) float64 {
	if math.Abs(x) < expOverflow {
		return math.Cosh(x)
	}
	e := math.Exp(math.Abs(x) / 2)
	return e / 2 * e
}
