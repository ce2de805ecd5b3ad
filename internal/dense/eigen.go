package dense

import (
	"math"
	"sort"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Eigen sets w to the eigenvalues of a symmetric n×n matrix, ascending, and the rows of v to the eigenvectors, of length 1. It
// overwrites the matrix, both halves of which it reads, and whose elements must be finite. It reports whether the iteration
// converged.
//
// The matrix is made tridiagonal and then diagonal, by the QR iteration of LAPACK's steqr. Its rotations are applied many sweeps at
// a time, to rows: Van Zee, van de Geijn and Quintana-Ortí (2014), Restructuring the tridiagonal and bidiagonal QR algorithms for
// performance.
func Eigen(n int, a []float64, lda int, w, v []float64, ldv int) bool {
	if n == 0 {
		return true
	}
	var room Workspace
	defer room.Free()
	e, tau, q := room.Floats(n), room.Floats(n), room.Floats(n*n)
	scale := scaleOf(n, n, a, lda)
	tridiagonal(n, a, lda, w, e, tau)
	expand(n, n, n-1, 1, a, lda, tau, v, ldv)
	// Column i of q is to be turned: its transpose has it as a row.
	kernel.Transpose(q, n, v, ldv, n, n)
	if !diagonalize(n, w, e, newTurns(q, n, n)) {
		return false
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return w[order[i]] < w[order[j]] })
	copy(e, w)
	for i, k := range order {
		w[i] = e[k] / scale
		copy(v[i*ldv:i*ldv+n], q[k*n:(k+1)*n])
	}
	return true
}

// scaleOf multiplies a matrix with a power of two where its elements are so large or small that squares would overflow or vanish,
// and returns that.
func scaleOf(rows, cols int, a []float64, lda int) float64 {
	size := 0.0
	for i := range rows {
		size = max(size, kernel.MaxAbs(a[i*lda:i*lda+cols]))
	}
	if size == 0 || 0x1p-400 < size && size < 0x1p400 {
		return 1
	}
	_, exponent := math.Frexp(size)
	scale := math.Ldexp(1, min(-exponent, 1000))
	for i := range rows {
		kernel.MulScalar(a[i*lda:i*lda+cols], a[i*lda:i*lda+cols], scale)
	}
	return scale
}

// machine epsilon, in the sense of LAPACK, and the least number with a reciprocal.
const (
	epsilon  = 0x1p-53
	leastNum = 0x1p-1022
)

// diagonalize makes the tridiagonal matrix with diagonal d and e beside it diagonal: d gets the eigenvalues, in no order, and
// turns the rotations of neighbouring eigenvectors. It reports whether the iteration converged.
func diagonalize(n int, d, e []float64, turns *turns) bool {
	left := 30 * n // sweeps
	for lo := 0; lo < n; {
		// The block from lo to hi, between which no element of e is negligible.
		hi := lo
		for ; hi < n-1; hi++ {
			v := math.Abs(e[hi])
			if v == 0 || v <= math.Sqrt(math.Abs(d[hi]))*math.Sqrt(math.Abs(d[hi+1]))*epsilon {
				e[hi] = 0
				break
			}
		}
		end := hi + 1
		// From the end with the smaller element towards the larger one: small eigenvalues of graded matrices keep their digits.
		if math.Abs(d[hi]) < math.Abs(d[lo]) {
			left = sweepDown(lo, hi, d, e, turns, left)
		} else {
			left = sweepUp(lo, hi, d, e, turns, left)
		}
		if left < 0 {
			return false
		}
		lo = end
	}
	turns.flush()
	return true
}

// negligible reports whether the element e between x and y may be set to 0.
func negligible(e, x, y float64) bool {
	return e*e <= (epsilon*epsilon*math.Abs(x))*math.Abs(y)+leastNum
}

// sweepUp finds the eigenvalues of the block from l to end by the QL iteration, those at its beginning first. It returns how many
// sweeps are left, less than 0 if they did not do.
func sweepUp(l, end int, d, e []float64, turns *turns, left int) int {
	for l <= end {
		m := l
		for m < end && !negligible(e[m], d[m], d[m+1]) {
			m++
		}
		if m < end {
			e[m] = 0
		}
		switch m {
		case l:
			l++
			continue
		case l + 1:
			var c, s float64
			d[l], d[l+1], c, s = symmetric2(d[l], e[l], d[l+1])
			turns.begin(l, l+1, true)
			turns.add(c, -s)
			e[l] = 0
			l += 2
			continue
		}
		if left--; left < 0 {
			return left
		}
		turns.begin(l, m, true)
		g := (d[l+1] - d[l]) / (2 * e[l])
		g = d[m] - d[l] + e[l]/(g+math.Copysign(math.Hypot(g, 1), g))
		s, c, p := 1.0, 1.0, 0.0
		for i := m - 1; i >= l; i-- {
			f, b := s*e[i], c*e[i]
			var r float64
			c, s, r = rotation(g, f)
			if i != m-1 {
				e[i+1] = r
			}
			g = d[i+1] - p
			r = (d[i]-g)*s + 2*c*b
			p = s * r
			d[i+1] = g + p
			g = c*r - b
			turns.add(c, s)
		}
		d[l] -= p
		e[l] = g
	}
	return left
}

// sweepDown is [sweepUp] by the QR iteration: the block from end to l, the eigenvalues at l first.
func sweepDown(end, l int, d, e []float64, turns *turns, left int) int {
	for l >= end {
		m := l
		for m > end && !negligible(e[m-1], d[m], d[m-1]) {
			m--
		}
		if m > end {
			e[m-1] = 0
		}
		switch m {
		case l:
			l--
			continue
		case l - 1:
			var c, s float64
			d[l-1], d[l], c, s = symmetric2(d[l-1], e[l-1], d[l])
			turns.begin(l-1, l, false)
			turns.add(c, s)
			e[l-1] = 0
			l -= 2
			continue
		}
		if left--; left < 0 {
			return left
		}
		turns.begin(m, l, false)
		g := (d[l-1] - d[l]) / (2 * e[l-1])
		g = d[m] - d[l] + e[l-1]/(g+math.Copysign(math.Hypot(g, 1), g))
		s, c, p := 1.0, 1.0, 0.0
		for i := m; i < l; i++ {
			f, b := s*e[i], c*e[i]
			var r float64
			c, s, r = rotation(g, f)
			if i != m {
				e[i-1] = r
			}
			g = d[i] - p
			r = (d[i+1]-g)*s + 2*c*b
			p = s * r
			d[i] = g + p
			g = c*r - b
			turns.add(c, s)
		}
		d[l] -= p
		e[l-1] = g
	}
	return left
}
