package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// chains is how many accumulators a reduction has, to hide the latency of the addition, and narrowChains how many if
// they are of 256 bits, as those of sums of single precision are.
const (
	chains       = 4
	narrowChains = 8
)

// reduce writes the reductions.
func (t target) reduce() {
	t.sum("sum", false)
	t.sum("dot", true)
	t.maximum()
	t.maxAbs()
	t.finite()
	t.withPins(func(pins int) { t.expSum("expSum", false, pins) })
	t.withPins(func(pins int) { t.expSum("expStore", true, pins) })
	many := chains
	if !t.double {
		many = narrowChains
	}
	t.columns("columnsMany", many, false)
	t.columns("columnsOne", 1, true)
}

// doubles returns the target of the same instruction set in double precision.
func (t target) doubles() target { return target{double: true, wide: t.wide} }

// sums returns the target in which numbers are added in double precision. Those of single precision are converted, to
// vectors of 256 bits: some processors take four times as long for those of 512.
func (t target) sums() target { return target{double: true, wide: t.wide, narrow: t.wide && !t.double} }

// loadDouble returns the numbers at m in double precision: a whole vector of it.
func (t target) loadDouble(m operand.Mem, k mask) vec { return t.loadAs(t.doubles(), m, k) }

// loadAs returns the numbers at m as d has them, which is of double precision: a whole vector.
func (t target) loadAs(d target, m operand.Mem, k mask) vec {
	if t.double {
		return t.load(m, k)
	}
	v := d.vec()
	switch {
	case k.Op == nil:
		t.emit("VCVTPS2PD", m, v)
	case t.wide:
		t.emit("VCVTPS2PD_Z", m, k.Op, v)
	default:
		t.emit("VMASKMOVPS", m, k.Op, v.AsX())
		t.emit("VCVTPS2PD", v.AsX(), v)
	}
	return v
}

// fold returns the sum, or another combination, of the lanes of v in the first lane.
func (t target) fold(op string, v vec) vec {
	combine := func(x, y operand.Op) { t.emit(op, y, x, x) }
	w := t.vec()
	if t.wide && !t.narrow {
		ctx.VEXTRACTF64X4(operand.U8(1), v, w.AsY())
		combine(v.AsY(), w.AsY())
		ctx.VEXTRACTF64X2(operand.U8(1), v.AsY(), w.AsX())
	} else {
		ctx.VEXTRACTF128(operand.U8(1), v.AsY(), w.AsX())
	}
	combine(v.AsX(), w.AsX())
	ctx.VPERMILPD(operand.U8(1), v.AsX(), w.AsX())
	combine(v.AsX(), w.AsX())
	if !t.double {
		ctx.VMOVSHDUP(v.AsX(), w.AsX())
		combine(v.AsX(), w.AsX())
	}
	return v
}

// setResult stores the first lane of v as the result of the function.
func (t target) setResult(v vec) {
	addr, err := ctx.ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	if t.double {
		ctx.VMOVSD(v.AsX(), addr.Addr)
	} else {
		ctx.VMOVSS(v.AsX(), addr.Addr)
	}
}

// start begins a function of slices x and, if two, y. It returns a function for the memory of a vector of elements.
func (t target) start(two bool, bytes int) (x, y func(u int) operand.Mem, n, i reg.GPPhysical) {
	n, i = reg.RDX, reg.R8
	ctx.Load(ctx.Param("x").Base(), reg.RSI)
	ctx.Load(ctx.Param("x").Len(), n)
	if two {
		ctx.Load(ctx.Param("y").Base(), reg.RBX)
	}
	ctx.XORQ(i, i)
	at := func(base reg.Register) func(u int) operand.Mem {
		return func(u int) operand.Mem {
			return operand.Mem{Base: base, Index: i, Scale: uint8(t.size()), Disp: u * bytes}
		}
	}
	return at(reg.RSI), at(reg.RBX), n, i
}

