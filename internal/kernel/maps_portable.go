package kernel

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// portableMaps returns the loops of mappings in Go.
func portableMaps[T Float]() *[numMapOps]mapLoop[T] {
	return &[numMapOps]mapLoop[T]{
		MapSub: func(dst, _, a, b []T, _, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				dst[i] = a[i*sa] - b[i*sb]
			}
		},
		MapDiv: func(dst, _, a, b []T, _, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				dst[i] = a[i*sa] / b[i*sb]
			}
		},
		MapMulZeroWins: func(dst, _, a, b []T, _, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				x, y := a[i*sa], b[i*sb]
				dst[i] = either(x == 0 || y == 0, 0, x*y)
			}
		},
		MapMax: func(dst, _, a, b []T, _, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				dst[i] = max(a[i*sa], b[i*sb])
			}
		},
		MapMin: func(dst, _, a, b []T, _, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				dst[i] = min(a[i*sa], b[i*sb])
			}
		},
		MapGt: func(dst, _, a, b []T, _, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				dst[i] = either[T](a[i*sa] > b[i*sb], 1, 0)
			}
		},
		MapGe: func(dst, _, a, b []T, _, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				dst[i] = either[T](a[i*sa] >= b[i*sb], 1, 0)
			}
		},
		MapEq: func(dst, _, a, b []T, _, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				dst[i] = either[T](a[i*sa] == b[i*sb], 1, 0)
			}
		},
		MapNe: func(dst, _, a, b []T, _, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				dst[i] = either[T](a[i*sa] != b[i*sb], 1, 0)
			}
		},
		MapClamp: func(dst, _, a, _ []T, p, q T) {
			for i, v := range a[:len(dst)] {
				dst[i] = min(max(v, p), q)
			}
		},
		MapSign: func(dst, _, a, _ []T, _, _ T) {
			for i, v := range a[:len(dst)] {
				dst[i] = signOf(v)
			}
		},
		MapFloor: mapEach[T](math.Floor),
		MapCeil:  mapEach[T](math.Ceil),
		MapRound: mapEach[T](math.RoundToEven),
		MapTrunc: mapEach[T](math.Trunc),
		MapIsNaN: func(dst, _, a, _ []T, _, _ T) {
			for i, v := range a[:len(dst)] {
				dst[i] = either[T](v != v, 1, 0)
			}
		},
		MapIsFinite: func(dst, _, a, _ []T, _, _ T) {
			for i, v := range a[:len(dst)] {
				dst[i] = either[T](v-v == 0, 1, 0)
			}
		},
		MapReciprocal: func(dst, _, a, _ []T, _, _ T) {
			for i, v := range a[:len(dst)] {
				dst[i] = 1 / v
			}
		},
		MapReciprocalPositive: func(dst, _, a, _ []T, p, q T) {
			for i, v := range a[:len(dst)] {
				dst[i] = reciprocalPositive(v, p, q)
			}
		},
		MapRsqrt: mapEach[T](func(x float64) float64 { return 1 / math.Sqrt(x) }),
		MapSoftsign: func(dst, _, a, _ []T, _, _ T) {
			for i, v := range a[:len(dst)] {
				w := T(math.Abs(float64(v)))
				dst[i] = either(math.IsInf(float64(v), 0), T(math.Copysign(1, float64(v))), v/(1+w))
			}
		},
		MapCube:          mapEachOwn(func(x T) T { return times(times(x, x), x) }),
		MapFourthPower:   mapEachOwn(func(x T) T { return times(times(x, x), times(x, x)) }),
		MapInverseSquare: mapEachOwn(func(x T) T { return times(1/x, 1/x) }),
		MapPowHalf:       mapEach[T](func(x float64) float64 { return specfun.Pow(x, 0.5) }),
		MapLeakyReLU: func(dst, _, a, _ []T, p, _ T) {
			for i, v := range a[:len(dst)] {
				dst[i] = either(v <= 0, p*v, v)
			}
		},
		MapExpm1: mapEach[T](math.Expm1),
		MapLog1p: mapEach[T](math.Log1p),
		MapLog2:  mapEach[T](specfun.Log2),
		MapLog10: mapEach[T](specfun.Log10),
		MapAsin:  mapEach[T](specfun.Asin),
		MapAcos:  mapEach[T](specfun.Acos),
		MapAtan:  mapEach[T](math.Atan),
		MapSinh:  mapEach[T](specfun.Sinh),
		MapCosh:  mapEach[T](specfun.Cosh),
		MapAsinh: mapEach[T](math.Asinh),
		MapAcosh: mapEach[T](math.Acosh),
		MapAtanh: mapEach[T](math.Atanh),
		MapErfc:  mapEach[T](math.Erfc),
		MapGELU: mapEach[T](func(x float64) float64 {
			y, _ := GELUOf(x)
			return y
		}),
		MapSiLU: mapEach[T](func(x float64) float64 {
			y, _ := SiLUOf(x)
			return y
		}),
		MapELU: func(dst, _, a, _ []T, p, _ T) {
			for i, v := range a[:len(dst)] {
				if !(v > 0) {
					v = T(float64(p) * math.Expm1(float64(v)))
				}
				dst[i] = v
			}
		},
		MapLogSigmoid: mapEach[T](func(x float64) float64 { return min(x, 0) - math.Log1p(math.Exp(-math.Abs(x))) }),
		MapLogAddExp: mapPairs[T](func(a, b float64) float64 {
			m := max(a, b)
			if math.IsInf(m, 0) {
				return m
			}
			return m + math.Log1p(math.Exp(-math.Abs(a-b)))
		}),
		MapLogitEntropy: mapPairs[T](LogitEntropyOf),
		MapLogitError: func(dst, _, a, b []T, p, _ T) {
			sa, sb := stepsOf(a, b, len(dst))
			for i := range dst {
				z, t := float64(a[i*sa]), float64(b[i*sb])
				d := SigmoidOf(z) - t
				if z >= 0 { // nothing cancels
					d = (1 - t) - SigmoidOf(-z)
				}
				dst[i] = times(T(d), p)
			}
		},
		MapLogit:   mapEach[T](specfun.Logit),
		MapEntr:    mapEach[T](specfun.Entr),
		MapXLogY:   mapPairs[T](func(a, b float64) float64 { return timesLog(a, b, specfun.Log(b)) }),
		MapXLog1pY: mapPairs[T](func(a, b float64) float64 { return timesLog(a, b, math.Log1p(b)) }),
		MapAtan2:   mapPairs[T](specfun.Atan2),
		MapHypot:   mapPairs[T](math.Hypot),
		MapPow:     mapPairs[T](specfun.Pow),
	}
}

