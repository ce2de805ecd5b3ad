package kernel

// The race detector does not see what assembly reads and writes. In its builds, functions read or write the first and last
// element of their slices in Go as well, which is enough to notice two goroutines that use the same slice.

// touch writes the ends of s, with what they hold.
func touch[T Float](s []T) {
	if n := len(s); n > 0 {
		first, last := s[0], s[n-1]
		s[0], s[n-1] = first, last
	}
}

// observe reads the ends of s.
func observe[T Float](s []T) {
	if n := len(s); n > 0 {
		observed(s[0], s[n-1])
	}
}

//go:noinline
func observed[T Float](_, _ T) {}
