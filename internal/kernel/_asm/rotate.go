package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rotate writes the chain of rotations of neighbouring rows. The row that a rotation shares with the next stays in registers, so
// that each reads one row and writes one.
func (t target) rotate() {
	t.function("rotate", "func(z *float64, ld uintptr, cols int, cs *float64, count int)",
		"rotate"+t.suffix()+" applies count rotations (c, s) to cols columns of rows that are ld bytes apart: the first to the first two rows.")
	z, ld, cols, cs, count := reg.RDI, reg.R8, reg.RDX, reg.RSI, reg.R9
	for i, name := range []string{"z", "ld", "cols", "cs", "count"} {
		ctx.Load(ctx.Param(name), []reg.GPPhysical{z, ld, cols, cs, count}[i])
	}
	row, pair, left := reg.R10, reg.R11, reg.R12
	// strip writes the chain for u vectors.
	strip := func(name string, u int, last mask) {
		var carry [4]vec
		ctx.MOVQ(z, row)
		ctx.MOVQ(cs, pair)
		ctx.MOVQ(count, left)
		at := func(k int) operand.Mem { return operand.Mem{Base: row, Disp: k * t.bytes()} }
		for k := range u {
			carry[k] = t.load(at(k), last)
		}
		ctx.Label(name)
		c, s := t.broadcast(operand.Mem{Base: pair}), t.broadcast(operand.Mem{Base: pair, Disp: 8})
		for k := range u {
			next := operand.Mem{Base: row, Index: ld, Scale: 1, Disp: k * t.bytes()}
			y, first, second := t.load(next, last), t.vec(), t.vec()
			t.emit("VMUL*", carry[k], c, first)
			t.emit("VMUL*", y, c, second)
			t.emit("VFMADD231*", y, s, first)
			t.emit("VFNMADD231*", carry[k], s, second)
			t.store(first, at(k), last)
			t.emit("VMOVAPD", second, carry[k])
		}
		ctx.ADDQ(ld, row)
		ctx.ADDQ(operand.U8(16), pair)
		ctx.DECQ(left)
		ctx.JNZ(operand.LabelRef(name))
		for k := range u {
			t.store(carry[k], at(k), last)
		}
	}
	for u := 4; ; u = 1 {
		name := map[int]string{4: "many", 1: "one"}[u]
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), cols)
		ctx.JL(operand.LabelRef(name + "end"))
		ctx.Label(name)
		strip(name+"rotation", u, mask{})
		ctx.ADDQ(operand.I32(u*t.bytes()), z)
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), cols)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), cols)
		if u == 1 {
			break
		}
	}
	ctx.JZ(operand.LabelRef("done"))
	ctx.MOVQ(cols, reg.RCX)
	strip("tailrotation", 1, t.tailMask(reg.RCX))
	ctx.Label("done")
	t.end()
}