// LogitEntropyOf returns (1-t)·softplus(z) + t·softplus(-z), which has no difference of large numbers. A weight of 0 wins.
func LogitEntropyOf(z, t float64) float64 {
	return math.Log1p(specfun.Exp(-math.Abs(z))) + weighted(1-t, max(z, 0)) + weighted(t, max(-z, 0))
}

// weighted returns w·x, 0 where the weight is.
func weighted(w, x float64) float64 {
	if w == 0 {
		return 0
	}
	return w * x
}

// timesLog returns x·l for the logarithm l of y, 0 where x is 0 unless y is NaN.
func timesLog(x, y, l float64) float64 {
	if x == 0 && y == y {
		return 0
	}
	return x * l
}

// portableSlopes returns the loops of slopes in Go.
func portableSlopes[T Float]() *[numSlopeOps]slopeLoops[T] {
	return &[numSlopeOps]slopeLoops[T]{
		SlopeSign:               slopeEach(func(a, _, _, _ T) T { return signOf(a) }),
		SlopeValue:              slopeEach(func(a, _, _, _ T) T { return a }),
		SlopeScale:              slopeEach(func(a, _, p, _ T) T { return times(p, a) }),
		SlopeSquare:             slopeEach(func(a, _, p, q T) T { return times(p, times(a, a)) + q }),
		SlopeInverse:            slopeEach(func(a, _, p, q T) T { return p / (a + q) }),
		SlopeReciprocalPositive: slopeEach(func(a, _, p, q T) T { return reciprocalPositive(a, p, q) }),
		SlopeQuotient:           slopeEach(func(a, b, p, _ T) T { return times(p, a/b) }),
		SlopeQuotientOrZero: slopeEach(func(a, b, _, _ T) T {
			if b == 0 {
				return 0
			}
			return a / b
		}),
		SlopeSoftsign: slopeEach(func(a, _, _, _ T) T {
			r := 1 / (1 + T(math.Abs(float64(a))))
			return times(r, r)
		}),
		SlopeExp:   slopeOf[T](func(a, _, _, _ float64) float64 { return specfun.Exp(a) }),
		SlopeLog:   slopeOf[T](func(a, _, _, _ float64) float64 { return specfun.Log(a) }),
		SlopeLog1p: slopeOf[T](func(a, _, _, _ float64) float64 { return math.Log1p(a) }),
		SlopeGauss: slopeOf[T](func(a, _, p, _ float64) float64 { return p * specfun.Gauss(a) }),
		SlopeAsin:  slopeOf[T](func(a, _, p, _ float64) float64 { return p / math.Sqrt((1-a)*(1+a)) }),
		SlopeAtan:  slopeOf[T](func(a, _, _, _ float64) float64 { return 1 / (1 + a*a) }),
		SlopeAtanh: slopeOf[T](func(a, _, _, _ float64) float64 {
			if math.Abs(a) > 1 {
				return math.NaN()
			}
			return 1 / ((1 - a) * (1 + a))
		}),
		SlopeAsinh: slopeOf[T](func(a, _, _, _ float64) float64 { return 1 / math.Hypot(1, a) }),
		SlopeAcosh: slopeOf[T](func(a, _, _, _ float64) float64 { return 1 / math.Sqrt(a-1) * (1 / math.Sqrt(a+1)) }),
		SlopeSinh:  slopeOf[T](func(a, _, _, _ float64) float64 { return specfun.Sinh(a) }),
		SlopeCosh:  slopeOf[T](func(a, _, _, _ float64) float64 { return specfun.Cosh(a) }),
		SlopeGELU: slopeOf[T](func(a, _, _, _ float64) float64 {
			_, d := GELUOf(a)
			return d
		}),
		SlopeSiLU: slopeOf[T](func(a, _, _, _ float64) float64 {
			_, d := SiLUOf(a)
			return d
		}),
		SlopeELU: slopeOf[T](func(a, _, p, _ float64) float64 {
			if a > 0 {
				return 1
			}
			return p * specfun.Exp(a)
		}),
		SlopeLogit: slopeOf[T](func(a, _, _, _ float64) float64 { return specfun.LogitSlope(a) }),
		SlopeEntr:  slopeOf[T](func(a, _, _, _ float64) float64 { return specfun.EntrSlope(a) }),
		SlopeLogAddExp: slopeOf[T](func(a, b, _, _ float64) float64 {
			if math.IsInf(a, -1) {
				return 0 // a mask
			}
			return SigmoidOf(a - b)
		}),
		SlopeXLogY: slopeOf[T](func(a, b, _, q float64) float64 {
			u := b + q
			switch {
			case a == 0 && b == b:
				return 0
			case u < 0:
				return math.NaN()
			}
			return a / u
		}),
		SlopeAngle: slopeOf[T](func(a, b, p, _ float64) float64 {
			r := math.Hypot(a, b)
			if r == 0 || math.IsInf(r, 1) {
				return 0
			}
			return p * (a / r / r)
		}),
		SlopePowExponent: slopeOf[T](func(a, b, _, _ float64) float64 {
			switch {
			case a < 0:
				return math.NaN()
			case b == 0, a == 0 && b == 1:
				return 0
			}
			return b * specfun.Log(a)
		}),
		SlopePowBase: slopeSelecting(func(ct, a, b, p, _ T) T {
			if ct == 0 || b == 0 && p != 0 {
				return 0
			}
			if b == 0 {
				return times(ct, 0)
			}
			return times(ct, T(float64(b)*specfun.Pow(float64(a), float64(b)-1)))
		}),
		SlopeLeakyReLU: slopeSelecting(func(ct, a, _, p, _ T) T {
			if a <= 0 {
				return either(ct == 0, 0, times(p, ct))
			}
			return ct
		}),
		SlopeClamp: slopeSelecting(func(ct, a, _, p, q T) T { return either(a < p || a > q, 0, ct) }),
		SlopeMax:   slopeSelecting(func(ct, a, b, _, _ T) T { return preference(ct, a, b, a >= b, b >= a) }),
		SlopeMin:   slopeSelecting(func(ct, a, b, _, _ T) T { return preference(ct, a, b, a <= b, b <= a) }),
	}
}

