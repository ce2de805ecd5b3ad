package kernel

import (
	"math"
	"sync/atomic"
)

// subnormals is not 0 once a goroutine has asked for zeros in place of subnormal numbers. Kernels look no further as long as it is 0.
var subnormals uint32

// FlushSubnormals says whether the kernels that the calling goroutine runs take subnormal numbers as zeros, and returns what was
// said before: false, as long as nothing was. So
//
//	defer kernel.FlushSubnormals(kernel.FlushSubnormals(true))
//
// holds for the rest of a function. What a kernel shares with helpers is computed in the same way.
//
// Some processors need 150 cycles for an operation with a subnormal operand or result. Where such numbers are taken as zeros,
// all arithmetic of kernels in assembly is done as if subnormal operands were zeros of the same sign, and subnormal results become
// such zeros. Comparisons take them as zeros too: so zero wins where a cotangent is subnormal. Infinities and NaNs are what they
// always are. A subnormal operand that only is moved stays as it is: in Fill, Neg, Abs, CopyRows, Transpose, and where
// a function such as Sin or ReLUBackwardInto returns an operand as its result.
//
// Loops in Go, which are the whole of the portable implementation, know only exact arithmetic, and so do [Lanes]: there it makes no
// difference. No Go code runs with another mode of the processor than usual.
func FlushSubnormals(on bool) (was bool) {
	if !on && atomic.LoadUint32(&subnormals) == 0 {
		return false
	}
	return flushSubnormals(on)
}

// flushesSubnormals reports what the calling goroutine has said last.
func flushesSubnormals() bool {
	return atomic.LoadUint32(&subnormals) != 0 && isFlushing()
}

// flushAsAsked makes subnormal numbers in dst zeros if the calling goroutine wants that: where a loop in Go stands in for a kernel
// for some elements, and which ones depends on how many processors there are.
func flushAsAsked[T Float](dst []T) {
	if !flushesSubnormals() {
		return
	}
	least := 0x1p-1022
	if is32[T]() {
		least = 0x1p-126
	}
	for i, v := range dst {
		if math.Abs(float64(v)) < least {
			dst[i] = T(math.Copysign(0, float64(v)))
		}
	}
}
