package specfun

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Where package math loses digits, results are those of 2400 bits (mpmath 1.3).
func TestElementary(t *testing.T) {
	const ulp = 0x1p-52
	unary := func(f func(float64) float64) func(x, _ float64) float64 {
		return func(x, _ float64) float64 { return f(x) }
	}
	for _, f := range []struct {
		name string
		f    func(x, y float64) float64
		ulps float64
		at   [][3]float64 // operands and result
	}{
		{"Exp", unary(Exp), 3, [][3]float64{
			{708.5, 0, 4.984716099444166e+307}, {709.4, 0, 1.2260423226426727e+308}, {709.5, 0, 1.3549863193146328e+308}, {709.78, 0, 1.7928227943945155e+308}, {math.Log(math.MaxFloat64), 0, 1.7976931348622732e+308}, {709.79, 0, math.Inf(1)}, {-740, 0, 4.2e-322},
			{math.Inf(1), 0, math.Inf(1)}, {math.Inf(-1), 0, 0}, {math.NaN(), 0, math.NaN()}, {-746, 0, 0}, {math.MaxFloat64, 0, math.Inf(1)},
		}},
		{"Log", unary(Log), 1, [][3]float64{
			{5e-324, 0, -744.4400719213812}, {1e-310, 0, -713.8013788281542}, {2.225073858507201e-308, 0, -708.3964185322641}, {0x1p-1022, 0, -708.3964185322641},
			{0, 0, math.Inf(-1)}, {-5e-324, 0, math.NaN()}, {math.Inf(1), 0, math.Inf(1)}, {math.NaN(), 0, math.NaN()}, {1, 0, 0},
		}},
		{"Pow", Pow, 4, [][3]float64{
			{5e-324, 0.3, 1.018908996936868e-97}, {5e-324, -0.75, 3.0175988624250344e+242}, {1e-310, -0.9, 1.0000000000000186e+279}, {3e-320, 0.97, 1.15558774412687e-310},
			{1e-310, 0.001, 0.4897788193684462}, {5e-324, 0.9999, 5e-324}, {1e-310, 0.5, 9.999999999999986e-156}, {1e-310, 2.5, 0}, {5e-324, -30.5, math.Inf(1)},
			{5e-324, 30.5, 0}, {-5e-324, 0.3, math.NaN()}, {5e-324, 1, 5e-324}, {5e-324, math.Inf(-1), math.Inf(1)}, {5e-324, math.NaN(), math.NaN()}, {math.NaN(), 0, 1},
		}},
		{"Sin", unary(Sin), 2, [][3]float64{
			{math.Pi, 0, 1.2246467991473532e-16}, {22, 0, -0.008851309290403876}, {355, 0, -3.014435335948845e-05}, {710, 0, 6.0288706691585265e-05},
			{245850922, 0, 6.1180653830011166e-09}, {0x1p29 * math.Pi, 0, -6.574772439361198e-08}, {1e14 * math.Pi, 0, -0.011346020891205282}, {5e-324, 0, 5e-324},
		}},
		{"Cos", unary(Cos), 2, [][3]float64{
			{math.Pi / 2, 0, 6.123233995736766e-17}, {3 * math.Pi / 2, 0, -1.8369701987210297e-16}, {11, 0, 0.004425697988050785}, {52174, 0, 5.507508792203807e-06}, {5e-324, 0, 1},
		}},
		{"Tan", unary(Tan), 3, [][3]float64{
			{math.Pi, 0, -1.2246467991473532e-16}, {math.Pi / 2, 0, 1.633123935319537e+16}, {3 * math.Pi / 2, 0, 5443746451065123}, {355, 0, 3.0144353373184265e-05},
			{52174, 0, -181570.295702549}, {0x1p29 * math.Pi, 0, -6.574772439361213e-08}, {5e-324, 0, 5e-324}, {math.Inf(1), 0, math.NaN()}, {math.NaN(), 0, math.NaN()},
		}},
		{"Asin", unary(Asin), 2, [][3]float64{
			{1 - 0x1p-53, 0, 1.5707963118937354}, {1 - 1e-10, 0, 1.5707821846586878}, {-1 + 0x1p-53, 0, -1.5707963118937354}, {1e-9, 0, 1e-9}, {5e-324, 0, 5e-324},
			{1, 0, math.Pi / 2}, {-1, 0, -math.Pi / 2}, {math.Nextafter(1, 2), 0, math.NaN()}, {math.Inf(-1), 0, math.NaN()}, {math.NaN(), 0, math.NaN()},
		}},
		{"Acos", unary(Acos), 2, [][3]float64{
			{1 - 0x1p-53, 0, 1.4901161193847656e-08}, {1 - 1e-10, 0, 1.4142136208911564e-05}, {-1 + 0x1p-53, 0, 3.141592638688632}, {1e-9, 0, 1.5707963257948967},
			{1, 0, 0}, {-1, 0, math.Pi}, {math.Nextafter(-1, -2), 0, math.NaN()}, {math.Inf(1), 0, math.NaN()}, {math.NaN(), 0, math.NaN()},
		}},
		{"Atan2", Atan2, 2, [][3]float64{
			{-1e-17, -1.7e308, -math.Pi}, {1e-17, -1.7e308, math.Pi}, {-5e-324, -1, -math.Pi}, {5e-324, -1e300, math.Pi}, {-1e-300, -1e-300, -3 * math.Pi / 4},
			{-1e-300, 1e300, math.Copysign(0, -1)}, {1.7e308, 1.2e308, 0.9561333748727311}, {math.Copysign(0, -1), -1, -math.Pi}, {0, -1, math.Pi}, {math.NaN(), -1, math.NaN()},
		}},
		{"Sinh", unary(Sinh), 4, [][3]float64{
			{709.5, 0, 6.774931596573164e+307}, {709.9, 0, 1.010701028059782e+308}, {710.4, 0, 1.6663642832806496e+308}, {-710.4, 0, -1.6663642832806496e+308}, {711, 0, math.Inf(1)},
			{math.Inf(-1), 0, math.Inf(-1)}, {math.NaN(), 0, math.NaN()}, {5e-324, 0, 5e-324},
		}},
		{"Tanh", unary(Tanh), 2, [][3]float64{
			{0.7, 0, 0.6043677771171635}, {0.625, 0, 0.5545997223493823}, {0.6250001, 0, 0.5545997915912932}, {1, 0, 0.7615941559557649}, {-3, 0, -0.9950547536867305},
			{5, 0, 0.9999092042625951}, {18, 0, 0.9999999999999996}, {20, 0, 1}, {5e-324, 0, 5e-324}, {math.Copysign(0, -1), 0, math.Copysign(0, -1)},
			{math.Inf(1), 0, 1}, {math.Inf(-1), 0, -1}, {math.NaN(), 0, math.NaN()},
		}},
		{"Cosh", unary(Cosh), 4, [][3]float64{
			{709.5, 0, 6.774931596573164e+307}, {-710.47, 0, 1.7871893267684048e+308}, {-711, 0, math.Inf(1)}, {math.Inf(-1), 0, math.Inf(1)}, {math.NaN(), 0, math.NaN()},
		}},
	} {
		for _, at := range f.at {
			got, want := f.f(at[0], at[1]), at[2]
			switch {
			case math.IsNaN(want) && math.IsNaN(got), got == want && math.Signbit(got) == math.Signbit(want):
			case !(math.Abs(got-want) <= f.ulps*ulp*math.Abs(want)):
				t.Errorf("%s(%v) = %v, want %v", f.name, at[:2], got, want)
			}
		}
	}
}

// Sin and Cos have the bits of Sincos in every quadrant and at every size.
func TestSincosBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		x := rng.NormFloat64() * math.Exp2(float64(rng.IntN(90)-35))
		sin, cos := Sincos(x)
		if s, c := Sin(x), Cos(x); s != sin || c != cos {
			t.Fatalf("at %v Sin and Cos are %v and %v, Sincos %v and %v", x, s, c, sin, cos)
		}
	}
	for _, x := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		if sin, cos := Sincos(x); sin == sin || cos == cos || Sin(x) == Sin(x) || Cos(x) == Cos(x) {
			t.Errorf("at %v a sine or cosine is not NaN", x)
		}
	}
	if s := Sin(math.Copysign(0, -1)); s != 0 || !math.Signbit(s) {
		t.Errorf("Sin(-0) = %v", s)
	}
}
