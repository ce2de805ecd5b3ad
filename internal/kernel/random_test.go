package kernel_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Every number is that of its place alone, whoever computes it.
func TestRandomUniform(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testRandomUniform[float32](t)
		testRandomUniform[float64](t)
	})
}

func testRandomUniform[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(81, 82))
	lengths := []int{70000, 150001} // pieces, and what processors share
	for n := range maxLength + 1 {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		k0, k1, stream := rng.Uint32(), rng.Uint32(), rng.Uint32()
		x := newBox[T](n, n%5)
		kernel.RandomUniform(x.s, k0, k1, stream)
		for i, got := range x.s {
			u, v := kernel.Threefry(k0, k1, stream, uint32(i))
			if want := float64((u^v)>>8) / (1 << 24); float64(got) != want {
				t.Fatalf("%s, n=%d: number %d is %v, want %v", dtype[T](), n, i, got, want)
			}
		}
		x.check(t)
	}
}
