package dense_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/dense"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// sizes lie below, at and above those where the algorithms divide a matrix.
var sizes = []int{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 25, 31, 33, 48, 49, 64, 65, 100, 131}

// gap is how much longer rows are than what is used of them.
const gap = 3

// A matrix has rows that are gap longer than its own.
type matrix struct {
	rows, cols, ld int
	data           []float64
}

func newMatrix(rows, cols int) matrix {
	m := matrix{rows, cols, cols + gap, make([]float64, rows*(cols+gap))}
	for i := range m.data {
		m.data[i] = math.NaN() // what lies between rows must not be read
	}
	for i := range rows {
		clear(m.data[i*m.ld : i*m.ld+cols])
	}
	return m
}

func randomMatrix(seed uint64, rows, cols int) matrix {
	rng := rand.New(rand.NewPCG(seed, uint64(rows*1000+cols)))
	m := newMatrix(rows, cols)
	m.each(func(i, j int) float64 { return rng.NormFloat64() })
	return m
}

func (m matrix) at(i, j int) float64     { return m.data[i*m.ld+j] }
func (m matrix) set(i, j int, v float64) { m.data[i*m.ld+j] = v }

func (m matrix) each(f func(i, j int) float64) {
	for i := range m.rows {
		for j := range m.cols {
			m.set(i, j, f(i, j))
		}
	}
}

func (m matrix) clone() matrix {
	m.data = append([]float64(nil), m.data...)
	return m
}

func (m matrix) transposed() matrix {
	t := newMatrix(m.cols, m.rows)
	t.each(func(i, j int) float64 { return m.at(j, i) })
	return t
}

func times(a, b matrix) matrix {
	c := newMatrix(a.rows, b.cols)
	for i := range a.rows {
		for k := range a.cols {
			for j := range b.cols {
				c.data[i*c.ld+j] += a.at(i, k) * b.at(k, j)
			}
		}
	}
	return c
}

func identity(n int) matrix {
	m := newMatrix(n, n)
	for i := range n {
		m.set(i, i, 1)
	}
	return m
}

// near reports a difference of matrices above tolerance.
func near(t *testing.T, what string, want, got matrix, tolerance float64) {
	t.Helper()
	for i := range want.rows {
		for j := range want.cols {
			if d := math.Abs(want.at(i, j) - got.at(i, j)); !(d <= tolerance) {
				t.Fatalf("%s: element (%d,%d) is %v, want %v: off by %.3g, more than %.3g", what, i, j, got.at(i, j), want.at(i, j), d, tolerance)
			}
		}
	}
	for i := range got.rows {
		for _, v := range got.data[i*got.ld+got.cols : (i+1)*got.ld] {
			if !math.IsNaN(v) {
				t.Fatalf("%s: %v was written between rows", what, v)
			}
		}
	}
}

func TestTriangleSolves(t *testing.T) {
	for _, n := range sizes {
		a := randomMatrix(1, n, n)
		for i := range n { // small beside the diagonal, so that solutions do not grow
			for j := range n {
				a.set(i, j, a.at(i, j)/float64(n))
			}
			a.set(i, i, 2+a.at(i, i))
		}
		for flags := range 8 {
			upper, unit, swapped := flags&1 != 0, flags&2 != 0, flags&4 != 0
			x, full := a.clone(), identity(n)
			for i := range n {
				for j := range n {
					switch {
					case i == j && !unit, upper && i < j, !upper && i > j:
						full.set(i, j, a.at(i, j))
					default:
						x.set(i, j, math.NaN()) // not read
					}
				}
			}
			tr := dense.Triangle{N: n, Data: x.data, LD: x.ld, Upper: upper, Unit: unit}
			if swapped {
				tr, full = tr.T(), full.transposed()
			}
			for _, cols := range []int{0, 1, 2, 9, 40} {
				want := randomMatrix(2, n, cols)
				b := times(full, want)
				tr.Solve(b.data, b.ld, cols)
				near(t, fmt.Sprintf("n = %d, %d columns, upper %v, unit %v, transposed %v", n, cols, upper, unit, swapped), want, b, 1e-13)
			}
			want := randomMatrix(3, n, 1)
			b, v := times(full, want), make([]float64, n)
			for i := range v {
				v[i] = b.at(i, 0)
			}
			tr.Solve(v, 1, 1)
			for i := range v {
				b.set(i, 0, v[i])
			}
			near(t, fmt.Sprintf("n = %d, a vector, upper %v, unit %v, transposed %v", n, upper, unit, swapped), want, b, 1e-13)
		}
	}
}

// TestTriangleDividesByTiny holds that a diagonal whose reciprocal overflows is divided by.
func TestTriangleDividesByTiny(t *testing.T) {
	const tiny = 0x1p-1040
	for _, cols := range []int{1, 2} {
		b := []float64{4 * tiny, 4 * tiny}
		dense.Triangle{N: 1, Data: []float64{tiny}, LD: 1}.Solve(b, cols, cols)
		if b[0] != 4 {
			t.Errorf("%d columns: %v, want 4", cols, b[0])
		}
	}
}

