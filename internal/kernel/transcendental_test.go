package kernel_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// The errors that the doc comments promise, for functions and for derivatives.
const (
	maxUlps32    = 2.5
	maxUlps64    = 2.0
	maxUlpsSlope = 4.0
)

// A function is a kernel of one variable with what is known of it.
type function[T kernel.Float] struct {
	name    string
	run     func(dst, x []T)
	exact   func(x *big.Float) *big.Float
	double  func(x float64) float64 // within a few units of double precision
	lo, hi  float64                 // where it is neither 0 nor constant nor infinite
	special map[float64]float64
	slope   bool // a derivative, for a cotangent of 1
}

// most returns the error that the function may have, of which limit holds for most.
func (f function[T]) most(limit float64) float64 {
	if f.slope {
		return maxUlpsSlope
	}
	return limit
}

// slope makes a function of a kernel that sets dst to the product of a cotangent and a derivative.
func slope[T kernel.Float](into func(dst, ct, x []T)) func(dst, x []T) {
	return func(dst, x []T) {
		ones := make([]T, len(x))
		kernel.Fill(ones, 1)
		into(dst, ones, x)
	}
}

func functions[T kernel.Float]() []function[T] {
	inf, nan, minus0 := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	least := -746.0
	if dtype[T]() == "float32" {
		least = -104
	}
	sig := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	sech2 := func(x float64) float64 { return 1 / (math.Cosh(x) * math.Cosh(x)) }
	soft := func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	return []function[T]{
		{"Exp", kernel.Exp[T], bigExp, math.Exp, least, -least, map[float64]float64{inf: inf, -inf: 0, nan: nan, 0: 1, minus0: 1, 1e20: inf, -1e20: 0}, false},
		{"Log", kernel.Log[T], bigLog, math.Log, 0, 3, map[float64]float64{inf: inf, 0: -inf, minus0: -inf, -1: nan, -inf: nan, nan: nan, 1: 0}, false},
		{"Tanh", kernel.Tanh[T], bigTanh, math.Tanh, -20, 20, map[float64]float64{inf: 1, -inf: -1, nan: nan, 0: 0, minus0: minus0, 1e20: 1, -1e20: -1}, false},
		{"Sigmoid", kernel.Sigmoid[T], bigSigmoid, sig, least, 40, map[float64]float64{inf: 1, -inf: 0, nan: nan, 0: 0.5, minus0: 0.5, 1e20: 1, -1e20: 0}, false},
		{"Softplus", kernel.Softplus[T], bigSoftplus, soft, least, 60, map[float64]float64{inf: inf, -inf: 0, nan: nan, 1048576: 1048576, -1e20: 0}, false},
		{"Erf", kernel.Erf[T], bigErf, math.Erf, -6.5, 6.5, map[float64]float64{inf: 1, -inf: -1, nan: nan, 0: 0, minus0: minus0, 1e20: 1, -1e20: -1}, false},
		{"Sin", kernel.Sin[T], bigSin, math.Sin, -30, 30, map[float64]float64{inf: nan, -inf: nan, nan: nan, 0: 0, minus0: minus0}, false},
		{"Cos", kernel.Cos[T], bigCos, math.Cos, -30, 30, map[float64]float64{inf: nan, -inf: nan, nan: nan, 0: 1, minus0: 1}, false},
		{"TanhSlope", slope(kernel.TanhBackwardInto[T]), bigTanhSlope, sech2, least / 2, -least / 2, map[float64]float64{inf: 0, -inf: 0, nan: nan, 0: 1, minus0: 1, 1e20: 0, -1e20: 0}, true},
		{"SigmoidSlope", slope(kernel.SigmoidBackwardInto[T]), bigSigmoidSlope, func(x float64) float64 { return sech2(x/2) / 4 }, least, -least, map[float64]float64{inf: 0, -inf: 0, nan: nan, 0: 0.25, minus0: 0.25, 1e20: 0, -1e20: 0}, true},
	}
}

func TestSpecialValues(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testSpecialValues[float32](t)
		testSpecialValues[float64](t)
	})
}

func testSpecialValues[T kernel.Float](t *testing.T) {
	t.Helper()
	for _, f := range functions[T]() {
		for x, want := range f.special {
			in, got := []T{1, T(x), 0.5}, make([]T, 3)
			f.run(got, in)
			g := float64(got[1])
			if !(g == want && math.Signbit(g) == math.Signbit(want) || g != g && want != want) {
				t.Errorf("%s/dtype=%s(%v) = %v, want %v", f.name, dtype[T](), x, g, want)
			}
		}
	}
}

