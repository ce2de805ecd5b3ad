package kernel

import (
	"runtime"
	"unsafe"
)

// scratch32 and scratch64 are the free buffers of either precision: of products, of sums of columns and over axes, and of
// [Share].
var (
	scratch32 scratchList[float32]
	scratch64 scratchList[float64]
)

func scratchOf[T Float]() *scratchList[T] {
	if is32[T]() {
		return (*scratchList[T])(unsafe.Pointer(&scratch32))
	}
	return (*scratchList[T])(unsafe.Pointer(&scratch64))
}

const (
	// gemmParallel is how many multiplications make it worth to share a product with a helper that is awake, gemmRouse how
	// many to wake one, gemmChunk how many there are at least in a chunk.
	gemmParallel = 1 << 17
	gemmRouse    = 1 << 22
	gemmChunk    = 1 << 16

	// tallRows is how many rows C has when its rows are divided, and partRows how many a part has at least.
	tallRows = 256
	partRows = 64
)

// run computes the product, on several processors if it is large enough.
func (g *gemmKernel[T]) run(p *product[T]) {
	work := p.m * p.n * p.k
	if work < gemmParallel || !workers.acquire() {
		g.multiply(p, scratchOf[T]())
		return
	}
	j := &jobsOf[T]().gemm
	j.g, j.p = g, *p
	j.split(runtime.GOMAXPROCS(0), work/gemmChunk)
	workers.run(j, j.rows*j.cols, work >= gemmRouse)
	*j = gemmJob[T]{}
	workers.release()
}

// A gemmJob is a product that is spread over processors.
type gemmJob[T Float] struct {
	g          *gemmKernel[T]
	p          product[T]
	rows, cols int // how many parts C has in either direction
}

// split divides C into at most most parts, four times as many as processors, so that a helper that comes late does not matter. One
// of many rows is divided by rows if B lies by rows: what each part reads of A is its own then, and the copies of B cost little. Else
// columns are divided, in multiples of a panel, so that no part of B is copied twice.
func (j *gemmJob[T]) split(processors, most int) {
	nr := panelVectors * j.g.lanes
	panels, parts := j.p.n/nr, 4*processors
	rows := 1
	switch {
	case panels < processors:
		rows = j.p.m / (2 * j.g.rows)
	case j.p.m >= tallRows && j.p.bcs == 1:
		rows = j.p.m / partRows
	case j.p.m >= 2*tallRows:
		rows = processors
	}
	j.rows = max(1, min(rows, parts, most))
	j.cols = max(1, min(parts/j.rows, most/j.rows, panels))
}

// chunk computes part i of C.
func (j *gemmJob[T]) chunk(i int) {
	nr := panelVectors * j.g.lanes
	r, c := i/j.cols, i%j.cols
	i0, i1 := r*j.p.m/j.rows, (r+1)*j.p.m/j.rows
	panels := (j.p.n + nr - 1) / nr
	j0, j1 := c*panels/j.cols*nr, min((c+1)*panels/j.cols*nr, j.p.n)
	if i0 == i1 || j0 >= j1 {
		return
	}
	p := j.p
	p.m, p.n = i1-i0, j1-j0
	if p.k > 0 {
		p.a, p.b = p.a[i0*p.ars:], p.b[j0*p.bcs:]
	}
	p.c = p.c[i0*p.ldc+j0:]
	if p.d != nil {
		p.d = p.d[i0*p.ldd+j0:]
	}
	j.g.multiply(&p, scratchOf[T]())
}
