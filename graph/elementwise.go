package graph

import (
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"golang.org/x/exp/constraints"
)

// Elementwise operations: how they are recorded, and the kernels that follow from a row's scalar function.

// A scalarForm is what recording a scalar reads of a row: not the row itself, which is large and lies elsewhere.
type scalarForm struct {
	unary  func(x float64) (y, dx float64)
	binary func(a, b float64) (y, da, db float64)
	mask   Flags // wantsGrad unless the operation has no derivative
}

var scalarForms = make([]scalarForm, len(table)) // by number of the operation

// Unary, for authors of operations, applies an elementwise operation of one operand, whose row gives Unary.
func Unary(op Op, x Value) Value {
	if v, f, ok := Scalar(x); ok && int(op) < len(scalarForms) {
		if s := &scalarForms[op]; s.unary != nil {
			y, dx := s.unary(v)
			return Record1(op, f&s.mask, x, y, dx)
		}
	}
	return unary(op, x)
}

// unary is the long path of Unary.
func unary(op Op, x Value) Value {
	row := op.Row()
	if row.Unary == nil {
		panic(row.noFunction("Unary"))
	}
	x, v, f := current(op, x)
	if f&isTensor != 0 {
		c := Begin(op, x)
		return c.Record(c.Dims(0)...)
	}
	y, dx := row.Unary(v)
	return Record1(op, f&scalarForms[op].mask, x, y, dx)
}

// UnaryParam, for authors of operations, applies an elementwise operation of one operand and constant parameters, two
// at most, whose row gives UnaryParam.
func UnaryParam(op Op, x Value, params ...float64) Value {
	if len(params) > 2 {
		panic(Errorf(op.Row().goName, ErrUsage, "%d parameters: an elementwise operation has two at most", len(params)))
	}
	v, f, ok := Scalar(x)
	if !ok {
		x, v, f = current(op, x)
	}
	row := op.Row()
	if row.UnaryParam == nil {
		panic(row.noFunction("UnaryParam"))
	}
	var p [2]float64
	copy(p[:], params)
	if f&isTensor != 0 {
		c := Begin(op, x).Floats(p[0], p[1])
		return c.Record(c.Dims(0)...)
	}
	y, dx := row.UnaryParam(v, p)
	if len(params) < 2 {
		return Record1Param(op, f&scalarForms[op].mask, x, p[0], y, dx)
	}
	c := Begin(op, x).Floats(p[0], p[1])
	if row.Class == NoGrad {
		return c.RecordConst(y)
	}
	return c.RecordScalar(y, Term{D: dx, Unselected: dx == 0 && row.SelectsOperand(0)})
}

// Binary, for authors of operations, applies an elementwise operation of two operands, broadcast, whose row gives
// Binary.
func Binary(op Op, a, b Value) Value {
	if x, y, f, ok := Scalars(a, b); ok && int(op) < len(scalarForms) {
		if s := &scalarForms[op]; s.binary != nil {
			z, da, db := s.binary(x, y)
			return Record2(op, f&s.mask, a, b, z, da, db)
		}
	}
	return binary(op, a, b)
}

// binary is the long path of Binary.
func binary(op Op, a, b Value) Value {
	row := op.Row()
	if row.Binary == nil {
		panic(row.noFunction("Binary"))
	}
	a, x, f := current(op, a)
	b, y, second := current(op, b)
	b.CheckIn(row.goName, a.c.g)
	if f |= second; f&isTensor != 0 {
		c := Begin(op, a, b)
		var buf [tensor.MaxRank]int
		return c.Record(c.Broadcast(buf[:0], c.Dims(0), c.Dims(1))...)
	}
	z, da, db := row.Binary(x, y)
	return Record2(op, f&scalarForms[op].mask, a, b, z, da, db)
}

func (r *Row) noFunction(field string) *Error {
	return Errorf("graph."+field, ErrUsage, "operation %q has no scalar function of this kind: set Row.%s, or apply it by Begin and Record", r.Name, field)
}

// Broadcast appends to dst the shape that shapes a and b broadcast to, or panics with an [*Error] if they do not.
func (c Call) Broadcast(dst, a, b []int) []int {
	shape, ok := array.BroadcastShapes(dst, a, b)
	if !ok {
		panic(c.Errorf(ErrShape, "shapes %s and %s do not broadcast: aligned at the last axis, lengths must be equal or one of them 1; reshape one with ops.Reshape or ops.Unsqueeze",
			tensor.FormatShape(a), tensor.FormatShape(b)))
	}
	return shape
}

// complete gives an elementwise row the kernels that follow from its scalar function, where it has none of its own.
func (r *Row) complete() {
	var forward func(Node)
	var backward func(n Node, i int, ct, dst *tensor.Tensor, fresh bool) bool
	switch {
	case r.Unary != nil || r.UnaryParam != nil:
		forward, backward = unaryForward, unaryBackward
	case r.Binary != nil:
		forward = binaryForward
		slope := r.slope // made once, for every element of every node
		backward = func(n Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			AddSlopes(n, i, ct, dst, fresh, slope)
			return true
		}
	default:
		return
	}
	if r.Class != NoGrad {
		r.Class = Elementwise
	}
	if r.Forward == nil {
		r.Forward = forward
	}
	if r.Backward == nil {
		r.Backward = backward
	}
}

