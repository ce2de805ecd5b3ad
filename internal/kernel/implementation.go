package kernel

import (
	"os"
	"unsafe"
)

// An implementation is one way to compute everything.
type implementation struct {
	name    string
	loops32 *[numOps]loop[float32]
	loops64 *[numOps]loop[float64]
	gemm32  *gemmKernel[float32] // nil for the plain loops
	gemm64  *gemmKernel[float64]
}

// portable is the implementation in Go.
var portable = implementation{
	name:    "portable",
	loops32: portableLoops[float32](),
	loops64: portableLoops[float64](),
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

// loopsOf returns the loops for T of the implementation in use.
func loopsOf[T Float]() *[numOps]loop[T] {
	if is32[T]() {
		return (*[numOps]loop[T])(unsafe.Pointer(current.loops32))
	}
	return (*[numOps]loop[T])(unsafe.Pointer(current.loops64))
}

// gemmOf returns the matrix product kernel for T of the implementation in use, or nil.
func gemmOf[T Float]() *gemmKernel[T] {
	if is32[T]() {
		return (*gemmKernel[T])(unsafe.Pointer(current.gemm32))
	}
	return (*gemmKernel[T])(unsafe.Pointer(current.gemm64))
}
