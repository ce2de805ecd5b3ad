package graph

import (
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Flags, for authors of operations, says what recording has to know of operands besides their numbers. It is what
// [Scalar] and [Scalars] return for [Record1], [Record1Param] and [Record2].
type Flags uint64

// Scalar, for authors of operations, returns the number that x stands for and its flags, and whether x is a scalar that is
// certainly on the tape. If not, the long path has to look: it serves every value and reports every mistake.
func Scalar(x Value) (v float64, f Flags, ok bool) {
	if x.c != nil && x.gen == x.c.g.ready {
		h := x.c.heads[x.id&chunkMask]
		return h.value, h.kind, h.kind&notPlain == 0
	}
	return
}

// Scalars is [Scalar] for two operands of one graph. Its flags are those of both.
func Scalars(a, b Value) (x, y float64, f Flags, ok bool) {
	// A number that is ready is not 0, and b is not the zero Value if it has it.
	if a.c != nil && a.gen == a.c.g.ready && b.gen == a.gen && b.c.g == a.c.g {
		p, q := a.c.heads[a.id&chunkMask], b.c.heads[b.id&chunkMask]
		return p.value, q.value, p.kind | q.kind, (p.kind|q.kind)&notPlain == 0
	}
	return
}

// current is the long path to an operand: it panics with an [*Error] unless x is on the tape, and returns its handle of
// the present recording, for which [Scalar] need not be asked again: its number and its flags.
func current(op Op, x Value) (now Value, v float64, f Flags) {
	x.must(op.Row().goName)
	g := x.c.g
	h := g.head(x.id)
	if h.flags()&isTensor != 0 { // Begin will see to the rest
		return g.present(x.id), 0, h.flags()
	}
	g.use(x.id)
	g.room()
	return g.present(x.id), h.value, h.flags() &^ isShared
}

// The functions Record are written so that the compiler inlines them where operations are recorded: they call nothing,
// since that there is room for the node was found out with the flags. So nothing may be recorded in between.

// Record1, for authors of operations, records a scalar operation with value y and derivative dx by its only operand,
// whose flags are given.
func Record1(op Op, f Flags, x Value, y, dx float64) (v Value) {
	g := x.c.g
	v = Value{g.last, g.n, x.gen}
	k := uint32(v.id) & chunkMask
	v.c.heads[k] = head{y, f&g.mask | Flags(op)}
	v.c.links[k] = link{[2]float64{dx, 0}, [2]int32{x.id, 0}}
	if g.n = v.id + 1; k == chunkMask {
		g.ready = 0
	}
	return v
}

// Record1Param is [Record1] for an operation with a constant parameter, which [Node.Float] returns.
func Record1Param(op Op, f Flags, x Value, param, y, dx float64) (v Value) {
	g := x.c.g
	v = Value{g.last, g.n, x.gen}
	k := uint32(v.id) & chunkMask
	v.c.heads[k] = head{y, f&g.mask | Flags(op)}
	// The sink's slot has room for the parameter: what flows there is read by no one.
	v.c.links[k] = link{[2]float64{dx, param}, [2]int32{x.id, 0}}
	if g.n = v.id + 1; k == chunkMask {
		g.ready = 0
	}
	return v
}

// Record2, for authors of operations, records a scalar operation with value y and derivatives da and db by its
// operands, whose flags are given.
func Record2(op Op, f Flags, a, b Value, y, da, db float64) (v Value) {
	g := a.c.g
	v = Value{g.last, g.n, a.gen}
	k := uint32(v.id) & chunkMask
	v.c.heads[k] = head{y, f&g.mask | Flags(op)}
	v.c.links[k] = link{[2]float64{da, db}, [2]int32{a.id, b.id}}
	if g.n = v.id + 1; k == chunkMask {
		g.ready = 0
	}
	return v
}

// A Call, for authors of operations, records one on the long path: begun with its operands, given its attributes, then
// recorded. Nothing is on the tape before [Call.Record]; a Call that ends in a panic leaves no trace.
type Call struct {
	g     *Graph
	op    Op
	begun uint32
}

// Begin, for authors of operations, starts the record of one. It panics with an [*Error] unless the operands are on the
// tape of one graph.
func Begin(op Op, xs ...Value) Call {
	name := op.Row().goName
	if len(xs) == 0 {
		panic(Errorf(name, ErrUsage, "no operands: give at least one value"))
	}
	xs[0].must(name)
	g := xs[0].c.g
	for _, x := range xs[1:] {
		if x.c == nil || x.gen != g.gen || x.c.g != g {
			x.CheckIn(name, g)
		}
	}
	g.alone(name)
	g.busy = true // without enter: what records scalars meanwhile does not come here
	e := g.newExt()
	for _, x := range xs {
		g.use(x.id)
		g.inputs = append(g.inputs, x.id)
	}
	e.inputs.hi = int32(len(g.inputs))
	g.busy = false
	return Call{g, op, g.begun}
}

// newExt returns a cleared extension record for the node that is recorded next. Whatever a call that panicked left
// behind its node goes away.
func (g *Graph) newExt() *ext {
	g.begun++
	used, inputs, ints := g.extent()
	if int(used) < cap(g.exts) {
		g.exts = g.exts[:used+1]
		g.exts[used] = ext{}
	} else {
		g.exts = append(g.exts, ext{})
	}
	g.inputs = g.inputs[:inputs]
	g.operands = g.operands[:inputs]
	g.ints = g.ints[:ints]
	e := &g.exts[used]
	e.node = g.n
	e.inputs = span{inputs, inputs}
	e.ints = span{ints, ints}
	return e
}

// extent returns how much of the extension arrays the nodes on the tape use.
func (g *Graph) extent() (exts, inputs, ints int32) {
	for k := len(g.exts) - 1; k > 0; k-- {
		if e := &g.exts[k]; e.node < g.n && g.head(e.node).ext() == int32(k) {
			return int32(k + 1), e.inputs.hi, e.ints.hi
		}
	}
	return 1, 0, 0
}

// must panics with an [*Error] for the zero Call, and if another record was begun after c.
func (c Call) must() {
	if c.g == nil || c.begun != c.g.begun {
		c.misused()
	}
}

//go:noinline
func (c Call) misused() {
	if c.g == nil {
		panic(Errorf("graph.Call", ErrUsage, "got the zero graph.Call: make one with graph.Begin"))
	}
	panic(c.Errorf(ErrUsage, "another operation was begun before this one was recorded: a Graph serves one goroutine at a time, so give each its own with graph.New, or a lock"))
}

func (c Call) ext() *ext {
	c.must()
	return &c.g.exts[len(c.g.exts)-1]
}

// input returns the number of operand i.
func (c Call) input(i int) int32 {
	e := c.ext()
	if k := e.inputs.len(); uint(i) >= uint(k) {
		panic(c.Errorf(ErrIndex, "no operand %d: it has %d, counted from 0", i, k))
	}
	return c.g.inputs[int(e.inputs.lo)+i]
}

// Input returns operand i.
func (c Call) Input(i int) Value { return c.g.handle(c.input(i)) }

// Dims returns the shape of operand i, which must not be changed.
func (c Call) Dims(i int) []int {
	h := c.g.head(c.input(i))
	if h.flags()&isTensor == 0 {
		return nil
	}
	return c.g.exts[h.ext()].out.Dims()
}

// Ints adds integer attributes, such as axes, which [Node.Ints] returns. They are copied.
func (c Call) Ints(v ...int) Call {
	e := c.ext()
	c.g.ints = append(c.g.ints, v...)
	e.ints.hi = int32(len(c.g.ints))
	return c
}

// Floats sets the two numeric attributes, which [Node.Float] returns.
func (c Call) Floats(a, b float64) Call {
	c.ext().floats = [2]float64{a, b}
	return c
}

// Aux attaches a value of the operation's own, which [Node.Aux] returns. What records the operation again, for other
// numbers, attaches the same value, unless it has a method Again(...Value) Value, which then records the operation.
func (c Call) Aux(v any) Call {
	c.ext().aux = v
	return c
}

// Axis returns axis counted from 0 up for operand i, or panics with an [*Error] if it has no such axis.
func (c Call) Axis(axis, i int) int {
	shape := c.Dims(i)
	k, ok := array.Axis(axis, len(shape))
	if !ok {
		if len(shape) == 0 {
			panic(c.Errorf(ErrAxis, "axis %d of a scalar: a scalar has no axes", axis))
		}
		panic(c.Errorf(ErrAxis, "axis %d of shape %s: axes run from 0 to %d, or from -%d to -1", axis, tensor.FormatShape(shape), len(shape)-1, len(shape)))
	}
	return k
}

// Errorf returns an [Error] that names the operation.
func (c Call) Errorf(kind Kind, format string, args ...any) *Error {
	return Errorf(c.op.Row().goName, kind, format, args...)
}

// Record runs the operation's Forward for a result of the given shape and puts the node on the tape.
func (c Call) Record(shape ...int) Value {
	c.must()
	c.g.reserve(c.op.Row().goName, shape)
	return c.finish(c.g.pool.Get(c.dtype(shape), shape), true)
}

// dtype returns the precision in which a result of the given shape is computed: the graph's, but float64 for a scalar
// that is made of scalars alone.
func (c Call) dtype(shape []int) tensor.DType {
	if len(shape) == 0 && c.AllScalar() {
		return tensor.Float64
	}
	return c.g.dtype
}

// RecordView puts a node on the tape whose value is operand 0's storage from offset on, seen in another shape.
func (c Call) RecordView(offset int, shape ...int) Value {
	e := c.ext()
	e.view = offset + 1
	c.g.mirror(e, c.dtype(shape))
	source := c.g.head(c.g.inputs[e.inputs.lo]).flags()
	v := c.finish(c.g.pool.View(c.g.operands[e.inputs.lo], shape, offset), false)
	if h := c.g.head(v.id); h.flags()&isTensor != 0 && source&notPlain != 0 { // scalars are copied
		h.kind |= isView
	}
	return v
}

func (c Call) finish(out *tensor.Tensor, forward bool) Value {
	g, id := c.g, c.g.n
	e := c.ext()
	e.out, e.owned = out, true
	entered, flushed := false, kernel.FlushSubnormals(g.flush)
	defer func() {
		kernel.FlushSubnormals(flushed)
		if g.n == id { // Forward panicked
			g.release(e)
		}
		if entered {
			g.leave()
		}
	}()
	row := c.op.Row()
	g.room()
	g.enter(row.goName)
	entered = true
	var flags Flags
	for _, in := range g.inputs[e.inputs.lo:e.inputs.hi] {
		flags |= g.head(in).flags()
	}
	flags &= g.mask
	if row.Class == NoGrad {
		flags = 0
	}
	if out.Rank() > 0 {
		flags |= isTensor
	}
	g.last.heads[id&chunkMask] = head{kind: flags | Flags(c.op) | Flags(len(g.exts)-1)<<extShift}
	g.last.links[id&chunkMask] = link{In: [2]int32{-1, 0}}
	if len(g.operands) <= int(e.inputs.lo) {
		g.mirror(e, out.DType())
	}
	switch {
	case g.profile != nil:
		Node{g, id}.measureForward(forward)
	case forward:
		row.Forward(Node{g, id})
	}
	if out.Rank() == 0 {
		g.head(id).value = out.AtFlat(0)
	}
	g.n = id + 1
	return Value{g.last, id, g.gen}
}

// mirror fills in the operands as tensors of the given precision. A scalar operand becomes a tensor of shape ().
func (g *Graph) mirror(e *ext, dtype tensor.DType) {
	g.operands = g.operands[:e.inputs.lo]
	for _, in := range g.inputs[e.inputs.lo:e.inputs.hi] {
		h := g.head(in)
		if h.flags()&notPlain != 0 {
			if t := g.exts[h.ext()].out; t.DType() == dtype {
				g.operands = append(g.operands, t)
				continue
			}
		}
		t := g.pool.Get(dtype, nil)
		t.SetFlat(h.value, 0)
		g.operands = append(g.operands, t)
	}
}

// A Term, for authors of operations, is one differentiable operand of a scalar operation: its index among the operands
// and the derivative by it.
type Term struct {
	Input int
	D     float64
	// Unselected says that the operation did not select the operand: nothing is passed on to it, whatever the adjoint.
	Unselected bool
}

// RecordScalar puts a node on the tape for a scalar operation with more than two operands or parameters, with its
// derivatives by at most two operands. By all others the derivative is zero.
func (c Call) RecordScalar(y float64, terms ...Term) Value {
	c.must()
	if len(terms) > 2 {
		panic(c.Errorf(ErrUsage, "%d terms: a scalar operation has derivatives by two operands at most", len(terms)))
	}
	g := c.g
	g.room()
	last := len(g.exts) - 1
	e := &g.exts[last]
	inputs := g.inputs[e.inputs.lo:e.inputs.hi]
	var flags Flags
	var l link // an operand that is absent or was not selected is the sink
	for k, t := range terms {
		if uint(t.Input) >= uint(len(inputs)) {
			c.input(t.Input) // panics
		}
		id := inputs[t.Input]
		e.terms[k] = int32(t.Input)
		flags |= g.head(id).flags()
		if !t.Unselected {
			l.D[k], l.In[k] = t.D, id
		}
	}
	for range inputs {
		g.operands = append(g.operands, nil)
	}
	v := Value{g.last, g.n, g.gen}
	v.c.heads[v.id&chunkMask] = head{y, flags&g.mask | Flags(c.op) | Flags(last)<<extShift}
	v.c.links[v.id&chunkMask] = l
	g.advance(v.id + 1)
	return v
}

// RecordConst puts a node on the tape for a scalar operation without a derivative.
func (c Call) RecordConst(y float64) Value {
	c.must()
	defer func(mask Flags) { c.g.mask = mask }(c.g.mask)
	c.g.mask = 0
	return c.RecordScalar(y)
}

// AllScalar reports whether every operand is a scalar.
func (c Call) AllScalar() bool {
	e := c.ext()
	for _, id := range c.g.inputs[e.inputs.lo:e.inputs.hi] {
		if c.g.head(id).flags()&isTensor != 0 {
			return false
		}
	}
	return true
}
