package kernel

import (
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
	index map[laneKernel]uintptr // addresses
	stop  uintptr
}

// A laneKernel names a kernel.
type laneKernel struct {
	op   LaneOp
	form laneForm
	kind string // "", "drop" or "long"
}

// A laneForm says where the operands of a kernel are, in letters.
type laneForm [3]byte

func (f laneForm) has(kind byte) bool { return f[0] == kind || f[1] == kind || f[2] == kind }

// A laneCode is a step as assembly reads it: the address of its kernel and where its operands are, in bytes from the first slot or
// from the first constant.
type laneCode struct {
	kernel       uintptr
	dst, a, b, c uint32
}

// find returns the address of a kernel, or 0 if there is none.
func (k *laneKernels) find(op LaneOp, form laneForm, kind string) uintptr {
	k.once.Do(func() {
		ops := map[string]LaneOp{}
		for op, name := range laneNames {
			ops[name] = LaneOp(op)
		}
		table := unsafe.Slice(k.table(), 1+len(k.names))
		k.stop = table[0]
		k.index = make(map[laneKernel]uintptr, len(k.names))
		for i, name := range k.names {
			fields := strings.Fields(name)
			kernel := laneKernel{op: ops[fields[0]]}
			copy(kernel.form[:], fields[1])
			if len(fields) > 2 {
				kernel.kind = fields[2]
			}
			k.index[kernel] = table[1+i]
		}
	})
	return k.index[laneKernel{op, form, kind}]
}

// noSlot is not the number of a slot.
const noSlot = -1 << 31

// form returns where the operands of a step are, given the slot whose numbers are in registers: the first operand that is that slot is
// taken from there.
func (l *Lanes) form(s *LaneStep, last int32) (form laneForm) {
	for i, v := range s.operands() {
		switch {
		case *v == last:
			form[i] = 'l'
			last = noSlot
		case *v < 0:
			form[i] = 'k'
		default:
			form[i] = 's'
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
			if i > 0 && l.steps[i-1].Once && form.has('l') && !l.reads(s, form, before) {
				if drop := l.impl.find(l.steps[i-1].Op, formBefore, "drop"); drop != 0 {
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
}

// choose returns the kernel for a step, its form, and the slot whose numbers it leaves in registers. Those of the slot last are there.
func (l *Lanes) choose(s *LaneStep, last int32) (kernel uintptr, form laneForm, leaves int32) {
	if form = l.form(s, last); l.impl.find(s.Op, form, "") == 0 {
		form = l.form(s, noSlot)
	}
	if kernel = l.impl.find(s.Op, form, ""); kernel != 0 {
		return kernel, form, s.Dst
	}
	return l.impl.find(s.Op, form, "long"), form, noSlot
}

// reads reports whether a kernel of a form reads a slot where it lies.
func (l *Lanes) reads(s *LaneStep, form laneForm, slot int32) bool {
	for i, v := range s.operands() {
		if *v == slot && form[i] == 's' {
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
