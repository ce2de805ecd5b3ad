package kernel

import "slices"

// ReverseLines sets every line of n elements of dst to that of src in reverse order: dst[i·n+j] = src[i·n+n-1-j]. The slices do
// not overlap.
func ReverseLines[T Float](dst, src []T, n int) {
	mustMatch("ReverseLines", "src", len(src), len(dst))
	if len(src) == 0 {
		return
	}
	mustRows("ReverseLines", "src", len(src), n)
	if raceEnabled {
		touch(dst)
		observe(src)
	}
	j := reverseJob[T]{dst: dst, src: src, n: n, many: max(part/n, 1), parts: (n + part - 1) / part}
	chunks := len(src) / n * j.parts
	if j.many > 1 {
		chunks = (len(src)/n + j.many - 1) / j.many
	}
	if len(src) >= minParallel && workers.acquire() {
		shared := &jobsOf[T]().reverse
		*shared = j
		workers.run(shared, chunks, len(src) >= rousePieces*piece)
		*shared = reverseJob[T]{}
		workers.release()
		return
	}
	for i := range chunks {
		j.chunk(i)
	}
}

// A reverseJob reverses lines, spread over processors.
type reverseJob[T Float] struct {
	dst, src []T
	n        int
	many     int // lines in a chunk, or
	parts    int // chunks in a line
}

func (j *reverseJob[T]) chunk(i int) {
	if j.many > 1 {
		lo, hi := i*j.many*j.n, min((i+1)*j.many*j.n, len(j.dst))
		reverseLines(j.dst[lo:hi], j.src[lo:hi], j.n)
		return
	}
	line := i / j.parts * j.n
	lo := i % j.parts * part
	hi := min(lo+part, j.n)
	reverseLines(j.dst[line+lo:line+hi], j.src[line+j.n-hi:line+j.n-lo], hi-lo)
}

func reverseLines[T Float](dst, src []T, n int) {
	if k := kernelsOf[T](); k.reverse != nil && n >= k.reverseLeast {
		k.reverse(&dst[0], &src[0], n, len(src)/n)
		return
	}
	copy(dst, src)
	for ; len(dst) > 0; dst = dst[n:] {
		slices.Reverse(dst[:n])
	}
}
