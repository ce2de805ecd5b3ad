package kernel_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// TestSortLines compares with a stable sort by comparisons.
func TestSortLines(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	testSortLines[float32](t)
	testSortLines[float64](t)
}

func testSortLines[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(61, 62))
	kinds := []struct {
		name string
		make func(n int) []T
	}{
		{"random", func(n int) []T { return random[T](rng, n, 3) }},
		{"special", func(n int) []T { return mixed[T](rng, n) }},
		{"few numbers", func(n int) []T {
			s := make([]T, n)
			for i := range s {
				s[i] = T(rng.IntN(3) - 1)
			}
			return s
		}},
		{"ascending", func(n int) []T {
			s := make([]T, n)
			for i := range s {
				s[i] = T(i)
			}
			return s
		}},
		{"NaN", func(n int) []T {
			s := make([]T, n)
			for i := range s {
				s[i] = T(math.NaN())
			}
			return s
		}},
	}
	for _, size := range [][3]int{{2, 0, 3}, {3, 1, 1}, {2, 2, 1}, {2, 7, 3}, {1, 33, 20}, {2, 150, 1}, {1, 300, 18}, {2, 1000, 1}, {1, 5000, 1}, {60, 90, 1}, {1, 64, 70}} {
		outer, n, inner := size[0], size[1], size[2]
		for _, kind := range kinds {
			x := kind.make(outer * n * inner)
			for _, k := range []int{0, 1, 3, 10, 60, n / 3, n - 1, n} {
				if k < 0 || k > n {
					continue
				}
				for _, descending := range []bool{false, true} {
					var wantY, wantIndex []T
					wantY, wantIndex = make([]T, outer*k*inner), make([]T, outer*k*inner)
					for i := range outer * inner {
						line, order := lineOf(x, i, n, inner), make([]int, n)
						for r := range order {
							order[r] = r
						}
						slices.SortStableFunc(order, func(a, b int) int {
							c := 0
							switch v, w := line[a], line[b]; {
							case v != v || w != w:
								c = cmp.Compare(w, v) // cmp has NaN first
								if v == v || w == w {
									c = -cmp.Compare(v, w)
								}
							default:
								c = cmp.Compare(v, w)
							}
							if descending {
								c = -c
							}
							return c
						})
						for r := range k {
							at := (i/inner*k+r)*inner + i%inner
							wantY[at], wantIndex[at] = line[order[r]], T(order[r])
						}
					}
					y, index := newBox[T](len(wantY), 2), newBox[T](len(wantY), 3)
					kernel.SortLines(y.s, index.s, x, n, k, inner, descending)
					y.check(t)
					index.check(t)
					if msg := diff(wantIndex, index.s) + diff(wantY, y.s); msg != "" {
						t.Fatalf("SortLines/dtype=%s %s %v k=%d descending=%v mismatch (-want +got):\n%s", dtype[T](), kind.name, size, k, descending, msg)
					}
				}
			}
		}
	}
}
