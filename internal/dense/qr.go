package dense

import "github.com/seed366ff29f/chainrule/internal/kernel"

// QR sets q, of m rows and n ≤ m columns, and the upper triangular n×n matrix r to the factors of the m×n matrix a: orthonormal
// columns of q, and a = q·r. It overwrites a.
func QR(m, n int, a []float64, lda int, q []float64, ldq int, r []float64, ldr int) {
	if n == 0 {
		return
	}
	var room Workspace
	defer room.Free()
	v, tau := room.Floats(n*m), room.Floats(n) // the vectors of the reflectors as rows
	panel := panelFor(n)
	for p := 0; p < n; p += panel {
		reflectPanel(m, n, p, min(panel, n-p), a, lda, v, tau, r, ldr)
	}
	expand(m, n, n, 0, v, m, tau, q, ldq)
}

// reflectPanel makes k reflectors from column p on, and applies them to the columns behind.
func reflectPanel(m, n, p, k int, a []float64, lda int, v, tau, r []float64, ldr int) {
	var room Workspace
	defer room.Free()
	h := m - p
	columns := room.Floats(k * h) // transposed
	kernel.Transpose(columns, h, a[p*lda+p:], lda, h, k)
	for i := range k {
		x := columns[i*h : (i+1)*h]
		row := r[(p+i)*ldr : (p+i)*ldr+n]
		clear(row[:p+i])
		row[p+i], tau[p+i] = reflect(x[i:])
		for c := i + 1; c < k; c++ {
			y := columns[c*h+i : (c+1)*h]
			subtract(y, tau[p+i]*kernel.Dot(x[i:], y), x[i:])
			row[p+c] = y[0]
		}
		copy(v[(p+i)*m+p+i:(p+i+1)*m], x[i:])
	}
	if p+k == n {
		return
	}
	rest := a[p*lda+p+k:]
	newBlock(&room, k, h, gather(&room, k, h, v[p*m+p:], m), tau[p:]).apply(true, &room, rest, lda, n-p-k)
	for i := range k {
		copy(r[(p+i)*ldr+p+k:(p+i)*ldr+n], rest[i*lda:])
	}
}
