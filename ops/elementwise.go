package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"golang.org/x/exp/constraints"
)

// unary applies an elementwise operation of one operand.
func unary(op graph.Op, x graph.Value) graph.Value {
	v, f := graph.Scalar(x)
	if !f.Scalar() {
		x, v, f = graph.Current(op, x)
	}
	if !f.Scalar() {
		c := graph.Begin(op, x)
		return c.Record(c.Dims(0)...)
	}
	y, dx := op.Row().Unary(v)
	return graph.Record1(op, f, x, y, dx)
}

// unaryParam applies an elementwise operation of one operand and a constant parameter.
func unaryParam(op graph.Op, x graph.Value, p float64) graph.Value {
	v, f := graph.Scalar(x)
	if !f.Scalar() {
		x, v, f = graph.Current(op, x)
	}
	if !f.Scalar() {
		c := graph.Begin(op, x).Floats(p, 0)
		return c.Record(c.Dims(0)...)
	}
	y, dx := op.Row().UnaryParam(v, [2]float64{p})
	return graph.Record1Param(op, f, x, p, y, dx)
}

// unaryParams applies an elementwise operation of one operand and two constant parameters.
func unaryParams(op graph.Op, x graph.Value, p, q float64) graph.Value {
	c := graph.Begin(op, x).Floats(p, q)
	if !c.AllScalar() {
		return c.Record(c.Dims(0)...)
	}
	y, dx := op.Row().UnaryParam(c.Input(0).Item(), [2]float64{p, q})
	return c.RecordScalar(y, graph.Term{D: dx, Unselected: dx == 0 && len(op.Row().Selects) > 0})
}

// binary applies an elementwise operation of two operands, broadcast.
func binary(op graph.Op, a, b graph.Value) graph.Value {
	x, y, f := graph.Scalars(a, b)
	if !f.Scalar() {
		var second graph.Flags
		a, x, f = graph.Current(op, a)
		b, y, second = graph.Current(op, b)
		b.CheckIn(op.Row().GoName(), a.Graph())
		f |= second
	}
	if !f.Scalar() {
		c := graph.Begin(op, a, b)
		var buf [tensor.MaxRank]int
		return c.Record(broadcastShape(c, buf[:0], 0, 1)...)
	}
	z, da, db := op.Row().Binary(x, y)
	return graph.Record2(op, f, a, b, z, da, db)
}

// broadcastShape appends to dst the shape that operands i and j broadcast to.
func broadcastShape(c graph.Call, dst []int, i, j int) []int {
	return broadcastDims(c, dst, c.Dims(i), c.Dims(j))
}

func broadcastDims(c graph.Call, dst, a, b []int) []int {
	shape, ok := tensor.BroadcastShapes(dst, a, b)
	if !ok {
		panic(c.Errorf(graph.ErrShape, "shapes %s and %s do not broadcast: aligned at the last axis, lengths must be equal or one of them 1; reshape one with ops.Reshape or ops.Unsqueeze",
			tensor.FormatShape(a), tensor.FormatShape(b)))
	}
	return shape
}

// unaryFunc returns the scalar function of a node's operation.
func unaryFunc(n graph.Node) func(float64) (float64, float64) {
	row := n.Row()
	if row.Unary != nil {
		return row.Unary
	}
	f, p := row.UnaryParam, [2]float64{n.Float(0), n.Float(1)}
	return func(x float64) (float64, float64) { return f(x, p) }
}

func unaryForward(n graph.Node) {
	if n.Graph().DType() == tensor.Float32 {
		mapUnary[float32](n)
	} else {
		mapUnary[float64](n)
	}
}

func mapUnary[T constraints.Float](n graph.Node) {
	out, x, f := tensor.Data[T](n.Out()), tensor.Data[T](n.In(0)), unaryFunc(n)
	for i, v := range x {
		y, _ := f(float64(v))
		out[i] = T(y)
	}
}

func unaryBackward(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	if fresh {
		dst.Zero()
	}
	if dst.DType() == tensor.Float32 {
		addUnary[float32](n, ct, dst)
	} else {
		addUnary[float64](n, ct, dst)
	}
	return true
}

