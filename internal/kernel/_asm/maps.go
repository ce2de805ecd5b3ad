package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A mapping is a kernel of the Go type mapLoop: it sets dst from a and b, or, if it is a slope, adds to dst or sets it
// to what a cotangent ct passes on. An operand of one element is a number.
type mapping struct {
	name   string // of the MapOp, without Map, or of the SlopeOp
	unroll int    // vectors in one iteration
	uses   string // which of a, b, p and q it reads; capital letters are operands that may be numbers

	// value returns the result, or the slope: a cotangent of 0 wins over it. passed returns what a cotangent passes on
	// instead, for functions that select.
	value  func(t target, in mapInputs) vec
	passed func(t target, ct func() vec, in mapInputs) vec
	slope  bool
}

// mapInputs are the operands of a mapping at one vector, and its two numbers.
type mapInputs struct {
	a, b func() vec
	p, q vec
}

// map1 is a mapping of one vector.
func map1(f func(t target, x vec) vec) func(t target, in mapInputs) vec {
	return func(t target, in mapInputs) vec { return f(t, in.a()) }
}

// map2 is a mapping of two vectors.
func map2(f func(t target, x, y vec) vec) func(t target, in mapInputs) vec {
	return func(t target, in mapInputs) vec { return f(t, in.a(), in.b()) }
}

// mapCompare is 1 where a comparison holds and 0 elsewhere.
func mapCompare(predicate int) func(t target, in mapInputs) vec {
	return func(t target, in mapInputs) vec { return t.oneIf(t.cmp(predicate, in.a(), in.b())) }
}

func (m mapping) goName(set bool) string {
	switch {
	case !m.slope:
		return "map" + m.name
	case set:
		return "slope" + m.name + "Into"
	}
	return "slope" + m.name
}

// maps writes the mappings.
func (t target) maps() { t.mapKernels(mappings) }

func (t target) mapKernels(list []mapping) {
	for _, m := range list {
		t.withPins(func(pins int) { t.mapKernel(m, true, pins) })
		if m.slope {
			t.withPins(func(pins int) { t.mapKernel(m, false, pins) })
		}
	}
}

// A mapOperand is where an operand of a mapping is read.
type mapOperand struct {
	name      string
	base      reg.GPPhysical
	mask      reg.GPPhysical // all ones if it moves on, 0 for a number; nil if it always moves on
	step      reg.GPPhysical // the bytes that it moves on in an iteration
	mayNumber bool
}

func (t target) mapKernel(m mapping, set bool, pins int) {
	ty := t.goType()
	name := m.goName(set)
	t.function(name, "func(dst, ct, a, b []"+ty+", p, q "+ty+")", name+t.suffix()+" is a mapping.")
	dst, n := reg.RDI, reg.RDX
	ctx.Load(ctx.Param("dst").Base(), dst)
	ctx.Load(ctx.Param("dst").Len(), n)
	ct := &mapOperand{name: "ct", base: reg.R9}
	a := &mapOperand{name: "a", base: reg.RSI, mask: reg.R10, step: reg.R12}
	b := &mapOperand{name: "b", base: reg.RBX, mask: reg.R11, step: reg.R13}
	var operands []*mapOperand
	if m.slope {
		operands = append(operands, ct)
	}
	for _, o := range []*mapOperand{a, b} {
		o.mayNumber = strings.Contains(m.uses, strings.ToUpper(o.name))
		if o.mayNumber || strings.Contains(m.uses, o.name) {
			operands = append(operands, o)
		}
	}
	for _, o := range operands {
		ctx.Load(ctx.Param(o.name).Base(), o.base)
		if o.mayNumber {
			t.mapNumber(o, m.unroll)
		}
	}
	var p, q vec
	for _, number := range []struct {
		name string
		v    *vec
	}{{"p", &p}, {"q", &q}} {
		if strings.Contains(m.uses, number.name) {
			addr, err := ctx.Param(number.name).Resolve()
			if err != nil {
				panic(err)
			}
			*number.v = t.broadcast(addr.Addr)
		}
	}
	body := func(ct, dst func() vec, in mapInputs) vec {
		switch {
		case !m.slope:
			return m.value(t, in)
		case m.passed == nil:
			if set {
				dst = nil
			}
			return zeroWins(t, inputs{dst: dst, a: ct}, func() vec { return m.value(t, in) })
		}
		v := m.passed(t, ct, in)
		if !set {
			v = t.add(dst(), v)
		}
		return v
	}
	t.pin(pins, func() { body(t.vec, t.vec, mapInputs{t.vec, t.vec, p, q}) })
	step := func(u int, k mask) {
		at := func(base reg.Register) operand.Mem { return operand.Mem{Base: base, Disp: u * t.bytes()} }
		load := func(base reg.Register) func() vec {
			var v vec
			return func() vec {
				if v == nil {
					v = t.load(at(base), k)
				}
				return v
			}
		}
		t.store(body(load(ct.base), load(dst), mapInputs{load(a.base), load(b.base), p, q}), at(dst), k)
	}
	for u := m.unroll; u >= 1; {
		name := map[bool]string{true: "one", false: "many"}[u == 1]
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), n)
		ctx.JL(operand.LabelRef(name + "end"))
		for _, o := range operands {
			if o.mayNumber {
				ctx.MOVQ(operand.U32(u*t.bytes()), o.step)
				ctx.ANDQ(o.mask, o.step)
			}
		}
		ctx.Label(name)
		for v := range u {
			step(v, mask{})
		}
		for _, o := range operands {
			if o.mayNumber {
				ctx.ADDQ(o.step, o.base)
			} else {
				ctx.ADDQ(operand.Imm(uint64(u*t.bytes())), o.base)
			}
		}
		ctx.ADDQ(operand.Imm(uint64(u*t.bytes())), dst)
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), n)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), n)
		if u == 1 {
			break
		}
		u = 1
	}
	ctx.JZ(operand.LabelRef("leave"))
	ctx.MOVQ(n, reg.RCX)
	step(0, t.tailMask(reg.RCX))
	ctx.Label("leave")
	t.end()
}

