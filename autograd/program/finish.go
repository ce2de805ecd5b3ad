package program

// finish returns the code that computes the values outs, without what they do not need. The first of the builder's
// instructions, so many as value says, compute the results, the others derivatives.
func (b *builder) finish(outs []ref, value int) *code {
	used := make([]bool, len(b.ins))
	usedConst := make([]bool, len(b.consts))
	use := func(r ref) {
		if r < 0 {
			usedConst[-1-r] = true
		} else if r >= b.inputs {
			used[r-b.inputs] = true
		}
	}
	for _, r := range outs {
		use(r)
	}
	for k := len(b.ins) - 1; k >= 0; k-- {
		if used[k] {
			in := &b.ins[k]
			for _, r := range in.args[:arities[in.op]] {
				use(r)
			}
		}
	}
	c := &code{inputs: int(b.inputs)}
	constants := make([]int32, len(b.consts)) // their new numbers
	for k, v := range b.consts {
		if usedConst[k] {
			constants[k] = b.inputs + int32(len(c.consts))
			c.consts = append(c.consts, v)
		}
	}
	count := 0
	for _, u := range used {
		if u {
			count++
		}
	}
	c.ins = make([]instruction, 0, count)
	numbers := make([]int32, len(b.ins))
	number := func(r ref) int32 {
		switch {
		case r < 0:
			return constants[-1-r]
		case r < b.inputs:
			return r
		}
		return numbers[r-b.inputs]
	}
	first := int32(c.first())
	for k := range b.ins {
		if k == value {
			c.value = len(c.ins)
		}
		if !used[k] {
			continue
		}
		in := b.ins[k]
		for i := range in.args[:arities[in.op]] {
			in.args[i] = number(in.args[i])
		}
		numbers[k] = first + int32(len(c.ins))
		c.ins = append(c.ins, in)
	}
	if value >= len(b.ins) {
		c.value = len(c.ins)
	}
	c.outs = make([]int32, len(outs))
	for i, r := range outs {
		c.outs[i] = number(r)
	}
	return c
}
