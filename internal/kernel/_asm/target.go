package main

import (
	"fmt"
	"log"
	"math"
	"reflect"
	"sort"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// output collects functions and data. ctx is where instructions go: the same, except while a function is tried out.
var output, ctx *build.Context

// newOutput begins a file of assembly.
func newOutput() {
	output = build.NewContext()
	output.ConstraintExpr("amd64,!purego")
	ctx, constants, tables = output, map[string]constant{}, map[string]operand.Mem{}
}

// A target is an instruction set and a precision: what the functions of this program are parameterized by.
type target struct {
	double bool // double precision
	wide   bool // AVX-512
	narrow bool // with vectors of 256 bits nevertheless
}

var targets = []target{{}, {double: true}, {wide: true}, {double: true, wide: true}}

// isa returns AVX2 or AVX512.
func (t target) isa() string {
	if t.wide {
		return "AVX512"
	}
	return "AVX2"
}

// suffix returns what the names of the target's functions end with.
func (t target) suffix() string {
	if t.double {
		return "F64" + t.isa()
	}
	return "F32" + t.isa()
}

// goType returns the type of an element.
func (t target) goType() string {
	if t.double {
		return "float64"
	}
	return "float32"
}

// size returns the bytes of an element.
func (t target) size() int {
	if t.double {
		return 8
	}
	return 4
}

// bytes returns the bytes of a vector.
func (t target) bytes() int {
	if t.wide && !t.narrow {
		return 64
	}
	return 32
}

// lanes returns the elements of a vector.
func (t target) lanes() int { return t.bytes() / t.size() }

// vec returns a new vector register.
func (t target) vec() reg.VecVirtual {
	if t.wide && !t.narrow {
		return ctx.ZMM()
	}
	return ctx.YMM()
}

// emit adds an instruction. A * in its name stands for PS or PD, a # for D or Q (integers of the size of an element).
// A broadcast constant among the operands adds the suffix that it needs.
func (t target) emit(name string, ops ...operand.Op) {
	p, i := "PS", "D"
	if t.double {
		p, i = "PD", "Q"
	}
	name = strings.ReplaceAll(strings.ReplaceAll(name, "*", p), "#", i)
	for k, op := range ops {
		if c, ok := op.(constant); ok {
			if v := c.register(); v != nil {
				ops[k] = v
				continue
			}
			ops[k] = c.Mem
			if t.wide && !strings.Contains(name, "BROADCAST") {
				base, mods, _ := strings.Cut(name, "_")
				name = base + "_BCST"
				if mods != "" {
					name += "_" + mods
				}
			}
		}
	}
	m := reflect.ValueOf(ctx).MethodByName(name)
	if !m.IsValid() {
		panic("no instruction " + name)
	}
	args := make([]reflect.Value, len(ops))
	for k, op := range ops {
		args[k] = reflect.ValueOf(op)
	}
	m.Call(args)
}

// overwrite adds an instruction that depends on nothing but its inputs, where avo takes the register that it sets for
// one too.
func overwrite(i *ir.Instruction, err error, inputs ...operand.Op) {
	if err != nil {
		panic(err)
	}
	i.Inputs = inputs
	ctx.Instruction(i)
}

// A constant is a number in memory, once for each lane of an AVX2 vector. AVX-512 instructions broadcast the first.
type constant struct {
	operand.Mem
	name string
}

// pinned are the constants that a function keeps in registers, or nil for those that it reads from memory. A processor
// reads two vectors from memory in the time of four operations, so constants in memory can be what a loop waits for.
var pinned = map[string]vec{}

// used are the names of the constants that instructions asked for, in order.
var used []string

// register returns the register that holds the constant, or nil.
func (c constant) register() vec {
	if pinned[c.name] == nil {
		used = append(used, c.name)
	}
	return pinned[c.name]
}

// withPins writes a function with as many constants in registers as there is room for.
func (t target) withPins(write func(pins int)) {
	const most = 24
	tooMany := sort.Search(most+1, func(pins int) bool { return !t.fits(write, pins) })
	if tooMany == 0 {
		log.Fatalf("%s: not enough registers", current)
	}
	write(max(tooMany-1, 0))
}

// fits reports whether there are enough registers for a function with so many constants in registers.
func (t target) fits(write func(pins int), pins int) bool {
	real := ctx
	defer func() { ctx = real }()
	ctx = build.NewContext()
	write(pins)
	return t.compiles()
}

// compiles reports whether there are enough registers for the function in ctx.
func (t target) compiles() bool {
	f, err := ctx.Result()
	if err != nil {
		return false
	}
	if pass.Compile.Execute(f) != nil {
		return false
	}
	for _, fn := range f.Functions() {
		for _, i := range fn.Instructions() {
			for _, r := range i.Registers() {
				if p, ok := r.(reg.Physical); ok && r.Kind() == reg.KindVector && p.PhysicalIndex() > 15 && !t.wide {
					return false
				}
			}
		}
	}
	return true
}

// pin keeps up to n of the constants that body uses in registers. It runs body once for nothing, to see which they are.
func (t target) pin(n int, body func()) {
	real := ctx
	ctx, used = build.NewContext(), nil
	ctx.Function("trial")
	body()
	ctx, aside, asides = real, nil, 0
	for _, name := range used {
		if len(pinned) < n && pinned[name] == nil {
			pinned[name] = target{double: strings.HasPrefix(name, "c64"), wide: t.wide}.set(constants[name])
		}
	}
}

// tables are those that the output has, by their names.
var tables map[string]operand.Mem

// words returns the table of the given numbers of 8 bytes.
func words(name string, of ...uint64) operand.Mem {
	if m, ok := tables[name]; ok {
		return m
	}
	m := output.StaticGlobal(name)
	output.DataAttributes(attr.RODATA | attr.NOPTR)
	for i, u := range of {
		output.AddDatum(8*i, operand.U64(u))
	}
	tables[name] = m
	return m
}

// constants are those that the output has, by their names.
var constants map[string]constant

// bits returns the constant with the given bits in each lane.
func (t target) bits(u uint64) constant {
	name := fmt.Sprintf("c%d_%0*x", t.size()*8, 2*t.size(), u)
	if c, ok := constants[name]; ok {
		return c
	}
	m := output.StaticGlobal(name)
	output.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := 0; i < 32; i += t.size() {
		if t.double {
			output.AddDatum(i, operand.U64(u))
		} else {
			output.AddDatum(i, operand.U32(u))
		}
	}
	c := constant{m, name}
	constants[name] = c
	return c
}

// num returns the constant x, rounded to the precision of the target.
func (t target) num(x float64) constant {
	if t.double {
		return t.bits(math.Float64bits(x))
	}
	return t.bits(uint64(math.Float32bits(float32(x))))
}

// set returns a register that holds a constant in all lanes.
func (t target) set(c constant) reg.VecVirtual {
	v := t.vec()
	if r := c.register(); r != nil {
		t.emit("VMOVAPS", r, v)
		return v
	}
	switch {
	case !t.wide:
		t.emit("VMOVU*", c.Mem, v)
	case t.double:
		t.emit("VBROADCASTSD", c.Mem, v)
	default:
		t.emit("VBROADCASTSS", c.Mem, v)
	}
	return v
}

// zero returns a register of zeros.
func (t target) zero() reg.VecVirtual {
	v := t.vec()
	t.clear(v)
	return v
}

// clear sets a register to zeros.
func (t target) clear(v operand.Op) {
	if t.wide {
		i, err := x86.VPXORD(v, v, v)
		overwrite(i, err)
	} else {
		t.emit("VXOR*", v, v, v)
	}
}

// broadcast returns the vector of the element at m in all lanes.
func (t target) broadcast(m operand.Mem) reg.VecVirtual {
	v := t.vec()
	if t.double {
		t.emit("VBROADCASTSD", m, v)
	} else {
		t.emit("VBROADCASTSS", m, v)
	}
	return v
}

// masks is the table of AVX2's tail masks: 32 bytes of ones, then 32 of zeros.
func masks() operand.Mem {
	const ones = math.MaxUint64
	return words("masks", ones, ones, ones, ones, 0, 0, 0, 0)
}

// A mask selects the first lanes of a vector: an opmask register in AVX-512, a vector register in AVX2.
type mask struct{ operand.Op }

// tailMask returns the mask of the first n lanes, n in a register that it overwrites; 1 to lanes are possible. It
// overwrites AX and CX.
func (t target) tailMask(n reg.GPPhysical) mask {
	if t.wide {
		k := ctx.K()
		ctx.MOVQ(operand.I32(-1), reg.RAX)
		ctx.BZHIQ(n, reg.RAX, reg.RAX)
		ctx.KMOVW(reg.EAX, k)
		return mask{k}
	}
	v := ctx.YMM()
	ctx.LEAQ(masks().Offset(32), reg.RAX)
	ctx.SHLQ(operand.U8(log2(t.size())), n)
	ctx.SUBQ(n, reg.RAX)
	ctx.VMOVDQU(operand.Mem{Base: reg.RAX}, v)
	return mask{v}
}

func log2(n int) uint64 {
	if n == 4 {
		return 2
	}
	return 3
}

// load returns the vector at m. Under a mask the other lanes are 0 and their memory is not touched.
func (t target) load(m operand.Mem, k mask) reg.VecVirtual {
	v := t.vec()
	t.loadTo(m, k, v)
	return v
}

func (t target) loadTo(m operand.Mem, k mask, v operand.Op) {
	switch {
	case k.Op == nil:
		t.emit("VMOVU*", m, v)
	case t.wide:
		t.emit("VMOVU*_Z", m, k.Op, v)
	default:
		t.emit("VMASKMOV*", m, k.Op, v)
	}
}

// store writes the vector v to m. Under a mask the other lanes keep their memory.
func (t target) store(v operand.Op, m operand.Mem, k mask) {
	switch {
	case k.Op == nil:
		t.emit("VMOVU*", v, m)
	case t.wide:
		t.emit("VMOVU*", v, k.Op, m)
	default:
		t.emit("VMASKMOV*", v, k.Op, m)
	}
}

// current is the name of the function that was started last.
var current string

// function starts a function called name and the target's suffix, which doc describes. Its arithmetic takes subnormal
// numbers as zeros if the goroutine that it runs on says so: see [target.takeMode].
func (t target) function(name, signature, doc string) {
	current = name + t.suffix()
	t.mover(name, signature, doc)
	t.takeMode()
}

// end ends a function.
func (t target) end() {
	ctx.VZEROUPPER()
	t.ret()
	for i := 0; i < len(aside); i++ { // which may add to them
		aside[i]()
	}
	clear(pinned)
}

// aside writes the code that stands behind the return of the function, and asides counts the labels that lead to it.
var (
	aside  []func()
	asides int
)

// unlikely writes likely, and rare in its place where c holds in any lane. That code stands behind the function, so
// that the usual way has no jump.
func (t target) unlikely(c cond, rare, likely func()) {
	asides++
	there, back := fmt.Sprintf("rare%d", asides), fmt.Sprintf("back%d", asides)
	t.jumpIfAny(c, there)
	likely()
	ctx.Label(back)
	aside = append(aside, func() {
		ctx.Label(there)
		rare()
		ctx.JMP(operand.LabelRef(back))
	})
}

// jumpIfAny jumps if c holds in any lane.
func (t target) jumpIfAny(c cond, label string) {
	if t.wide {
		ctx.KORTESTW(c.Op, c.Op)
	} else {
		ctx.VPTEST(c.Op, c.Op)
	}
	ctx.JNZ(operand.LabelRef(label))
}
