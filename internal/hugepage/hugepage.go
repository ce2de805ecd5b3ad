// Package hugepage asks the operating system to back large slices by huge pages.
//
// Memory that a program touches for the first time is mapped page by page, at some microseconds for each in a virtual
// machine. For a slice of which all will be written, one page of 2 MiB in place of 512 of 4 KiB saves most of that, and
// later most misses of the address cache.
package hugepage

import "unsafe"

// Least is the least number of bytes that [Advise] does something for.
const Least = 256 << 10

// Advise tells the system that s, up to its capacity, will be used from end to end. It is called before s is touched. It
// changes nothing but speed, and rounds up to whole huge pages what memory of the process is resident. Where the system
// has no huge pages, gives them unasked, or refuses them, it does nothing.
//
// Slices in the heap are advised with what lies around them up to the next borders of huge pages: the heap goes on there.
func Advise[T any](s []T) {
	s = s[:cap(s)]
	if bytes := uintptr(len(s)) * unsafe.Sizeof(*new(T)); bytes >= Least {
		advise(uintptr(unsafe.Pointer(&s[0])), bytes)
	}
}
