package specfun

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// The error of Exp is what its comment says, at points of every size and where the result is halved or doubled next.
func TestExpError(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	points := []float64{0, math.Copysign(0, -1), 5e-324, -5e-324, 0x1p-53, -0x1p-54, 709, math.Nextafter(709, 0), math.Nextafter(709, 710), 709.78, -708, math.Nextafter(-708, 0), math.Nextafter(-708, -709)}
	for k := -1021; k <= 1023; k += 73 {
		for _, half := range []float64{-0.5, 0, 0.5} {
			x := (float64(k) + half) * math.Ln2
			points = append(points, x, math.Nextafter(x, math.Inf(1)), math.Nextafter(x, math.Inf(-1)))
		}
	}
	for range 2000 {
		points = append(points, 1416*rng.Float64()-708, rng.Float64()-0.5, rng.NormFloat64()*math.Exp2(float64(rng.IntN(60)-55)))
	}
	for _, x := range points {
		want := bigExp(x)
		nearest, _ := want.Float64()
		most := 0.7
		if x > 709 || x < -708 {
			most = 2
		}
		difference, _ := want.Sub(want, big.NewFloat(Exp(x))).Float64()
		if ulp := math.Nextafter(nearest, math.Inf(1)) - nearest; !(math.Abs(difference) <= most*ulp) {
			t.Errorf("Exp(%v) is off by %.3g ulp, want %v at most", x, math.Abs(difference)/ulp, most)
		}
	}
}

// bigExp returns eˣ with some 170 bits: the Taylor series of x/1024, squared ten times.
func bigExp(x float64) *big.Float {
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(192).SetFloat64(v) }
	r := number(x)
	r.SetMantExp(r, -10)
	sum, term := number(1), number(1)
	for i := 1; i < 50; i++ {
		term.Mul(term, r)
		term.Quo(term, number(float64(i)))
		sum.Add(sum, term)
	}
	for range 10 {
		sum.Mul(sum, sum)
	}
	return sum
}
