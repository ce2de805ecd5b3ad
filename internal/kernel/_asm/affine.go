package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// This file holds functions that take elements of lines and some numbers of each line and make as many elements: the last pass of
// normalizations, and of their derivatives.

// A spread is such a function. Its result is stored, or with to added to what is there.
type spread struct {
	name, doc string
	rows      bool     // lines are rows, else they lie side by side
	to        bool     // adds to dst
	elements  []string // slices of elements, in the shape of dst
	shared    string   // a slice of as many elements as a row has, the same for all rows, or ""
	numbers   []string // slices of a number for each line
	unroll    int
	exp       bool // calls exp
	body      func(t target, e []vec, shared vec, n []vec) vec
}

// spreads are written once to set dst and once to add to it.
var spreads = []spread{
	{
		name: "Affine", doc: "((x-hi)-lo)*c + b", elements: []string{"x"}, numbers: []string{"hi", "lo", "c", "b"}, unroll: 4,
		body: func(t target, e []vec, _ vec, n []vec) vec {
			return t.fma(t.sub(t.sub(e[0], n[0]), n[1]), n[2], n[3])
		},
	},
	{
		name: "Affine", to: true, doc: "((x-hi)-lo)*c", elements: []string{"x"}, numbers: []string{"hi", "lo", "c"}, unroll: 4,
		body: func(t target, e []vec, _ vec, n []vec) vec { return t.mul(t.sub(t.sub(e[0], n[0]), n[1]), n[2]) },
	},
	slopeSpread("Slope", false),
	slopeSpread("Slope", true),
}

// rowSpreads exist for rows only.
var rowSpreads = []spread{gainSpread("Gain", false), gainSpread("Gain", true)}

// softmaxSpreads exist for lines side by side only.
var softmaxSpreads = []spread{
	softmaxSpread(false, false), softmaxSpread(false, true), softmaxSpread(true, false), softmaxSpread(true, true),
}

// softmaxSpread is the derivative of softmax, or of its logarithm, where s is the sum of ct*y, or of ct.
func softmaxSpread(log, to bool) spread {
	if log {
		return spread{
			name: "LogSoftmax", to: to, doc: "ct - e^y*s, where the product is 0 if s is,", elements: []string{"ct", "y"}, numbers: []string{"s"}, unroll: 1, exp: true,
			body: func(t target, e []vec, _ vec, n []vec) vec { return t.sub(e[0], t.timesZeroWins(n[0], t.exp(e[1]))) },
		}
	}
	return spread{
		name: "Softmax", to: to, doc: "y*(ct-s), 0 if ct-s is,", elements: []string{"ct", "y"}, numbers: []string{"s"}, unroll: 2,
		body: func(t target, e []vec, _ vec, n []vec) vec { return t.timesZeroWins(t.sub(e[0], n[0]), e[1]) },
	}
}

// slopeSpread is the derivative of a normalization whose gain is a number of a line.
func slopeSpread(name string, to bool) spread {
	return spread{
		name: name, to: to, doc: "(w-mean)*c - ((x-hi)-lo)*slope", elements: []string{"w", "x"}, numbers: []string{"mean", "c", "hi", "lo", "slope"}, unroll: 2,
		body: func(t target, e []vec, _ vec, n []vec) vec {
			d := t.mul(t.sub(t.sub(e[1], n[2]), n[3]), n[4])
			return t.sub(t.mul(t.sub(e[0], n[0]), n[1]), d)
		},
	}
}

// gainSpread is the derivative of a normalization whose gains are those of the elements of a row.
func gainSpread(name string, to bool) spread {
	return spread{
		name: name, to: to, doc: "((w*gain-mean) - x*slope)*c, where w*gain is 0 if w is", elements: []string{"w", "x"}, shared: "gain",
		numbers: []string{"mean", "slope", "c"}, unroll: 2,
		body: func(t target, e []vec, gain vec, n []vec) vec {
			g := t.sub(t.timesZeroWins(e[0], gain), n[0])
			t.subTo(g, e[1], n[1])
			return t.mul(g, n[2])
		},
	}
}

// timesZeroWins returns ct*d, 0 where ct is.
func (t target) timesZeroWins(ct, d vec) vec {
	return zeroWins(t, inputs{a: func() vec { return ct }}, func() vec { return d })
}

// affine writes functions that set as many elements as they read.
func (t target) affine() {
	for _, s := range spreads {
		t.spreadAcross(s)
		s.rows = true
		t.spreadRows(s)
	}
	for _, s := range softmaxSpreads {
		t.spreadAcross(s)
	}
	for _, s := range rowSpreads {
		s.rows = true
		t.spreadRows(s)
	}
	t.gainSums()
	t.acrossExp(false)
	t.acrossExp(true)
}

