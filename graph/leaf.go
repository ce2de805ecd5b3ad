package graph

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/hugepage"
)

// Var returns a scalar leaf that wants a gradient.
func (g *Graph) Var(v float64) Value { return g.scalarLeaf(v, isLeaf|wantsGrad) }

// Const returns a scalar leaf that wants no gradient.
func (g *Graph) Const(v float64) Value { return g.scalarLeaf(v, isLeaf) }

func (g *Graph) scalarLeaf(v float64, flags Flags) Value {
	g.room()
	c, id := g.last, g.n
	c.heads[id&chunkMask] = head{v, Flags(opLeaf) | flags}
	c.links[id&chunkMask] = link{}
	if id == g.leafEnd {
		g.leafEnd++
	}
	g.advance(id + 1)
	return Value{c, id, g.gen}
}

// Vars returns a scalar leaf that wants a gradient for every number in data.
func (g *Graph) Vars(data []float64) []Value {
	return g.AppendVars(make([]Value, 0, len(data)), data)
}

// AppendVars appends to dst a scalar leaf that wants a gradient for every number in data, and returns it. It is Vars
// for a caller who keeps the slice.
func (g *Graph) AppendVars(dst []Value, data []float64) []Value {
	g.must("graph.Graph.AppendVars")
	g.roomFor(len(data)) // before the handles: making it runs the collector, which looks at every handle that there is
	if cap(dst)-len(dst) < len(data) {
		dst = slices.Grow(dst, len(data))
		hugepage.Advise(dst)
	}
	for len(data) > 0 {
		g.room()
		k := min(max(int(g.limit-g.n), 1), len(data))
		c, v, first := g.last, Value{g.last, g.n, g.gen}, int(g.n&chunkMask)
		clear(c.links[first : first+k])
		heads, values := c.heads[first:first+k], dst[len(dst):len(dst)+k]
		for i, x := range data[:k] {
			heads[i] = head{x, Flags(opLeaf) | isLeaf | wantsGrad}
			values[i] = v
			v.id++
		}
		dst = dst[:len(dst)+k]
		if g.n == g.leafEnd {
			g.leafEnd += int32(k)
		}
		g.advance(g.n + int32(k))
		data = data[k:]
	}
	return dst
}

// VarTensor returns a leaf that wants a gradient, with a copy of t's numbers in the graph's precision.
func (g *Graph) VarTensor(t *tensor.Tensor) Value {
	return g.copyLeaf("graph.Graph.VarTensor", t, isLeaf|wantsGrad)
}

// ConstTensor returns a leaf that wants no gradient, with a copy of t's numbers in the graph's precision.
func (g *Graph) ConstTensor(t *tensor.Tensor) Value {
	return g.copyLeaf("graph.Graph.ConstTensor", t, isLeaf)
}

func (g *Graph) copyLeaf(op string, t *tensor.Tensor, flags Flags) Value {
	g.must(op)
	mustTensor(op, t)
	if t.Rank() == 0 {
		return g.scalarLeaf(t.AtFlat(0), flags)
	}
	g.reserve(op, t.Dims())
	c := g.pool.Get(g.dtype, t.Dims())
	c.Copy(t)
	return g.tensorLeaf(c, flags, true)
}

// mustTensor panics with an [*Error] unless t was made.
func mustTensor(op string, t *tensor.Tensor) {
	switch {
	case t == nil:
		panic(Errorf(op, ErrUsage, "got a nil tensor: make one with tensor.New or tensor.Of"))
	case t.Rank() == 0 && t.Len() == 0:
		panic(Errorf(op, ErrUsage, "got the zero tensor.Tensor: make one with tensor.New or tensor.Of"))
	}
}

func (g *Graph) tensorLeaf(t *tensor.Tensor, flags Flags, owned bool) Value {
	g.alone("graph.Graph")
	e := g.newExt()
	e.out, e.owned, e.version = t, owned, t.Version()
	if t.Rank() > 0 {
		flags |= isTensor
	}
	v := g.scalarLeaf(0, flags)
	g.head(v.id).setExt(len(g.exts) - 1)
	if t.Rank() == 0 {
		g.head(v.id).value = t.AtFlat(0)
	}
	return v
}