// stepsOf returns the steps of two operands of a mapping to n elements: 0 for a number.
func stepsOf[T Float](a, b []T, n int) (sa, sb int) {
	sa, sb = 1, 1
	if len(a) != n {
		sa = 0
	}
	if len(b) != n {
		sb = 0
	}
	return sa, sb
}

// mapEach makes the loop of a function of one number. Single precision is computed in double and rounded once.
func mapEach[T Float](f func(float64) float64) mapLoop[T] {
	return func(dst, _, a, _ []T, _, _ T) {
		for i, v := range a[:len(dst)] {
			dst[i] = T(f(float64(v)))
		}
	}
}

// mapEachOwn is mapEach for a function that is computed in the precision of the slices.
func mapEachOwn[T Float](f func(T) T) mapLoop[T] {
	return func(dst, _, a, _ []T, _, _ T) {
		for i, v := range a[:len(dst)] {
			dst[i] = f(v)
		}
	}
}

// mapPairs makes the loop of a function of two numbers, in double precision too.
func mapPairs[T Float](f func(a, b float64) float64) mapLoop[T] {
	return func(dst, _, a, b []T, _, _ T) {
		sa, sb := stepsOf(a, b, len(dst))
		for i := range dst {
			dst[i] = T(f(float64(a[i*sa]), float64(b[i*sb])))
		}
	}
}

