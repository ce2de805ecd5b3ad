package program

// A pusher is the forward sweep over a tape, in instructions: it carries the tangents of the inputs to all cells that
// depend on them. A tangent that is 0 contributes 0 and nothing is passed on of what was not selected, if the sweep is
// a careful one; see [sweep].
type pusher struct {
	factors
	t       *tape
	tangent []ref // by cell, none where it is 0
	places  []ref
	slopes  [][]slope // by rule, once a tangent has come to one
}

// A slope is the derivative of an element of a rule's result by a cell.
type slope struct {
	out int32 // the element
	by  cell
	d   ref
}

// newPusher returns a sweep that writes to b.
func (t *tape) newPusher(b *builder, careful bool) *pusher {
	return &pusher{factors: factors{b, careful}, t: t, tangent: b.numbers(len(t.value)), places: b.numbers(manyPlaces), slopes: make([][]slope, len(t.rules))}
}

// push carries tangents of the inputs, none for one that is 0, to all cells.
func (p *pusher) push(inputs []ref) {
	for c := range p.tangent {
		p.tangent[c] = none
	}
	for c, v := range inputs {
		if p.t.wants[c] {
			p.tangent[c] = v
		}
	}
	for k := range p.t.steps {
		switch f := &p.t.steps[k]; f.op {
		case 0:
			p.pushByRule(f.out)
		default:
			p.pass(f)
		}
	}
}

// pass gives the result of an elementwise operation what its operands contribute.
func (p *pusher) pass(f *flow) {
	t := kindAt(f.op).template
	args := p.t.args[f.args:]
	vs := p.places[:0]
	for i, c := range args[:t.operands] {
		w := p.tangent[c]
		d := &t.slopes[i]
		if w == none || d.absent {
			continue
		}
		if len(vs) == 0 {
			vs = p.t.placesOf(t, f, vs)
		}
		unselected := none
		if u := &t.unselected[i]; !u.absent {
			unselected = u.evaluate(p.b, vs)
		}
		if v, ok := p.product(w, d.evaluate(p.b, vs), t.selects[i], unselected); ok {
			p.give(f.out, v)
		}
	}
	p.places = vs
}

// give adds to the tangent of a cell.
func (p *pusher) give(c cell, v ref) {
	if v < 0 && p.b.number(v) == 0 {
		return
	}
	if a := p.tangent[c]; a != none {
		v = p.b.add(a, v)
	}
	p.tangent[c] = v
}

// pushByRule gives the elements of a rule's result what its operands contribute.
func (p *pusher) pushByRule(rule int32) {
	r := &p.t.rules[rule]
	reached := false
	for _, c := range r.to {
		reached = reached || p.tangent[c] != none
	}
	if !reached {
		return
	}
	if p.slopes[rule] == nil {
		p.slopes[rule] = p.slopesOf(r)
	}
	for _, s := range p.slopes[rule] {
		if w := p.tangent[s.by]; w != none {
			p.give(r.out[s.out], p.times(w, s.d))
		}
	}
}

// slopesOf returns all derivatives of a rule that are not 0: what it passes on for each unit vector of adjoints.
func (p *pusher) slopesOf(r *rule) []slope {
	var list []slope
	zero, one := p.b.constant(0), p.b.constant(1)
	vs := p.places[:0]
	for _, c := range r.inputs {
		vs = append(vs, p.t.value[c])
	}
	n := len(vs)
	for k := range r.out {
		vs = vs[:n]
		for range r.out {
			vs = append(vs, zero)
		}
		vs[n+k] = one
		vs = p.apply(r, vs)
		for i, out := range r.code.outs {
			if d := vs[out]; p.t.wants[r.to[i]] && (d >= 0 || p.b.number(d) != 0) {
				list = append(list, slope{int32(k), r.to[i], d})
			}
		}
	}
	p.places = vs
	return list
}

// pushes reports whether forward sweeps take no longer to write down than to run: a rule needs a backward sweep for each
// element of its result.
func (t *tape) pushes() bool {
	const most = 1 << 26
	work := 0
	for i := range t.rules {
		r := &t.rules[i]
		size := len(r.code.ins) + len(r.inputs) + len(r.out)
		if size > (most-work)/max(len(r.out), 1) {
			return false
		}
		work += size * len(r.out)
	}
	return true
}
