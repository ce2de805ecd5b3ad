package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// benchEach runs a benchmark for every implementation and both precisions.
func benchEach(b *testing.B, name string, f32, f64 func(b *testing.B)) {
	for _, impl := range kernel.Implementations() {
		defer kernel.Use(impl)()
		b.Run(fmt.Sprintf("impl=%s/dtype=float32/%s", impl, name), f32)
		b.Run(fmt.Sprintf("impl=%s/dtype=float64/%s", impl, name), f64)
	}
}

// benchShapes are the products of training steps: forward, gradient of the weights, gradient of the input.
var benchShapes = []shape{
	{m: 128, n: 512, k: 784}, {m: 784, n: 512, k: 128, transA: true}, {m: 128, n: 784, k: 512, transB: true},
	{m: 64, n: 10, k: 128}, {m: 128, n: 10, k: 64, transA: true}, {m: 64, n: 128, k: 10, transB: true},
	{m: 32, n: 16, k: 16}, {m: 32, n: 1, k: 16}, {m: 1024, n: 1024, k: 1024},
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range benchShapes {
		name := fmt.Sprintf("shape=%dx%dx%d/transA=%v/transB=%v", s.m, s.n, s.k, s.transA, s.transB)
		benchEach(b, name, func(b *testing.B) { benchGemm[float32](b, s) }, func(b *testing.B) { benchGemm[float64](b, s) })
	}
}

func benchGemm[T kernel.Float](b *testing.B, s shape) {
	rng := rand.New(rand.NewPCG(1, 1))
	sa, sb := s.operands()
	x, y, c := random[T](rng, sa[0]*sa[1], 1), random[T](rng, sb[0]*sb[1], 1), make([]T, s.m*s.n)
	b.ReportAllocs()
	for b.Loop() {
		kernel.Gemm(s.transA, s.transB, s.m, s.n, s.k, x, sa[1], y, sb[1], c, s.n, false)
	}
	b.ReportMetric(2*float64(s.m*s.n*s.k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOPS")
}
