package dense

import "github.com/seed366ff29f/chainrule/internal/kernel"

// bidiagonal reduces a matrix of m rows and n ≤ m columns to Q·B·Pᵀ with orthogonal Q and P: d becomes the diagonal of the upper
// bidiagonal B, e its n-1 elements above it. The vectors of the reflectors whose products are Q and P become rows of v and u, of
// lengths m and n: reflector i from element i and from i+1 on. It overwrites the matrix.
//
// The panels are those of [tridiagonal], for two vectors a step.
func bidiagonal(m, n int, a []float64, lda int, d, e, v, tauv, u, tauu []float64) {
	var room Workspace
	defer room.Free()
	panel := panelFor(n)
	// The rest of the matrix lacks left[:k]ᵀ·right[:k]. Rows of left are v and x of every step, those of right -y and -u.
	left, right := room.Floats(2*panel*m), room.Floats(2*panel*n)
	factors, column := room.Floats(2*panel), room.Floats(m)
	for p := 0; p < n; p += panel {
		k := 0
		for j := p; j < min(p+panel, n); j++ {
			next := j + 1
			c := column[:m-j]
			for i := range c {
				c[i] = a[(j+i)*lda+j]
			}
			lacking(factors, k, right[j:], n, left[j:], m, c)
			d[j], tauv[j] = reflect(c)
			copy(v[j*m+j:next*m], c)
			if next == n {
				return
			}
			// y = tau·(the matrix)ᵀ·v
			y := right[k*n+next : (k+1)*n]
			kernel.Gemm(false, false, 1, n-next, m-j, c, m, a[j*lda+next:], lda, y, n, false)
			products(factors, k, left[j:], m, c, right[next:], n, y)
			kernel.MulScalar(y, y, -tauv[j])
			copy(left[k*m+j:(k+1)*m], c)
			k++
			// The row, for which v has a 1.
			row := a[j*lda+next : j*lda+n]
			lacking(factors, k, left[j:], m, right[next:], n, row)
			e[j], tauu[j] = reflect(row)
			copy(u[j*n+next:next*n], row)
			// x = tau·(the matrix)·u
			x := left[k*m+next : (k+1)*m]
			kernel.Gemm(false, false, m-next, 1, n-next, a[next*lda+next:], lda, row, 1, x, 1, false)
			products(factors, k, right[next:], n, row, left[next:], m, x)
			kernel.MulScalar(x, x, tauu[j])
			kernel.Neg(right[k*n+next:(k+1)*n], row)
			k++
		}
		if q := p + panel; q < n {
			kernel.Gemm(true, false, m-q, n-q, k, left[q:], m, right[q:], n, a[q*lda+q:], lda, true)
		}
	}
}

// lacking adds to x the first elements of k rows of one matrix times the rows of the other.
func lacking(factors []float64, k int, one []float64, ldo int, other []float64, ldr int, x []float64) {
	if k == 0 {
		return
	}
	for i := range k {
		factors[i] = one[i*ldo]
	}
	kernel.Gemm(false, false, 1, len(x), k, factors, k, other, ldr, x, len(x), true)
}

// products adds to y the products of k rows of one matrix with x times the rows of the other.
func products(factors []float64, k int, one []float64, ldo int, x, other []float64, ldr int, y []float64) {
	if k == 0 || len(y) == 0 {
		return
	}
	for i := range k {
		factors[i] = kernel.Dot(one[i*ldo:i*ldo+len(x)], x)
	}
	kernel.Gemm(false, false, 1, len(y), k, factors, k, other, ldr, y, len(y), true)
}
