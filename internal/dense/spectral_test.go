package dense_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/dense"
)

// kinds are matrices that iterations and reflectors find hard, or have nothing to do for.
var kinds = []struct {
	name string
	f    func(rng *rand.Rand, i, j int) float64
}{
	{"random", func(rng *rand.Rand, i, j int) float64 { return rng.NormFloat64() }},
	{"zero", func(*rand.Rand, int, int) float64 { return 0 }},
	{"identity", func(_ *rand.Rand, i, j int) float64 { return float64(max(0, 1-max(i-j, j-i))) }},
	{"ones", func(*rand.Rand, int, int) float64 { return 1 }},
	{"diagonal with repetitions", func(_ *rand.Rand, i, j int) float64 { return float64(max(0, 1-max(i-j, j-i)) * (i%3 - 1)) }},
	{"cluster", func(rng *rand.Rand, i, j int) float64 {
		return float64(max(0, 1-max(i-j, j-i))) + 1e-13*rng.NormFloat64()
	}},
	{"graded down", func(rng *rand.Rand, i, j int) float64 { return math.Pow(10, -float64(i+j)/3) * rng.NormFloat64() }},
	{"graded up", func(rng *rand.Rand, i, j int) float64 { return math.Pow(10, float64(i+j)/5) * rng.NormFloat64() }},
	{"tiny", func(rng *rand.Rand, i, j int) float64 { return math.Ldexp(rng.NormFloat64(), -1000) }},
	{"huge", func(rng *rand.Rand, i, j int) float64 { return math.Ldexp(rng.NormFloat64(), 1000) }},
	{"subnormal", func(rng *rand.Rand, i, j int) float64 { return 0x1p-1074 * float64(rng.IntN(3)) }},
	{"tiny beside large", func(rng *rand.Rand, i, j int) float64 {
		return rng.NormFloat64() * []float64{1, 1e-170, 1e-165}[(i+j)%3]
	}},
	{"tridiagonal", func(_ *rand.Rand, i, j int) float64 { return []float64{2, -1, 0}[min(max(i-j, j-i), 2)] }},
	{"integers", func(rng *rand.Rand, i, j int) float64 { return float64(rng.IntN(3) - 1) }},
}

// skipped says which kinds are tried in small sizes only, to save time.
func skipped(name string) bool {
	switch name {
	case "random", "ones", "graded up", "tiny beside large":
		return false
	}
	return true
}

// sizeOf returns the largest element in size, or 1.
func sizeOf(m matrix) float64 {
	s := 0.0
	for i := range m.rows {
		for j := range m.cols {
			s = max(s, math.Abs(m.at(i, j)))
		}
	}
	if s == 0 {
		return 1
	}
	return s
}

// scaled returns the product with 1/s, without overflow on the way.
func (m matrix) scaled(s float64) matrix {
	c := newMatrix(m.rows, m.cols)
	_, exponent := math.Frexp(s)
	c.each(func(i, j int) float64 {
		half := exponent / 2
		return math.Ldexp(math.Ldexp(m.at(i, j), -half), half-exponent)
	})
	return c
}

// compact returns the elements without gaps between rows.
func (m matrix) compact() []float64 {
	var out []float64
	for i := range m.rows {
		out = append(out, m.data[i*m.ld:i*m.ld+m.cols]...)
	}
	return out
}

func spread(rows, cols int, x []float64) matrix {
	m := newMatrix(rows, cols)
	m.each(func(i, j int) float64 { return x[i*cols+j] })
	return m
}

// rowsTimes returns the product of the rows of m and numbers.
func rowsTimes(m matrix, x []float64) matrix {
	c := newMatrix(m.rows, m.cols)
	c.each(func(i, j int) float64 { return m.at(i, j) * x[i] })
	return c
}

func eachKind(t *testing.T, f func(t *testing.T, name string, rng *rand.Rand, element func(i, j int) float64)) {
	t.Helper()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(11, 12))
			f(t, k.name, rng, func(i, j int) float64 { return k.f(rng, i, j) })
		})
	}
}

func TestEigen(t *testing.T) {
	eachKind(t, func(t *testing.T, name string, rng *rand.Rand, element func(i, j int) float64) {
		for _, n := range []int{0, 1, 2, 3, 4, 9, 20, 33, 64, 65, 100} {
			if n > 33 && skipped(name) {
				continue
			}
			a := newMatrix(n, n)
			for i := range n {
				for j := range i + 1 {
					v := element(i, j)
					a.set(i, j, v)
					a.set(j, i, v)
				}
			}
			b, w, v := a.clone(), make([]float64, n), newMatrix(n, n)
			if !dense.Eigen(n, b.data, b.ld, w, v.data, v.ld) {
				t.Fatalf("n = %d: no convergence", n)
			}
			tolerance := 1e-14 * float64(n+3)
			near(t, fmt.Sprintf("n = %d: v·vᵀ", n), identity(n), times(v, v.transposed()), tolerance)
			s := sizeOf(a)
			for i := range w {
				if i > 0 && w[i] < w[i-1] {
					t.Errorf("n = %d: eigenvalues %v are not ascending", n, w)
				}
			}
			if name == "subnormal" {
				continue // eigenvalues cannot be represented
			}
			w = spread(n, 1, w).scaled(s).compact()
			near(t, fmt.Sprintf("n = %d: vᵀ·w·v", n), a.scaled(s), times(v.transposed(), rowsTimes(v, w)), tolerance*math.Sqrt(float64(n+1)))
		}
	})
}

