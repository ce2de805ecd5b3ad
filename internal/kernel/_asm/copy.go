package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A rowSource says what is written to rows.
type rowSource int

const (
	sourceRows   rowSource = iota // the rows of a matrix, one after the other
	sourceList                    // those of its rows whose indices stand in a list
	sourceNumber                  // a number each
)

// copyRows writes the copy of rows of elements, of at least a vector each with AVX2, to a matrix. The last vector of a
// row is written under a mask with AVX-512; with AVX2, where masks are slow, it overlaps the one before.
func (t target) copyRows(source rowSource) {
	ty := t.goType()
	params := []string{"dst", "src", "ldd", "lds", "n", "rows"}
	dst, src, ldd, lds, n, rows, i := reg.RDI, reg.RSI, reg.R8, reg.R9, reg.RDX, reg.R10, reg.R11
	registers := []reg.GPPhysical{dst, src, ldd, lds, n, rows}
	index, first := reg.R13, reg.RBX
	switch source {
	case sourceList:
		t.mover("gatherRows", "func(dst, src *"+ty+", index *int, ldd, lds uintptr, n, rows int)",
			"gatherRows"+t.suffix()+" copies rows of n elements: as many of src as there are rows of dst, by their indices. Rows of dst are ldd bytes apart, those of src lds.")
		params, registers = append(params, "index"), append(registers, index)
	case sourceNumber:
		t.mover("fillRows", "func(dst, src *"+ty+", ldd, lds uintptr, n, rows int)",
			"fillRows"+t.suffix()+" sets rows of n elements to a number each; rows are ldd bytes apart, numbers lds.")
	default:
		t.mover("copyRows", "func(dst, src *"+ty+", ldd, lds uintptr, n, rows int)",
			"copyRows"+t.suffix()+" copies rows of n elements; those of dst are ldd bytes apart, those of src lds.")
	}
	for i, name := range params {
		ctx.Load(ctx.Param(name), registers[i])
	}
	at := func(base reg.Register, u int) operand.Mem {
		return operand.Mem{Base: base, Index: i, Scale: uint8(t.size()), Disp: u * t.bytes()}
	}
	last := mask{}
	if t.wide {
		ctx.MOVQ(n, reg.RCX)
		ctx.ANDQ(operand.I32(t.lanes()-1), reg.RCX)
		last = t.tailMask(reg.RCX)
	}
	left := reg.R12
	if source == sourceList {
		ctx.MOVQ(src, first)
	}
	ctx.Label("row")
	var number vec
	if source == sourceNumber {
		number = t.broadcast(operand.Mem{Base: src})
	}
	element := func(u int, m mask) vec {
		if source == sourceNumber {
			return number
		}
		return t.load(at(src, u), m)
	}
	if source == sourceList {
		ctx.MOVQ(operand.Mem{Base: index}, src)
		ctx.IMULQ(lds, src)
		ctx.ADDQ(first, src)
	}
	ctx.XORQ(i, i)
	ctx.MOVQ(n, left)
	for u := 4; ; u = 1 {
		name := map[int]string{4: "many", 1: "one"}[u]
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), left)
		ctx.JL(operand.LabelRef(name + "end"))
		ctx.Label(name)
		var v [4]vec
		for k := range u {
			v[k] = element(k, mask{})
		}
		for k := range u {
			t.store(v[k], at(dst, k), mask{})
		}
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), i)
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), left)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), left)
		if u == 1 {
			break
		}
	}
	ctx.JZ(operand.LabelRef("next"))
	if !t.wide {
		ctx.LEAQ(operand.Mem{Base: n, Disp: -t.lanes()}, i)
	}
	t.store(element(0, last), at(dst, 0), last)
	ctx.Label("next")
	ctx.ADDQ(ldd, dst)
	if source == sourceList {
		ctx.ADDQ(operand.Imm(8), index)
	} else {
		ctx.ADDQ(lds, src)
	}
	ctx.DECQ(rows)
	ctx.JNZ(operand.LabelRef("row"))
	t.end()
}
