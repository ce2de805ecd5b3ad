package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// huber writes the pass of Huber's loss: the differences y-t held between -delta and delta, which it stores, and the sum of what they
// count. Products are added in double precision.
func (t target) huber() {
	ty := t.goType()
	t.function("huber", "func(s, y, t []"+ty+", delta "+ty+") float64",
		"huber"+t.suffix()+" sets s to d = y-t, held between -delta and delta, and returns the sum of s*(d - s/2).")
	s, y, goal, n, i := reg.RDI, reg.RSI, reg.RBX, reg.RDX, reg.R8
	ctx.Load(ctx.Param("s").Base(), s)
	ctx.Load(ctx.Param("s").Len(), n)
	ctx.Load(ctx.Param("y").Base(), y)
	ctx.Load(ctx.Param("t").Base(), goal)
	ctx.XORQ(i, i)
	addr, err := ctx.Param("delta").Resolve()
	if err != nil {
		panic(err)
	}
	high := t.broadcast(addr.Addr)
	low := t.neg(high)
	d := t.doubles()
	const unroll = 2
	var acc [2 * unroll]vec
	for c := range acc {
		acc[c] = d.zero()
	}
	half := t.set(t.num(0.5))
	t.loop(unroll, n, i, func(u int, k mask) {
		at := func(base reg.Register) operand.Mem {
			return operand.Mem{Base: base, Index: i, Scale: uint8(t.size()), Disp: u * t.bytes()}
		}
		diff := t.sub(t.load(at(y), k), t.load(at(goal), k))
		held := t.min(high, t.max(low, diff)) // NaN stays
		t.store(held, at(s), k)
		t.subTo(diff, held, half)
		if t.double {
			d.addTo(acc[u], held, diff)
			return
		}
		for h := range 2 {
			d.addTo(acc[2*u+h], t.half(held, h == 1), t.half(diff, h == 1))
		}
	})
	for c := 1; c < len(acc); c++ {
		d.emit("VADDPD", acc[c], acc[0], acc[0])
	}
	d.setResult(d.fold("VADDPD", acc[0]))
	t.end()
}
