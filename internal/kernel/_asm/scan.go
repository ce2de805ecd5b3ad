package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// This file holds running sums and products of lines that lie side by side, in double precision: a vector holds those of as many
// lines.

// A scan is such a function. Rows are taken up in the order of memory, or with a negative stride in the opposite one.
type scan struct {
	name, doc string
	slices    []string // beside s: those of doubles first, which are rows without gaps
	doubles   int      // how many of them hold doubles
	factor    bool     // a number c of each line, in double precision
	step      func(t target, s, c vec, place func(name string) operand.Mem, k, ke mask)
}

// accumulating is a scan that stores what it accumulates.
func accumulating(name, doc, op string) scan {
	return scan{
		name: name, doc: "takes up rows of x in s, a running " + doc + ", and stores it in those of y", slices: []string{"y", "x"},
		step: func(t target, s, _ vec, place func(name string) operand.Mem, k, ke mask) {
			t.doubles().emit(op, t.loadDouble(place("x"), ke), s, s)
			t.storeDouble(s, place("y"), ke)
		},
	}
}

var scans = []scan{
	accumulating("Sum", "sum", "VADDPD"),
	accumulating("Prod", "product", "VMULPD"),
	{
		name: "Before", doc: "stores s in the rows of before, each before it takes up a row of x in s, a running product", slices: []string{"before", "x"}, doubles: 1,
		step: func(t target, s, _ vec, place func(name string) operand.Mem, k, ke mask) {
			d := t.doubles()
			d.store(s, place("before"), k)
			d.emit("VMULPD", t.loadDouble(place("x"), ke), s, s)
		},
	},
	{
		name: "Behind", doc: "sets rows of dst to c times s times those of before, and takes up rows of x in s, a running product",
		slices: []string{"before", "dst", "x"}, doubles: 1, factor: true, step: behindStep,
	},
	{
		name: "BehindTo", doc: "adds rows of ct to s, sets those of dst to s times those of before, and takes up rows of x in s, a running product",
		slices: []string{"before", "dst", "ct", "x"}, doubles: 1,
		step: func(t target, s, _ vec, place func(name string) operand.Mem, k, ke mask) {
			t.doubles().emit("VADDPD", t.loadDouble(place("ct"), ke), s, s)
			behindStep(t, s, nil, place, k, ke)
		},
	},
}

func behindStep(t target, s, c vec, place func(name string) operand.Mem, k, ke mask) {
	d := t.doubles()
	v := d.mul(d.load(place("before"), k), s)
	if c != nil {
		v = d.mul(v, c)
	}
	t.storeDouble(v, place("dst"), ke)
	d.emit("VMULPD", t.loadDouble(place("x"), ke), s, s)
}

// storeDouble stores a vector of doubles as elements.
func (t target) storeDouble(v vec, m operand.Mem, k mask) {
	if t.double {
		t.store(v, m, k)
		return
	}
	if t.wide {
		y := ctx.YMM()
		ctx.VCVTPD2PS(v, y)
		if k.Op == nil {
			ctx.VMOVUPS(y, m)
		} else {
			ctx.VMOVUPS(y, k.Op, m)
		}
		return
	}
	x := ctx.XMM()
	ctx.VCVTPD2PSY(v, x)
	if k.Op == nil {
		ctx.VMOVUPS(x, m)
	} else {
		ctx.VMASKMOVPS(x, k.Op, m)
	}
}

// scans writes the scans.
func (t target) scans() {
	for _, s := range scans {
		t.scan(s)
	}
}

