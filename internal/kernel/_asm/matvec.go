package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// matVec writes the product of a matrix and a vector: dot products of rows, four rows at a time, so that the vector is read once
// for them.
func (t target) matVec() {
	ty := t.goType()
	t.function("matVec", "func(y, a, x []"+ty+", lda int)",
		"matVec"+t.suffix()+" sets y[i] to the product of x and row i of a, whose rows are lda elements apart.")
	y, rows, x, n, lda, i, left, last := reg.RDI, reg.R11, reg.RSI, reg.RDX, reg.R8, reg.R14, reg.R15, reg.RAX
	row := []reg.GPPhysical{reg.RBX, reg.R9, reg.R10, reg.R12}
	ctx.Load(ctx.Param("y").Base(), y)
	ctx.Load(ctx.Param("y").Len(), rows)
	ctx.Load(ctx.Param("a").Base(), row[0])
	ctx.Load(ctx.Param("x").Base(), x)
	ctx.Load(ctx.Param("x").Len(), n)
	ctx.Load(ctx.Param("lda"), lda)
	ctx.SHLQ(operand.U8(log2(t.size())), lda)
	ctx.MOVQ(n, reg.RCX)
	ctx.ANDQ(operand.I32(t.lanes()-1), reg.RCX)
	k := t.tailMask(reg.RCX)
	ctx.MOVQ(n, last)
	ctx.ANDQ(operand.I32(t.lanes()-1), last)
	at := func(base reg.Register, u int) operand.Mem {
		return operand.Mem{Base: base, Index: i, Scale: uint8(t.size()), Disp: u * t.bytes()}
	}
	const unroll = 2
	for _, group := range []int{4, 1} {
		name := fmt.Sprintf("rows%d", group)
		ctx.SUBQ(operand.Imm(uint64(group)), rows)
		ctx.JL(operand.LabelRef(name + "end"))
		ctx.Label(name)
		var acc [4][unroll]vec
		for r := range group {
			if r > 0 {
				ctx.LEAQ(operand.Mem{Base: row[r-1], Index: lda, Scale: 1}, row[r])
			}
			for u := range unroll {
				acc[r][u] = t.zero()
			}
		}
		step := func(u int, k mask) {
			v := t.load(at(x, u), k)
			for r := range group {
				if k.Op != nil {
					t.addTo(acc[r][u], v, t.load(at(row[r], u), k))
				} else {
					t.addTo(acc[r][u], v, at(row[r], u))
				}
			}
		}
		ctx.XORQ(i, i)
		ctx.MOVQ(n, left)
		for _, many := range []int{unroll, 1} {
			loop := fmt.Sprintf("%sby%d", name, many)
			ctx.SUBQ(operand.Imm(uint64(many*t.lanes())), left)
			ctx.JL(operand.LabelRef(loop + "end"))
			ctx.Label(loop)
			for u := range many {
				step(u, mask{})
			}
			ctx.ADDQ(operand.Imm(uint64(many*t.lanes())), i)
			ctx.SUBQ(operand.Imm(uint64(many*t.lanes())), left)
			ctx.JGE(operand.LabelRef(loop))
			ctx.Label(loop + "end")
			ctx.ADDQ(operand.Imm(uint64(many*t.lanes())), left)
		}
		ctx.TESTQ(last, last)
		ctx.JZ(operand.LabelRef(name + "sum"))
		step(0, k)
		ctx.Label(name + "sum")
		for r := range group {
			v := acc[r][0]
			t.emit("VADD*", acc[r][1], v, v)
			t.turns(v, func(other vec) { t.emit("VADD*", other, v, v) })
			m := operand.Mem{Base: y, Disp: r * t.size()}
			if t.double {
				ctx.VMOVSD(v.AsX(), m)
			} else {
				ctx.VMOVSS(v.AsX(), m)
			}
		}
		ctx.ADDQ(operand.Imm(uint64(group*t.size())), y)
		ctx.LEAQ(operand.Mem{Base: row[group-1], Index: lda, Scale: 1}, row[0])
		ctx.SUBQ(operand.Imm(uint64(group)), rows)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(group)), rows)
	}
	t.end()
}
