package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// TestMatVec compares products of matrices and vectors, in all forms that end in dot products of rows, with exact ones.
func TestMatVec(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testMatVec[float32](t)
		testMatVec[float64](t)
	})
}

func testMatVec[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(81, 82))
	for _, size := range [][2]int{{2, 4}, {3, 5}, {4, 16}, {5, 17}, {7, 33}, {9, 100}, {500, 300}, {3, 70000}} {
		rows, k := size[0], size[1]
		lda := k + rows%3
		a, x := boxOf(random[T](rng, rows*lda, 1), k%5), boxOf(random[T](rng, k, 1), k%3)
		old := random[T](rng, rows, 1)
		want, bound := make([]float64, rows), make([]float64, rows)
		for i := range want {
			hi, lo, s := exactSum(a.s[i*lda:][:k], x.s)
			want[i], bound[i] = hi+lo, s
		}
		check := func(name string, y box[T], accumulated bool) {
			t.Helper()
			y.check(t)
			expect := append([]float64(nil), want...)
			for i, v := range old {
				if accumulated {
					expect[i] += float64(v)
				}
			}
			if msg := near(expect, y.s, bound, 2*eps[T]()*float64(1+k/64)); msg != "" {
				t.Fatalf("%s/dtype=%s %v: %s", name, dtype[T](), size, msg)
			}
		}
		for _, accumulate := range []bool{false, true} {
			name := fmt.Sprintf("accumulate=%v", accumulate)
			for _, trans := range []bool{false, true} {
				y := boxOf(old, 2)
				ld := 1
				if trans {
					ld = k
				}
				kernel.Gemm(false, trans, rows, 1, k, a.s, lda, x.s, ld, y.s, 1, accumulate)
				check("A·x "+name, y, accumulate)
				y = boxOf(old, 1)
				ld = k
				if trans {
					ld = 1
				}
				kernel.Gemm(trans, true, 1, rows, k, x.s, ld, a.s, lda, y.s, rows, accumulate)
				check("x·Aᵀ "+name, y, accumulate)
			}
		}
	}
}
