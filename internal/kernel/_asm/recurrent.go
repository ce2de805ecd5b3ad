package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// recurrent writes the steps of gated recurrent layers, for the units of one example.
func (t target) recurrent() {
	t.withPins(t.gru)
	t.withPins(t.gruBackward)
	t.withPins(t.lstm)
	t.withPins(t.lstmBackward)
}

// A cell is a function of slices: those of four blocks, such as the gates of a layer, and those of one.
type cell struct {
	target
	n, i, block reg.GPPhysical            // units left, units done, and the bytes of a block
	bases       map[string]reg.GPPhysical // where the present units stand; those of four blocks have a second one at block 1
	order       []reg.GPPhysical
}

// cell begins a function. Slices of four blocks come first; the last one has a number for each unit.
func (t target) cell(name string, four, one []string, doc string) *cell {
	c := &cell{target: t, n: reg.RDX, i: reg.R8, block: reg.R9, bases: map[string]reg.GPPhysical{}}
	all := append(append([]string{}, four...), one...)
	t.function(name, fmt.Sprintf("func(%s []%s)", strings.Join(all, ", "), t.goType()), name+t.suffix()+doc)
	free := []reg.GPPhysical{reg.RDI, reg.RSI, reg.RBX, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14, reg.R15}
	base := func(name string) reg.GPPhysical {
		r := free[0]
		free = free[1:]
		c.bases[name] = r
		c.order = append(c.order, r)
		return r
	}
	ctx.Load(ctx.Param(one[len(one)-1]).Len(), c.n)
	ctx.MOVQ(c.n, c.block)
	ctx.SHLQ(operand.U8(log2(t.size())), c.block)
	for _, s := range four {
		r, r1 := base(s), base(s+"1")
		ctx.Load(ctx.Param(s).Base(), r)
		ctx.MOVQ(r, r1)
		ctx.ADDQ(c.block, r1)
	}
	for _, s := range one {
		ctx.Load(ctx.Param(s).Base(), base(s))
	}
	ctx.XORQ(c.i, c.i)
	return c
}

// at returns where the present units of a block of a slice stand.
func (c *cell) at(name string, block int) operand.Mem {
	switch block {
	case 0:
		return operand.Mem{Base: c.bases[name]}
	case 3:
		return operand.Mem{Base: c.bases[name+"1"], Index: c.block, Scale: 2}
	}
	return operand.Mem{Base: c.bases[name], Index: c.block, Scale: uint8(block)}
}

// each writes the loop over the units, and ends the function.
func (c *cell) each(pins int, body func(load func(name string, block int) vec, store func(v vec, name string, block int))) {
	c.pin(pins, func() { body(func(string, int) vec { return c.vec() }, func(vec, string, int) {}) })
	c.loop(1, c.n, c.i, func(_ int, k mask) {
		body(func(name string, block int) vec { return c.load(c.at(name, block), k) },
			func(v vec, name string, block int) { c.store(v, c.at(name, block), k) })
		if k.Op == nil {
			for _, r := range c.order {
				ctx.ADDQ(operand.Imm(uint64(c.bytes())), r)
			}
		}
	})
	c.end()
}

// oneMinus returns 1-x.
func (t target) oneMinus(x vec) vec { return t.sub(t.set(t.one()), x) }

// slope returns x·(1-x), the derivative of the logistic function where its value is x.
func (t target) slope(x vec) vec { return t.mul(x, t.oneMinus(x)) }

// roundSlope returns 1-x², the derivative of tanh where its value is x.
func (t target) roundSlope(x vec) vec {
	y := t.set(t.one())
	t.subTo(y, x, x)
	return y
}

// gru writes the step of GRU.
func (t target) gru(pins int) {
	c := t.cell("gru", []string{"acts", "bias"}, []string{"prev", "h", "y"}, " is GRU for one example: h goes to y too.")
	c.each(pins, func(load func(string, int) vec, store func(vec, string, int)) {
		gate := func(k int) vec { return t.add(load("acts", k), load("bias", k)) }
		r := t.sigmoid(gate(0))
		store(r, "acts", 0)
		s := gate(2)
		store(s, "acts", 2)
		x := gate(3)
		t.addTo(x, r, s)
		n := t.tanh(x)
		store(n, "acts", 3)
		z := t.sigmoid(gate(1))
		store(z, "acts", 1)
		t.addTo(n, z, t.sub(load("prev", 0), n))
		store(n, "h", 0)
		store(n, "y", 0)
	})
}

// gruBackward writes the step of GRUBackward.
func (t target) gruBackward(pins int) {
	c := t.cell("gruBackward", []string{"d", "acts"}, []string{"ct", "prev", "carry"}, " is GRUBackward for one example.")
	c.each(pins, func(load func(string, int) vec, store func(vec, string, int)) {
		ct := t.add(load("ct", 0), load("carry", 0))
		z, n := load("acts", 1), load("acts", 3)
		store(t.mul(ct, z), "carry", 0)
		store(t.mul(t.mul(ct, t.sub(load("prev", 0), n)), t.slope(z)), "d", 1)
		dn := t.mul(t.mul(ct, t.oneMinus(z)), t.roundSlope(n))
		store(dn, "d", 3)
		r := load("acts", 0)
		store(t.mul(dn, r), "d", 2)
		store(t.mul(t.mul(dn, load("acts", 2)), t.slope(r)), "d", 0)
	})
}

// lstm writes the step of LSTM.
func (t target) lstm(pins int) {
	c := t.cell("lstm", []string{"acts", "bias"}, []string{"prev", "c", "h", "y"}, " is LSTM for one example: h goes to y too.")
	c.each(pins, func(load func(string, int) vec, store func(vec, string, int)) {
		gate := func(k int) vec { return t.add(load("acts", k), load("bias", k)) }
		i := t.sigmoid(gate(0))
		store(i, "acts", 0)
		g := t.tanh(gate(2))
		store(g, "acts", 2)
		cell := t.mul(i, g)
		f := t.sigmoid(gate(1))
		store(f, "acts", 1)
		t.addTo(cell, f, load("prev", 0))
		store(cell, "c", 0)
		y := t.tanh(cell)
		o := t.sigmoid(gate(3))
		store(o, "acts", 3)
		h := t.mul(o, y)
		store(h, "h", 0)
		store(h, "y", 0)
	})
}

// lstmBackward writes the step of LSTMBackward.
func (t target) lstmBackward(pins int) {
	c := t.cell("lstmBackward", []string{"d", "acts"}, []string{"ct", "more", "prev", "c", "carry"}, " is LSTMBackward for one example.")
	c.each(pins, func(load func(string, int) vec, store func(vec, string, int)) {
		ct, y, o := t.add(load("ct", 0), load("more", 0)), t.tanh(load("c", 0)), load("acts", 3)
		store(t.mul(t.mul(ct, y), t.slope(o)), "d", 3)
		dc := load("carry", 0)
		t.addTo(dc, t.mul(ct, o), t.roundSlope(y))
		f := load("acts", 1)
		store(t.mul(dc, f), "carry", 0)
		store(t.mul(t.mul(dc, load("prev", 0)), t.slope(f)), "d", 1)
		i, g := load("acts", 0), load("acts", 2)
		store(t.mul(t.mul(dc, g), t.slope(i)), "d", 0)
		store(t.mul(t.mul(dc, i), t.roundSlope(g)), "d", 2)
	})
}
