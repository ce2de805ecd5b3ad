package kernel

// A Job is work in numbered chunks that do not depend on each other, for [Share].
type Job[T Float] interface {
	// Chunk does chunk number i. It may use the buffer, which holds arbitrary numbers.
	Chunk(i int, buffer []T)
}

// Share does chunks 0 to n-1 of a job, on several processors if they are free and there are at least as many multiplications
// as pay for it. Each call of Chunk has a buffer of size elements to itself; buffers are kept for the next job. Chunks may call
// any function of this package: what one calls is done on one processor.
func Share[T Float](j Job[T], n, size, multiplications int) {
	t := shareJob[T]{j, size}
	if n < 2 || multiplications < gemmParallel || !workers.acquire() {
		for i := range n {
			t.chunk(i)
		}
		return
	}
	shared := &jobsOf[T]().share
	*shared = t
	workers.run(shared, n, multiplications >= gemmRouse)
	*shared = shareJob[T]{}
	workers.release()
}

// A shareJob is the work of a caller of Share.
type shareJob[T Float] struct {
	job  Job[T]
	size int
}

func (j *shareJob[T]) chunk(i int) {
	free := scratchOf[T]()
	s := free.get()
	defer free.put(s)
	s.buffer = grow(s.buffer, j.size)
	j.job.Chunk(i, s.buffer)
}
