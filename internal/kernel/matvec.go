package kernel

// matVec sets, or with accumulate adds to, the elements of y, ldy apart, the products of x and the rows of a, which are lda apart.
func matVec[T Float](k *kernels[T], y []T, ldy, rows int, a []T, lda int, x []T, accumulate bool) {
	if ldy == 1 && !accumulate {
		matVecRows(k, y[:rows], a, lda, x)
		return
	}
	free := scratchOf[T]()
	s := free.get()
	s.buffer = grow(s.buffer, rows)
	sums := s.buffer
	matVecRows(k, sums, a, lda, x)
	for i, v := range sums {
		if accumulate {
			v += y[i*ldy]
		}
		y[i*ldy] = v
	}
	free.put(s)
}

// matVecFits reports whether a product is one of a vector and the rows of a matrix, whose elements lie together.
func matVecFits(transA, transB bool, m, n, k, lda, ldb int) bool {
	switch {
	case k < 4:
		return false
	case n == 1 && m > 1:
		return !transA && (transB || ldb == 1)
	case m == 1 && n > 1:
		return transB && (!transA || lda == 1)
	}
	return false
}

// matVecPart is how many elements of a matrix are a part of the work that processors share.
const matVecPart = 2 * part

func matVecRows[T Float](k *kernels[T], y, a []T, lda int, x []T) {
	if len(x) == 0 {
		clear(y)
		return
	}
	rows := max(matVecPart/len(x)/4*4, 4)
	size := len(y) * len(x)
	if size >= minParallel && rows < len(y) && workers.acquire() {
		j := &jobsOf[T]().matVec
		*j = matVecJob[T]{k.lines.matVec, y, a, x, lda, rows}
		workers.run(j, (len(y)+rows-1)/rows, size >= rousePieces*piece)
		*j = matVecJob[T]{}
		workers.release()
		return
	}
	j := matVecJob[T]{k.lines.matVec, y, a, x, lda, rows}
	for i := 0; i*rows < len(y); i++ {
		j.chunk(i)
	}
}

// A matVecJob is a product of a matrix and a vector that is spread over processors.
type matVecJob[T Float] struct {
	f         func(y, a, x []T, lda int)
	y, a, x   []T
	lda, rows int
}

func (j *matVecJob[T]) chunk(i int) {
	lo, hi := i*j.rows, min((i+1)*j.rows, len(j.y))
	j.f(j.y[lo:hi], j.a[lo*j.lda:], j.x, j.lda)
}

func matVecPortable[T Float](y, a, x []T, lda int) {
	for i := range y {
		var s T
		row := a[i*lda:][:len(x)]
		for p, v := range x {
			s += v * row[p]
		}
		y[i] = s
	}
}
