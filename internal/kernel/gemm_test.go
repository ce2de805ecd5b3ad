package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A matrix is a slice with a row length and a distance of rows.
type matrix[T kernel.Float] struct {
	box[T]
	rows, cols, ld int
}

// newMatrix returns a matrix of small integers, whose products are exact in any order of summation.
func newMatrix[T kernel.Float](rng *rand.Rand, rows, cols, gap, off int) matrix[T] {
	ld := cols + gap
	n := 0
	if rows > 0 && cols > 0 {
		n = (rows-1)*ld + cols
	}
	b := newBox[T](n, off)
	for i := range rows {
		for j := range cols {
			b.s[i*ld+j] = T(rng.IntN(9) - 4)
		}
	}
	return matrix[T]{b, rows, cols, ld}
}

// at returns the element of the matrix, or of its transpose.
func (m matrix[T]) at(i, j int, trans bool) T {
	if trans {
		i, j = j, i
	}
	return m.s[i*m.ld+j]
}

// A shape is the size of a product and the way its operands lie.
type shape struct {
	m, n, k        int
	transA, transB bool
}

func (s shape) String() string {
	return fmt.Sprintf("%dx%dx%d/transA=%v/transB=%v", s.m, s.n, s.k, s.transA, s.transB)
}

func (s shape) operands() (a, b [2]int) {
	a, b = [2]int{s.m, s.k}, [2]int{s.k, s.n}
	if s.transA {
		a = [2]int{s.k, s.m}
	}
	if s.transB {
		b = [2]int{s.n, s.k}
	}
	return a, b
}

// shapes returns small products of every form, and some that are split into blocks or copied.
func shapes() []shape {
	sizes := []int{0, 1, 2, 3, 6, 8, 13, 15, 16, 17, 31, 33, 47, 65}
	var list []shape
	for _, trans := range []int{0, 1, 2, 3} {
		ta, tb := trans&1 != 0, trans&2 != 0
		for i, m := range sizes {
			for j, n := range sizes {
				k := sizes[(3*i+5*j+trans)%len(sizes)]
				list = append(list, shape{m, n, k, ta, tb})
			}
		}
		list = append(list,
			shape{600, 35, 17, ta, tb}, shape{35, 37, 1100, ta, tb}, shape{20, 33, 1024, ta, tb}, shape{1024, 35, 9, ta, tb},
			shape{200, 200, 193, ta, tb},
			shape{65, 1025, 64, ta, tb}, // A is copied tile by tile
			shape{563, 1030, 3, ta, tb}, // several blocks of A, and of columns
			shape{33, 64, 512, ta, tb}, shape{150, 10, 64, ta, tb}, shape{130, 16, 31, ta, tb}, shape{289, 70, 5, ta, tb},
			shape{300, 5, 64, ta, tb}, shape{260, 10, 65, ta, tb}, shape{257, 18, 64, ta, tb}, shape{256, 3, 70, ta, tb}) // by way of C's transpose
	}
	return append(list, shape{563, 1030, 64, true, true})
}

func TestGemm(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testGemm[float32](t)
		testGemm[float64](t)
	})
}

func testGemm[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	for i, s := range shapes() {
		sa, sb := s.operands()
		a := newMatrix[T](rng, sa[0], sa[1], i%3, i%7)
		b := newMatrix[T](rng, sb[0], sb[1], i%4, i%5)
		c := newMatrix[T](rng, s.m, s.n, i%2*3, i%3)
		accumulate := i%2 == 0
		want := reference(s, a, b, c, accumulate)
		kernel.Gemm(s.transA, s.transB, s.m, s.n, s.k, a.s, a.ld, b.s, b.ld, c.s, c.ld, accumulate)
		checkProduct(t, s, want, c)
		a.check(t)
		b.check(t)
	}
}

// TestGemmPagesApart multiplies where rows of A or B fall on the same lines of the cache.
func TestGemmPagesApart(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testGemmPagesApart[float32](t)
		testGemmPagesApart[float64](t)
	})
}

