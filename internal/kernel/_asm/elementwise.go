package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A lane is the part of an elementwise kernel that stands for one vector: it reads its operands with the functions in, and
// returns the result.
type lane func(t target, in inputs) vec

// inputs are the operands of an elementwise kernel at one vector.
type inputs struct {
	dst, a, b func() vec // dst is nil for a kernel that sets dst
	c         vec        // the number, in all lanes
}

// An elementwise kernel has the signature of the Go type loop.
type elementwise struct {
	name   string // of the opcode, without op
	unroll int    // vectors in one iteration: more than one where there is little to do for each
	uses   string // which of a, b and c it reads
	body   lane
	bound  bool   // arguments beyond sinMost end the loop
	into   string // of a kernel that adds to dst: the name of one with the same body that sets dst, or ""
	sets   bool   // it is such a one
}

// zeroWins returns ct*d, added to dst if there is one. Where ct is a zero of either sign, ct*d is +0.
func zeroWins(t target, in inputs, d func() vec) vec {
	ct := in.a()
	if in.dst == nil {
		v := d()
		some := t.cmp(unq, ct, t.zero())
		if t.wide {
			y := t.vec()
			t.emit("VMUL*_Z", v, ct, some.Op, y)
			return y
		}
		return t.where(some, t.mul(ct, v))
	}
	acc := in.dst()
	v := d()
	some := t.cmp(unq, ct, t.zero())
	t.addTo(acc, t.where(some, ct), t.where(some, v))
	return acc
}

// unary returns the kernel of a function of one vector.
func unary(f func(t target, x vec) vec) lane {
	return func(t target, in inputs) vec { return f(t, in.a()) }
}

// kernels are the elementwise kernels; behind each one that adds to dst stands the one that sets it.
var kernels = func() (all []elementwise) {
	for _, e := range bodies {
		all = append(all, e)
		if e.into != "" {
			e.name, e.into, e.sets = e.into, "", true
			all = append(all, e)
		}
	}
	return all
}()

var bodies = []elementwise{
	{name: "Fill", unroll: 4, uses: "c", body: func(t target, in inputs) vec { return in.c }},
	{name: "Add", unroll: 4, uses: "ab", body: func(t target, in inputs) vec { return t.add(in.a(), in.b()) }},
	{name: "Sub", unroll: 4, uses: "ab", body: func(t target, in inputs) vec { return t.sub(in.a(), in.b()) }},
	{name: "Mul", unroll: 4, uses: "ab", body: func(t target, in inputs) vec { return t.mul(in.a(), in.b()) }},
	{name: "Div", unroll: 2, uses: "ab", body: func(t target, in inputs) vec { return t.div(in.a(), in.b()) }},
	{name: "AddScalar", unroll: 4, uses: "ac", body: func(t target, in inputs) vec { return t.add(in.a(), in.c) }},
	{name: "MulScalar", unroll: 4, uses: "ac", body: func(t target, in inputs) vec { return t.mul(in.a(), in.c) }},
	{name: "Neg", unroll: 4, uses: "a", body: unary(target.neg)},
	{name: "Square", unroll: 4, uses: "a", body: unary(func(t target, x vec) vec { return t.mul(x, x) })},
	{name: "Sqrt", unroll: 1, uses: "a", body: unary(func(t target, x vec) vec {
		v := t.vec()
		t.emit("VSQRT*", x, v)
		return v
	})},
	{name: "Abs", unroll: 4, uses: "a", body: unary(target.abs)},
	{name: "ReLU", unroll: 4, uses: "a", body: unary(func(t target, x vec) vec { return t.where(t.cmp(nle, x, t.zero()), x) })},
	{name: "Exp", unroll: 1, uses: "a", body: unary(target.exp)},
	{name: "Log", unroll: 1, uses: "a", body: unary(target.log)},
	{name: "Tanh", unroll: 1, uses: "a", body: unary(target.tanh)},
	{name: "Sigmoid", unroll: 1, uses: "a", body: unary(target.sigmoid)},
	{name: "Softplus", unroll: 1, uses: "a", body: unary(target.softplus)},
	{name: "Erf", unroll: 1, uses: "a", body: unary(target.erf)},
	{name: "Sin", unroll: 1, uses: "a", bound: true, body: unary(func(t target, x vec) vec { return t.sin(x, 0) })},
	{name: "Cos", unroll: 1, uses: "a", bound: true, body: unary(func(t target, x vec) vec { return t.sin(x, 1) })},
	{name: "AddTo", unroll: 4, uses: "a", body: func(t target, in inputs) vec { return t.add(in.dst(), in.a()) }},
	{name: "Axpy", unroll: 4, uses: "ac", body: func(t target, in inputs) vec {
		v := in.dst()
		t.addTo(v, in.a(), in.c)
		return v
	}},
	{name: "AddScalarTo", unroll: 4, uses: "c", body: func(t target, in inputs) vec { return t.add(in.dst(), in.c) }},
	{name: "MulAddTo", into: "MulZeroWins", unroll: 2, uses: "ab", body: func(t target, in inputs) vec {
		return zeroWins(t, in, func() vec { return in.b() })
	}},
	{name: "ReLUBackward", into: "ReLUBackwardInto", unroll: 2, uses: "ab", body: func(t target, in inputs) vec {
		v := t.where(t.cmp(nle, in.b(), t.zero()), in.a())
		if in.dst == nil {
			return v
		}
		return t.add(in.dst(), v)
	}},
	{name: "TanhBackward", into: "TanhBackwardInto", unroll: 1, uses: "ab", body: func(t target, in inputs) vec {
		return zeroWins(t, in, func() vec { return t.tanhSlope(in.b()) })
	}},
	{name: "SigmoidBackward", into: "SigmoidBackwardInto", unroll: 1, uses: "ab", body: func(t target, in inputs) vec {
		return zeroWins(t, in, func() vec { return t.sigmoidSlope(in.b()) })
	}},
	{name: "SoftplusBackward", into: "SoftplusBackwardInto", unroll: 1, uses: "ab", body: func(t target, in inputs) vec {
		return zeroWins(t, in, func() vec { return t.sigmoid(in.b()) })
	}},
	{name: "SoftmaxBackward", into: "SoftmaxBackwardInto", unroll: 2, uses: "abc", body: func(t target, in inputs) vec {
		ct := t.sub(in.a(), in.c)
		in.a = func() vec { return ct }
		return zeroWins(t, in, func() vec { return in.b() })
	}},
	{name: "LogSoftmaxBackward", into: "LogSoftmaxBackwardInto", unroll: 1, uses: "abc", body: func(t target, in inputs) vec {
		v := in.a()
		if in.dst != nil {
			v = t.add(in.dst(), v)
		}
		t.subTo(v, t.exp(in.b()), in.c)
		return v
	}},
	{name: "SGD", unroll: 4, uses: "ac", body: func(t target, in inputs) vec {
		v := in.dst()
		t.subTo(v, in.a(), in.c)
		return v
	}},
}

