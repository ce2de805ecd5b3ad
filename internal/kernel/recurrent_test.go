package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

func TestRecurrent(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testRecurrent[float32](t)
		testRecurrent[float64](t)
	})
}

// someSpecial returns n numbers, some of them special if spoil is set.
func someSpecial[T kernel.Float](rng *rand.Rand, n int, spoil bool) []T {
	s := random[T](rng, n, 3)
	for i := range s {
		if spoil && rng.IntN(8) == 0 {
			s[i] = []T{0, T(math.Copysign(0, -1)), 100, -100, T(math.Inf(1)), T(math.Inf(-1)), T(math.NaN())}[rng.IntN(7)]
		}
	}
	return s
}

// testRecurrent compares each step, and the way back through it, with the formulas of the doc comments in double
// precision.
func testRecurrent[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(31, 32))
	sig := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for n := range maxLength + 1 {
		for _, spoil := range []bool{false, true} {
			const rows = 3
			one := func(off int) box[T] { return boxOf(someSpecial[T](rng, rows*n, spoil), off) }
			four := func(off int) box[T] { return boxOf(someSpecial[T](rng, 4*rows*n, spoil), off) }
			acts, bias, prev, ct, carry, h, c, d := four(n%3), boxOf(random[T](rng, 4*n, 1), 1), one(2), one(0), one(1), one(n%5), one(3), four(1)
			actsL, carryL, hL, dL := boxOf(acts.s, 2), boxOf(carry.s, 0), one(0), four(0)
			// Other slices have rows that are further apart.
			stride := n + rng.IntN(3)
			apart := func(s []T) box[T] {
				b := newBox[T](max(0, (rows-1)*stride+n), 1)
				for r := range rows {
					copy(b.s[r*stride:r*stride+n], s[r*n:])
				}
				return b
			}
			together := func(b box[T]) (s []T) {
				for r := range rows {
					s = append(s, b.s[r*stride:r*stride+n]...)
				}
				return s
			}
			y, yL, ctApart, none := apart(h.s), apart(h.s), apart(ct.s), boxOf(make([]T, rows*n), 2)
			at := func(s []T, k int) float64 { return float64(s[k]) } // of one number for a unit

			// In the order of the elements: what is expected of acts, h, d and carry, and of LSTM's acts, h, c, d and
			// carry.
			want := make([][]float64, 9)
			for k := range want {
				want[k] = make([]float64, rows*n)
				if k == 0 || k == 2 || k == 4 || k == 7 {
					want[k] = make([]float64, 4*rows*n)
				}
			}
			put := func(dst []float64, row, i int, v ...float64) {
				for b, x := range v {
					dst[4*row*n+b*n+i] = float64(T(x)) // the way back starts from rounded numbers
				}
			}
			for row := range rows {
				for i := range n {
					k := row*n + i
					var a [4]float64
					for b := range a {
						a[b] = float64(acts.s[4*row*n+b*n+i] + bias.s[b*n+i])
					}
					p, w := at(prev.s, k), at(ct.s, k)
					r, z, s := sig(a[0]), sig(a[1]), a[2]
					u := math.Tanh(a[3] + r*s)
					want[1][k] = u + z*(p-u)
					put(want[0], row, i, r, z, s, u)
					x := w + at(carry.s, k)
					want[3][k] = x * z
					du := x * (1 - z) * (1 - u*u)
					put(want[2], row, i, du*s*(r*(1-r)), x*(p-u)*(z*(1-z)), du*r, du)

					in, f, g, o := sig(a[0]), sig(a[1]), math.Tanh(a[2]), sig(a[3])
					put(want[4], row, i, in, f, g, o)
					cell := in*g + f*p
					y := math.Tanh(cell)
					want[5][k], want[6][k] = o*y, cell
					dc := at(carry.s, k) + w*o*(1-y*y)
					put(want[7], row, i, dc*g*(in*(1-in)), dc*p*(f*(1-f)), dc*in*(1-g*g), w*y*(o*(1-o)))
					want[8][k] = dc * f
				}
			}
			kernel.GRU(h.s, y.s, stride, acts.s, prev.s, bias.s, n)
			kernel.GRUBackward(d.s, carry.s, ctApart.s, stride, acts.s, prev.s, n)
			kernel.LSTM(hL.s, c.s, yL.s, stride, actsL.s, prev.s, bias.s, n)
			kernel.LSTMBackward(dL.s, carryL.s, apart(none.s).s, stride, ct.s, c.s, actsL.s, prev.s, n)
			for k, got := range [][]T{together(y), together(yL)} {
				if msg := diff([][]T{h.s, hL.s}[k], got); msg != "" {
					t.Fatalf("%d: state and what is written beside it:\n%s", k, msg)
				}
			}
			name := fmt.Sprintf("dtype=%s n=%d special=%v", dtype[T](), n, spoil)
			size := make([]float64, 4*rows*n)
			for i := range size {
				size[i] = 4
				if spoil {
					size[i] = 400
				}
			}
			for k, got := range [][]T{acts.s, h.s, d.s, carry.s, actsL.s, hL.s, c.s, dL.s, carryL.s} {
				if back := k == 2 || k == 3 || k > 6; back && spoil {
					continue // 1-σ is 0 in one precision and not in the other, where it meets an infinity
				}
				if msg := near(want[k], got, size, 16*eps[T]()); msg != "" {
					t.Fatalf("%s: result %d: %s", name, k, msg)
				}
			}
			for _, b := range []box[T]{acts, bias, prev, ct, carry, h, c, d, actsL, carryL, hL, dL, y, yL, ctApart, none} {
				b.check(t)
			}
		}
	}
}
