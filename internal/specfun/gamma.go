package specfun

import "math"

// Lgamma returns ln |Γ(x)|.
func Lgamma(x float64) float64 {
	switch {
	case math.IsInf(x, -1):
		return math.Inf(1) // as C99; Go's has -Inf
	case math.Abs(x) < 0x1p-1000 && x != 0:
		return -Log(math.Abs(x)) // Γ(x) = 1/x + …
	}
	y, _ := math.Lgamma(x)
	return y
}

// digammaRoot is the positive root of digamma as a float64 (SciPy's _digamma.h).
const digammaRoot = 1.4616321449683623

// digammaAtRoot is digamma there, which is not quite 0.
const digammaAtRoot = -9.2412655217294275e-17

// digammaSeries are the coefficients of digamma about its root, DLMF 5.15.1: (-1)ᵏ⁺¹·ζ(k+1, root) of (x-root)ᵏ for
// k = 1, 2, ...
var digammaSeries = [...]float64{
	0.9676722454476214, -0.44276316898359225, 0.25849976095565125, -0.16394270544240658,
	0.1078240506912624, -0.07219956125645477, 0.04880428816414315, -0.03316112647484738,
	0.02259764823221813, -0.015424765904948972, 0.010538791616612184, -0.0072045343863568765,
	0.004926781395729859, -0.0033698016554393325, 0.002305126326734931, -0.0015769367714301994,
	0.001078825201916298, -0.0007380709389960063, 0.0005049532658346029, -0.00034546802510630834,
	0.00023635601564027102, -0.00016170622091974836, 0.00011063372768747435, -7.569179582195082e-05,
}

// digammaTail are B₂ₖ/2k for k = 1, 2, ... of the asymptotic series DLMF 5.11.2.
var digammaTail = [...]float64{1. / 12, -1. / 120, 1. / 252, -1. / 240, 1. / 132, -691. / 32760, 1. / 12, -3617. / 8160}

// Digamma returns the derivative of ln |Γ(x)|. The error is some units in the last place, relative to the larger of
// |ψ(x)| and 1 for x < 0, whose roots are not treated one by one as the positive root is.
func Digamma(x float64) float64 {
	switch {
	case math.IsNaN(x), math.IsInf(x, -1):
		return math.NaN()
	case math.IsInf(x, 1):
		return x
	case x == 0:
		return math.Copysign(math.Inf(1), -x)
	case x < 0 && x == math.Floor(x):
		return math.NaN() // a pole with both signs
	case x < 0: // reflection, DLMF 5.5.4
		return Digamma(1-x) - math.Pi*CotPi(x)
	}
	if d := x - digammaRoot; math.Abs(d) < 0.3 {
		y := 0.0
		for i := len(digammaSeries) - 1; i >= 0; i-- {
			y = (y + digammaSeries[i]) * d
		}
		return y + digammaAtRoot
	}
	y := 0.0
	for ; x < 10; x++ { // recurrence, DLMF 5.5.2
		y -= 1 / x
	}
	tail, w := 0.0, 1/(x*x)
	for i := len(digammaTail) - 1; i >= 0; i-- {
		tail = (tail + digammaTail[i]) * w
	}
	return y + (math.Log(x) - 0.5/x - tail)
}

// CotPi returns cot(πx) for x < 0, with its relative precision at half-integers too, where it is 0.
func CotPi(x float64) float64 {
	_, r := math.Modf(x) // exact, from -1 to 0
	if r < -0.5 {
		r++
	}
	if a := math.Abs(r); a > 0.25 {
		return math.Copysign(math.Tan(math.Pi*(0.5-a)), r)
	}
	return 1 / math.Tan(math.Pi*r)
}

// CotDerivative returns the n-th derivative of cot as the coefficients of a polynomial in its value c, that of c⁰ first: it
// follows from c' = -(1+c²).
func CotDerivative(n int) []float64 {
	p := []float64{0, 1}
	for range n {
		q := make([]float64, len(p)+1)
		for k := 1; k < len(p); k++ {
			q[k-1] -= float64(k) * p[k]
			q[k+1] -= float64(k) * p[k]
		}
		p = q
	}
	return p
}