// spreadRegisters are where the slices of elements begin.
var spreadRegisters = []reg.GPPhysical{reg.RDI, reg.RSI, reg.RBX}

// beginSpread begins the function of a spread whose last parameters are given.
func (t target) beginSpread(s spread, last, doc string) {
	ty := t.goType()
	sig := "func(dst"
	for _, e := range s.elements {
		sig += ", " + e
	}
	if s.shared != "" {
		sig += ", " + s.shared
	}
	for _, n := range s.numbers {
		sig += ", " + n
	}
	name, does := "across"+s.name, "sets dst to "
	if s.rows {
		name = "rows" + s.name
	}
	if s.to {
		name, does = name+"To", "adds to dst "
	}
	t.function(name, sig+" []"+ty+", "+last+" int)", name+t.suffix()+" "+does+s.doc+doc)
	for i, e := range append([]string{"dst"}, s.elements...) {
		ctx.Load(ctx.Param(e).Base(), spreadRegisters[i])
	}
	if s.shared != "" {
		ctx.Load(ctx.Param(s.shared).Base(), reg.R10)
	}
}

// put stores a result, or adds it to what is there.
func (s spread) put(t target, v vec, m operand.Mem, k mask) {
	if s.to {
		v = t.add(t.load(m, k), v)
	}
	t.store(v, m, k)
}

// spreadAcross writes a spread over rows of lines that lie side by side.
func (t target) spreadAcross(s spread) {
	t.withPins(func(pins int) {
		if !s.exp {
			pins = 0
		}
		t.spreadAcrossWith(s, pins)
	})
}

func (t target) spreadAcrossWith(s spread, pins int) {
	t.beginSpread(s, "stride, rows", fmt.Sprintf(" for lines side by side, len(%s) of them, of which rows elements, rows > 0, stand stride apart.", s.numbers[0]))
	n, stride, rows, at, i, left, from := reg.RDX, reg.R8, reg.R11, reg.R14, reg.R12, reg.R13, reg.R9
	ctx.Load(ctx.Param(s.numbers[0]).Len(), n)
	ctx.Load(ctx.Param("stride"), stride)
	ctx.SHLQ(operand.U8(log2(t.size())), stride)
	ctx.Load(ctx.Param("rows"), rows)
	ctx.XORQ(i, i)
	if s.exp {
		t.pin(pins, func() { t.exp(t.vec()) })
	}
	group := func(name string, u int, k mask) {
		numbers := make([][]vec, u)
		for _, name := range s.numbers {
			ctx.Load(ctx.Param(name).Base(), from)
			for v := range u {
				numbers[v] = append(numbers[v], t.load(operand.Mem{Base: from, Index: i, Scale: uint8(t.size()), Disp: v * t.bytes()}, k))
			}
		}
		ctx.MOVQ(i, at)
		ctx.SHLQ(operand.U8(log2(t.size())), at)
		ctx.MOVQ(rows, left)
		ctx.Label(name)
		for v := range u {
			place := func(base reg.Register) operand.Mem {
				return operand.Mem{Base: base, Index: at, Scale: 1, Disp: v * t.bytes()}
			}
			var e []vec
			for j := range s.elements {
				e = append(e, t.load(place(spreadRegisters[1+j]), k))
			}
			s.put(t, s.body(t, e, nil, numbers[v]), place(spreadRegisters[0]), k)
		}
		ctx.ADDQ(stride, at)
		ctx.DECQ(left)
		ctx.JNZ(operand.LabelRef(name))
	}
	unrolls := []int{1}
	if u := s.unroll; u > 1 && t.wide {
		unrolls = []int{u, 1}
	}
	for _, u := range unrolls {
		name := map[bool]string{true: "one", false: "many"}[u == 1]
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), n)
		ctx.JL(operand.LabelRef(name + "end"))
		ctx.Label(name)
		group(name+"rows", u, mask{})
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), i)
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), n)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), n)
	}
	ctx.JZ(operand.LabelRef("leave"))
	ctx.MOVQ(n, reg.RCX)
	group("lastrows", 1, t.tailMask(reg.RCX))
	ctx.Label("leave")
	t.end()
}

// A rowWalk is a loop over rows, each of which is gone through by vectors.
type rowWalk struct {
	n, rows, row, at, i, left, from, last reg.GPPhysical
	k                                     mask // of the last elements of a row
}