var shapes = [][2]int{{1, 0}, {1, 1}, {2, 1}, {5, 1}, {2, 2}, {3, 2}, {3, 3}, {4, 4}, {9, 9}, {7, 5}, {20, 20}, {33, 30}, {64, 64}, {65, 65}, {100, 90}, {90, 50}, {130, 40}}

func TestSVD(t *testing.T) {
	eachKind(t, func(t *testing.T, name string, rng *rand.Rand, element func(i, j int) float64) {
		for _, shape := range shapes {
			m, n := shape[0], shape[1]
			if n > 33 && skipped(name) {
				continue
			}
			a := newMatrix(m, n)
			a.each(element)
			b, s, ut, vt := a.clone(), make([]float64, n), make([]float64, n*m), make([]float64, n*n)
			if !dense.SVD(m, n, b.data, b.ld, s, ut, vt) {
				t.Fatalf("%v: no convergence", shape)
			}
			u, v := spread(n, m, ut), spread(n, n, vt)
			tolerance := 1e-14 * float64(m+3)
			near(t, fmt.Sprintf("%v: uᵀ·u", shape), identity(n), times(u, u.transposed()), tolerance)
			near(t, fmt.Sprintf("%v: vᵀ·v", shape), identity(n), times(v, v.transposed()), tolerance)
			for i := range s {
				if s[i] < 0 || i > 0 && s[i] > s[i-1] {
					t.Errorf("%v: singular values %v are not descending", shape, s)
				}
			}
			if name == "subnormal" {
				continue // singular values cannot be represented
			}
			size := sizeOf(a)
			s = spread(n, 1, s).scaled(size).compact()
			near(t, fmt.Sprintf("%v: u·s·vᵀ", shape), a.scaled(size), times(u.transposed(), rowsTimes(v, s)), tolerance*math.Sqrt(float64(n+1)))
		}
	})
}

// TestSVDOfBidiagonal holds that the singular values of a bidiagonal matrix have a small relative error, however small they are:
// their product is that of the diagonal, which no other singular value outweighs.
func TestSVDOfBidiagonal(t *testing.T) {
	for _, up := range []bool{false, true} {
		const n = 12
		a := newMatrix(n, n)
		want := 1.0
		for i := range n {
			k := i
			if up {
				k = n - 1 - i
			}
			a.set(i, i, math.Pow(10, -float64(k)))
			want *= a.at(i, i)
			if i+1 < n {
				a.set(i, i+1, a.at(i, i)/2)
			}
		}
		s, u, v := make([]float64, n), make([]float64, n*n), make([]float64, n*n)
		if !dense.SVD(n, n, a.data, a.ld, s, u, v) {
			t.Fatal("no convergence")
		}
		got := 1.0
		for _, x := range s {
			got *= x
		}
		if math.Abs(got/want-1) > 1e-12 {
			t.Errorf("up %v: the product of the singular values %v is %v, want %v", up, s, got, want)
		}
	}
}

func TestQR(t *testing.T) {
	eachKind(t, func(t *testing.T, name string, rng *rand.Rand, element func(i, j int) float64) {
		for _, shape := range shapes {
			m, n := shape[0], shape[1]
			if n > 33 && skipped(name) {
				continue
			}
			a := newMatrix(m, n)
			a.each(element)
			if name == "huge" {
				a.each(func(i, j int) float64 { return a.at(i, j) / 1024 }) // room for the length of a column
			}
			b, q, r := a.clone(), newMatrix(m, n), newMatrix(n, n)
			dense.QR(m, n, b.data, b.ld, q.data, q.ld, r.data, r.ld)
			tolerance := 1e-14 * float64(m+3)
			near(t, fmt.Sprintf("%v: qᵀ·q", shape), identity(n), times(q.transposed(), q), tolerance)
			for i := range n {
				for j := range i {
					if r.at(i, j) != 0 {
						t.Errorf("%v: element (%d,%d) of r is %v", shape, i, j, r.at(i, j))
					}
				}
			}
			size := sizeOf(a)
			if name == "subnormal" {
				continue
			}
			near(t, fmt.Sprintf("%v: q·r", shape), a.scaled(size), times(q, r.scaled(size)), tolerance*math.Sqrt(float64(n+1)))
		}
	})
}
