package program

import (
	"cmp"
	"math"
	"slices"
)

// A span is some steps of a machine that stand one after the other and have one opcode. Of a regular one, the slots
// that are set lie together, and so do those of each operand, unless it is the same slot for all.
type span struct {
	op    opcode
	same  [3]bool // by operand
	n     int32   // steps, 0 for an irregular span
	at    [4]int32
	steps []step // all of them, for where there is no kernel
}

// Bounds of what is put in spans: the steps of a regular one, and the average of all.
const (
	minSpan     = 8
	averageSpan = 12
)

// wide returns a machine that runs a code span by span, where the code does the same many times: to vectors whose elements
// have become numbers, or in a loop that was recorded. It returns nil if it would not be faster. Slots are not used again.
func (c *code) wide() *machine {
	first := int32(c.first())
	if int(first)+len(c.ins) > maxSlots || len(c.ins) < averageSpan {
		return nil
	}
	s := newScheduler(c)
	if !s.schedule() {
		return nil
	}
	m := &machine{inputs: c.inputs, consts: c.consts, slots: int(first) + len(c.ins), outs: make([]int32, len(c.outs))}
	for i, v := range c.outs {
		m.outs[i] = s.number(v)
	}
	steps := make([]step, len(c.ins))
	for i, k := range s.order {
		in := &c.ins[k]
		w := &steps[i]
		w[0] = uint32(in.op) | uint32(int(first)+i)<<8
		for a, v := range in.args[:arities[in.op]] {
			w[1+a] = uint32(s.number(v))
		}
	}
	m.spans = spansOf(steps[:c.value])
	m.value = len(m.spans)
	m.spans = append(m.spans, spansOf(steps[c.value:])...)
	alike := 0 // instructions in regular spans
	for i := range m.spans {
		alike += int(m.spans[i].n)
	}
	if len(m.spans)*averageSpan > len(c.ins) || alike < len(c.ins)/2 {
		return nil
	}
	return m
}

// spansOf returns the spans of steps.
func spansOf(steps []step) (spans []span) {
	for len(steps) > 0 {
		n := regular(steps)
		switch last := len(spans) - 1; {
		case n >= minSpan:
			spans = append(spans, newSpan(steps[:n]))
		case last >= 0 && spans[last].n == 0 && spans[last].op == opcode(steps[0][0]):
			spans[last].steps = spans[last].steps[:len(spans[last].steps)+n]
		default:
			spans = append(spans, span{op: opcode(steps[0][0]), steps: steps[:n]})
		}
		steps = steps[n:]
	}
	return spans
}

// regular returns how many of the first steps make a regular span.
func regular(steps []step) int {
	w := &steps[0]
	op := opcode(w[0])
	dst := w[0] >> 8
	n := len(steps)
	var by [3]uint32
	if n > 1 {
		for a := range arities[op] {
			by[a] = steps[1][1+a] - w[1+a]
			if by[a] > 1 {
				return 1
			}
		}
	}
	for a := range arities[op] {
		if by[a] == 1 && w[1+a] < dst { // none reads what the span sets
			n = min(n, int(dst-w[1+a]))
		}
	}
	for k := 1; k < n; k++ {
		v := &steps[k]
		if opcode(v[0]) != op || v[0]>>8 != dst+uint32(k) {
			return k
		}
		for a := range arities[op] {
			if v[1+a] != w[1+a]+by[a]*uint32(k) {
				return k
			}
		}
	}
	return n
}

// newSpan returns a regular span.
func newSpan(steps []step) span {
	w := &steps[0]
	s := span{op: opcode(w[0]), n: int32(len(steps)), at: [4]int32{int32(w[0] >> 8), int32(w[1]), int32(w[2]), int32(w[3])}, steps: steps}
	for a := range arities[s.op] {
		s.same[a] = steps[1][1+a] == w[1+a]
	}
	return s
}

// A scheduler orders the instructions of a code so that many that do the same come one after the other, with operands that
// were computed one after the other.
type scheduler struct {
	c       *code
	uses    []int32 // by value, how many instructions read it
	waits   []int32 // by instruction, how many of its operands are not there yet
	start   []int32 // by instruction, where its users begin
	users   []int32
	end     int     // the instructions before are those to be computed now
	order   []int32 // instructions
	numbers []int32 // by instruction, its value in the new order
	ready   [numOpcodes][]int32

	// Of sort.
	keys  []key
	kinds []group
	deal  []uint8 // by key, its group
}

func newScheduler(c *code) *scheduler {
	n := len(c.ins)
	s := &scheduler{c: c, uses: make([]int32, c.first()+n), waits: make([]int32, n), start: make([]int32, n+1), order: make([]int32, 0, n), numbers: make([]int32, n), kinds: make([]group, 0, maxKinds)}
	first := c.first()
	each := func(f func(k, operand int)) {
		for k := range c.ins {
			in := &c.ins[k]
			for _, v := range in.args[:arities[in.op]] {
				if i := int(v) - first; i >= 0 {
					f(k, i)
				}
			}
		}
	}
	for k := range c.ins {
		in := &c.ins[k]
		for _, v := range in.args[:arities[in.op]] {
			s.uses[v]++
		}
	}
	each(func(k, i int) { s.waits[k]++; s.start[i+1]++ })
	for i := range n {
		s.start[i+1] += s.start[i]
	}
	s.users = make([]int32, s.start[n])
	next := slices.Clone(s.start)
	each(func(k, i int) { s.users[next[i]] = int32(k); next[i]++ })
	return s
}

