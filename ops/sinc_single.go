package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// Sinc in single precision, by polynomials in r² for the distance r from the nearest whole number, which interpolate at
// Chebyshev's points.

// sincMost is the largest number that is reduced; larger ones are whole.
const sincMost = 1 << 24

// sincParts returns the distance r of x from the nearest whole number n, the sign of (-1)ⁿ as the sign bit of a number, and
// 1 if n is 0, else 0. There are no branches, which random numbers would take at random.
func sincParts(x float64) (r float64, sign uint64, near float64) {
	n := math.RoundToEven(x)
	return x - n, uint64(int64(n)) << 63, oneIf[float64](n == 0)
}

func sincSingle(y, x []float32, _ []float64) {
	for i, v := range x[:len(y)] {
		a := math.Abs(float64(v))
		if !(a < sincMost) {
			y[i] = float32(specfun.SincDerivative(0, float64(v)))
			continue
		}
		r, sign, near := sincParts(a)
		// sin(πr)/(πa), without the quotient of r and a where they are equal
		q := (r + near*(1-r)) / (a + near*(1-a))
		s := math.Float64frombits(math.Float64bits(q*sinPolynomial(r*r)*(1/math.Pi)) ^ sign)
		y[i] = float32(s + 0) // +0 at whole numbers
	}
}

func sincSlopeSingle(d, x, _ []float32, _ []float64) {
	for i, v := range x[:len(d)] {
		x := float64(v)
		if !(math.Abs(x) < sincMost) {
			d[i] = float32(specfun.SincDerivative(1, x))
			continue
		}
		r, sign, near := sincParts(x)
		z := r * r
		inverse := 1 / (x + near*(1-x))
		far := (cosPolynomial(z) - r*sinPolynomial(z)*(1/math.Pi)*inverse) * inverse
		far = math.Float64frombits(math.Float64bits(far) ^ sign)
		d[i] = float32(choose(near != 0, x*sincSlopePolynomial(z), far))
	}
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
