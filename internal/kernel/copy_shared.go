package kernel

// A copyJob copies rows from matrix to matrix, or fills them with numbers, spread over processors.
type copyJob[T Float] struct {
	dst, src []T
	ldd, lds int
	n, rows  int
	many     int // rows in a chunk, or
	parts    int // chunks in a row
	fill     bool
}

// copyShared is CopyRows, or FillRows, for what is large enough to be spread. It reports false if no helper is free.
func copyShared[T Float](dst []T, ldd int, src []T, lds, n, rows int, fill bool) bool {
	if !workers.acquire() {
		return false
	}
	j := &jobsOf[T]().copies
	*j = copyJob[T]{dst: dst, src: src, ldd: ldd, lds: lds, n: n, rows: rows, many: max(part/n, 1), parts: (n + part - 1) / part, fill: fill}
	chunks := rows * j.parts
	if j.many > 1 {
		chunks = (rows + j.many - 1) / j.many
	}
	workers.run(j, chunks, n*rows >= rousePieces*piece/2)
	*j = copyJob[T]{}
	workers.release()
	return true
}

func (j *copyJob[T]) chunk(i int) {
	move := copyRows[T]
	if j.fill {
		move = fillRows[T]
	}
	if j.many > 1 {
		from := i * j.many
		move(j.dst[from*j.ldd:], j.ldd, j.src[from*j.lds:], j.lds, j.n, min(j.many, j.rows-from))
		return
	}
	row, from := i/j.parts, i%j.parts*part
	n := min(part, j.n-from)
	if j.fill {
		fillRows(j.dst[row*j.ldd+from:], n, j.src[row*j.lds:], 0, n, 1)
		return
	}
	copyRows(j.dst[row*j.ldd+from:], n, j.src[row*j.lds+from:], n, n, 1)
}
