package specfun

import "math"

// SincDerivative returns the n-th derivative f⁽ⁿ⁾ of sin(πx)/(πx). Derivatives of the product x·sinc x = sin(πx)/π give,
// for gₙ = f⁽ⁿ⁾/πⁿ⁻¹,
//
//	x·gₙ + n·gₙ₋₁/π = sin(πx + nπ/2)
//
// Errors shrink by n/(πx) on each step upwards and by πx/n on each step downwards.
func SincDerivative(n int, x float64) float64 {
	z := math.Abs(x)
	if math.IsInf(x, 0) {
		return 0
	}
	s, c := sincosPi(z)
	waves := [4]float64{s, c, -s, -c} // sin(πz + kπ/2)
	var g float64
	switch {
	case n == 0 && z < 1e-8:
		return 1 - math.Pi*math.Pi/6*z*z
	case n == 0 || z > float64(n+1)/math.Pi:
		g = s / z
		for k := 1; k <= n; k++ {
			g = (waves[k%4] - float64(k)/math.Pi*g) / z
		}
	default:
		// The derivative that this begins with is taken as 0; that is forgotten on the way down.
		for k := 2*n + 30; k > n; k-- {
			g = (waves[k%4] - z*g) * (math.Pi / float64(k))
		}
	}
	if x < 0 && n%2 == 1 {
		g = -g
	}
	if n == 1 {
		return g
	}
	return g * powPi(n-1)
}

// powPi returns πⁿ. What math.Pi lacks of π counts n times.
func powPi(n int) float64 {
	const lacks = 1.2246467991473532e-16 / math.Pi
	return math.Pow(math.Pi, float64(n)) * (1 + float64(n)*lacks)
}

// sincosPi returns sin πx and cos πx for x ≥ 0, with the relative precision of the sine also near integers and of the
// cosine also near half-integers: x is reduced to an eighth of a turn, which rounds nothing.
func sincosPi(x float64) (s, c float64) {
	x = math.Mod(x, 2)
	q := math.Round(2 * x) // the nearest multiple of π/2
	r := math.Pi * (x - q/2)
	s, c = math.Sin(r), math.Cos(r)
	switch int(q) % 4 {
	case 1:
		return c, -s
	case 2:
		return 0 - s, -c // +0 at integers
	case 3:
		return -c, s
	}
	return s, c
}
