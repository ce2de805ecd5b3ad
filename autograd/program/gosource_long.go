package program

import (
	"fmt"
	"slices"
)

// A program of more than goShort instructions is long: it is cut into parts of goPartSize instructions.
const (
	goShort    = 1000
	goPartSize = 500
)

// A goPart is a function of a long program.
type goPart struct {
	name   string
	ins    []int32   // instructions of the listing, in order
	stores []goStore // derivatives that are set at the end
}

// A goStore sets the derivative by an input.
type goStore struct {
	input int
	from  goOperand
}

// long writes a program as functions of its parts, and one that calls them.
func (s *goSource) long() {
	value := s.cut("value", 0, s.value, nil)
	gradient := s.cut("gradient", s.value, s.plain, s.grad)
	careful := s.cut("careful", s.plain, len(s.ins), s.careful)
	slots := s.allocate(value, gradient, careful)

	s.head()
	s.line(fmt.Sprintf("in, s := (*[%d]float64)(x), new([%d]float64)", s.inputs, slots))
	for _, p := range value {
		s.line(p.name + "(in, s)")
	}
	y := newGoBody(s).operand(s.y)
	s.afterValue(y)
	s.line(fmt.Sprintf("out := (*[%d]float64)(grad)", s.inputs))
	for _, p := range gradient {
		s.line(p.name + "(in, s, out)")
	}
	var calls []string
	for _, p := range careful {
		calls = append(calls, p.name+"(in, s, out)")
	}
	s.end(y, calls)

	array := func(name string, n int) string { return fmt.Sprintf("%s *[%d]float64", name, n) }
	for _, p := range value {
		s.writePart(p, array("x", s.inputs)+", "+array("s", slots))
	}
	for _, p := range append(gradient, careful...) {
		s.writePart(p, array("x", s.inputs)+", "+array("s", slots)+", "+array("grad", s.inputs))
	}
}

func (s *goSource) writePart(p goPart, params string) {
	s.b.WriteString("\nfunc " + p.name + "(" + params + ") {\n")
	b := newGoBody(s)
	b.instructions(p.ins)
	for _, st := range p.stores {
		b.store(st.input, st.from)
	}
	s.b.WriteString("}\n")
}

// cut makes parts of the instructions from one on up to another, and of the stores of derivatives. A derivative is set in
// the part that computes it.
func (s *goSource) cut(name string, from, to int, grad []goOperand) []goPart {
	var parts []goPart
	part := func() *goPart {
		parts = append(parts, goPart{name: s.helper(fmt.Sprint(name, len(parts)+1))})
		return &parts[len(parts)-1]
	}
	place := map[int32]int{}
	for k := from; k < to; k++ {
		if s.uses[k].n == 0 {
			continue
		}
		if len(place)%goPartSize == 0 {
			part()
		}
		p := &parts[len(parts)-1]
		p.ins = append(p.ins, int32(k))
		place[int32(k)] = len(parts) - 1
	}
	var rest []goStore
	for i, o := range grad {
		if n, ok := place[o.index]; ok && o.kind == goResult {
			parts[n].stores = append(parts[n].stores, goStore{i, o})
		} else {
			rest = append(rest, goStore{i, o})
		}
	}
	for chunk := range slices.Chunk(rest, goPartSize) {
		part().stores = chunk
	}
	return parts
}

// allocate gives a slot to every value that a later part needs, and returns how many there are. A slot is used again
// behind the last part that reads it.
func (s *goSource) allocate(value, gradient, careful []goPart) int {
	parts := slices.Concat(value, gradient, careful)
	last := make([]int, len(s.ins))
	need := func(o goOperand, part int) {
		if o.kind == goResult {
			last[o.index] = max(last[o.index], part)
		}
	}
	need(s.y, len(value)) // it is read when all parts of the value are done
	for n, p := range parts {
		for _, k := range p.ins {
			for i := range operations[s.ins[k].op].arity {
				need(s.ins[k].args[i], n)
			}
		}
		for _, st := range p.stores {
			need(st.from, n)
		}
	}
	s.slots = make([]int32, len(s.ins))
	var free []int32
	ends := make([][]int32, len(parts)+1) // slots that are free after each part
	slots := 0
	for n, p := range parts {
		for _, k := range p.ins {
			s.slots[k] = -1
			if last[k] <= n {
				continue
			}
			if len(free) == 0 {
				free = append(free, int32(slots))
				slots++
			}
			s.slots[k] = free[len(free)-1]
			free = free[:len(free)-1]
			ends[last[k]] = append(ends[last[k]], s.slots[k])
			s.uses[k].condition = false // a slot has a number
		}
		free = append(free, ends[n]...)
	}
	return slots
}

// slot returns the slot of an instruction, -1 if it has none.
func (s *goSource) slot(k int32) int {
	if s.slots == nil {
		return -1
	}
	return int(s.slots[k])
}