func TestCholesky(t *testing.T) {
	for _, n := range sizes {
		x := randomMatrix(4, n, n)
		a := times(x, x.transposed())
		for i := range n {
			a.set(i, i, a.at(i, i)+1)
			for j := range i {
				a.set(i, j, math.NaN()) // not read
			}
		}
		u := a.clone()
		if !dense.Cholesky(n, u.data, u.ld) {
			t.Fatalf("n = %d: not positive definite", n)
		}
		full := newMatrix(n, n)
		for i := range n {
			for j := range n {
				if i <= j {
					full.set(i, j, u.at(i, j))
				}
			}
			if full.at(i, i) <= 0 {
				t.Errorf("n = %d: element %d of the diagonal is %v", n, i, full.at(i, i))
			}
		}
		got := times(full.transposed(), full)
		for i := range n {
			for j := range i {
				a.set(i, j, 0)
				got.set(i, j, 0)
			}
		}
		near(t, fmt.Sprintf("n = %d: uᵀ·u", n), a, got, 1e-14*float64(n*n+1))
		// One pivot that is not positive, anywhere.
		for _, k := range []int{0, n / 2, n - 1} {
			for _, bad := range []float64{0, -1, math.NaN(), math.Inf(-1)} {
				if k < 0 || k >= n {
					continue
				}
				b := identity(n)
				b.set(k, k, bad)
				if dense.Cholesky(n, b.data, b.ld) {
					t.Errorf("n = %d with %v at %d: positive definite", n, bad, k)
				}
			}
		}
	}
}

func TestLU(t *testing.T) {
	for _, n := range sizes {
		a := randomMatrix(5, n, n)
		f, pivots := a.clone(), make([]int, n)
		dense.LU(n, f.data, f.ld, pivots)

		// LAPACK chooses the same pivots.
		g, want := a.clone(), make([]int, n)
		lapack64.Getrf(blas64.General{Rows: n, Cols: n, Stride: g.ld, Data: g.data}, want)
		if fmt.Sprint(pivots) != fmt.Sprint(want) {
			t.Fatalf("n = %d: pivots %v, want %v", n, pivots, want)
		}
		near(t, fmt.Sprintf("n = %d: factors", n), g, f, 1e-11)

		inv := newMatrix(n, n)
		dense.InvertLU(n, f.data, f.ld, pivots, inv.data, inv.ld)
		near(t, fmt.Sprintf("n = %d: a·a⁻¹", n), identity(n), times(a, inv), 1e-10)
		for _, cols := range []int{0, 1, 5, 20} {
			want := randomMatrix(6, n, cols)
			b := times(a, want)
			dense.SolveLU(false, n, f.data, f.ld, pivots, b.data, b.ld, cols)
			near(t, fmt.Sprintf("n = %d, %d columns", n, cols), want, b, 1e-10)
			b = times(a.transposed(), want)
			dense.SolveLU(true, n, f.data, f.ld, pivots, b.data, b.ld, cols)
			near(t, fmt.Sprintf("n = %d, %d columns, transposed", n, cols), want, b, 1e-10)
		}
	}
}

// TestLUPivots holds that of equally large elements the first is the pivot, and that columns of zeros end nothing.
func TestLUPivots(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, n := range sizes {
		for name, f := range map[string]func(i, j int) float64{
			"ties":    func(i, j int) float64 { return float64(1 - 2*((i*j+i)%2)) },
			"zeros":   func(i, j int) float64 { return 0 },
			"rank 1":  func(i, j int) float64 { return float64((i%3 + 1) * (j%4 + 1)) },
			"zero in": func(i, j int) float64 { return float64(min(j%5, 1)) * rng.NormFloat64() },
			"NaN":     func(i, j int) float64 { return []float64{1, 2, math.NaN()}[(i*7+j)%3] },
		} {
			a := newMatrix(n, n)
			a.each(f)
			b, pivots, want := a.clone(), make([]int, n), make([]int, n)
			dense.LU(n, b.data, b.ld, pivots)
			unblocked(a, want)
			if fmt.Sprint(pivots) != fmt.Sprint(want) {
				t.Errorf("n = %d, %s: pivots %v, want %v", n, name, pivots, want)
			}
		}
	}
}

// unblocked is Gaussian elimination row by row.
func unblocked(a matrix, pivots []int) {
	for j := range a.cols {
		p := j
		for i := j; i < a.rows; i++ {
			if math.Abs(a.at(i, j)) > math.Abs(a.at(p, j)) {
				p = i
			}
		}
		pivots[j] = p
		for c := range a.cols {
			x, y := a.at(j, c), a.at(p, c)
			a.set(j, c, y)
			a.set(p, c, x)
		}
		if a.at(j, j) == 0 {
			continue
		}
		for i := j + 1; i < a.rows; i++ {
			l := a.at(i, j) * (1 / a.at(j, j))
			a.set(i, j, l)
			for c := j + 1; c < a.cols; c++ {
				a.set(i, c, math.FMA(-l, a.at(j, c), a.at(i, c)))
			}
		}
	}
}

// TestSteadyStateAllocatesNothing holds it for the largest users of room.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	const n = 60
	a := randomMatrix(7, n, n)
	f, pivots, inv := a.clone(), make([]int, n), newMatrix(n, n)
	run := func() {
		copy(f.data, a.data)
		dense.LU(n, f.data, f.ld, pivots)
		dense.SolveLU(true, n, f.data, f.ld, pivots, inv.data, inv.ld, 1)
	}
	run()
	if got := testing.AllocsPerRun(20, run); got >= 1 {
		t.Errorf("%v allocations", got)
	}
}
