package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// mappedPairs makes the Forward of an elementwise operation of two operands from a kernel.
func mappedPairs(op kernel.MapOp) func(graph.Node) {
	return func(n graph.Node) {
		if n.DType() == tensor.Float32 {
			mapPairs[float32](op, n.Out(), n.In(0), n.In(1))
		} else {
			mapPairs[float64](op, n.Out(), n.In(0), n.In(1))
		}
	}
}

func mapPairs[T constraints.Float](op kernel.MapOp, out, a, b *tensor.Tensor) {
	x, y, z := tensor.Data[T](a), tensor.Data[T](b), tensor.Data[T](out)
	p := array.Pair(out.Dims(), a.Dims(), b.Dims())
	for r := range p.Runs {
		kernel.Map(op, z[r.Out:r.Out+r.N], runOf(x, r.A, r.StepA, r.N), runOf(y, r.B, r.StepB, r.N), 0, 0)
	}
}

// runOf returns the n elements of a run from one on, or that one alone if the run stays there.
func runOf[T constraints.Float](x []T, from, step, n int) []T { return x[from:][:(n-1)*step+1] }

// slopedPairs gives a row of two operands the Backward that follows from kernels: slope returns that of the derivative by
// operand i, whose operands are those of the node, or its result.
func slopedPairs(slope func(n graph.Node, i int) slopeOf, row graph.Row) graph.Row {
	row.Backward = func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
		s := slope(n, i)
		n.Unstretched(ct, dst, fresh, func(dst *tensor.Tensor, fresh bool) {
			if dst.DType() == tensor.Float32 {
				slopePairs[float32](s, dst, ct, fresh)
			} else {
				slopePairs[float64](s, dst, ct, fresh)
			}
		})
		return true
	}
	return row
}

func slopePairs[T constraints.Float](s slopeOf, dst, ct *tensor.Tensor, fresh bool) {
	if s.b == nil {
		s.b = s.a
	}
	d, w, x, y := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](s.a), tensor.Data[T](s.b)
	p := array.Pair(ct.Dims(), s.a.Dims(), s.b.Dims())
	for r := range p.Runs {
		kernel.Slope(s.op, d[r.Out:r.Out+r.N], w[r.Out:r.Out+r.N], runOf(x, r.A, r.StepA, r.N), runOf(y, r.B, r.StepB, r.N), T(s.p), T(s.q), fresh)
	}
}
