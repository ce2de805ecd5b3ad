package specfun

import "math"

// Exp returns eˣ. [math.Exp] is infinite from 709.44 on amd64, where the result is still finite, and 0 on arm64 where it is a
// denormal number.
//
// Special cases are:
//
//	Exp(+Inf) = +Inf
//	Exp(-Inf) = 0
//	Exp(NaN) = NaN
//
// Results too large are +Inf, results too small are 0.
func Exp(x float64) float64 {
	if x > 709 {
		return float64(math.E * math.Exp(x-1)) // the difference is exact up to 1024
	}
	if x < -708.39641853226408 {
		h := math.Exp(x / 2)
		return h * h
	}
	return math.Exp(x)
}

// Log returns ln x. [math.Log] is wrong for denormal numbers on amd64.
//
// Special cases are:
//
//	Log(+Inf) = +Inf
//	Log(±0) = -Inf
//	Log(x < 0) = NaN
//	Log(NaN) = NaN
func Log(x float64) float64 {
	if x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// Pow returns xʸ, with the special cases of [math.Pow], which takes a logarithm if y is not a whole number and so is wrong
// for denormal x on amd64.
func Pow(x, y float64) float64 {
	if x > 0 && x < 0x1p-1022 && y != math.Trunc(y) {
		return powDenormal(x, y)
	}
	return math.Pow(x, y)
}

// powDenormal returns xʸ = mʸ·2ᵉʸ for x = m·2ᵉ.
func powDenormal(x, y float64) float64 {
	m, e := math.Frexp(x)
	p := float64(e) * y
	k := math.Round(p)
	rest := (p - k) + math.FMA(float64(e), y, -p)
	return math.Ldexp(math.Pow(m, y)*math.Exp2(rest), int(max(-5000, min(k, 5000))))
}

// Gauss returns e^-x². The error of x² is made up for.
func Gauss(x float64) float64 {
	if math.Abs(x) > 40 {
		return 0
	}
	z := x * x
	return math.Exp(-z) * (1 - math.FMA(x, x, -z))
}