func (t target) scan(f scan) {
	sig := "func(s"
	if f.factor {
		sig += ", c"
	}
	for i, name := range f.slices {
		if i == f.doubles {
			sig += " []float64"
		}
		sig += ", " + name
	}
	name := "scan" + f.name
	t.function(name, sig+" []"+t.goType()+", stride, rows int)", name+t.suffix()+" "+f.doc+
		", for len(s) lines side by side. Rows, rows > 0 of them, are stride apart, those of before len(s); with a negative stride the last one is the first.")
	bases := []reg.GPPhysical{reg.RDI, reg.RSI, reg.RBX, reg.R10}[:len(f.slices)]
	base := map[string]reg.GPPhysical{}
	for i, name := range f.slices {
		base[name] = bases[i]
		ctx.Load(ctx.Param(name).Base(), bases[i])
	}
	s, n, stride, rows, at, i, left, width, wide := reg.R9, reg.RDX, reg.R8, reg.R11, reg.R14, reg.R12, reg.R13, reg.R15, reg.RAX
	ctx.Load(ctx.Param("s").Base(), s)
	ctx.Load(ctx.Param("s").Len(), n)
	ctx.Load(ctx.Param("rows"), rows)
	ctx.Load(ctx.Param("stride"), stride)
	ctx.SHLQ(operand.U8(log2(t.size())), stride)
	// The bytes of a row of doubles, with the sign of stride.
	ctx.MOVQ(n, width)
	ctx.SHLQ(operand.U8(3), width)
	ctx.CMPQ(stride, operand.Imm(0))
	ctx.JGE(operand.LabelRef("forwards"))
	ctx.NEGQ(width)
	for k, b := range bases { // the last rows
		ctx.MOVQ(rows, left)
		ctx.DECQ(left)
		if k < f.doubles {
			ctx.IMULQ(width, left)
		} else {
			ctx.IMULQ(stride, left)
		}
		ctx.SUBQ(left, b)
	}
	ctx.Label("forwards")
	ctx.XORQ(i, i)
	d := t.doubles()
	lanes := d.lanes()
	group := func(name string, u int, ka, ke mask) {
		acc := make([]vec, u)
		sum := func(v int) operand.Mem {
			return operand.Mem{Base: s, Index: i, Scale: 8, Disp: v * d.bytes()}
		}
		for v := range acc {
			acc[v] = d.load(sum(v), ka)
		}
		c := make([]vec, u)
		if f.factor {
			ctx.Load(ctx.Param("c").Base(), reg.RCX)
			for v := range c {
				c[v] = d.load(operand.Mem{Base: reg.RCX, Index: i, Scale: 8, Disp: v * d.bytes()}, ka)
			}
		}
		ctx.MOVQ(i, at)
		ctx.SHLQ(operand.U8(log2(t.size())), at)
		if f.doubles > 0 {
			ctx.MOVQ(i, wide)
			ctx.SHLQ(operand.U8(3), wide)
		}
		ctx.MOVQ(rows, left)
		ctx.Label(name)
		for v := range acc {
			f.step(t, acc[v], c[v], func(name string) operand.Mem {
				if f.doubles > 0 && name == f.slices[0] {
					return operand.Mem{Base: base[name], Index: wide, Scale: 1, Disp: v * d.bytes()}
				}
				return operand.Mem{Base: base[name], Index: at, Scale: 1, Disp: v * lanes * t.size()}
			}, ka, ke)
		}
		ctx.ADDQ(stride, at)
		if f.doubles > 0 {
			ctx.ADDQ(width, wide)
		}
		ctx.DECQ(left)
		ctx.JNZ(operand.LabelRef(name))
		for v := range acc {
			d.store(acc[v], sum(v), ka)
		}
	}
	for _, u := range []int{4, 1} {
		name := map[bool]string{true: "one", false: "many"}[u == 1]
		ctx.SUBQ(operand.Imm(uint64(u*lanes)), n)
		ctx.JL(operand.LabelRef(name + "end"))
		ctx.Label(name)
		group(name+"rows", u, mask{}, mask{})
		ctx.ADDQ(operand.Imm(uint64(u*lanes)), i)
		ctx.SUBQ(operand.Imm(uint64(u*lanes)), n)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(u*lanes)), n)
	}
	ctx.JZ(operand.LabelRef("leave"))
	ctx.MOVQ(n, reg.RCX)
	ka := d.tailMask(reg.RCX)
	ke := ka
	if !t.double && !t.wide {
		ke = halfMask(ka)
	}
	group("lastrows", 1, ka, ke)
	ctx.Label("leave")
	t.end()
}
