package kernel

import "fmt"

// Lines are rows of a matrix that overlap: groups of inner rows, ld elements apart, and groups jump elements apart, so
// that row i begins with element i/inner·jump + i%inner·ld. The patches of a convolution are such a matrix, without
// being written out: the rows of a group are those of an image that the elements of a kernel's column see.

// LinesSlack is how many elements must follow the last row of the lines of [GemmLines]. They are read, whatever they
// are, and not used.
const LinesSlack = 16

// LinesMost is the most rows of a group of [GemmOfLines].
const LinesMost = 6

// GemmLines is [Gemm] with a right operand of lines: C = A·B, or C += A·B if accumulate is set. k is a multiple of
// inner.
func GemmLines[T Float](m, n, k int, a []T, lda int, b []T, ldb, inner, jump int, c []T, ldc int, accumulate bool) {
	mustGemm("GemmLines", false, false, m, n, k, len(a), lda, k*n, n, len(c), ldc)
	if m == 0 || n == 0 {
		return
	}
	mustLines("GemmLines", k, n+LinesSlack, len(b), ldb, inner, jump)
	if raceEnabled {
		touch(c)
		observe(a)
		observe(b)
	}
	if g := kernelsOf[T]().gemm; g != nil {
		p := product[T]{m: m, n: n, k: k, a: a, ars: lda, acs: 1, b: b, brs: ldb, bcs: 1, inner: inner, jump: jump, c: c, ldc: ldc}
		if accumulate {
			p.d, p.ldd = c, ldc
		}
		g.multiply(&p, scratchOf[T]())
		return
	}
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if !accumulate {
			clear(row)
		}
		if k > 0 {
			gemmRowLines(row, a[i*lda:][:k], b, ldb, inner, jump)
		}
	}
}

// gemmRowLines is [gemmRow] for lines.
func gemmRowLines[T Float](row, a, b []T, ldb, inner, jump int) {
	n := len(row)
	from, left := 0, inner // where the next line begins, and how many its group still has
	next := func() []T {
		line := b[from : from+n]
		if from, left = from+ldb, left-1; left == 0 {
			from, left = from+jump-inner*ldb, inner
		}
		return line
	}
	for ; len(a) >= 4; a = a[4:] {
		a0, a1, a2, a3 := a[0], a[1], a[2], a[3]
		b0, b1, b2, b3 := next(), next(), next(), next()
		b0, b1, b2, b3 = b0[:n], b1[:n], b2[:n], b3[:n]
		for j := range row {
			row[j] += (a0*b0[j] + a1*b1[j]) + (a2*b2[j] + a3*b3[j])
		}
	}
	for _, a0 := range a {
		b0 := next()[:n]
		for j := range row {
			row[j] += a0 * b0[j]
		}
	}
}

// GemmOfLines is [Gemm] with a left operand of lines: C = A·B, or C += A·B if accumulate is set. m is a multiple of
// inner, which is [LinesMost] or less. Every row of b has as many elements as n rounded up to a multiple of
// [LinesSlack]; those from number n on are read, whatever they are, and not used.
func GemmOfLines[T Float](m, n, k int, a []T, lda, inner, jump int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	mustGemm("GemmOfLines", false, false, m, n, k, m*k, k, len(b), ldb, len(c), ldc)
	if m == 0 || n == 0 {
		return
	}
	mustMatrix("GemmOfLines", "b", k, (n+LinesSlack-1)/LinesSlack*LinesSlack, len(b), ldb)
	mustLines("GemmOfLines", m, k, len(a), lda, inner, jump)
	if inner > LinesMost {
		panic(fmt.Sprintf("kernel: GemmOfLines: groups of %d rows, want %d at most", inner, LinesMost))
	}
	if raceEnabled {
		touch(c)
		observe(a)
		observe(b)
	}
	if g := kernelsOf[T]().gemm; g != nil {
		p := product[T]{m: m, n: n, k: k, a: a, ars: lda, acs: 1, b: b, brs: ldb, bcs: 1, jump: jump, linesA: true, c: c, ldc: ldc}
		x := block[T]{k1: k, m1: m, tiles: m / inner, height: inner, a: a, ars: lda, acs: 1, b: b, ldb: ldb}
		if accumulate {
			x.d, x.ldd = c, ldc
		}
		for j := 0; j < n; j += panelVectors * g.lanes {
			w, vecs := g.width(&p, j)
			x.bOff = j
			g.tile(&p, &x, 0, m/inner, j, w, vecs) // every group is a tile
		}
		return
	}
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if !accumulate {
			clear(row)
		}
		if k > 0 {
			gemmRowSums(row, a[i/inner*jump+i%inner*lda:][:k], b, ldb)
		}
	}
}

// gemmRowSums adds to a row of C the products of a row of A and the columns of B, each added up before it is added: C
// may hold the sum of many terms already, beside which a single one would lose digits.
func gemmRowSums[T Float](row, a, b []T, ldb int) {
	var buffer [64]T
	for j := 0; j < len(row); j += len(buffer) {
		part := row[j:min(j+len(buffer), len(row))]
		sums := buffer[:len(part)]
		clear(sums)
		gemmRow(sums, a, 1, len(a), b[j:], ldb)
		for i, s := range sums {
			part[i] += s
		}
	}
}

// mustLines panics unless rows lines of so many elements are in a slice of size elements, in whole groups.
func mustLines(fn string, rows, elements, size, ld, inner, jump int) {
	if inner < 1 || rows%inner != 0 || ld < 0 || jump < 0 {
		panic(fmt.Sprintf("kernel: %s: %d rows in groups of %d, rows %d and groups %d apart: want whole groups", fn, rows, inner, ld, jump))
	}
	if rows == 0 || elements == 0 {
		return
	}
	if need := (rows/inner-1)*jump + (inner-1)*ld + elements; size < need {
		panic(fmt.Sprintf("kernel: %s: the lines have %d elements, want at least %d for %d rows of %d in groups of %d, rows %d and groups %d apart",
			fn, size, need, rows, elements, inner, ld, jump))
	}
}
