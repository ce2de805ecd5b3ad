package main

import (
	"fmt"
	"strings"
)

// inputs are the operands of an elementwise kernel at one vector.
type inputs struct {
	dst, a, b func() value // dst is nil for a kernel that sets dst
	c         value        // the number, in all lanes
}

// An elementwise kernel has the signature of the Go type loop.
type elementwise struct {
	name   string // of the opcode, without op
	unroll int    // vectors in one iteration: more than one where there is little to do for each
	uses   string // which of dst, a, b and c it reads: their first letters
	body   func(c *code, in inputs) value
}

// zeroWins returns ct·d, or dst + ct·d. Where ct is a zero of either sign, ct·d is +0.
func zeroWins(c *code, in inputs, d value) value {
	ct := in.a()
	zero := c.op1("FCMEQ0", ct)
	if in.dst == nil {
		return c.without(c.times(ct, d), zero)
	}
	return c.plusProduct(in.dst(), c.without(ct, zero), c.without(d, zero))
}

func unary(f func(c *code, x value) value) func(*code, inputs) value {
	return func(c *code, in inputs) value { return f(c, in.a()) }
}

// chain is the body of a kernel that multiplies a cotangent with a derivative.
func chain(slope func(c *code, x value) value) func(*code, inputs) value {
	return func(c *code, in inputs) value { return zeroWins(c, in, slope(c, in.b())) }
}

var elementwiseKernels = func() (all []elementwise) {
	both := func(name string, unroll int, uses string, body func(*code, inputs) value) {
		all = append(all, elementwise{name, unroll, "d" + uses, body}, elementwise{name + "Into", unroll, uses, body})
	}
	all = []elementwise{
		{"Fill", 4, "c", func(c *code, in inputs) value { return in.c }},
		{"Add", 4, "ab", func(c *code, in inputs) value { return c.plus(in.a(), in.b()) }},
		{"Sub", 4, "ab", func(c *code, in inputs) value { return c.minus(in.a(), in.b()) }},
		{"Mul", 4, "ab", func(c *code, in inputs) value { return c.times(in.a(), in.b()) }},
		{"Div", 2, "ab", func(c *code, in inputs) value { return c.over(in.a(), in.b()) }},
		{"AddScalar", 4, "ac", func(c *code, in inputs) value { return c.plus(in.a(), in.c) }},
		{"MulScalar", 4, "ac", func(c *code, in inputs) value { return c.times(in.a(), in.c) }},
		{"Neg", 4, "a", unary((*code).neg)},
		{"Square", 4, "a", unary(func(c *code, x value) value { return c.times(x, x) })},
		{"Sqrt", 2, "a", unary(func(c *code, x value) value { return c.op1("FSQRT", x) })},
		{"Abs", 4, "a", unary((*code).abs)},
		{"ReLU", 4, "a", unary(func(c *code, x value) value { return c.max(x, c.zero()) })},
		{"Exp", 1, "a", unary((*code).exp)},
		{"Log", 1, "a", unary((*code).log)},
		{"Tanh", 1, "a", unary((*code).tanh)},
		{"Sigmoid", 1, "a", unary((*code).sigmoid)},
		{"Softplus", 1, "a", unary((*code).softplus)},
		{"AddTo", 4, "da", func(c *code, in inputs) value { return c.plus(in.dst(), in.a()) }},
		{"Axpy", 4, "dac", func(c *code, in inputs) value { return c.plusProduct(in.dst(), in.a(), in.c) }},
		{"AddScalarTo", 4, "dc", func(c *code, in inputs) value { return c.plus(in.dst(), in.c) }},
		{"MulAddTo", 2, "dab", chain(func(_ *code, x value) value { return x })},
		{"MulZeroWins", 2, "ab", chain(func(_ *code, x value) value { return x })},
		{"SGD", 4, "dac", func(c *code, in inputs) value { return c.minusProduct(in.dst(), in.a(), in.c) }},
	}
	both("ReLUBackward", 2, "ab", func(c *code, in inputs) value {
		v := c.without(in.a(), c.op1("FCMLE0", in.b()))
		if in.dst == nil {
			return v
		}
		return c.plus(in.dst(), v)
	})
	both("TanhBackward", 1, "ab", chain((*code).tanhSlope))
	both("SigmoidBackward", 1, "ab", chain((*code).sigmoidSlope))
	both("SoftplusBackward", 1, "ab", chain((*code).sigmoid))
	both("SoftmaxBackward", 2, "abc", func(c *code, in inputs) value {
		ct := c.minus(in.a(), in.c)
		in.a = func() value { return ct }
		return zeroWins(c, in, in.b())
	})
	both("LogSoftmaxBackward", 1, "abc", func(c *code, in inputs) value {
		v := in.a()
		if in.dst != nil {
			v = c.plus(in.dst(), v)
		}
		return c.minusProduct(v, c.exp(in.b()), in.c)
	})
	return all
}()

func (e elementwise) goName(t target) string {
	return string(e.name[0]|0x20) + e.name[1:] + "Loop" + t.suffix()
}

// Registers of elementwise kernels.
const (
	dstReg, aReg, bReg = "R0", "R1", "R2"
	lenReg             = "R3"
	numberReg          = 0 // the vector of c
)

