package program

import (
	"cmp"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A laneProgram is a code as steps on lanes. Its first slots hold the inputs, those that follow the results.
type laneProgram struct {
	*kernel.Lanes
	inputs  int
	results int
	first   *kernel.Lanes // what is computed once for all blocks of lanes, nil for nothing; see newLaneProgramFor
}

// Size returns the number of elements that a buffer needs.
func (p *laneProgram) Size() int {
	if p.first == nil {
		return p.Lanes.Size()
	}
	return max(p.Lanes.Size(), p.first.Size())
}

// Slots returns the part of a buffer in which the slots are.
func (p *laneProgram) Slots(buffer []float64) []float64 {
	return p.Lanes.Slots(buffer[:p.Lanes.Size()])
}

// begin loads the first inputs, which are the same for all lanes, and computes what depends on them alone.
func (p *laneProgram) begin(buffer, at []float64) {
	if p.first == nil {
		p.Load(p.Slots(buffer), 0, len(at), at)
		return
	}
	slots := p.first.Slots(buffer[:p.first.Size()])
	p.first.Load(slots, 0, len(at), at)
	p.first.Run(slots)
}

// newLaneProgram returns the part of a code that computes its first so many outs; forward says that those are no
// derivatives.
func newLaneProgram(c *code, results int, forward bool) *laneProgram {
	return newLaneProgramFor(c, results, forward, 0)
}

// newLaneProgramFor is newLaneProgram for many blocks of lanes, for which so many of the first inputs are the same: what
// depends on these alone stays in its slots from one block to the next.
func newLaneProgramFor(c *code, results int, forward bool, same int) *laneProgram {
	b := &laneBuilder{inputs: int32(c.inputs), consts: slices.Clip(c.consts), seen: make(map[laneIns]int32)}
	b.ins = make([]laneIns, 0, len(c.ins)+len(c.ins)/8)
	values := make([]int32, 0, c.first()+len(c.ins)) // where the values of the code are among those of the builder
	for i := range c.inputs {
		values = append(values, int32(i))
	}
	for i := range c.consts {
		values = append(values, int32(-1-i))
	}
	ins := c.ins
	if forward {
		ins = ins[:c.value]
	}
	for _, in := range ins {
		var args [3]int32
		for i := range operations[in.op].arity {
			args[i] = values[in.args[i]]
		}
		values = append(values, b.lower(in.op, args))
	}
	outs := make([]int32, results)
	for i, v := range c.outs[:results] {
		outs[i] = values[v]
	}
	steps, slots, first := b.schedule(outs, int32(same))
	p := &laneProgram{Lanes: kernel.NewLanes(steps[first:], b.consts, slots), inputs: c.inputs, results: results}
	if first > 0 {
		p.first = kernel.NewLanes(steps[:first], b.consts, slots)
	}
	return p
}

// A laneIns is an instruction of a [laneBuilder]. Its operands are inputs and instructions, numbered from 0, or -1-i
// for constant i.
type laneIns struct {
	op   opcode
	lane kernel.LaneOp
	args [3]int32
}

// A laneBuilder makes steps of the instructions of a code.
type laneBuilder struct {
	inputs int32
	consts []float64
	ins    []laneIns
	seen   map[laneIns]int32
}

// laneOps are the opcodes that have a kernel of their own.
var laneOps = [numOpcodes]struct {
	op kernel.LaneOp
	ok bool
}{
	opAdd: {kernel.LaneAdd, true}, opSub: {kernel.LaneSub, true}, opMul: {kernel.LaneMul, true}, opDiv: {kernel.LaneDiv, true},
	opNeg: {kernel.LaneNeg, true}, opAbs: {kernel.LaneAbs, true}, opSquare: {kernel.LaneSquare, true}, opSqrt: {kernel.LaneSqrt, true},
	opFloor: {kernel.LaneFloor, true}, opCeil: {kernel.LaneCeil, true}, opRound: {kernel.LaneRound, true}, opTrunc: {kernel.LaneTrunc, true},
	opSign: {kernel.LaneSign, true}, opIsNaN: {kernel.LaneIsNaN, true}, opIsFinite: {kernel.LaneIsFinite, true},
	opMaximum: {kernel.LaneMax, true}, opMinimum: {kernel.LaneMin, true},
	opGt: {kernel.LaneGt, true}, opGe: {kernel.LaneGe, true}, opEq: {kernel.LaneEq, true}, opNe: {kernel.LaneNe, true},
	opWhere: {kernel.LaneWhere, true}, opChain: {kernel.LaneChain, true}, opSelect: {kernel.LaneSelect, true},
	opExp: {kernel.LaneExp, true}, opLog: {kernel.LaneLog, true}, opTanh: {kernel.LaneTanh, true}, opErf: {kernel.LaneErf, true},
	opErfc: {kernel.LaneErfc, true}, opLog1p: {kernel.LaneLog1p, true}, opExpm1: {kernel.LaneExpm1, true},
	opSin: {kernel.LaneSin, true}, opCos: {kernel.LaneCos, true}, opSinh: {kernel.LaneSinh, true}, opCosh: {kernel.LaneCosh, true},
	opAtan: {kernel.LaneAtan, true}, opAtan2: {kernel.LaneAtan2, true}, opPow: {kernel.LanePow, true}, opHypot: {kernel.LaneHypot, true},
}

// constant returns the number of a constant.
func (b *laneBuilder) constant(v float64) int32 {
	for i, c := range b.consts {
		if math.Float64bits(c) == math.Float64bits(v) {
			return int32(-1 - i)
		}
	}
	b.consts = append(b.consts, v)
	return int32(-len(b.consts))
}

// emit returns the number of an instruction, which it adds if there is none like it.
func (b *laneBuilder) emit(op opcode, args ...int32) int32 {
	in := laneIns{op: op, lane: kernel.LaneCall}
	copy(in.args[:], args)
	if l := laneOps[op]; l.ok {
		in.lane = l.op
	}
	if !laneShared[op] { // the code has no two that are alike
		return b.add(in)
	}
	v, ok := b.seen[in]
	if !ok {
		v = b.add(in)
		b.seen[in] = v
	}
	return v
}

// laneShared are the opcodes of which [laneBuilder.lower] makes instructions that the code may have, too.
var laneShared = [numOpcodes]bool{opSin: true, opCos: true}

func (b *laneBuilder) add(in laneIns) int32 {
	b.ins = append(b.ins, in)
	return b.inputs + int32(len(b.ins)) - 1
}

// made returns the instruction that computes v, if there is one and it has that opcode.
func (b *laneBuilder) made(op opcode, v int32) (in laneIns, ok bool) {
	if v < b.inputs || b.ins[v-b.inputs].op != op {
		return laneIns{}, false
	}
	return b.ins[v-b.inputs], true
}

// lower returns the value of an instruction of a code.
func (b *laneBuilder) lower(op opcode, args [3]int32) int32 {
	switch op {
	case opLt:
		return b.emit(opGt, args[1], args[0])
	case opLe:
		return b.emit(opGe, args[1], args[0])
	case opTan:
		return b.emit(opDiv, b.emit(opSin, args[0]), b.emit(opCos, args[0]))
	case opAsin, opAcos:
		one := b.constant(1)
		less, more := b.emit(opSub, one, args[0]), b.emit(opAdd, args[0], one)
		if op == opAsin {
			return b.emit(opAtan, b.emit(opDiv, args[0], b.emit(opSqrt, b.emit(opMul, less, more))))
		}
		return b.emit(opMul, b.emit(opAtan, b.emit(opSqrt, b.emit(opDiv, less, more))), b.constant(2))
	case opReciprocal:
		return b.emit(opDiv, b.constant(1), args[0])
	case opDiv:
		// 1/cosh x/cosh x is the derivative of tanh.
		over, ok := b.made(opDiv, args[0])
		c, cosh := b.made(opCosh, args[1])
		if ok && cosh && over.args[1] == args[1] && over.args[0] < 0 && b.consts[-1-over.args[0]] == 1 {
			return b.add(laneIns{op: opInvalid, lane: kernel.LaneTanhSlope, args: [3]int32{c.args[0]}})
		}
	}
	n := operations[op].arity
	return b.emit(op, args[:n]...)
}

// arity returns the number of operands of an instruction.
func (in *laneIns) arity() int {
	if in.op == opInvalid {
		return 1
	}
	return operations[in.op].arity
}

// schedule returns the steps for some values and how many slots they need: the inputs stand in the first ones, the
// values in those that follow. The first steps, so many as first says, compute what depends on the first inputs alone,
// so many as same says, and is needed by others.
func (b *laneBuilder) schedule(outs []int32, same int32) (steps []kernel.LaneStep, slots, first int) {
	s := &laneScheduler{laneBuilder: b, uses: make([]int32, len(b.ins)), outs: outs, fixed: make([]bool, len(b.ins)), kept: make([]bool, len(b.ins))}
	s.count()
	s.fix(same)
	s.sort(true)
	first = len(s.order)
	s.sort(false)
	steps, slots = s.allocate()
	return steps, slots, first
}

// A laneScheduler puts instructions in an order and gives them slots.
type laneScheduler struct {
	*laneBuilder
	outs  []int32
	uses  []int32 // of each instruction, how many operands and results it is; 0 for those that nobody needs
	fixed []bool  // of each instruction, whether it is the same for all blocks of lanes
	kept  []bool  // of each fixed instruction, whether one that is not fixed needs it
	order []int32 // instructions, in the order of the steps
}

// count counts the uses of instructions.
func (s *laneScheduler) count() {
	use := func(v int32) {
		if v >= s.inputs {
			s.uses[v-s.inputs]++
		}
	}
	for _, v := range s.outs {
		use(v)
	}
	for i := len(s.ins) - 1; i >= 0; i-- {
		if in := &s.ins[i]; s.uses[i] != 0 {
			for _, v := range in.args[:in.arity()] {
				use(v)
			}
		}
	}
}

// fix finds what depends on so many of the first inputs alone.
func (s *laneScheduler) fix(same int32) {
	if same == 0 {
		return
	}
	for i := range s.ins {
		in := &s.ins[i]
		args := in.args[:in.arity()]
		s.fixed[i] = !slices.ContainsFunc(args, func(v int32) bool {
			return v >= same && (v < s.inputs || !s.fixed[v-s.inputs])
		})
		if s.fixed[i] || s.uses[i] == 0 {
			continue
		}
		for _, v := range args {
			if v >= s.inputs && s.fixed[v-s.inputs] {
				s.kept[v-s.inputs] = true
			}
		}
	}
}

// sort adds to the order what is fixed, or what is not: in the order of the code, but what is used once is computed
// just before it is, so that it need not leave the registers.
func (s *laneScheduler) sort(fixed bool) {
	isOut := make([]bool, len(s.ins))
	for _, v := range s.outs {
		if v >= s.inputs {
			isOut[v-s.inputs] = true
		}
	}
	type visit struct {
		i    int32
		done bool // its operands are
	}
	var stack []visit
	for root := range s.ins {
		if s.fixed[root] != fixed || s.uses[root] == 0 || s.uses[root] == 1 && !isOut[root] && !s.kept[root] {
			continue
		}
		stack = append(stack, visit{int32(root), false})
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if v.done {
				s.order = append(s.order, v.i)
				continue
			}
			stack = append(stack, visit{v.i, true})
			in := &s.ins[v.i]
			operands := in.args // those that leave nothing in registers are done first, then in the order of the code
			args := operands[:in.arity()]
			slices.SortFunc(args, func(a, b int32) int {
				if la, lb := s.long(a), s.long(b); la != lb {
					return cmp.Compare(la, lb)
				}
				return cmp.Compare(b, a)
			})
			for _, a := range args {
				if k := a - s.inputs; a >= s.inputs && s.uses[k] == 1 && !isOut[k] && !s.kept[k] {
					stack = append(stack, visit{k, false})
				}
			}
		}
	}
}

