package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Special functions in single precision, which shorter approximations in double precision give, rounded once.

// A single is a function of a number in single precision, block by block. Arg, if there is one, sets dst to numbers whose
// logarithms the others are given.
type single struct {
	Arg   func(dst []float64, x []float32)
	Value func(y, x []float32, logs []float64)
	Slope func(d, x, y []float32, logs []float64) // sets d to the derivative
	plain bool                                    // Value needs no logarithms in double precision
}

// singleBlock is how many elements are gone through at a time.
const singleBlock = 1024

// withSingle gives an elementwise row of one operand kernels: those of s in single precision, and in double precision
// value and slope.
func withSingle(s single, value, slope func(x float64) float64, row graph.Row) graph.Row {
	row = separately(func(x, _ float64) float64 { return value(x) }, func(x, _ float64) float64 { return slope(x) }, row)
	forward, backward := row.Forward, row.Backward
	row.Forward = func(n graph.Node) {
		if n.DType() != tensor.Float32 {
			forward(n)
			return
		}
		s.each(n, s.Arg != nil && !s.plain, func(x, y []float32, logs []float64, _, _ int) { s.Value(y, x, logs) })
	}
	row.Backward = func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
		if n.DType() != tensor.Float32 {
			return backward(n, i, ct, dst, fresh)
		}
		scratch := n.Temp(singleBlock)
		w, to, d := ct.Float32s(), dst.Float32s(), scratch.Float32s()
		s.each(n, s.Arg != nil, func(x, y []float32, logs []float64, lo, hi int) {
			s.Slope(d[:hi-lo], x, y, logs)
			if fresh {
				kernel.MulZeroWins(to[lo:hi], w[lo:hi], d[:hi-lo])
			} else {
				kernel.MulAddTo(to[lo:hi], w[lo:hi], d[:hi-lo])
			}
		})
		n.FreeTemp(scratch)
		return true
	}
	return row
}

// each calls f for the blocks of a node's operand and result: elements lo up to hi. The room for logarithms is saved with the
// node: what is lent for a while has the precision of the graph.
func (s single) each(n graph.Node, takeLogs bool, f func(x, y []float32, logs []float64, lo, hi int)) {
	x, y := n.In(0).Float32s(), n.Out().Float32s()
	var room []float64
	if s.Arg != nil {
		room = n.SaveFloat64(0, singleBlock).Float64s()
	}
	for lo := 0; lo < len(x); lo += singleBlock {
		hi := min(lo+singleBlock, len(x))
		var logs []float64
		if takeLogs {
			logs = room[:hi-lo]
			s.Arg(logs, x[lo:hi])
			kernel.Log(logs, logs)
		}
		f(x[lo:hi], y[lo:hi], logs, lo, hi)
	}
}
