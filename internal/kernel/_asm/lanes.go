package main

import (
	"math"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// This file writes the lane kernels: the steps of a program that computes the same for many inputs at once.
//
// A slot is laneVectors vectors. A kernel reads where its slots lie from its step, does all vectors of them, and jumps to the
// kernel of the next step: no call, no return, no bounds. What the short kernels compute stays in the first vector registers, so
// that the next step need not read it, and where nobody else wants it, it is not written.

// laneVectors is how many vectors a slot has.
const laneVectors = 8

// The registers of lane kernels. A step is laneStepSize bytes: the address of its kernel, and the places of dst, a, b and c, in
// bytes from the first slot or, for a constant, from the first constant.
var (
	lanePC     = reg.R8  // the step
	laneSlots  = reg.R9  // the first slot
	laneConsts = reg.R10 // the first constant
	laneNext   = reg.RAX // the kernel of the next step
	lanePlaces = [4]reg.GPPhysical{reg.RDI, reg.RSI, reg.RBX, reg.RCX}
)

const laneStepSize = 24

// A laneKernel computes an operation, in some forms.
type laneKernel struct {
	name string // of the operation
	// forms say where operands are, a letter for each: s for a slot, k for a constant, l for what the last step computed.
	forms []string
	drops bool // each exists too without writing the result

	// Kernels of few instructions do all vectors side by side: direct sets dst from x and y, of which x is a register;
	// short returns the result.
	direct func(t target, dst, x, y operand.Op)
	short  func(t target, in []vec) vec
	// Kernels of many do one after the other. Where leave holds for any lane, they end the run instead.
	long  func(t target, in []vec) vec
	leave func(t target, in []vec) cond
}

var (
	lanesUnary = []string{"s"}
	lanesSlots = []string{"ss"} // those that may end the run, since then Go computes them
	lanesFew   = []string{"ss", "sk"}
	lanesTwo   = []string{"ss", "sk", "ks", "ls", "lk"}
	lanesWhere = []string{"sss", "ssk", "sks", "skk", "lss", "lsk", "lks", "lkk"}
)

// laneInstruction is a kernel of one instruction on two operands.
func laneInstruction(name string) func(t target, dst, x, y operand.Op) {
	return func(t target, dst, x, y operand.Op) { t.emit(name, y, x, dst) }
}

// laneKernels are all of them.
var laneKernels = []laneKernel{
	{name: "Add", forms: []string{"ss", "sk", "ls", "lk"}, drops: true, direct: laneInstruction("VADD*")},
	{name: "Sub", forms: []string{"ss", "sk", "ks", "ls", "lk", "sl", "kl"}, drops: true, direct: laneInstruction("VSUB*")},
	{name: "Mul", forms: []string{"ss", "sk", "ls", "lk"}, drops: true, direct: laneInstruction("VMUL*")},
	{name: "Div", forms: []string{"ss", "sk", "ks", "ls", "lk", "sl", "kl"}, drops: true, direct: laneInstruction("VDIV*")},
	{name: "Square", forms: []string{"s", "l"}, drops: true, direct: func(t target, dst, x, _ operand.Op) { t.emit("VMUL*", x, x, dst) }},
	{name: "Fill", forms: []string{"k"}, direct: func(t target, dst, x, _ operand.Op) { t.emit("VMOVAPD", x, dst) }},
	{name: "Copy", forms: []string{"s"}, short: func(_ target, in []vec) vec { return in[0] }},
	{name: "Neg", forms: []string{"s", "l"}, drops: true, short: func(t target, in []vec) vec { return t.neg(in[0]) }},
	{name: "Abs", forms: []string{"s", "l"}, drops: true, short: func(t target, in []vec) vec { return t.abs(in[0]) }},
	{name: "Sqrt", forms: []string{"s", "l"}, drops: true, short: laneUnary("VSQRT*")},
	{name: "Floor", forms: lanesUnary, short: laneRound(1)},
	{name: "Ceil", forms: lanesUnary, short: laneRound(2)},
	{name: "Round", forms: lanesUnary, short: laneRound(0)},
	{name: "Trunc", forms: lanesUnary, short: laneRound(3)},
	{name: "Sign", forms: lanesUnary, short: target.sign},
	{name: "IsNaN", forms: lanesUnary, short: func(t target, in []vec) vec { return t.oneIf(t.cmp(uno, in[0], in[0])) }},
	{name: "IsFinite", forms: lanesUnary, short: func(t target, in []vec) vec {
		return t.oneIf(t.cmp(lt, t.abs(in[0]), t.num(math.Inf(1))))
	}},
	{name: "Max", forms: lanesFew, short: func(t target, in []vec) vec { return t.extreme("VMAX*", target.and, in[0], in[1]) }},
	{name: "Min", forms: lanesFew, short: func(t target, in []vec) vec { return t.extreme("VMIN*", target.or, in[0], in[1]) }},
	{name: "Gt", forms: lanesTwo, short: laneCompare(gt)},
	{name: "Ge", forms: lanesTwo, short: laneCompare(ge)},
	{name: "Eq", forms: lanesFew, short: laneCompare(eq)},
	{name: "Ne", forms: lanesFew, short: laneCompare(unq)},
	{name: "Where", forms: lanesWhere, short: func(t target, in []vec) vec {
		return t.blend(t.cmp(unq, in[0], t.zero()), in[1], in[2])
	}},
	{name: "Chain", forms: lanesTwo, short: func(t target, in []vec) vec {
		return t.maskedMul(in[0], in[1], t.cmp(unq, in[0], t.zero()))
	}},
	{name: "Select", forms: lanesFew, short: func(t target, in []vec) vec {
		y := t.maskedMul(in[0], in[1], t.cmp(unq, in[0], t.zero()))
		return t.where(t.cmp(unq, in[1], t.zero()), y)
	}},
	{name: "Hypot", forms: lanesFew, short: target.hypot},
	{name: "Exp", forms: lanesUnary, long: laneFunction(target.exp)},
	{name: "Log", forms: lanesUnary, long: laneFunction(target.log)},
	{name: "Tanh", forms: lanesUnary, long: laneFunction(target.tanh)},
	{name: "TanhSlope", forms: lanesUnary, long: laneFunction(target.tanhSlope)},
	{name: "Log1p", forms: lanesUnary, long: laneFunction(target.log1pAny)},
	{name: "Expm1", forms: lanesUnary, long: laneFunction(target.expm1Any)},
	{name: "Erf", forms: lanesUnary, long: laneFunction(target.erf)},
	{name: "Erfc", forms: lanesUnary, long: laneFunction(target.erfc)},
	{name: "Sin", forms: lanesUnary, leave: laneBeyond(1e9), long: func(t target, in []vec) vec { return t.sin(in[0], 0) }},
	{name: "Cos", forms: lanesUnary, leave: laneBeyond(1e9), long: func(t target, in []vec) vec { return t.sin(in[0], 1) }},
	{name: "Sinh", forms: lanesUnary, leave: laneBeyond(709), long: laneFunction(target.sinh)},
	{name: "Cosh", forms: lanesUnary, leave: laneBeyond(709), long: laneFunction(target.cosh)},
	{name: "Atan", forms: lanesUnary, long: laneFunction(target.atan)},
	{name: "Atan2", forms: lanesSlots, leave: func(t target, in []vec) cond {
		// Between these a sum is finite, and a product with a number near 1 has all digits.
		const least, most = 0x1p-1020, 0x1p1022
		return t.either(t.special(in[0], least, most), t.special(in[1], least, most))
	}, long: func(t target, in []vec) vec {
		return t.blend(t.cmp(uno, in[0], in[1]), t.add(in[0], in[1]), t.atan2(in[0], in[1]))
	}},
	{name: "Pow", forms: lanesSlots, leave: func(t target, in []vec) cond {
		return t.either(t.special(in[0], math.SmallestNonzeroFloat64, math.Inf(1)), t.cmp(geu, t.abs(in[1]), t.num(1<<52)))
	}, long: func(t target, in []vec) vec { return t.pow(in[0], in[1]) }},
}

// laneFunction is a kernel of a function of one vector.
func laneFunction(f func(t target, x vec) vec) func(t target, in []vec) vec {
	return func(t target, in []vec) vec { return f(t, in[0]) }
}

// laneBeyond is the condition that the operand is larger than most.
func laneBeyond(most float64) func(t target, in []vec) cond {
	return func(t target, in []vec) cond { return t.cmp(gt, t.abs(in[0]), t.num(most)) }
}

// special is the condition that |x| is below least, not below most, or NaN.
func (t target) special(x vec, least, most float64) cond {
	a := t.abs(x)
	return t.either(t.cmp(lt, a, t.num(least)), t.cmp(geu, a, t.num(most)))
}

// hypot returns √(x²+y²), of the larger one and a quotient.
func (t target) hypot(in []vec) vec {
	x, y := t.abs(in[0]), t.abs(in[1])
	p, q := t.op2("VMAX*", x, y), t.op2("VMIN*", x, y)
	q = t.div(q, p)
	v := t.add(t.mul(q, q), t.one())
	t.emit("VSQRT*", v, v)
	v = t.mul(p, v)
	v = t.where(t.cmp(unq, p, t.zero()), v)
	v = t.blend(t.cmp(uno, x, y), t.add(x, y), v)
	return t.blend(t.either(t.cmp(eq, x, t.num(math.Inf(1))), t.cmp(eq, y, t.num(math.Inf(1)))), t.num(math.Inf(1)), v)
}

// laneUnary is a kernel of one instruction on one operand.
func laneUnary(name string) func(t target, in []vec) vec {
	return func(t target, in []vec) vec {
		v := t.vec()
		t.emit(name, in[0], v)
		return v
	}
}

// laneRound rounds to an integer; mode is that of the instruction.
func laneRound(mode int) func(t target, in []vec) vec {
	return func(t target, in []vec) vec { return t.round(in[0], mode) }
}

// round rounds to an integer: to the nearest, down, up or toward 0.
func (t target) round(x vec, mode int) vec {
	v := t.vec()
	if t.wide {
		t.emit("VRNDSCALE*", u8(8|mode), x, v)
	} else {
		t.emit("VROUND*", u8(8|mode), x, v)
	}
	return v
}

// laneCompare is 1 where a comparison holds and 0 elsewhere.
func laneCompare(predicate int) func(t target, in []vec) vec {
	return func(t target, in []vec) vec { return t.oneIf(t.cmp(predicate, in[0], in[1])) }
}

func (t target) oneIf(c cond) vec {
	if !t.wide {
		v := t.vec()
		t.emit("VAND*", t.one(), c.Op, v)
		return v
	}
	return t.where(c, t.set(t.one()))
}

// maskedMul returns x*y where c holds and 0 elsewhere.
func (t target) maskedMul(x, y vec, c cond) vec {
	if t.wide {
		v := t.vec()
		t.emit("VMUL*_Z", y, x, c.Op, v)
		return v
	}
	return t.where(c, t.mul(x, y))
}

// sign returns 1 or -1 with the sign of x, +0 for zeros and NaN for NaN.
func (t target) sign(in []vec) vec {
	x := in[0]
	y := t.or(t.signOf(x), t.one())
	y = t.where(t.cmp(unq, x, t.zero()), y)
	return t.blend(t.cmp(uno, x, x), x, y)
}

// extreme returns the larger or smaller of x and y, as name finds it of numbers that differ. Of zeros, the signs are combined;
// with a NaN, the result is one.
func (t target) extreme(name string, combine func(t target, x vec, y operand.Op) vec, x, y vec) vec {
	v := t.op2(name, x, y)
	v = t.blend(t.cmp(eq, x, y), combine(t, x, y), v)
	return t.blend(t.cmp(uno, x, y), t.add(x, y), v)
}

func (e laneKernel) goName(form string, drop bool) string {
	name := "lane" + e.name + strings.ToUpper(form)
	if drop {
		name += "Drop"
	}
	return name
}

// laneProgram writes the lane kernels and all that belongs to them.
func (t target) laneProgram() {
	t.lanesRun()
	t.laneStop()
	for _, e := range laneKernels {
		for _, form := range e.forms {
			if e.long != nil {
				t.withPins(func(pins int) { t.laneLong(e, form, pins) })
				continue
			}
			t.laneShort(e, form, false)
			if e.drops {
				t.laneShort(e, form, true)
			}
		}
	}
	t.laneTable()
	t.lanesLoad()
	t.lanesStore()
}

// laneSignature is that of the function that begins a run and, since they all return to its caller, of every kernel.
const laneSignature = "func(at *uintptr, slots, consts *float64) (end *uintptr)"

// lanesRun writes the function that runs steps.
func (t target) lanesRun() {
	t.mover("lanesRun", laneSignature,
		"lanesRun"+t.suffix()+" does the steps from at on up to one that ends the run, and returns that one.")
	ctx.Load(ctx.Param("at"), lanePC)
	ctx.Load(ctx.Param("slots"), laneSlots)
	ctx.Load(ctx.Param("consts"), laneConsts)
	ctx.MOVQ(operand.Mem{Base: lanePC}, laneNext)
	t.laneJump(laneVectors)
}

// laneJump writes the jump to the kernel of the next step, which may use what is in the first n vector registers.
func (t target) laneJump(n int) {
	jump := &ir.Instruction{Opcode: "JMP", Operands: []operand.Op{laneNext}, Inputs: []operand.Op{laneNext}, IsTerminal: true}
	for u := range n {
		jump.Inputs = append(jump.Inputs, t.last(u))
	}
	ctx.Instruction(jump)
	for _, write := range aside {
		write()
	}
	clear(pinned)
}

// last returns a register of what the last step computed.
func (t target) last(u int) operand.Op {
	if t.wide {
		return []operand.Op{reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7}[u]
	}
	return []operand.Op{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7}[u]
}

// laneStop writes the kernel that ends a run.
func (t target) laneStop() {
	t.mover("laneStop", laneSignature, "laneStop"+t.suffix()+" is the kernel of steps that end a run.")
	ctx.Store(lanePC, ctx.Return("end"))
	t.end()
}

// laneBegin writes how a kernel of some operands begins, which is written unless drop.
func (t target) laneBegin(e laneKernel, form string, drop bool) {
	t.mover(e.goName(form, drop), laneSignature, e.goName(form, drop)+t.suffix()+" is a lane kernel.")
	if !drop {
		ctx.MOVL(operand.Mem{Base: lanePC, Disp: 8}, lanePlaces[0].As32())
	}
	for i, kind := range form {
		if kind != 'l' {
			ctx.MOVL(operand.Mem{Base: lanePC, Disp: 12 + 4*i}, lanePlaces[1+i].As32())
		}
	}
	ctx.MOVQ(operand.Mem{Base: lanePC, Disp: laneStepSize}, laneNext)
	ctx.ADDQ(operand.U8(laneStepSize), lanePC)
}

// laneAt returns the memory of vector u of the slot whose place is in register i.
func (t target) laneAt(i, u int) operand.Mem {
	return operand.Mem{Base: laneSlots, Index: lanePlaces[i], Scale: 1, Disp: u * t.bytes()}
}

// laneShort writes a kernel that does all vectors side by side.
func (t target) laneShort(e laneKernel, form string, drop bool) {
	t.laneBegin(e, form, drop)
	consts := make([]vec, len(form))
	for i, kind := range form {
		if kind == 'k' {
			consts[i] = t.broadcast(operand.Mem{Base: laneConsts, Index: lanePlaces[1+i], Scale: 1})
		}
	}
	for u := range laneVectors {
		if e.direct != nil {
			ops := [2]operand.Op{nil, nil}
			for i, kind := range form {
				switch kind {
				case 's':
					ops[i] = t.laneAt(1+i, u)
				case 'k':
					ops[i] = consts[i]
				case 'l':
					ops[i] = t.last(u)
				}
			}
			if form[0] == 's' {
				x := t.vec()
				t.emit("VMOVU*", ops[0], x)
				ops[0] = x
			}
			e.direct(t, t.last(u), ops[0], ops[1])
		} else {
			in := make([]vec, len(form))
			for i, kind := range form {
				switch kind {
				case 's':
					in[i] = t.load(t.laneAt(1+i, u), mask{})
				case 'k':
					in[i] = consts[i]
				case 'l':
					in[i] = t.vec()
					t.emit("VMOVAPD", t.last(u), in[i])
				}
			}
			t.emit("VMOVAPD", e.short(t, in), t.last(u))
		}
		if !drop {
			t.store(t.last(u), t.laneAt(0, u), mask{})
		}
	}
	t.laneJump(laneVectors)
}

// laneLong writes a kernel that does one vector after the other.
func (t target) laneLong(e laneKernel, form string, pins int) {
	t.laneBegin(e, form, false)
	constant := make([]vec, len(form))
	for k, kind := range form {
		if kind == 'k' {
			constant[k] = t.broadcast(operand.Mem{Base: laneConsts, Index: lanePlaces[1+k], Scale: 1})
		} else {
			ctx.ADDQ(laneSlots, lanePlaces[1+k])
		}
	}
	ctx.ADDQ(laneSlots, lanePlaces[0])
	load := func(at func(base reg.Register) operand.Mem) []vec {
		in := slices.Clone(constant)
		for k, v := range in {
			if v == nil {
				in[k] = t.load(at(lanePlaces[1+k]), mask{})
			}
		}
		return in
	}
	if e.leave != nil { // before the first result is written, perhaps over an operand
		var c cond
		for u := range laneVectors {
			leave := e.leave(t, load(func(base reg.Register) operand.Mem { return operand.Mem{Base: base, Disp: u * t.bytes()} }))
			if u > 0 {
				leave = t.either(c, leave)
			}
			c = leave
		}
		t.jumpIfAny(c, "leave")
	}
	t.pin(pins, func() { e.long(t, []vec{t.vec(), t.vec()}) })
	i := reg.RDX
	at := func(base reg.Register) operand.Mem { return operand.Mem{Base: base, Index: i, Scale: 1} }
	ctx.XORQ(i, i)
	ctx.Label("loop")
	t.store(e.long(t, load(at)), at(lanePlaces[0]), mask{})
	ctx.ADDQ(operand.U8(t.bytes()), i)
	ctx.CMPQ(i, operand.U32(laneVectors*t.bytes()))
	ctx.JNE(operand.LabelRef("loop"))
	t.laneJump(0)
	if e.leave != nil {
		ctx.Label("leave")
		ctx.SUBQ(operand.U8(laneStepSize), lanePC)
		ctx.Store(lanePC, ctx.Return("end"))
		ctx.VZEROUPPER()
		ctx.RET()
	}
}

// An address is that of a function, in data.
type address struct {
	operand.U64
	name string
}

func (a address) Asm() string { return "$·" + a.name + "(SB)" }

// laneTable writes the table of the addresses of kernels: that of laneStop, then those of [target.laneNames].
func (t target) laneTable() {
	ctx.StaticGlobal("laneAddresses" + t.suffix())
	ctx.DataAttributes(attr.NOPTR)
	ctx.AppendDatum(address{name: "laneStop" + t.suffix()})
	for _, e := range laneKernels {
		for _, form := range e.forms {
			ctx.AppendDatum(address{name: e.goName(form, false) + t.suffix()})
			if e.drops {
				ctx.AppendDatum(address{name: e.goName(form, true) + t.suffix()})
			}
		}
	}
	t.mover("laneTable", "func() *uintptr", "laneTable"+t.suffix()+" returns the table of the addresses of lane kernels.")
	ctx.LEAQ(operand.NewDataAddr(operand.NewStaticSymbol("laneAddresses"+t.suffix()), 0), reg.RAX)
	ctx.Store(reg.RAX, ctx.ReturnIndex(0))
	ctx.RET()
}

// laneNames returns the names of the kernels in the table, as package kernel reads them.
func laneNames() []string {
	var names []string
	for _, e := range laneKernels {
		for _, form := range e.forms {
			name := e.name + " " + form
			if e.long != nil {
				name += " long"
			}
			names = append(names, name)
			if e.drops {
				names = append(names, name+" drop")
			}
		}
	}
	return names
}

// slotBytes returns the bytes of a slot.
func (t target) slotBytes() int { return laneVectors * t.bytes() }

// laneGroups are how many columns are transposed at a time.
var laneGroups = []int{4, 2, 1}

// lanesLoad writes the function that transposes rows of numbers into slots, and lanesStore the one for the other way. Four rows are done
// at a time: a register holds two columns of row i, and of row i+2 in its upper half, so no shuffle has to cross its middle.
func (t target) lanesLoad() {
	t.mover("lanesLoad", "func(slots, rows *float64, stride uintptr, cols int)",
		"lanesLoad"+t.suffix()+" copies cols columns of rows, stride bytes apart, to as many slots; there is a row for each lane.")
	slots, rows, stride, stride3, cols, row, i := reg.RDI, reg.RSI, reg.R8, reg.R9, reg.RDX, reg.R10, reg.RCX
	ctx.Load(ctx.Param("slots"), slots)
	ctx.Load(ctx.Param("rows"), rows)
	ctx.Load(ctx.Param("stride"), stride)
	ctx.Load(ctx.Param("cols"), cols)
	ctx.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	from := rowsAt(row, stride, stride3)
	to := func(col int) operand.Mem {
		return operand.Mem{Base: slots, Index: i, Scale: 1, Disp: col * t.slotBytes()}
	}
	t.laneGroup(cols, rows, slots, row, i, stride, func(n int) {
		for c := 0; c < n; c += 2 {
			x, y := ctx.YMM(), ctx.YMM()
			if n == 1 {
				ctx.VMOVSD(from(0), x.AsX())
				ctx.VMOVHPD(from(1), x.AsX(), x.AsX())
				ctx.VMOVSD(from(2), y.AsX())
				ctx.VMOVHPD(from(3), y.AsX(), y.AsX())
				ctx.VINSERTF128(u8(1), y.AsX(), x, x)
				ctx.VMOVUPD(x, to(0))
				break
			}
			for k, v := range []reg.VecVirtual{x, y} {
				ctx.VMOVUPD(from(k).Offset(8*c), v.AsX())
				ctx.VINSERTF128(u8(1), from(k+2).Offset(8*c), v, v)
			}
			lo, hi := ctx.YMM(), ctx.YMM()
			ctx.VUNPCKLPD(y, x, lo)
			ctx.VUNPCKHPD(y, x, hi)
			ctx.VMOVUPD(lo, to(c))
			ctx.VMOVUPD(hi, to(c+1))
		}
	})
	t.end()
}

func (t target) lanesStore() {
	t.mover("lanesStore", "func(rows *float64, stride uintptr, slots *float64, cols int) (nan int)",
		"lanesStore"+t.suffix()+" copies cols slots to columns of rows, stride bytes apart, a row for each lane, -0 as 0. The result is not 0 if there is a NaN.")
	slots, rows, stride, stride3, cols, row, i := reg.RSI, reg.RDI, reg.R8, reg.R9, reg.RDX, reg.R10, reg.RCX
	ctx.Load(ctx.Param("slots"), slots)
	ctx.Load(ctx.Param("rows"), rows)
	ctx.Load(ctx.Param("stride"), stride)
	ctx.Load(ctx.Param("cols"), cols)
	ctx.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	zero, nan := ctx.YMM(), ctx.YMM()
	ctx.VXORPD(zero, zero, zero)
	ctx.VXORPD(nan, nan, nan)
	to := rowsAt(row, stride, stride3)
	load := func(col int) reg.VecVirtual {
		v, c := ctx.YMM(), ctx.YMM()
		ctx.VADDPD(operand.Mem{Base: slots, Index: i, Scale: 1, Disp: col * t.slotBytes()}, zero, v)
		ctx.VCMPPD(u8(uno), v, v, c)
		ctx.VORPD(c, nan, nan)
		return v
	}
	// pair returns columns c and c+1 of the even and of the odd rows.
	pair := func(c int) (even, odd reg.VecVirtual) {
		x, y := load(c), load(c+1)
		even, odd = ctx.YMM(), ctx.YMM()
		ctx.VUNPCKLPD(y, x, even)
		ctx.VUNPCKHPD(y, x, odd)
		return even, odd
	}
	t.laneGroup(cols, rows, slots, row, i, stride, func(n int) {
		switch n {
		case 4:
			e0, o0 := pair(0)
			e1, o1 := pair(2)
			for k, v := range [][2]reg.VecVirtual{{e0, e1}, {o0, o1}} {
				r := ctx.YMM()
				ctx.VINSERTF128(u8(1), v[1].AsX(), v[0], r)
				ctx.VMOVUPD(r, to(k))
				r = ctx.YMM()
				ctx.VPERM2F128(u8(0x31), v[1], v[0], r)
				ctx.VMOVUPD(r, to(k+2))
			}
		case 2:
			e, o := pair(0)
			for k, v := range []reg.VecVirtual{e, o} {
				ctx.VMOVUPD(v.AsX(), to(k))
				ctx.VEXTRACTF128(u8(1), v, to(k+2))
			}
		case 1:
			v, high := load(0), ctx.XMM()
			ctx.VEXTRACTF128(u8(1), v, high)
			ctx.VMOVLPD(v.AsX(), to(0))
			ctx.VMOVHPD(v.AsX(), to(1))
			ctx.VMOVLPD(high, to(2))
			ctx.VMOVHPD(high, to(3))
		}
	})
	ctx.VMOVMSKPD(nan, reg.EAX)
	ctx.Store(reg.RAX, ctx.Return("nan"))
	t.end()
}

// rowsAt returns the addresses of rows 0 to 3.
func rowsAt(row, stride, stride3 reg.Register) func(i int) operand.Mem {
	return func(i int) operand.Mem {
		return [...]operand.Mem{
			{Base: row},
			{Base: row, Index: stride, Scale: 1},
			{Base: row, Index: stride, Scale: 2},
			{Base: row, Index: stride3, Scale: 1},
		}[i]
	}
}

// laneGroup writes the loops over groups of columns and, within, over four rows; body does four rows of n columns.
func (t target) laneGroup(cols, rows, slots, row, i, stride reg.GPPhysical, body func(n int)) {
	for _, n := range laneGroups {
		name := string(rune('0' + n))
		ctx.SUBQ(operand.U8(n), cols)
		ctx.JL(operand.LabelRef("end" + name))
		ctx.Label("columns" + name)
		ctx.MOVQ(rows, row)
		ctx.XORQ(i, i)
		ctx.Label("rows" + name)
		body(n)
		ctx.LEAQ(operand.Mem{Base: row, Index: stride, Scale: 4}, row)
		ctx.ADDQ(operand.U8(32), i)
		ctx.CMPQ(i, operand.U32(t.slotBytes()))
		ctx.JNE(operand.LabelRef("rows" + name))
		ctx.ADDQ(operand.U8(8*n), rows)
		ctx.ADDQ(operand.U32(n*t.slotBytes()), slots)
		ctx.SUBQ(operand.U8(n), cols)
		ctx.JGE(operand.LabelRef("columns" + name))
		ctx.Label("end" + name)
		ctx.ADDQ(operand.U8(n), cols)
	}
}
