package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pooling writes the kernels of windows of 2×2 elements, one beside the other.
//
// A vector of windows takes two vectors of either of its rows of x. Their even and their odd elements come together by
// a shuffle within blocks of 16 bytes, so windows then stand in another order; [target.mix] brings one vector of
// windows to that order, [target.unmix] brings it back.
func (t target) pooling() {
	t.maxPool()
	t.maxPoolBackward("maxPool2Backward", true)
	t.maxPoolBackward("maxPool2BackwardInto", false)
}

// orders holds, for AVX-512, the permutations of eight blocks of 8 bytes that mix and unmix stand for.
func orders() operand.Mem {
	return words("orders", 0, 4, 1, 5, 2, 6, 3, 7, 0, 2, 4, 6, 1, 3, 5, 7)
}

// A mixer reorders windows.
type mixer struct {
	t               target
	forth, backward vec
}

func (t target) mixer() mixer {
	if !t.wide {
		return mixer{t: t}
	}
	load := func(disp int) vec {
		v := t.vec()
		ctx.VMOVDQU64(orders().Offset(disp), v)
		return v
	}
	return mixer{t, load(0), load(64)}
}

func (m mixer) permute(order, x vec) vec {
	v := m.t.vec()
	if m.t.wide {
		ctx.VPERMPD(x, order, v)
	} else {
		ctx.VPERMPD(operand.U8(0xD8), x, v)
	}
	return v
}

func (m mixer) mix(x vec) vec   { return m.permute(m.forth, x) }
func (m mixer) unmix(x vec) vec { return m.permute(m.backward, x) }

// halves returns the even and the odd elements of two vectors.
func (t target) halves(x, y vec) (even, odd vec) {
	if t.double {
		return t.op2("VUNPCKLPD", x, y), t.op2("VUNPCKHPD", x, y)
	}
	even, odd = t.vec(), t.vec()
	t.emit("VSHUFPS", operand.U8(0x88), y, x, even)
	t.emit("VSHUFPS", operand.U8(0xDD), y, x, odd)
	return even, odd
}

// windowMasks returns the masks of the last windows of a row, of which there are n, and of the two vectors of x that
// they take.
func (t target) windowMasks(n reg.GPPhysical) (window mask, xs [2]mask) {
	if t.wide {
		ctx.MOVQ(n, reg.RCX)
		window = t.tailMask(reg.RCX)
		ctx.LEAQ(operand.Mem{Base: n, Index: n, Scale: 1}, reg.RCX)
		ctx.MOVQ(operand.I32(-1), reg.RAX)
		ctx.BZHIQ(reg.RCX, reg.RAX, reg.RAX)
		for i := range xs {
			k := ctx.K()
			ctx.KMOVW(reg.EAX, k)
			ctx.SHRQ(operand.U8(t.lanes()), reg.RAX)
			xs[i] = mask{k}
		}
		return window, xs
	}
	ctx.MOVQ(n, reg.RCX)
	window = t.tailMask(reg.RCX)
	for i := range xs {
		// min(2n, lanes) for the first, max(2n-lanes, 0) for the second
		ctx.LEAQ(operand.Mem{Base: n, Index: n, Scale: 1}, reg.RCX)
		ctx.MOVQ(operand.U32(t.lanes()), reg.RAX)
		ctx.CMPQ(reg.RCX, reg.RAX)
		ctx.CMOVQGT(reg.RAX, reg.RCX)
		if i == 1 {
			ctx.LEAQ(operand.Mem{Base: n, Index: n, Scale: 1}, reg.RAX)
			ctx.SUBQ(reg.RCX, reg.RAX)
			ctx.MOVQ(reg.RAX, reg.RCX)
		}
		xs[i] = t.tailMask(reg.RCX)
	}
	return window, xs
}

// windows writes the loops over rows of windows. The pointers in small go forward by a row of windows, those in large
// by two rows of x, in bytes; step is called with the register that counts the windows done in a row.
func (t target) windows(small, large []reg.GPPhysical, step func(i reg.GPPhysical, window mask, xs [2]mask)) {
	cols, width, rows, i, n := reg.R8, reg.R9, reg.R10, reg.R11, reg.R12
	ctx.Load(ctx.Param("cols"), cols)
	ctx.Load(ctx.Param("width"), width)
	ctx.Load(ctx.Param("rows"), rows)
	ctx.SHLQ(operand.U8(log2(t.size())), width)
	ctx.MOVQ(cols, n)
	ctx.ANDQ(operand.I32(t.lanes()-1), n)
	window, xs := t.windowMasks(n)
	ctx.Label("row")
	ctx.XORQ(i, i)
	ctx.MOVQ(cols, n)
	ctx.SUBQ(operand.U8(t.lanes()), n)
	ctx.JL(operand.LabelRef("rest"))
	ctx.Label("loop")
	step(i, mask{}, [2]mask{})
	ctx.ADDQ(operand.U8(t.lanes()), i)
	ctx.SUBQ(operand.U8(t.lanes()), n)
	ctx.JGE(operand.LabelRef("loop"))
	ctx.Label("rest")
	ctx.ADDQ(operand.U8(t.lanes()), n)
	ctx.JZ(operand.LabelRef("next"))
	step(i, window, xs)
	ctx.Label("next")
	for _, p := range small {
		ctx.LEAQ(operand.Mem{Base: p, Index: cols, Scale: uint8(t.size())}, p)
	}
	for _, p := range large {
		ctx.LEAQ(operand.Mem{Base: p, Index: width, Scale: 2}, p)
	}
	ctx.DECQ(rows)
	ctx.JNZ(operand.LabelRef("row"))
	t.end()
}

