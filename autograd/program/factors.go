package program

// A factors multiplies adjoints, and tangents, with derivatives; see [sweep] for what a careful one does.
type factors struct {
	b       *builder
	careful bool
}

// product returns the product of an adjoint with a derivative. Where selects says so nothing is passed on where the
// derivative is 0, nor where unselected is not 0; ok is false if that is so everywhere.
func (f *factors) product(w, d ref, selects bool, unselected ref) (v ref, ok bool) {
	b := f.b
	if selects && d < 0 && b.number(d) == 0 || unselected != none && unselected < 0 && b.number(unselected) != 0 {
		return none, false
	}
	switch finite := d < 0 && b.number(d)-b.number(d) == 0 && b.number(d) != 0; {
	case finite:
		v = b.mul(w, d)
	case selects && f.chosen(d):
		in, _ := b.made(d)
		v = b.where(in.args[0], f.chosenTimes(w, in.args[1]), f.chosenTimes(w, in.args[2]))
	case f.careful && selects:
		v = b.binary(opSelect, w, d)
	default:
		v = f.times(w, d)
	}
	if f.careful && unselected != none {
		v = b.where(unselected, b.constant(0), v)
	}
	return v, true
}

// chosen reports whether a derivative is one of two numbers.
func (f *factors) chosen(d ref) bool {
	in, ok := f.b.made(d)
	return ok && in.op == opWhere && in.args[1] < 0 && in.args[2] < 0
}

// chosenTimes returns the product of an adjoint with one of the two, nothing if that is 0.
func (f *factors) chosenTimes(w, d ref) ref {
	if f.b.number(d) == 0 {
		return f.b.constant(0)
	}
	return f.times(w, d)
}

// times returns the product of an adjoint with a derivative.
func (f *factors) times(w, d ref) ref {
	if f.careful {
		return f.b.binary(opChain, w, d)
	}
	return f.b.mul(w, d)
}

// emit returns the value of an instruction of a rule. In a plain sweep zeros win only where they are known.
func (f *factors) emit(op opcode, x, y, z ref) ref {
	if !f.careful && (op == opChain || op == opSelect) {
		zero := x < 0 && f.b.number(x) == 0 || op == opSelect && y < 0 && f.b.number(y) == 0
		if !zero {
			op = opMul
		}
	}
	return f.b.emit(op, x, y, z)
}

// apply appends to the values of a rule's inputs and adjoints those that its code computes.
func (f *factors) apply(r *rule, vs []ref) []ref {
	for _, v := range r.code.consts {
		vs = append(vs, f.b.constant(v))
	}
	for k := range r.code.ins {
		in := &r.code.ins[k]
		x, y, z := vs[in.args[0]], ref(0), ref(0)
		if n := arities[in.op]; n > 1 {
			y = vs[in.args[1]]
			if n > 2 {
				z = vs[in.args[2]]
			}
		}
		vs = append(vs, f.emit(in.op, x, y, z))
	}
	return vs
}
