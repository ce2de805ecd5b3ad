package kernel

import "fmt"

// GatherRows sets the rows of n elements of matrices in dst to those of matrices in src with the given indices:
// dst[i·n+j] = src[index[i]·n+j]. Matrices in src have the given number of rows, those in dst len(index), and one lies behind the
// other.
func GatherRows[T Float](dst, src []T, index []int, n, rows int) {
	if n < 0 || rows < 0 {
		panic(fmt.Sprintf("kernel: GatherRows: %d rows of %d elements", rows, n))
	}
	matrices := 0
	if n*rows > 0 {
		matrices = mustRows("GatherRows", "src", len(src), n*rows)
	}
	mustMatch("GatherRows", "dst", len(dst), matrices*len(index)*n)
	for _, k := range index {
		if uint(k) >= uint(rows) {
			panic(fmt.Sprintf("kernel: GatherRows: index %d, want one from 0 to %d", k, rows-1))
		}
	}
	if len(dst) == 0 {
		return
	}
	if raceEnabled {
		touch(dst)
		observe(src)
	}
	j := gatherJob[T]{dst: dst, src: src, index: index, n: n, rows: rows, many: max(part/n, 1)}
	chunks := (len(dst)/n + j.many - 1) / j.many
	if len(dst) >= minParallel && workers.acquire() {
		shared := &jobsOf[T]().gather
		*shared = j
		workers.run(shared, chunks, len(dst) >= rousePieces*piece)
		*shared = gatherJob[T]{}
		workers.release()
		return
	}
	for i := range chunks {
		j.chunk(i)
	}
}

// A gatherJob copies rows by their indices, spread over processors.
type gatherJob[T Float] struct {
	dst, src []T
	index    []int
	n, rows  int
	many     int // rows of dst in a chunk
}

func (j *gatherJob[T]) chunk(i int) {
	lo, hi := i*j.many, min((i+1)*j.many, len(j.dst)/j.n)
	for lo < hi {
		matrix, from := lo/len(j.index), lo%len(j.index)
		index := j.index[from:min(from+hi-lo, len(j.index))]
		gatherRows(j.dst[lo*j.n:(lo+len(index))*j.n], j.src[matrix*j.rows*j.n:][:j.rows*j.n], index, j.n)
		lo += len(index)
	}
}

// gatherRows gathers rows of one matrix.
func gatherRows[T Float](dst, src []T, index []int, n int) {
	if n == 1 {
		dst = dst[:len(index)]
		for i, k := range index {
			dst[i] = src[k]
		}
		return
	}
	if k := kernelsOf[T](); k.gatherRows != nil && k.copyLeast <= n && n <= copyMost {
		row := uintptr(n) * uintptr(sizeOf[T]())
		k.gatherRows(&dst[0], &src[0], &index[0], row, row, n, len(index))
		return
	}
	for i, k := range index {
		Copy(dst[i*n:(i+1)*n], src[k*n:(k+1)*n])
	}
}
