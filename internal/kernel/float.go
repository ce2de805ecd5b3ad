package kernel

import (
	"fmt"
	"unsafe"

	"golang.org/x/exp/constraints"
)

// Float is what the slices hold: float32, float64, and types made from them.
type Float = constraints.Float

// is32 reports whether T is single precision. The compiler knows the answer.
func is32[T Float]() bool {
	var z T
	return unsafe.Sizeof(z) == 4
}

// sizeOf returns the bytes of a T.
func sizeOf[T Float]() int {
	var z T
	return int(unsafe.Sizeof(z))
}

// times returns x*y, rounded: the compiler does not fuse the product with a sum, on processors where it would. Results are then the
// same everywhere.
func times[T Float](x, y T) T {
	return T(x * y) //nolint:unconvert // the conversion is what keeps it from being fused
}

// mustMatch panics if n, the length of the argument called name, is not want.
func mustMatch(fn, name string, n, want int) {
	if n != want {
		panicLength(fn, name, n, want)
	}
}

//go:noinline
func panicLength(fn, name string, n, want int) {
	panic(fmt.Sprintf("kernel: %s: len(%s) is %d, want %d", fn, name, n, want))
}

// mustRows panics if a slice of size elements is not a whole number of rows of n, and returns how many rows it is.
func mustRows(fn, name string, size, n int) int {
	if n <= 0 {
		if n == 0 && size == 0 {
			return 0
		}
		panic(fmt.Sprintf("kernel: %s: rows of length %d do not make up len(%s) = %d", fn, n, name, size))
	}
	m := size / n
	if m*n != size {
		panic(fmt.Sprintf("kernel: %s: len(%s) is %d, not a multiple of the row length %d", fn, name, size, n))
	}
	return m
}
