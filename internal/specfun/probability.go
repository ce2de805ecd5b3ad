package specfun

import "math"

// Logit returns ln(x/(1-x)), NaN for x that is no probability. Near ½ the quotient would lose its digits; 2x-1 is exact there.
func Logit(x float64) float64 {
	switch {
	case x < 0 || x > 1:
		return math.NaN()
	case math.Abs(x-0.5) <= 0.25:
		return math.Log1p((2*x - 1) / (1 - x))
	}
	return Log(x / (1 - x))
}

// LogitSlope returns the derivative 1/(x·(1-x)) of [Logit].
func LogitSlope(x float64) float64 {
	if x < 0 || x > 1 {
		return math.NaN()
	}
	return 1 / (x*(1-x) + 0) // +Inf at -0 too
}

// Entr returns -x·ln x, 0 for 0 and -Inf below.
func Entr(x float64) float64 {
	switch {
	case x < 0:
		return math.Inf(-1)
	case x == 0:
		return 0
	}
	return -x * Log(x)
}

// EntrSlope returns the derivative -ln x - 1 of [Entr]. It is 0 at 1/e, and would lose its digits near there.
func EntrSlope(x float64) float64 {
	const (
		root = 0.36787944117144233    // 1/e as a float64
		rest = 3.3784855259134224e-17 // 1 + ln of it
	)
	switch d := x - root; {
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(1)
	case math.Abs(d) < 0.15:
		return -math.Log1p(d/root) - rest
	}
	return -Log(x) - 1
}
