package kernel

// A MapOp is a function of one or two numbers a and b that [Map] computes element by element. Some have parameters p and q.
type MapOp int

// The functions. Where nothing else is said their results are rounded once.
const (
	MapSub                MapOp = iota // a - b
	MapDiv                             // a / b
	MapMulZeroWins                     // a * b, 0 where one of them is 0
	MapMax                             // the larger one, as the built-in function max finds it
	MapMin                             // the smaller one, as min finds it
	MapGt                              // 1 where a > b, else 0
	MapGe                              // 1 where a >= b, else 0
	MapEq                              // 1 where a == b, else 0
	MapNe                              // 1 where a != b, else 0
	MapClamp                           // min(max(a, p), q), for p and q that are not NaN
	MapSign                            // 1, -1, 0 for zeros, NaN for NaN
	MapFloor                           // the largest integer that is not larger
	MapCeil                            // the smallest integer that is not smaller
	MapRound                           // the nearest integer, of two the even one
	MapTrunc                           // the integer part
	MapIsNaN                           // 1 where a is NaN, else 0
	MapIsFinite                        // 1 where a is neither infinite nor NaN, else 0
	MapReciprocal                      // 1 / a
	MapReciprocalPositive              // p / (a+q), NaN where a+q < 0, within 2 ulp
	MapRsqrt                           // 1 / √a, within 1 ulp
	MapSoftsign                        // a / (1+|a|), ±1 for ±Inf, within 1.5 ulp
	MapCube                            // a³, within 1 ulp
	MapFourthPower                     // a⁴, within 1.5 ulp
	MapInverseSquare                   // a⁻², within 2 ulp
	MapPowHalf                         // √a, as math.Pow has it: 0 for -0, +Inf for -Inf
	MapLeakyReLU                       // a where a > 0 or NaN, else p*a

	// Elementary functions, within 2 ulp in float64 and 2.5 ulp in float32 where nothing else is said. Special cases
	// are those of package math, for a denormal result too.
	MapExpm1        // eᵃ - 1
	MapLog1p        // ln(1+a)
	MapLog2         // log₂ a, exact for powers of 2
	MapLog10        // log₁₀ a, exact for powers of 10
	MapAsin         // arcsin a
	MapAcos         // arccos a
	MapAtan         // arctan a
	MapSinh         // sinh a, within 2.5 ulp
	MapCosh         // cosh a
	MapAsinh        // arsinh a
	MapAcosh        // arcosh a, within 3 ulp
	MapAtanh        // artanh a, within 3 ulp
	MapErfc         // 1 - erf a, within 3 ulp
	MapGELU         // ½a·erfc(-a/√2), within 4 ulp but for what the rounding of a/√2 changes in float64; 0 for -Inf
	MapSiLU         // a·sigmoid(a), within 4 ulp where e^a is not denormal; 0 for -Inf
	MapELU          // a where a > 0, else p·(eᵃ-1), within 3 ulp
	MapLogSigmoid   // ln sigmoid(a), within 3 ulp
	MapLogAddExp    // ln(eᵃ+eᵇ), within 3 ulp of the largest of |a|, |b| and 1
	MapLogitEntropy // (1-b)·softplus(a) + b·softplus(-a), where a weight of 0 wins, each within 3 ulp
	MapLogitError   // p·(sigmoid(a) - b), the difference within 3 ulp of its larger part
	MapLogit        // ln(a/(1-a)), within 3 ulp
	MapEntr         // -a·ln a, 0 for 0, -Inf below, within 3 ulp
	MapXLogY        // a·ln b, 0 where a is 0 and b not NaN, within 3 ulp
	MapXLog1pY      // a·ln(1+b), 0 where a is 0 and b not NaN, within 3 ulp
	MapAtan2        // the angle of the point (b, a), as math.Atan2 has it, within 2.5 ulp
	MapHypot        // √(a²+b²)
	MapPow          // aᵇ, in float64 within 16 ulp where the result is beyond 1e±20
	numMapOps
)

// A SlopeOp is the derivative of a function, of one or two numbers a and b, with which [Slope] multiplies a cotangent.
// Some have parameters p and q.
type SlopeOp int

// The derivatives.
const (
	SlopeSign               SlopeOp = iota // as MapSign
	SlopeValue                             // a
	SlopeScale                             // p * a
	SlopeSquare                            // p * a² + q
	SlopeInverse                           // p / (a+q)
	SlopeReciprocalPositive                // as MapReciprocalPositive
	SlopeQuotient                          // p * (a/b)
	SlopeQuotientOrZero                    // a / b, 0 where b is 0
	SlopeSoftsign                          // 1 / (1+|a|)²

	// Elementary functions, within 4 ulp of the largest part of which they are the sum.
	SlopeExp         // eᵃ
	SlopeLog         // ln a
	SlopeLog1p       // ln(1+a)
	SlopeGauss       // p·e^-a²
	SlopeAsin        // p / √(1-a²)
	SlopeAtan        // 1 / (1+a²)
	SlopeAtanh       // 1 / (1-a²), NaN where |a| > 1
	SlopeAsinh       // 1 / √(1+a²)
	SlopeAcosh       // 1 / √(a²-1)
	SlopeSinh        // sinh a
	SlopeCosh        // cosh a
	SlopeGELU        // Φ(a) + a·φ(a), but for what the rounding of a/√2 changes in float64
	SlopeSiLU        // s·(1+a·(1-s)) with s = sigmoid(a)
	SlopeELU         // 1 where a > 0, else p·eᵃ
	SlopeLogit       // 1 / (a·(1-a)), NaN where that is negative
	SlopeEntr        // -ln a - 1
	SlopeLogAddExp   // sigmoid(a-b), 0 where a is -Inf
	SlopeXLogY       // a / (b+q), 0 where a is 0 and b not NaN, else NaN where b+q < 0
	SlopeAngle       // p·a / (a²+b²), 0 where both are 0 or one is infinite
	SlopePowExponent // b·ln a for a power b of a, 0 where b is, or where a is 0 and b is 1; NaN for a < 0

	// These select: what they do not select gets nothing, whatever the cotangent is.
	SlopeLeakyReLU // 1 where a > 0 or NaN, else p, which is not 0
	SlopeClamp     // 0 where a < p or a > q, else 1
	SlopeMax       // 1 where a > b or NaN, else 0; ½ where they are equal, or both NaN
	SlopeMin       // 1 where a < b or NaN, else 0; ½ where they are equal, or both NaN

	// b·aᵇ⁻¹, 0 where b is 0; there nothing is passed on if p is not 0.
	SlopePowBase
	numSlopeOps
)

