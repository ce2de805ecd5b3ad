package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Special functions in single precision, which shorter approximations in double precision give, rounded once.

// A single is a function of a number in single precision with its derivative, in double precision. log is the logarithm
// of what Arg returns, if there is an Arg.
type single struct {
	Arg          func(x float64) float64
	Value, Slope func(x, log float64) float64
}

// logBlock is how many logarithms are taken at a time.
const logBlock = 256

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
		x, y := n.In(0).Float32s(), n.Out().Float32s()
		if s.Arg == nil {
			for i, v := range x[:len(y)] {
				y[i] = float32(s.Value(float64(v), 0))
			}
			return
		}
		logs := n.SaveFloat64(0, logBlock).Float64s()
		for len(x) > 0 {
			size := min(len(x), logBlock)
			s.logs(logs[:size], x)
			for i, l := range logs[:size] {
				y[i] = float32(s.Value(float64(x[i]), l))
			}
			x, y = x[size:], y[size:]
		}
	}
	row.Backward = func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
		if n.DType() != tensor.Float32 {
			return backward(n, i, ct, dst, fresh)
		}
		x, w, d := n.In(0).Float32s(), ct.Float32s(), dst.Float32s()
		var logs []float64
		if s.Arg != nil {
			logs = n.Saved(0).Float64s()
		}
		for len(x) > 0 {
			size := min(len(x), logBlock)
			if s.Arg != nil {
				s.logs(logs[:size], x)
			}
			for i, v := range x[:size] {
				var part float32
				if w[i] != 0 { // zero wins over an infinite or undefined derivative
					l := 0.0
					if s.Arg != nil {
						l = logs[i]
					}
					part = float32(float64(w[i]) * s.Slope(float64(v), l))
				}
				if !fresh {
					part += d[i]
				}
				d[i] = part
			}
			x, w, d = x[size:], w[size:], d[size:]
		}
		return true
	}
	return row
}

func (s single) logs(dst []float64, x []float32) {
	for i := range dst {
		dst[i] = s.Arg(float64(x[i]))
	}
	kernel.Log(dst, dst)
}
