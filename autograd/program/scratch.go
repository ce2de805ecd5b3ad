package program

import "sync"

// A scratch is memory that is needed while something is compiled. What compiles next has it again: clearing it takes less
// time than getting it from the system.
type scratch struct {
	values []value
	table  []place
	crowd  int // instructions in the table
	ints   []int32
	taken  int // of ints
	asked  int // how many would have been taken
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func newScratch() *scratch { return scratches.Get().(*scratch) }

// Bounds of what is kept, until the garbage is collected: enough for programs of a million nodes.
const (
	mostValues  = 1 << 22
	mostNumbers = 1 << 24
)

// release gives the memory back. Nothing may use it any more.
func (s *scratch) release() {
	if cap(s.values) > mostValues || s.asked > mostNumbers || len(s.table) > mostValues {
		return
	}
	if s.asked > len(s.ints) {
		s.ints = make([]int32, s.asked)
	}
	if s.crowd > 0 {
		clear(s.table)
	}
	s.crowd, s.taken, s.asked = 0, 0, 0
	scratches.Put(s)
}

// numbers returns n zeros.
func (s *scratch) numbers(n int) []int32 {
	s.asked += n
	if n > len(s.ints)-s.taken {
		return make([]int32, n)
	}
	list := s.ints[s.taken : s.taken+n : s.taken+n]
	s.taken += n
	clear(list)
	return list
}
