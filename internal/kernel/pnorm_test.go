package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/internal/specfun"
)

func TestPNorms(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testPNorms[float32](t)
		testPNorms[float64](t)
	})
}

// testPNorms compares p-norms, and their derivatives, with loops in double precision.
func testPNorms[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(81, 82))
	powers := []float64{1.25, 1.5, 3, 4, 5, 17}
	if testing.Short() {
		powers = []float64{1.25, 3, 17}
	}
	for _, s := range [][3]int{{3, 1, 1}, {4, 2, 1}, {2, 17, 1}, {1, 5000, 1}, {1, 7, 19}, {1, 2, 2100}} {
		outer, n, inner := s[0], s[1], s[2]
		lines := outer * inner
		for _, p := range powers {
			for _, scale := range []float64{1, 0x1p-90, 0x1p90} {
				x, ct, old := boxOf(random[T](rng, lines*n, scale), n%5), random[T](rng, lines, 1), random[T](rng, lines*n, 1)
				ct[0] = 0
				y := make([]T, lines)
				rows := newBox[T](lines, 1)
				for i := range lines {
					line := lineOf(x.s, i, n, inner)
					largest, powers := 0.0, make([]float64, n)
					for _, v := range line {
						largest = max(largest, math.Abs(float64(v)))
					}
					for k, v := range line {
						powers[k] = specfun.Pow(math.Abs(float64(v))/largest, p)
					}
					sum, rest, _ := exactSum(powers, ones[float64](n))
					want := largest * specfun.Pow(sum+rest, 1/p)
					y[i] = T(want)
					if plain := kernel.PNormRows(rows.s[i:i+1], line, n, p); !plain {
						t.Fatalf("PNormRows/dtype=%s %v p=%v scale=%v: left out", dtype[T](), s, p, scale)
					}
					if got := float64(rows.s[i]); !(math.Abs(got-want) <= 3*eps[T]()*want) {
						t.Fatalf("PNormRows/dtype=%s %v p=%v scale=%v: got %v, want %v", dtype[T](), s, p, scale, got, want)
					}
				}
				rows.check(t)
				for _, set := range []bool{true, false} {
					dst := boxOf(old, 2)
					kernel.PNormLinesBackward(dst.s, ct, x.s, y, n, inner, p, set)
					dst.check(t)
					tolerance := 3*p + (p-1)*math.Abs(math.Log(scale)) // some powers are made with the logarithm of the base
					for at, got := range dst.s {
						i := at/(n*inner)*inner + at%inner
						v := float64(x.s[at])
						want := float64(ct[i]) * math.Copysign(specfun.Pow(math.Abs(v)/float64(y[i]), p-1), v)
						size := math.Abs(want)
						if !set {
							want += float64(old[at])
						}
						if !(math.Abs(float64(got)-want) <= eps[T]()*(tolerance*size+1)) {
							t.Fatalf("PNormLinesBackward/dtype=%s %v p=%v scale=%v set=%v: got %v, want %v", dtype[T](), s, p, scale, set, got, want)
						}
					}
				}
			}
		}
	}
	inf, nan := T(math.Inf(1)), T(math.NaN())
	x := []T{0, 0, 1, 2, inf, 1, nan, 1, T(math.SmallestNonzeroFloat32), 0}
	dst := make([]T, 5)
	kernel.PNormRows(dst, x, 2, 3)
	if dst[0] == dst[0] || dst[1] != dst[1] || dst[2] == dst[2] || dst[3] == dst[3] {
		t.Errorf("PNormRows/dtype=%s = %v: rows 0, 2 and 3 are not plain", dtype[T](), dst)
	}
	zero := []T{9, 9, 9}
	kernel.PNormLinesBackward(zero, []T{1}, []T{0, 0, 0}, []T{0}, 3, 1, 3, true)
	if msg := diff([]T{0, 0, 0}, zero); msg != "" {
		t.Errorf("PNormLinesBackward of zeros (-want +got):\n%s", msg)
	}
}
