package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// Kernels of elementwise operations that replace those which follow from the scalar function of a row: one pass for the value, one for
// what the backward sweep adds. elementwise_runs.go does so for two operands, broadcast, and elementwise_blocks.go puts a kernel together
// from several, block by block.

// register adds a row to the table. Package-level variables whose functions refer to each other cannot be initialized
// by their declarations, so every family registers its rows in init.
func register(op *graph.Op, row graph.Row) { *op = graph.Register(row) }

// kernel1 makes the Forward of an elementwise operation from its kernels for both precisions.
func kernel1(f64 func(dst, x []float64), f32 func(dst, x []float32)) func(graph.Node) {
	return func(n graph.Node) {
		if out, x := n.Out(), n.In(0); out.DType() == tensor.Float32 {
			f32(out.Float32s(), x.Float32s())
		} else {
			f64(out.Float64s(), x.Float64s())
		}
	}
}

// mapped makes the Forward of an elementwise operation from a kernel; the constant parameters are the kernel's.
func mapped(op kernel.MapOp) func(graph.Node) {
	return func(n graph.Node) { mapTo(op, n, n.Float(0), n.Float(1)) }
}

// mapTo sets the result of a node of one operand, with the parameters of a kernel.
func mapTo(op kernel.MapOp, n graph.Node, p, q float64) {
	if out, x := n.Out(), n.In(0); out.DType() == tensor.Float32 {
		kernel.Map(op, out.Float32s(), x.Float32s(), nil, float32(p), float32(q))
	} else {
		kernel.Map(op, out.Float64s(), x.Float64s(), nil, p, q)
	}
}

// A slopeOf is a kernel for the backward sweep of an elementwise operation, with its operands, of which b may be nil, and its
// parameters.
type slopeOf struct {
	op   kernel.SlopeOp
	a, b *tensor.Tensor
	p, q float64
}

// sloped gives a row of one operand the Backward that follows from a kernel.
func sloped(slope func(n graph.Node) slopeOf, row graph.Row) graph.Row {
	row.Backward = func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
		s := slope(n)
		if dst.DType() == tensor.Float32 {
			kernel.Slope(s.op, dst.Float32s(), ct.Float32s(), s.a.Float32s(), nil, float32(s.p), float32(s.q), fresh)
		} else {
			kernel.Slope(s.op, dst.Float64s(), ct.Float64s(), s.a.Float64s(), nil, s.p, s.q, fresh)
		}
		return true
	}
	row.InPlace = true
	return row
}

// slopedBy is sloped for a kernel that reads the operand, or the result, with constant parameters.
func slopedBy(op kernel.SlopeOp, of int, p, q float64, row graph.Row) graph.Row {
	return sloped(func(n graph.Node) slopeOf {
		if of == ofOperand {
			return slopeOf{op: op, a: n.In(0), p: p, q: q}
		}
		return slopeOf{op: op, a: n.Out(), p: p, q: q}
	}, row)
}

// What a kernel for the backward sweep of an elementwise operation reads besides the cotangent.
const (
	ofOperand = iota
	ofResult
)

// A chainKernel is a kernel for the backward sweep of an elementwise operation: what the cotangent ct contributes, given
// the operand or the result v, is added to dst by one function, and by the other dst is set to it.
type chainKernel[T constraints.Float] struct {
	add, set func(dst, ct, v []T)
}

func (k chainKernel[T]) run(dst, ct, v []T, fresh bool) {
	if fresh {
		k.set(dst, ct, v)
	} else {
		k.add(dst, ct, v)
	}
}

// withBackward gives a row the Backward that follows from kernels which read the operand or the result.
func withBackward(of int, f64 chainKernel[float64], f32 chainKernel[float32], row graph.Row) graph.Row {
	row.Backward = func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
		v := n.Out()
		if of == ofOperand {
			v = n.In(0)
		}
		if dst.DType() == tensor.Float32 {
			f32.run(dst.Float32s(), ct.Float32s(), v.Float32s(), fresh)
		} else {
			f64.run(dst.Float64s(), ct.Float64s(), v.Float64s(), fresh)
		}
		return true
	}
	row.InPlace = true
	return row
}
