package kernel

import (
	"math"
	"strings"
	"sync"
	"unsafe"
)

// laneKernels are the steps of an implementation in assembly.
//
// A run is a chain of jumps: run jumps to the kernel of the first step, a kernel does its step for all lanes and jumps to that of the
// next one, and one that ends the run returns to the caller of run. Kernels are for operands in certain places, a letter each:
// s is a slot, k a constant, and l what the last step computed, in registers. Those that are called drop leave the result there only,
// those that are called long do not leave it there.
type laneKernels struct {
	width int
	names []string // of the kernels in the table, as "Add ls drop"; the first in the table is that which ends a run
	run   func(at *uintptr, slots, consts *float64) (end *uintptr)
	table func() *uintptr
	load  func(slots, rows *float64, stride uintptr, cols int)
	store func(rows *float64, stride uintptr, slots *float64, cols int) (nan int)

	once  sync.Once
	index *[numLaneOps][laneForms]laneAddresses
	stop  uintptr
}

// laneAddresses are the addresses of the kernels of one operation in one form, 0 where there is none.
type laneAddresses struct{ plain, drop, long uintptr }

// A laneForm says where the operands of a kernel are, in two bits each.
type laneForm uint8

const (
	inSlot = 1 + iota
	inConst
	inLast // what the last step computed

	laneForms = 1 << 6
)

// with returns the form in which operand i is there.
func (f laneForm) with(i int, place laneForm) laneForm { return f | place<<(2*i) }

// of returns where operand i is.
func (f laneForm) of(i int) laneForm { return f >> (2 * i) & 3 }

// hasLast reports whether an operand is what the last step computed.
func (f laneForm) hasLast() bool { return f.of(0) == inLast || f.of(1) == inLast || f.of(2) == inLast }

// A laneCode is a step as assembly reads it: the address of its kernel and where its operands are, in bytes from the first slot or
// from the first constant.
type laneCode struct {
	kernel       uintptr
	dst, a, b, c uint32
}

// find returns the addresses of the kernels of an operation in a form.
func (k *laneKernels) find(op LaneOp, form laneForm) *laneAddresses { return &k.index[op][form] }

// prepare fills the index, once.
func (k *laneKernels) prepare() {
	k.once.Do(func() {
		ops := map[string]LaneOp{}
		for op, name := range laneNames {
			ops[name] = LaneOp(op)
		}
		table := unsafe.Slice(k.table(), 1+len(k.names))
		k.stop = table[0]
		k.index = new([numLaneOps][laneForms]laneAddresses)
		for i, name := range k.names {
			fields := strings.Fields(name)
			var form laneForm
			for j, letter := range fields[1] {
				form = form.with(j, map[rune]laneForm{'s': inSlot, 'k': inConst, 'l': inLast}[letter])
			}
			at := k.find(ops[fields[0]], form)
			switch {
			case len(fields) == 2:
				at.plain = table[1+i]
			case fields[2] == "drop":
				at.drop = table[1+i]
			default:
				at.long = table[1+i]
			}
		}
	})
}

// noSlot is not the number of a slot.
const noSlot = -1 << 31

// form returns where the operands of a step are, given the slot whose numbers are in registers: the first operand that is that slot is
// taken from there.
func (l *Lanes) form(s *LaneStep, last int32) (form laneForm) {
	for i, v := range s.operands() {
		switch {
		case *v == last:
			form = form.with(i, inLast)
			last = noSlot
		case *v < 0:
			form = form.with(i, inConst)
		default:
			form = form.with(i, inSlot)
		}
	}
	return form
}

