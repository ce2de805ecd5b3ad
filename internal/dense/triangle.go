package dense

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A Triangle is a triangular matrix in a square of numbers, whose other half is not read.
type Triangle struct {
	N       int
	Data    []float64
	LD      int
	Upper   bool
	Unit    bool // the diagonal is not read either: it is 1
	Swapped bool // the triangle is the transpose of what lies there: Upper says how it lies
}

// T returns the transpose.
func (t Triangle) T() Triangle {
	t.Swapped = !t.Swapped
	return t
}

// strides returns the distances of rows and columns.
func (t Triangle) strides() (row, col int) {
	if t.Swapped {
		return 1, t.LD
	}
	return t.LD, 1
}

// from returns the triangle from row and column i on.
func (t Triangle) from(i int) Triangle {
	t.N -= i
	t.Data = t.Data[min(i*(t.LD+1), len(t.Data)):]
	return t
}

// upTo returns the triangle before row and column i.
func (t Triangle) upTo(i int) Triangle {
	t.N = i
	return t
}

// small is how many rows of a triangle are solved one by one, without products.
const small = 8

// half returns where a size is divided: a multiple of [small].
func half(n int) int { return (n/2 + small - 1) / small * small }

// Solve replaces b, a matrix of cols columns, with t⁻¹·b.
func (t Triangle) Solve(b []float64, ldb, cols int) {
	switch {
	case t.N == 0 || cols == 0:
	case cols == 1:
		t.solveVector(b, ldb)
	case t.Upper != t.Swapped:
		t.backward(b, ldb, cols)
	default:
		t.forward(b, ldb, cols)
	}
}

// forward solves with a matrix that is lower triangular.
func (t Triangle) forward(b []float64, ldb, cols int) {
	rs, cs := t.strides()
	if t.N > small {
		k := half(t.N)
		t.upTo(k).forward(b, ldb, cols)
		minusProduct(t.Swapped, t.N-k, cols, k, t.Data[k*rs:], t.LD, b, ldb, b[k*ldb:], ldb)
		t.from(k).forward(b[k*ldb:], ldb, cols)
		return
	}
	for i := range t.N {
		row := b[i*ldb : i*ldb+cols]
		for k := range i {
			subtract(row, t.Data[i*rs+k*cs], b[k*ldb:k*ldb+cols])
		}
		if !t.Unit {
			divide(row, t.Data[i*(t.LD+1)])
		}
	}
}

// backward solves with a matrix that is upper triangular.
func (t Triangle) backward(b []float64, ldb, cols int) {
	rs, cs := t.strides()
	if t.N > small {
		k := half(t.N)
		t.from(k).backward(b[k*ldb:], ldb, cols)
		minusProduct(t.Swapped, k, cols, t.N-k, t.Data[k*cs:], t.LD, b[k*ldb:], ldb, b, ldb)
		t.upTo(k).backward(b, ldb, cols)
		return
	}
	for i := t.N - 1; i >= 0; i-- {
		row := b[i*ldb : i*ldb+cols]
		for k := i + 1; k < t.N; k++ {
			subtract(row, t.Data[i*rs+k*cs], b[k*ldb:k*ldb+cols])
		}
		if !t.Unit {
			divide(row, t.Data[i*(t.LD+1)])
		}
	}
}

// solveVector solves for one column.
func (t Triangle) solveVector(b []float64, ldb int) {
	x := b
	if ldb != 1 {
		var room Workspace
		defer room.Free()
		x = room.Floats(t.N)
		for i := range x {
			x[i] = b[i*ldb]
		}
	}
	x = x[:t.N]
	up := t.Upper != t.Swapped
	for s := range t.N {
		i := s
		if up {
			i = t.N - 1 - s
		}
		line := t.Data[i*t.LD : i*t.LD+t.N]
		if t.Swapped { // line i is column i
			if !t.Unit {
				x[i] /= line[i]
			}
			if up {
				subtract(x[:i], x[i], line[:i])
			} else {
				subtract(x[i+1:], x[i], line[i+1:])
			}
			continue
		}
		if up {
			x[i] -= kernel.Dot(line[i+1:], x[i+1:])
		} else {
			x[i] -= kernel.Dot(line[:i], x[:i])
		}
		if !t.Unit {
			x[i] /= line[i]
		}
	}
	if ldb != 1 {
		for i, v := range x {
			b[i*ldb] = v
		}
	}
}

// subtract subtracts c·x from dst. A zero of c does not win: 0·Inf is NaN, as in products.
func subtract(dst []float64, c float64, x []float64) {
	if c != 0 {
		kernel.Axpy(dst, -c, x)
		return
	}
	for i, v := range x {
		dst[i] -= c * v
	}
}

// divide divides x by d.
func divide(x []float64, d float64) {
	if math.Abs(d) >= 0x1p-1022 { // else the reciprocal may overflow
		kernel.MulScalar(x, x, 1/d)
		return
	}
	for i := range x {
		x[i] /= d
	}
}

// minusProduct subtracts op(A)·B from C, where op(A) is the transpose of A if transA is set. B changes on the way, and is then
// as it was.
func minusProduct(transA bool, m, n, k int, a []float64, lda int, b []float64, ldb int, c []float64, ldc int) {
	negate(b, ldb, n, k)
	kernel.Gemm(transA, false, m, n, k, a, lda, b, ldb, c, ldc, true)
	negate(b, ldb, n, k)
}

// negate changes the sign of rows of n numbers.
func negate(x []float64, ld, n, rows int) {
	for i := range rows {
		row := x[i*ld : i*ld+n]
		kernel.Neg(row, row)
	}
}
