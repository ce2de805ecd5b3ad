package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
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
			eachBlock(n, func(b block[float32], _, _ int) { f32(b) })
		} else {
			eachBlock(n, func(b block[float64], _, _ int) { f64(b) })
		}
	}
}

// withSlope gives a row the Backward that follows from functions that set d.
func withSlope(f64 blockFunc[float64], f32 blockFunc[float32], row graph.Row) graph.Row {
	row.Backward = func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
		if dst.DType() == tensor.Float32 {
			addSlopes(n, ct.Float32s(), dst.Float32s(), f32, fresh)
		} else {
			addSlopes(n, ct.Float64s(), dst.Float64s(), f64, fresh)
		}
		return true
	}
	row.InPlace = true
	return row
}

func addSlopes[T constraints.Float](n graph.Node, ct, dst []T, slope blockFunc[T], fresh bool) {
	eachBlock(n, func(b block[T], lo, hi int) {
		slope(b)
		addChain(dst[lo:hi], ct[lo:hi], b.d, fresh, n.Row().SelectsOperand(0))
	})
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
