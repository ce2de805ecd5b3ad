package kernel

import "fmt"

// Gemm computes a matrix product: C = op(A)·op(B), or C += op(A)·op(B) if accumulate is set.
//
// op(A) is m×k: A itself, m rows lda apart, or if transA is set the transpose of A, which then is k rows lda apart. In
// the same way op(B) is k×n with rows ldb apart. C is m×n with rows ldc apart and overlaps neither A nor B. Any of m,
// n, k may be 0; k = 0 without accumulate sets C to 0.
//
// Products are added in any order, with or without intermediate rounding. Infinities and NaNs go where IEEE 754 sends them:
// 0·Inf is NaN. A sum that is 0 is +0.
func Gemm[T Float](transA, transB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	mustGemm("Gemm", transA, transB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc)
	if raceEnabled {
		touch(c)
		observe(a)
		observe(b)
	}
	g := kernelsOf[T]().gemm
	if g == nil {
		gemmPortable(transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate)
		return
	}
	if m == 0 || n == 0 {
		return
	}
	if matVecFits(transA, transB, m, n, k, lda, ldb) {
		if n == 1 {
			matVec(kernelsOf[T](), c, ldc, m, a, lda, b[:k], accumulate)
		} else {
			matVec(kernelsOf[T](), c, 1, n, b, ldb, a[:k], accumulate)
		}
		return
	}
	if transA && !transB && !accumulate && g.turns(m, n, k) {
		g.multiplyTurned(m, n, k, a, lda, b, ldb, c, ldc)
		return
	}
	ars, acs := strides(lda, transA)
	brs, bcs := strides(ldb, transB)
	if bcs == 1 && g.isSmall(m, n, k, ars, acs) {
		var d []T
		if accumulate {
			d = c
		}
		g.multiplySmall(m, n, k, a, ars, acs, b, brs, c, ldc, d, ldc, false)
		return
	}
	p := product[T]{m: m, n: n, k: k, a: a, ars: ars, acs: acs, b: b, brs: brs, bcs: bcs, c: c, ldc: ldc}
	if accumulate {
		p.d, p.ldd = c, ldc
	}
	if n == 1 && ldc == 1 && transA { // C is a vector, and its transpose the same vector
		p.m, p.n, p.ldc, p.ldd = 1, m, m, m
		p.a, p.ars, p.acs, p.b, p.brs, p.bcs = b, p.bcs, p.brs, a, p.acs, p.ars
	}
	g.run(&p)
}

// Linear computes a fully connected layer: y = x·w + bias, and with relu set y = max(x·w + bias, 0), where NaN stays NaN.
// x is m×k, w is k×n, y is m×n, all without gaps between rows; bias has n elements, or is nil for none.
//
// The bias and the maximum are part of the product: no second pass over y.
func Linear[T Float](y, x, w, bias []T, m, n, k int, relu bool) {
	mustMatch("Linear", "y", len(y), m*n)
	mustMatch("Linear", "x", len(x), m*k)
	mustMatch("Linear", "w", len(w), k*n)
	if bias != nil {
		mustMatch("Linear", "bias", len(bias), n)
	}
	if m == 0 || n == 0 {
		return
	}
	if raceEnabled {
		touch(y)
		observe(x)
		observe(w)
		observe(bias)
	}
	if g := kernelsOf[T]().gemm; g != nil {
		if g.isSmall(m, n, k, k, 1) {
			g.multiplySmall(m, n, k, x, k, 1, w, n, y, n, bias, 0, relu)
			return
		}
		g.run(&product[T]{m: m, n: n, k: k, a: x, ars: k, acs: 1, b: w, brs: n, bcs: 1, c: y, ldc: n, d: bias, relu: relu})
		return
	}
	if bias != nil {
		for i := range m {
			copy(y[i*n:i*n+n], bias)
		}
	}
	gemmPortable(false, false, m, n, k, x, k, w, n, y, n, bias != nil)
	if relu {
		ReLU(y, y)
	}
}

// strides returns the row and column stride of op(A).
func strides(ld int, trans bool) (row, col int) {
	if trans {
		return 1, ld
	}
	return ld, 1
}

