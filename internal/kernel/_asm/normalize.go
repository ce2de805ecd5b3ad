package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normalize writes the last pass of a normalization.
func (t target) normalize() {
	ty := t.goType()
	t.function("normalize", "func(y, normal, x, gain, bias []"+ty+", hi, lo, scale "+ty+")",
		"normalize"+t.suffix()+" sets normal = ((x-hi)-lo)*scale and y = normal*gain + bias.")
	y, normal, x, gain, bias, n, i := reg.RDI, reg.R9, reg.RSI, reg.RBX, reg.R10, reg.RDX, reg.R8
	for k, name := range []string{"y", "normal", "x", "gain", "bias"} {
		ctx.Load(ctx.Param(name).Base(), []reg.GPPhysical{y, normal, x, gain, bias}[k])
	}
	ctx.Load(ctx.Param("y").Len(), n)
	number := func(name string) vec {
		addr, err := ctx.Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		return t.broadcast(addr.Addr)
	}
	hi, lo, scale := number("hi"), number("lo"), number("scale")
	ctx.XORQ(i, i)
	at := func(base reg.Register, u int) operand.Mem {
		return operand.Mem{Base: base, Index: i, Scale: uint8(t.size()), Disp: u * t.bytes()}
	}
	t.loop(2, n, i, func(u int, k mask) {
		v := t.mul(t.sub(t.sub(t.load(at(x, u), k), hi), lo), scale)
		t.store(v, at(normal, u), k)
		t.store(t.fma(v, t.load(at(gain, u), k), t.load(at(bias, u), k)), at(y, u), k)
	})
	t.end()
}
