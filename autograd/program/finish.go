package program

// finish returns the code that computes the values outs, without what they do not need. The first of the builder's
// instructions, so many as value says, compute the results, the others derivatives.
//
// Operands that an instruction does not take are 0. They are treated as others: input 0 is there in any case, and a program
// without inputs has no instructions.
func (b *builder) finish(outs []ref, value int) *code {
	constants := len(b.consts)
	numbers := b.numbers(constants + len(b.values)) // by constants+ref: first 1 for what is needed, then the number in the code
	for _, r := range outs {
		numbers[constants+int(r)] = 1
	}
	count := 0
	for r := len(b.values) - 1; r >= int(b.inputs); r-- {
		if numbers[constants+r] == 0 {
			continue
		}
		count++
		v := &b.values[r]
		numbers[constants+int(v.args[0])] = 1
		numbers[constants+int(v.args[1])] = 1
		numbers[constants+int(v.args[2])] = 1
	}
	c := &code{inputs: int(b.inputs), consts: make([]float64, 0, constants), ins: make([]instruction, count), outs: make([]int32, len(outs))}
	for r := range b.inputs {
		numbers[constants+int(r)] = r
	}
	for k, v := range b.consts {
		if n := &numbers[constants-1-k]; *n != 0 {
			*n = int32(c.first())
			c.consts = append(c.consts, v)
		}
	}
	first := c.first()
	at := 0
	for r := int(b.inputs); r < len(b.values); r++ {
		if r-int(b.inputs) == value {
			c.value = at
		}
		if numbers[constants+r] == 0 {
			continue
		}
		v, in := &b.values[r], &c.ins[at]
		in.op = v.op
		in.args[0] = numbers[constants+int(v.args[0])]
		in.args[1] = numbers[constants+int(v.args[1])]
		in.args[2] = numbers[constants+int(v.args[2])]
		numbers[constants+r] = int32(first + at)
		at++
	}
	if value >= b.count() {
		c.value = at
	}
	for i, r := range outs {
		c.outs[i] = numbers[constants+int(r)]
	}
	return c
}