// mustGemm panics if the slices are too short for the sizes.
func mustGemm(fn string, transA, transB bool, m, n, k, lenA, lda, lenB, ldb, lenC, ldc int) {
	if m < 0 || n < 0 || k < 0 {
		panic(fmt.Sprintf("kernel: %s: m, n, k = %d, %d, %d: a size is negative", fn, m, n, k))
	}
	if transA {
		mustMatrix(fn, "a", k, m, lenA, lda)
	} else {
		mustMatrix(fn, "a", m, k, lenA, lda)
	}
	if transB {
		mustMatrix(fn, "b", n, k, lenB, ldb)
	} else {
		mustMatrix(fn, "b", k, n, lenB, ldb)
	}
	mustMatrix(fn, "c", m, n, lenC, ldc)
}

// mustMatrix panics if a slice of size elements cannot hold rows of cols elements, ld apart.
func mustMatrix(fn, name string, rows, cols, size, ld int) {
	if rows == 0 || cols == 0 {
		return
	}
	if ld < cols && rows > 1 {
		panic(fmt.Sprintf("kernel: %s: ld%s is %d, less than the row length %d", fn, name, ld, cols))
	}
	if need := (rows-1)*ld + cols; size < need {
		panic(fmt.Sprintf("kernel: %s: len(%s) is %d, want at least %d for %d rows of %d, %d apart", fn, name, size, need, rows, cols, ld))
	}
}

// gemmPortable is Gemm in Go. It goes through the rows of C, four terms of the sum at a time.
func gemmPortable[T Float](transA, transB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	if n == 0 {
		return
	}
	ars, acs := strides(lda, transA)
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if !accumulate {
			clear(row)
		}
		if k == 0 {
			continue
		}
		if accumulate {
			AddScalarTo(row, 0) // of zeros the sum is +0
		}
		if transB {
			gemmRowDots(row, a[i*ars:], acs, k, b, ldb)
		} else {
			gemmRow(row, a[i*ars:], acs, k, b, ldb)
		}
	}
}

// gemmRow adds to a row of C the rows of B times the numbers of a row of op(A), which are acs apart.
func gemmRow[T Float](row, a []T, acs, k int, b []T, ldb int) {
	n := len(row)
	p := 0
	for ; p+4 <= k; p += 4 {
		a0, a1, a2, a3 := a[p*acs], a[(p+1)*acs], a[(p+2)*acs], a[(p+3)*acs]
		b0, b1, b2, b3 := b[p*ldb:], b[(p+1)*ldb:], b[(p+2)*ldb:], b[(p+3)*ldb:]
		b0, b1, b2, b3 = b0[:n], b1[:n], b2[:n], b3[:n]
		for j := range row {
			row[j] += (a0*b0[j] + a1*b1[j]) + (a2*b2[j] + a3*b3[j])
		}
	}
	for ; p < k; p++ {
		a0, b0 := a[p*acs], b[p*ldb:]
		b0 = b0[:n]
		for j := range row {
			row[j] += a0 * b0[j]
		}
	}
}

// gemmRowDots is gemmRow for a transposed B: it adds to a row of C the dot products with the rows of B.
func gemmRowDots[T Float](row, a []T, acs, k int, b []T, ldb int) {
	j := 0
	for ; j+4 <= len(row); j += 4 {
		b0, b1, b2, b3 := b[j*ldb:], b[(j+1)*ldb:], b[(j+2)*ldb:], b[(j+3)*ldb:]
		b0, b1, b2, b3 = b0[:k], b1[:k], b2[:k], b3[:k]
		var s0, s1, s2, s3 T
		for p := range b0 {
			v := a[p*acs]
			s0 += v * b0[p]
			s1 += v * b1[p]
			s2 += v * b2[p]
			s3 += v * b3[p]
		}
		row[j] += s0
		row[j+1] += s1
		row[j+2] += s2
		row[j+3] += s3
	}
	for ; j < len(row); j++ {
		var s T
		b0 := b[j*ldb:]
		for p, v := range b0[:k] {
			s += a[p*acs] * v
		}
		row[j] += s
	}
}
