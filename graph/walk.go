package graph

import "math/bits"

// A NodeSet is a set of nodes of one graph, by number. It is for authors of sweeps, and for whatever looks at a graph.
type NodeSet []uint64

// Has reports whether the node with the given number is in the set.
func (s NodeSet) Has(id int) bool { return id >= 0 && id>>6 < len(s) && s[id>>6]>>(id&63)&1 != 0 }

// Add puts the node with the given number into the set. It panics with an [*Error] if the number is negative.
func (s *NodeSet) Add(id int) {
	if id < 0 {
		panic(Errorf("graph.NodeSet.Add", ErrIndex, "node %d: nodes have numbers from 1", id))
	}
	if more := id>>6 + 1 - len(*s); more > 0 {
		*s = append(*s, make([]uint64, more)...)
	}
	(*s)[id>>6] |= 1 << (id & 63)
}

// Remove takes the node with the given number from the set.
func (s NodeSet) Remove(id int) {
	if s.Has(id) {
		s[id>>6] &^= 1 << (id & 63)
	}
}

// Len returns the number of nodes in the set.
func (s NodeSet) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// All yields the numbers in the set in recording order: operands before results.
func (s NodeSet) All(yield func(id int) bool) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			if !yield(i<<6 + bits.TrailingZeros64(w)) {
				return
			}
		}
	}
}

// Down yields the numbers in the set against the recording order: results before operands. What the loop adds below the
// number at hand is yielded too.
func (s NodeSet) Down(yield func(id int) bool) {
	for i := len(s) - 1; i >= 0; i-- {
		for w := s[i]; w != 0; {
			k := bits.Len64(w) - 1
			if !yield(i<<6 + k) {
				return
			}
			w = s[i] & (1<<k - 1)
		}
	}
}

// Edges says along which edges of a graph [Graph.Ancestors] and [Graph.Between] go.
type Edges uint8

// The edges of a walk.
const (
	AllEdges  Edges = iota // all: from each operand to the result
	GradEdges              // those that a gradient flows along: operand and result both want one
)

// Ancestors returns the nodes that the roots depend on along the edges given, and the roots themselves, with
// [GradEdges] only those that want a gradient: then it is the nodes that a backward sweep from the roots comes to,
// whatever numbers flow. It takes the time of what it returns, however long the tape is.
func (g *Graph) Ancestors(along Edges, roots ...Value) NodeSet {
	const op = "graph.Graph.Ancestors"
	for _, r := range roots {
		r.CheckIn(op, g)
	}
	w := g.walk()
	for _, r := range roots {
		w.reach(r.id)
	}
	w.down(along, 0)
	return w.finish()
}

// Between returns the nodes on the ways from xs to y along the edges given: those that y depends on and that depend on
// one of xs, with y and the ones of xs that it depends on. The set is empty if there are none. It takes the time of what
// y depends on, back to the first of xs.
func (g *Graph) Between(along Edges, y Value, xs ...Value) NodeSet {
	return g.between("graph.Graph.Between", along, 0, y, xs)
}

// between is Between, but that it does not look through nodes before floor: of these it has only xs that the others use.
func (g *Graph) between(op string, along Edges, floor int32, y Value, xs []Value) NodeSet {
	y.CheckIn(op, g)
	for _, x := range xs {
		x.CheckIn(op, g)
	}
	w := g.walk()
	w.between(along, floor, y, xs)
	return w.finish()
}

// A walk finds nodes along the edges of a graph. Its sets are all zero before it and after it, and are kept from one walk
// to the next: it takes the time of the nodes that it comes to, and no memory.
type walk struct {
	g     *Graph
	words []uint64 // a bit for each node
	over  []uint64 // a bit for each of words that may not be 0
	lo    int      // all bits of over before this word of it are 0,
	hi    int      // and all from this one on
	ends  []uint64 // a bit for each node to begin from, the ones on the ways from which are wanted
}

// walk returns one with empty sets.
func (g *Graph) walk() *walk {
	if k := len(g.walks); k > 0 {
		w := g.walks[k-1]
		g.walks = g.walks[:k-1]
		return w
	}
	return &walk{g: g}
}

// finish returns the set that was found, and gives the walk back.
func (w *walk) finish() NodeSet {
	var s NodeSet
	for o := w.hi - 1; o >= w.lo; o-- {
		for m := w.over[o]; m != 0; m &= m - 1 {
			k := o<<6 + bits.TrailingZeros64(m)
			if s == nil {
				s = make(NodeSet, o<<6+bits.Len64(m))
			}
			s[k] = w.words[k]
		}
	}
	w.release()
	return s
}