// mapNumber lets an operand of one element stay at a place that holds as many copies of it as an iteration reads.
func (t target) mapNumber(o *mapOperand, unroll int) {
	ctx.Load(ctx.Param(o.name).Len(), reg.RAX)
	ctx.MOVQ(operand.I32(-1), o.mask)
	ctx.CMPQ(reg.RAX, operand.Imm(1))
	ctx.JNE(operand.LabelRef("many" + o.name))
	v := t.broadcast(operand.Mem{Base: o.base})
	const line = 64 // a vector that lies in two lines of the cache costs twice
	ctx.LEAQ(ctx.AllocLocal(unroll*t.bytes()+line).Offset(line), o.base)
	ctx.ANDQ(operand.I32(-line), o.base)
	for u := range unroll {
		t.store(v, operand.Mem{Base: o.base, Disp: u * t.bytes()}, mask{})
	}
	ctx.XORQ(o.mask, o.mask)
	ctx.Label("many" + o.name)
}

// mapTables returns the Go source of the tables of mappings of a target.
func (t target) mapTables() string {
	var s strings.Builder
	width := [2]int{}
	index := map[bool]int{true: 1}
	for _, m := range mappings {
		width[index[m.slope]] = max(width[index[m.slope]], len(m.name)+1)
	}
	fmt.Fprintf(&s, "\n// maps%s and slopes%s are the mappings.\n", t.suffix(), t.suffix())
	fmt.Fprintf(&s, "var maps%s = [numMapOps]mapLoop[%s]{\n", t.suffix(), t.goType())
	for _, m := range mappings {
		if !m.slope {
			fmt.Fprintf(&s, "\tMap%s:%*s%s%s,\n", m.name, width[0]-len(m.name), "", m.goName(true), t.suffix())
		}
	}
	fmt.Fprintf(&s, "}\n\nvar slopes%s = [numSlopeOps]slopeLoops[%s]{\n", t.suffix(), t.goType())
	for _, m := range mappings {
		if m.slope {
			fmt.Fprintf(&s, "\tSlope%s:%*s{%s%s, %s%s},\n", m.name, width[1]-len(m.name), "", m.goName(false), t.suffix(), m.goName(true), t.suffix())
		}
	}
	s.WriteString("}\n")
	return s.String()
}

