package graph

import (
	"iter"
	"math/bits"
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// Tangents is the storage of a forward sweep: the derivatives of every node between some values xs and a result y in
// several directions at once, given those of xs. It is for authors of sweeps, such as package autograd: [Graph.NewTangents]
// makes it, Seed starts it, Sweep runs it, and Release gives its memory back to the graph's pool.
//
// The tangents of a node are a matrix with a row for each direction and a column for each element, or a tensor of the
// node's shape if there is one direction. Where all of them are 0 because nothing was passed to the node, there is none. A
// tangent is given back as soon as the sweep has passed the last operation that uses it; that of y stays.
type Tangents struct {
	g       *Graph
	k       int
	y       int32
	first   int32 // nodes before it move as they were told, whatever they are made of
	on      NodeSet
	scalars *tensor.Tensor   // by node, k numbers for each; 0 for nodes that are not in on
	tensors []*tensor.Tensor // by extension record
	seeds   map[int32]*tensor.Tensor
	last    []int32 // by extension record: the last node that uses the tangent
	exts    []int32 // the extension records of nodes in on
	dims    [2]int
}

// tangentRoom is what the storage of a forward sweep leaves to the next one of the graph.
type tangentRoom struct {
	tensors []*tensor.Tensor // all nil
	seeds   map[int32]*tensor.Tensor
	last    []int32
	exts    []int32
}

// NewTangents, for authors of sweeps, returns storage for a forward sweep from xs to y in k directions, all zero.
func (g *Graph) NewTangents(k int, y Value, xs ...Value) *Tangents {
	const op = "graph.Graph.NewTangents"
	y.CheckIn(op, g)
	g.alone(op)
	if k < 0 {
		panic(Errorf(op, ErrUsage, "%d directions: give none or more", k))
	}
	room := g.moved
	g.moved = tangentRoom{}
	t := &Tangents{g: g, k: k, tensors: room.tensors, seeds: room.seeds, last: room.last, exts: room.exts}
	t.aim(op, 0, y, g.between(op, GradEdges, 0, y, xs))
	return t
}

// Aim makes t the storage of another sweep in as many directions, all zero: from xs to y through the nodes from number
// first on. Those of xs that stand before move as Seed says and no other way, whatever they are made of. The last sweep may
// have gone through nodes that are no longer on the tape.
func (t *Tangents) Aim(first int, y Value, xs ...Value) {
	const op = "graph.Tangents.Aim"
	t.must()
	y.CheckIn(op, t.g)
	t.g.alone(op)
	if first < 0 {
		panic(Errorf(op, ErrIndex, "node %d: nodes have numbers from 1", first))
	}
	from := int32(min(first, int(y.id)+1))
	on := t.g.between(op, GradEdges, from, y, xs)
	t.Clear()
	t.aim(op, from, y, on)
}

// aim is Aim for a t that is all zero, where the sweep goes through the nodes of on.
func (t *Tangents) aim(op string, first int32, y Value, on NodeSet) {
	g := t.g
	t.y, t.first, t.on = y.id, first, on
	exts, _, _ := g.extent()
	if more := int(exts) - len(t.last); more > 0 {
		t.tensors = append(t.tensors, make([]*tensor.Tensor, more)...)
		t.last = append(t.last, make([]int32, more)...)
	}
	t.exts = t.exts[:0]
	for id := range on.All {
		operand := g.link(int32(id)).In[0]
		if operand > 0 { // a scalar operation: its operands have no tangents that could be given back
			continue
		}
		if k := g.head(int32(id)).ext(); k != 0 {
			t.exts = append(t.exts, k)
		}
		if int32(id) < first || operand == 0 {
			continue
		}
		for _, in := range (Node{g, int32(id)}).inputs() {
			if on.Has(int(in)) {
				t.last[g.head(in).ext()] = int32(id)
			}
		}
	}
	t.last[g.head(y.id).ext()] = y.id + 1
	if shape := []int{int(y.id) + 1, t.k}; t.scalars == nil || t.scalars.Len() < shape[0]*shape[1] {
		if t.scalars != nil {
			shape[0] += shape[0] / 4 // another sweep may go a little further
			g.pool.Put(t.scalars)
			t.scalars = nil
		}
		g.reserveTemp(op, shape)
		t.scalars = g.pool.Zeros(tensor.Float64, shape)
	}
}

// Clear makes all tangents 0 again, for a sweep in as many other directions.
func (t *Tangents) Clear() {
	t.must()
	t.drop()
	all := t.scalars.Float64s()
	for id := range t.on.All {
		if int32(id) >= t.first {
			clear(all[id*t.k : (int(t.y)+1)*t.k])
			break
		}
		clear(all[id*t.k:][:t.k])
	}
}

func (t *Tangents) drop() {
	for _, k := range t.exts {
		if v := t.tensors[k]; v != nil {
			t.g.pool.Put(v)
			t.tensors[k] = nil
		}
	}
	for _, v := range t.seeds {
		t.g.pool.Put(v)
	}
	clear(t.seeds)
}

// Release gives the storage back. It must not be used afterwards.
func (t *Tangents) Release() {
	t.must()
	t.drop()
	t.g.pool.Put(t.scalars)
	t.g.moved = tangentRoom{t.tensors, t.seeds, t.last, t.exts[:0]}
	*t = Tangents{}
}

func (t *Tangents) must() {
	if t == nil || t.g == nil {
		panic(Errorf("graph.Tangents", ErrUsage, "got nil, the zero graph.Tangents or one that was released: make one with Graph.NewTangents"))
	}
}

// Graph returns the graph that the sweep belongs to.
func (t *Tangents) Graph() *Graph {
	t.must()
	return t.g
}

// Directions returns the number of directions.
func (t *Tangents) Directions() int {
	t.must()
	return t.k
}

// Nodes returns the numbers of the nodes that the sweep comes to. The set must not be changed.
func (t *Tangents) Nodes() NodeSet {
	t.must()
	return t.on
}

// Seed sets the tangents of x, one of those that the sweep starts from, to the rows of dirs, which is copied: a row for
// each direction and a column for each element of x. The derivative along what x itself was made of is added to it. It
// panics with an [*Error] if dirs has another shape.
func (t *Tangents) Seed(x Value, dirs *tensor.Tensor) {
	const op = "graph.Tangents.Seed"
	t.must()
	x.CheckIn(op, t.g)
	mustTensor(op, dirs)
	if d := dirs.Dims(); len(d) != 2 || d[0] != t.k || d[1] != x.Len() {
		panic(Errorf(op, ErrShape, "directions of shape %s for %d directions of %d elements: give a row for each direction", tensor.FormatShape(d), t.k, x.Len()))
	}
	if !t.on.Has(int(x.id)) {
		return
	}
	n, dtype := Node{t.g, x.id}, t.g.dtype
	switch flags := t.g.head(x.id).flags(); {
	case flags&(isTensor|isLeaf) == isLeaf: // nothing else comes to it
		for r := range t.k {
			t.scalars.Float64s()[int(x.id)*t.k+r] = dirs.AtFlat(r)
		}
		return
	case flags&isTensor == 0:
		dtype = tensor.Float64
	}
	s := t.g.pool.Get(dtype, t.shape(n))
	if t.k == 1 { // in the shape of x
		rows := t.g.pool.View(s, dirs.Dims(), 0)
		rows.Copy(dirs)
		t.g.pool.Put(rows)
	} else {
		s.Copy(dirs)
	}
	if t.seeds == nil {
		t.seeds = make(map[int32]*tensor.Tensor)
	}
	if old := t.seeds[x.id]; old != nil {
		t.g.pool.Put(old)
	}
	t.seeds[x.id] = s
}

// shape returns that of the tangents of a node.
func (t *Tangents) shape(n Node) []int {
	if t.k == 1 {
		return n.Dims()
	}
	t.dims = [2]int{t.k, n.Value().Len()}
	return t.dims[:]
}

// New returns room for the tangents of a node, of the given precision and with undefined numbers, for [Tangents.Set] or
// [Graph.FreeTemp].
func (t *Tangents) New(n Node, dtype tensor.DType) *tensor.Tensor {
	t.cover(n)
	dtype.Check("graph.Tangents.New")
	shape := t.shape(n)
	t.g.reserveTemp("graph.Tangents.New", shape)
	return t.g.pool.Get(dtype, shape)
}

// Sweep is the forward sweep. What it does with scalars amounts to
//
//	for each node v, from the first of xs up to y
//		for each operand u of v
//			tangent(v) += ∂v/∂u · tangent(u)
//
// where a tangent of 0 contributes 0 whatever the derivative, and nothing comes from an operand that v did not select; see
// [Row.Selects]. Scalar operations have their derivatives on the tape, and Sweep passes tangents on by itself. It yields
// the operations that have tensors, operands before results, for the caller to give their tangents with [Tangents.Set].
func (t *Tangents) Sweep() iter.Seq[Node] {
	t.must()
	t.g.alone("graph.Tangents.Sweep")
	return func(yield func(Node) bool) {
		for id := range t.on.All {
			if int32(id) >= t.first {
				break
			}
			t.addSeed(int32(id))
		}
		mask := ^uint64(0) << (t.first & 63)
		for word := int(t.first >> 6); word < len(t.on); word++ {
			for set := t.on[word] & mask; set != 0; set &= set - 1 {
				id := int32(word<<6 + bits.TrailingZeros64(set))
				h, l := t.g.head(id), t.g.link(id)
				switch {
				case l.In[0] >= 0:
					t.pushScalar(id, h, l)
				case h.flags()&isLeaf == 0 && !yield(Node{t.g, id}):
					return
				}
				if len(t.seeds) > 0 {
					t.addSeed(id)
				}
				if h.ext() != 0 {
					t.dropUsed(id)
				}
			}
			mask = ^uint64(0)
		}
	}
}

// pushScalar computes the tangents of a scalar operation that has its derivatives on the tape. A leaf keeps its own.
func (t *Tangents) pushScalar(id int32, h *head, l *link) {
	all, k := t.scalars.Float64s(), t.k
	if h.flags()&isLeaf != 0 {
		return
	}
	if k == 1 && all[l.In[0]]-all[l.In[0]] == 0 && all[l.In[1]]-all[l.In[1]] == 0 && l.D[0]-l.D[0] == 0 && l.D[1]-l.D[1] == 0 {
		all[id] = float64(all[l.In[0]]*l.D[0]) + float64(all[l.In[1]]*l.D[1]) // an absent operand is the sink, which stays 0
		return
	}
	out := all[int(id)*k:][:k]
	for i, in := range l.In {
		if in == 0 {
			continue
		}
		d := l.D[i]
		for r, w := range all[int(in)*k:][:k] {
			if w == 0 || d == 0 && table[h.op()].selects>>i&1 != 0 {
				continue
			}
			out[r] += w * d
		}
	}
}

// addSeed adds what the sweep was told to start from to what it has found for a node.
func (t *Tangents) addSeed(id int32) {
	seed := t.seeds[id]
	if seed == nil {
		return
	}
	n := Node{t.g, id}
	if _, scalar := n.Scalar(); scalar {
		for r, v := range seed.Float64s() {
			t.scalars.Float64s()[int(id)*t.k+r] += v
		}
		return
	}
	k := t.g.head(id).ext()
	if old := t.tensors[k]; old != nil {
		for i := range old.Len() {
			seed.SetFlat(seed.AtFlat(i)+old.AtFlat(i), i)
		}
		t.g.pool.Put(old)
	}
	t.tensors[k] = seed
	delete(t.seeds, id)
}

// dropUsed gives back the tangents that no operation after node id uses.
func (t *Tangents) dropUsed(id int32) {
	for _, in := range (Node{t.g, id}).inputs() {
		if k := t.g.head(in).ext(); k != 0 && t.last[k] == id && t.tensors[k] != nil {
			t.g.pool.Put(t.tensors[k])
			t.tensors[k] = nil
		}
	}
}

// Tensor returns the tangents of a tensor node, nil if nothing was passed to it. They must not be changed.
func (t *Tangents) Tensor(n Node) *tensor.Tensor {
	t.cover(n)
	return t.tensors[n.g.head(n.id).ext()]
}

// cover panics with an [*Error] unless n stands before the node that the sweep goes to, or is that node.
func (t *Tangents) cover(n Node) {
	if t == nil || n.g == nil || n.g != t.g || n.id > t.y || n.id >= n.g.n {
		t.lacks(n)
	}
}

//go:noinline
func (t *Tangents) lacks(n Node) {
	t.must()
	n.head()
	switch {
	case n.g != t.g:
		panic(Errorf("graph.Tangents", ErrForeign, "node %s belongs to another graph than the sweep: use values of one graph", n.label()))
	case n.id > t.y:
		panic(Errorf("graph.Tangents", ErrUsage, "node %s is not among what the sweep to %%%d has: it was recorded later", n.label(), t.y))
	}
}

// Scalar returns the tangents of a scalar node, one for each direction. The caller may change them if the node is an
// operation that Sweep has yielded.
func (t *Tangents) Scalar(n Node) []float64 {
	t.cover(n)
	return t.scalars.Float64s()[int(n.id)*t.k:][:t.k:t.k]
}

// Set makes v, which comes from [Tangents.New], the tangents of a tensor node that Sweep has yielded: it is the sweep's
// from now on. It panics with an [*Error] if v has another shape.
func (t *Tangents) Set(n Node, v *tensor.Tensor) {
	const op = "graph.Tangents.Set"
	t.cover(n)
	mustTensor(op, v)
	k := n.g.head(n.id).ext()
	if want := t.shape(n); k == 0 || !slices.Equal(v.Dims(), want) {
		panic(Errorf(op, ErrShape, "tangents of shape %s for %s, which has them of shape %s: use what Tangents.New returned", tensor.FormatShape(v.Dims()), n.label(), tensor.FormatShape(want)))
	}
	if old := t.tensors[k]; old != nil {
		t.g.pool.Put(old)
	}
	t.tensors[k] = v
}

// TempView, for authors of sweeps, returns a tensor of the given shape over t's elements from offset on, for
// [Graph.FreeTemp] to give back.
func (g *Graph) TempView(t *tensor.Tensor, offset int, shape ...int) *tensor.Tensor {
	const op = "graph.Graph.TempView"
	g.must(op)
	mustTensor(op, t)
	return g.pool.View(t, shape, offset)
}

// Apply, for authors of sweeps, sets dst to what the operation, which is linear and has one operand, makes of src in place
// of that, without a record. src has the shape of the operand and dst that of the result, both in the node's precision.
func (n Node) Apply(dst, src *tensor.Tensor) {
	const op = "graph.Node.Apply"
	e := n.extOf("tensors")
	mustTensor(op, dst)
	mustTensor(op, src)
	row := n.Row()
	if row.Class != Linear || row.arity != 1 {
		panic(Errorf(op, ErrUsage, "%s is not a linear operation of one operand: use its Tangent or its VJP", n.label()))
	}
	n.mustLike(op, dst, n.Dims())
	n.mustLike(op, src, n.InputNode(0).Dims())
	if offset := e.view - 1; offset >= 0 {
		part := n.g.pool.View(src, n.Dims(), offset)
		dst.Copy(part)
		n.g.pool.Put(part)
		return
	}
	at := &n.g.operands[e.inputs.lo]
	operand, out := *at, e.out
	n.g.enter(op)
	defer func() {
		*at, e.out = operand, out
		n.g.leave()
	}()
	*at, e.out = src, dst
	row.Forward(n)
}

// With, for authors of sweeps, calls f while x, in the node's precision, has the place of operand i: the row's kernels take
// its numbers and its shape for the operand's.
func (n Node) With(i int, x *tensor.Tensor, f func()) {
	const op = "graph.Node.With"
	e := n.extOf("tensors")
	n.must(i, e.inputs.len(), "operand that is a tensor")
	mustTensor(op, x)
	mustFunc(op, f == nil)
	if x.DType() != n.DType() {
		panic(Errorf(op, ErrShape, "a %s tensor for an operand of %s, which is computed in %s: give one in its precision", x.DType(), n.label(), n.DType()))
	}
	at := int(e.inputs.lo) + i
	operand := n.g.operands[at]
	defer func() { n.g.operands[at] = operand }()
	n.g.operands[at] = x
	f()
}

// mustLike panics with an [*Error] unless t has the given shape and the node's precision.
func (n Node) mustLike(op string, t *tensor.Tensor, shape []int) {
	if !slices.Equal(t.Dims(), shape) || t.DType() != n.DType() {
		panic(Errorf(op, ErrShape, "a %s tensor of shape %s where %s has %s of shape %s: give one like it", t.DType(), tensor.FormatShape(t.Dims()), n.label(), n.DType(), tensor.FormatShape(shape)))
	}
}

// Again, for authors of operations, records the operation of n once more, for other operands of the same shapes. It panics
// with an [*Error] if there are more or fewer, or one has another shape.
func (n Node) Again(xs ...Value) Value {
	const op = "graph.Node.Again"
	if len(xs) != n.NumInputs() {
		panic(Errorf(op, ErrUsage, "%d operands for %s, which has %d: give as many", len(xs), n.label(), n.NumInputs()))
	}
	for i, x := range xs {
		x.CheckIn(op, n.g)
		if want := n.InputNode(i).Dims(); !slices.Equal(x.Dims(), want) {
			panic(Errorf(op, ErrShape, "value %s has shape %s, operand %d of %s has %s: give one of the operand's shape", x.label(), tensor.FormatShape(x.Dims()), i, n.label(), tensor.FormatShape(want)))
		}
	}
	aux := n.extOf("attributes").aux
	if again, ok := aux.(interface{ Again(...Value) Value }); ok {
		return again.Again(xs...)
	}
	c := Begin(n.Op(), xs...).Ints(n.Ints()...).Floats(n.Float(0), n.Float(1))
	if aux != nil {
		c = c.Aux(aux)
	}
	if offset, view := n.View(); view {
		return c.RecordView(offset, n.Dims()...)
	}
	return c.Record(n.Dims()...)
}