// elementwise writes an elementwise kernel. What is left at the end, less than a vector, is computed in a vector of the
// function's own memory.
func (f *file) elementwise(t target, e elementwise) {
	reads := func(letter byte) bool {
		for i := range len(e.uses) {
			if e.uses[i] == letter {
				return true
			}
		}
		return false
	}
	build := func(unroll int) *code {
		c := newCode(t)
		number := none
		if reads('c') {
			number = c.value()
			c.fixed[number] = numberReg
		}
		for u := range unroll {
			load := func(reg string) func() value {
				return func() value {
					return c.add(false, func(f *file, d int, _ []int) { f.op("FMOVQ", at(u*vectorBytes, reg), q(d)) })
				}
			}
			in := inputs{a: load(aReg), b: load(bReg), c: number}
			if reads('d') {
				in.dst = load(dstReg)
			}
			c.effect(func(f *file, _ int, s []int) { f.op("FMOVQ", q(s[0]), at(u*vectorBytes, dstReg)) }, e.body(c, in))
		}
		return c
	}
	const frame = 3 * vectorBytes
	ty, args := t.goType(), 72+t.size()
	f.begin(e.goName(t), "is the loop of op"+e.name+".", fmt.Sprintf("(dst, a, b []%s, c %s)", ty, ty), frame, args)
	f.op("MOVD", "dst_base+0(FP)", dstReg)
	f.op("MOVD", "dst_len+8(FP)", lenReg)
	var walked []string // the registers that go through slices
	walked = append(walked, dstReg)
	if reads('a') {
		f.op("MOVD", "a_base+24(FP)", aReg)
		walked = append(walked, aReg)
	}
	if reads('b') {
		f.op("MOVD", "b_base+48(FP)", bReg)
		walked = append(walked, bReg)
	}
	if reads('c') {
		load := "MOVWU"
		if t.double {
			load = "MOVD"
		}
		f.op(load, "c+72(FP)", "R8")
		f.duplicate(t, "R8", numberReg)
	}
	first := 0
	if reads('c') {
		first = numberReg + 1
	}
	pins := build(e.unroll).pins(first)
	build(1).setConstants(f, pins)
	left, target := "R7", "R6" // of the rest: how many elements, and where they go
	f.op("MOVD", "$0", left)
	for u := e.unroll; ; u = 1 {
		label := "one"
		if u > 1 {
			label = "many"
		}
		f.op("SUBS", fmt.Sprintf("$%d", u*t.lanes()), lenReg)
		f.op("BLT", label+"End")
		f.label(label)
		build(u).write(f, first, pins)
		for _, reg := range walked {
			f.op("ADD", fmt.Sprintf("$%d", u*vectorBytes), reg)
		}
		f.op("SUBS", fmt.Sprintf("$%d", u*t.lanes()), lenReg)
		f.op("BGE", label)
		f.label(label + "End")
		if u > 1 {
			f.op("ADD", fmt.Sprintf("$%d", u*t.lanes()), lenReg)
			continue
		}
		break
	}
	f.op("CBNZ", left, "copyBack")
	f.op("ADDS", fmt.Sprintf("$%d", t.lanes()), lenReg)
	f.op("BEQ", "end")
	f.op("MOVD", lenReg, left)
	f.op("MOVD", dstReg, target)
	for i, reg := range walked {
		if i == 0 && !reads('d') {
			continue
		}
		f.op("MOVD", fmt.Sprintf("$buffer%d-%d(SP)", i, frame-i*vectorBytes), "R9")
		f.copyElements(t, fmt.Sprintf("copy%d", i), reg, "R9", left)
	}
	for i, reg := range walked {
		f.op("MOVD", fmt.Sprintf("$buffer%d-%d(SP)", i, frame-i*vectorBytes), reg)
	}
	f.op("MOVD", "$0", lenReg)
	f.op("B", "one")
	f.label("copyBack")
	f.op("MOVD", fmt.Sprintf("$buffer0-%d(SP)", frame), "R9")
	f.copyElements(t, "copy", "R9", target, left)
	f.label("end")
	f.op("RET")
}

// copyElements writes a loop that copies so many elements, with R10 and R11. from changes.
func (f *file) copyElements(t target, label, from, to, count string) {
	load, store := "MOVW", "MOVW"
	if t.double {
		load, store = "MOVD", "MOVD"
	}
	f.op("MOVD", count, "R10")
	f.label(label)
	f.op(load+".P", at(t.size(), from), "R11")
	f.op(store+".P", "R11", at(t.size(), to))
	f.op("SUBS", "$1", "R10")
	f.op("BNE", label)
}

// loopTables returns the Go source of the functions that put the elementwise kernels into tables.
func loopTables() string {
	var s strings.Builder
	for _, t := range targets {
		fmt.Fprintf(&s, "\n// set%s puts the elementwise kernels into a table.\nfunc set%s(loops *[numOps]loop[%s]) {\n", t.suffix(), t.suffix(), t.goType())
		for _, e := range elementwiseKernels {
			fmt.Fprintf(&s, "\tloops[op%s] = %s\n", e.name, e.goName(t))
		}
		s.WriteString("}\n")
	}
	return s.String()
}
