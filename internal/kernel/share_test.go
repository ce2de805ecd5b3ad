package kernel_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A buffersJob counts its chunks, and the buffers that two of them had at a time.
type buffersJob struct {
	size          int
	done          []atomic.Int64
	overlaps, bad atomic.Int64
}

func (j *buffersJob) Chunk(i int, buffer []float32) {
	j.done[i].Add(1)
	if len(buffer) != j.size {
		j.bad.Add(1)
		return
	}
	for range 20 {
		kernel.Fill(buffer, float32(i))
		runtime.Gosched()
		if kernel.Sum(buffer) != float32(i*j.size) {
			j.overlaps.Add(1)
		}
	}
}

func TestShare(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	const much = 1 << 30
	for _, tt := range []struct{ chunks, size, multiplications int }{
		{0, 8, much}, {1, 8, much}, {7, 100, much}, {64, 1, much}, {64, 0, much}, {5, 100, 1},
	} {
		j := &buffersJob{size: tt.size, done: make([]atomic.Int64, tt.chunks)}
		for round := 1; round <= 10; round++ {
			kernel.Share(j, tt.chunks, tt.size, tt.multiplications)
			for i := range j.done {
				if n := j.done[i].Load(); n != int64(round) {
					t.Fatalf("%+v: chunk %d was done %d times in %d rounds", tt, i, n, round)
				}
			}
		}
		if n := j.overlaps.Load(); n != 0 {
			t.Errorf("%+v: %d times another chunk wrote into the buffer", tt, n)
		}
		if n := j.bad.Load(); n != 0 {
			t.Errorf("%+v: %d buffers had another size", tt, n)
		}
	}
}
