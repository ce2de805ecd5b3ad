package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

func TestScans(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testScans[float32](t)
		testScans[float64](t)
	})
}

// testScans compares scans, and derivatives of products, with loops over single lines, zeros and huge numbers included.
func testScans[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(101, 102))
	zeroWins := func(a, b float64) float64 {
		if a == 0 || b == 0 {
			return 0
		}
		return a * b
	}
	for _, size := range [][3]int{{3, 0, 2}, {2, 1, 1}, {3, 2, 1}, {5, 3, 1}, {9, 7, 1}, {2, 12, 1}, {1, 40, 20}, {2, 9, 3}, {4, 7, 17}, {1, 30, 70}, {1, 3, 2100}} {
		outer, n, inner := size[0], size[1], size[2]
		all, lines := outer*n*inner, outer*inner
		for _, kind := range []int{0, 3, 9} { // one in so many elements is 0, one is huge
			x, ct, old := random[T](rng, all, 1), random[T](rng, all, 1), random[T](rng, all, 1)
			for i := range x {
				if kind > 0 && rng.IntN(kind) == 0 {
					x[i] = 0
				} else if kind > 0 && rng.IntN(kind) == 0 {
					x[i] = T(math.MaxFloat32)
					if huge := 1e200; dtype[T]() == "float64" {
						x[i] = T(huge)
					}
				}
			}
			if lines > 0 && all > 0 {
				ct[rng.IntN(lines)] = 0
			}
			compare := func(name string, got []T, line func(i int, x []T) []float64, added bool) {
				t.Helper()
				for i := range lines {
					want, g, bound := line(i, lineOf(x, i, n, inner)), lineOf(got, i, n, inner), make([]float64, n)
					for k := range want {
						bound[k] = math.Abs(want[k]) + 1
						if added {
							want[k] += float64(lineOf(old, i, n, inner)[k])
						}
						if w := float64(T(want[k])); dtype[T]() == "float32" && math.IsInf(w, 0) {
							want[k] = w
						}
					}
					if msg := near(want, g, bound, float64(n+2)*eps[T]()); msg != "" {
						t.Fatalf("%s/dtype=%s %v: line %d %v: %s", name, dtype[T](), size, i, lineOf(x, i, n, inner), msg)
					}
				}
			}
			y := newBox[T](all, 2)
			for _, backwards := range []bool{false, true} {
				scanned := func(start float64, of func(s, v float64) float64) func(i int, x []T) []float64 {
					return func(_ int, x []T) []float64 {
						s, want := start, make([]float64, n)
						for k := range x {
							if backwards {
								k = n - 1 - k
							}
							s = of(s, float64(x[k]))
							want[k] = s
						}
						return want
					}
				}
				if kind == 0 {
					kernel.SumScan(y.s, x, n, inner, backwards)
					compare("SumScan", y.s, scanned(0, func(s, v float64) float64 { return s + v }), false)
				}
				kernel.ProdScan(y.s, x, n, inner, backwards)
				compare("ProdScan", y.s, scanned(1, func(s, v float64) float64 { return s * v }), false)
				y.check(t)
			}
			for _, set := range []bool{true, false} {
				copy(y.s, old)
				if n > 0 {
					kernel.ProdLinesBackward(y.s, ct[:lines], x, n, inner, set)
					compare("ProdLinesBackward", y.s, func(i int, x []T) []float64 {
						want := make([]float64, n)
						for k := range want {
							p, q := 1.0, 1.0
							for _, v := range x[:k] {
								p = zeroWins(p, float64(v))
							}
							for j := n - 1; j > k; j-- {
								q = zeroWins(q, float64(x[j]))
							}
							if ct[i] != 0 {
								want[k] = float64(ct[i]) * zeroWins(p, q)
							}
						}
						return want
					}, !set)
				}
				if kind > 0 {
					continue
				}
				copy(y.s, old)
				kernel.ProdScanBackward(y.s, ct, x, n, inner, set)
				compare("ProdScanBackward", y.s, func(i int, x []T) []float64 {
					want, w := make([]float64, n), lineOf(ct, i, n, inner)
					for k := range want {
						for j := k; j < n; j++ {
							p := 1.0
							for m, v := range x[:j+1] {
								if m != k {
									p *= float64(v)
								}
							}
							want[k] += float64(w[j]) * p
						}
					}
					return want
				}, !set)
				y.check(t)
			}
		}
	}
}