// A mapLoop is the loop of a MapOp or, with a cotangent ct, of a SlopeOp. Slices that it does not read are nil. An
// operand of one element stays the same for all elements of dst; the other slices have the length of dst.
type mapLoop[T Float] func(dst, ct, a, b []T, p, q T)

// slopeLoops are the loops of a SlopeOp.
type slopeLoops[T Float] struct{ add, set mapLoop[T] }

// Map sets dst to what an operation computes of a and b, element by element; b is nil for a function of one number. An
// operand of one element is a number that serves for all elements of dst, if the operation has two operands.
func Map[T Float](op MapOp, dst, a, b []T, p, q T) {
	if b == nil {
		mustMatch("Map", "a", len(a), len(dst))
	} else {
		mustServe("Map", "a", len(a), len(dst))
		mustServe("Map", "b", len(b), len(dst))
	}
	applyMap(kernelsOf[T]().maps[op], mapIsExpensive(op), dst, nil, a, b, p, q)
}

// Slope adds to dst the product of a cotangent and a derivative, element by element, or sets dst to it: see [Map]. Zero
// wins in ct.
func Slope[T Float](op SlopeOp, dst, ct, a, b []T, p, q T, set bool) {
	mustMatch("Slope", "ct", len(ct), len(dst))
	switch {
	case b != nil:
		mustServe("Slope", "b", len(b), len(dst))
		fallthrough
	case op == SlopeInverse || op == SlopeValue || op == SlopeLog || op == SlopeLog1p: // of a divisor, a factor, a number
		mustServe("Slope", "a", len(a), len(dst))
	default:
		mustMatch("Slope", "a", len(a), len(dst))
	}
	loops := &kernelsOf[T]().slopes[op]
	f := loops.add
	if set {
		f = loops.set
	}
	applyMap(f, slopeIsExpensive(op), dst, ct, a, b, p, q)
}

// mapIsExpensive reports whether an operation takes at least some 10 instructions an element, slopeIsExpensive the same
// of a slope.
func mapIsExpensive(op MapOp) bool { return op > MapLeakyReLU }

func slopeIsExpensive(op SlopeOp) bool {
	return op >= SlopeExp && op < SlopeLeakyReLU || op == SlopePowBase
}

// mustServe panics if an operand of n elements is neither a number nor of the length of dst.
func mustServe(fn, name string, n, want int) {
	if n != want && n != 1 {
		panicLength(fn, name, n, want)
	}
}

// applyMap is apply for mappings.
func applyMap[T Float](f mapLoop[T], expensive bool, dst, ct, a, b []T, p, q T) {
	if raceEnabled {
		touch(dst)
		observe(ct)
		observe(a)
		observe(b)
	}
	if len(dst) < minParallelExpensive {
		f(dst, ct, a, b, p, q)
		return
	}
	enough, rouse := minParallel, rousePieces*piece
	if expensive {
		enough, rouse = minParallelExpensive, rousePieces*piece/8
	}
	if len(dst) >= enough && workers.acquire() {
		j := &jobsOf[T]().maps
		*j = mapJob[T]{f, dst, ct, a, b, p, q}
		workers.run(j, (len(dst)+part-1)/part, len(dst) >= rouse)
		*j = mapJob[T]{}
		workers.release()
		return
	}
	for lo := 0; lo < len(dst); lo += piece {
		hi := min(lo+piece, len(dst))
		f(dst[lo:hi], sub(ct, lo, hi), part1(a, lo, hi), part1(b, lo, hi), p, q)
	}
}

// part1 returns s[lo:hi], or s if it is a number or not used.
func part1[T Float](s []T, lo, hi int) []T {
	if len(s) <= 1 {
		return s
	}
	return s[lo:hi]
}

// A mapJob is a mapping that is spread over processors.
type mapJob[T Float] struct {
	f             mapLoop[T]
	dst, ct, a, b []T
	p, q          T
}

func (j *mapJob[T]) chunk(i int) {
	lo, hi := i*part, min((i+1)*part, len(j.dst))
	j.f(j.dst[lo:hi], sub(j.ct, lo, hi), part1(j.a, lo, hi), part1(j.b, lo, hi), j.p, j.q)
}
