package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// The terms of Huber's loss are exact, and its sum is that of what they count.
func TestHuber(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testHuber[float32](t)
		testHuber[float64](t)
	})
}

func testHuber[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(91, 92))
	lengths := []int{3000, 70001, 140000} // halves, pieces, and what processors share
	for n := range maxLength + 1 {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		for _, numbers := range []func() []T{
			func() []T { return random[T](rng, n, 2) },
			func() []T { return mixed[T](rng, n) },
		} {
			delta := T(0.25 + 2*rng.Float64())
			y, goal, s := boxOf(numbers(), n%5), boxOf(numbers(), n%3), newBox[T](n, n%4)
			sum := kernel.Huber(s.s, y.s, goal.s, delta)
			var want, lost float64 // of the sum so far, and what rounding takes from it
			for i, v := range y.s {
				d := v - goal.s[i]
				held := min(max(d, -delta), delta)
				if !same(s.s[i], held) {
					t.Fatalf("%s, n=%d: the difference of %v and %v, held by %v, is %v", dtype[T](), n, v, goal.s[i], delta, s.s[i])
				}
				term := float64(held) * (float64(d) - float64(held)/2)
				next := want + term
				lost += term - (next - want) // terms are not negative, and the sum soon is larger
				want = next
			}
			if lost-lost == 0 {
				want += lost
			}
			if !same(sum, want) && !(math.Abs(sum-want) <= 16*eps[T]()*math.Abs(want)) {
				t.Fatalf("%s, n=%d: the sum is %v, want %v", dtype[T](), n, sum, want)
			}
			for _, b := range []box[T]{y, goal, s} {
				b.check(t)
			}
		}
	}
}
