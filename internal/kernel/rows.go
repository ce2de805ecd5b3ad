package kernel

// AddRow adds row to every row of a matrix: dst[i,j] = x[i,j] + row[j]. dst and x have m·n elements where n = len(row).
func AddRow[T Float](dst, x, row []T) {
	mustMatch("AddRow", "x", len(x), len(dst))
	n := len(row)
	m := mustRows("AddRow", "dst", len(dst), n)
	for i := range m {
		apply(opAdd, dst[i*n:i*n+n], x[i*n:i*n+n], row, 0)
	}
}

// columnBlock is how many columns AddColumnSums holds in a buffer, and rowBlock how many rows it adds before it adds to dst.
const (
	columnBlock = 64
	rowBlock    = 64
)

// AddColumnSums adds the sums of columns: dst[j] += Σᵢ x[i,j]. x has m·n elements where n = len(dst).
//
// Sums are kept in double precision, in float64 over blocks of rows that are added pairwise, so the error is at most a few ulp
// of |dst[j]| + Σᵢ|x[i,j]|.
func AddColumnSums[T Float](dst, x []T) {
	n := len(dst)
	m := mustRows("AddColumnSums", "x", len(x), n)
	var buf [columnBlock]float64
	for j := 0; j < n; j += columnBlock {
		w := min(columnBlock, n-j)
		columnSums(buf[:w], x, j, n, 0, m)
		for i, s := range buf[:w] {
			dst[j+i] = T(float64(dst[j+i]) + s)
		}
	}
}

// columnSums sets sums[i] to the sum of rows lo to hi of column j+i.
func columnSums[T Float](sums []float64, x []T, j, n, lo, hi int) {
	if hi-lo > rowBlock {
		mid := lo + (hi-lo)/2
		columnSums(sums, x, j, n, lo, mid)
		var buf [columnBlock]float64
		half := buf[:len(sums)]
		columnSums(half, x, j, n, mid, hi)
		for i, s := range half {
			sums[i] += s
		}
		return
	}
	clear(sums)
	for i := lo; i < hi; i++ {
		row := x[i*n+j:]
		row = row[:len(sums)]
		for k, v := range row {
			sums[k] += float64(v)
		}
	}
}

// RowSums sets dst[i] = Σⱼ x[i,j], added like [Sum]. x has m·n elements where m = len(dst).
func RowSums[T Float](dst, x []T) {
	m := len(dst)
	n := mustRows("RowSums", "x", len(x), m)
	for i := range m {
		dst[i] = T(sumPairwise(x[i*n : i*n+n]))
	}
}