// beginRows begins a walk over as many rows as the first slice of numbers is long.
func (t target) beginRows(first string) rowWalk {
	w := rowWalk{n: reg.RDX, rows: reg.R11, row: reg.R12, at: reg.R14, i: reg.R8, left: reg.R13, from: reg.R9, last: reg.R15}
	ctx.Load(ctx.Param(first).Len(), w.rows)
	ctx.Load(ctx.Param("n"), w.n)
	ctx.MOVQ(w.n, w.last)
	ctx.ANDQ(operand.I32(t.lanes()-1), w.last)
	ctx.MOVQ(w.last, reg.RCX)
	w.k = t.tailMask(reg.RCX)
	ctx.SHLQ(operand.U8(log2(t.size())), w.last)
	ctx.XORQ(w.row, w.row)
	ctx.XORQ(w.at, w.at)
	ctx.Label("row")
	return w
}

// number returns a number of the row in all lanes.
func (w rowWalk) number(t target, name string) vec {
	ctx.Load(ctx.Param(name).Base(), w.from)
	return t.broadcast(operand.Mem{Base: w.from, Index: w.row, Scale: uint8(t.size())})
}

// elements writes the loop over the elements of a row.
func (w rowWalk) elements(t target, unroll int, step func(u int, k mask)) {
	ctx.XORQ(w.i, w.i)
	ctx.MOVQ(w.n, w.left)
	unrolls := []int{1}
	if unroll > 1 {
		unrolls = []int{unroll, 1}
	}
	for _, u := range unrolls {
		name := map[bool]string{true: "one", false: "many"}[u == 1]
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), w.left)
		ctx.JL(operand.LabelRef(name + "end"))
		ctx.Label(name)
		for v := range u {
			step(v, mask{})
		}
		ctx.ADDQ(operand.I32(u*t.bytes()), w.at)
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), w.i)
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), w.left)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), w.left)
	}
	ctx.JZ(operand.LabelRef("done"))
	step(0, w.k)
	ctx.ADDQ(w.last, w.at)
	ctx.Label("done")
}

// next ends the walk.
func (w rowWalk) next() {
	ctx.INCQ(w.row)
	ctx.CMPQ(w.row, w.rows)
	ctx.JL(operand.LabelRef("row"))
}

// place is where the elements of vector u are in a slice of the shape of the rows, along is where they are in one of a single row.
func (w rowWalk) place(t target, base reg.Register, u int) operand.Mem {
	return operand.Mem{Base: base, Index: w.at, Scale: 1, Disp: u * t.bytes()}
}

func (w rowWalk) along(t target, base reg.Register, u int) operand.Mem {
	return operand.Mem{Base: base, Index: w.i, Scale: uint8(t.size()), Disp: u * t.bytes()}
}

// spreadRows writes a spread over rows.
func (t target) spreadRows(s spread) {
	t.beginSpread(s, "n", fmt.Sprintf(" for len(%s) rows of n elements, of which there is one at least.", s.numbers[0]))
	w := t.beginRows(s.numbers[0])
	var numbers []vec
	for _, name := range s.numbers {
		numbers = append(numbers, w.number(t, name))
	}
	w.elements(t, s.unroll, func(u int, k mask) {
		var e []vec
		for j := range s.elements {
			e = append(e, t.load(w.place(t, spreadRegisters[1+j], u), k))
		}
		var shared vec
		if s.shared != "" {
			shared = t.load(w.along(t, reg.R10, u), k)
		}
		s.put(t, s.body(t, e, shared, numbers), w.place(t, spreadRegisters[0], u), k)
	})
	w.next()
	t.end()
}

// gainSums writes the sums that the derivative of a normalization with gains needs.
func (t target) gainSums() {
	ty := t.goType()
	t.function("rowsGainSums", "func(s, q []float64, w, x, gain []"+ty+", n int)",
		"rowsGainSums"+t.suffix()+" sets s and q to the sums of g and of g*x over rows of n elements, of which there is one at least, where g is w*gain, 0 if w is.")
	s, q, ws, xs, gain := reg.RDI, reg.RCX, reg.RSI, reg.RBX, reg.R10
	ctx.Load(ctx.Param("w").Base(), ws)
	ctx.Load(ctx.Param("x").Base(), xs)
	ctx.Load(ctx.Param("gain").Base(), gain)
	d := t.doubles()
	w := t.beginRows("s")
	ctx.Load(ctx.Param("s").Base(), s)
	ctx.Load(ctx.Param("q").Base(), q)
	one := d.set(d.num(1))
	halves := 1
	if !t.double {
		halves = 2
	}
	var sums, products []vec
	for range halves {
		sums, products = append(sums, d.zero()), append(products, d.zero())
	}
	w.elements(t, 1, func(u int, k mask) {
		g := t.timesZeroWins(t.load(w.place(t, ws, u), k), t.load(w.along(t, gain, u), k))
		x := t.load(w.place(t, xs, u), k)
		for h := range halves {
			gd, xd := t.part(g, h), t.part(x, h)
			d.addTo(sums[h], gd, one)
			d.addTo(products[h], gd, xd)
		}
	})
	for _, acc := range []struct {
		v  []vec
		to reg.GPPhysical
	}{{sums, s}, {products, q}} {
		if halves == 2 {
			d.emit("VADDPD", acc.v[1], acc.v[0], acc.v[0])
		}
		ctx.VMOVSD(d.fold("VADDPD", acc.v[0]).AsX(), operand.Mem{Base: acc.to, Index: w.row, Scale: 8})
	}
	w.next()
	t.end()
}

