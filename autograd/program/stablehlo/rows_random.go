package stablehlo

import (
	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"random_uniform": func(e *emitter, n graph.Node, in []value) value {
		t := typeOf(n)
		u := typ{ui32, []int{t.len()}}
		word := func(x value) value { return e.stretch(e.convert(x, ui32), u.dims) }
		x0, x1 := e.threefry(word(in[0]), word(in[1]), e.constant(float64(n.Int(0)), u), e.counting(0, u))
		high := e.same("shift_right_logical", e.same("xor", x0, x1), e.constant(8, u))
		y := e.convert(high, t.elem)
		return e.reshape(e.same("multiply", y, e.like(0x1p-24, y)), t.dims...)
	},
})

// threefry returns the block that Threefry-2x32 with 20 rounds makes of a counter for a key: Salmon, Moraes, Dror and Shaw,
// Parallel random numbers: as easy as 1, 2, 3 (2011).
func (e *emitter) threefry(k0, k1, x0, x1 value) (value, value) {
	k := []value{k0, k1, e.same("xor", e.same("xor", k0, k1), e.like(0x1BD11BDA, k0))}
	x0, x1 = e.same("add", x0, k0), e.same("add", x1, k1)
	for s := 1; s <= 5; s++ {
		rotations := [4]int{13, 15, 26, 6}
		if s%2 == 0 {
			rotations = [4]int{17, 29, 16, 24}
		}
		for _, r := range rotations {
			x0 = e.same("add", x0, x1)
			left := e.same("shift_left", x1, e.like(float64(r), x1))
			right := e.same("shift_right_logical", x1, e.like(float64(32-r), x1))
			x1 = e.same("xor", e.same("or", left, right), x0)
		}
		x0 = e.same("add", x0, k[s%3])
		x1 = e.same("add", e.same("add", x1, k[(s+1)%3]), e.like(float64(s), x1))
	}
	return x0, x1
}
