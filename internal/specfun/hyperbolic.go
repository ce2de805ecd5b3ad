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
	a := math.Abs(x)
	if a < expOverflow {
		e := Exp(a)
		return float64(0.5 * (e + 1/e))
	}
	e := Exp(a / 2)
	return e / 2 * e
}

// Tanh returns the hyperbolic tangent of x: [math.Tanh] with [Exp].
//
// Special cases are:
//
//	Tanh(±0) = ±0
//	Tanh(±Inf) = ±1
//	Tanh(NaN) = NaN
func Tanh(x float64) float64 {
	a := math.Abs(x)
	if !(a > 0.625) { // a rational function below, the exponential above; NaN too
		return math.Tanh(x)
	}
	return math.Copysign(1-2/(Exp(2*a)+1), x)
}
