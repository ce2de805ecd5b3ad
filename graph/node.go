package graph

import (
	"fmt"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Node is the view of an entry of the tape that rules and pictures read: operands, attributes, result. It is for authors
// of operations and of sweeps, and for whatever looks at a graph; [Value] is the handle that programs hold.
//
// A Node is good until Reset, or a Rewind that takes it away. It does not know its recording: used afterwards, it may
// stand for the node that has its number now.
type Node struct {
	g  *Graph
	id int32
}

// check panics with an [*Error] for the zero Node and one behind the tape's end; node n itself is being recorded. It is
// written so that the compiler inlines it: what the sweeps ask of every node begins with it.
func (n Node) check() {
	if n.g == nil || n.id > n.g.n {
		n.gone()
	}
}

// head returns the node's head, checked.
func (n Node) head() *head {
	n.check()
	return n.g.head(n.id)
}

// gone panics with what is wrong with the node.
//
//go:noinline
func (n Node) gone() {
	if n.g == nil {
		panic(Errorf("graph.Node", ErrUsage, "got the zero graph.Node, which belongs to no graph: use Value.Node"))
	}
	panic(Errorf("graph.Node", ErrStale, "node %%%d is no longer on the tape, which ends at %%%d: a Node is good until Reset, or a Rewind that takes it away", n.id, n.g.n-1))
}

// Value returns the handle of the node, which is the operation's result.
func (n Node) Value() Value {
	n.check()
	return n.g.handle(n.id)
}

// Graph returns the graph that the node belongs to.
func (n Node) Graph() *Graph { return n.g }

// ID returns the node's number, from 1 in recording order.
func (n Node) ID() int { return int(n.id) }

// Op returns the operation that made the node.
func (n Node) Op() Op {
	n.check()
	return n.g.head(n.id).op()
}

// Row returns the row of the node's operation.
func (n Node) Row() *Row {
	n.check()
	return n.g.head(n.id).op().Row()
}

// WantsGrad reports whether a gradient flows through the node.
func (n Node) WantsGrad() bool { return n.head().flags()&wantsGrad != 0 }

// Wants reports whether a gradient flows to operand i.
func (n Node) Wants(i int) bool { return n.g.head(n.inputID(i)).flags()&wantsGrad != 0 }

// Errorf, for authors of operations, returns an [Error] that names the node's operation.
func (n Node) Errorf(kind Kind, format string, args ...any) *Error {
	return Errorf(n.Row().goName, kind, format, args...)
}

func (n Node) ext() *ext {
	n.check()
	return n.extAt(n.g.head(n.id))
}

// extAt is ext for a node whose head is known.
func (n Node) extAt(h *head) *ext {
	if int(h.ext()) >= len(n.g.exts) {
		n.gone()
	}
	return &n.g.exts[h.ext()]
}

// extOf is ext for what only operations with an extension record have.
func (n Node) extOf(what string) *ext {
	h := n.head()
	if h.ext() == 0 {
		panic(n.Errorf(ErrUsage, "a scalar operation has no %s: only operations with tensors do", what))
	}
	return n.extAt(h)
}

// must panics with an [*Error] unless there are more than i of something.
func (n Node) must(i, have int, what string) {
	if uint(i) >= uint(have) {
		n.lacks(i, have, what)
	}
}

//go:noinline
func (n Node) lacks(i, have int, what string) {
	panic(n.Errorf(ErrIndex, "no %s %d: it has %d, counted from 0", what, i, have))
}

// Dims returns the shape of the node's value, which must not be changed.
func (n Node) Dims() []int {
	n.check()
	h := n.g.head(n.id)
	if h.flags()&isTensor == 0 {
		return nil
	}
	return n.extAt(h).out.Dims()
}

// NumInputs returns the number of operands.
func (n Node) NumInputs() int {
	return len(n.inputs())
}

// inputs returns the numbers of the operands.
func (n Node) inputs() []int32 {
	if h := n.head(); int(h.ext()) >= len(n.g.exts) {
		n.gone()
	}
	return n.g.chunks[n.id>>chunkBits].inputs(n.id)
}

// inputs returns the numbers of the operands of a node that stands in the chunk.
func (c *chunk) inputs(id int32) []int32 {
	if k := c.heads[id&chunkMask].ext(); k != 0 {
		e := &c.g.exts[k]
		return c.g.inputs[e.inputs.lo:e.inputs.hi]
	}
	switch in := &c.links[id&chunkMask].In; { // an absent operand is node 0
	case in[1] != 0:
		return in[:]
	case in[0] != 0:
		return in[:1]
	}
	return nil
}

// inputID returns the number of operand i.
func (n Node) inputID(i int) int32 {
	n.check()
	if h := n.g.head(n.id); h.ext() != 0 {
		if e := n.extAt(h); uint(i) < uint(e.inputs.len()) {
			return n.g.inputs[int(e.inputs.lo)+i]
		}
	} else if uint(i) < 2 {
		if id := n.g.link(n.id).In[i]; id != 0 {
			return id
		}
	}
	n.must(i, len(n.inputs()), "operand")
	panic("unreachable")
}

// Input returns the handle of operand i.
func (n Node) Input(i int) Value { return n.g.handle(n.inputID(i)) }

// InputNode returns the view of operand i.
func (n Node) InputNode(i int) Node { return Node{n.g, n.inputID(i)} }

// In, for authors of operations, returns the numbers of operand i of a tensor operation, a scalar as a tensor of shape
// (). They must not be changed.
func (n Node) In(i int) *tensor.Tensor {
	n.check()
	e := n.extAt(n.g.head(n.id))
	n.must(i, e.inputs.len(), "operand that is a tensor")
	return n.g.operands[int(e.inputs.lo)+i]
}

// Out, for authors of operations, returns the numbers of a tensor operation's result. Only the operation's Forward may
// write them.
func (n Node) Out() *tensor.Tensor { return n.ext().out }

// Ints returns the integer attributes, such as axes. They must not be changed.
func (n Node) Ints() []int {
	e := n.ext()
	return n.g.ints[e.ints.lo:e.ints.hi:e.ints.hi]
}

// Int returns integer attribute k.
func (n Node) Int(k int) int {
	ints := n.Ints()
	n.must(k, len(ints), "integer attribute")
	return ints[k]
}

// Float returns numeric attribute k, of which there are two: 0 where the operation has none.
func (n Node) Float(k int) float64 {
	n.must(k, 2, "numeric attribute")
	if h := n.head(); h.ext() != 0 {
		return n.extAt(h).floats[k]
	}
	if l := n.g.link(n.id); k == 0 && l.In[1] == 0 { // else D[1] is the derivative by the second operand
		return l.D[1]
	}
	return 0
}

// View reports whether the node is a view, as [Call.RecordView] records it, and returns its offset in the storage of
// operand 0. Scalars that were read out of a tensor so are views in this sense too.
func (n Node) View() (offset int, ok bool) {
	v := n.ext().view
	return v - 1, v > 0
}

// Passes, for authors of sweeps, is [Row.Passes] of the node's operation; false where that is nil, or the operation has no
// tensors.
func (n Node) Passes(i int) (from int, ok bool) {
	n.inputID(i) // which there must be
	if f := n.Row().Passes; f != nil && n.Out() != nil {
		return f(n, i)
	}
	return 0, false
}

// Aux, for authors of operations, returns what [Call.Aux] attached.
func (n Node) Aux() any { return n.ext().aux }

// Save, for authors of operations, returns a tensor with undefined numbers that lives as long as the node, for Forward to
// leave Backward what it will need. There are two: k is 0 or 1.
func (n Node) Save(k int, shape ...int) *tensor.Tensor {
	return n.save(k, n.DType(), shape)
}

// SaveFloat64 is [Node.Save] in double precision, whatever the node's.
func (n Node) SaveFloat64(k int, shape ...int) *tensor.Tensor {
	return n.save(k, tensor.Float64, shape)
}

func (n Node) save(k int, dtype tensor.DType, shape []int) *tensor.Tensor {
	e := n.extOf("saved tensors")
	n.must(k, len(e.saved), "saved tensor")
	if e.saved[k] == nil {
		e.saved[k] = n.g.pool.Get(dtype, shape)
	}
	return e.saved[k]
}

// Saved, for authors of operations, returns what Forward left in [Node.Save] or [Node.SaveFloat64], or nil.
func (n Node) Saved(k int) *tensor.Tensor {
	e := n.ext()
	n.must(k, len(e.saved), "saved tensor")
	return e.saved[k]
}

// DType returns the precision in which the node was computed: the graph's if it has tensors, float64 if not.
func (n Node) DType() tensor.DType {
	if t := n.ext().out; t != nil {
		return t.DType()
	}
	return tensor.Float64
}

// Temp, for authors of operations, is [Graph.Temp] in the precision of the node.
func (n Node) Temp(shape ...int) *tensor.Tensor {
	return n.g.temp("graph.Node.Temp", n.DType(), shape)
}

// Buffer, for authors of operations, is [Node.Temp] with undefined numbers, for a kernel that sets all of them.
func (n Node) Buffer(shape ...int) *tensor.Tensor {
	const op = "graph.Node.Buffer"
	dtype := n.DType()
	n.g.reserveTemp(op, shape)
	return n.g.pool.Get(dtype, shape)
}

// FreeTemp gives back what [Node.Temp] or [Node.Buffer] returned.
func (n Node) FreeTemp(t *tensor.Tensor) {
	n.head()
	n.g.FreeTemp(t)
}

// Temp, for authors of operations and of sweeps, returns a tensor of zeros from the graph's pool, for [Graph.FreeTemp] to
// give back. It panics with an [*Error] if the tensor alone is above the graph's memory limit.
func (g *Graph) Temp(shape ...int) *tensor.Tensor {
	return g.temp("graph.Graph.Temp", g.DType(), shape)
}

func (g *Graph) temp(op string, dtype tensor.DType, shape []int) *tensor.Tensor {
	g.reserveTemp(op, shape)
	return g.pool.Zeros(dtype, shape)
}

// reserveTemp panics if there is no room for a temporary tensor.
func (g *Graph) reserveTemp(op string, shape []int) {
	g.must(op)
	if g.maxBytes > 0 {
		g.reserveBeside(op, shape, 0)
	}
}

// FreeTemp, for authors of operations and of sweeps, gives back what [Graph.Temp] returned.
func (g *Graph) FreeTemp(t *tensor.Tensor) {
	g.must("graph.Graph.FreeTemp")
	g.pool.Put(t)
}

// Data returns the numbers of the node's value, a scalar's as a tensor of shape () that is made anew. They must not
// be changed.
func (n Node) Data() *tensor.Tensor {
	h := n.head()
	if h.flags()&notPlain != 0 {
		return n.extAt(h).out
	}
	t := tensor.New(n.g.dtype)
	t.SetFlat(h.value, 0)
	return t
}

// Scalar returns the node's number, and whether it is a scalar.
func (n Node) Scalar() (float64, bool) {
	n.check()
	h := n.g.head(n.id)
	return h.value, h.flags()&isTensor == 0
}

// Partial returns the derivative of a scalar operation by operand i, and true if the node has it on the tape:
// operations with tensors do not, nor do constants.
func (n Node) Partial(i int) (float64, bool) {
	n.must(i, n.NumInputs(), "operand")
	h := n.head()
	l := n.g.link(n.id)
	if h.flags()&(isLeaf|isTensor) != 0 || h.flags()&wantsGrad == 0 || l.In[0] < 0 {
		return 0, false
	}
	if h.ext() == 0 {
		return l.D[i], true
	}
	d := 0.0
	for k, input := range n.ext().terms {
		if int(input) == i {
			d += l.D[k]
		}
	}
	return d, true
}

// Contribution returns what an adjoint w of the node contributes to operand i, and true if it is a scalar operation that
// has its derivatives on the tape: w times the derivative, but 0 where w is 0 and where the operand was not selected.
func (n Node) Contribution(i int, w float64) (float64, bool) {
	d, ok := n.Partial(i)
	if !ok {
		return 0, false
	}
	if d == 0 && (!n.linked(i) || n.Row().SelectsOperand(i)) {
		return 0, true
	}
	if w == 0 {
		return 0, true
	}
	return w * d, true
}

// linked reports whether a scalar operation has operand i beside its derivatives: not if it was not selected, or never has
// a derivative by it.
func (n Node) linked(i int) bool {
	l := n.g.link(n.id)
	if n.head().ext() == 0 {
		return l.In[i] != 0
	}
	for k, input := range n.ext().terms {
		if int(input) == i && l.In[k] != 0 {
			return true
		}
	}
	return false
}

// Name returns the name the node was given, or "".
func (n Node) Name() string {
	n.check()
	return n.g.names[n.id]
}

// label returns how messages name the node.
func (n Node) label() string {
	s := "%" + strconv.Itoa(int(n.id))
	if name := n.Name(); name != "" {
		s = fmt.Sprintf("%q (%s)", name, s)
	}
	if n.Op() != opLeaf {
		s += " = " + n.OpName()
	}
	return s
}

// Label returns how messages name the node: %4 = mul, or "w5" (%5).
func (n Node) Label() string { return n.label() }