// long returns 1 for an instruction that is computed vector by vector, whose result is in memory only, else 0.
func (s *laneScheduler) long(v int32) int {
	if v >= s.inputs && s.ins[v-s.inputs].lane.Long() {
		return 1
	}
	return 0
}

// allocate gives every instruction a slot and returns the steps.
func (s *laneScheduler) allocate() (steps []kernel.LaneStep, slots int) {
	const free = -1
	home := make([]int32, len(s.ins)) // slots
	for i := range home {
		home[i] = free
	}
	left := slices.Clone(s.uses)
	for i, kept := range s.kept {
		if kept {
			left[i]++ // for the next block
		}
	}
	slots = int(s.inputs) + len(s.outs)
	var last []laneStep // steps that set results which are inputs, constants or results already
	for i, v := range s.outs {
		slot := s.inputs + int32(i)
		switch {
		case v < 0:
			last = append(last, laneStep{kernel.LaneFill, slot, v})
		case v < s.inputs || home[v-s.inputs] != free:
			last = append(last, laneStep{kernel.LaneCopy, slot, v})
		default:
			home[v-s.inputs] = slot
		}
	}
	place := func(v int32) int32 {
		if v < s.inputs {
			return v
		}
		return home[v-s.inputs]
	}
	var empty []int32
	steps = make([]kernel.LaneStep, 0, len(s.order)+len(last))
	for n, i := range s.order {
		in := &s.ins[i]
		step := kernel.LaneStep{Op: in.lane}
		if in.lane == kernel.LaneCall {
			step.F = operations[in.op].f
		}
		for k, to := range []*int32{&step.A, &step.B, &step.C}[:in.arity()] {
			v := in.args[k]
			*to = place(v)
			if v < s.inputs {
				continue
			}
			if left[v-s.inputs]--; left[v-s.inputs] == 0 {
				empty = append(empty, home[v-s.inputs])
			}
		}
		if home[i] == free {
			if k := len(empty) - 1; k >= 0 {
				home[i], empty = empty[k], empty[:k]
			} else {
				home[i] = int32(slots)
				slots++
			}
		}
		step.Dst = home[i]
		if s.uses[i] == 1 && !s.kept[i] && n+1 < len(s.order) {
			next := &s.ins[s.order[n+1]]
			step.Once = slices.Contains(next.args[:next.arity()], s.inputs+i)
		}
		steps = append(steps, step)
	}
	for _, l := range last {
		steps = append(steps, kernel.LaneStep{Op: l.op, Dst: l.dst, A: place(l.a)})
	}
	return steps, slots
}

// A laneStep is a step of one operand, by its value.
type laneStep struct {
	op  kernel.LaneOp
	dst int32
	a   int32
}
