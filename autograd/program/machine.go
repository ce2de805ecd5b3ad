package program

import "github.com/seed366ff29f/chainrule/graph"

// machine returns the machine that runs a code: a product and a sum in one step, rounded twice as they are, and slots that
// are used again as soon as no step reads what they hold. op is the function that was called, for messages.
func (c *code) machine(op string) *machine {
	scratch := newScratch()
	defer scratch.release()
	first := c.first()
	uses := c.uses(scratch)
	fused, steps := c.fuse(scratch, uses)
	m := &machine{inputs: c.inputs, consts: c.consts, slots: first, steps: make([]step, steps), outs: make([]int32, len(c.outs))}
	slot := scratch.numbers(len(uses)) // by value
	for v := range first {
		slot[v] = int32(v)
	}
	free := scratch.numbers(len(c.ins) + len(operands))
	empty := 0 // how many of free there are
	// read notes that a step reads a value, by 1, or that it has no such operand, by 0, and returns its slot.
	read := func(v, by int32) int32 {
		uses[v] -= by
		free[empty] = slot[v]
		if uses[v] == 0 { // without a jump, which nobody could foretell
			empty++
		}
		return slot[v]
	}
	before := int32(-1) // the slot that the step before has set
	at := 0
	for k := range c.ins {
		if k == c.value {
			m.value = at
		}
		if fused[k] == gone {
			continue
		}
		s := &m.steps[at]
		at++
		in := &c.ins[k]
		op, x, y, z := in.op, in.args[0], in.args[1], in.args[2]
		if f := fused[k]; f != alone {
			op, x, y, z = c.fusion(op, f, x, y)
		}
		takes := &operands[op]
		x, y, z = read(x, takes[0]), read(y, takes[1]), read(z, takes[2])
		if y == before && swaps[op] {
			x, y = y, x
		}
		code := op
		switch {
		case x == before && then[op] != 0:
			code = then[op]
		case z == before && onto[op] != 0:
			code = onto[op]
		}
		if empty > 0 {
			empty--
			before = free[empty]
		} else {
			before = int32(m.slots)
			m.slots++
		}
		slot[first+k] = before
		s[0], s[1], s[2], s[3] = uint32(code)|uint32(before)<<8, uint32(x), uint32(y), uint32(z)
	}
	if c.value == len(c.ins) {
		m.value = at
	}
	if m.slots > maxSlots {
		panic(graph.Errorf(op, graph.ErrLimit, "the program keeps %d numbers at a time, %d are the most: a computation on large tensors is better recorded and swept, or called as a program.Function", m.slots, maxSlots))
	}
	for i, v := range c.outs {
		m.outs[i] = slot[v]
	}
	return m
}

// A fusion says what a machine makes of an instruction.
type fusion = int32

const (
	alone  fusion = iota
	gone          // a part of the sum that uses it
	inLeft        // a sum whose first operand is a product that only it uses
	inRight
)

// uses counts how often a value is read. Inputs, constants and results are never read for the last time, and results not by
// one step only.
func (c *code) uses(s *scratch) []int32 {
	first := c.first()
	uses := s.numbers(first + len(c.ins))
	for k := range c.ins {
		in := &c.ins[k]
		takes := &operands[in.op]
		uses[in.args[0]] += takes[0]
		uses[in.args[1]] += takes[1]
		uses[in.args[2]] += takes[2]
	}
	for v := range first {
		uses[v] = 1 << 30
	}
	for _, v := range c.outs {
		uses[v] += 2
	}
	return uses
}

// operands has 1 for the operands that opcodes take.
var operands = func() (takes [numOpcodes][3]int32) {
	for op := range takes {
		for i := range arities[op] {
			takes[op][i] = 1
		}
	}
	return takes
}()

// fuse says of each instruction what a machine makes of it, and how many steps that are. It adds to uses what steps read
// besides.
func (c *code) fuse(s *scratch, uses []int32) (fused []fusion, steps int) {
	first := int32(c.first())
	fused = s.numbers(len(c.ins))
	steps = len(c.ins)
	product := func(v int32) bool {
		if uses[v] != 1 || v < first {
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
		steps--
		if square := &c.ins[p-first]; square.op == opSquare {
			uses[square.args[0]]++ // it is both factors now
		}
	}
	return fused, steps
}

// fusion returns a sum of x and y as a machine has it, with values in place of slots.
func (c *code) fusion(sum opcode, f fusion, x, y int32) (op opcode, a, b, rest int32) {
	if f == inLeft {
		x, y = y, x
	}
	op = opMulAdd
	switch {
	case sum == opSub && f == inRight:
		op = opSubMul
	case sum == opSub:
		op = opMulSub
	}
	p := &c.ins[y-int32(c.first())]
	a, b = p.args[0], p.args[1]
	if p.op == opSquare {
		b = a
	}
	return op, a, b, x
}

// swaps are the opcodes whose first two operands may change places.
var swaps = [numOpcodes]bool{opAdd: true, opMul: true, opMulAdd: true, opMulSub: true, opSubMul: true, opMaximum: true, opMinimum: true}

// then has the opcodes of steps whose first operand is what the step before has computed, and onto those whose last one is.
var (
	then = [numOpcodes]opcode{
		opAdd: opThenAdd, opSub: opThenSub, opMul: opThenMul, opDiv: opThenDiv, opNeg: opThenNeg, opSquare: opThenSquare,
		opReciprocal: opThenReciprocal, opMulAdd: opThenMulAdd, opMulSub: opThenMulSub, opSubMul: opThenSubMul,
	}
	onto = [numOpcodes]opcode{opMulAdd: opOntoMulAdd, opMulSub: opOntoMulSub, opSubMul: opOntoSubMul}
)
