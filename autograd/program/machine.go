package program

// machine returns the machine that runs a code: two instructions in one where that needs no other number of roundings, and
// slots that are used again as soon as no step reads what they hold.
func (c *code) machine() *machine {
	steps, value := c.fused()
	m := &machine{inputs: c.inputs, consts: c.consts, value: value, slots: c.first(), outs: make([]int32, len(c.outs))}
	first := int32(c.first())
	// The last step that reads a value; outs are read when all is done.
	last := make([]int32, len(c.ins))
	for k := range steps {
		s := &steps[k]
		operands := [...]int32{s.a, s.b, s.c}
		for _, v := range operands[:arities[s.op]] {
			if v >= first {
				last[v-first] = int32(k)
			}
		}
	}
	for _, v := range c.outs {
		if v >= first {
			last[v-first] = int32(len(steps))
		}
	}
	slot := make([]int32, len(c.ins))
	var free []int32
	for k := range steps {
		s := &steps[k]
		operands := [...]*int32{&s.a, &s.b, &s.c}
		for _, p := range operands[:arities[s.op]] {
			v := *p
			if v < first {
				continue
			}
			*p = slot[v-first]
			if last[v-first] == int32(k) {
				last[v-first] = -1 // an operand that is there twice ends once
				free = append(free, *p)
			}
		}
		n := len(free)
		if n == 0 {
			free = append(free, int32(m.slots))
			m.slots++
			n = 1
		}
		v := s.dst - first
		slot[v] = free[n-1]
		s.dst = slot[v]
		free = free[:n-1]
	}
	for i, v := range c.outs {
		if v >= first {
			v = slot[v-first]
		}
		m.outs[i] = v
	}
	m.steps = steps
	return m
}

// fused returns the steps of a code, with values in place of slots, and how many of them compute y. A product that a sum
// alone uses becomes a part of it.
func (c *code) fused() (steps []step, value int) {
	first := int32(c.first())
	uses := make([]uint8, len(c.ins)) // 2 for more
	use := func(v int32) {
		if v >= first && uses[v-first] < 2 {
			uses[v-first]++
		}
	}
	for _, in := range c.ins {
		for _, v := range in.args[:arities[in.op]] {
			use(v)
		}
	}
	for _, v := range c.outs {
		use(v)
		use(v)
	}
	product := func(v int32) (a, b int32, ok bool) {
		if v < first || uses[v-first] != 1 {
			return 0, 0, false
		}
		switch in := &c.ins[v-first]; in.op {
		case opMul:
			return in.args[0], in.args[1], true
		case opSquare:
			return in.args[0], in.args[0], true
		}
		return 0, 0, false
	}
	steps = make([]step, 0, len(c.ins))
	gone := make([]bool, len(c.ins))
	for k := range c.ins {
		in := &c.ins[k]
		x, y := in.args[0], in.args[1]
		s := step{in.op, first + int32(k), x, y, in.args[2]}
		switch in.op {
		case opAdd:
			if a, b, ok := product(y); ok {
				s.op, s.a, s.b, s.c = opMulAdd, a, b, x
				gone[y-first] = true
			} else if a, b, ok := product(x); ok {
				s.op, s.a, s.b, s.c = opMulAdd, a, b, y
				gone[x-first] = true
			}
		case opSub:
			if a, b, ok := product(y); ok {
				s.op, s.a, s.b, s.c = opSubMul, a, b, x
				gone[y-first] = true
			} else if a, b, ok := product(x); ok {
				s.op, s.a, s.b, s.c = opMulSub, a, b, y
				gone[x-first] = true
			}
		}
		steps = append(steps, s)
	}
	kept := steps[:0]
	for k, s := range steps {
		if k == c.value {
			value = len(kept)
		}
		if !gone[k] {
			kept = append(kept, s)
		}
	}
	if c.value >= len(steps) {
		value = len(kept)
	}
	return kept, value
}
