package autograd

import "math/bits"

// An openSet is a set of nodes from which the last one is taken again and again, while earlier ones are added: what a
// backward sweep has still to come to. Taking one takes a few steps, however far the next one lies.
//
// levels[0] has a bit for each node, and every further level one for each word of the level before it that is not 0.
type openSet struct {
	levels [][]uint64
	word   int // of level 0: no node of the set lies in a later one
}

// newOpenSet returns an empty set for nodes below n.
func newOpenSet(n int) openSet {
	var s openSet
	for {
		n = (n + 63) >> 6
		s.levels = append(s.levels, make([]uint64, n))
		if n <= 1 {
			return s
		}
	}
}

// begin adds the first node.
func (s *openSet) begin(id int) {
	s.startAt(id)
	s.add(id)
}

// startAt says that the empty set will have no node behind the given one.
func (s *openSet) startAt(id int) { s.word = id >> 6 }

// add adds a node that lies before the one that was taken last and reports whether it is new.
func (s *openSet) add(id int) bool {
	w := &s.levels[0][id>>6]
	was, bit := *w, uint64(1)<<(id&63)
	*w = was | bit
	if was == 0 {
		s.mark(id >> 6)
	}
	return was&bit == 0
}

// mark notes that word k of level 0 is no longer 0.
func (s *openSet) mark(k int) {
	for _, level := range s.levels[1:] {
		w := &level[k>>6]
		was := *w
		*w = was | 1<<(k&63)
		if was != 0 {
			return
		}
		k >>= 6
	}
}

// last takes the last node from the set. ok is false if the set is empty.
func (s *openSet) last() (id int, ok bool) {
	w := &s.levels[0][s.word]
	if *w == 0 {
		if !s.next() {
			return 0, false
		}
		w = &s.levels[0][s.word]
	}
	k := bits.Len64(*w) - 1
	*w &^= 1 << k
	return s.word<<6 + k, true
}

// next goes on to the last word of level 0 that is not 0, from one that is, and reports whether there is one.
func (s *openSet) next() bool {
	k := s.word
	for l := 1; l < len(s.levels); l++ {
		w := &s.levels[l][k>>6]
		*w &^= 1 << (k & 63)
		k >>= 6
		if *w == 0 {
			continue
		}
		for ; l > 0; l-- {
			k = k<<6 + bits.Len64(s.levels[l][k]) - 1
		}
		s.word = k
		return true
	}
	return false
}

// clear takes all nodes from the set.
func (s *openSet) clear() {
	for {
		if _, ok := s.last(); !ok {
			return
		}
	}
}
