package program

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// A ref stands for a value of a [builder]: an input or an instruction from 0 up, a constant from -1 down.
type ref = int32

// none is no value.
const none ref = math.MinInt32

// maxInstructions bounds what a program is made of: some gigabytes while it is compiled. Tests change it.
var maxInstructions = 1 << 25

// A builder makes a code, instruction by instruction. What it is asked for it has computed already, knows as a constant,
// or writes in a shorter way, where the result is the same, bit for bit but for the kind of NaN.
type builder struct {
	op     string // the function that was called, for messages
	inputs int32
	ins    []instruction
	// notNegative says of each instruction that its result is never -0.
	notNegative []bool
	consts      []float64
	constants   map[uint64]ref
	table       []place
	limit       int // of instructions
}

// A place of the table has one more than the number of an instruction, 0 for none, and its hash.
type place struct {
	n    int32
	hash uint32
}

func newBuilder(op string, inputs int) *builder {
	return &builder{op: op, inputs: int32(inputs), consts: make([]float64, 0, 16), constants: make(map[uint64]ref), table: make([]place, 64), limit: maxInstructions}
}

// constant returns the value v. There is one NaN.
func (b *builder) constant(v float64) ref {
	if v != v {
		v = math.NaN()
	}
	bits := math.Float64bits(v)
	for k, have := range b.consts[:min(len(b.consts), 4)] { // 1 and 0 are wanted most, and come first
		if math.Float64bits(have) == bits {
			return ref(-1 - k)
		}
	}
	r, ok := b.constants[bits]
	if !ok {
		b.consts = append(b.consts, v)
		r = ref(-len(b.consts))
		b.constants[bits] = r
	}
	return r
}

// number returns a constant.
func (b *builder) number(r ref) float64 { return b.consts[-1-r] }

// is reports whether r is the constant v, with its sign.
func (b *builder) is(r ref, v float64) bool {
	return r < 0 && math.Float64bits(b.consts[-1-r]) == math.Float64bits(v)
}

// made returns the instruction that computes r, if one does.
func (b *builder) made(r ref) (in *instruction, ok bool) {
	if r < b.inputs {
		return nil, false
	}
	return &b.ins[r-b.inputs], true
}

// operand returns what r is op of, and whether it is.
func (b *builder) operand(op opcode, r ref) (ref, bool) {
	if r >= b.inputs && b.ins[r-b.inputs].op == op {
		return b.ins[r-b.inputs].args[0], true
	}
	return 0, false
}

// neverNegativeZero reports whether r is certainly not -0.
func (b *builder) neverNegativeZero(r ref) bool {
	switch {
	case r < 0:
		return math.Float64bits(b.consts[-1-r]) != 1<<63
	case r < b.inputs:
		return false
	}
	return b.notNegative[r-b.inputs]
}

func (b *builder) unary(op opcode, x ref) ref     { return b.emit(op, x, 0, 0) }
func (b *builder) binary(op opcode, x, y ref) ref { return b.emit(op, x, y, 0) }
func (b *builder) add(x, y ref) ref               { return b.emit(opAdd, x, y, 0) }
func (b *builder) sub(x, y ref) ref               { return b.emit(opSub, x, y, 0) }
func (b *builder) mul(x, y ref) ref               { return b.emit(opMul, x, y, 0) }
func (b *builder) div(x, y ref) ref               { return b.emit(opDiv, x, y, 0) }
func (b *builder) where(c, x, y ref) ref          { return b.emit(opWhere, c, x, y) }

// emit returns the value of op for its operands. Those that it does not take are 0.
func (b *builder) emit(op opcode, x, y, z ref) ref {
	if n := arities[op]; x < 0 && (n < 2 || y < 0) && (n < 3 || z < 0) {
		return b.fold(op, x, y, z)
	}
	if r := b.simplify(op, x, y, z); r != none {
		return r
	}
	if commutes[op] && x > y {
		x, y = y, x
	}
	return b.share(instruction{op, [3]int32{x, y, z}})
}

// arities are the numbers of operands by opcode.
var arities = func() (n [numOpcodes]uint8) {
	for op, o := range operations {
		n[op] = uint8(o.arity)
	}
	return n
}()

var commutes = [numOpcodes]bool{opAdd: true, opMul: true, opMaximum: true, opMinimum: true, opEq: true, opNe: true, opSelect: true}

