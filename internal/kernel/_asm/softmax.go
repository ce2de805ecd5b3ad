package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// softmaxVectors is the most vectors of a row for which there is a function of its own.
const softmaxVectors = 4

// softmax writes softmax of short rows, for every number of vectors that they fill.
func (t target) softmax() {
	for v := 1; v <= softmaxVectors; v++ {
		t.withPins(func(pins int) { t.softmaxRows(v, pins) })
	}
}

func softmaxName(vectors int) string { return fmt.Sprintf("softmax%d", vectors) }

// softmaxRows writes softmax of rows of more than vectors-1 vectors, and vectors at most. Nothing of a row is stored where its sum is
// not a number, because an element is infinite or NaN or all of them are -Inf: the function is through then.
func (t target) softmaxRows(vectors, pins int) {
	ty := t.goType()
	t.function(softmaxName(vectors), "func(y, x []"+ty+", n, rows int) int",
		fmt.Sprintf("%s%s sets rows of y, of n elements in %d vectors, to the softmax of those of x, and returns how many: not one whose sum is NaN and those behind it.",
			softmaxName(vectors), t.suffix(), vectors))
	y, x, stride, rows, done := reg.RDI, reg.RSI, reg.R8, reg.RDX, reg.R9
	ctx.Load(ctx.Param("y").Base(), y)
	ctx.Load(ctx.Param("x").Base(), x)
	ctx.Load(ctx.Param("n"), stride)
	ctx.Load(ctx.Param("rows"), rows)
	ctx.MOVQ(stride, reg.RCX)
	ctx.SUBQ(operand.U8((vectors-1)*t.lanes()), reg.RCX)
	last := t.tailMask(reg.RCX)
	ctx.SHLQ(operand.U8(log2(t.size())), stride)
	ctx.XORQ(done, done)
	maskOf := func(j int) mask {
		if j == vectors-1 {
			return last
		}
		return mask{}
	}
	at := func(base reg.Register, j int) operand.Mem { return operand.Mem{Base: base, Disp: j * t.bytes()} }
	first := func(v vec) vec { // its first lane in all
		w := t.vec()
		if t.double {
			t.emit("VBROADCASTSD", v.AsX(), w)
		} else {
			t.emit("VBROADCASTSS", v.AsX(), w)
		}
		return w
	}
	t.pin(pins, func() { t.exp(t.vec()) })
	ctx.Label("row")
	most := t.load(at(x, vectors-1), last)
	most = t.blend(cond(last), most, t.set(t.num(math.Inf(-1))))
	for j := range vectors - 1 {
		t.emit("VMAX*", at(x, j), most, most)
	}
	m := first(t.fold("VMAX*", most))
	terms := make([]vec, vectors)
	var sum vec
	for j := range terms {
		e := t.exp(t.sub(t.load(at(x, j), maskOf(j)), m))
		if j == vectors-1 {
			e = t.where(cond(last), e)
		}
		if terms[j] = e; j == 0 {
			sum = t.copy(e)
		} else {
			t.emit("VADD*", e, sum, sum)
		}
	}
	sum = t.fold("VADD*", sum)
	one := t.set(t.one())
	if t.double {
		ctx.VUCOMISD(sum.AsX(), sum.AsX())
		ctx.JPS(operand.LabelRef("through"))
		ctx.VDIVSD(sum.AsX(), one.AsX(), sum.AsX())
	} else {
		ctx.VUCOMISS(sum.AsX(), sum.AsX())
		ctx.JPS(operand.LabelRef("through"))
		ctx.VDIVSS(sum.AsX(), one.AsX(), sum.AsX())
	}
	scale := first(sum)
	for j, e := range terms {
		t.store(t.mul(e, scale), at(y, j), maskOf(j))
	}
	ctx.ADDQ(stride, x)
	ctx.ADDQ(stride, y)
	ctx.INCQ(done)
	ctx.DECQ(rows)
	ctx.JNZ(operand.LabelRef("row"))
	ctx.Label("through")
	ctx.Store(done, ctx.ReturnIndex(0))
	t.end()
}