// release empties the set and keeps the walk for later ones.
func (w *walk) release() {
	for o := w.lo; o < w.hi; o++ {
		m := w.over[o]
		for w.over[o] = 0; m != 0; m &= m - 1 {
			w.words[o<<6+bits.TrailingZeros64(m)] = 0
		}
	}
	w.lo, w.hi = 0, 0
	w.g.walks = append(w.g.walks, w)
}

// reach puts a root into the set. There is room for what comes before it then.
func (w *walk) reach(id int32) {
	if n := int(id>>6) + 1; n > len(w.words) {
		w.words = append(w.words, make([]uint64, max(n, 2*len(w.words))-len(w.words))...)
		w.over = append(w.over, make([]uint64, len(w.words)>>6+1-len(w.over))...)
	}
	w.words[id>>6] |= 1 << (id & 63)
	w.over[id>>12] |= 1 << (id >> 6 & 63)
	w.hi = max(w.hi, int(id>>12)+1)
}

// between makes the set that of the nodes on the ways from xs to y. Of the nodes before floor, it has those of xs that the
// others use.
func (w *walk) between(along Edges, floor int32, y Value, xs []Value) {
	first := y.id
	w.reach(y.id)
	if len(w.ends) < len(w.words) {
		w.ends = append(w.ends, make([]uint64, len(w.words)-len(w.ends))...)
	}
	for _, x := range xs {
		if x.id <= y.id {
			w.ends[x.id>>6] |= 1 << (x.id & 63)
			first = min(first, x.id)
		}
	}
	w.lo = int(first >> 12)
	if !w.down(along, max(floor, first)) {
		w.up()
	}
	for _, x := range xs {
		if x.id <= y.id {
			w.ends[x.id>>6] = 0
		}
	}
}

// down puts into the set what its nodes depend on along the edges given. Of nodes before floor it takes only ends, and does
// not look through them. It returns whether every node of the set is one of ends or has an operand in the set, and so
// depends on one of ends.
//
// One loop against the recording order visits every user of a node before the node. The bits of the nodes at hand stay in
// a register.
func (w *walk) down(along Edges, floor int32) (all bool) {
	g, words := w.g, w.words
	wanted := Flags(0)
	if along == GradEdges {
		wanted = wantsGrad
	}
	all = true
	for o := w.hi - 1; o >= w.lo; o-- {
		for m := w.over[o]; m != 0; {
			k := bits.Len64(m) - 1
			word := int32(o<<6 + k)
			c := g.chunks[word<<6>>chunkBits]
			have := words[word]
			for open := have; open != 0; {
				k := int32(bits.Len64(open) - 1)
				open &^= 1 << k
				id := word<<6 + k
				if c.heads[id&chunkMask].kind&wanted != wanted {
					have &^= 1 << k
					continue
				}
				if id < floor {
					continue
				}
				inputs := c.inputs(id)
				all = all && (len(inputs) > 0 || w.isEnd(id))
				for _, in := range inputs {
					switch bit := uint64(1) << (in & 63); {
					case in < floor && !w.isEnd(in):
						all = all && g.head(in).kind&wanted != wanted
					case in>>6 == word:
						have, open = have|bit, open|bit
					default:
						words[in>>6] |= bit
						w.over[in>>12] |= 1 << (in >> 6 & 63)
					}
				}
			}
			words[word] = have
			m = w.over[o] & (1<<k - 1)
		}
	}
	return all
}

func (w *walk) isEnd(id int32) bool {
	return int(id>>6) < len(w.ends) && w.ends[id>>6]>>(id&63)&1 != 0
}

// up takes out of the set what depends on none of ends: in recording order, what stands before a node depends on one of
// them, or is not in the set any more.
func (w *walk) up() {
	for o := w.lo; o < w.hi; o++ {
		for m := w.over[o]; m != 0; m &= m - 1 {
			word := int32(o<<6 + bits.TrailingZeros64(m))
			c := w.g.chunks[word<<6>>chunkBits]
			have := w.words[word]
			for rest := have &^ w.ends[word]; rest != 0; rest &= rest - 1 {
				k := int32(bits.TrailingZeros64(rest))
				on := false
				for _, in := range c.inputs(word<<6 + k) {
					if in>>6 == word {
						on = on || have>>(in&63)&1 != 0
					} else {
						on = on || w.words[in>>6]>>(in&63)&1 != 0
					}
				}
				if !on {
					have &^= 1 << k
				}
			}
			w.words[word] = have
		}
	}
}
