package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packRows returns how many rows a transposing copy takes at a time: as many as an AVX2 vector has elements.
func (t target) packRows() int { return 32 / t.size() }

// pack writes the transposing copies, for every number of rows.
func (t target) pack() {
	for r := 1; r <= t.packRows(); r++ {
		t.packFor(r)
	}
}

// panel writes the function that copies rows of two vectors to where they follow each other.
func (t target) panel() {
	ty := t.goType()
	t.function("panel", fmt.Sprintf("func(dst, b *%s, ldb uintptr, k int)", ty),
		fmt.Sprintf("panel%s copies k rows of two vectors, ldb bytes apart, without gaps.", t.suffix()))
	dst, b, ldb, k := reg.RDI, reg.RSI, reg.R8, reg.RDX
	ctx.Load(ctx.Param("dst"), dst)
	ctx.Load(ctx.Param("b"), b)
	ctx.Load(ctx.Param("ldb"), ldb)
	ctx.Load(ctx.Param("k"), k)
	// Rows far apart are new to the processor's own prefetching.
	ahead := reg.R9
	ctx.LEAQ(operand.Mem{Base: b, Index: ldb, Scale: 8}, ahead)
	ctx.Label("loop")
	for j := range 2 {
		ctx.PREFETCHT0(operand.Mem{Base: ahead, Disp: j * t.bytes()})
	}
	v0, v1 := t.load(operand.Mem{Base: b}, mask{}), t.load(operand.Mem{Base: b, Disp: t.bytes()}, mask{})
	t.store(v0, operand.Mem{Base: dst}, mask{})
	t.store(v1, operand.Mem{Base: dst, Disp: t.bytes()}, mask{})
	ctx.ADDQ(ldb, b)
	ctx.ADDQ(ldb, ahead)
	ctx.ADDQ(operand.Imm(uint64(2*t.bytes())), dst)
	ctx.DECQ(k)
	ctx.JNZ(operand.LabelRef("loop"))
	t.end()
}

// packA writes the function that copies rows of six elements, as many as a tile of AVX2 has rows, to where they follow each other.
func (t target) packA() {
	ty := t.goType()
	t.function("packA", fmt.Sprintf("func(dst, b *%s, ldb uintptr, k int)", ty),
		fmt.Sprintf("packA%s copies k rows of %d elements, ldb bytes apart, without gaps.", t.suffix(), t.gemmRows()))
	dst, b, ldb, k := reg.RDI, reg.RSI, reg.R8, reg.RDX
	ctx.Load(ctx.Param("dst"), dst)
	ctx.Load(ctx.Param("b"), b)
	ctx.Load(ctx.Param("ldb"), ldb)
	ctx.Load(ctx.Param("k"), k)
	ahead := reg.R9
	ctx.LEAQ(operand.Mem{Base: b, Index: ldb, Scale: 8}, ahead)
	v, w := ctx.YMM(), ctx.YMM()
	ctx.Label("loop")
	ctx.PREFETCHT0(operand.Mem{Base: ahead})
	if t.double {
		ctx.VMOVUPD(operand.Mem{Base: b}, v)
		ctx.VMOVUPD(operand.Mem{Base: b, Disp: 32}, w.AsX())
		ctx.VMOVUPD(v, operand.Mem{Base: dst})
		ctx.VMOVUPD(w.AsX(), operand.Mem{Base: dst, Disp: 32})
	} else {
		ctx.VMOVUPS(operand.Mem{Base: b}, v.AsX())
		ctx.VMOVSD(operand.Mem{Base: b, Disp: 16}, w.AsX())
		ctx.VMOVUPS(v.AsX(), operand.Mem{Base: dst})
		ctx.VMOVSD(w.AsX(), operand.Mem{Base: dst, Disp: 16})
	}
	ctx.ADDQ(ldb, b)
	ctx.ADDQ(ldb, ahead)
	ctx.ADDQ(operand.Imm(uint64(t.gemmRows()*t.size())), dst)
	ctx.DECQ(k)
	ctx.JNZ(operand.LabelRef("loop"))
	t.end()
}

func (t target) packName(rows int) string { return fmt.Sprintf("pack%d", rows) }

