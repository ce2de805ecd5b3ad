package specfun

// Sign returns the sign of x: 1 or -1, +0 for zeros of both signs, and NaN for NaN.
func Sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	case x == 0:
		return 0
	}
	return x
}

// Chain returns w·d, but 0 where w is 0, whatever d is: an adjoint that is 0 contributes 0. The product is rounded, also
// where it is added to something.
//
// It is not inlined: programs have it for every derivative where they are careful, and the compiler of Go takes twice as
// long for them if it is.
//
//go:noinline
func Chain(w, d float64) float64 {
	if w == 0 {
		return 0
	}
	return float64(w * d)
}

// Select returns w·d, but 0 where one of the two is 0, whatever the other is: nothing goes to what was not selected. The
// product is rounded, also where it is added to something.
//
//go:noinline
func Select(w, d float64) float64 {
	if w == 0 || d == 0 {
		return 0
	}
	return float64(w * d)
}
