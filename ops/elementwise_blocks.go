package ops

import (
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// An elementwise operation that has no kernel of its own is put together from several. They pass over a block of
// elements that stays in the cache, not over whole tensors, so a further pass costs little.

// blockElements is the most that a block holds.
const blockElements = 1 << 15

// A block is a part of an elementwise operation of one operand.
type block[T constraints.Float] struct {
	x, y []T        // operand and result
	d    []T        // derivative
	t    []T        // scratch
	p    [2]float64 // constant parameters
}

// A blockFunc sets y, as the Forward of an operation, or d, from the other fields.
type blockFunc[T constraints.Float] func(b block[T])

// forwardBlocks makes the Forward of an elementwise operation from functions that set y.
func forwardBlocks(f64 blockFunc[float64], f32 blockFunc[float32]) func(graph.Node) {
	return func(n graph.Node) {
		if n.DType() == tensor.Float32 {
			shareBlocks(&blockJobs32, n, blockJob[float32]{f: f32})
		} else {
			shareBlocks(&blockJobs64, n, blockJob[float64]{f: f64})
		}
	}
}

// withSlope gives a row the Backward that follows from functions that set d.
func withSlope(f64 blockFunc[float64], f32 blockFunc[float32], row graph.Row) graph.Row {
	row.Backward = func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
		if dst.DType() == tensor.Float32 {
			shareBlocks(&blockJobs32, n, blockJob[float32]{f: f32, dst: dst.Float32s(), ct: ct.Float32s(), fresh: fresh})
		} else {
			shareBlocks(&blockJobs64, n, blockJob[float64]{f: f64, dst: dst.Float64s(), ct: ct.Float64s(), fresh: fresh})
		}
		return true
	}
	row.InPlace = true
	return row
}

// A blockJob is an operation by blocks, each of which one processor does from end to end: it has the block in its cache.
type blockJob[T constraints.Float] struct {
	f              blockFunc[T]
	x, y           []T
	p              [2]float64
	dst, ct        []T // nil unless f sets slopes
	fresh, selects bool
	size           int // of a block
}

// The jobs that no one uses, so that an operation allocates nothing.
var (
	blockJobs32 = sync.Pool{New: func() any { return new(blockJob[float32]) }}
	blockJobs64 = sync.Pool{New: func() any { return new(blockJob[float64]) }}
)

// shareBlocks does a job on the blocks of a node.
func shareBlocks[T constraints.Float](jobs *sync.Pool, n graph.Node, job blockJob[T]) {
	const multiplications = 16 // that take about as long as an element
	j := jobs.Get().(*blockJob[T])
	*j = job
	j.x, j.y = tensor.Data[T](n.In(0)), tensor.Data[T](n.Out())
	j.p, j.selects = [2]float64{n.Float(0), n.Float(1)}, n.Row().SelectsOperand(0)
	if j.size = min(len(j.x), blockElements); j.size > 0 {
		kernel.Share(j, (len(j.x)+j.size-1)/j.size, 2*j.size, multiplications*len(j.x))
	}
	*j = blockJob[T]{}
	jobs.Put(j)
}

// Chunk does block i.
func (j *blockJob[T]) Chunk(i int, buffer []T) {
	lo := i * j.size
	hi := min(lo+j.size, len(j.x))
	b := block[T]{x: j.x[lo:hi], y: j.y[lo:hi], t: buffer[:hi-lo], d: buffer[j.size:][:hi-lo], p: j.p}
	j.f(b)
	if j.dst != nil {
		addChain(j.dst[lo:hi], j.ct[lo:hi], b.d, j.fresh, j.selects)
	}
}

// eachBlock calls f for the blocks of an operation: elements lo up to hi.
func eachBlock[T constraints.Float](n graph.Node, f func(b block[T], lo, hi int)) {
	x, y := tensor.Data[T](n.In(0)), tensor.Data[T](n.Out())
	size := min(len(x), blockElements)
	t, d := n.Buffer(size), n.Buffer(size)
	b := block[T]{p: [2]float64{n.Float(0), n.Float(1)}}
	for lo := 0; lo < len(x); lo += size {
		hi := min(lo+size, len(x))
		b.x, b.y = x[lo:hi], y[lo:hi]
		b.t, b.d = tensor.Data[T](t)[:hi-lo], tensor.Data[T](d)[:hi-lo]
		f(b, lo, hi)
	}
	n.FreeTemp(d)
	n.FreeTemp(t)
}

// choose returns a if c holds, else b. There is no branch that a processor could guess wrong, as it does for every second
// element of random sign.
func choose[T constraints.Float](c bool, a, b T) T {
	k := 0
	if c {
		k = 1
	}
	return [2]T{b, a}[k]
}

// oneIf returns 1 if c holds, else 0, without a branch.
func oneIf[T constraints.Float](c bool) T {
	k := 0
	if c {
		k = 1
	}
	return T(k)
}