// slopeOf makes the loops of a derivative that is computed in double precision.
func slopeOf[T Float](slope func(a, b, p, q float64) float64) slopeLoops[T] {
	return slopeEach(func(a, b, p, q T) T { return T(slope(float64(a), float64(b), float64(p), float64(q))) })
}

// GELUOf returns x·Φ(x) and its derivative Φ(x) + x·φ(x), for the normal distribution Φ and its density φ.
func GELUOf(x float64) (y, dx float64) {
	cdf, pdf := 0.5*math.Erfc(-x*(1/math.Sqrt2)), math.Exp(-0.5*x*x)*(1/(math.SqrtPi*math.Sqrt2))
	// Where a probability has vanished the product is 0, at x = -Inf too.
	if cdf != 0 {
		y = cdf * x // keeps the sign of 0
	}
	return y, cdf + specfun.Select(pdf, x)
}

// SiLUOf returns x·sigmoid(x) and its derivative s·(1+x·(1-s)) with s = sigmoid(x).
func SiLUOf(x float64) (y, dx float64) {
	s := SigmoidOf(x)
	if math.IsInf(x, -1) {
		return 0, 0
	}
	return s * x, specfun.Select(s, 1+specfun.Select(SigmoidOf(-x), x))
}

// slopeEach makes the loops of a derivative.
func slopeEach[T Float](slope func(a, b, p, q T) T) slopeLoops[T] {
	return slopeSelecting(func(ct, a, b, p, q T) T {
		if ct == 0 {
			return 0
		}
		return times(ct, slope(a, b, p, q))
	})
}

// slopeSelecting makes the loops of a function of the cotangent too.
func slopeSelecting[T Float](passed func(ct, a, b, p, q T) T) slopeLoops[T] {
	loop := func(add bool) mapLoop[T] {
		return func(dst, ct, a, b []T, p, q T) {
			sa, sb := stepsOf(a, b, len(dst))
			if b == nil {
				b = a
				sb = sa
			}
			for i, w := range ct[:len(dst)] {
				v := passed(w, a[i*sa], b[i*sb], p, q)
				if add {
					v += dst[i]
				}
				dst[i] = v
			}
		}
	}
	return slopeLoops[T]{loop(true), loop(false)}
}

// either returns a if c holds, else b. There is no branch that a processor could guess wrong.
func either[T Float](c bool, a, b T) T {
	k := 0
	if c {
		k = 1
	}
	return [2]T{b, a}[k]
}

// signOf returns the sign of x, without a branch.
func signOf[T Float](x T) T { return either(x == x, either[T](x > 0, 1, 0)-either[T](x < 0, 1, 0), x) }

// reciprocalPositive returns p/(x+q), and NaN where x+q is negative.
func reciprocalPositive[T Float](x, p, q T) T {
	x += q
	if x < 0 {
		return T(math.NaN())
	}
	return times(1/x, p)
}

// preference returns ct where a is preferred to b, half of it where b is preferred too. NaN is preferred to numbers.
func preference[T Float](ct, a, b T, mine, other bool) T {
	return either(mine || a != a, either(other || b != b, ct/2, ct), 0)
}
