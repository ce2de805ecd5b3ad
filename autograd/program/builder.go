package program

import (
	"math"

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
	*scratch
	op        string // the function that was called, for messages
	inputs    int32
	consts    []float64
	constants map[uint64]ref // but for the first ones, see fewConstants
	limit     int            // of instructions
}

// A value of a builder is an input, whose opcode is opInvalid, or an instruction.
//
// Instructions with the same latest operand are in a list, which begins at that operand: what is asked for next most
// often has an operand that has just been computed, and no other instruction has it yet.
type value struct {
	op          opcode
	notNegative bool // the result is never -0
	args        [3]int32
	first       int32 // of the list of those whose latest operand this is, 0 for none
	next        int32 // in the list of its own latest operand, 0 for none
}

// A place of the table has an instruction, 0 for none, and its hash.
type place struct {
	r    ref
	hash uint32
}

// newBuilder returns a builder, which the caller releases once it has what the builder has made.
func newBuilder(op string, inputs int) *builder {
	b := &builder{scratch: newScratch(), op: op, consts: make([]float64, 0, 2*fewConstants), limit: maxInstructions}
	b.takes(inputs)
	return b
}

// takes says how many inputs a new builder has.
func (b *builder) takes(inputs int) {
	b.inputs = int32(inputs)
	b.values = append(b.values[:0], make([]value, inputs)...)
}

// count returns the number of instructions.
func (b *builder) count() int { return len(b.values) - int(b.inputs) }

// instructions returns a copy of the first so many.
func (b *builder) instructions(count int) []instruction {
	list := make([]instruction, count)
	for k := range list {
		in, v := &list[k], &b.values[int(b.inputs)+k]
		in.op = v.op
		in.args[0], in.args[1], in.args[2] = v.args[0], v.args[1], v.args[2]
	}
	return list
}

// constant returns the value v. There is one NaN.
func (b *builder) constant(v float64) ref {
	if v != v {
		v = math.NaN()
	}
	bits := math.Float64bits(v)
	for k, have := range b.consts[:min(len(b.consts), fewConstants)] { // 1 and 0 are wanted most, and come first
		if math.Float64bits(have) == bits {
			return ref(-1 - k)
		}
	}
	r, ok := b.constants[bits]
	if !ok {
		b.consts = append(b.consts, v)
		r = ref(-len(b.consts))
		if len(b.consts) > fewConstants {
			if b.constants == nil {
				b.constants = make(map[uint64]ref)
			}
			b.constants[bits] = r
		}
	}
	return r
}

// fewConstants is how many constants are looked through one by one.
const fewConstants = 8

// number returns a constant.
func (b *builder) number(r ref) float64 { return b.consts[-1-r] }

// is reports whether r is the constant v, with its sign.
func (b *builder) is(r ref, v float64) bool {
	return r < 0 && math.Float64bits(b.consts[-1-r]) == math.Float64bits(v)
}

// made returns the instruction that computes r, if one does.
func (b *builder) made(r ref) (in *value, ok bool) {
	if r < b.inputs {
		return nil, false
	}
	return &b.values[r], true
}

// operand returns what r is op of, and whether it is.
func (b *builder) operand(op opcode, r ref) (ref, bool) {
	if r >= 0 && b.values[r].op == op {
		return b.values[r].args[0], true
	}
	return 0, false
}

// neverNegativeZero reports whether r is certainly not -0.
func (b *builder) neverNegativeZero(r ref) bool {
	if r < 0 {
		return math.Float64bits(b.consts[-1-r]) != 1<<63
	}
	return b.values[r].notNegative
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
	return b.share(op, x, y, z)
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

// mostUsers is how many instructions the list of an operand has, at most; the others are in the table.
const mostUsers = 8

// share returns the instruction that computes op of its operands already, or adds it.
func (b *builder) share(op opcode, x, y, z ref) ref {
	latest := &b.values[max(x, y, z)]
	users := 0
	for r := latest.first; r != 0; users++ {
		v := &b.values[r]
		if v.is(op, x, y, z) {
			return r
		}
		r = v.next
	}
	if users >= mostUsers {
		return b.shareInTable(op, x, y, z)
	}
	r, next := ref(len(b.values)), latest.first
	latest.first = r
	b.append(op, x, y, z).next = next
	return r
}

// is reports whether a value is op of some operands.
func (v *value) is(op opcode, x, y, z ref) bool {
	return v.op == op && v.args[0] == x && v.args[1] == y && v.args[2] == z
}

// append adds an instruction.
func (b *builder) append(op opcode, x, y, z ref) *value {
	n := len(b.values)
	if n-int(b.inputs) >= b.limit {
		panic(graph.Errorf(b.op, graph.ErrLimit, "the program needs more than %d instructions, one for every number that it computes: a computation on large tensors is better recorded and swept, or called as a program.Function", b.limit))
	}
	if n == cap(b.values) {
		b.reserve(max(n, 64))
	}
	b.values = b.values[:n+1]
	v := &b.values[n] // a literal would be put together elsewhere and copied
	v.op, v.notNegative = op, b.givesNoNegativeZero(op, x, y, z)
	v.args[0], v.args[1], v.args[2] = x, y, z
	v.first, v.next = 0, 0
	return v
}

// shareInTable is share for an instruction that is in no list. The table is open.
func (b *builder) shareInTable(op opcode, x, y, z ref) ref {
	if 3*b.crowd >= 2*len(b.table) {
		b.rehash()
	}
	h := hash(op, x, y, z)
	mask := uint32(len(b.table) - 1)
	at := h & mask
	for ; b.table[at].r != 0; at = (at + 1) & mask {
		if p := b.table[at]; p.hash == h && b.values[p.r].is(op, x, y, z) {
			return p.r
		}
	}
	r := ref(len(b.values))
	b.append(op, x, y, z)
	b.table[at] = place{r, h}
	b.crowd++
	return r
}

func hash(op opcode, x, y, z ref) uint32 {
	h := uint64(op) | uint64(uint32(x))<<8
	h = (h ^ uint64(uint32(y))<<24) * 0x9e3779b97f4a7c15
	h = (h ^ h>>29 ^ uint64(uint32(z))) * 0xbf58476d1ce4e5b9
	return uint32(h >> 32)
}

// rehash doubles the table.
func (b *builder) rehash() {
	old := b.table
	b.table = make([]place, max(64, 2*len(old)))
	mask := uint32(len(b.table) - 1)
	for _, p := range old {
		if p.r == 0 {
			continue
		}
		at := p.hash & mask
		for b.table[at].r != 0 {
			at = (at + 1) & mask
		}
		b.table[at] = p
	}
}

// reserve makes room for so many instructions besides.
func (b *builder) reserve(n int) {
	if n += len(b.values); n > cap(b.values) {
		b.values = append(make([]value, 0, n), b.values...)
	}
}

// givesNoNegativeZero reports whether the result of an instruction is certainly not -0.
func (b *builder) givesNoNegativeZero(op opcode, x, y, z ref) bool {
	switch op {
	case opMul:
		return false
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