// sum writes Σx, or Σxy if dot, in double precision.
func (t target) sum(name string, dot bool) {
	ty := t.goType()
	if dot {
		t.function(name, "func(x, y []"+ty+") float64", name+t.suffix()+" returns the sum of x[i]*y[i].")
	} else {
		t.function(name, "func(x []"+ty+") float64", name+t.suffix()+" returns the sum of x.")
	}
	// In single precision a step takes as many numbers as a vector of double precision has.
	d, step, many := t.sums(), t, chains
	if !t.double {
		step, many = d, narrowChains
	}
	x, y, n, i := t.start(dot, step.lanes()*t.size())
	acc := make([]vec, many)
	for c := range acc {
		acc[c] = d.zero()
	}
	var one vec // times 1: some processors add and convert with the same units, and multiply with others
	if !dot {
		one = d.set(d.num(1))
	}
	step.loop(many, n, i, func(u int, k mask) {
		if k.Op != nil && !t.double && !t.wide {
			k = halfMask(k)
		}
		v := t.loadAs(d, x(u), k)
		if dot {
			d.addTo(acc[u], v, t.loadAs(d, y(u), k))
		} else {
			d.addTo(acc[u], v, one)
		}
	})
	for s := many / 2; s > 0; s /= 2 {
		for c := range s {
			d.emit("VADDPD", acc[c+s], acc[c], acc[c])
		}
	}
	d.setResult(d.fold("VADDPD", acc[0]))
	t.end()
}

// halfMask makes an AVX2 mask of quadwords one of doublewords.
func halfMask(k mask) mask {
	v := ctx.YMM()
	ctx.VEXTRACTF128(operand.U8(1), k.Op, v.AsX())
	ctx.VSHUFPS(operand.U8(0x88), v.AsX(), k.Op.(vec).AsX(), v.AsX())
	return mask{v.AsX()}
}

// maximum writes the largest element of x, which is not empty.
func (t target) maximum() {
	ty := t.goType()
	t.function("max", "func(x []"+ty+") "+ty, "max"+t.suffix()+" returns the largest element of x, or NaN if there is one.")
	x, _, n, i := t.start(false, t.bytes())
	// Every lane starts with the first element, which the lanes beyond the end then keep.
	first := t.broadcast(operand.Mem{Base: reg.RSI})
	acc := make([]vec, chains)
	for c := range acc {
		acc[c] = t.copy(first)
	}
	nan := t.zero() // collects NaNs
	collect := t.collectNaNs(nan)
	t.loop(chains, n, i, func(u int, k mask) {
		v := t.load(x(u), k)
		if k.Op != nil {
			v = t.blend(cond(k), v, first)
		}
		collect(u, v)
		t.emit("VMAX*", acc[u], v, acc[u])
	})
	t.setMax(acc, nan)
	t.end()
}

// maxAbs writes the largest absolute value of x.
func (t target) maxAbs() {
	ty := t.goType()
	t.function("maxAbs", "func(x []"+ty+") "+ty, "maxAbs"+t.suffix()+" returns the largest absolute value of x, 0 if there is none, or NaN if there is one.")
	x, _, n, i := t.start(false, t.bytes())
	acc := make([]vec, chains)
	for c := range acc {
		acc[c] = t.zero()
	}
	nan := t.zero() // collects NaNs
	collect := t.collectNaNs(nan)
	t.loop(chains, n, i, func(u int, k mask) {
		v := t.abs(t.load(x(u), k))
		collect(u, v)
		t.emit("VMAX*", acc[u], v, acc[u])
	})
	t.setMax(acc, nan)
	t.end()
}

// collectNaNs returns a function that sees to it that lanes of nan become NaN where v is, for the steps of a loop
// unrolled chains times. One comparison serves two vectors that follow each other.
func (t target) collectNaNs(nan vec) func(u int, v vec) {
	var held vec
	seen := 0
	return func(u int, v vec) {
		seen++
		other := v
		switch {
		case seen <= chains && u%2 == 0:
			held = v
			return
		case seen <= chains:
			other = held
		}
		t.collectNaN(nan, v, other)
	}
}

// collectNaN makes lanes of nan NaN where v or other is.
func (t target) collectNaN(nan, v, other vec) {
	c := t.cmp(uno, v, other)
	if !t.wide {
		t.emit("VOR*", c.Op, nan, nan)
		return
	}
	t.emit("VPTERNLOG#", u8(0xff), nan, nan, c.Op, nan)
}

// setMax stores the largest number of the accumulators as the result, or NaN if one was collected.
func (t target) setMax(acc []vec, nan vec) {
	for s := chains / 2; s > 0; s /= 2 {
		for c := range s {
			t.emit("VMAX*", acc[c+s], acc[c], acc[c])
		}
	}
	// The sum of the collected NaNs is NaN, or 0 if there are none.
	t.setResult(t.add(t.fold("VMAX*", acc[0]), t.fold("VADD*", nan)))
}

