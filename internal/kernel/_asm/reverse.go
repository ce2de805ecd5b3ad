package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// backwards is the table of the lanes' numbers in reverse order.
func (t target) backwards() operand.Mem {
	var numbers []uint64
	for i := t.lanes() - 1; i >= 0; i-- {
		if t.double {
			numbers = append(numbers, uint64(i))
		} else if i%2 == 1 { // two numbers of 4 bytes
			numbers = append(numbers, uint64(i-1)<<32|uint64(i))
		}
	}
	return words(fmt.Sprintf("backwards%s", t.suffix()), numbers...)
}

// reverse writes the copy of lines in reverse order. The last vector of a line overlaps the one before.
func (t target) reverse() {
	ty := t.goType()
	t.mover("reverse", "func(dst, src *"+ty+", n, lines int)",
		"reverse"+t.suffix()+" sets lines of n elements, a vector at least, to those of src in reverse order. The lines lie one behind the other.")
	dst, src, n, lines, i, left, from := reg.RDI, reg.RSI, reg.RDX, reg.R10, reg.R11, reg.R12, reg.R13
	for i, name := range []string{"dst", "src", "n", "lines"} {
		ctx.Load(ctx.Param(name), []reg.GPPhysical{dst, src, n, lines}[i])
	}
	byTable := t.wide || !t.double // else an instruction has the order in it
	var order vec
	if byTable {
		order = t.load(t.backwards(), mask{})
	}
	reversed := func(m operand.Mem) vec {
		v := t.vec()
		if byTable {
			t.emit("VPERM*", m, order, v)
		} else {
			ctx.VPERMPD(operand.U8(0x1B), m, v)
		}
		return v
	}
	size := uint8(t.size())
	ctx.Label("line")
	ctx.LEAQ(operand.Mem{Base: src, Index: n, Scale: size}, from)
	ctx.XORQ(i, i)
	ctx.MOVQ(n, left)
	for _, u := range []int{4, 1} {
		name := map[int]string{4: "many", 1: "one"}[u]
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), left)
		ctx.JL(operand.LabelRef(name + "end"))
		ctx.Label(name)
		var v [4]vec
		for k := range u {
			v[k] = reversed(operand.Mem{Base: from, Disp: -(k + 1) * t.bytes()})
		}
		for k := range u {
			t.store(v[k], operand.Mem{Base: dst, Index: i, Scale: size, Disp: k * t.bytes()}, mask{})
		}
		ctx.SUBQ(operand.I32(u*t.bytes()), from)
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), i)
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), left)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), left)
	}
	ctx.JZ(operand.LabelRef("next"))
	t.store(reversed(operand.Mem{Base: src}), operand.Mem{Base: dst, Index: n, Scale: size, Disp: -t.bytes()}, mask{})
	ctx.Label("next")
	ctx.LEAQ(operand.Mem{Base: dst, Index: n, Scale: size}, dst)
	ctx.LEAQ(operand.Mem{Base: src, Index: n, Scale: size}, src)
	ctx.DECQ(lines)
	ctx.JNZ(operand.LabelRef("line"))
	t.end()
}