// part returns half of a vector in double precision, the whole of one that is already.
func (t target) part(x vec, h int) vec {
	if t.double {
		return x
	}
	return t.half(x, h == 1)
}

// acrossExp writes the sums of exponentials of lines that lie side by side, which with store also writes the terms to y.
func (t target) acrossExp(store bool) {
	ty := t.goType()
	name, sig, doc := "acrossExpSum", "x, m []"+ty, " adds e^(x-m) to s"
	if store {
		name, sig, doc = "acrossExp", "y, "+sig, " sets y = e^(x-m) and adds it to s"
	}
	t.withPins(func(pins int) {
		t.function(name, "func(s []float64, "+sig+", stride, rows int)", name+t.suffix()+doc+
			" for lines side by side, len(m) of them, of which rows elements, rows > 0, stand stride apart. s has room for a whole number of vectors, and holds arbitrary numbers beyond len(m).")
		ys, xs, s, n, stride, rows, at, i, left := reg.RDI, reg.RSI, reg.RBX, reg.RDX, reg.R8, reg.R11, reg.R14, reg.R12, reg.R13
		if store {
			ctx.Load(ctx.Param("y").Base(), ys)
		}
		ctx.Load(ctx.Param("x").Base(), xs)
		ctx.Load(ctx.Param("s").Base(), s)
		ctx.Load(ctx.Param("m").Base(), reg.R9)
		ctx.Load(ctx.Param("m").Len(), n)
		ctx.Load(ctx.Param("stride"), stride)
		ctx.SHLQ(operand.U8(log2(t.size())), stride)
		ctx.Load(ctx.Param("rows"), rows)
		ctx.XORQ(i, i)
		d := t.doubles()
		halves := 1
		if !t.double {
			halves = 2
		}
		t.pin(pins, func() { t.exp(t.vec()) })
		place := func(base reg.Register) operand.Mem { return operand.Mem{Base: base, Index: at, Scale: 1} }
		sum := func(h int) operand.Mem {
			return operand.Mem{Base: s, Index: i, Scale: 8, Disp: h * d.bytes()}
		}
		group := func(name string, k mask) {
			m := t.load(operand.Mem{Base: reg.R9, Index: i, Scale: uint8(t.size())}, k)
			var sums []vec
			for h := range halves {
				sums = append(sums, d.load(sum(h), mask{}))
			}
			ctx.MOVQ(i, at)
			ctx.SHLQ(operand.U8(log2(t.size())), at)
			ctx.MOVQ(rows, left)
			ctx.Label(name)
			e := t.exp(t.sub(t.load(place(xs), k), m))
			if store {
				t.store(e, place(ys), k)
			}
			for h := range halves {
				d.emit("VADDPD", t.part(e, h), sums[h], sums[h])
			}
			ctx.ADDQ(stride, at)
			ctx.DECQ(left)
			ctx.JNZ(operand.LabelRef(name))
			for h := range halves {
				d.store(sums[h], sum(h), mask{})
			}
		}
		ctx.SUBQ(operand.Imm(uint64(t.lanes())), n)
		ctx.JL(operand.LabelRef("end"))
		ctx.Label("many")
		group("manyrows", mask{})
		ctx.ADDQ(operand.Imm(uint64(t.lanes())), i)
		ctx.SUBQ(operand.Imm(uint64(t.lanes())), n)
		ctx.JGE(operand.LabelRef("many"))
		ctx.Label("end")
		ctx.ADDQ(operand.Imm(uint64(t.lanes())), n)
		ctx.JZ(operand.LabelRef("leave"))
		ctx.MOVQ(n, reg.RCX)
		group("lastrows", t.tailMask(reg.RCX))
		ctx.Label("leave")
		t.end()
	})
}
