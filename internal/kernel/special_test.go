package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// A specialTest has the value and the derivative of a special function in double precision.
type specialTest struct {
	name         string
	op           kernel.SpecialOp
	value, slope func(x float64) float64 // slope is nil for none
	ranges       [][2]float64            // where numbers are drawn from
	beside       float64                 // the slope of the slope near its roots, 0 if it has full precision there too
}

var specialTests = []specialTest{
	{"ErfInv", kernel.SpecialErfInv, erfInvReference, func(x float64) float64 {
		y := erfInvReference(x)
		return math.SqrtPi / 2 * math.Exp(y*y)
	}, [][2]float64{{-1, 1}, {0.998, 1}, {-1, -0.99999}, {-1e-3, 1e-3}}, 0},
	{"Sinc", kernel.SpecialSinc, derivativeOf(specfun.SincDerivative, 0), derivativeOf(specfun.SincDerivative, 1), [][2]float64{{-6, 6}, {0.999, 1.001}, {-1e-3, 1e-3}, {0, 1e5}, {0x1p22, 0x1p26}, {0, 1e38}}, 4},
	{"Erfcx", kernel.SpecialErfcx, derivativeOf(specfun.ErfcxDerivative, 0), derivativeOf(specfun.ErfcxDerivative, 1), [][2]float64{{-10, 3}, {0, 20}, {0, 1e38}}, 0},
	{"Lgamma", kernel.SpecialLgamma, specfun.Lgamma, specfun.Digamma, [][2]float64{{-6, 40}, {0.99, 1.01}, {1.99, 2.01}, {1.46, 1.463}, {0, 1}, {0, 1e38}, {0, 1e-30}}, 0},
	{"Digamma", kernel.SpecialDigamma, specfun.Digamma, nil, [][2]float64{{-6, 40}, {1.45, 1.47}, {0, 1}, {0, 1e38}, {0, 1e-30}}, 0},
}

func derivativeOf(f func(n int, x float64) float64, n int) func(x float64) float64 {
	return func(x float64) float64 { return f(n, x) }
}

// erfInvReference improves the function of package math by Newton's method, by erfc near 1.
func erfInvReference(x float64) float64 {
	a := math.Abs(x)
	y := math.Erfinv(a)
	if !(a < 1) || a < 1e-8 {
		return math.Copysign(y, x)
	}
	for range 2 {
		d := math.Erf(y) - a
		if a > 0.5 {
			d = 1 - a - math.Erfc(y)
		}
		y -= d * math.SqrtPi / 2 * math.Exp(y*y)
	}
	return math.Copysign(y, x)
}

// numbers returns numbers of the test's ranges, and special ones.
func (s specialTest) numbers(rng *rand.Rand, n int) []float32 {
	x := special[float32]()
	for _, r := range s.ranges {
		for range n {
			x = append(x, float32(r[0]+(r[1]-r[0])*rng.Float64()), float32(r[1]*math.Ldexp(1+rng.Float64(), -1-rng.IntN(30))))
		}
	}
	return x
}

func TestSpecialAccuracy(t *testing.T) {
	const most = 0.6
	forEach(t, func(t *testing.T) {
		t.Helper()
		for i, s := range specialTests {
			x := s.numbers(rand.New(rand.NewPCG(71, uint64(i))), 2000)
			got, ones := make([]float32, len(x)), make([]float32, len(x))
			for k := range ones {
				ones[k] = 1
			}
			check := func(what string, want func(x float64) float64, beside float64) {
				worst, at := 0.0, 0
				for k, v := range x {
					w := want(float64(v))
					if beside != 0 && math.Abs(float64(got[k])-w) <= 0x1p-26*beside/math.Abs(float64(v)) {
						continue
					}
					if u := ulpsFrom(got[k], w); !(u <= worst) {
						worst, at = u, k
					}
				}
				if !(worst <= most) {
					t.Errorf("%s of %s: error of %.3f ulp at %v: got %v, want %v", what, s.name, worst, x[at], got[at], want(float64(x[at])))
				}
				t.Logf("%s of %s: largest error %.3f ulp, at %v", what, s.name, worst, x[at])
			}
			kernel.Special(s.op, got, x)
			check("value", s.value, 0)
			if s.slope != nil {
				kernel.SpecialSlope(s.op, got, ones, x, true)
				check("slope", s.slope, s.beside)
			}
		}
	})
}

// ulpsFrom returns how far got is from want in units of the last place of single precision.
func ulpsFrom(got float32, want float64) float64 {
	if nearest := float32(want); same(got, nearest) && nearest-nearest != 0 {
		return 0
	}
	return math.Abs(float64(got)-want) / unit32(want)
}

func unit32(x float64) float64 {
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e, -125)-24)
}

// Elements do not depend on those beside them, on where they lie, or on whether the result takes the place of an operand.
func TestSpecialLengths(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		for i, s := range specialTests {
			rng := rand.New(rand.NewPCG(72, uint64(i)))
			all := s.numbers(rng, 100)
			for n := range maxLength + 1 {
				x, ct, dst := newBox[float32](n, n%5), boxOf(mixed[float32](rng, n), n%4), boxOf(random[float32](rng, n, 3), n%6)
				for k := range x.s {
					x.s[k] = all[rng.IntN(len(all))]
				}
				before := append([]float32(nil), dst.s...)
				expect := func(what string, got []float32, alone func(k int, y []float32)) {
					for k, v := range got {
						y := []float32{before[k]}
						if alone(k, y); !same(v, y[0]) {
							t.Fatalf("%s of %s, n=%d: at %v with cotangent %v got %v, alone %v", what, s.name, n, x.s[k], ct.s[k], v, y[0])
						}
					}
				}
				if s.slope != nil {
					for _, set := range []bool{false, true} {
						kernel.SpecialSlope(s.op, dst.s, ct.s, x.s, set)
						expect("slope", dst.s, func(k int, y []float32) {
							kernel.SpecialSlope(s.op, y, ct.s[k:][:1], x.s[k:][:1], set)
							part := specfun.Chain(float64(ct.s[k]), s.slope(float64(x.s[k])))
							if !set {
								part += float64(before[k])
							}
							if ct.s[k] == 0 && float64(y[0]) != part {
								t.Fatalf("slope of %s at %v: a cotangent of 0 makes %v, want %v", s.name, x.s[k], y[0], part)
							}
						})
						copy(dst.s, before)
					}
				}
				kernel.Special(s.op, dst.s, x.s)
				expect("value", dst.s, func(k int, y []float32) { kernel.Special(s.op, y, x.s[k:][:1]) })
				own := append([]float32(nil), x.s...)
				kernel.Special(s.op, own, own)
				if d := diff(dst.s, own); d != "" {
					t.Fatalf("%s in place, n=%d: %s", s.name, n, d)
				}
				for _, b := range []box[float32]{x, ct, dst} {
					b.check(t)
				}
			}
		}
	})
}

func BenchmarkSpecial(b *testing.B) {
	const n = 10000
	x, y, ones := make([]float32, n), make([]float32, n), make([]float32, n)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range x {
		x[i], ones[i] = float32(0.1+0.8*rng.Float64()), 1
	}
	for _, s := range specialTests {
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				kernel.Special(s.op, y, x)
			}
		})
		if s.slope != nil {
			b.Run(s.name+"/slope", func(b *testing.B) {
				for b.Loop() {
					kernel.SpecialSlope(s.op, y, ones, x, true)
				}
			})
		}
	}
}