// unaryFunc returns the scalar function of a node's operation.
func unaryFunc(n Node) func(float64) (float64, float64) {
	row := n.Row()
	if row.Unary != nil {
		return row.Unary
	}
	f, p := row.UnaryParam, [2]float64{n.Float(0), n.Float(1)}
	return func(x float64) (float64, float64) { return f(x, p) }
}

func unaryForward(n Node) {
	if n.DType() == tensor.Float32 {
		mapUnary[float32](n)
	} else {
		mapUnary[float64](n)
	}
}

func mapUnary[T constraints.Float](n Node) {
	out, x, f := tensor.Data[T](n.Out()), tensor.Data[T](n.In(0)), unaryFunc(n)
	for i, v := range x {
		y, _ := f(float64(v))
		out[i] = T(y)
	}
}

func unaryBackward(n Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
	if fresh {
		dst.Zero()
	}
	if n.DType() == tensor.Float32 {
		addUnary[float32](n, ct, dst)
	} else {
		addUnary[float64](n, ct, dst)
	}
	return true
}

func addUnary[T constraints.Float](n Node, ct, dst *tensor.Tensor) {
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

func binaryForward(n Node) {
	f := n.Row().Binary
	MapPairs(n, func(a, b float64) float64 {
		v, _, _ := f(a, b)
		return v
	})
}

// MapPairs sets the result of an operation of two operands, broadcast, to f of their elements. It serves as the Forward
// of an elementwise operation.
func MapPairs(n Node, f func(a, b float64) float64) {
	if n.DType() == tensor.Float32 {
		mapPairs[float32](n, f)
	} else {
		mapPairs[float64](n, f)
	}
}

func mapPairs[T constraints.Float](n Node, f func(a, b float64) float64) {
	out, a, b := n.Out(), n.In(0), n.In(1)
	o, x, y := tensor.Data[T](out), tensor.Data[T](a), tensor.Data[T](b)
	p := array.Pair(out.Dims(), a.Dims(), b.Dims())
	for r := range p.Runs {
		for i := range r.N {
			o[r.Out+i] = T(f(float64(x[r.A+i*r.StepA]), float64(y[r.B+i*r.StepB])))
		}
	}
}

// slope is the Slope of an operation whose row gives Binary.
func (r *Row) slope(_ Node, i int, a, b float64) (d float64, selected bool) {
	_, d, db := r.Binary(a, b)
	if i == 1 {
		d = db
	}
	return d, d != 0 || !r.SelectsOperand(i)
}

// A Slope is the derivative of an elementwise operation of two operands by operand i, and whether the operation
// selected that operand: if not, nothing is passed on to it.
type Slope func(n Node, i int, a, b float64) (d float64, selected bool)

// AddSlopes adds to dst, or sets it if it is fresh, the product of the cotangent with the derivative of an elementwise
// operation of two operands, broadcast, summed over the axes along which the operand was stretched. It serves as the
// Backward of such an operation.
func AddSlopes(n Node, i int, ct, dst *tensor.Tensor, fresh bool, slope Slope) {
	n.Unstretched(ct, dst, fresh, func(dst *tensor.Tensor, fresh bool) {
		if fresh {
			dst.Zero()
		}
		if n.DType() == tensor.Float32 {
			addSlopes[float32](n, i, ct, dst, slope)
		} else {
			addSlopes[float64](n, i, ct, dst, slope)
		}
	})
}

func addSlopes[T constraints.Float](n Node, i int, ct, dst *tensor.Tensor, slope Slope) {
	a, b := n.In(0), n.In(1)
	d, w, x, y := tensor.Data[T](dst), tensor.Data[T](ct), tensor.Data[T](a), tensor.Data[T](b)
	p := array.Pair(ct.Dims(), a.Dims(), b.Dims())
	for r := range p.Runs {
		for k := range r.N {
			w := float64(w[r.Out+k])
			if w == 0 { // zero wins over an infinite or undefined derivative
				continue
			}
			if s, selected := slope(n, i, float64(x[r.A+k*r.StepA]), float64(y[r.B+k*r.StepB])); selected {
				d[r.Out+k] += T(w * s)
			}
		}
	}
}

// Unstretched calls add with where to add what an elementwise operation contributes to an operand that may have been
// stretched by broadcasting: dst itself, or where that is smaller a tensor of the result's shape, which is then summed
// over the stretched axes into dst. add sets a tensor that is fresh.
func (n Node) Unstretched(ct, dst *tensor.Tensor, fresh bool, add func(dst *tensor.Tensor, fresh bool)) {
	if dst.Len() == ct.Len() {
		add(dst, fresh)
		return
	}
	if fresh {
		dst.Zero()
	}
	full := n.Temp(ct.Dims()...)
	add(full, true)
	array.AddReduced(dst, full)
	n.FreeTemp(full)
}
