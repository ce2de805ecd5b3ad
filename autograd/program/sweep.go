package program

import "math/bits"

// A sweep is the backward sweep over a tape, in instructions: it adds up the adjoint of every cell, from the result down.
//
// A plain sweep multiplies adjoints with derivatives. A careful one keeps the promises of autograd.Backward where numbers
// are not finite: an adjoint that is 0 contributes 0 whatever the derivative, and nothing goes to what was not selected.
// Where they differ the plain one has 0·Inf or 0·NaN, so that the adjoint that it comes to is NaN, and so is all that
// depends on it: a program runs the careful sweep only if a derivative came out NaN.
//
// The signs of zeros do not matter among adjoints, which are only added and multiplied with numbers; see code.outs.
//
// What has nothing to pass on is not looked at: one sweep for each of many results takes the time of what they are made of.
type sweep struct {
	factors
	t       *tape
	inputs  cell     // the first so many cells are the inputs
	adjoint []ref    // by cell, none where nothing has arrived
	reached []cell   // inputs
	makers  []int32  // by cell, one more than the step that computes it, 0 for none
	open    []uint64 // by step, a bit: whether it has something to pass on
	words   []uint64 // by word of open, a bit: whether one is set there
	last    int      // no word of words behind this one has a bit set
	waiting int      // how many steps are open
	visits  int      // how many steps have passed something on
	places  []ref
}

// newSweep returns a sweep that writes to b. Further ones take the time of what they come to.
func (t *tape) newSweep(b *builder, careful bool) *sweep {
	s := &sweep{factors: factors{b, careful}, t: t, inputs: cell(t.inputs), adjoint: b.numbers(len(t.value)), places: b.numbers(manyPlaces)}
	for c := range s.adjoint {
		s.adjoint[c] = none
	}
	s.makers = b.numbers(len(t.value))
	t.makers(s.makers)
	s.open = make([]uint64, (len(t.steps)+63)/64)
	s.words = make([]uint64, (len(s.open)+63)/64)
	return s
}

// makers sets for every cell one more than the number of the step that computes it; there is 0 for none.
func (t *tape) makers(list []int32) {
	for k := range t.steps {
		if f := &t.steps[k]; f.op != 0 {
			list[f.out] = int32(k + 1)
		} else {
			for _, c := range t.rules[f.out].out {
				list[c] = int32(k + 1)
			}
		}
	}
}

// seed gives a cell an adjoint to begin with.
func (s *sweep) seed(c cell, w ref) {
	if s.t.wants[c] {
		s.give(c, w)
	}
}

// run passes on all adjoints there are, down to those of the inputs.
func (s *sweep) run() {
	for ; s.waiting > 0; s.last-- {
		for s.words[s.last] != 0 {
			word := bits.Len64(s.words[s.last]) - 1
			s.runWord(64*s.last + word)
			s.words[s.last] &^= 1 << word
		}
	}
	s.last = 0
}

// runWord passes on the adjoints of up to 64 steps, which may add to those of earlier ones among them.
func (s *sweep) runWord(word int) {
	for s.open[word] != 0 {
		bit := bits.Len64(s.open[word]) - 1
		s.open[word] &^= 1 << bit
		s.waiting--
		s.visits++
		switch f := &s.t.steps[64*word+bit]; f.op {
		case 0:
			s.passByRule(&s.t.rules[f.out])
		default:
			w := s.adjoint[f.out]
			s.adjoint[f.out] = none
			s.pass(f, w)
		}
	}
}

// backward appends the derivatives of a cell by the inputs to dst.
func (s *sweep) backward(dst []ref, y cell) []ref {
	s.seed(y, s.b.constant(1))
	s.run()
	at := len(dst)
	for range s.inputs {
		dst = append(dst, s.b.constant(0))
	}
	s.take(func(x cell, v ref) { dst[at+int(x)] = v })
	return dst
}

// take calls f with the adjoints of the inputs that one has arrived at, in no order, and clears them.
func (s *sweep) take(f func(x cell, v ref)) {
	for _, x := range s.reached {
		f(x, s.adjoint[x])
		s.adjoint[x] = none
	}
	s.reached = s.reached[:0]
}

// pass passes the adjoint w of an elementwise operation to its operands.
func (s *sweep) pass(f *flow, w ref) {
	t := kindAt(f.op).template
	args := s.t.args[f.args:][:t.operands+t.constants]
	vs := s.t.placesOf(t, f, s.places)
	for i, c := range args[:t.operands] {
		d := &t.slopes[i]
		if d.absent || !s.t.wants[c] {
			continue
		}
		unselected := none
		if u := &t.unselected[i]; !u.absent {
			unselected = u.evaluate(s.b, vs)
		}
		if v, ok := s.product(w, d.evaluate(s.b, vs), t.selects[i], unselected); ok {
			s.give(c, v)
		}
	}
}

// placesOf returns what stands at the first places of the expressions for derivatives, in the room that is given: the
// operands, constants and the result.
func (t *tape) placesOf(k *template, f *flow, room []ref) []ref {
	args := t.args[f.args:][:k.operands+k.constants]
	vs := room[:len(args)+1]
	copy(vs, args)
	for i, c := range vs[:k.operands] {
		vs[i] = t.value[c]
	}
	vs[len(args)] = t.value[f.out]
	return vs
}

// give adds to the adjoint of a cell.
func (s *sweep) give(c cell, v ref) {
	if v < 0 && s.b.number(v) == 0 {
		return
	}
	if a := s.adjoint[c]; a != none {
		v = s.b.add(a, v)
	} else {
		s.reach(c)
	}
	s.adjoint[c] = v
}

// reach notes that a first adjoint has arrived at a cell.
func (s *sweep) reach(c cell) {
	if c < s.inputs {
		s.reached = append(s.reached, c)
		return
	}
	k := s.makers[c] - 1
	if word, bit := k>>6, uint64(1)<<(k&63); s.open[word]&bit == 0 { // a rule has many cells
		s.open[word] |= bit
		s.words[word>>6] |= 1 << (word & 63)
		s.last = max(s.last, int(word>>6))
		s.waiting++
	}
}

// passByRule passes the adjoints of the elements of a result to the operands, as the rule says.
func (s *sweep) passByRule(r *rule) {
	vs := s.places[:0]
	for _, c := range r.inputs {
		vs = append(vs, s.t.value[c])
	}
	for _, c := range r.out {
		w := s.adjoint[c]
		if w == none {
			w = s.b.constant(0)
		}
		s.adjoint[c] = none
		vs = append(vs, w)
	}
	vs = s.apply(r, vs)
	for i, out := range r.code.outs {
		if s.t.wants[r.to[i]] {
			s.give(r.to[i], vs[out])
		}
	}
	s.places = vs
}
