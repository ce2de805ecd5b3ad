package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

func TestOptimizers(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testOptimizers[float32](t)
		testOptimizers[float64](t)
	})
}

// testOptimizers compares three steps with the formulas of the doc comments in double precision.
func testOptimizers[T kernel.Float](t *testing.T) {
	t.Helper()
	const (
		lr, mu, beta1, beta2, epsilon = 0.125, 0.875, 0.875, 0.9921875, 0x1p-20 // exact in both precisions
		tolerance                     = 8                                       // ulp of numbers around 1
	)
	rng := rand.New(rand.NewPCG(21, 22))
	for _, n := range append(lengths()[:maxLength+1], 140001) {
		for _, decay := range []float64{0, 0.25} {
			if n > maxLength && decay == 0 {
				continue
			}
			for _, flag := range []bool{false, true} {
				w, g := boxOf(random[T](rng, n, 1), n%3), boxOf(random[T](rng, n, 1), 1)
				v, m := newBox[T](n, 2), newBox[T](n, n%5)
				clear(v.s)
				clear(m.s)
				a := boxOf(w.s, 1)
				va := newBox[T](n, 2)
				clear(va.s)
				wantW, wantA, size := doubles(w.s), doubles(w.s), make([]float64, n)
				velocity, first, second := make([]float64, n), make([]float64, n), make([]float64, n)
				for step := 1; step <= 3; step++ {
					for i := range n {
						gi := float64(g.s[i])
						d := gi + decay*wantW[i]
						velocity[i] = mu*velocity[i] + d
						if flag {
							wantW[i] -= lr * (d + mu*velocity[i])
						} else {
							wantW[i] -= lr * velocity[i]
						}
						d = gi
						if flag {
							wantA[i] -= lr * decay * wantA[i]
						} else {
							d += decay * wantA[i]
						}
						first[i] = beta1*first[i] + (1-beta1)*d
						second[i] = beta2*second[i] + (1-beta2)*d*d
						bc1, bc2 := 1-math.Pow(beta1, float64(step)), 1-math.Pow(beta2, float64(step))
						wantA[i] -= lr / bc1 * first[i] / (math.Sqrt(second[i])/math.Sqrt(bc2) + epsilon)
						size[i] = 1 + 0.001/(math.Abs(d)+0.001)
					}
					kernel.SGDMomentum(w.s, g.s, v.s, lr, mu, T(decay), flag)
					kernel.Adam(a.s, g.s, m.s, va.s, lr, beta1, beta2, epsilon, T(decay), flag, step)
				}
				name := fmt.Sprintf("dtype=%s n=%d decay=%v flag=%v", dtype[T](), n, decay, flag)
				tol := tolerance * eps[T]()
				for k, msg := range map[string]string{
					"SGDMomentum": near(wantW, w.s, size, tol), "v": near(velocity, v.s, size, tol), "Adam": near(wantA, a.s, size, 4*tol),
				} {
					if msg != "" {
						t.Fatalf("%s %s: %s", k, name, msg)
					}
				}
				for _, b := range []box[T]{w, g, v, m, a, va} {
					b.check(t)
				}
			}
		}
	}
}
