package specfun

import "math"

// twoOverSqrtPi is the derivative of erf at 0.
const twoOverSqrtPi = 2 / math.SqrtPi

// ErfcxDerivative returns the n-th derivative of e^x²·erfc x, whose sign is that of (-1)ⁿ. Without the sign, for
// eₙ = 2ⁿ·n!·e^x²·iⁿerfc x, the recurrence of the repeated integrals of erfc reads
//
//	eₙ = 2(n-1)·eₙ₋₂ - 2x·eₙ₋₁, from e₁ = 2/√π - 2x·e₀
//
// Upwards it adds for x < 0, but cancels for x > 0, where quotients rₙ = eₙ/(2n·eₙ₋₁) are taken downwards.
func ErfcxDerivative(n int, x float64) float64 {
	var e float64
	switch {
	case math.IsInf(x, 1):
		return 0
	case x >= 2 || n > 0 && x >= 0.5:
		e = erfcxFraction(n, x)
	default:
		e = expSquare(x) * math.Erfc(x)
		before := 0.0
		for k := 1; k <= n; k++ {
			rest := twoOverSqrtPi
			if k > 1 {
				rest = 2 * float64(k-1) * before
			}
			before, e = e, rest-2*x*e
		}
	}
	if n%2 == 1 {
		return -e
	}
	return e
}

// erfcxFraction returns eₙ by the continued fraction 1/(2x + 2k·rₖ) for rₖ₋₁. It begins where what rₖ is for large k is
// exact enough for the fraction to end in 1.
func erfcxFraction(n int, x float64) float64 {
	last := 3*n + 20 + int(200/(x*x))
	r := 1 / (x + math.Sqrt(x*x+2*float64(last+1)))
	e := twoOverSqrtPi
	for k := last; k >= 0; k-- {
		r = 0.5 / (x + float64(k+1)*r)
		switch {
		case k == 0:
			e *= r
		case k <= n:
			e *= 2 * float64(k) * r
		}
	}
	return e
}

// expSquare returns e^x². The square of the leading bits of x is exact, so that the error does not grow with x.
func expSquare(x float64) float64 {
	h := float64(float32(x))
	if math.IsInf(h, 0) {
		return math.Inf(1)
	}
	return Exp(h*h) * math.Exp((x-h)*(x+h))
}
