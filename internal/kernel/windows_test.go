package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

func TestMaxWindows(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testMaxWindows[float32](t)
		testMaxWindows[float64](t)
	})
}

// testMaxWindows looks at every number of windows up to some vectors, with numbers all different, few, and special, and at windows
// so large that few are done at a time.
func testMaxWindows[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(71, 72))
	type size struct{ cols, step, width, kh, kw int }
	sizes := []size{{1, 1, 1, 1, 1}, {30, 1, 5, 200, 3}, {50, 2, 400, 300, 200}, {2000, 1, 2002, 3, 3}, {300, 1, 400, 20, 50}, {3, 1, 0, 4, 2}, {20, 1, 1 << 20, 18, 1}, {5, 100, 600, 2, 3}}
	every := 1
	if testing.Short() {
		every = 5
	}
	for cols := 1; cols <= maxLength; cols += every {
		sizes = append(sizes, size{cols, 1, cols + cols%5 + 2, 1 + cols%4, 1 + cols%3}, size{cols, 2 + cols%3, 4*cols + 2, 1 + cols%3, 1 + cols%4})
	}
	kinds := map[string]func(n int) []T{
		"random":  func(n int) []T { return random[T](rng, n, 1) },
		"special": func(n int) []T { return mixed[T](rng, n) },
		"few": func(n int) []T {
			s := make([]T, n)
			for i := range s {
				s[i] = T(rng.IntN(4)) - 2
			}
			return s
		},
		"-Inf": func(n int) []T {
			s := make([]T, n)
			for i := range s {
				s[i] = T(math.Inf(-1))
			}
			return s
		},
	}
	for _, s := range sizes {
		for name, numbers := range kinds {
			if s.width > 1000 && name != "few" {
				continue // takes long
			}
			x := boxOf(numbers((s.kh-1)*s.width+s.kw+(s.cols-1)*s.step), 1)
			y, which := newBox[T](s.cols, 2), newBox[T](s.cols, 3)
			kernel.MaxWindows(y.s, which.s, x.s, s.step, s.width, s.kh, s.kw)
			y.check(t)
			which.check(t)
			for j := range s.cols {
				want, offset, ties := x.s[j*s.step], 0, 0
				for p := range s.kh {
					for q, v := range x.s[j*s.step+p*s.width:][:s.kw] {
						switch {
						case v > want || v != v && want == want:
							want, offset, ties = v, p*s.width+q, 1
						case v == want || v != v:
							ties++
						}
					}
				}
				if got := y.s[j]; !same(got, want) {
					t.Fatalf("dtype=%s %s %+v: window %d: got %v, want %v", dtype[T](), name, s, j, got, want)
				}
				got := which.s[j]
				if got == -1 && (ties > 1 || want != want || s.kh*s.kw == 1 || math.IsInf(float64(want), -1) || s.width*s.kh > 1<<24) {
					continue
				}
				if got != T(offset) || ties > 1 || want != want {
					t.Fatalf("dtype=%s %s %+v: window %d: the largest of %d elements as large, %v, is said to stand at %v, want %d", dtype[T](), name, s, j, ties, want, got, offset)
				}
			}
		}
	}
}
