package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"golang.org/x/exp/constraints"
)

// Kernels of elementwise operations that replace those which follow from the scalar function of a row. elementwise_blocks.go
// puts a kernel together from several, block by block, and elementwise_runs.go does so for two operands, broadcast.

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
