package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// BenchmarkSubnormals times kernels on ordinary and on subnormal numbers, exact and with zeros in their place.
func BenchmarkSubnormals(b *testing.B) {
	const n = 64
	for _, scale := range []float64{1, 0x1p-130} {
		for _, flush := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(1, 2))
			x, y, z, v := random[float32](rng, n*n, scale), random[float32](rng, n*n, 1), random[float32](rng, n*n, scale), make([]float32, n*n)
			for name, f := range map[string]func(){
				"gemm": func() { kernel.Gemm(false, true, n, n, n, x, n, y, n, z, n, false) },
				"mul":  func() { kernel.Mul(z, x, y) },
				"adam": func() { kernel.Adam(z, x, y, v, 1e-30, 0.9, 0.999, 1e-8, 0, false, [2]float64{0.5, 0.5}) },
			} {
				b.Run(fmt.Sprintf("%s/scale=%.2g/flush=%t", name, scale, flush), func(b *testing.B) {
					defer kernel.FlushSubnormals(kernel.FlushSubnormals(flush))
					for b.Loop() {
						f()
					}
				})
			}
		}
	}
}
