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
	s, _ := g.ancestors("graph.Graph.Ancestors", along, 0, nil, roots)
	return s
}

// ancestors is Ancestors without the nodes before floor. all says that every node of the set is one of ends or has an
// operand in the set, and so depends on one of ends.
//
// One loop against the recording order visits every user of a node before the node. The bits of the nodes at hand stay in
// a register.
func (g *Graph) ancestors(op string, along Edges, floor int32, ends NodeSet, roots []Value) (s NodeSet, all bool) {
	top := int32(0)
	for _, r := range roots {
		r.CheckIn(op, g)
		top = max(top, r.id)
	}
	s, all = make(NodeSet, top>>6+1), true
	for _, r := range roots {
		if r.id >= floor {
			s.Add(int(r.id))
		}
	}
	for word := top >> 6; word >= 0; word-- {
		have := s[word]
		for open := have; open != 0; {
			k := int32(bits.Len64(open) - 1)
			open &^= 1 << k
			id := word<<6 + k
			if along == GradEdges && g.head(id).flags()&wantsGrad == 0 {
				have &^= 1 << k
				continue
			}
			inputs := Node{g, id}.inputs()
			all = all && (len(inputs) > 0 || ends.Has(int(id)))
			for _, in := range inputs {
				switch bit := uint64(1) << (in & 63); {
				case in < floor:
					all = all && along == GradEdges && g.head(in).flags()&wantsGrad == 0
				case in>>6 == word:
					have, open = have|bit, open|bit
				default:
					s[in>>6] |= bit
				}
			}
		}
		s[word] = have
	}
	return s, all
}

// Between returns the nodes on the ways from xs to y along the edges given: those that y depends on and that depend on
// one of xs, with y and the ones of xs that it depends on. The set is empty if there are none. It takes the time of what
// y depends on, back to the first of xs.
func (g *Graph) Between(along Edges, y Value, xs ...Value) NodeSet {
	const op = "graph.Graph.Between"
	y.CheckIn(op, g)
	floor := y.id
	var few [4]uint64
	ends := NodeSet(few[:0]) // which stays on the stack where the xs are among the first nodes
	for _, x := range xs {
		x.CheckIn(op, g)
		if x.id <= y.id {
			ends.Add(int(x.id))
			floor = min(floor, x.id)
		}
	}
	s, all := g.ancestors(op, along, floor, ends, []Value{y})
	if all {
		return s
	}
	for id := range s.All { // what stands before id depends on one of xs, or is not in s any more
		on := ends.Has(id)
		for _, in := range (Node{g, int32(id)}).inputs() {
			on = on || s.Has(int(in))
		}
		if !on {
			s.Remove(id)
		}
	}
	return s
}