// Bind returns a leaf that wants a gradient and shares t's storage: the same Value each time within one recording.
// Layers bind their parameters with it. It panics with an [*Error] if t has another precision than the graph.
//
// Backward panics if t changed between its use and the sweep. What is written to a raw slice of t (Float64s, Float32s,
// tensor.Data, the slice that tensor.Of was given) cannot be noticed: call [tensor.Tensor.MarkChanged] after it.
func (g *Graph) Bind(t *tensor.Tensor) Value {
	return g.bind("graph.Graph.Bind", t, isLeaf|isShared|wantsGrad)
}

// BindConst is [Graph.Bind] for a tensor that wants no gradient, such as a batch of data.
func (g *Graph) BindConst(t *tensor.Tensor) Value {
	return g.bind("graph.Graph.BindConst", t, isLeaf|isShared)
}

func (g *Graph) bind(op string, t *tensor.Tensor, flags Flags) Value {
	g.must(op)
	mustTensor(op, t)
	grads := flags&wantsGrad != 0
	if id, ok := g.bound.find(t, grads); ok {
		return g.handle(id)
	}
	if t.DType() != g.dtype {
		panic(Errorf(op, ErrDType, "a %s tensor cannot be bound to a %s graph: convert a model with nn.To(model, tensor.%s) and a tensor with t.To, or make the graph with graph.WithDType(tensor.%s)",
			t.DType(), g.dtype, dtypeName(g.dtype), dtypeName(t.DType())))
	}
	v := g.tensorLeaf(t, flags, false)
	g.bound.add(t, grads, v.id, v.id)
	return v
}

// BindTo makes v what [Graph.Bind] and [Graph.BindConst] return for t in this recording, in place of a leaf that shares
// t's storage. Layers that bind a parameter then compute with v: with a leaf whose numbers are another layout of the
// parameter's, or with the result of whatever makes the parameter. t itself is not read.
//
//	w := g.VarTensor(columns) // (out, in)
//	g.BindTo(weight, ops.Transpose(w))
//	y := layer.Forward(p, x)
//
// It panics with an [*Error] if v has another shape than t, or t is bound already. A Rewind that takes away v, or what was
// recorded last before BindTo, takes the binding away.
func (g *Graph) BindTo(t *tensor.Tensor, v Value) {
	const op = "graph.Graph.BindTo"
	g.must(op)
	mustTensor(op, t)
	v.CheckIn(op, g)
	if shape := (Node{g, v.id}).Dims(); !slices.Equal(shape, t.Dims()) {
		panic(Errorf(op, ErrShape, "value %s has shape %s, the tensor has %s: bind it to a value of its own shape, such as one that ops.Reshape or ops.Transpose makes", v.label(), tensor.FormatShape(shape), tensor.FormatShape(t.Dims())))
	}
	for _, grads := range [...]bool{true, false} {
		if id, ok := g.bound.find(t, grads); ok {
			panic(Errorf(op, ErrUsage, "the tensor is bound already, to %s: call BindTo before the first use of the tensor on the graph", g.handle(id).label()))
		}
	}
	for _, grads := range [...]bool{true, false} {
		g.bound.add(t, grads, v.id, g.n-1)
	}
}

// Lend, for authors of sweeps, returns a constant leaf over t's own storage, which the graph does not watch for
// changes: their leaves live for one rule only.
func (g *Graph) Lend(t *tensor.Tensor) Value {
	const op = "graph.Graph.Lend"
	g.must(op)
	mustTensor(op, t)
	return g.tensorLeaf(t, isLeaf, false)
}

func dtypeName(d tensor.DType) string {
	if d == tensor.Float32 {
		return "Float32"
	}
	return "Float64"
}

// Bound returns what [Graph.Bind] made of t in this recording, or t was bound to by [Graph.BindTo], and whether there is
// something.
func (g *Graph) Bound(t *tensor.Tensor) (Value, bool) {
	g.must("graph.Graph.Bound")
	id, ok := g.bound.find(t, true)
	if !ok {
		return Value{}, false
	}
	return g.handle(id), true
}

// use notes that the node that is recorded next uses an operand. Who uses a view uses its leaf.
func (g *Graph) use(id int32) {
	for g.head(id).flags()&isView != 0 {
		id = g.inputs[g.exts[g.head(id).ext()].inputs.lo]
	}
	if h := g.head(id); h.flags()&isShared != 0 {
		g.refresh(id)
		g.exts[h.ext()].used = g.n
	}
}

