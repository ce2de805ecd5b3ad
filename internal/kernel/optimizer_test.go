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
		testScaledSteps[float32](t)
		testScaledSteps[float64](t)
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
					kernel.Adam(a.s, g.s, m.s, va.s, lr, beta1, beta2, epsilon, T(decay), flag, kernel.AdamWeights(beta1, beta2, step))
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

// testScaledSteps compares three steps of the optimizers with a rate for each number with the formulas of the doc
// comments in double precision.
func testScaledSteps[T kernel.Float](t *testing.T) {
	t.Helper()
	const (
		lr, mu, alpha, beta1, beta2, epsilon = 0.125, 0.875, 0.9375, 0.875, 0.9921875, 0.125 // exact in both precisions
		tolerance                            = 16                                            // ulp of numbers around 1
	)
	// A step is one with the parameter w, the gradient g and the moments m, v and u.
	type step struct {
		name   string
		kernel func(w, g, m, v, u []T, decay T)
		number func(w, g, m, v, u *float64, decay float64)
	}
	square := func(v *float64, d float64) float64 {
		*v = alpha**v + (1-alpha)*d*d
		return *v
	}
	steps := []step{
		{"Adagrad", func(w, g, _, v, _ []T, decay T) { kernel.Adagrad(w, g, v, lr, epsilon, decay) }, func(w, g, _, v, _ *float64, decay float64) {
			d := *g + decay**w
			*v += d * d
			*w -= lr * d / (math.Sqrt(*v) + epsilon)
		}},
		{"RMSProp", func(w, g, _, v, _ []T, decay T) { kernel.RMSProp(w, g, v, lr, alpha, epsilon, decay) }, func(w, g, _, v, _ *float64, decay float64) {
			d := *g + decay**w
			*w -= lr * d / (math.Sqrt(square(v, d)) + epsilon)
		}},
		{"RMSPropMomentum", func(w, g, m, v, _ []T, decay T) { kernel.RMSPropMomentum(w, g, m, v, lr, mu, alpha, epsilon, decay) }, func(w, g, m, v, _ *float64, decay float64) {
			d := *g + decay**w
			*m = mu**m + d/(math.Sqrt(square(v, d))+epsilon)
			*w -= lr * *m
		}},
		{"RMSPropCentered", func(w, g, m, v, u []T, decay T) { kernel.RMSPropCentered(w, g, m, v, u, lr, mu, alpha, epsilon, decay) }, func(w, g, m, v, u *float64, decay float64) {
			d := *g + decay**w
			*u = alpha**u + (1-alpha)*d
			*m = mu**m + d/(math.Sqrt(max(square(v, d)-*u**u, 0))+epsilon)
			*w -= lr * *m
		}},
		{"Lion", func(w, g, m, _, _ []T, decay T) { kernel.Lion(w, g, m, lr, beta1, beta2, decay) }, func(w, g, m, _, _ *float64, decay float64) {
			by := 0.0
			if c := beta1**m + (1-beta1)**g; c != 0 {
				by = math.Copysign(1, c)
			}
			*w -= lr * (by + decay**w)
			*m = beta2**m + (1-beta2)**g
		}},
	}
	rng := rand.New(rand.NewPCG(23, 24))
	for _, n := range append(lengths()[:maxLength+1], 140001) {
		for _, decay := range []float64{0, 0.25} {
			if n > maxLength && decay == 0 {
				continue
			}
			for _, s := range steps {
				w, g := boxOf(random[T](rng, n, 1), n%3), boxOf(random[T](rng, n, 1), 1)
				for i := range n / 5 {
					g.s[5*i] = 0 // the sign of which is 0, too
				}
				boxes := []box[T]{newBox[T](n, 2), newBox[T](n, n%5), newBox[T](n, 3)}
				moments := make([][]float64, len(boxes))
				for k, b := range boxes {
					clear(b.s)
					moments[k] = make([]float64, n)
				}
				want, grads := doubles(w.s), doubles(g.s)
				size := make([]float64, n)
				for i := range size {
					size[i] = 1
				}
				for range 3 {
					s.kernel(w.s, g.s, boxes[0].s, boxes[1].s, boxes[2].s, T(decay))
					for i := range n {
						s.number(&want[i], &grads[i], &moments[0][i], &moments[1][i], &moments[2][i], decay)
					}
				}
				name := fmt.Sprintf("dtype=%s n=%d decay=%v", dtype[T](), n, decay)
				tol := tolerance * eps[T]()
				if msg := near(want, w.s, size, tol); msg != "" {
					t.Fatalf("%s %s: %s", s.name, name, msg)
				}
				for k, b := range boxes {
					if msg := near(moments[k], b.s, size, tol); msg != "" {
						t.Fatalf("%s %s: moment %d: %s", s.name, name, k, msg)
					}
				}
				for _, b := range append(boxes, w, g) {
					b.check(t)
				}
			}
		}
	}
}
