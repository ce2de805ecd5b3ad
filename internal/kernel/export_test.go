package kernel

import "fmt"

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

// A Mapping is a loop of Map, of Slope, or of one of the special functions.
type Mapping[T Float] struct {
	Name string
	Adds bool // it adds to dst
	Run  func(dst, ct, a, b []T, p, q T)
}

// Mappings returns those of the current implementation, in one order.
func Mappings[T Float]() []Mapping[T] {
	var list []Mapping[T]
	k := kernelsOf[T]()
	for op, f := range k.maps {
		list = append(list, Mapping[T]{fmt.Sprintf("Map %d", op), false, f})
	}
	for op, f := range k.slopes {
		list = append(list, Mapping[T]{fmt.Sprintf("Slope %d", op), true, f.add}, Mapping[T]{fmt.Sprintf("Slope %d", op), false, f.set})
	}
	if own, ok := any(&list).(*[]Mapping[float32]); ok {
		for op, f := range current.specials {
			name := fmt.Sprintf("Special %d", op)
			*own = append(*own, Mapping[float32]{name, false, f.value})
			if f.slope.add != nil {
				*own = append(*own, Mapping[float32]{name + " slope", true, f.slope.add}, Mapping[float32]{name + " slope", false, f.slope.set})
			}
		}
	}
	return list
}

// LanesInGo reports whether the current implementation runs lanes in Go.
func LanesInGo() bool { return current.lanes == nil }

// MapsInGo reports whether the current implementation runs mappings in Go.
func MapsInGo() bool { return current.f64.maps == portable.f64.maps }