var mappings = []mapping{
	{name: "Sub", unroll: 2, uses: "AB", value: map2(func(t target, x, y vec) vec { return t.sub(x, y) })},
	{name: "Div", unroll: 2, uses: "AB", value: map2(func(t target, x, y vec) vec { return t.div(x, y) })},
	{name: "MulZeroWins", unroll: 2, uses: "AB", value: map2(func(t target, x, y vec) vec {
		some := t.where(t.cmp(unq, x, t.zero()), y)
		return t.where(t.cmp(unq, some, t.zero()), t.mul(x, y))
	})},
	{name: "Max", unroll: 2, uses: "AB", value: map2(func(t target, x, y vec) vec { return t.extreme("VMAX*", target.and, x, y) })},
	{name: "Min", unroll: 2, uses: "AB", value: map2(func(t target, x, y vec) vec { return t.extreme("VMIN*", target.or, x, y) })},
	{name: "Gt", unroll: 2, uses: "AB", value: mapCompare(gt)},
	{name: "Ge", unroll: 2, uses: "AB", value: mapCompare(ge)},
	{name: "Eq", unroll: 2, uses: "AB", value: mapCompare(eq)},
	{name: "Ne", unroll: 2, uses: "AB", value: mapCompare(unq)},
	{name: "Clamp", unroll: 2, uses: "apq", value: func(t target, in mapInputs) vec {
		x := in.a()
		v := t.op2("VMAX*", x, in.p)
		v = t.blend(t.cmp(eq, x, in.p), t.and(x, in.p), v) // of two zeros, the positive one
		w := t.op2("VMIN*", v, in.q)
		w = t.blend(t.cmp(eq, v, in.q), t.or(v, in.q), w)
		return t.blend(t.cmp(uno, x, x), x, w)
	}},
	{name: "Sign", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec { return t.sign([]vec{x}) })},
	{name: "Floor", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec { return t.round(x, 1) })},
	{name: "Ceil", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec { return t.round(x, 2) })},
	{name: "Round", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec { return t.round(x, 0) })},
	{name: "Trunc", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec { return t.round(x, 3) })},
	{name: "IsNaN", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec { return t.oneIf(t.cmp(uno, x, x)) })},
	{name: "IsFinite", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec {
		return t.oneIf(t.cmp(lt, t.abs(x), t.num(math.Inf(1))))
	})},
	{name: "Reciprocal", unroll: 2, uses: "a", value: map1(func(t target, x vec) vec { return t.div(t.set(t.one()), x) })},
	{name: "ReciprocalPositive", unroll: 1, uses: "apq", value: func(t target, in mapInputs) vec { return t.reciprocalPositive(in) }},
	{name: "Rsqrt", unroll: 1, uses: "a", value: map1(func(t target, x vec) vec { return t.div(t.set(t.one()), t.sqrt(x)) })},
	{name: "Softsign", unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		a := t.abs(x)
		y := t.div(x, t.add(a, t.one()))
		return t.blend(t.cmp(eq, a, t.num(math.Inf(1))), t.or(t.signOf(x), t.one()), y)
	})},
	{name: "LeakyReLU", unroll: 2, uses: "ap", value: func(t target, in mapInputs) vec {
		x := in.a()
		return t.blend(t.cmp(le, x, t.zero()), t.mul(x, in.p), x)
	}},

	{name: "Sign", slope: true, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec { return t.sign([]vec{x}) })},
	{name: "Value", slope: true, unroll: 2, uses: "A", value: map1(func(t target, x vec) vec { return x })},
	{name: "Scale", slope: true, unroll: 2, uses: "ap", value: func(t target, in mapInputs) vec { return t.mul(in.a(), in.p) }},
	{name: "Square", slope: true, unroll: 2, uses: "apq", value: func(t target, in mapInputs) vec {
		return t.fma(r2(t, in.a()), in.p, in.q)
	}},
	{name: "Inverse", slope: true, unroll: 1, uses: "Apq", value: func(t target, in mapInputs) vec {
		return t.div(in.p, t.add(in.a(), in.q))
	}},
	{name: "ReciprocalPositive", slope: true, unroll: 1, uses: "apq", value: func(t target, in mapInputs) vec { return t.reciprocalPositive(in) }},
	{name: "Quotient", slope: true, unroll: 1, uses: "ABp", value: func(t target, in mapInputs) vec {
		return t.mul(t.div(in.a(), in.b()), in.p)
	}},
	{name: "QuotientOrZero", slope: true, unroll: 1, uses: "AB", value: map2(func(t target, x, y vec) vec {
		return t.where(t.cmp(unq, y, t.zero()), t.div(x, y))
	})},
	{name: "Softsign", slope: true, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		r := t.div(t.set(t.one()), t.add(t.abs(x), t.one()))
		return r2(t, r)
	})},
	{name: "LeakyReLU", slope: true, unroll: 1, uses: "ap", passed: func(t target, ct func() vec, in mapInputs) vec {
		c := t.cmp(le, in.a(), t.zero())
		left := t.mul(in.p, ct())
		return t.blend(c, t.where(t.cmp(unq, ct(), t.zero()), left), ct())
	}},
	{name: "Clamp", slope: true, unroll: 1, uses: "apq", passed: func(t target, ct func() vec, in mapInputs) vec {
		x := in.a()
		return t.where(t.cmp(leu, x, in.q), t.where(t.cmp(geu, x, in.p), ct()))
	}},
	// The larger of a and b, by a; the smaller one.
	{name: "Max", slope: true, unroll: 1, uses: "AB", passed: func(t target, ct func() vec, in mapInputs) vec { return t.preference(ct(), in.a(), in.b(), ge) }},
	{name: "Min", slope: true, unroll: 1, uses: "AB", passed: func(t target, ct func() vec, in mapInputs) vec { return t.preference(ct(), in.a(), in.b(), le) }},
}

// reciprocalPositive returns p/(a+q), and NaN where a+q is negative. A q of 0 makes -0 a positive zero.
func (t target) reciprocalPositive(in mapInputs) vec {
	x := t.add(in.a(), in.q)
	y := t.mul(t.div(t.set(t.one()), x), in.p)
	return t.blend(t.cmp(lt, x, t.zero()), t.set(t.num(math.NaN())), y)
}

// preference returns ct where x is the one of x and y that the predicate prefers, half of it where both are. NaN is
// preferred to numbers.
func (t target) preference(ct, x, y vec, predicate int) vec {
	half := t.mul(ct, t.num(0.5))
	mine := t.either(t.cmp(predicate, x, y), t.cmp(uno, x, x))
	other := t.either(t.cmp(predicate, y, x), t.cmp(uno, y, y))
	return t.where(mine, t.blend(other, half, ct))
}

// sqrt returns √x.
func (t target) sqrt(x vec) vec {
	v := t.vec()
	t.emit("VSQRT*", x, v)
	return v
}
