package main

import (
	"strconv"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// This file holds reductions of many lines of numbers by one call: of lines that lie side by side, where a vector holds
// elements of as many lines, and of rows, each of which is folded at its end.

// A folding is a reduction to one or two numbers for each line.
type folding struct {
	name   string
	doc    string
	double bool // accumulates in double precision
	accs   int
	shift  bool // a number for each line, in double precision
	two    bool // reads w beside x
	apart  bool // keeps NaNs apart, which the accumulator takes up in the end

	// step takes up an element of each line. What lanes outside the mask hold counts only in a fold.
	step func(f foldTargets, acc []vec, w, x, m vec, k mask)
	// combine adds what other has accumulated to acc.
	combine func(f foldTargets, acc, other vec)
	// start returns the accumulator of nothing, or of the first element.
	start func(f foldTargets, first operand.Mem) vec
}

// foldTargets are the targets of the elements and of the accumulators, and the number 1 in all lanes of the latter.
type foldTargets struct {
	target
	acc target
	one vec
}

var foldings = []folding{
	extremeFolding("max", "largest", true),
	extremeFolding("min", "smallest", false),
	{
		name: "prod", doc: "product", double: true, accs: 1,
		step: func(f foldTargets, acc []vec, _, x, _ vec, k mask) {
			if k.Op != nil {
				x = f.acc.blend(cond(k), x, f.one)
			}
			f.acc.emit("VMULPD", x, acc[0], acc[0])
		},
		combine: func(f foldTargets, acc, other vec) { f.acc.emit("VMULPD", other, acc, acc) },
		start:   func(f foldTargets, _ operand.Mem) vec { return f.acc.copy(f.one) },
	},
	{
		name: "sum", doc: "sum", double: true, accs: 1,
		step: func(f foldTargets, acc []vec, _, x, _ vec, _ mask) { // x is 0 beyond the end
			// Some processors add and convert with the same units, and multiply with others.
			f.acc.addTo(acc[0], x, f.one)
		},
		combine: addFold, start: zeroFold,
	},
	{
		name: "moments", doc: "sums of x-m and of (x-m)²", double: true, accs: 2, shift: true,
		step: func(f foldTargets, acc []vec, _, x, m vec, k mask) {
			d := f.acc.sub(x, m)
			if k.Op != nil {
				d = f.acc.where(cond(k), d)
			}
			f.acc.addTo(acc[0], d, f.one)
			f.acc.addTo(acc[1], d, d)
		},
		combine: addFold, start: zeroFold,
	},
	{
		name: "products", doc: "sums of w and of w·(x-m)", double: true, accs: 2, shift: true, two: true,
		step: func(f foldTargets, acc []vec, w, x, m vec, _ mask) { // w is 0 beyond the end
			f.acc.addTo(acc[0], w, f.one)
			f.acc.addTo(acc[1], w, f.acc.sub(x, m))
		},
		combine: addFold, start: zeroFold,
	},
}

func addFold(f foldTargets, acc, other vec)          { f.acc.emit("VADDPD", other, acc, acc) }
func zeroFold(f foldTargets, _ operand.Mem) vec      { return f.acc.zero() }
func firstFold(f foldTargets, first operand.Mem) vec { return f.broadcast(first) }

// extremeFolding is the reduction to the largest or the smallest element, or to NaN if there is one. -0 is smaller than 0.
func extremeFolding(name, which string, largest bool) folding {
	// take takes up what is no NaN.
	take := func(f foldTargets, acc, x vec) {
		t := f.target
		if t.wide {
			way := 4
			if largest {
				way = 5
			}
			t.emit("VRANGE*", u8(way), x, acc, acc)
			return
		}
		// Of 0 and -0 the instructions take the second operand.
		op, join := "VMIN*", t.or
		if largest {
			op, join = "VMAX*", t.and
		}
		t.emit("VMOVAPS", join(t.op2(op, acc, x), t.op2(op, x, acc)), acc)
	}
	return folding{
		name: name, doc: which + " elements, NaN where there is one", accs: 1, apart: true,
		step: func(f foldTargets, acc []vec, _, x, _ vec, k mask) { take(f, acc[0], x) },
		combine: func(f foldTargets, acc, other vec) {
			t := f.target
			both, c := t.add(acc, other), t.cmp(uno, acc, other) // NaN there
			take(f, acc, other)
			if t.wide {
				t.emit("VMOVA*", both, c.Op, acc)
			} else {
				t.emit("VBLENDV*", c.Op, both, acc, acc)
			}
		},
		start: firstFold,
	}
}

// lines writes the reductions of lines.
func (t target) lines() {
	for _, f := range foldings {
		t.across(f)
		t.rows(f)
	}
	// 1 where an element is the one that was selected from its line, or is NaN: then the one selected is too.
	selected := func(t target, a, y vec) vec {
		return t.where(t.either(t.cmp(eq, a, y), t.cmp(uno, a, a)), t.set(t.one()))
	}
	for _, e := range []elementwise{
		{name: "Selected", unroll: 2, uses: "ab", body: func(t target, in inputs) vec { return selected(t, in.a(), in.b()) }},
		{name: "SelectedScalar", unroll: 2, uses: "ac", body: func(t target, in inputs) vec { return selected(t, in.a(), in.c) }},
	} {
		t.withPins(func(pins int) { t.elementwiseKernel(e, pins) })
	}
}

// A fold is a function that is written.
type fold struct {
	foldTargets
	folding
	accs       []reg.GPPhysical
	m, w, x    reg.GPPhysical
	size, wide int // bytes of an element and of an accumulator
}

// beginFold begins the function of a folding whose last parameters are given.
func (t target) beginFold(prefix string, f folding, last, doc string) fold {
	acc, ty := t, t.goType()
	if f.double {
		acc, ty = t.sums(), "float64"
	}
	name := prefix + strings.ToUpper(f.name[:1]) + f.name[1:]
	s := fold{
		foldTargets: foldTargets{target: t, acc: acc}, folding: f,
		accs: []reg.GPPhysical{reg.RDI, reg.R9}[:f.accs], m: reg.R10, w: reg.RBX, x: reg.RSI,
		size: t.size(), wide: acc.size(),
	}
	names := []string{"s", "q"}[:f.accs]
	sig := "func(" + strings.Join(names, ", ")
	if f.shift {
		sig += ", m"
	}
	sig += " []" + ty + ", "
	if f.two {
		sig += "w, "
	}
	sig += "x []" + t.goType() + ", " + last + " int)"
	t.function(name, sig, name+t.suffix()+" "+strings.ReplaceAll(doc, "*", f.doc))
	for i, n := range names {
		ctx.Load(ctx.Param(n).Base(), s.accs[i])
	}
	if f.shift {
		ctx.Load(ctx.Param("m").Base(), s.m)
	}
	if f.two {
		ctx.Load(ctx.Param("w").Base(), s.w)
	}
	ctx.Load(ctx.Param("x").Base(), s.x)
	if f.double {
		s.one = acc.set(acc.num(1))
	}
	return s
}

// chains returns how many accumulators there are.
func (s fold) chains() int {
	if s.wide > s.size {
		return narrowChains
	}
	return chains
}

// masksOf returns the masks of the first n accumulators and elements.
func (s fold) masksOf(n reg.GPPhysical) (acc, element mask) {
	acc = s.acc.tailMask(n)
	if s.double && s.size == 4 && !s.target.wide {
		return acc, halfMask(acc)
	}
	return acc, acc
}

// element loads elements as the accumulators take them.
func (s fold) element(m operand.Mem, k mask) vec {
	if s.double {
		return s.loadAs(s.acc, m, k)
	}
	return s.load(m, k)
}

// across writes a folding of lines that lie side by side.
func (t target) across(f folding) {
	s := t.beginFold("across", f, "stride, rows", "takes up the * of lines side by side, of which rows elements stand stride apart in x.")
	n, stride, rows, i, left, row, row2 := reg.RDX, reg.R8, reg.R11, reg.R12, reg.R13, reg.R14, reg.R15
	ctx.Load(ctx.Param("s").Len(), n)
	ctx.Load(ctx.Param("stride"), stride)
	ctx.SHLQ(operand.U8(log2(s.size)), stride)
	ctx.Load(ctx.Param("rows"), rows)
	ctx.XORQ(i, i)
	at := func(base reg.Register, u int) operand.Mem {
		return operand.Mem{Base: base, Index: i, Scale: uint8(s.wide), Disp: u * s.acc.bytes()}
	}
	lanes := s.acc.lanes()
	group := func(name string, u int, ka, ke mask) {
		accs, m := make([][]vec, u), make([]vec, u)
		for v := range u {
			for _, a := range s.accs {
				accs[v] = append(accs[v], s.acc.load(at(a, v), ka))
			}
			if f.shift {
				m[v] = s.acc.load(at(s.m, v), ka)
			}
		}
		nans := make([]vec, u)
		for v := range u {
			if f.apart {
				nans[v] = t.zero()
				t.collectNaN(nans[v], accs[v][0], accs[v][0])
			}
		}
		ctx.LEAQ(operand.Mem{Base: s.x, Index: i, Scale: uint8(s.size)}, row)
		if f.two {
			ctx.LEAQ(operand.Mem{Base: s.w, Index: i, Scale: uint8(s.size)}, row2)
		}
		ctx.MOVQ(rows, left)
		ctx.Label(name)
		for v := range u {
			x := s.element(operand.Mem{Base: row, Disp: v * lanes * s.size}, ke)
			var w vec
			if f.two {
				w = s.element(operand.Mem{Base: row2, Disp: v * lanes * s.size}, ke)
			}
			f.step(s.foldTargets, accs[v], w, x, m[v], mask{})
			if f.apart {
				t.collectNaN(nans[v], x, x)
			}
		}
		ctx.ADDQ(stride, row)
		if f.two {
			ctx.ADDQ(stride, row2)
		}
		ctx.DECQ(left)
		ctx.JNZ(operand.LabelRef(name))
		for v := range u {
			if f.apart {
				t.emit("VOR*", nans[v], accs[v][0], accs[v][0])
			}
			for k, a := range s.accs {
				s.acc.store(accs[v][k], at(a, v), ka)
			}
		}
	}
	groups := []int{s.chains() / f.accs, 1}
	if s.acc.narrow { // one addition waits for the last
		groups = []int{groups[0], 2, 1}
	}
	for _, u := range groups {
		name := "group" + strconv.Itoa(u)
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
	ka, ke := s.masksOf(reg.RCX)
	group("lastrows", 1, ka, ke)
	ctx.Label("leave")
	t.end()
}

// rows writes a folding of rows.
func (t target) rows(f folding) {
	s := t.beginFold("rows", f, "n", "sets the * of rows of n elements, n > 0.")
	n, rows, i, left, last, bytes := reg.RDX, reg.R11, reg.R12, reg.R13, reg.R14, reg.R15
	ctx.Load(ctx.Param("s").Len(), rows)
	ctx.Load(ctx.Param("n"), n)
	lanes := s.acc.lanes()
	ctx.MOVQ(n, last)
	ctx.ANDQ(operand.I32(lanes-1), last)
	ctx.MOVQ(last, reg.RCX)
	ka, ke := s.masksOf(reg.RCX)
	ctx.MOVQ(n, bytes)
	ctx.SHLQ(operand.U8(log2(s.size)), bytes)
	at := func(base reg.Register, u int) operand.Mem {
		return operand.Mem{Base: base, Index: i, Scale: uint8(s.size), Disp: u * lanes * s.size}
	}
	ctx.Label("row")
	many := s.chains() / f.accs
	accs := make([][]vec, many)
	for c := range accs {
		for range s.accs {
			if c > 0 && !f.double {
				accs[c] = append(accs[c], t.copy(accs[0][0]))
				continue
			}
			accs[c] = append(accs[c], f.start(s.foldTargets, operand.Mem{Base: s.x}))
		}
	}
	var m vec
	if f.shift {
		m = s.acc.broadcast(operand.Mem{Base: s.m})
	}
	var nan vec
	var collect func(u int, v vec)
	if f.apart {
		nan = t.zero()
		collect = t.collectNaNs(nan)
	}
	step := func(c, u int, ka, ke mask) {
		x := s.element(at(s.x, u), ke)
		if f.apart {
			if ka.Op != nil {
				x = t.blend(cond(ka), x, accs[0][0])
			}
			collect(u, x)
		}
		var w vec
		if f.two {
			w = s.element(at(s.w, u), ke)
		}
		f.step(s.foldTargets, accs[c], w, x, m, ka)
	}
	ctx.XORQ(i, i)
	ctx.MOVQ(n, left)
	for _, u := range []int{many, 1} {
		name := map[bool]string{true: "one", false: "many"}[u == 1]
		ctx.SUBQ(operand.Imm(uint64(u*lanes)), left)
		ctx.JL(operand.LabelRef(name + "end"))
		ctx.Label(name)
		for c := range u {
			step(c, c, mask{}, mask{})
		}
		ctx.ADDQ(operand.Imm(uint64(u*lanes)), i)
		ctx.SUBQ(operand.Imm(uint64(u*lanes)), left)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(u*lanes)), left)
	}
	ctx.JZ(operand.LabelRef("folded"))
	step(0, 0, ka, ke)
	ctx.Label("folded")
	ctx.CMPQ(n, operand.I32(many*lanes))
	ctx.JL(operand.LabelRef("single")) // only the first accumulators are in use
	for c := many - 1; c > 0; c-- {
		for k := range s.accs {
			f.combine(s.foldTargets, accs[0][k], accs[c][k])
		}
	}
	ctx.Label("single")
	if f.apart {
		t.emit("VOR*", nan, accs[0][0], accs[0][0])
	}
	for k, a := range s.accs {
		v := accs[0][k]
		s.acc.turns(v, func(other vec) { f.combine(s.foldTargets, v, other) })
		if s.acc.double {
			ctx.VMOVSD(v.AsX(), operand.Mem{Base: a})
		} else {
			ctx.VMOVSS(v.AsX(), operand.Mem{Base: a})
		}
		ctx.ADDQ(operand.Imm(uint64(s.wide)), a)
	}
	if f.shift {
		ctx.ADDQ(operand.Imm(8), s.m)
	}
	if f.two {
		ctx.ADDQ(bytes, s.w)
	}
	ctx.ADDQ(bytes, s.x)
	ctx.DECQ(rows)
	ctx.JNZ(operand.LabelRef("row"))
	t.end()
}

// turns calls combine with v turned by half a vector, then a quarter, and so on: afterwards every lane holds the
// combination of all of them.
func (t target) turns(v vec, combine func(other vec)) {
	turn := func(name string, ops ...operand.Op) {
		w := t.vec()
		t.emit(name, append(ops, w)...)
		combine(w)
	}
	if t.wide && !t.narrow {
		turn("VSHUFF64X2", u8(0x4e), v, v)
		turn("VSHUFF64X2", u8(0xb1), v, v)
		turn("VPERMILPD", u8(0x55), v)
	} else {
		turn("VPERM2F128", u8(1), v, v)
		turn("VPERMILPD", u8(5), v)
	}
	if !t.double {
		turn("VPERMILPS", u8(0xb1), v)
	}
}
