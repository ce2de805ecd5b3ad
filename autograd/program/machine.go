package program

import "github.com/seed366ff29f/chainrule/graph"

// machine returns the machine that runs a code: a product and a sum in one step, rounded twice as they are, and slots that
// are used again as soon as no step reads what they hold. op is the function that was called, for messages.
func (c *code) machine(op string) *machine {
	first := int32(c.first())
	fused, uses := c.fuse()
	steps := 0
	for _, f := range fused {
		if f != gone {
			steps++
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
			if uses[v-first]--; uses[v-first] == 0 {
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

// fuse says of each instruction what a machine makes of it, and how often steps read its value, or the caller in the end.
func (c *code) fuse() (fused []fusion, uses []int32) {
	first := int32(c.first())
	uses = make([]int32, len(c.ins))
	for i := range c.ins {
		in := &c.ins[i]
		for _, v := range in.args[:arities[in.op]] {
			if v >= first {
				uses[v-first]++
			}
		}
	}
	for _, v := range c.outs {
		if v >= first {
			uses[v-first] += 2 // never read for the last time, nor by one step only
		}
	}
	fused = make([]fusion, len(c.ins))
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
		p := in.args[1]
		switch {
		case product(p):
			fused[k] = inRight
		case product(in.args[0]):
			p = in.args[0]
			fused[k] = inLeft
		default:
			continue
		}
		fused[p-first] = gone
		if square := &c.ins[p-first]; square.op == opSquare && square.args[0] >= first {
			uses[square.args[0]-first]++ // it is both factors now
		}
	}
	return fused, uses
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