// number returns the value that a value of the code is in the new order.
func (s *scheduler) number(v int32) int32 {
	if i := int(v) - s.c.first(); i >= 0 {
		return s.numbers[i]
	}
	return v
}

// schedule finds the order, of the results first: of all that can be computed, the opcode that is wanted most often
// goes first, as long as there is something to do for it. It gives up, and returns false, if too little comes together.
func (s *scheduler) schedule() bool {
	turns := 0
	for _, s.end = range []int{s.c.value, len(s.waits)} {
		for k := len(s.order); k < s.end; k++ {
			if s.waits[k] == 0 {
				s.add(int32(k))
			}
		}
		for op := opInvalid; len(s.order) < s.end; s.emit(op) {
			if len(s.ready[op]) > 0 {
				continue
			}
			for o := range s.ready {
				if len(s.ready[o]) > len(s.ready[op]) {
					op = opcode(o)
				}
			}
			if turns++; turns > 64 && turns*averageSpan > len(s.waits) {
				return false
			}
		}
	}
	return true
}

// add notes that an instruction can be computed.
func (s *scheduler) add(k int32) { op := s.c.ins[k].op; s.ready[op] = append(s.ready[op], k) }

// emit puts what is ready for an opcode in the order.
func (s *scheduler) emit(op opcode) {
	list := s.ready[op]
	s.ready[op] = nil
	s.sort(list)
	for _, k := range list {
		s.numbers[k] = int32(s.c.first() + len(s.order))
		s.order = append(s.order, k)
		for _, user := range s.users[s.start[k]:s.start[k+1]] {
			if s.waits[user]--; s.waits[user] == 0 && int(user) < s.end {
				s.add(user)
			}
		}
	}
	if s.ready[op] == nil {
		s.ready[op] = list[:0]
	}
}

// sort puts instructions of one opcode in the order of their keys. There are few kinds, most often, and those of one kind
// are in order already: then they are only dealt out.
func (s *scheduler) sort(list []int32) {
	if len(list) < 2 {
		return
	}
	s.keys, s.deal, s.kinds = s.keys[:0], s.deal[:0], s.kinds[:0]
	for _, k := range list {
		at := s.keyOf(k)
		s.keys = append(s.keys, at)
		g := len(s.kinds) - 1
		for g >= 0 && s.kinds[g].kind != at.kind {
			g--
		}
		switch {
		case g >= 0:
		case len(s.kinds) == cap(s.kinds): // too many
			s.sortAll(list)
			return
		default:
			g = len(s.kinds)
			s.kinds = append(s.kinds, group{kind: at.kind, last: key{place: math.MinInt32}})
		}
		group := &s.kinds[g]
		if at.place < group.last.place || at.place == group.last.place && k < group.last.k {
			s.sortAll(list)
			return
		}
		group.last = at
		group.count++
		s.deal = append(s.deal, uint8(g))
	}
	var order [maxKinds]int
	for g := range s.kinds {
		for _, other := range s.kinds {
			if other.last.compareKind(s.kinds[g].last) < 0 {
				order[g] += other.count
			}
		}
	}
	for i, g := range s.deal {
		list[order[g]] = s.keys[i].k
		order[g]++
	}
}

// sortAll is sort for any list.
func (s *scheduler) sortAll(list []int32) {
	s.keys = s.keys[:0]
	for _, k := range list {
		s.keys = append(s.keys, s.keyOf(k))
	}
	slices.SortFunc(s.keys, key.compare)
	for i := range s.keys {
		list[i] = s.keys[i].k
	}
}

// A group is the instructions of a list whose keys have one kind.
type group struct {
	kind  [3]int32
	last  key
	count int
}

// maxKinds is how many groups a list is dealt out to, at most.
const maxKinds = 16

// A key says where an instruction goes among those of its opcode: those whose operands have the same distances lie
// together.
type key struct {
	kind  [3]int32
	place int32
	k     int32
}

func (a key) compare(b key) int {
	if c := a.compareKind(b); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.k, b.k))
}

func (a key) compareKind(b key) int { return slices.Compare(a.kind[:], b.kind[:]) }

func (s *scheduler) keyOf(k int32) key {
	in := &s.c.ins[k]
	at := key{k: k, place: -1}
	args := in.args[:arities[in.op]]
	least := int32(math.MaxInt32)
	for _, v := range args { // the operand that fewest read: others may be the same for all
		if uses := s.uses[v]; !s.constant(v) && uses < least {
			least, at.place = uses, s.number(v)
		}
	}
	for i, v := range args[:min(len(args), len(at.kind))] {
		const same = 1 << 30 // beyond all distances
		switch n := s.number(v); {
		case s.constant(v), s.uses[v] >= manyUses && n != at.place:
			at.kind[i] = same + n
		default:
			at.kind[i] = n - at.place
		}
	}
	return at
}

// manyUses is how many instructions read a value that is taken to be the same operand of all.
const manyUses = 16

// constant reports whether a value of the code is a constant.
func (s *scheduler) constant(v int32) bool { return int(v) >= s.c.inputs && int(v) < s.c.first() }
