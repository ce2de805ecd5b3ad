package specfun

import "math"

// Exp returns eˣ with an error below 0.7 ulp, 2 ulp from x = 709 on and below -708. [math.Exp] is infinite from 709.44 on
// amd64, where the result is still finite, 0 on arm64 where it is a denormal number, and takes twice as long to come to its
// result.
//
// Special cases are:
//
//	Exp(+Inf) = +Inf
//	Exp(-Inf) = 0
//	Exp(NaN) = NaN
//
// Results too large are +Inf, results too small are 0.
//
// For x = k·ln 2 + r with a whole k the result is 2ᵏ·(1 + r + r²·p(r)). The parts of ln 2 are those of FreeBSD's e_exp.c, p
// interpolates at the zeros of a Chebyshev polynomial, its terms added up in pairs so that few sums wait for each other.
func Exp(x float64) float64 {
	if !(x > -708 && x < 709) {
		return expFar(x)
	}
	// A number of the size of magic has no digits behind the point: adding it rounds, and leaves k in the lowest bits.
	const ln2, ln2Rest, magic = 6.93147180369123816490e-01, 1.90821492927058770002e-10, 3 << 51
	t := float64(x*math.Log2E) + magic
	k := t - magic
	high, low := x-float64(k*ln2), float64(k*ln2Rest) // the first is exact
	r := high - low
	z := float64(r * r)
	z2 := float64(z * z)
	p0 := float64(r*0.1666666666666667) + 0.5 + float64(z*(float64(r*0.008333333333326141)+0.04166666666666667))
	p4 := float64(r*0.00019841269874800683) + 0.0013888888888883752 + float64(z*(float64(r*2.75572554255029e-06)+2.4801587325533502e-05))
	p8 := float64(r*2.5105206475334834e-08) + 2.7557273661174726e-07 + float64(z*2.091467944897855e-09)
	p := p0 + float64(z2*(p4+float64(z2*p8)))
	y := 1 + r
	lost := (r - (y - 1)) + ((high - r) - low)
	y += float64(z*p) + lost
	return math.Float64frombits(math.Float64bits(y) + math.Float64bits(t)<<52)
}

// expFar is Exp where the result is near the largest numbers, or a denormal one, or none of the two.
func expFar(x float64) float64 {
	switch {
	case x > 710:
		return math.Inf(1)
	case x > 0:
		return float64(math.E * Exp(x-1)) // the difference is exact
	case x < -746:
		return 0
	case x < 0:
		h := Exp(x / 2)
		return h * h
	}
	return x // NaN
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
