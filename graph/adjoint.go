package graph

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// Adjoints is the storage of one backward sweep: ∂l/∂v for every node v up to the loss l. It comes from the graph's
// pool and is good until Reset, a Rewind past the loss, or Release. It serves packages that differentiate, such as
// autograd: [Graph.NewAdjoints] makes it, Seed or SeedScalar starts it, and Sweep runs it.
type Adjoints struct {
	g       *Graph
	root    int32
	serial  uint64
	scalars []float64        // by node; 1 marks a tensor node that was reached
	tensors []*tensor.Tensor // by extension record; nil where nothing was reached
	seed    *tensor.Tensor   // the root's adjoint if it is the caller's: it does not go to the pool
}

// NewAdjoints returns storage for a sweep from root, all zero.
func (g *Graph) NewAdjoints(root Value) *Adjoints {
	const op = "graph.Graph.NewAdjoints"
	root.CheckIn(op, g)
	g.alone(op)
	var a *Adjoints
	if k := len(g.spare); k > 0 {
		a, g.spare = g.spare[k-1], g.spare[:k-1]
	} else {
		a = &Adjoints{g: g}
	}
	a.root = root.id
	n := int(root.id) + 1
	if cap(a.scalars) < n {
		a.scalars = make([]float64, n, max(n, 2*cap(a.scalars)))
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

// must panics with an [*Error] if a is nil or zero.
func (a *Adjoints) must() {
	if a == nil || a.g == nil {
		panic(Errorf("graph.Adjoints", ErrUsage, "got nil or the zero graph.Adjoints: make one with Graph.NewAdjoints"))
	}
}

// slot returns the place of a node's adjoint among the tensors.
func (a *Adjoints) slot(n Node) int32 {
	a.must()
	k := n.head().ext
	if n.g != a.g {
		panic(Errorf("graph.Adjoints", ErrForeign, "node %s belongs to another graph than the sweep: use values of one graph", n.label()))
	}
	if int(k) >= len(a.tensors) {
		panic(Errorf("graph.Adjoints", ErrUsage, "node %s is not among what the sweep from %%%d has: it was recorded later, or the sweep was released", n.label(), a.root))
	}
	return k
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

// scalar returns the place of a node's adjoint among the scalars.
func (a *Adjoints) scalar(n Node) *float64 {
	if !a.Covers(n) {
		panic(Errorf("graph.Adjoints", ErrUsage, "node %s is not among what the sweep from %%%d has: it was recorded later", n.label(), a.root))
	}
	return &a.scalars[n.id]
}

// Scalar returns the adjoint of a scalar node.
func (a *Adjoints) Scalar(n Node) float64 { return *a.scalar(n) }

// AddScalar adds to the adjoint of a scalar node.
func (a *Adjoints) AddScalar(n Node, v float64) { *a.scalar(n) += v }

// Reached reports whether anything but 0 was passed to n.
func (a *Adjoints) Reached(n Node) bool { return *a.scalar(n) != 0 }

// Covers reports whether n stands before the node that the sweep started from, or is that node: later ones have no
// adjoint.
func (a *Adjoints) Covers(n Node) bool {
	a.must()
	if n.g != a.g {
		panic(Errorf("graph.Adjoints", ErrForeign, "node %s belongs to another graph than the sweep: use values of one graph", n.label()))
	}
	return int(n.id) < len(a.scalars)
}

// Tensor returns the adjoint of a tensor node, nil if the sweep did not reach it.
func (a *Adjoints) Tensor(n Node) *tensor.Tensor { return a.tensors[a.slot(n)] }

// SeedScalar makes v the adjoint of the root, a scalar.
func (a *Adjoints) SeedScalar(v float64) {
	a.must()
	a.scalars[a.root] = v
}

// Seed makes t, which is only read, the adjoint of the root, a tensor of t's shape and precision.
func (a *Adjoints) Seed(t *tensor.Tensor) {
	a.must()
	a.tensors[a.slot(Node{a.g, a.root})] = t
	a.scalars[a.root] = 1
	a.seed = t
}

// Read fills dst with the adjoints of as many of the scalars xs as it can, and returns how many: it stops at one that is
// not certainly a scalar of this recording.
func (a *Adjoints) Read(dst []float64, xs []Value) int {
	a.must()
	g := a.g
	xs = xs[:min(len(xs), len(dst))]
	for i, x := range xs {
		if x.g != g || x.gen != g.gen || g.head(x.id).flags&notPlain != 0 {
			return i
		}
		dst[i] = 0
		if int(x.id) < len(a.scalars) && g.head(x.id).flags&wantsGrad != 0 {
			dst[i] = a.scalars[x.id]
		}
	}
	return len(xs)
}

// Touch returns the adjoint of a tensor node, made at the first call. fresh says that this is the first one: then the
// numbers are undefined, and the caller sets or clears them.
func (a *Adjoints) Touch(n Node) (t *tensor.Tensor, fresh bool) {
	k := a.slot(n)
	if a.tensors[k] != nil {
		return a.tensors[k], false
	}
	t = a.g.pool.Get(a.g.dtype, n.Dims())
	a.tensors[k] = t
	a.scalars[n.id] = 1
	return t, true
}

// Drop gives the adjoint of a tensor node back to the pool.
func (a *Adjoints) Drop(n Node) {
	k := a.slot(n)
	if t := a.tensors[k]; t != nil && t != a.seed {
		a.g.pool.Put(t)
		a.tensors[k] = nil
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
		if t != nil && t != a.seed {
			a.g.pool.Put(t)
		}
	}
	clear(a.tensors)
	a.seed = nil
	a.serial++
	a.g.spare = append(a.g.spare, a)
}
