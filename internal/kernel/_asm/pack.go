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

// panels are how many panels of B, two vectors wide, are copied at a time.
var panels = []int{1, 4}

func (t target) panelName(n int) string { return fmt.Sprintf("panel%d", n) }

// panel writes the function that copies rows of n panels to where the rows of each panel follow each other. A row is read in one
// go: rows are often far apart, in other pages of memory, and what a visit of one costs is shared by the panels.
func (t target) panel(n int) {
	ty := t.goType()
	t.mover(t.panelName(n), fmt.Sprintf("func(dst, b *%s, ldb uintptr, k int)", ty),
		fmt.Sprintf("%s%s copies k rows of %d panels, ldb bytes apart, panel by panel without gaps.", t.panelName(n), t.suffix(), n))
	dst, b, ldb, k := reg.RDI, reg.RSI, reg.R8, reg.RDX
	ctx.Load(ctx.Param("dst"), dst)
	ctx.Load(ctx.Param("b"), b)
	ctx.Load(ctx.Param("ldb"), ldb)
	ctx.Load(ctx.Param("k"), k)
	width := 2 * t.bytes()
	at := func(int) operand.Mem { return operand.Mem{Base: dst} }
	if n > 1 {
		ctx.IMUL3Q(operand.Imm(uint64(width)), k, reg.R10)
		at = multiples(dst, [4]reg.GPPhysical{reg.R10, reg.R11, reg.R12, reg.R13})
	}
	// Rows far apart are new to the processor's own prefetching.
	ahead := reg.R9
	ctx.LEAQ(operand.Mem{Base: b, Index: ldb, Scale: 8}, ahead)
	ctx.Label("loop")
	for line := 0; line < n*width; line += 64 {
		ctx.PREFETCHT0(operand.Mem{Base: ahead, Disp: line})
	}
	for i := range n {
		for j := range 2 {
			v := t.load(operand.Mem{Base: b, Disp: i*width + j*t.bytes()}, mask{})
			t.store(v, at(i).Offset(j*t.bytes()), mask{})
		}
	}
	ctx.ADDQ(ldb, b)
	ctx.ADDQ(ldb, ahead)
	ctx.ADDQ(operand.Imm(uint64(width)), dst)
	ctx.DECQ(k)
	ctx.JNZ(operand.LabelRef("loop"))
	t.end()
}

// packA writes the function that copies an A that lies transposed: rows of it hold an element of each row of every tile, and in
// the copy those of one tile follow each other. Whole vectors are written, over the next elements of a tile, which come later, and
// beyond its end.
func (t target) packA() {
	ty := t.goType()
	t.mover("packA", fmt.Sprintf("func(dst *%s, next uintptr, a *%s, lda uintptr, k, h, tiles int)", ty, ty),
		fmt.Sprintf("packA%s copies k rows of h elements for each of some tiles; rows are lda bytes apart, and the copies of tiles next.", t.suffix()))
	dst, a, lda, k, size, left := reg.RDI, reg.RSI, reg.R8, reg.RDX, reg.R9, reg.R10
	to, from := reg.R11, reg.R12
	ctx.Load(ctx.Param("h"), size)
	// The last rows of a tile make a second vector.
	vectors := (t.gemmRows() + t.lanes() - 1) / t.lanes()
	lasts := make([]mask, vectors)
	for v := range lasts {
		ctx.MOVQ(size, reg.RCX)
		ctx.SUBQ(operand.U8(v*t.lanes()), reg.RCX)
		t.clamp(reg.RCX)
		lasts[v] = t.tailMask(reg.RCX)
	}
	ctx.SHLQ(operand.U8(log2(t.size())), size)
	ctx.Load(ctx.Param("dst"), dst)
	ctx.Load(ctx.Param("a"), a)
	ctx.Load(ctx.Param("lda"), lda)
	ctx.Load(ctx.Param("k"), k)
	next := reg.RBX
	ctx.Load(ctx.Param("next"), next)
	ctx.Label("loop")
	ctx.MOVQ(dst, to)
	ctx.MOVQ(a, from)
	ctx.Load(ctx.Param("tiles"), left)
	ctx.Label("tile")
	for v := range lasts {
		ctx.PREFETCHT0(operand.Mem{Base: from, Index: lda, Scale: 8, Disp: v * t.bytes()}) // rows far apart are new to the processor's own prefetching
		x := t.load(operand.Mem{Base: from, Disp: v * t.bytes()}, lasts[v])
		t.store(x, operand.Mem{Base: to, Disp: v * t.bytes()}, mask{})
	}
	ctx.ADDQ(size, from)
	ctx.ADDQ(next, to)
	ctx.DECQ(left)
	ctx.JNZ(operand.LabelRef("tile"))
	ctx.ADDQ(lda, a)
	ctx.ADDQ(size, dst)
	ctx.DECQ(k)
	ctx.JNZ(operand.LabelRef("loop"))
	t.end()
}

