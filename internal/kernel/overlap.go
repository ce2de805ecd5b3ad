package kernel

import "unsafe"

// Overlap reports whether two slices have an element in common.
func Overlap[T Float](a, b []T) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	first := func(x []T) uintptr { return uintptr(unsafe.Pointer(&x[0])) }
	last := func(x []T) uintptr { return uintptr(unsafe.Pointer(&x[len(x)-1])) }
	return first(a) <= last(b) && first(b) <= last(a)
}
