package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// lines returns a slice that holds lines, slack elements behind the last of them, and the lines written out as a
// matrix.
func lines[T kernel.Float](rng *rand.Rand, groups, inner, elements, ld, jump, slack int) (box[T], matrix[T]) {
	n := 0
	if groups > 0 && elements > 0 {
		n = (groups-1)*jump + (inner-1)*ld + elements
	}
	b := newBox[T](n+slack, 3)
	for i := range b.s {
		b.s[i] = T(rng.IntN(9) - 4)
		if i >= n {
			b.s[i] = T(math.NaN())
		}
	}
	m := newMatrix[T](rng, groups*inner, elements, 0, 1)
	for i := 0; i < m.rows && elements > 0; i++ {
		copy(m.s[i*m.ld:(i+1)*m.ld], b.s[i/inner*jump+i%inner*ld:])
	}
	return b, m
}

func TestGemmLines(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testGemmLines[float32](t)
		testGemmLines[float64](t)
	})
}

func testGemmLines[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(15, 16))
	for i, size := range [][5]int{ // rows of the other operand, elements of a line, groups, inner, what a group has beside its lines
		{0, 3, 2, 3, 0}, {3, 0, 2, 3, 1}, {3, 5, 0, 3, 1}, {1, 1, 1, 1, 0}, {16, 28, 3, 3, 2}, {32, 196, 48, 3, 28}, {5, 33, 7, 1, 0},
		{31, 64, 4, 2, 5}, {600, 35, 6, 3, 1}, {20, 70, 200, 6, 0}, {13, 15, 1, 5, 0}, {2, 40, 3, 4, 9}, {29, 17, 10, 6, 3},
	} {
		m, n, groups, inner := size[0], size[1], size[2], size[3]
		ld := n / 2 // so that lines overlap
		jump := inner*ld + size[4]
		s := shape{m: m, n: n, k: groups * inner}
		b, written := lines[T](rng, groups, inner, n, ld, jump, kernel.LinesSlack)
		a, c := newMatrix[T](rng, m, s.k, i%3, 1), newMatrix[T](rng, m, n, i%2*3, 2)
		for _, accumulate := range []bool{false, true} {
			want := reference(s, a, written, c, accumulate)
			kernel.GemmLines(m, n, s.k, a.s, a.ld, b.s, ld, inner, jump, c.s, c.ld, accumulate)
			checkProduct(t, s, want, c)
		}
		// The lines as left operand: their elements are the terms then.
		s = shape{m: groups * inner, n: m, k: n}
		b, written = lines[T](rng, groups, inner, n, ld, jump, 0)
		a, c = newMatrix[T](rng, n, (m+15)/16*16, i%3, 1), newMatrix[T](rng, s.m, s.n, i%2*3, 2)
		for _, accumulate := range []bool{false, true} {
			want := reference(s, written, a, c, accumulate)
			kernel.GemmOfLines(s.m, s.n, s.k, b.s, ld, inner, jump, a.s, a.ld, c.s, c.ld, accumulate)
			checkProduct(t, s, want, c)
		}
		a.check(t)
		b.check(t)
	}
}
