package kernel

// A SpecialOp is a special function of one number that [Special] computes element by element.
type SpecialOp int

// The special functions. They exist in single precision only: they are computed in double precision, with some digits less than
// that has, and rounded once. The error is below 0.6 ulp, and that of a derivative too, but for sinc near the roots of its derivative.
const (
	SpecialErfInv  SpecialOp = iota // the inverse of erf, NaN where |a| > 1
	SpecialSinc                     // sin(πa)/(πa), 1 for 0
	SpecialErfcx                    // e^a²·erfc a
	SpecialLgamma                   // ln |Γ(a)|
	SpecialDigamma                  // the derivative of ln |Γ(a)|; it has no slope here
	numSpecialOps
)

// specialLoops are the loops of a special function and of its derivative.
type specialLoops struct {
	value mapLoop[float32]
	slope slopeLoops[float32]
}

// Special sets dst to a special function of a, element by element.
func Special(op SpecialOp, dst, a []float32) {
	mustMatch("Special", "a", len(a), len(dst))
	applyMap(current.specials[op].value, true, dst, nil, a, nil, 0, 0)
}

// SpecialSlope adds to dst the product of a cotangent and the derivative of a special function, element by element, or sets dst to
// it. Zero wins in ct.
func SpecialSlope(op SpecialOp, dst, ct, a []float32, set bool) {
	mustMatch("SpecialSlope", "ct", len(ct), len(dst))
	mustMatch("SpecialSlope", "a", len(a), len(dst))
	f := current.specials[op].slope.add
	if set {
		f = current.specials[op].slope.set
	}
	applyMap(f, true, dst, ct, a, nil, 0, 0)
}

// onPositive makes a loop of one that is for positive numbers only and one for the others.
func onPositive(positive, others mapLoop[float32]) mapLoop[float32] {
	return func(dst, ct, a, _ []float32, p, q float32) {
		for len(dst) > 0 {
			n := 0
			for n < len(a) && a[n] > 0 {
				n++
			}
			positive(dst[:n], sub(ct, 0, n), a[:n], nil, p, q)
			end := n
			for end < len(a) && !(a[end] > 0) {
				end++
			}
			others(dst[n:end], sub(ct, n, end), a[n:end], nil, p, q)
			flushAsAsked(dst[n:end])
			dst, ct, a = dst[end:], sub(ct, end, len(ct)), a[end:]
		}
	}
}
