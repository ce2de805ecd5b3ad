package kernel_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

func TestReverseLines(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	forEach(t, func(t *testing.T) {
		t.Helper()
		testReverseLines[float32](t)
		testReverseLines[float64](t)
	})
}

// testReverseLines tries every length up to some vectors, lines around the lengths of pieces, and enough of them for several
// processors.
func testReverseLines[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(91, 92))
	sizes := [][2]int{{0, 0}, {0, 3}, {1, 1 << 17}, {1, 1<<17 + 5}, {3, 1<<16 + 1}, {2, 1<<14 - 1}, {300, 500}, {10, 1<<14 + 3}, {1 << 17, 1}, {1 << 14, 9}}
	for n := 1; n <= maxLength; n++ {
		sizes = append(sizes, [2]int{1 + n%4, n})
	}
	for _, s := range sizes {
		lines, n := s[0], s[1]
		src, dst := boxOf(mixed[T](rng, lines*n), n%5), newBox[T](lines*n, n%3)
		want := slices.Clone(src.s)
		for i := range lines {
			slices.Reverse(want[i*n : (i+1)*n])
		}
		kernel.ReverseLines(dst.s, src.s, n)
		dst.check(t)
		src.check(t)
		if msg := diff(want, dst.s); msg != "" {
			t.Fatalf("dtype=%s, %d lines of %d: mismatch (-want +got):\n%s", dtype[T](), lines, n, msg)
		}
	}
}
