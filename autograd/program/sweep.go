package program

// A sweep is the backward sweep over a tape, in instructions: it adds up the adjoint of every cell, from the result down.
//
// A plain sweep multiplies adjoints with derivatives. A careful one keeps the promises of autograd.Backward where numbers
// are not finite: an adjoint that is 0 contributes 0 whatever the derivative, and nothing goes to what was not selected.
// Where they differ the plain one has 0·Inf or 0·NaN, so that the adjoint that it comes to is NaN, and so is all that
// depends on it: a program runs the careful sweep only if a derivative came out NaN.
//
// The signs of zeros do not matter among adjoints, which are only added and multiplied with numbers; see code.outs.
type sweep struct {
	t       *tape
	b       *builder
	careful bool
	adjoint []ref // by cell, none where nothing has arrived
	places  []ref
}

// backward returns the derivatives of a cell by the given ones.
func (t *tape) backward(b *builder, y cell, xs []cell, careful bool) []ref {
	s := sweep{t: t, b: b, careful: careful, adjoint: make([]ref, len(t.value)), places: make([]ref, 0, manyPlaces)}
	for c := range s.adjoint {
		s.adjoint[c] = none
	}
	if t.wants[y] {
		s.adjoint[y] = b.constant(1)
	}
	for k := len(t.steps) - 1; k >= 0; k-- {
		switch f := &t.steps[k]; f.op {
		case 0:
			s.passByRule(&t.rules[f.out])
		default:
			if w := s.adjoint[f.out]; w != none {
				s.pass(f, w)
			}
		}
	}
	grads := make([]ref, len(xs))
	for i, x := range xs {
		if grads[i] = s.adjoint[x]; grads[i] == none {
			grads[i] = b.constant(0)
		}
	}
	return grads
}

// pass passes the adjoint w of an elementwise operation to its operands.
func (s *sweep) pass(f *flow, w ref) {
	t := kindAt(f.op).template
	args := s.t.args[f.args:]
	vs := s.places[:0]
	for _, c := range args[:t.operands] {
		vs = append(vs, s.t.value[c])
	}
	vs = append(vs, args[t.operands:t.operands+t.constants]...)
	vs = append(vs, s.t.value[f.out])
	for i := range t.operands {
		d := &t.slopes[i]
		if d.absent || !s.t.wants[args[i]] {
			continue
		}
		unselected := none
		if u := &t.unselected[i]; !u.absent {
			unselected = u.evaluate(s.b, vs)
		}
		s.contribute(args[i], w, d.evaluate(s.b, vs), t.selects[i], unselected)
	}
	s.places = vs
}

// contribute adds to the adjoint of a cell the product of an adjoint with a derivative. Where selects says so nothing is
// added where the derivative is 0, nor where unselected is not 0.
func (s *sweep) contribute(c cell, w, d ref, selects bool, unselected ref) {
	b := s.b
	if selects && d < 0 && b.number(d) == 0 || unselected != none && unselected < 0 && b.number(unselected) != 0 {
		return
	}
	var v ref
	switch finite := d < 0 && b.number(d)-b.number(d) == 0 && b.number(d) != 0; {
	case finite:
		v = b.mul(w, d)
	case selects && s.chosen(d):
		in, _ := b.made(d)
		v = b.where(in.args[0], s.chosenTimes(w, in.args[1]), s.chosenTimes(w, in.args[2]))
	case s.careful && selects:
		v = b.binary(opSelect, w, d)
	default:
		v = s.times(w, d)
	}
	if s.careful && unselected != none {
		v = b.where(unselected, b.constant(0), v)
	}
	s.give(c, v)
}

// chosen reports whether a derivative is one of two numbers.
func (s *sweep) chosen(d ref) bool {
	in, ok := s.b.made(d)
	return ok && in.op == opWhere && in.args[1] < 0 && in.args[2] < 0
}

// chosenTimes returns the product of an adjoint with one of the two, nothing if that is 0.
func (s *sweep) chosenTimes(w, d ref) ref {
	if s.b.number(d) == 0 {
		return s.b.constant(0)
	}
	return s.times(w, d)
}

// times returns the product of an adjoint with a derivative.
func (s *sweep) times(w, d ref) ref {
	if s.careful {
		return s.b.binary(opChain, w, d)
	}
	return s.b.mul(w, d)
}

// give adds to the adjoint of a cell.
func (s *sweep) give(c cell, v ref) {
	if v < 0 && s.b.number(v) == 0 {
		return
	}
	if a := s.adjoint[c]; a != none {
		v = s.b.add(a, v)
	}
	s.adjoint[c] = v
}

// passByRule passes the adjoints of the elements of a result to the operands, as the rule says.
func (s *sweep) passByRule(r *rule) {
	reached := false
	for _, c := range r.out {
		reached = reached || s.adjoint[c] != none
	}
	if !reached {
		return
	}
	vs := s.places[:0]
	for _, c := range r.inputs {
		vs = append(vs, s.t.value[c])
	}
	for _, c := range r.out {
		w := s.adjoint[c]
		if w == none {
			w = s.b.constant(0)
		}
		vs = append(vs, w)
	}
	for _, v := range r.code.consts {
		vs = append(vs, s.b.constant(v))
	}
	for _, in := range r.code.ins {
		var args [3]ref
		for k := range int(arities[in.op]) {
			args[k] = vs[in.args[k]]
		}
		vs = append(vs, s.emit(in.op, args))
	}
	for i, out := range r.code.outs {
		if s.t.wants[r.to[i]] {
			s.give(r.to[i], vs[out])
		}
	}
	s.places = vs
}

// emit returns the value of an instruction of a rule. In a plain sweep zeros win only where they are known.
func (s *sweep) emit(op opcode, args [3]ref) ref {
	if !s.careful && (op == opChain || op == opSelect) {
		zero := args[0] < 0 && s.b.number(args[0]) == 0 || op == opSelect && args[1] < 0 && s.b.number(args[1]) == 0
		if !zero {
			op = opMul
		}
	}
	return s.b.emit(op, args[0], args[1], args[2])
}
