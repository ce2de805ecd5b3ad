package kernel

import (
	"os"
	"unsafe"
)

// An implementation is one way to compute everything.
type implementation struct {
	name string
	f32  kernels[float32]
	f64  kernels[float64]
}

// kernels are the loops of an implementation in one precision. They expect slices that fit, and none longer than a piece.
type kernels[T Float] struct {
	loops *[numOps]loop[T]

	sum      func(x []T) float64    // Σ x
	dot      func(x, y []T) float64 // Σ x*y
	max      func(x []T) T          // x is not empty; NaN if there is one
	finite   func(x []T) T          // 0, or NaN if an element is not finite
	expSum   func(x []T, m T) T     // Σ e^(x-m)
	expStore func(y, x []T, m T) T  // the same, and y = e^(x-m)

	// columns sets sums to the sums of columns of rows rows of x, which are stride apart; rows is not 0.
	columns func(sums []float64, x []T, stride, rows int)

	momentum momentumFunc[T]
	nesterov momentumFunc[T]
	adam     adamFunc[T]

	gemm *gemmKernel[T] // nil for the plain loops
}

// portable is the implementation in Go.
var portable = implementation{name: "portable", f32: portableKernels[float32](), f64: portableKernels[float64]()}

func portableKernels[T Float]() kernels[T] {
	return kernels[T]{
		loops:    portableLoops[T](),
		sum:      sumPortable[T],
		dot:      dotPortable[T],
		max:      maxPortable[T],
		finite:   finitePortable[T],
		expSum:   expSumPortable[T],
		expStore: expStorePortable[T],
		columns:  columnsPortable[T],
		momentum: momentumPortable[T],
		nesterov: nesterovPortable[T],
		adam:     adamPortable[T],
	}
}

// current is the implementation in use. Only tests change it after the program has started.
var current = choose(os.Getenv("CHAINRULE_KERNEL"))

// Implementation returns the name of the implementation in use: "portable", "avx2" or "avx512".
func Implementation() string { return current.name }

// choose returns the best implementation at or below the one called limit. The last of available is the best.
func choose(limit string) *implementation {
	list := available()
	for _, impl := range list {
		if impl.name == limit {
			return impl
		}
	}
	if limit == "avx2" { // the processor has no AVX2, and so nothing above it either
		return list[0]
	}
	return list[len(list)-1]
}

// kernelsOf returns the loops for T of the implementation in use.
func kernelsOf[T Float]() *kernels[T] {
	if is32[T]() {
		return (*kernels[T])(unsafe.Pointer(&current.f32))
	}
	return (*kernels[T])(unsafe.Pointer(&current.f64))
}