func testGemmPagesApart[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 8))
	const page = 1024 // numbers in one page or two
	for _, n := range []int{5, 10, 16, 33} {
		for _, s := range []shape{{m: 30, n: n, k: page}, {m: page, n: n, k: 9, transA: true}, {m: n, n: 30, k: page, transB: true}} {
			sa, sb := s.operands()
			a, b, c := newMatrix[T](rng, sa[0], sa[1], 0, 0), newMatrix[T](rng, sb[0], sb[1], 0, 0), newMatrix[T](rng, s.m, s.n, 0, 0)
			want := reference(s, a, b, c, false)
			kernel.Gemm(s.transA, s.transB, s.m, s.n, s.k, a.s, a.ld, b.s, b.ld, c.s, c.ld, false)
			checkProduct(t, s, want, c)
		}
	}
}

// reference returns the elements of C after the product.
func reference[T kernel.Float](s shape, a, b, c matrix[T], accumulate bool) []T {
	want := make([]T, s.m*s.n)
	down, right := b.ld, 1
	if s.transB {
		down, right = 1, b.ld
	}
	for i := range s.m {
		row := want[i*s.n : (i+1)*s.n]
		if accumulate && s.n > 0 {
			copy(row, c.s[i*c.ld:])
		}
		for p := range s.k {
			x := a.at(i, p, s.transA)
			for j := range row {
				row[j] += x * b.s[p*down+j*right]
			}
		}
	}
	return want
}

func checkProduct[T kernel.Float](t *testing.T, s shape, want []T, c matrix[T]) {
	t.Helper()
	for i := range s.m {
		for j := range s.n {
			if w, g := want[i*s.n+j], c.at(i, j, false); !same(g, w) {
				t.Fatalf("%s/dtype=%s: c[%d,%d] = %v, want %v", s, dtype[T](), i, j, g, w)
			}
		}
		for j := i*c.ld + s.n; s.n > 0 && i < s.m-1 && j < (i+1)*c.ld; j++ {
			if c.s[j] != T(guard) {
				t.Fatalf("%s/dtype=%s: the gap after row %d has changed", s, dtype[T](), i)
			}
		}
	}
	c.check(t)
}

func TestGemmPropagatesInfinitiesAndNaNs(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	forEach(t, func(t *testing.T) {
		t.Helper()
		a := []float64{0, 1, inf, 1}
		b := []float64{inf, 2, 1, nan}
		c := make([]float64, 4)
		kernel.Gemm(false, false, 2, 2, 2, a, 2, b, 2, c, 2, false)
		if msg := diff([]float64{nan, nan, inf, nan}, c); msg != "" {
			t.Errorf("Gemm mismatch (-want +got):\n%s", msg)
		}
	})
}

func TestLinear(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testLinear[float32](t)
		testLinear[float64](t)
	})
}

func testLinear[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(9, 10))
	for i, s := range shapes() {
		if s.transA || s.transB || s.n == 0 || s.m == 0 || s.m*s.n*s.k > 100_000 {
			continue
		}
		x := newMatrix[T](rng, s.m, s.k, 0, i%5)
		w := newMatrix[T](rng, s.k, s.n, 0, i%3)
		y := newMatrix[T](rng, s.m, s.n, 0, i%7)
		bias := newMatrix[T](rng, 1, s.n, 0, 1)
		for _, relu := range []bool{false, true} {
			for _, b := range [][]T{nil, bias.s} {
				kernel.Fill(y.s, 0)
				for i := range s.m {
					copy(y.s[i*s.n:], b)
				}
				want := reference(s, x, w, y, true)
				for i, v := range want {
					if relu {
						want[i] = max(v, 0)
					}
				}
				kernel.Fill(y.s, T(math.NaN()))
				kernel.Linear(y.s, x.s, w.s, b, s.m, s.n, s.k, relu)
				checkProduct(t, s, want, y)
			}
		}
	}
}

func TestLinearKeepsNaN(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		y := make([]float32, 3)
		kernel.Linear(y, []float32{1}, []float32{float32(math.NaN()), -1, 1}, []float32{1, 0, 0}, 1, 3, 1, true)
		if msg := diff([]float32{float32(math.NaN()), 0, 1}, y); msg != "" {
			t.Errorf("mismatch (-want +got):\n%s", msg)
		}
	})
}