// encode makes the code of the steps.
func (l *Lanes) encode() {
	l.code = make([]laneCode, len(l.steps)+1)
	last := int32(noSlot) // the slot whose numbers are in registers
	var form laneForm     // of the last step
	for i := range l.steps {
		s, before, formBefore := &l.steps[i], last, form
		kernel := uintptr(0)
		last = noSlot
		if s.Op != LaneCall && s.Op != lanePause {
			if s.B == before && s.A != before && s.Op.commutes() {
				s.A, s.B = s.B, s.A
			}
			kernel, form, last = l.choose(s, before)
			if i > 0 && l.steps[i-1].Once && form.hasLast() && !l.reads(s, form, before) {
				if drop := l.impl.find(l.steps[i-1].Op, formBefore).drop; drop != 0 {
					l.code[i-1].kernel = drop
				}
			}
		}
		if kernel == 0 {
			kernel = l.impl.stop
		}
		l.code[i] = laneCode{kernel, l.place(s.Dst), l.place(s.A), l.place(s.B), l.place(s.C)}
	}
	l.code[len(l.steps)].kernel = l.impl.stop
	if l.spare == 0 {
		return
	}
	l.again = make([]laneCode, 2*numLaneOps)
	for op := range numLaneOps {
		if op.mayLeave() {
			s := LaneStep{Op: op, Dst: int32(l.spare), A: int32(l.spare + 1), B: int32(l.spare + 2)}
			kernel, _, _ := l.choose(&s, noSlot)
			l.again[2*op] = laneCode{kernel, l.place(s.Dst), l.place(s.A), l.place(s.B), 0}
			l.again[2*op+1].kernel = l.impl.stop
		}
	}
}

// mayLeave reports whether there are operands for which the kernel of an operation ends the run.
func (op LaneOp) mayLeave() bool {
	switch op {
	case LaneSin, LaneCos, LaneSinh, LaneCosh, LaneAtan2, LanePow:
		return true
	}
	return false
}

// leaves reports whether a and b are such operands.
func (op LaneOp) leaves(a, b float64) bool {
	special := func(x, least, most float64) bool { return math.Abs(x) < least || !(math.Abs(x) < most) }
	switch op {
	case LaneSin, LaneCos:
		return math.Abs(a) > 1e9
	case LaneSinh, LaneCosh:
		return math.Abs(a) > 709
	case LaneAtan2:
		return special(a, 0x1p-1020, 0x1p1022) || special(b, 0x1p-1020, 0x1p1022)
	}
	return special(a, math.SmallestNonzeroFloat64, math.Inf(1)) || !(math.Abs(b) < 1<<52)
}

// left does a step that ended the run. The kernel does it again on operands without those that it cannot take, whose lanes Go does:
// a lane has the result that it would have beside others, too.
func (l *Lanes) left(s *LaneStep, slots []float64) {
	w := l.width
	slot := func(i int) []float64 { return slots[i*w:][:w] }
	a, b := slot(int(s.A)), slot(int(s.A))
	if laneArity[s.Op] > 1 {
		b = slot(int(s.B))
	}
	dst, x, y := slot(l.spare), slot(l.spare+1), slot(l.spare+2)
	copy(x, a)
	copy(y, b)
	for i := range dst {
		if s.Op.leaves(a[i], b[i]) {
			x[i], y[i] = 1, 1
		}
	}
	code := l.again[2*s.Op:][:2]
	if indexIn(code, l.impl.run(&code[0].kernel, unsafe.SliceData(slots), nil)) == 0 {
		panic("kernel: Lanes.Run: " + s.Op.String() + " ended the run for operands that it can take")
	}
	for i := range dst {
		if s.Op.leaves(a[i], b[i]) {
			laneLoops[s.Op](dst[i:i+1], a[i:i+1], b[i:i+1], nil)
		}
	}
	copy(slot(int(s.Dst)), dst)
}

// indexIn returns which of the codes it is that a run ended at.
func indexIn(code []laneCode, end *uintptr) int {
	return int((uintptr(unsafe.Pointer(end)) - uintptr(unsafe.Pointer(&code[0]))) / unsafe.Sizeof(laneCode{}))
}

// choose returns the kernel for a step, its form, and the slot whose numbers it leaves in registers. Those of the slot last are there.
func (l *Lanes) choose(s *LaneStep, last int32) (kernel uintptr, form laneForm, leaves int32) {
	form = l.form(s, last)
	at := l.impl.find(s.Op, form)
	if at.plain == 0 {
		form = l.form(s, noSlot)
		at = l.impl.find(s.Op, form)
	}
	if at.plain != 0 {
		return at.plain, form, s.Dst
	}
	return at.long, form, noSlot
}

// reads reports whether a kernel of a form reads a slot where it lies.
func (l *Lanes) reads(s *LaneStep, form laneForm, slot int32) bool {
	for i, v := range s.operands() {
		if *v == slot && form.of(i) == inSlot {
			return true
		}
	}
	return false
}

// place returns where a slot or a constant lies, in bytes from the first.
func (l *Lanes) place(v int32) uint32 {
	if v < 0 {
		return uint32(-1-v) * 8
	}
	return uint32(v) * uint32(l.width) * 8
}