// has reports whether the kernel reads an operand.
func (e elementwise) has(operand rune) bool {
	for _, u := range e.uses {
		if u == operand {
			return true
		}
	}
	return false
}

// elementwise writes the elementwise kernels.
func (t target) elementwise() {
	for _, e := range kernels {
		t.withPins(func(pins int) { t.elementwiseKernel(e, pins) })
	}
}

func (e elementwise) goName() string {
	return string(e.name[0]|0x20) + e.name[1:]
}

func (t target) elementwiseKernel(e elementwise, pins int) {
	ty := t.goType()
	sig, doc := "func(dst, a, b []"+ty+", c "+ty+")", " is the loop of op"+e.name+"."
	if e.bound {
		sig = "func(dst, a []" + ty + ") (done int)"
		doc = " is the loop of op" + e.name + " as far as arguments are small; it returns how many elements it has done."
	}
	t.function(e.goName(), sig, e.goName()+t.suffix()+doc)
	dst, a, b, n, i := reg.RDI, reg.RSI, reg.RBX, reg.RDX, reg.R8
	ctx.Load(ctx.Param("dst").Base(), dst)
	ctx.Load(ctx.Param("dst").Len(), n)
	if e.has('a') {
		ctx.Load(ctx.Param("a").Base(), a)
	}
	if e.has('b') {
		ctx.Load(ctx.Param("b").Base(), b)
	}
	var c vec
	if e.has('c') {
		addr, err := ctx.Param("c").Resolve()
		if err != nil {
			panic(err)
		}
		c = t.broadcast(addr.Addr)
	}
	ctx.XORQ(i, i)
	operands := func(dst, a, b func() vec) inputs {
		if e.sets {
			dst = nil
		}
		return inputs{dst, a, b, c}
	}
	t.pin(pins, func() { e.body(t, operands(t.vec, t.vec, t.vec)) })
	at := func(base reg.Register, u int) operand.Mem {
		return operand.Mem{Base: base, Index: i, Scale: uint8(t.size()), Disp: u * t.bytes()}
	}
	step := func(u int, k mask) {
		load := func(base reg.Register) func() vec {
			var v vec
			return func() vec {
				if v == nil {
					v = t.load(at(base, u), k)
				}
				return v
			}
		}
		in := operands(load(dst), load(a), load(b))
		if e.bound {
			t.leaveIfLarge(in.a())
		}
		t.store(e.body(t, in), at(dst, u), k)
	}
	t.loop(e.unroll, n, i, step)
	if e.bound {
		ctx.Label("leave")
		ctx.Store(i, ctx.Return("done"))
	}
	t.end()
}

// loop writes a loop over n elements in steps of one vector; i counts the elements done. It overwrites n, AX and CX.
func (t target) loop(unroll int, n, i reg.GPPhysical, step func(u int, k mask)) {
	for u := unroll; u >= 1; {
		name := map[bool]string{true: "one", false: "many"}[u == 1]
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), n)
		ctx.JL(operand.LabelRef(name + "end"))
		ctx.Label(name)
		for v := range u {
			step(v, mask{})
		}
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), i)
		ctx.SUBQ(operand.Imm(uint64(u*t.lanes())), n)
		ctx.JGE(operand.LabelRef(name))
		ctx.Label(name + "end")
		ctx.ADDQ(operand.Imm(uint64(u*t.lanes())), n)
		if u == 1 {
			break
		}
		u = 1
	}
	ctx.JZ(operand.LabelRef("leave0"))
	m := n
	ctx.MOVQ(n, reg.RCX)
	step(0, t.tailMask(reg.RCX))
	ctx.ADDQ(m, i)
	ctx.Label("leave0")
}

// leaveIfLarge jumps to leave if an element is larger than sinMost.
func (t target) leaveIfLarge(x vec) {
	t.jumpIfAny(t.cmp(gt, t.abs(x), t.num(t.sinMost())), "leave")
}
