package specfun

import "math"

// Log returns ln x. [math.Log] is wrong for denormal numbers on amd64.
//
// Special cases are:
//
//	Log(+Inf) = +Inf
//	Log(±0) = -Inf
//	Log(x < 0) = NaN
//	Log(NaN) = NaN
func Log(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
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
