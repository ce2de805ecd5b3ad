package specfun

import "math"

// stirling is from where on [stirlingRest] is used.
const stirling = 10

// stirlingTail are B₂ₖ/(2k·(2k-1)) for k = 1, 2, ... of Stirling's series, DLMF 5.11.1.
var stirlingTail = [...]float64{1. / 12, -1. / 360, 1. / 1260, -1. / 1680, 1. / 1188, -691. / 360360, 1. / 156, -3617. / 122400}

// stirlingRest returns ln Γ(x) - [(x-½)·ln x - x + ½·ln 2π] for x ≥ stirling.
func stirlingRest(x float64) float64 {
	w := 1 / x
	y := 0.0
	for i := len(stirlingTail) - 1; i >= 0; i-- {
		y = y*(w*w) + stirlingTail[i]
	}
	return y * w
}

// Lbeta returns ln B(a, b). The large terms of ln Γ(b) and ln Γ(a+b) are subtracted by hand: the logarithm of their
// quotient is what log1p returns. The error is some units in the last place of the larger of |ln B| and 1.
func Lbeta(a, b float64) float64 {
	if a > b {
		a, b = b, a
	}
	switch {
	case math.IsNaN(a + b), a < 0:
		return math.NaN()
	case a == 0 && math.IsInf(b, 1):
		return math.NaN() // B(a, b) goes anywhere
	case a == 0:
		return math.Inf(1)
	case math.IsInf(b, 1):
		return math.Inf(-1)
	}
	if b < stirling {
		return lbetaSmall(a, b)
	}
	r := a / b
	rise := math.Log1p(r) // ln((a+b)/b)
	shift := b * rise     // a little less than a
	if r < 1e-20 {
		shift = a
	}
	sum := stirlingRest(b)
	if c := a + b; !math.IsInf(c, 1) {
		sum -= stirlingRest(c)
	}
	if a < stirling {
		// ln Γ(b) - ln Γ(a+b) = -a·ln(a+b) + a - (b-½)·ln((a+b)/b) + sum
		return Lgamma(a) - a*(Log(b)+rise) + (a - shift) + (0.5*rise + sum)
	}
	fall := Log(r) - rise // ln(a/(a+b))
	if r < 1e-290 {
		fall = Log(a) - Log(b)
	}
	return (a-0.5)*fall - shift - 0.5*Log(b) + (0.5*math.Log(2*math.Pi) + stirlingRest(a) + sum)
}

// lbetaSmall is Lbeta for arguments below stirling. The larger one is raised by the recurrence
// B(a, b) = B(a, b+1)·(a+b)/b, DLMF 5.12.1 and 5.5.1.
func lbetaSmall(a, b float64) float64 {
	p := 1.0
	c := b
	for ; c < stirling; c++ {
		p *= 1 + a/c
	}
	return Lbeta(a, c) + Log(p)
}

// DigammaDifference returns ψ(a+b) - ψ(a) for a, b ≥ 0. All terms are positive: nothing cancels.
func DigammaDifference(a, b float64) float64 {
	switch {
	case !(a >= 0 && b >= 0), a == b && (a == 0 || math.IsInf(a, 1)):
		return math.NaN()
	case math.IsInf(b, 1), a == 0 && b > 0:
		return math.Inf(1)
	case math.IsInf(a, 1), b == 0:
		return 0
	}
	y := 0.0
	for ; a < stirling; a++ { // recurrence, DLMF 5.5.2
		y += b / (a + b) / a
	}
	c := a + b
	// With w = 1/a² and v = 1/c² the terms of the series DLMF 5.11.2 are wᵏ - vᵏ = w·(wᵏ⁻¹ - vᵏ⁻¹) + vᵏ⁻¹·(w - v).
	first := b / c / a // 1/a - 1/c
	w, v := 1/(a*a), 1/(c*c)
	d := first * (1/a + 1/c)
	tail, power, vk := 0.0, d, 1.0
	for _, t := range digammaTail {
		tail += t * power
		vk *= v
		power = w*power + vk*d
	}
	return y + (math.Log1p(b/a) + 0.5*first + tail)
}
