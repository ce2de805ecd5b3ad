package kernel

const (
	columnBlock = 64 // how many columns AddColumnSums, or elements of dst AddOverAxes, adds at a time
	rowBlock    = 64 // how many rows a kernel adds one after another
)

// AddColumnSums adds the sums of columns: dst[j] += Σᵢ x[i,j]. x has m·n elements where n = len(dst).
//
// Sums are kept in double precision, in float64 over blocks of rows that are added pairwise, so the error is at most a few ulp
// of |dst[j]| + Σᵢ|x[i,j]|.
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
	blocks := (n + columnBlock - 1) / columnBlock
	if len(x) >= minParallel && blocks > 1 && workers.acquire() {
		j := &jobsOf[T]().columns
		*j = columnsJob[T]{dst, x, m}
		workers.run(j, blocks, len(x) >= rousePieces*piece)
		*j = columnsJob[T]{}
		workers.release()
		return
	}
	for i := range blocks {
		addColumnBlock(dst, x, m, i)
	}
}

// A columnsJob is a sum of columns that is spread over processors.
type columnsJob[T Float] struct {
	dst, x []T
	m      int
}

func (j *columnsJob[T]) chunk(i int) { addColumnBlock(j.dst, j.x, j.m, i) }

// addColumnBlock adds the sums of block i of the columns of m rows.
func addColumnBlock[T Float](dst, x []T, m, i int) {
	n, j := len(dst), i*columnBlock
	w := min(columnBlock, n-j)
	buffer := scratch64.get()
	defer scratch64.put(buffer)
	buffer.a = grow(buffer.a, columnBlock*maxHalvings)
	columnSums(kernelsOf[T](), buffer.a, w, x[j:], n, m)
	for i, s := range buffer.a[:w] {
		dst[j+i] = T(float64(dst[j+i]) + s)
	}
}

// maxHalvings is how often rows can be split in two, and more.
const maxHalvings = 64

// columnSums sets the first w elements of sums to the sums of the first w columns of m rows of x, which are n apart. The elements
// after the first columnBlock are a buffer.
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
