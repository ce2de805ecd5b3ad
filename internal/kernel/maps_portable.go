package kernel

import "math"

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
		MapLeakyReLU: func(dst, _, a, _ []T, p, _ T) {
			for i, v := range a[:len(dst)] {
				dst[i] = either(v <= 0, p*v, v)
			}
		},
	}
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