// maxPool writes the largest elements of windows.
func (t target) maxPool() {
	ty := t.goType()
	t.function("maxPool2", "func(y, x []"+ty+", cols, width, rows int)",
		"maxPool2"+t.suffix()+" sets rows of cols elements of y to the largest of windows of 2×2 elements of x, whose rows are width apart.")
	dst, x, width := reg.RDI, reg.RSI, reg.R9
	ctx.Load(ctx.Param("y").Base(), dst)
	ctx.Load(ctx.Param("x").Base(), x)
	m := t.mixer()
	t.windows([]reg.GPPhysical{dst}, []reg.GPPhysical{x}, func(i reg.GPPhysical, window mask, xs [2]mask) {
		pair := t.pairs(x, width, i)
		a, b := t.halves(t.load(pair(0, 0), xs[0]), t.load(pair(0, 1), xs[1]))
		c, d := t.halves(t.load(pair(1, 0), xs[0]), t.load(pair(1, 1), xs[1]))
		// The maximum of two is the second one where either is NaN.
		nan := t.either(t.cmp(uno, a, b), t.cmp(uno, c, d))
		y := t.max(t.max(a, b), t.max(c, d))
		y = t.blend(nan, t.num(math.NaN()), y)
		t.store(m.unmix(y), operand.Mem{Base: dst, Index: i, Scale: uint8(t.size())}, window)
	})
}

// pairs returns the address of vector v of row r, of the two rows and the two vectors of x that window i begins.
func (t target) pairs(x, width, i reg.GPPhysical) func(r, v int) operand.Mem {
	ctx.LEAQ(operand.Mem{Base: x, Index: i, Scale: uint8(t.size())}, reg.RAX)
	ctx.LEAQ(operand.Mem{Base: reg.RAX, Index: i, Scale: uint8(t.size())}, reg.RAX)
	return func(r, v int) operand.Mem {
		m := operand.Mem{Base: reg.RAX, Disp: v * t.bytes()}
		if r == 1 {
			m.Index, m.Scale = width, 1
		}
		return m
	}
}

// either holds where one of two conditions does.
func (t target) either(x, y cond) cond {
	if t.wide {
		k := ctx.K()
		ctx.KORW(x.Op, y.Op, k)
		return cond{k}
	}
	return cond{t.or(x.Op.(vec), y.Op)}
}

// maxPoolBackward writes the derivative: a cotangent goes to the largest element of its window, in even parts to
// several. It is added to dx, or dx is set to it.
func (t target) maxPoolBackward(name string, add bool) {
	ty := t.goType()
	what := " sets dx to the parts that elements of x have in the cotangents ct of the largest ones of their windows, y."
	if add {
		what = " adds to dx the parts that elements of x have in the cotangents ct of the largest ones of their windows, y."
	}
	t.function(name, "func(dx, ct, x, y []"+ty+", cols, width, rows int)", name+t.suffix()+what)
	dx, ct, x, y, width := reg.RDI, reg.RDX, reg.RSI, reg.RBX, reg.R9
	for i, p := range []string{"dx", "ct", "x", "y"} {
		ctx.Load(ctx.Param(p).Base(), []reg.GPPhysical{dx, ct, x, y}[i])
	}
	m := t.mixer()
	t.windows([]reg.GPPhysical{ct, y}, []reg.GPPhysical{dx, x}, func(i reg.GPPhysical, window mask, xs [2]mask) {
		at := func(base reg.GPPhysical) operand.Mem {
			return operand.Mem{Base: base, Index: i, Scale: uint8(t.size())}
		}
		pair := t.pairs(x, width, i)
		var in [4]vec
		in[0], in[1] = t.halves(t.load(pair(0, 0), xs[0]), t.load(pair(0, 1), xs[1]))
		in[2], in[3] = t.halves(t.load(pair(1, 0), xs[0]), t.load(pair(1, 1), xs[1]))
		largest := m.mix(t.load(at(y), window))
		selected := func(k int) cond { return t.either(t.cmp(eq, in[k], largest), t.cmp(uno, in[k], in[k])) }
		ties := t.zero()
		for k := range in {
			ties = t.add(ties, t.where(selected(k), t.set(t.num(1))))
		}
		share := t.div(m.mix(t.load(at(ct), window)), ties)
		pair = t.pairs(dx, width, i)
		for r := range 2 {
			even, odd := t.where(selected(2*r), share), t.where(selected(2*r+1), share)
			low, high := "VUNPCKLPS", "VUNPCKHPS"
			if t.double {
				low, high = "VUNPCKLPD", "VUNPCKHPD"
			}
			for v, d := range []vec{t.op2(low, even, odd), t.op2(high, even, odd)} {
				if add {
					d = t.add(d, t.load(pair(r, v), xs[v]))
				}
				t.store(d, pair(r, v), xs[v])
			}
		}
	})
}
