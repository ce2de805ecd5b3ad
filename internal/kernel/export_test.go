package kernel

// Implementations returns the names of the implementations of this build on this processor.
func Implementations() []string {
	var names []string
	for _, impl := range available() {
		names = append(names, impl.name)
	}
	return names
}

// Use makes the implementation called name the current one, and returns a function that undoes it.
func Use(name string) (undo func()) {
	old := current
	for _, impl := range available() {
		if impl.name == name {
			current = impl
			return func() { current = old }
		}
	}
	panic("no implementation " + name)
}

// Loops returns the names of the elementwise loops and those of the current implementation, in one order.
func Loops[T Float]() (names []string, loops []func(dst, a, b []T, c T)) {
	for op, f := range kernelsOf[T]().loops {
		names, loops = append(names, opcode(op).String()), append(loops, f)
	}
	return names, loops
}

// LanesInGo reports whether the current implementation runs lanes in Go.
func LanesInGo() bool { return current.lanes == nil }

// MapsInGo reports whether the current implementation runs mappings in Go.
func MapsInGo() bool { return current.f64.maps == portable.f64.maps }
