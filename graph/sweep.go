package graph

import (
	"iter"
	"math"
)

// Sweep is the backward sweep. What it does with scalars amounts to
//
//	for each node v, from the root down
//		for each operand u of v
//			adjoint(u) += adjoint(v) · ∂v/∂u
//
// Operands are recorded before the results made of them, so adjoint(v) is complete when the turn comes to v. Two things
// are added: an adjoint of 0 contributes 0 whatever the derivative, and nothing goes to an operand that v did not
// select; see [Row.Selects].
//
// Scalar operations have their derivatives on the tape, and Sweep passes their adjoints on by itself. It yields the
// operations that have tensors and that something other than 0 has reached, in the order in which it comes to them, for
// the caller to pass on. It stops at the leaves that the tape begins with, or at node from if that comes later.
func (a *Adjoints) Sweep(from int) iter.Seq[Node] {
	a.must()
	return func(yield func(Node) bool) {
		g, root, last := a.g, int(a.root), max(from, int(a.g.leafEnd))
		for k := root / chunkLen; k >= last/chunkLen; k-- {
			if a.paged && a.pages[k] == nil {
				continue
			}
			first := k * chunkLen
			stop := max(last-first, 0)
			for j := min(root-first, chunkLen-1); ; j-- {
				const op = "graph.Adjoints.Sweep"
				g.alone(op)
				if c := g.chunks[k]; a.paged || j < stop || c.links[j&chunkMask].In[0] >= 0 || a.scalars[first+j] == 0 { // else j is what is looked for
					g.enter(op)
					switch {
					case g.profile != nil:
						j = a.measureStretch(k, j, stop)
					case a.paged:
						j = a.sweepPage(k, j, stop)
					default:
						j = sweepScalars(a.scalars, c, first, j, stop)
					}
					g.leave()
				}
				if j < stop {
					break
				}
				if c := g.chunks[k]; c.links[j&chunkMask].In[0] >= 0 {
					passOdd(a.scalars, c, first+j)
					continue
				}
				if n := (Node{g, int32(first + j)}); n.WantsGrad() && !yield(n) {
					return
				}
			}
		}
		a.finished()
	}
}

// special is the least that the bits of a number become, without its sign and less one, if it is 0, infinite or NaN:
// one comparison tells these from all others.
const special = 0x7ff<<53 - 1

// sweepScalars passes the adjoints of nodes first+j down to first+stop, and returns where it met an operation that has
// tensors or an adjoint that is not finite, or stop-1. There is no case by case, and nothing is called.
//
// The operand of a node is often the node before it. Its adjoint stays in a register then, and goes to memory when its
// turn comes: the next turn need not wait for a number to come back from memory. Nor has the second of two equal operands
// to wait for the first.
func sweepScalars(adj []float64, c *chunk, first, j, stop int) int {
	if j < stop {
		return j
	}
	next := adj[first+j]
	adj = adj[:first+j+1]
	links := c.links[:j+1]
	for ; j >= stop; j-- {
		w, before := next, first+j-1
		adj[before+1] = w
		next = adj[before]
		if bits := math.Float64bits(w)<<1 - 1; bits >= special {
			if bits == math.MaxUint64 { // of 0
				continue
			}
			return j
		}
		l := &links[j]
		a, b := int(l.In[0]), int(l.In[1])
		if a < 0 {
			return j
		}
		da, db := float64(w*l.D[0]), float64(w*l.D[1])
		if a == before {
			next += da
			if b == before {
				next += db
			} else {
				adj[b] += db
			}
			continue
		}
		if b == before {
			next += db
			adj[a] += da
			continue
		}
		if a == b {
			adj[a] = adj[a] + da + db
		} else {
			adj[a] += da
			adj[b] += db
		}
	}
	adj[first+j] = next
	return j
}

// sweepPage is sweepScalars for chunk k of storage in pages.
func (a *Adjoints) sweepPage(k, j, stop int) int {
	c, p := a.g.chunks[k], a.pages[k]
	for ; j >= stop; j-- {
		w := p[j]
		if w == 0 {
			continue
		}
		l := &c.links[j]
		if l.In[0] < 0 {
			return j
		}
		h := &c.heads[j]
		finite := w-w == 0
		if !finite && h.flags()&wantsGrad == 0 {
			continue
		}
		for i, in := range l.In {
			if l.D[i] == 0 && (finite || table[h.op()].selects>>i&1 != 0) {
				continue // a product that is 0, or nothing from what was not selected
			}
			a.add(in, w*l.D[i])
		}
	}
	return j
}

// passOdd passes the adjoint of scalar node id, which is infinite or NaN, to the operands that the operation selected, and
// nothing from a constant. Where the operation does not select, a derivative of 0 is a number like others, and its product
// with the adjoint is NaN.
func passOdd(adj []float64, c *chunk, id int) {
	h, l := &c.heads[id&chunkMask], &c.links[id&chunkMask]
	if h.flags()&wantsGrad == 0 {
		return
	}
	selects := table[h.op()].selects
	for i, in := range l.In {
		if l.D[i] != 0 || selects>>i&1 == 0 {
			adj[in] += adj[id] * l.D[i]
		}
	}
}

// Links, for authors of sweeps, returns the operands a and b of scalar node id, 0 for an absent one, and the
// derivatives by them: what [Adjoints.Sweep] reads of a node. ok is false for all others, of which a [Node] knows more:
// leaves, what wants no gradient, and operations with an extension record. It panics with an [*Error] if the tape has
// no such node.
func (g *Graph) Links(id int) (a, b int32, da, db float64, ok bool) {
	if g == nil || uint(id) >= uint(g.n) {
		g.Value(id)
	}
	c, k := g.chunks[id>>chunkBits], id&chunkMask
	if kind := c.heads[k].kind; kind&(wantsGrad|isLeaf|extBits) == wantsGrad {
		l := &c.links[k]
		return l.In[0], l.In[1], l.D[0], l.D[1], true
	}
	return
}

// OnlyScalars, for authors of sweeps, reports whether every operation on the tape is one of scalars with its derivatives
// beside it: [Node.Partial] then knows them all.
func (g *Graph) OnlyScalars() bool {
	g.must("graph.Graph.OnlyScalars")
	for k := range g.exts[1:] {
		if id := g.exts[k+1].node; id < g.n && g.head(id).ext() == int32(k+1) && (g.head(id).flags()&isTensor != 0 || g.link(id).In[0] < 0) {
			return false
		}
	}
	return true
}