// arguments returns numbers at which the error of f is looked at: all over its interval, of every magnitude within, and special.
func arguments[T kernel.Float](f function[T], n int) []T {
	rng := rand.New(rand.NewPCG(11, 12))
	var x []T
	for i := range n {
		x = append(x, T(f.lo+(f.hi-f.lo)*float64(i)/float64(n)))
		u := rng.Float64()
		x = append(x, T(f.lo+(f.hi-f.lo)*u))
		e := math.Ldexp(1+rng.Float64(), -rng.IntN(160))
		x = append(x, T(f.hi*e/2), T(f.lo*e/2))
		x = append(x, T(1+e/2), T(1-e/4))
	}
	switch f.name {
	case "Sin", "Cos":
		for i := range n { // near multiples of π/2, and large
			x = append(x, T(float64(i)*math.Pi/2), T(1e5*rng.Float64()), T(1e9*rng.Float64()), T(math.Ldexp(1+rng.Float64(), rng.IntN(49))))
		}
	case "Log":
		for range n {
			x = append(x, T(math.Ldexp(1+rng.Float64(), rng.IntN(250)-149)))
			if dtype[T]() == "float64" {
				x = append(x, T(math.Ldexp(1+rng.Float64(), rng.IntN(2000)-1074)))
			}
		}
	}
	return x
}

func TestAccuracy(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testAccuracy[float32](t, maxUlps32)
		testAccuracy[float64](t, maxUlps64)
	})
}

func testAccuracy[T kernel.Float](t *testing.T, most float64) {
	t.Helper()
	n := 120
	if testing.Short() {
		n = 30
	}
	for _, f := range functions[T]() {
		t.Run(fmt.Sprintf("%s/dtype=%s", f.name, dtype[T]()), func(t *testing.T) {
			x := arguments(f, n)
			got := make([]T, len(x))
			for i := range x { // one by one, so that a large argument has no influence on others
				f.run(got[i:i+1], x[i:i+1])
			}
			worst, at := 0.0, 0
			for i := range x {
				if f.name == "Log" && x[i] <= 0 {
					continue
				}
				if u := ulps(got[i], f.exact(num(float64(x[i])))); u > worst {
					worst, at = u, i
				}
			}
			if most := f.most(most); worst > most {
				t.Errorf("error of %.3f ulp at %v: got %v, want at most %v ulp", worst, x[at], got[at], most)
			}
			t.Logf("largest error %.3f ulp, at %v", worst, x[at])
		})
	}
}

// TestAccuracyDense looks at many single-precision numbers, with double precision as the reference.
func TestAccuracyDense(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const step = 4999 // of the bits of numbers
	var x []float32
	for bits := uint32(0); bits < 0x7f800000; bits += step {
		v := math.Float32frombits(bits)
		x = append(x, v, -v)
	}
	got := make([]float32, len(x))
	forEach(t, func(t *testing.T) {
		t.Helper()
		if kernel.Implementation() == "portable" {
			t.Skip("is computed in double precision")
		}
		for _, f := range functions[float32]() {
			f.run(got, x)
			worst, at := 0.0, 0
			for i, v := range x {
				want := f.double(float64(v))
				if f.name == "Sigmoid" && v < -30 {
					want = math.Exp(float64(v))
				}
				if (f.name == "Sin" || f.name == "Cos") && math.Abs(float64(v)) > 1e8 {
					continue
				}
				if u := ulps32(got[i], want); u > worst {
					worst, at = u, i
				}
			}
			if worst > f.most(maxUlps32) {
				t.Errorf("%s: error of %.3f ulp at %v: got %v", f.name, worst, x[at], got[at])
			}
			t.Logf("%s: largest error %.3f ulp, at %v", f.name, worst, x[at])
		}
	})
}

// ulps32 is ulps for a reference in double precision.
func ulps32(got float32, want float64) float64 {
	g := float64(got)
	if g == want || g != g && want != want || float32(want) == got {
		return math.Abs(g-want) * 0
	}
	if math.IsInf(g, 0) || g != g || want != want {
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	return math.Abs(g-want) / math.Ldexp(1, max(e-24, -149))
}

// TestFunctionsRagged checks that every element is computed in the same way, wherever it stands.
func TestFunctionsRagged(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testFunctionsRagged[float32](t)
		testFunctionsRagged[float64](t)
	})
}

func testFunctionsRagged[T kernel.Float](t *testing.T) {
	t.Helper()
	for _, f := range functions[T]() {
		rng := rand.New(rand.NewPCG(13, 14))
		x := mixed[T](rng, maxLength)
		all := make([]T, 2*maxLength)
		f.run(all, append(x, x...))
		for n := range maxLength + 1 {
			off := n % 5
			in, out := boxOf(x[:n], off), newBox[T](n, 4-off)
			f.run(out.s, in.s)
			if msg := diff(all[:n], out.s); msg != "" && kernel.Implementation() != "portable" {
				// Next to a large argument of Sin and Cos some elements are computed in Go.
				if f.name == "Sin" || f.name == "Cos" {
					size := make([]float64, n)
					want := make([]float64, n)
					for i := range want {
						want[i], size[i] = float64(all[i]), 1
					}
					msg = near(want, out.s, size, 2*eps[T]())
				}
				if msg != "" {
					t.Fatalf("%s/dtype=%s n=%d mismatch (-want +got):\n%s", f.name, dtype[T](), n, msg)
				}
			}
			in.check(t)
			out.check(t)
			f.run(in.s, in.s)
			if d := cmp.Diff(fmt.Sprint(out.s), fmt.Sprint(in.s)); d != "" {
				t.Fatalf("%s/dtype=%s n=%d in place, mismatch (-want +got):\n%s", f.name, dtype[T](), n, d)
			}
		}
	}
}
