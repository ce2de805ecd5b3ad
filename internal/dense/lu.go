package dense

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// LU replaces an n×n matrix with the factors L and U of P·A, where P exchanges rows i and pivots[i] for every i, in ascending
// order: L below the diagonal, whose own is 1, and U on and above it. The pivot of a column is its largest element in size, the
// first of several. A column of zeros gives a pivot 0, and the factors are computed all the same.
//
// The recursion by columns is that of Toledo (1997), Locality of reference in LU decomposition with partial pivoting.
func LU(n int, a []float64, lda int, pivots []int) { luColumns(n, n, a, lda, pivots[:n]) }

// luColumns factors a matrix of m rows and n ≤ m columns.
func luColumns(m, n int, a []float64, lda int, pivots []int) {
	if n <= small || m <= fewRows {
		luPanel(m, n, a, lda, pivots)
		return
	}
	k := half(n)
	luColumns(m, k, a, lda, pivots[:k])
	right := a[k:]
	exchange(right, lda, n-k, pivots[:k])
	Triangle{N: k, Data: a, LD: lda, Unit: true}.forward(right, lda, n-k)
	rest := a[k*lda+k:]
	minusProduct(false, m-k, n-k, k, a[k*lda:], lda, right, lda, rest, lda)
	luColumns(m-k, n-k, rest, lda, pivots[k:])
	exchange(a[k*lda:], lda, k, pivots[k:])
	for i := k; i < n; i++ {
		pivots[i] += k
	}
}

// fewRows is how many rows a matrix has that is factored column by column, however many they are.
const fewRows = 24

// luPanel is luColumns for a few columns, one by one. They lie transposed meanwhile, so that the loops along them are those of
// vectors.
func luPanel(m, n int, a []float64, lda int, pivots []int) {
	var room Workspace
	defer room.Free()
	t := room.Floats(m * n)
	kernel.Transpose(t, m, a, lda, m, n)
	for j := range n {
		column := t[j*m : (j+1)*m]
		at := j + largest(column[j:])
		pivots[j] = at
		if at != j {
			for i := j; i < len(t); i += m {
				t[i], t[i+at-j] = t[i+at-j], t[i]
			}
		}
		below := column[j+1:]
		if column[j] == 0 {
			continue
		}
		divide(below, column[j])
		for c := j + 1; c < n; c++ {
			next := t[c*m : (c+1)*m]
			subtract(next[j+1:], next[j], below)
		}
	}
	for i := range m {
		row := a[i*lda : i*lda+n]
		for j := range row {
			row[j] = t[j*m+i]
		}
	}
}

// largest returns the place of the largest element of x in size, the first of several. A NaN is larger than nothing, and nothing
// is larger than a NaN in the first place.
func largest(x []float64) int {
	at, size := 0, math.Abs(x[0])
	if len(x) >= 64 {
		if size = kernel.MaxAbs(x); size == size {
			for i, v := range x {
				if math.Abs(v) == size {
					return i
				}
			}
		}
		size = math.Abs(x[0])
	}
	for i, v := range x {
		if v := math.Abs(v); v > size {
			at, size = i, v
		}
	}
	return at
}

// exchange exchanges rows i and pivots[i] of n columns.
func exchange(a []float64, lda, n int, pivots []int) {
	for i, p := range pivots {
		if p != i {
			swap(a[i*lda:i*lda+n], a[p*lda:p*lda+n])
		}
	}
}

func swap(x, y []float64) {
	for i, v := range x {
		x[i], y[i] = y[i], v
	}
}

// SolveLU replaces b, a matrix of cols columns, with A⁻¹·b, or with A⁻ᵀ·b, for the factors of A that [LU] left.
func SolveLU(transposed bool, n int, lu []float64, ld int, pivots []int, b []float64, ldb, cols int) {
	lower, upper := Triangle{N: n, Data: lu, LD: ld, Unit: true}, Triangle{N: n, Data: lu, LD: ld, Upper: true}
	if !transposed {
		exchange(b, ldb, cols, pivots[:n])
		lower.Solve(b, ldb, cols)
		upper.Solve(b, ldb, cols)
		return
	}
	upper.T().Solve(b, ldb, cols)
	lower.T().Solve(b, ldb, cols)
	for i := n - 1; i >= 0; i-- {
		if p := pivots[i]; p != i {
			swap(b[i*ldb:i*ldb+cols], b[p*ldb:p*ldb+cols])
		}
	}
}

// InvertLU sets inv to A⁻¹ for the factors of A that [LU] left.
func InvertLU(n int, lu []float64, ld int, pivots []int, inv []float64, ldi int) {
	// L⁻¹ by blocks of columns, which are 0 above the diagonal.
	const block = 48
	lower := Triangle{N: n, Data: lu, LD: ld, Unit: true}
	for j := 0; j < n; j += block {
		w := min(block, n-j)
		for i := range n {
			clear(inv[i*ldi+j : i*ldi+j+w])
		}
		for i := range w {
			inv[(j+i)*ldi+j+i] = 1
		}
		lower.from(j).forward(inv[j*ldi+j:], ldi, w)
	}
	Triangle{N: n, Data: lu, LD: ld, Upper: true}.backward(inv, ldi, n)
	// A⁻¹ = (U⁻¹·L⁻¹)·P
	var room Workspace
	defer room.Free()
	row, order := room.Floats(n), make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i, p := range pivots[:n] {
		order[i], order[p] = order[p], order[i]
	}
	for i := range n {
		to := inv[i*ldi : i*ldi+n]
		copy(row, to)
		for j, p := range order {
			to[p] = row[j]
		}
	}
}
