//go:build amd64 && !purego

package kernel

import (
	"sync/atomic"
	"unsafe"
)

// Which goroutines have asked for zeros in place of subnormal numbers stands in a hash table of goroutines. Kernels look for their own
// in it, in assembly, and set two bits of MXCSR, the processor's control register, for as long as they run. The scheduler knows
// nothing of the register. It does not need to: it takes no goroutine off its thread in the middle of assembly.

// A goroutineSet holds goroutines in a cache line. Only a goroutine itself adds and removes itself.
type goroutineSet struct {
	members [4]atomic.Uintptr // 0 where there is none
	was     [4]uint32         // MXCSR before the kernel that each is in
	more    atomic.Pointer[goroutineSet]
	_       [8]byte
}

// The assembly knows where its fields lie.
var (
	_ [32]struct{} = [unsafe.Offsetof(goroutineSet{}.was)]struct{}{}
	_ [48]struct{} = [unsafe.Offsetof(goroutineSet{}.more)]struct{}{}
	_ [64]struct{} = [unsafe.Sizeof(goroutineSet{})]struct{}{}
)

// flushing are the goroutines that have asked, by their hash.
var flushing [1 << setBits]goroutineSet

// setBits is the number of bits of a hash, and setFactor the odd number that the hash of a goroutine comes from. The assembly
// has them too.
const (
	setBits   = 6
	setFactor = 0x9e3779b97f4a7c15 // 2⁶⁴ divided by the golden ratio
)

// goroutine returns the address of what the scheduler keeps of the calling goroutine. It is not that of another one as long as
// this one lives.
func goroutine() uintptr

// flushHere sets MXCSR if the calling goroutine wants zeros, and unflushHere sets it back. Kernels call them: in Go no one may.
//
//lint:ignore U1000 they are called from assembly
func flushHere()

//lint:ignore U1000 as above
func unflushHere()

func flushSubnormals(on bool) (was bool) {
	g := goroutine()
	set := setOf(g)
	place := set.place(g)
	switch {
	case on && place == nil:
		set.add(g)
		atomic.StoreUint32(&subnormals, 1)
	case !on && place != nil:
		place.Store(0)
	}
	return place != nil
}

func isFlushing() bool {
	g := goroutine()
	return setOf(g).place(g) != nil
}

// setOf returns the set of the goroutines that have the hash of g.
func setOf(g uintptr) *goroutineSet { return &flushing[uint64(g)*setFactor>>(64-setBits)] }

// place returns where a goroutine stands, or nil.
func (s *goroutineSet) place(g uintptr) *atomic.Uintptr {
	for ; s != nil; s = s.more.Load() {
		for i := range s.members {
			if s.members[i].Load() == g {
				return &s.members[i]
			}
		}
	}
	return nil
}

// add puts a goroutine into a free place. Sets that were added to make one stay.
func (s *goroutineSet) add(g uintptr) {
	for {
		for i := range s.members {
			if s.members[i].CompareAndSwap(0, g) {
				return
			}
		}
		next := s.more.Load()
		if next == nil {
			next = new(goroutineSet)
			if !s.more.CompareAndSwap(nil, next) {
				next = s.more.Load()
			}
		}
		s = next
	}
}
