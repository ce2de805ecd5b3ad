package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// random writes the random numbers of Threefry-2x32: see the function of package kernel. The generator's words are the
// 32-bit lanes of a vector of single precision, or of half a vector of double precision.
func (t target) random() {
	ty := t.goType()
	t.function("random", "func(dst []"+ty+", keys [12]uint32)", "random"+t.suffix()+" sets dst to random numbers.")
	ints := target{wide: t.wide}
	register := func() vec {
		switch {
		case !t.double:
			return t.vec()
		case t.wide:
			return ctx.YMM()
		}
		return ctx.XMM()
	}
	keys := reg.RSI
	first, err := ctx.Param("keys").Index(0).Resolve()
	if err != nil {
		panic(err)
	}
	ctx.LEAQ(first.Addr, keys)
	key := func(i int) operand.Mem { return operand.Mem{Base: keys, Disp: 4 * i} }
	broadcast := func(m operand.Mem) vec {
		v := register()
		ctx.VPBROADCASTD(m, v)
		return v
	}
	// add adds key i to x.
	add := func(x vec, i int) {
		if t.wide {
			ctx.VPADDD_BCST(key(i), x, x)
		} else {
			ctx.VPADDD(broadcast(key(i)), x, x)
		}
	}
	rotate := func(x vec, r int) {
		if t.wide {
			ctx.VPROLD(u8(r), x, x)
			return
		}
		low := register()
		ctx.VPSRLD(u8(32-r), x, low)
		ctx.VPSLLD(u8(r), x, x)
		ctx.VPOR(low, x, x)
	}
	xor := func(y, x vec) {
		if t.wide {
			ctx.VPXORD(y, x, x)
		} else {
			ctx.VPXOR(y, x, x)
		}
	}
	dst, n, i := reg.RDI, reg.RDX, reg.R8
	ctx.Load(ctx.Param("dst").Base(), dst)
	ctx.Load(ctx.Param("dst").Len(), n)
	ctx.XORQ(i, i)
	counter := register()
	ints.emit("VMOVU*", countUp(), counter)
	add(counter, 1)
	step := ints.bits(uint64(t.lanes()))
	unit := t.set(t.num(0x1p-24))
	t.loop(2, n, i, func(u int, k mask) {
		x0, x1 := broadcast(key(0)), register()
		ints.emit("VMOVAPS", counter, x1)
		ints.emit("VPADD#", step, counter, counter)
		for s := range 5 {
			for _, r := range [][4]int{{13, 15, 26, 6}, {17, 29, 16, 24}}[s%2] {
				ctx.VPADDD(x1, x0, x0)
				rotate(x1, r)
				xor(x0, x1)
			}
			add(x0, 2+2*s)
			add(x1, 3+2*s)
		}
		xor(x1, x0)
		ctx.VPSRLD(u8(8), x0, x0)
		v := t.vec()
		if t.double {
			ctx.VCVTDQ2PD(x0, v)
		} else {
			ctx.VCVTDQ2PS(x0, v)
		}
		t.emit("VMUL*", unit, v, v)
		t.store(v, operand.Mem{Base: dst, Index: i, Scale: uint8(t.size()), Disp: u * t.bytes()}, k)
	})
	t.end()
}

// countUp is the table of the words 0, 1, 2 and so on.
func countUp() operand.Mem {
	var pairs []uint64
	for i := range uint64(8) {
		pairs = append(pairs, 2*i|(2*i+1)<<32)
	}
	return words("countUp", pairs...)
}