// refresh notices that a shared leaf's tensor has changed since the graph last looked.
func (g *Graph) refresh(id int32) {
	h := g.head(id)
	if h.flags()&isShared == 0 {
		return
	}
	e := &g.exts[h.ext()]
	if v := e.out.Version(); v != e.version {
		e.version = v
		if e.used >= g.leafEnd {
			g.changed(id)
		}
		if e.out.Rank() == 0 {
			h.value = e.out.AtFlat(0)
		}
	}
}

// changed notes that a leaf has new numbers. It matters only to operations that used the old ones.
func (g *Graph) changed(leaf int32) {
	if g.n > g.leafEnd {
		if g.changes == nil {
			g.changes = make(map[int32]int32)
		}
		g.changes[leaf] = g.n
		g.lastChange = g.n
	}
}

// Changed, for authors of sweeps, reports whether a leaf was changed after an operation had been recorded. If so,
// [Node.ChangedOperand] tells which operations used old numbers.
func (g *Graph) Changed() bool {
	g.must("graph.Graph.Changed")
	for _, b := range g.bound.list {
		g.refresh(b.id)
	}
	return len(g.changes) > 0
}

// ChangedOperand returns the leaf among the node's operands, or whose storage one of them shares, that was changed
// after the node had used it, and whether there is one. [Graph.Changed] is asked before.
func (n Node) ChangedOperand() (leaf Node, changed bool) {
	n.head()
	g := n.g
	for i := range n.NumInputs() {
		id := n.inputID(i)
		for g.head(id).flags()&isView != 0 {
			id = g.inputs[g.exts[g.head(id).ext()].inputs.lo]
		}
		if at, ok := g.changes[id]; ok && n.id < at {
			return Node{g, id}, true
		}
	}
	return Node{}, false
}

// Set gives a scalar leaf another number. What was recorded stays as it was: to compute anew, Rewind and record again.
// A later Backward that reaches a use of the old number panics and names the leaf.
// Set panics with an [*Error] if v is not a scalar leaf.
func (v Value) Set(x float64) {
	const op = "graph.Value.Set"
	h := v.leafHead(op)
	if h.flags()&isTensor != 0 {
		panic(Errorf(op, ErrShape, "leaf %s has shape %s, not a scalar: use SetTensor", v.label(), tensor.FormatShape(Node{v.c.g, v.id}.Dims())))
	}
	h.value = x
	if h.flags()&isShared != 0 {
		t := v.c.g.exts[h.ext()].out
		t.SetAt(x)
		v.c.g.refresh(v.id)
		return
	}
	v.c.g.changed(v.id)
}

// SetTensor gives a leaf other numbers, rounded to the graph's precision; see [Value.Set]. A bound tensor changes with
// it, and so do views: results such as those of ops.Reshape that share the leaf's storage. SetTensor panics with an
// [*Error] if v is not a leaf or t has another shape.
func (v Value) SetTensor(t *tensor.Tensor) {
	const op = "graph.Value.SetTensor"
	h := v.leafHead(op)
	mustTensor(op, t)
	if shape := (Node{v.c.g, v.id}).Dims(); !slices.Equal(shape, t.Dims()) {
		panic(Errorf(op, ErrShape, "leaf %s has shape %s, the tensor has %s: a leaf keeps its shape, make a new one with Graph.VarTensor", v.label(), tensor.FormatShape(shape), tensor.FormatShape(t.Dims())))
	}
	if h.flags()&notPlain == 0 {
		v.Set(t.AtFlat(0))
		return
	}
	e := &v.c.g.exts[h.ext()]
	e.out.Copy(t)
	if h.flags()&isShared != 0 {
		v.c.g.refresh(v.id)
		return
	}
	v.c.g.changed(v.id)
}

func (v Value) leafHead(op string) *head {
	v.must(op)
	h := v.c.g.head(v.id)
	if h.flags()&isLeaf == 0 {
		panic(Errorf(op, ErrUsage, "value %s is the result of an operation: only leaves can be set; set the leaves it was made of and record it again", v.label()))
	}
	return h
}