// fold computes what depends on constants alone, as a program would.
func (b *builder) fold(op opcode, x, y, z ref) ref {
	var v [3]float64
	for i, r := range [...]ref{x, y, z} {
		if i < int(arities[op]) {
			v[i] = b.number(r)
		}
	}
	return b.constant(operations[op].f(v[0], v[1], v[2]))
}

// share returns the instruction that computes in already, or adds it.
//
// The table is open. An instruction has its place near that of its latest operand, so that what is asked for one after the
// other lies together; only where all is taken there it goes anywhere, in steps that grow: what lies together would make
// steps of one a long way.
func (b *builder) share(in instruction) ref {
	const near = 8
	h := hash(in)
	mask := uint32(len(b.table) - 1)
	latest := uint32(max(in.args[0], in.args[1], in.args[2]))
	at := latest + latest>>1 + h>>29
	step := uint32(1)
	for k := 0; ; k++ {
		if k == near {
			at = h
		}
		at &= mask
		p := b.table[at]
		if p.n == 0 {
			break
		}
		if p.hash == h && b.ins[p.n-1] == in {
			return b.inputs + p.n - 1
		}
		if at += step; k >= near {
			step++
		}
	}
	if len(b.ins) >= b.limit {
		panic(graph.Errorf(b.op, graph.ErrLimit, "the program needs more than %d instructions, one for every number that it computes: a computation on large tensors is better recorded and swept, or called as a program.Function", b.limit))
	}
	b.ins = append(b.ins, in)
	b.notNegative = append(b.notNegative, b.givesNoNegativeZero(in))
	b.table[at] = place{int32(len(b.ins)), h}
	if 3*len(b.ins) > 2*len(b.table) {
		b.rehash()
	}
	return b.inputs + ref(len(b.ins)) - 1
}

func hash(in instruction) uint32 {
	h := uint64(in.op) | uint64(uint32(in.args[0]))<<8
	h = (h ^ uint64(uint32(in.args[1]))<<24) * 0x9e3779b97f4a7c15
	h = (h ^ h>>29 ^ uint64(uint32(in.args[2]))) * 0xbf58476d1ce4e5b9
	return uint32(h >> 32)
}

// rehash doubles the table.
func (b *builder) rehash() {
	ins := b.ins
	b.reserve(2 * len(ins))
	b.ins = b.ins[:0]
	b.notNegative = b.notNegative[:0]
	for _, in := range ins {
		b.share(in)
	}
}

// reserve makes an empty table for so many instructions.
func (b *builder) reserve(n int) {
	size := 64
	for 2*size < 3*n {
		size *= 2
	}
	b.table = make([]place, size)
	b.ins = slices.Grow(b.ins, max(n-len(b.ins), 0))
	b.notNegative = slices.Grow(b.notNegative, max(n-len(b.notNegative), 0))
}

// givesNoNegativeZero reports whether the result of an instruction is certainly not -0.
func (b *builder) givesNoNegativeZero(in instruction) bool {
	x, y, z := in.args[0], in.args[1], in.args[2]
	switch in.op {
	case opAdd: // -0 only of two of them
		return b.neverNegativeZero(x) || b.neverNegativeZero(y)
	case opSub: // -0 only of -0 and +0
		return b.neverNegativeZero(x)
	case opWhere:
		return b.neverNegativeZero(y) && b.neverNegativeZero(z)
	case opMaximum:
		return b.neverNegativeZero(x) || b.neverNegativeZero(y)
	case opMinimum:
		return b.neverNegativeZero(x) && b.neverNegativeZero(y)
	case opSqrt:
		return b.neverNegativeZero(x)
	case opAbs, opExp, opSquare, opCosh, opHypot, opSign, opGt, opGe, opLt, opLe, opEq, opNe, opIsNaN, opIsFinite, opAcos, opAcosh:
		return true
	}
	return false
}

// again returns a builder that has the same instructions, and goes on from there.
func (b *builder) again() *builder {
	c := newBuilder(b.op, int(b.inputs))
	c.limit = 2 * b.limit // the program was short enough
	c.reserve(4 * len(b.ins))
	for _, v := range b.consts {
		c.constant(v)
	}
	for _, in := range b.ins {
		c.share(in)
	}
	return c
}
