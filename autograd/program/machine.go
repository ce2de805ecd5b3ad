package program

import "github.com/seed366ff29f/chainrule/graph"

// machine returns the machine that runs a code: a product and a sum in one step, rounded twice as they are, and slots that
// are used again as soon as no step reads what they hold. op is the function that was called, for messages.
func (c *code) machine(op string) *machine {
	first := int32(c.first())
	fused := c.fuse()
	// The last step that reads a value. What the code returns is read when all is done.
	last := make([]int32, len(c.ins))
	steps := 0
	for k := range c.ins {
		if fused[k] == gone {
			continue
		}
		s := c.step(k, fused[k])
		steps++
		for _, v := range s.args[:arities[s.op]] {
			if v >= first {
				last[v-first] = int32(k)
			}
		}
	}
	for _, v := range c.outs {
		if v >= first {
			last[v-first] = int32(len(c.ins))
		}
	}
	m := &machine{inputs: c.inputs, consts: c.consts, slots: int(first), steps: make([]step, 0, steps)}
	slot := make([]int32, len(c.ins))
	var free []int32
	before := int32(-1) // the slot that the step before has set
	for k := range c.ins {
		if k == c.value {
			m.value = len(m.steps)
		}
		if fused[k] == gone {
			continue
		}
		s := c.step(k, fused[k])
		args := s.args[:arities[s.op]]
		for i, v := range args {
			if v < first {
				continue
			}
			args[i] = slot[v-first]
			if last[v-first] == int32(k) {
				last[v-first] = -1 // an operand that is there twice ends once
				free = append(free, args[i])
			}
		}
		if len(args) > 1 && args[1] == before && swaps[s.op] {
			args[0], args[1] = args[1], args[0]
		}
		if n := len(free); n > 0 {
			slot[k] = free[n-1]
			free = free[:n-1]
		} else {
			slot[k] = int32(m.slots)
			m.slots++
		}
		before = slot[k]
		w := step{uint32(s.op) | uint32(slot[k])<<8}
		for i, v := range args {
			w[1+i] = uint32(v)
		}
		m.steps = append(m.steps, w)
	}
	if c.value == len(c.ins) {
		m.value = len(m.steps)
	}
	if m.slots > maxSlots {
		panic(graph.Errorf(op, graph.ErrLimit, "the program keeps %d numbers at a time, %d are the most: a computation on large tensors is better recorded and swept, or called as a program.Function", m.slots, maxSlots))
	}
	m.outs = make([]int32, len(c.outs))
	for i, v := range c.outs {
		if v >= first {
			v = slot[v-first]
		}
		m.outs[i] = v
	}
	return m
}

// A fusion says what a machine makes of an instruction.
type fusion uint8

const (
	alone  fusion = iota
	gone          // a part of the sum that uses it
	inLeft        // a sum whose first operand is a product that only it uses
	inRight
)

// fuse says of each instruction what a machine makes of it.
func (c *code) fuse() []fusion {
	first := int32(c.first())
	uses := make([]uint8, len(c.ins)) // 2 for more
	for i := range c.ins {
		in := &c.ins[i]
		for _, v := range in.args[:arities[in.op]] {
			if v >= first && uses[v-first] < 2 {
				uses[v-first]++
			}
		}
	}
	for _, v := range c.outs {
		if v >= first {
			uses[v-first] = 2
		}
	}
	fused := make([]fusion, len(c.ins))
	product := func(v int32) bool {
		if v < first || uses[v-first] != 1 {
			return false
		}
		op := c.ins[v-first].op
		return op == opMul || op == opSquare
	}
	for k := range c.ins {
		in := &c.ins[k]
		if in.op != opAdd && in.op != opSub {
			continue
		}
		switch x, y := in.args[0], in.args[1]; {
		case product(y):
			fused[k], fused[y-first] = inRight, gone
		case product(x):
			fused[k], fused[x-first] = inLeft, gone
		}
	}
	return fused
}

// step returns instruction k as a machine has it, with values in place of slots.
func (c *code) step(k int, f fusion) instruction {
	in := c.ins[k]
	if f == alone {
		return in
	}
	x, y := in.args[0], in.args[1]
	if f == inLeft {
		x, y = y, x
	}
	op := opMulAdd
	switch {
	case in.op == opSub && f == inRight:
		op = opSubMul
	case in.op == opSub:
		op = opMulSub
	}
	p := &c.ins[y-int32(c.first())]
	a, b := p.args[0], p.args[1]
	if p.op == opSquare {
		b = a
	}
	return instruction{op, [3]int32{a, b, x}}
}

// swaps are the opcodes whose first two operands may change places.
var swaps = [numOpcodes]bool{opAdd: true, opMul: true, opMulAdd: true, opMulSub: true, opSubMul: true, opMaximum: true, opMinimum: true}