// finite writes the test for numbers that are neither infinite nor NaN.
func (t target) finite() {
	ty := t.goType()
	t.function("finite", "func(x []"+ty+") "+ty, "finite"+t.suffix()+" returns 0 if all elements of x are finite, and else NaN.")
	x, _, n, i := t.start(false, t.bytes())
	zero := t.zero()
	acc := make([]vec, chains)
	for c := range acc {
		acc[c] = t.zero()
	}
	t.loop(chains, n, i, func(u int, k mask) {
		t.addTo(acc[u], t.load(x(u), k), zero)
	})
	for s := chains / 2; s > 0; s /= 2 {
		for c := range s {
			t.emit("VADD*", acc[c+s], acc[c], acc[c])
		}
	}
	t.setResult(t.fold("VADD*", acc[0]))
	t.end()
}

// expSum writes Σ e^(x-m), which with store also writes the terms to dst.
func (t target) expSum(name string, store bool, pins int) {
	ty := t.goType()
	if store {
		t.function(name, "func(y, x []"+ty+", m "+ty+") "+ty, name+t.suffix()+" sets y[i] = e^(x[i]-m) and returns the sum.")
	} else {
		t.function(name, "func(x []"+ty+", m "+ty+") "+ty, name+t.suffix()+" returns the sum of e^(x[i]-m).")
	}
	x, y, n, i := t.start(store, t.bytes())
	addr, err := ctx.Param("m").Resolve()
	if err != nil {
		panic(err)
	}
	m := t.broadcast(addr.Addr)
	t.pin(pins, func() { t.exp(t.vec()) })
	acc := t.zero()
	t.loop(1, n, i, func(u int, k mask) {
		e := t.exp(t.sub(t.load(x(u), k), m))
		if store {
			t.store(e, y(u), k)
		}
		if k.Op != nil {
			e = t.where(cond(k), e)
		}
		t.emit("VADD*", e, acc, acc)
	})
	t.setResult(t.fold("VADD*", acc))
	t.end()
}

// columns writes the sums of the columns of some rows, in double precision. It does as many columns as vectors vectors
// of double precision hold; with tail, as many as sums has, at most one vector.
func (t target) columns(name string, vectors int, tail bool) {
	ty := t.goType()
	t.function(name, "func(sums []float64, x []"+ty+", stride, rows int)",
		name+t.suffix()+" sets sums to the sums of the columns of rows rows of x, stride elements apart.")
	d := t.sums()
	if tail { // which waits for additions
		d = t.doubles()
	}
	ctx.Load(ctx.Param("sums").Base(), reg.RDI)
	ctx.Load(ctx.Param("x").Base(), reg.RSI)
	ctx.Load(ctx.Param("stride"), reg.R8)
	ctx.SHLQ(operand.U8(log2(t.size())), reg.R8)
	ctx.Load(ctx.Param("rows"), reg.RDX)
	k, kd := mask{}, mask{}
	if tail {
		ctx.Load(ctx.Param("sums").Len(), reg.RCX)
		kd = d.tailMask(reg.RCX)
		k = kd
		if !t.double && !t.wide {
			k = halfMask(kd)
		}
	}
	acc := make([]vec, vectors)
	for c := range acc {
		acc[c] = d.zero()
	}
	one := d.set(d.num(1)) // as in sum
	add := func(acc []vec, row operand.Mem) {
		for c := range acc {
			d.addTo(acc[c], t.loadAs(d, row.Offset(c*d.lanes()*t.size()), k), one)
		}
	}
	if tail { // two rows at a time, because one addition waits for the last
		other := []vec{d.zero()}
		ctx.SUBQ(operand.Imm(2), reg.RDX)
		ctx.JL(operand.LabelRef("single"))
		ctx.Label("pair")
		add(acc, operand.Mem{Base: reg.RSI})
		add(other, operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 1})
		ctx.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 2}, reg.RSI)
		ctx.SUBQ(operand.Imm(2), reg.RDX)
		ctx.JGE(operand.LabelRef("pair"))
		ctx.Label("single")
		d.emit("VADDPD", other[0], acc[0], acc[0])
		ctx.ADDQ(operand.Imm(2), reg.RDX)
		ctx.JZ(operand.LabelRef("store"))
	}
	ctx.Label("loop")
	add(acc, operand.Mem{Base: reg.RSI})
	ctx.ADDQ(reg.R8, reg.RSI)
	ctx.DECQ(reg.RDX)
	ctx.JNZ(operand.LabelRef("loop"))
	if tail {
		ctx.Label("store")
	}
	for c := range acc {
		d.store(acc[c], operand.Mem{Base: reg.RDI, Disp: c * d.bytes()}, kd)
	}
	t.end()
}
