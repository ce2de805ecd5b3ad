package graph

import (
	"iter"
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/hugepage"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Adjoints is the storage of one backward sweep: ∂l/∂v for every node v up to the loss l. It comes from the graph's
// pool and is good until Reset, a Rewind past the loss, or Release. It is for authors of sweeps, such as package autograd:
// [Graph.NewAdjoints] makes it, Seed or SeedScalar starts it, and Sweep runs it.
//
// The usual storage is an array with a place for every node. A tape that is swept over and over, each time for a loss that
// reaches little of it, gets pages instead: then a sweep costs what the loss reaches, however long the tape is.
type Adjoints struct {
	g       *Graph
	root    int32
	serial  uint64
	scalars []float64        // by node; 1 marks a tensor node that was reached
	tensors []*tensor.Tensor // by extension record; nil where nothing was reached
	seed    *tensor.Tensor   // the root's adjoint if it is the caller's: it does not go to the pool

	paged bool
	pages []*page                  // in place of scalars: by chunk; nil where nothing was reached
	few   map[int32]*tensor.Tensor // in place of tensors
}

// A page holds the adjoints of the nodes of a chunk.
type page [chunkLen]float64

// NewAdjoints, for authors of sweeps, returns storage for a sweep from root, all zero.
func (g *Graph) NewAdjoints(root Value) *Adjoints {
	const op = "graph.Graph.NewAdjoints"
	root.CheckIn(op, g)
	g.alone(op)
	g.countScalars()
	var a *Adjoints
	if k := len(g.spare); k > 0 {
		a, g.spare = g.spare[k-1], g.spare[:k-1]
	} else {
		a = &Adjoints{g: g}
	}
	a.root = root.id
	if a.paged = g.swept > g.patience()*int64(g.n); a.paged {
		a.pages = slices.Grow(a.pages[:0], int(root.id>>chunkBits)+1)[:root.id>>chunkBits+1]
		clear(a.pages)
		a.few = make(map[int32]*tensor.Tensor)
		g.sweeps = append(g.sweeps, a)
		return a
	}
	n := int(root.id) + 1
	g.swept += int64(n)
	if cap(a.scalars) < n {
		a.scalars = make([]float64, n, max(n, 2*cap(a.scalars)))
		hugepage.Advise(a.scalars)
	} else {
		a.scalars = a.scalars[:n]
		clear(a.scalars)
	}
	exts, _, _ := g.extent()
	a.tensors = slices.Grow(a.tensors[:0], int(exts))[:exts]
	clear(a.tensors)
	g.sweeps = append(g.sweeps, a)
	return a
}

// patience returns how many times over the tape is swept with arrays before pages are tried.
func (g *Graph) patience() int64 { return 8 << g.dense }

// finished notes whether a sweep by pages reached most of the tape: then arrays are faster, for a good while.
func (a *Adjoints) finished() {
	if !a.paged {
		return
	}
	reached := 0
	for _, p := range a.pages {
		if p != nil {
			reached++
		}
	}
	if 2*reached > len(a.pages) && a.g.dense < 20 {
		a.g.dense++
		a.g.swept = 0
	}
}

// at returns the place of a node's adjoint among the scalars, nil if it is on a page that nothing has reached.
func (a *Adjoints) at(id int32) *float64 {
	if !a.paged {
		return &a.scalars[id]
	}
	if p := a.pages[id>>chunkBits]; p != nil {
		return &p[id&chunkMask]
	}
	return nil
}

// add adds to the adjoint of a node.
func (a *Adjoints) add(id int32, v float64) {
	if !a.paged {
		a.scalars[id] += v
		return
	}
	p := a.pages[id>>chunkBits]
	if p == nil {
		if k := len(a.g.blank); k > 0 {
			p, a.g.blank = a.g.blank[k-1], a.g.blank[:k-1]
		} else {
			p = new(page)
		}
		a.pages[id>>chunkBits] = p
	}
	p[id&chunkMask] += v
}

// mark notes that a tensor node was reached.
func (a *Adjoints) mark(id int32) {
	if p := a.at(id); p == nil || *p == 0 {
		a.add(id, 1)
	}
}

// must panics with an [*Error] if a is nil or zero.
func (a *Adjoints) must() {
	if a == nil || a.g == nil {
		panic(Errorf("graph.Adjoints", ErrUsage, "got nil or the zero graph.Adjoints: make one with Graph.NewAdjoints"))
	}
}

// slot returns the number of a node's extension record, where its adjoint is found.
func (a *Adjoints) slot(n Node) int32 {
	if a != nil && n.g != nil && n.g == a.g && n.id <= a.root && n.id <= n.g.n {
		if k := n.g.head(n.id).ext(); a.paged || int(k) < len(a.tensors) {
			return k
		}
	}
	a.noSlot(n)
	return 0
}

// noSlot panics with an [*Error] that says why there is no slot for n.
//
//go:noinline
func (a *Adjoints) noSlot(n Node) {
	a.must()
	n.head()
	if n.g != a.g {
		panic(Errorf("graph.Adjoints", ErrForeign, "node %s belongs to another graph than the sweep: use values of one graph", n.label()))
	}
	panic(Errorf("graph.Adjoints", ErrUsage, "node %s is not among what the sweep from %%%d has: it was recorded later, or the sweep was released", n.label(), a.root))
}

func (a *Adjoints) tensorAt(k int32) *tensor.Tensor {
	if a.paged {
		return a.few[k]
	}
	return a.tensors[k]
}

func (a *Adjoints) setTensorAt(k int32, t *tensor.Tensor) {
	switch {
	case !a.paged:
		a.tensors[k] = t
	case t == nil:
		delete(a.few, k)
	default:
		a.few[k] = t
	}
}

// Graph returns the graph that the sweep belongs to.
func (a *Adjoints) Graph() *Graph {
	a.must()
	return a.g
}

// Root returns the node that the sweep started from.
func (a *Adjoints) Root() Value {
	a.must()
	return a.g.handle(a.root)
}

// Serial tells one use of the storage from the next: it changes when the storage is released.
func (a *Adjoints) Serial() uint64 {
	a.must()
	return a.serial
}

// Scalar returns the adjoint of a scalar node.
func (a *Adjoints) Scalar(n Node) float64 {
	a.mustCover(n)
	if p := a.at(n.id); p != nil {
		return *p
	}
	return 0
}

func (a *Adjoints) mustCover(n Node) {
	if !a.Covers(n) {
		panic(Errorf("graph.Adjoints", ErrUsage, "node %s is not among what the sweep from %%%d has: it was recorded later", n.label(), a.root))
	}
}

// AddScalar adds to the adjoint of a scalar node.
func (a *Adjoints) AddScalar(n Node, v float64) {
	a.mustCover(n)
	a.add(n.id, v)
}

// Reached reports whether anything but 0 was passed to n.
func (a *Adjoints) Reached(n Node) bool { return a.Scalar(n) != 0 }

// Nodes yields the nodes to which the sweep passed something that is not 0, results before operands.
func (a *Adjoints) Nodes() iter.Seq[Node] {
	a.must()
	return func(yield func(Node) bool) {
		for id := a.root; id > 0; id-- {
			p := a.at(id)
			if p == nil {
				id &^= chunkMask // nothing on this page
				continue
			}
			if *p != 0 && !yield(Node{a.g, id}) {
				return
			}
		}
	}
}

// Covers reports whether n stands before the node that the sweep started from, or is that node: later ones have no
// adjoint.
func (a *Adjoints) Covers(n Node) bool {
	a.must()
	if n.g != a.g {
		panic(Errorf("graph.Adjoints", ErrForeign, "node %s belongs to another graph than the sweep: use values of one graph", n.label()))
	}
	return n.id <= a.root
}

// Tensor returns the adjoint of a tensor node, nil if the sweep did not reach it.
func (a *Adjoints) Tensor(n Node) *tensor.Tensor { return a.tensorAt(a.slot(n)) }

// SeedScalar makes v the adjoint of the root, a scalar.
func (a *Adjoints) SeedScalar(v float64) {
	a.must()
	a.add(a.root, v)
}

// Seed makes t, which is only read, the adjoint of the root, a tensor of t's shape and precision.
func (a *Adjoints) Seed(t *tensor.Tensor) {
	a.must()
	a.setTensorAt(a.slot(Node{a.g, a.root}), t)
	a.mark(a.root)
	a.seed = t
}

// Read fills dst with the adjoints of as many of the scalars xs as it can, and returns how many: it stops at one that is
// not certainly a scalar of this recording.
func (a *Adjoints) Read(dst []float64, xs []Value) int {
	a.must()
	g := a.g
	xs = xs[:min(len(xs), len(dst))]
	for i, x := range xs {
		if x.c == nil || x.c.g != g || x.gen != g.gen {
			return i
		}
		kind := x.c.heads[x.id&chunkMask].kind
		if kind&notPlain != 0 {
			return i
		}
		dst[i] = 0
		if x.id <= a.root && kind&wantsGrad != 0 {
			if p := a.at(x.id); p != nil {
				dst[i] = *p
			}
		}
	}
	return len(xs)
}

// Touch returns the adjoint of a tensor node for the caller to add to, made at the first call. fresh says that this is the
// first one: then the numbers are undefined, and the caller sets or clears them.
func (a *Adjoints) Touch(n Node) (t *tensor.Tensor, fresh bool) {
	k := a.slot(n)
	old := a.tensorAt(k)
	if old != nil && old != a.seed && old.Sole() {
		return old, false
	}
	t = a.g.pool.Get(a.g.dtype, n.Dims())
	a.setTensorAt(k, t)
	if old == nil {
		a.mark(n.id)
		return t, true
	}
	t.Copy(old)
	a.putBack(old)
	return t, false
}

// Pass adds a stretch of the adjoint of a tensor node to that of one of its operands, a tensor: from element from on, as
// many as the operand has. If it is the first to reach the operand, it copies nothing: the two share the numbers until
// [Adjoints.Touch] is called for one of them.
func (a *Adjoints) Pass(n, operand Node, from int) {
	k, to := a.slot(n), a.slot(operand)
	ct, old := a.tensorAt(k), a.tensorAt(to)
	if ct == nil {
		panic(Errorf("graph.Adjoints.Pass", ErrUsage, "node %s has no adjoint to pass on: nothing has reached it, or it was dropped", n.label()))
	}
	if have, size := ct.Len(), a.g.exts[to].out.Len(); from < 0 || size > have-from {
		panic(n.Errorf(ErrIndex, "its row passes on %d elements of the cotangent from %d on, which has %d: correct Row.Passes", size, from, have))
	}
	pool := &a.g.pool
	if ct == a.seed { // which is no tensor of the pool's, or lent to someone else
		ct = pool.View(ct, operand.Dims(), from)
	} else {
		ct = pool.Share(ct, operand.Dims(), from)
	}
	if old == nil {
		a.setTensorAt(to, ct)
		a.mark(operand.id)
		return
	}
	sum, own := old, old != a.seed && old.Sole()
	if !own {
		sum = pool.Get(a.g.dtype, operand.Dims())
		a.setTensorAt(to, sum)
	}
	if a.g.dtype == tensor.Float32 {
		kernel.Add(sum.Float32s(), old.Float32s(), ct.Float32s())
	} else {
		kernel.Add(sum.Float64s(), old.Float64s(), ct.Float64s())
	}
	pool.Put(ct)
	if !own {
		a.putBack(old)
	}
}

// putBack gives an adjoint back to the pool, but for what the caller of [Adjoints.Seed] gave.
func (a *Adjoints) putBack(t *tensor.Tensor) {
	if t != nil && t != a.seed {
		a.g.pool.Put(t)
	}
}

// Hand makes the adjoint of a tensor node that of one of its operands, if nothing has reached that and it has the same
// shape: the caller changes its numbers where they stand. The node then has none, as after Drop. It reports whether it
// did so; it does not where [Adjoints.Pass] or the caller of [Adjoints.Seed] has the numbers too.
func (a *Adjoints) Hand(n, operand Node) bool {
	k, to := a.slot(n), a.slot(operand)
	t := a.tensorAt(k)
	if t == nil || t == a.seed || !t.Sole() || a.tensorAt(to) != nil || !slices.Equal(n.Dims(), operand.Dims()) {
		return false
	}
	a.setTensorAt(k, nil)
	a.setTensorAt(to, t)
	a.mark(operand.id)
	return true
}

// Drop gives the adjoint of a tensor node back to the pool.
func (a *Adjoints) Drop(n Node) {
	k := a.slot(n)
	if t := a.tensorAt(k); t != nil && t != a.seed {
		a.g.pool.Put(t)
		a.setTensorAt(k, nil)
	}
}

// Release gives the storage back to the graph before Reset or Rewind would.
func (a *Adjoints) Release() {
	a.must()
	k := slices.Index(a.g.sweeps, a)
	if k < 0 {
		return
	}
	a.g.sweeps = slices.Delete(a.g.sweeps, k, k+1)
	for _, t := range a.tensors {
		a.putBack(t)
	}
	clear(a.tensors)
	for _, t := range a.few {
		a.putBack(t)
	}
	for _, p := range a.pages {
		if p != nil {
			*p = page{}
			a.g.blank = append(a.g.blank, p)
		}
	}
	a.pages, a.few = a.pages[:0], nil
	a.seed = nil
	a.serial++
	a.g.spare = append(a.g.spare, a)
}
