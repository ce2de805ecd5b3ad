package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// maxLength is the longest of the ragged lengths: some vectors of the widest kind, unrolled, and a tail.
const maxLength = 67

// An exact kernel has one right answer for every element.
type exact[T kernel.Float] struct {
	name string
	run  func(dst, a, b []T)
	want func(d, a, b T) T
}

func exactKernels[T kernel.Float]() []exact[T] {
	const c = 1.75
	return []exact[T]{
		{"Fill", func(d, _, _ []T) { kernel.Fill(d, T(c)) }, func(_, _, _ T) T { return T(c) }},
		{"Add", kernel.Add[T], func(_, a, b T) T { return a + b }},
		{"Sub", kernel.Sub[T], func(_, a, b T) T { return a - b }},
		{"Mul", kernel.Mul[T], func(_, a, b T) T { return a * b }},
		{"Div", kernel.Div[T], func(_, a, b T) T { return a / b }},
		{"AddScalar", func(d, a, _ []T) { kernel.AddScalar(d, a, T(c)) }, func(_, a, _ T) T { return a + T(c) }},
		{"MulScalar", func(d, a, _ []T) { kernel.MulScalar(d, a, T(c)) }, func(_, a, _ T) T { return a * T(c) }},
		{"Neg", func(d, a, _ []T) { kernel.Neg(d, a) }, func(_, a, _ T) T { return -a }},
		{"Square", func(d, a, _ []T) { kernel.Square(d, a) }, func(_, a, _ T) T { return a * a }},
		{"Sqrt", func(d, a, _ []T) { kernel.Sqrt(d, a) }, func(_, a, _ T) T { return sqrt(a) }},
		{"Abs", func(d, a, _ []T) { kernel.Abs(d, a) }, func(_, a, _ T) T { return max(a, -a) }},
		{"ReLU", func(d, a, _ []T) { kernel.ReLU(d, a) }, func(_, a, _ T) T { return max(a, 0) }},
		{"AddTo", func(d, a, _ []T) { kernel.AddTo(d, a) }, func(d, a, _ T) T { return d + a }},
		{"MulZeroWins", kernel.MulZeroWins[T], func(_, ct, d T) T { return zeroWins(ct, d) }},
		{"AxpyZero", func(d, a, _ []T) { kernel.Axpy(d, 0, a) }, func(d, _, _ T) T { return d }},
		{"AddScalarTo", func(d, _, _ []T) { kernel.AddScalarTo(d, T(c)) }, func(d, _, _ T) T { return d + T(c) }},
		{"ReLUBackwardInto", kernel.ReLUBackwardInto[T], func(_, ct, y T) T {
			if y <= 0 {
				return 0
			}
			return ct
		}},
		{"ReLUBackward", kernel.ReLUBackward[T], func(d, ct, y T) T {
			if y <= 0 {
				return d
			}
			return d + ct
		}},
	}
}

func TestExactKernels(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testExactKernels[float32](t)
		testExactKernels[float64](t)
	})
}

func testExactKernels[T kernel.Float](t *testing.T) {
	t.Helper()
	for _, k := range exactKernels[T]() {
		t.Run(fmt.Sprintf("%s/dtype=%s", k.name, dtype[T]()), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for n := range maxLength + 1 {
				off := n % 5
				a, b, d := boxOf(mixed[T](rng, n), off), boxOf(mixed[T](rng, n), 3-off%3), boxOf(mixed[T](rng, n), off+1)
				want := make([]T, n)
				for i := range want {
					want[i] = k.want(d.s[i], a.s[i], b.s[i])
				}
				k.run(d.s, a.s, b.s)
				if msg := diff(want, d.s); msg != "" {
					t.Fatalf("n=%d mismatch (-want +got):\n%s", n, msg)
				}
				a.check(t)
				b.check(t)
				d.check(t)
			}
		})
	}
}

