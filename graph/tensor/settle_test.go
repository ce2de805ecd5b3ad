package tensor_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// TestPoolSettle counts the bytes that a pool keeps after pieces of work, each of so many elements in one tensor.
func TestPoolSettle(t *testing.T) {
	const large, small = 1 << 20, 1 << 10
	repeat := func(times int, sizes ...int) (all []int) {
		for range times {
			all = append(all, sizes...)
		}
		return all
	}
	for _, c := range []struct {
		name string
		work []int
		kept int // elements
	}{
		{"one large", []int{large}, large},
		{"a few small after it", append([]int{large}, repeat(15, small)...), large + small},
		{"many small after it", append([]int{large}, repeat(16, small)...), 0},
		{"more small after it", append([]int{large}, repeat(100, small)...), small},
		{"large and small in turns", repeat(50, large, small), large + small},
		{"large, and now and then", repeat(50, append(repeat(14, small), large)...), large + small},
		{"a quarter of it", append([]int{large}, repeat(100, large/4)...), large + large/4},
		{"little enough to keep", append([]int{small * 64}, repeat(100, 1)...), small*64 + 1},
	} {
		var p tensor.Pool
		for _, n := range c.work {
			p.Put(p.Get(tensor.Float64, []int{n}))
			p.Settle()
		}
		if got, want := p.Bytes(), 8*c.kept; got < want || got > want+want/8 {
			t.Errorf("%s: %d bytes are kept, want %d to %d", c.name, got, want, want+want/8)
		}
	}
}
