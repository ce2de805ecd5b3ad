package kernel

const (
	columnBlock = 64 // how many columns AddColumnSums, or elements of dst AddOverAxes, adds at a time
	rowBlock    = 64 // how many rows a kernel adds one after another
)

// AddColumnSums adds the sums of columns: dst[j] += Σᵢ x[i,j]. x has m·n elements where n = len(dst).
//
// Sums are kept in double precision, in float64 over blocks of rows that are added pairwise, so the error is at most a
// few ulp of |dst[j]| + Σᵢ|x[i,j]|.
func AddColumnSums[T Float](dst, x []T) {
	n := len(dst)
	m := mustRows("AddColumnSums", "x", len(x), n)
	if m == 0 {
		return
	}
	if raceEnabled {
		touch(dst)
		observe(x)
	}
	block := columnBlock
	if is32[T]() && n > block {
		block = lineBlock
	}
	if len(x) >= minParallel && n > columnBlock && workers.acquire() {
		j := &jobsOf[T]().columns
		*j = columnsJob[T]{dst, x, m, columnBlock}
		if is32[T]() {
			j.block = max(columnBlock, (n/lineParts+vectorGroup-1)/vectorGroup*vectorGroup)
		}
		workers.run(j, (n+j.block-1)/j.block, len(x) >= rousePieces*piece)
		*j = columnsJob[T]{}
		workers.release()
		return
	}
	for j := 0; j < n; j += block {
		addColumnBlock(dst, x, m, j, min(j+block, n))
	}
}

// A columnsJob is a sum of columns that is spread over processors.
type columnsJob[T Float] struct {
	dst, x []T
	m      int
	block  int // columns of a chunk
}

func (j *columnsJob[T]) chunk(i int) {
	addColumnBlock(j.dst, j.x, j.m, i*j.block, min((i+1)*j.block, len(j.dst)))
}

// addColumnBlock adds the sums of columns lo up to hi of m rows.
func addColumnBlock[T Float](dst, x []T, m, lo, hi int) {
	n, w := len(dst), hi-lo
	buffer := scratch64.get()
	defer scratch64.put(buffer)
	if is32[T]() && w > columnBlock {
		// Double precision has digits to spare, so that rows are added in the order of memory.
		buffer.a = grow(buffer.a, w)
		clear(buffer.a[:w])
		k, step := kernelsOf[T](), rowsAtATime(w)
		for i := 0; i < m; i += step {
			k.lines.acrossSum(buffer.a[:w], x[i*n+lo:], n, min(step, m-i))
		}
	} else {
		buffer.a = grow(buffer.a, columnBlock*maxHalvings)
		columnSums(kernelsOf[T](), buffer.a, w, x[lo:], n, m)
	}
	for i, s := range buffer.a[:w] {
		dst[lo+i] = T(float64(dst[lo+i]) + s)
	}
}

// maxHalvings is how often rows can be split in two, and more.
const maxHalvings = 64

// columnSums sets the first w elements of sums to the sums of the first w columns of m rows of x, which are n apart.
// The elements after the first columnBlock are a buffer.
func columnSums[T Float](k *kernels[T], sums []float64, w int, x []T, n, m int) {
	if m <= rowBlock {
		k.columns(sums[:w], x, n, m)
		return
	}
	h := m / 2
	columnSums(k, sums, w, x, n, h)
	rest := sums[columnBlock:]
	columnSums(k, rest, w, x[h*n:], n, m-h)
	addTo64(sums, rest[:w])
}