// packFor writes a function that transposes rows rows of b, ldb bytes apart, into k rows of dst, ldd bytes apart, which are as
// long as an AVX2 vector: the elements beyond rows are zeros. Four columns are done at a time. An AVX2 register holds four
// elements of row i and four of row i+4 (in double precision two, of rows i and i+2), so no shuffle has to cross its middle.
func (t target) packFor(rows int) {
	ty := t.goType()
	t.function(t.packName(rows), fmt.Sprintf("func(dst *%s, ldd uintptr, b *%s, ldb uintptr, k int)", ty, ty),
		fmt.Sprintf("%s%s transposes %d rows.", t.packName(rows), t.suffix(), rows))
	dst, ldd, ldd3, b, k := reg.RDI, reg.R8, reg.R9, reg.RSI, reg.RDX
	rs, rs3, rs5, rs7 := reg.R10, reg.R11, reg.R12, reg.R13
	ctx.Load(ctx.Param("dst"), dst)
	ctx.Load(ctx.Param("ldd"), ldd)
	ctx.Load(ctx.Param("b"), b)
	ctx.Load(ctx.Param("ldb"), rs)
	ctx.Load(ctx.Param("k"), k)
	ctx.LEAQ(operand.Mem{Base: ldd, Index: ldd, Scale: 2}, ldd3)
	ctx.LEAQ(operand.Mem{Base: rs, Index: rs, Scale: 2}, rs3)
	ctx.LEAQ(operand.Mem{Base: rs, Index: rs, Scale: 4}, rs5)
	ctx.LEAQ(operand.Mem{Base: rs3, Index: rs, Scale: 4}, rs7)
	row := func(i int) operand.Mem {
		return [...]operand.Mem{
			{Base: b},
			{Base: b, Index: rs, Scale: 1},
			{Base: b, Index: rs, Scale: 2},
			{Base: b, Index: rs3, Scale: 1},
			{Base: b, Index: rs, Scale: 4},
			{Base: b, Index: rs5, Scale: 1},
			{Base: b, Index: rs3, Scale: 2},
			{Base: b, Index: rs7, Scale: 1},
		}[i]
	}
	out := func(i int) operand.Mem {
		return [...]operand.Mem{
			{Base: dst},
			{Base: dst, Index: ldd, Scale: 1},
			{Base: dst, Index: ldd, Scale: 2},
			{Base: dst, Index: ldd3, Scale: 1},
		}[i]
	}
	half := t.packRows() / 2
	// both returns a register with 16 bytes of row i, and of row i+half in the upper half.
	both := func(i, disp int) reg.VecVirtual {
		v := ctx.YMM()
		if i >= rows {
			ctx.VXORPS(v, v, v)
			return v
		}
		ctx.VMOVUPS(row(i).Offset(disp), v.AsX())
		if i+half < rows {
			ctx.VINSERTF128(operand.U8(1), row(i+half).Offset(disp), v, v)
		}
		return v
	}
	unpack := func(name string, x, y reg.VecVirtual) reg.VecVirtual {
		v := ctx.YMM()
		t.emit(name, y, x, v)
		return v
	}

	ctx.SUBQ(operand.U8(4), k)
	ctx.JL(operand.LabelRef("tail"))
	ctx.Label("loop")
	if t.double {
		for c := 0; c < 4; c += 2 {
			v0, v1 := both(0, 8*c), both(1, 8*c)
			ctx.VMOVUPD(unpack("VUNPCKLPD", v0, v1), out(c))
			ctx.VMOVUPD(unpack("VUNPCKHPD", v0, v1), out(c+1))
		}
	} else {
		v0, v1, v2, v3 := both(0, 0), both(1, 0), both(2, 0), both(3, 0)
		lo01, hi01 := unpack("VUNPCKLPS", v0, v1), unpack("VUNPCKHPS", v0, v1)
		lo23, hi23 := unpack("VUNPCKLPS", v2, v3), unpack("VUNPCKHPS", v2, v3)
		ctx.VMOVUPS(unpack("VUNPCKLPD", lo01, lo23), out(0))
		ctx.VMOVUPS(unpack("VUNPCKHPD", lo01, lo23), out(1))
		ctx.VMOVUPS(unpack("VUNPCKLPD", hi01, hi23), out(2))
		ctx.VMOVUPS(unpack("VUNPCKHPD", hi01, hi23), out(3))
	}
	ctx.ADDQ(operand.U8(4*t.size()), b)
	ctx.LEAQ(operand.Mem{Base: dst, Index: ldd, Scale: 4}, dst)
	ctx.SUBQ(operand.U8(4), k)
	ctx.JGE(operand.LabelRef("loop"))
	ctx.Label("tail")
	ctx.ADDQ(operand.U8(4), k)
	ctx.JZ(operand.LabelRef("done"))
	ctx.Label("single")
	zero := ctx.YMM()
	ctx.VXORPS(zero, zero, zero)
	ctx.VMOVUPS(zero, operand.Mem{Base: dst})
	for i := range rows {
		if t.double {
			ctx.MOVQ(row(i), reg.RAX)
			ctx.MOVQ(reg.RAX, operand.Mem{Base: dst, Disp: 8 * i})
		} else {
			ctx.MOVL(row(i), reg.EAX)
			ctx.MOVL(reg.EAX, operand.Mem{Base: dst, Disp: 4 * i})
		}
	}
	ctx.ADDQ(operand.U8(t.size()), b)
	ctx.ADDQ(ldd, dst)
	ctx.DECQ(k)
	ctx.JNZ(operand.LabelRef("single"))
	ctx.Label("done")
	t.end()
}
