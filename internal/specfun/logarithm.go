package specfun

import "math"

// Log2 returns log₂ x, exact for powers of 2 and with full relative precision near 1, where [math.Log2] cancels. It is NaN for x < 0.
func Log2(x float64) float64 {
	if frac, exp := math.Frexp(x); frac == 0.5 {
		return float64(exp - 1)
	}
	return Log(x) * (1 / math.Ln2)
}

// Log10 returns log₁₀ x, exact for the powers of 10 from 1e-22 to 1e22 and with full relative precision near 1, where [math.Log10]
// cancels. It is NaN for x < 0.
func Log10(x float64) float64 {
	y := Log(x) * (1 / math.Ln10)
	// A power of 10 up to 10^22 is a float64, and its logarithm a whole number that the product may miss by a bit.
	if r := math.Round(y); math.Abs(r) <= 22 && math.Pow10(int(r)) == x {
		return r
	}
	return y
}
