package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// The scaled complementary error function in single precision: for a ≥ 0, erfcx a is P(q)/(1+2a) and its derivative
// -R(q)/(1+2a)² with polynomials P and R in q = (a-4)/(a+4), which interpolate at Chebyshev's points. For negative numbers
// the reflection 2·e^x² - erfcx(-x) serves.

func erfcxSingle(y, x []float32, _ []float64) {
	for i, v := range x[:len(y)] {
		x := float64(v)
		a := math.Abs(x)
		p := erfcxPolynomial((a-4)/(a+4)) / (1 + 2*a)
		switch {
		case !(a <= 1e30): // infinite and NaN too
			p = specfun.ErfcxDerivative(0, x)
		case x < 0:
			p = 2*specfun.Exp(x*x) - p
		}
		y[i] = float32(p)
	}
}

// erfcxSlopeSingle takes 2x·erfcx(x) - 2/√π for negative numbers, where nothing cancels.
func erfcxSlopeSingle(d, x, y []float32, _ []float64) {
	x, y = x[:len(d)], y[:len(d)]
	for i, v := range x {
		x := float64(v)
		a := math.Abs(x)
		b := 1 + 2*a
		p := -erfcxSlopePolynomial((a-4)/(a+4)) / (b * b)
		if left := 2*x*float64(y[i]) - twoOverSqrtPi; x < 0 {
			p = left
		}
		if !(a <= 1e30) {
			p = specfun.ErfcxDerivative(1, x)
		}
		d[i] = float32(p)
	}
}

// erfcxPolynomial is P, with an error of 6e-11.
func erfcxPolynomial(q float64) float64 {
	z := q * q
	even := 1.2329951186255526 + z*(0.015379652097866325+z*(-0.10103906580556925+z*(-0.06633036913040936+z*(-0.016197712227840357+z*(-0.0007578514116024651+z*(0.00015078653883168926+z*(-1.1433794171278303e-05+z*(4.586549430991918e-07))))))))
	odd := -0.13962111671571456 + z*(0.0680970482454417+z*(0.09373291969276316+z*(0.037166976951262753+z*(0.005033799256631894+z*(-0.0002028233117425415+z*(-2.034612380602921e-05+z*(3.1255594048176344e-06)))))))
	return even + q*odd
}

// erfcxSlopePolynomial is R, with an error of 2e-10.
func erfcxSlopePolynomial(q float64) float64 {
	z := q * q
	even := 2.623063993696738 + z*(-0.3135469030350857+z*(-0.6516097264144759+z*(-0.11476791805755278+z*(0.11190252763562998+z*(0.03871276520870267+z*(-0.0008668837044538932+z*(-0.00036829550482259566+z*(4.919092432090401e-05))))))))
	odd := -0.3487517309876493 + z*(0.6688571288677424+z*(0.3987243808272999+z*(-0.06307312546878527+z*(-0.0834845300675267+z*(-0.009590720516159053+z*(0.0016122213271783975+z*(-0.00010404049477601393)))))))
	return even + q*odd
}
