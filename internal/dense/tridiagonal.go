package dense

import "github.com/seed366ff29f/chainrule/internal/kernel"

// tridiagonal reduces a symmetric n×n matrix to Q·T·Qᵀ with orthogonal Q: d becomes the diagonal of the tridiagonal T, e its
// n-1 elements beside it. Of the matrix remain the vectors of the reflectors whose product is Q, reflector i in row i behind the
// diagonal, and tau.
//
// The panels are those of Dongarra, Sorensen and Hammarling (1989), Block reduction of matrices to condensed forms: within one, a
// row is brought up to date when its turn comes, and the product with the rest of the matrix is corrected for what that lacks.
func tridiagonal(n int, a []float64, lda int, d, e, tau []float64) {
	var room Workspace
	defer room.Free()
	panel := panelFor(n)
	// The rest lacks left[:k]ᵀ·right[:k]. Rows 2·i and 2·i+1 of left are v and w of step i, those of right -w and -v.
	left, right := room.Floats(2*panel*n), room.Floats(2*panel*n)
	factors := room.Floats(2 * panel)
	for p := 0; p < n; p += panel {
		k := 0
		for j := p; j < min(p+panel, n); j, k = j+1, k+2 {
			row := a[j*lda+j : j*lda+n]
			for i := range k {
				factors[i] = left[i*n+j]
			}
			if k > 0 {
				kernel.Gemm(false, false, 1, n-j, k, factors, k, right[j:], n, row, n, true)
			}
			d[j] = row[0]
			if j == n-1 {
				return
			}
			v := row[1:]
			e[j], tau[j] = reflect(v)
			next := j + 1
			w := right[k*n+next : (k+1)*n]
			kernel.Gemm(false, false, 1, n-next, n-next, v, n, a[next*lda+next:], lda, w, n, false)
			for i := range k {
				factors[i] = kernel.Dot(left[i*n+next:(i+1)*n], v)
			}
			if k > 0 {
				kernel.Gemm(false, false, 1, n-next, k, factors, k, right[next:], n, w, n, true)
			}
			kernel.MulScalar(w, w, tau[j])
			kernel.Axpy(w, -tau[j]/2*kernel.Dot(w, v), v)
			copy(left[k*n+next:], v)
			copy(left[(k+1)*n+next:(k+2)*n], w)
			kernel.Neg(w, w)
			kernel.Neg(right[(k+1)*n+next:(k+2)*n], v)
		}
		if q := p + panel; q < n {
			kernel.Gemm(true, false, n-q, n-q, k, left[q:], n, right[q:], n, a[q*lda+q:], lda, true)
		}
	}
}