// clamp limits n to 0 to the lanes of a vector. It overwrites AX.
func (t target) clamp(n reg.GPPhysical) {
	ctx.XORL(reg.EAX, reg.EAX)
	ctx.TESTQ(n, n)
	ctx.CMOVQLT(reg.RAX, n)
	ctx.MOVQ(operand.I32(int32(t.lanes())), reg.RAX)
	ctx.CMPQ(n, reg.RAX)
	ctx.CMOVQGT(reg.RAX, n)
}

// multiples returns the addresses i times a distance from base, for i up to 7. The distance is in the first register; the others
// get three, five and seven times of it.
func multiples(base reg.Register, d [4]reg.GPPhysical) func(i int) operand.Mem {
	ctx.LEAQ(operand.Mem{Base: d[0], Index: d[0], Scale: 2}, d[1])
	ctx.LEAQ(operand.Mem{Base: d[0], Index: d[0], Scale: 4}, d[2])
	ctx.LEAQ(operand.Mem{Base: d[1], Index: d[0], Scale: 4}, d[3])
	return func(i int) operand.Mem {
		return [...]operand.Mem{
			{Base: base},
			{Base: base, Index: d[0], Scale: 1},
			{Base: base, Index: d[0], Scale: 2},
			{Base: base, Index: d[1], Scale: 1},
			{Base: base, Index: d[0], Scale: 4},
			{Base: base, Index: d[2], Scale: 1},
			{Base: base, Index: d[1], Scale: 2},
			{Base: base, Index: d[3], Scale: 1},
		}[i]
	}
}

func (t target) packName(rows int) string { return fmt.Sprintf("pack%d", rows) }

// packFor writes a function that transposes rows rows of b, ldb bytes apart, into k rows of dst, ldd bytes apart, which are as
// long as an AVX2 vector: the elements beyond rows are zeros. Four columns are done at a time. An AVX2 register holds four
// elements of row i and four of row i+4 (in double precision two, of rows i and i+2), so no shuffle has to cross its middle.
func (t target) packFor(rows int) {
	ty := t.goType()
	t.mover(t.packName(rows), fmt.Sprintf("func(dst *%s, ldd uintptr, b *%s, ldb uintptr, k int)", ty, ty),
		fmt.Sprintf("%s%s transposes %d rows.", t.packName(rows), t.suffix(), rows))
	dst, ldd, ldd3, b, k := reg.RDI, reg.R8, reg.R9, reg.RSI, reg.RDX
	rs := reg.R10
	ctx.Load(ctx.Param("dst"), dst)
	ctx.Load(ctx.Param("ldd"), ldd)
	ctx.Load(ctx.Param("b"), b)
	ctx.Load(ctx.Param("ldb"), rs)
	ctx.Load(ctx.Param("k"), k)
	ctx.LEAQ(operand.Mem{Base: ldd, Index: ldd, Scale: 2}, ldd3)
	row := multiples(b, [4]reg.GPPhysical{reg.R10, reg.R11, reg.R12, reg.R13})
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
