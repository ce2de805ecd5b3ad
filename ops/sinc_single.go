package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// Sinc in single precision, by polynomials in r² for the distance r from the nearest whole number, which interpolate at
// Chebyshev's points.

// sincMost is the largest number that is reduced; larger ones are whole.
const sincMost = 1 << 24

func sincSingle(x, _ float64) float64 {
	a := math.Abs(x)
	if !(a < sincMost) {
		return specfun.SincDerivative(0, x)
	}
	n := math.RoundToEven(a)
	if n == 0 {
		return sinPolynomial(a*a) / math.Pi
	}
	r := a - n
	s := r * sinPolynomial(r*r) / (math.Pi * a)
	if int(n)&1 != 0 {
		return 0 - s
	}
	return s
}

func sincSlopeSingle(x, _ float64) float64 {
	if !(math.Abs(x) < sincMost) {
		return specfun.SincDerivative(1, x)
	}
	n := math.RoundToEven(x)
	if n == 0 {
		return x * sincSlopePolynomial(x*x)
	}
	r := x - n
	z := r * r
	d := (cosPolynomial(z) - r*sinPolynomial(z)/(math.Pi*x)) / x
	if int(n)&1 != 0 {
		return -d
	}
	return d
}

// sinPolynomial returns sin(πr)/r for z = r² up to ¼.
func sinPolynomial(z float64) float64 {
	u := (z - 0.125) * (1 / 0.125)
	return 2.534324262661598 + u*(-0.5697036803087363+u*(0.03645310559709847+u*(-0.0010924319966715932+u*(1.8956829152338005e-05+u*(-2.1448933131210143e-07+u*(1.707046832686272e-09))))))
}

// cosPolynomial returns cos(πr) for z = r² up to ¼.
func cosPolynomial(z float64) float64 {
	u := (z - 0.12495) * (1 / 0.12495)
	return 0.4442148946373833 + u*(-0.4974590876442823+u*(0.055888653332524+u*(-0.0023830740046918717+u*(5.354036892234405e-05+u*(-7.429620761332804e-07+u*(7.0023689473964744e-09+u*(-4.774917943369012e-11)))))))
}

// sincSlopePolynomial returns the derivative of sinc at x, divided by x, for z = x² up to ¼.
func sincSlopePolynomial(z float64) float64 {
	u := (z - 0.125) * (1 / 0.125)
	return -2.9014770181953544 + u*(0.37130828459721305+u*(-0.01669113155187873+u*(0.000386185351494846+u*(-5.4614768913604086e-06+u*(5.2164326646344936e-08+u*(-3.592643094832467e-10))))))
}
