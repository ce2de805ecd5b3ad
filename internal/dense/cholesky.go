package dense

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Cholesky replaces the upper triangle of a symmetric n×n matrix with the upper triangular U for which Uᵀ·U is the matrix. It
// reports whether the matrix is positive definite; if not, the triangle has undefined numbers. What stands below the diagonal
// is not read, and undefined then.
func Cholesky(n int, a []float64, lda int) bool {
	if n <= 2*small {
		return choleskyRows(n, a, lda)
	}
	// The upper factor, not the lower one: its rows are what the products read.
	k := half(n)
	if !Cholesky(k, a, lda) {
		return false
	}
	right, rest := a[k:], a[k*lda+k:]
	Triangle{N: k, Data: a, LD: lda, Upper: true}.T().forward(right, lda, n-k)
	var room Workspace
	defer room.Free()
	minus := room.Floats(k * (n - k))
	for i := range k {
		kernel.Neg(minus[i*(n-k):(i+1)*(n-k)], right[i*lda:i*lda+n-k])
	}
	// Of the rest, blocks of rows from the diagonal on.
	const block = 64
	for i := 0; i < n-k; i += block {
		w := min(block, n-k-i)
		kernel.Gemm(true, false, w, n-k-i, k, minus[i:], n-k, right[i:], lda, rest[i*(lda+1):], lda, true)
	}
	return Cholesky(n-k, rest, lda)
}

// choleskyRows is Cholesky for a few rows, one by one.
func choleskyRows(n int, a []float64, lda int) bool {
	for j := range n {
		row := a[j*lda+j : j*lda+n]
		pivot := row[0]
		if !(pivot > 0) {
			return false
		}
		root := math.Sqrt(pivot)
		row[0] = root
		factor := 1 / root
		for i := range row[1:] {
			row[i+1] *= factor
		}
		for i := 1; i < len(row); i++ {
			u, to := row[i], a[(j+i)*lda+j+i:]
			for c, v := range row[i:] {
				to[c] -= u * v
			}
		}
	}
	return true
}