func addUnary[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor) {
	d, w, x, f := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](n.In(0)), unaryFunc(n)
	selects := n.Row().SelectsOperand(0)
	for i, v := range x {
		if w[i] != 0 { // zero wins over an infinite or undefined derivative
			if _, dx := f(float64(v)); dx != 0 || !selects {
				d[i] += T(float64(w[i]) * dx)
			}
		}
	}
}

func binaryForward(n graph.Node) {
	if n.Graph().DType() == tensor.Float32 {
		mapBinary[float32](n)
	} else {
		mapBinary[float64](n)
	}
}

func mapBinary[T constraints.Float](n graph.Node) {
	f := n.Row().Binary
	mapPairs[T](n, func(a, b float64) float64 {
		v, _, _ := f(a, b)
		return v
	})
}

// eachPair sets the result of an operation of two operands, broadcast, to f of their elements.
func eachPair(n graph.Node, f func(a, b float64) float64) {
	if n.Graph().DType() == tensor.Float32 {
		mapPairs[float32](n, f)
	} else {
		mapPairs[float64](n, f)
	}
}

func mapPairs[T constraints.Float](n graph.Node, f func(a, b float64) float64) {
	out, a, b := n.Out(), n.In(0), n.In(1)
	o, x, y := tensor.Data[T](out), tensor.Data[T](a), tensor.Data[T](b)
	p := tensor.Pair(out.Dims(), a.Dims(), b.Dims())
	for r := range p.Runs {
		for i := range r.N {
			o[r.Out+i] = T(f(float64(x[r.A+i*r.StepA]), float64(y[r.B+i*r.StepB])))
		}
	}
}

func binaryBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
	full := unreduced(n, ct, dst, &fresh)
	if fresh {
		full.Zero()
	}
	if dst.DType() == tensor.Float32 {
		addBinary[float32](n, i, ct, full)
	} else {
		addBinary[float64](n, i, ct, full)
	}
	reduce(n, dst, full)
	return true
}

func addBinary[T constraints.Float](n graph.Node, i int, ct, dst *tensor.Tensor) {
	a, b, f := n.In(0), n.In(1), n.Row().Binary
	d, w, x, y := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](a), tensor.Data[T](b)
	p := tensor.Pair(ct.Dims(), a.Dims(), b.Dims())
	selects := n.Row().SelectsOperand(i)
	for r := range p.Runs {
		for k := range r.N {
			if w := w[r.Out+k]; w != 0 {
				_, da, db := f(float64(x[r.A+k*r.StepA]), float64(y[r.B+k*r.StepB]))
				if i == 1 {
					da = db
				}
				if da != 0 || !selects {
					d[r.Out+k] += T(float64(w) * da)
				}
			}
		}
	}
}

// unreduced returns where to add the cotangent of an operand before it is summed over broadcast axes: dst itself if
// nothing was broadcast, else a tensor of the result's shape, which is fresh. [reduce] ends what unreduced begins.
func unreduced(n graph.Node, ct, dst *tensor.Tensor, fresh *bool) *tensor.Tensor {
	if dst.Len() == ct.Len() {
		return dst
	}
	if *fresh {
		dst.Zero()
	}
	*fresh = true
	return n.Graph().Temp(ct.Dims()...)
}

// reduce adds full to dst, summed over the axes that were broadcast.
func reduce(n graph.Node, dst, full *tensor.Tensor) {
	if full == dst {
		return
	}
	tensor.AddReduced(dst, full)
	n.Graph().FreeTemp(full)
}

// kernel1 makes the Forward of an elementwise operation from its kernels for both precisions.
func kernel1(f64 func(dst, x []float64), f32 func(dst, x []float32)) func(graph.Node) {
	return func(n graph.Node) {
		if n.Graph().DType() == tensor.Float32 {
			f32(n.Out().Float32s(), n.In(0).Float32s())
		} else {
			f64(n.Out().Float64s(), n.In(0).Float64s())
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
	return row
}
