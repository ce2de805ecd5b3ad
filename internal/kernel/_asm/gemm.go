package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemmRows returns the most rows of a tile: with two vectors a row, the accumulators take all registers but four.
func (t target) gemmRows() int {
	if t.wide {
		return 14
	}
	return 6
}

// gemmVectors is the most vectors of a tile.
const gemmVectors = 2

// manyTerms is how many terms a sum has at least whose place in C is asked for ahead.
const manyTerms = 128

// gemm writes the micro-kernels of matrix products: a tile of C of every number of rows and vectors. In AVX-512 there are such
// whose last vector is half as wide.
func (t target) gemm() {
	for v := 1; v <= gemmVectors; v++ {
		for r := 1; r <= t.gemmRows(); r++ {
			t.gemmTile(r, v, false)
			if t.wide {
				t.gemmTile(r, v, true)
			}
		}
	}
}

func (t target) gemmName(rows, vectors int, narrow bool) string {
	if narrow {
		return fmt.Sprintf("gemm%dx%dNarrow", rows, vectors)
	}
	return fmt.Sprintf("gemm%dx%d", rows, vectors)
}

// gemmTile writes a micro-kernel: C = A·B + D for rows rows of A and vectors vectors of B, the last of which has cols elements.
//
// A is read one element at a time, by broadcast; its rows are ars bytes apart and its columns acs, so one kernel serves
// A as it lies, transposed and packed. B is read by vectors; there are groups of inner rows, ldb bytes apart, and the
// next group begins skip bytes behind where a further row would. D is added at the end, unless it is nil; its rows are
// ldd bytes apart, 0 for a bias. With relu the maximum with 0 is taken last.
//
// If copied is not nil, the rows of B, which then is one group, are copied there on the way, without gaps. The rows of B ahead bytes
// behind the one in use are brought to the cache.
//
// There are tiles of them, one below the other: next is the distance in bytes from the rows of A of one to those of the next.
//
// The last vector of a narrow tile has half the elements, of which the processor multiplies twice as many at a time.
func (t target) gemmTile(rows, vectors int, narrow bool) {
	ty := t.goType()
	name := t.gemmName(rows, vectors, narrow)
	width := ""
	if narrow {
		width = ", the last of half the width"
	}
	t.function(name,
		fmt.Sprintf("func(a *%s, ars, acs uintptr, b *%s, ldb uintptr, groups, inner int, skip uintptr, c *%s, ldc uintptr, d *%s, ldd uintptr, cols int, relu bool, tiles int, next uintptr, copied *%s, ahead uintptr)", ty, ty, ty, ty, ty),
		fmt.Sprintf("%s%s multiplies tiles of %d rows and %d vectors%s.", name, t.suffix(), rows, vectors, width))
	// fit returns a register as wide as vector j.
	fit := func(v reg.VecVirtual, j int) reg.VecVirtual {
		if narrow && j == vectors-1 {
			return v.AsY().(reg.VecVirtual)
		}
		return v
	}
	vec := func(j int) reg.VecVirtual { return fit(t.vec(), j) }

	a0, a1 := reg.RSI, reg.RDI // rows 0 to 6, and 7 to 13
	rs, rs3, rs5, rs7 := reg.R8, reg.R9, reg.R10, reg.R11
	acs, b, ldb, k := reg.R12, reg.RBX, reg.R13, reg.RDX
	two := rows > 8
	ctx.Label("tile")
	ctx.Load(ctx.Param("a"), a0)
	ctx.Load(ctx.Param("ars"), rs)
	ctx.Load(ctx.Param("acs"), acs)
	ctx.Load(ctx.Param("b"), b)
	ctx.Load(ctx.Param("ldb"), ldb)
	ctx.Load(ctx.Param("groups"), k)
	if rows > 3 {
		ctx.LEAQ(operand.Mem{Base: rs, Index: rs, Scale: 2}, rs3)
	}
	if rows > 5 {
		ctx.LEAQ(operand.Mem{Base: rs, Index: rs, Scale: 4}, rs5)
	}
	if rows > 7 {
		ctx.LEAQ(operand.Mem{Base: rs3, Index: rs, Scale: 4}, rs7)
	}
	if two {
		ctx.LEAQ(operand.Mem{Base: a0, Index: rs7, Scale: 1}, a1)
	}
	row := func(i int) operand.Mem {
		m := operand.Mem{Base: a0}
		if two && i >= 7 {
			m.Base, i = a1, i-7
		}
		switch i {
		case 1, 2, 4:
			m.Index, m.Scale = rs, uint8(i)
		case 3, 6:
			m.Index, m.Scale = rs3, uint8(i/3)
		case 5:
			m.Index, m.Scale = rs5, 1
		case 7:
			m.Index, m.Scale = rs7, 1
		}
		return m
	}

	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		acc[i] = make([]reg.VecVirtual, vectors)
		for j := range acc[i] {
			acc[i][j] = vec(j)
			t.clear(acc[i][j])
		}
	}
	// In AVX-512 the last vector of B is read under a mask. For AVX2 the caller makes sure that it can be read whole.
	last := mask{}
	if t.wide {
		ctx.Load(ctx.Param("cols"), reg.RCX)
		last = t.tailMask(reg.RCX)
	}
	ctx.TESTQ(k, k)
	ctx.JZ(operand.LabelRef("done"))
	// The rows of C come to the cache while the products are added up, unless there are so few of those that they are through
	// before. A row need not begin with a line of the cache.
	ctx.Load(ctx.Param("inner"), reg.RCX)
	ctx.CMPQ(reg.RCX, operand.Imm(manyTerms))
	ctx.JLT(operand.LabelRef("add"))
	at, distance := reg.RCX, reg.RAX
	ctx.Load(ctx.Param("c"), at)
	ctx.Load(ctx.Param("ldc"), distance)
	for i := range rows {
		for j := 0; j < vectors*t.bytes(); j += 64 {
			ctx.PREFETCHT0(operand.Mem{Base: at, Disp: j})
		}
		ctx.PREFETCHT0(operand.Mem{Base: at, Disp: vectors*t.bytes() - 1})
		if i+1 < rows {
			ctx.ADDQ(distance, at)
		}
	}
	ctx.Label("add")
	copied, ahead := reg.R14, reg.R15
	multiply := func(name string, copies bool) {
		ctx.Label(name)
		bv := make([]reg.VecVirtual, vectors)
		for j := range bv {
			m := mask{}
			if j == vectors-1 {
				m = last
			}
			bv[j] = vec(j)
			t.loadTo(operand.Mem{Base: b, Disp: j * t.bytes()}, m, bv[j])
		}
		// A round of AVX2, or with little to multiply, reads so much that asking costs more than it gives where B is a copy or read once.
		if copies || t.wide && vectors == gemmVectors && rows >= 4 {
			for j := 0; j < vectors*t.bytes(); j += 64 {
				ctx.PREFETCHT0(operand.Mem{Base: b, Index: ahead, Scale: 1, Disp: j})
			}
		}
		if copies {
			for j, v := range bv {
				t.store(v, operand.Mem{Base: copied, Disp: j * t.bytes()}, mask{})
			}
			ctx.ADDQ(operand.Imm(uint64(vectors*t.bytes())), copied)
		}
		ctx.ADDQ(ldb, b)
		for i := range acc {
			// On Zen 4 a broadcast of its own takes a turn of the multipliers. One for each multiplication would read more than Intel's
			// processors can in the time: with two vectors every other row does so.
			if t.wide && (vectors == 1 || i%2 == 1) {
				for j := range bv {
					t.emit("VFMADD231*_BCST", row(i), bv[j], acc[i][j])
				}
				continue
			}
			av := t.broadcast(row(i))
			for j := range bv {
				t.emit("VFMADD231*", bv[j], fit(av, j), acc[i][j])
			}
		}
		ctx.ADDQ(acs, a0)
		if two {
			ctx.ADDQ(acs, a1)
		}
		ctx.DECQ(reg.RCX)
		ctx.JNZ(operand.LabelRef(name))
	}
	ctx.Load(ctx.Param("ahead"), ahead)
	ctx.Load(ctx.Param("copied"), copied)
	ctx.TESTQ(copied, copied)
	ctx.JNZ(operand.LabelRef("copying"))
	ctx.Label("group")
	ctx.Load(ctx.Param("inner"), reg.RCX)
	multiply("loop", false)
	skip, err := ctx.Param("skip").Resolve()
	if err != nil {
		panic(err)
	}
	ctx.ADDQ(skip.Addr, b)
	ctx.DECQ(k)
	ctx.JNZ(operand.LabelRef("group"))
	ctx.JMP(operand.LabelRef("done"))
	ctx.Label("copying")
	ctx.Load(ctx.Param("inner"), reg.RCX)
	multiply("copy", true)
	ctx.Label("done")

	c, ldc, d, ldd := reg.RSI, reg.R8, reg.RDI, reg.R9
	ctx.Load(ctx.Param("c"), c)
	ctx.Load(ctx.Param("ldc"), ldc)
	ctx.Load(ctx.Param("d"), d)
	ctx.Load(ctx.Param("ldd"), ldd)
	finish := func(name string, last mask) {
		at := func(base reg.Register, j int) operand.Mem { return operand.Mem{Base: base, Disp: j * t.bytes()} }
		maskOf := func(j int) mask {
			if j == vectors-1 {
				return last
			}
			return mask{}
		}
		ctx.TESTQ(d, d)
		ctx.JZ(operand.LabelRef(name + "relu"))
		for i := range acc {
			for j, v := range acc[i] {
				if m := maskOf(j); m.Op != nil {
					x := vec(j)
					t.loadTo(at(d, j), m, x)
					t.emit("VADD*", x, v, v)
				} else {
					t.emit("VADD*", at(d, j), v, v)
				}
			}
			ctx.ADDQ(ldd, d)
		}
		ctx.Label(name + "relu")
		relu := ctx.GP8()
		ctx.Load(ctx.Param("relu"), relu)
		ctx.TESTB(relu, relu)
		ctx.JZ(operand.LabelRef(name + "store"))
		zero := t.zero()
		for i := range acc {
			for j, v := range acc[i] {
				t.emit("VMAX*", v, fit(zero, j), v) // NaN stays: the instruction returns its last operand, Go's first
			}
		}
		ctx.Label(name + "store")
		for i := range acc {
			for j, v := range acc[i] {
				t.store(v, at(c, j), maskOf(j))
			}
			ctx.ADDQ(ldc, c)
		}
		left, a := reg.RDX, reg.RBX
		ctx.Load(ctx.Param("tiles"), left)
		ctx.DECQ(left)
		ctx.JZ(operand.LabelRef(name + "last"))
		ctx.Store(left, ctx.Param("tiles"))
		// Only now: behind the last tile these would point past the ends of C and D.
		ctx.Store(c, ctx.Param("c"))
		ctx.Store(d, ctx.Param("d"))
		ctx.Load(ctx.Param("a"), a)
		ctx.Load(ctx.Param("next"), reg.RAX)
		ctx.ADDQ(reg.RAX, a)
		ctx.Store(a, ctx.Param("a"))
		ctx.JMP(operand.LabelRef("tile"))
		ctx.Label(name + "last")
		t.end()
	}
	if t.wide {
		finish("", last)
		return
	}
	ctx.Load(ctx.Param("cols"), reg.RCX)
	ctx.CMPQ(reg.RCX, operand.U8(t.lanes()))
	ctx.JNE(operand.LabelRef("masked"))
	finish("full", mask{})
	ctx.Label("masked")
	finish("masked", t.tailMask(reg.RCX))
}