// A product that is added may be fused with the sum, so these have two right answers: rounded once and rounded twice. Some
// have a derivative besides, that is accurate to a few units in the last place: see TestAccuracy.
func accumulating[T kernel.Float]() []exact[T] {
	const c = 1.75
	return []exact[T]{
		{"Axpy", func(d, a, _ []T) { kernel.Axpy(d, T(c), a) }, func(d, a, _ T) T { return d + times(T(c), a) }},
		{"MulAddTo", kernel.MulAddTo[T], func(d, a, b T) T { return d + zeroWins(a, b) }},
		{"TanhBackward", kernel.TanhBackward[T], func(d, ct, x T) T { return d + zeroWins(ct, tanhSlope(x)) }},
		{"TanhBackwardInto", kernel.TanhBackwardInto[T], func(_, ct, x T) T { return zeroWins(ct, tanhSlope(x)) }},
		{"SigmoidBackward", kernel.SigmoidBackward[T], func(d, ct, x T) T { return d + zeroWins(ct, sigmoidSlope(x)) }},
		{"SigmoidBackwardInto", kernel.SigmoidBackwardInto[T], func(_, ct, x T) T { return zeroWins(ct, sigmoidSlope(x)) }},
		{"SoftplusBackward", kernel.SoftplusBackward[T], func(d, ct, x T) T { return d + zeroWins(ct, softplusSlope(x)) }},
		{"SoftplusBackwardInto", kernel.SoftplusBackwardInto[T], func(_, ct, x T) T { return zeroWins(ct, softplusSlope(x)) }},
		{"SGD", func(d, a, _ []T) { kernel.SGD(d, a, T(c)) }, func(d, a, _ T) T { return d - times(T(c), a) }},
	}
}

func sigmoidSlope[T kernel.Float](x T) T {
	c := math.Cosh(float64(x) / 2)
	return T(1 / (4 * c * c))
}

func tanhSlope[T kernel.Float](x T) T {
	c := math.Cosh(float64(x))
	return T(1 / (c * c))
}

func softplusSlope[T kernel.Float](x T) T { return T(1 / (1 + math.Exp(-float64(x)))) }

func zeroWins[T kernel.Float](ct, d T) T {
	if ct == 0 {
		return 0
	}
	return times(ct, d)
}

// times returns x*y, rounded and not fused with a sum.
func times[T kernel.Float](x, y T) T {
	return T(x * y) //nolint:unconvert // the conversion is what keeps it from being fused
}

func TestAccumulatingKernels(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testAccumulatingKernels[float32](t)
		testAccumulatingKernels[float64](t)
	})
}

func testAccumulatingKernels[T kernel.Float](t *testing.T) {
	t.Helper()
	const ulps = 3 // of the largest intermediate result
	for _, k := range accumulating[T]() {
		t.Run(fmt.Sprintf("%s/dtype=%s", k.name, dtype[T]()), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			for n := range maxLength + 1 {
				off := n % 7
				a, b, d := boxOf(random[T](rng, n, 3), off), boxOf(random[T](rng, n, 3), 1), boxOf(random[T](rng, n, 3), 7-off)
				for i := range a.s {
					switch rng.IntN(8) { // zeros and what they have to win against
					case 0:
						a.s[i] = 0
						b.s[i] = special[T]()[rng.IntN(len(special[T]()))]
					case 1:
						if k.name != "Axpy" && k.name != "SGD" {
							a.s[i] = special[T]()[13+rng.IntN(3)]
						}
					}
				}
				want, size := make([]float64, n), make([]float64, n)
				for i := range want {
					want[i] = float64(k.want(d.s[i], a.s[i], b.s[i]))
					size[i] = 100
				}
				k.run(d.s, a.s, b.s)
				if msg := near(want, d.s, size, ulps*eps[T]()); msg != "" {
					t.Fatalf("n=%d: %s", n, msg)
				}
				a.check(t)
				b.check(t)
				d.check(t)
			}
		})
	}
}
