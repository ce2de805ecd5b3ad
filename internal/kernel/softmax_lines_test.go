package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// TestSoftmaxLines compares softmax and its like along lines with those of rows.
func TestSoftmaxLines(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testSoftmaxLines[float32](t)
		testSoftmaxLines[float64](t)
	})
}

func testSoftmaxLines[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(71, 72))
	infinite := func(s []T, one int) []T { // one in so many elements is special
		for i := range s {
			if rng.IntN(one) == 0 {
				s[i] = special[T]()[rng.IntN(len(special[T]()))]
			}
		}
		return s
	}
	sizes := [][3]int{{2, 3, 1}, {3, 5, 3}, {2, 0, 20}, {2, 1, 20}, {1, 70, 40}, {2, 3, 300}, {1, 1000, 150}}
	if testing.Short() {
		sizes = sizes[:6]
	}
	for _, size := range sizes {
		outer, n, inner := size[0], size[1], size[2]
		for _, one := range []int{1 << 26, 5, 300} {
			all := outer * n * inner
			x, ct := boxOf(infinite(random[T](rng, all, 5), one), n%5), infinite(random[T](rng, all, 1), 20*one)
			if one > 5 {
				for i := range x.s { // masks
					if rng.IntN(50) == 0 {
						x.s[i] = T(math.Inf(-1))
					}
				}
			}
			y, old := make([]T, all), random[T](rng, all, 1)
			check := func(name string, got []T, rows func(dst, ct, y, x []T, n int)) {
				t.Helper()
				for i := range outer * inner {
					dst, line := lineOf(old, i, n, inner), lineOf(got, i, n, inner)
					if n > 0 {
						rows(dst, lineOf(ct, i, n, inner), lineOf(y, i, n, inner), lineOf(x.s, i, n, inner), n)
					}
					want, bound := make([]float64, n), make([]float64, n)
					for k, v := range dst {
						want[k], bound[k] = float64(v), 1+math.Abs(float64(v))
					}
					if msg := near(want, line, bound, 8*eps[T]()); msg != "" {
						t.Fatalf("%s/dtype=%s %v, line %d: %s", name, dtype[T](), size, i, msg)
					}
				}
			}
			for _, f := range []struct {
				name     string
				lines    func(dst, x []T, n, inner int)
				rows     func(dst, x []T, n int)
				backward func(dst, ct, y, x []T, n, inner int, set bool)
				add, set func(dst, ct, y, x []T, n int)
			}{
				{"Softmax", kernel.SoftmaxLines[T], kernel.Softmax[T], kernel.SoftmaxLinesBackward[T], kernel.SoftmaxBackward[T], kernel.SoftmaxBackwardInto[T]},
				{"SafeSoftmax", kernel.SafeSoftmaxLines[T], kernel.SafeSoftmax[T], kernel.SoftmaxLinesBackward[T], kernel.SoftmaxBackward[T], kernel.SoftmaxBackwardInto[T]},
				{"LogSoftmax", kernel.LogSoftmaxLines[T], kernel.LogSoftmax[T], kernel.LogSoftmaxLinesBackward[T], kernel.LogSoftmaxBackward[T], kernel.LogSoftmaxBackwardInto[T]},
			} {
				dst := newBox[T](all, 2)
				f.lines(dst.s, x.s, n, inner)
				dst.check(t)
				check(f.name, dst.s, func(dst, _, _, x []T, n int) { f.rows(dst, x, n) })
				copy(y, dst.s)
				f.backward(dst.s, ct, y, x.s, n, inner, true)
				dst.check(t)
				check(f.name+"BackwardInto", dst.s, f.set)
				copy(dst.s, old)
				f.backward(dst.s, ct, y, x.s, n, inner, false)
				dst.check(t)
				check(f.name+"Backward", dst.s, f.add)
			}
			dst := newBox[T](outer*inner, 1)
			kernel.LogSumExpLines(dst.s, x.s, n, inner)
			dst.check(t)
			for i, got := range dst.s {
				var want [1]T
				kernel.LogSumExp(want[:], lineOf(x.s, i, n, inner), n)
				if msg := near([]float64{float64(want[0])}, []T{got}, []float64{1 + math.Abs(float64(want[0]))}, 4*eps[T]()); msg != "" {
					t.Fatalf("LogSumExpLines/dtype=%s %v, line %d: %s", dtype[T](), size, i, msg)
				}
			}
		}
	}
}
