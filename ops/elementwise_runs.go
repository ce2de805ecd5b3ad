package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// A run is a part of an elementwise operation of two operands that fits into the cache. Element i of the operands is
// a[i·stepA] and b[i·stepB]: a step is 0 where the operand stays at one element.
type run[T constraints.Float] struct {
	a, b         []T
	stepA, stepB int
	y, d         []T // result, derivative
}

// swapped returns the run with its operands exchanged.
func (r run[T]) swapped() run[T] {
	r.a, r.b, r.stepA, r.stepB = r.b, r.a, r.stepB, r.stepA
	return r
}

// A runFunc sets y, as the Forward of an operation.
type runFunc[T constraints.Float] func(r run[T])

// A runSlope sets d, the derivative by operand i.
type runSlope[T constraints.Float] func(r run[T], i int)

// forwardRuns makes the Forward of an elementwise operation of two operands from functions that set y.
func forwardRuns(f64 runFunc[float64], f32 runFunc[float32]) func(graph.Node) {
	return func(n graph.Node) {
		if n.DType() == tensor.Float32 {
			eachRun(n, func(r run[float32], _, _ int) { f32(r) })
		} else {
			eachRun(n, func(r run[float64], _, _ int) { f64(r) })
		}
	}
}

// withSlopes gives a row the Backward that follows from functions that set d.
func withSlopes(f64 runSlope[float64], f32 runSlope[float32], row graph.Row) graph.Row {
	row.Backward = func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
		n.Unstretched(ct, dst, fresh, func(dst *tensor.Tensor, fresh bool) {
			if dst.DType() == tensor.Float32 {
				addRunSlopes(n, i, ct.Float32s(), dst.Float32s(), f32, fresh)
			} else {
				addRunSlopes(n, i, ct.Float64s(), dst.Float64s(), f64, fresh)
			}
		})
		return true
	}
	return row
}

func addRunSlopes[T constraints.Float](n graph.Node, i int, ct, dst []T, slope runSlope[T], fresh bool) {
	eachRun(n, func(r run[T], lo, hi int) {
		slope(r, i)
		addChain(dst[lo:hi], ct[lo:hi], r.d, fresh, n.Row().SelectsOperand(i))
	})
}

// eachRun calls f for the runs of an operation: elements lo up to hi of its result.
func eachRun[T constraints.Float](n graph.Node, f func(r run[T], lo, hi int)) {
	out, a, b := n.Out(), n.In(0), n.In(1)
	x, y, z := tensor.Data[T](a), tensor.Data[T](b), tensor.Data[T](out)
	scratch := n.Buffer(min(len(z), blockElements))
	p := array.Pair(out.Dims(), a.Dims(), b.Dims())
	for r := range p.Runs {
		for from := 0; from < r.N; from += blockElements {
			size := min(r.N-from, blockElements)
			lo := r.Out + from
			f(run[T]{
				a: x[r.A+from*r.StepA:][:(size-1)*r.StepA+1], stepA: r.StepA,
				b: y[r.B+from*r.StepB:][:(size-1)*r.StepB+1], stepB: r.StepB,
				y: z[lo : lo+size], d: tensor.Data[T](scratch)[:size],
			}, lo, lo+size)
		}
	}
	n.FreeTemp(scratch)
}

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
