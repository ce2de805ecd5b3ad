package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// maxWindows writes the largest elements of windows that overlap, each one column further. The last vector of a row of windows is
// written under a mask with AVX-512; with AVX2, where masks are slow, it overlaps the one before.
func (t target) maxWindows() {
	ty := t.goType()
	t.mover("maxWindows", "func(y, which, x *"+ty+", cols, width, kh, kw int, skip "+ty+")",
		"maxWindows"+t.suffix()+" sets cols elements of y, a vector at least with AVX2, to the largest elements of windows of kh×kw elements of x, "+
			"each of which begins one element further. Rows of x are width elements apart. Which is set to where the largest stand in their windows, p·width+q, or to "+
			"-1 for several of them, or NaN. Skip is width-kw.")
	y, which, x, cols, width, kh, kw := reg.RDI, reg.RSI, reg.RDX, reg.R8, reg.R9, reg.R10, reg.R11
	for i, name := range []string{"y", "which", "x", "cols", "width", "kh", "kw"} {
		ctx.Load(ctx.Param(name), []reg.GPPhysical{y, which, x, cols, width, kh, kw}[i])
	}
	param, err := ctx.Param("skip").Resolve()
	if err != nil {
		panic(err)
	}
	skip := t.broadcast(param.Addr)
	one, none, least := t.set(t.num(1)), t.set(t.num(-1)), t.set(t.num(math.Inf(-1)))
	ctx.SHLQ(operand.U8(log2(t.size())), width)
	last := mask{}
	if t.wide {
		ctx.MOVQ(cols, reg.RCX)
		ctx.ANDQ(operand.I32(t.lanes()-1), reg.RCX)
		last = t.tailMask(reg.RCX)
	}

	i, left, p, q, row, at := reg.R12, reg.R13, reg.RBX, reg.R15, reg.RCX, reg.RAX
	step := func(name string, k mask) {
		place := func(base reg.Register) operand.Mem {
			return operand.Mem{Base: base, Index: i, Scale: uint8(t.size())}
		}
		m, offset, here := t.copy(least), t.copy(none), t.zero()
		var nan cond
		if t.wide {
			k := ctx.K()
			ctx.KXORW(k, k, k)
			nan = cond{k}
		} else {
			nan = cond{t.zero()}
		}
		ctx.LEAQ(place(x), row)
		ctx.MOVQ(kh, p)
		ctx.Label(name + "row")
		ctx.MOVQ(row, at)
		ctx.MOVQ(kw, q)
		ctx.Label(name + "column")
		v := t.load(operand.Mem{Base: at}, k)
		larger, same, unordered := t.cmp(gt, v, m), t.cmp(eq, v, m), t.cmp(uno, v, v)
		if t.wide {
			ctx.KORW(unordered.Op, nan.Op, nan.Op)
		} else {
			t.emit("VOR*", unordered.Op, nan.Op, nan.Op)
		}
		t.emit("VMOVAPS", t.blend(same, none, offset), offset)
		t.emit("VMOVAPS", t.blend(larger, here, offset), offset)
		t.emit("VMOVAPS", t.blend(larger, v, m), m)
		t.emit("VADD*", one, here, here)
		ctx.ADDQ(operand.Imm(uint64(t.size())), at)
		ctx.DECQ(q)
		ctx.JNZ(operand.LabelRef(name + "column"))
		t.emit("VADD*", skip, here, here)
		ctx.ADDQ(width, row)
		ctx.DECQ(p)
		ctx.JNZ(operand.LabelRef(name + "row"))
		t.store(t.blend(nan, t.set(t.num(math.NaN())), m), place(y), k)
		t.store(t.blend(nan, none, offset), place(which), k)
	}
	ctx.XORQ(i, i)
	ctx.MOVQ(cols, left)
	ctx.SUBQ(operand.U8(t.lanes()), left)
	ctx.JL(operand.LabelRef("rest"))
	ctx.Label("loop")
	step("whole", mask{})
	ctx.ADDQ(operand.U8(t.lanes()), i)
	ctx.SUBQ(operand.U8(t.lanes()), left)
	ctx.JGE(operand.LabelRef("loop"))
	ctx.Label("rest")
	ctx.ADDQ(operand.U8(t.lanes()), left)
	ctx.JZ(operand.LabelRef("end"))
	if !t.wide {
		ctx.LEAQ(operand.Mem{Base: cols, Disp: -t.lanes()}, i)
	}
	step("last", last)
	ctx.Label("end")
	t.end()
}
