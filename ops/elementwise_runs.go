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
			mapPairs[float32](op, n, n.Out(), n.In(0), n.In(1))
		} else {
			mapPairs[float64](op, n, n.Out(), n.In(0), n.In(1))
		}
	}
}

func mapPairs[T constraints.Float](op kernel.MapOp, n graph.Node, out, a, b *tensor.Tensor) {
	z := tensor.Data[T](out)
	eachRun(n, array.Pair(out.Dims(), a.Dims(), b.Dims()), tensor.Data[T](a), tensor.Data[T](b), func(lo, hi int, x, y []T) {
		kernel.Map(op, z[lo:hi], x, y, 0, 0)
	})
}

const (
	repeatBytes = 8192 // of a buffer for repeated numbers, a part of the cache
	repeatRows  = 4    // how often numbers have to be repeated for it
	spreadMost  = 64   // of how many elements a row may be whose number is written out
)

// eachRun calls f for the runs of a walk of two operands: elements lo up to hi of the result, with as many elements of
// a and b, or one where an operand stays at it. A row that is repeated over and over, such as a bias, is written
// several times side by side in a buffer, and so are the numbers of short rows: then runs are not short, and seldom end
// within a vector.
func eachRun[T constraints.Float](n graph.Node, p array.Pairing, a, b []T, f func(lo, hi int, a, b []T)) {
	rep := p.Repeat(repeatRows, spreadMost)
	if rep.N == 0 {
		for r := range p.Runs {
			f(r.Out, r.Out+r.N, runOf(a, r.A, r.StepA, r.N), runOf(b, r.B, r.StepB, r.N))
		}
		return
	}
	rows := max(repeatBytes/n.DType().Bytes()/rep.N, 1)
	scratch := n.Buffer(rows * min(rep.N, repeatBytes)) // a longer row stays where it is
	for r := range p.Runs {
		numbers, many := b[r.B:], tensor.Data[T](scratch)
		if rep.First {
			numbers = a[r.A:]
		}
		switch {
		case rep.Step == 0 && rows == 1:
			many = numbers[:rep.N]
		case rep.Step == 0:
			repeatRow(many, numbers[:rep.N])
		}
		for lo := 0; lo < r.N; lo += len(many) {
			hi := min(lo+len(many), r.N)
			if rep.Step > 0 {
				kernel.FillRows(many[:hi-lo], rep.N, numbers[lo/rep.N*rep.Step:], rep.Step, (hi-lo)/rep.N)
			}
			if rep.First {
				f(r.Out+lo, r.Out+hi, many[:hi-lo], b[r.B+lo:r.B+hi])
			} else {
				f(r.Out+lo, r.Out+hi, a[r.A+lo:r.A+hi], many[:hi-lo])
			}
		}
	}
	n.FreeTemp(scratch)
}

// repeatRow fills dst with a row over and over.
func repeatRow[T constraints.Float](dst, row []T) {
	for k := copy(dst, row); k < len(dst); {
		k += copy(dst[k:], dst[:k])
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
				slopePairs[float32](n, s, dst, ct, fresh)
			} else {
				slopePairs[float64](n, s, dst, ct, fresh)
			}
		})
		return true
	}
	return row
}

func slopePairs[T constraints.Float](n graph.Node, s slopeOf, dst, ct *tensor.Tensor, fresh bool) {
	if s.b == nil {
		s.b = s.a
	}
	d, w := tensor.Data[T](dst), tensor.Data[T](ct)
	eachRun(n, array.Pair(ct.Dims(), s.a.Dims(), s.b.Dims()), tensor.Data[T](s.a), tensor.Data[T](s.b), func(lo, hi int, x, y []T) {
		kernel.Slope(s.op, d[lo:hi], w[lo:hi], x, y, T(s.p), T(s.q), fresh)
	})
}
