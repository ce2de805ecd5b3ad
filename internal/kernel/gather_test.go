package kernel_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

func TestGatherRows(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	forEach(t, func(t *testing.T) {
		t.Helper()
		testGatherRows[float32](t)
		testGatherRows[float64](t)
	})
}

// testGatherRows tries rows of every length up to some vectors, long ones, and enough of them for several processors.
func testGatherRows[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(93, 94))
	type size struct{ matrices, rows, n, count int }
	sizes := []size{
		{1, 3, 0, 2}, {1, 2, 3, 0}, {0, 3, 2, 5}, {0, 0, 0, 0}, {2, 0, 3, 0},
		{1, 5, 1, 1 << 17}, {1000, 300, 1, 140}, {1, 100, 64, 2100}, {700, 10, 64, 3}, {1, 7, 1024, 130}, {1, 3, 1500, 90}, {2, 2, 1<<16 + 1, 3},
	}
	for n := 1; n <= maxLength; n++ {
		sizes = append(sizes, size{1 + n%3, 1 + n%5, n, 1 + n%7})
	}
	for _, s := range sizes {
		src, dst := boxOf(random[T](rng, s.matrices*s.rows*s.n, 1), 1), newBox[T](s.matrices*s.count*s.n, 2)
		index := make([]int, s.count)
		for i := range index {
			index[i] = rng.IntN(max(s.rows, 1))
		}
		var want []T
		for m := range s.matrices {
			for _, k := range index {
				want = append(want, src.s[(m*s.rows+k)*s.n:][:s.n]...)
			}
		}
		if s.rows == 0 {
			want = nil
		}
		kernel.GatherRows(dst.s, src.s, index, s.n, s.rows)
		dst.check(t)
		src.check(t)
		if msg := diff(want, dst.s); msg != "" {
			t.Fatalf("dtype=%s %+v: mismatch (-want +got):\n%s", dtype[T](), s, msg)
		}
	}
}

// TestGatherRowsOutside tries indices that are none.
func TestGatherRowsOutside(t *testing.T) {
	for _, k := range []int{-1, 3, 1 << 30, -1 << 30} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("index %d of 3 rows does not panic", k)
				}
			}()
			kernel.GatherRows(make([]float32, 8), make([]float32, 12), []int{0, k}, 4, 3)
		}()
	}
}
