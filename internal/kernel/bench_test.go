package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// benchEach runs a benchmark for every implementation and both precisions.
func benchEach(b *testing.B, name string, f32, f64 func(b *testing.B)) {
	b.Helper()
	for _, impl := range kernel.Implementations() {
		defer kernel.Use(impl)()
		b.Run(fmt.Sprintf("impl=%s/dtype=float32/%s", impl, name), f32)
		b.Run(fmt.Sprintf("impl=%s/dtype=float64/%s", impl, name), f64)
	}
}

// benchShapes are the products of training steps: forward, gradient of the weights, gradient of the input.
var benchShapes = []shape{
	{m: 128, n: 512, k: 784},
	{m: 784, n: 512, k: 128, transA: true},
	{m: 128, n: 784, k: 512, transB: true},
	{m: 64, n: 10, k: 128},
	{m: 128, n: 10, k: 64, transA: true},
	{m: 64, n: 128, k: 10, transB: true},
	{m: 32, n: 16, k: 16},
	{m: 32, n: 1, k: 16},
	{m: 1024, n: 1024, k: 1024},
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range benchShapes {
		name := fmt.Sprintf("shape=%dx%dx%d/transA=%v/transB=%v", s.m, s.n, s.k, s.transA, s.transB)
		benchEach(b, name, func(b *testing.B) { b.Helper(); benchGemm[float32](b, s) }, func(b *testing.B) { b.Helper(); benchGemm[float64](b, s) })
	}
}

func benchGemm[T kernel.Float](b *testing.B, s shape) {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	sa, sb := s.operands()
	x, y, c := random[T](rng, sa[0]*sa[1], 1), random[T](rng, sb[0]*sb[1], 1), make([]T, s.m*s.n)
	b.ReportAllocs()
	for b.Loop() {
		kernel.Gemm(s.transA, s.transB, s.m, s.n, s.k, x, sa[1], y, sb[1], c, s.n, false)
	}
	b.ReportMetric(2*float64(s.m*s.n*s.k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOPS")
}

func BenchmarkElementwise(b *testing.B) {
	const n = 1_000_000
	for i := range functions[float32]() {
		f32, f64 := functions[float32]()[i], functions[float64]()[i]
		benchEach(b, "op="+f32.name, func(b *testing.B) { b.Helper(); benchLoop(b, n, f32.run1) }, func(b *testing.B) { b.Helper(); benchLoop(b, n, f64.run1) })
	}
	list32 := append(exactKernels[float32](), accumulating[float32]()...)
	list64 := append(exactKernels[float64](), accumulating[float64]()...)
	for i, k := range list32 {
		benchEach(b, "op="+k.name, func(b *testing.B) { b.Helper(); benchLoop(b, n, k.run) }, func(b *testing.B) { b.Helper(); benchLoop(b, n, list64[i].run) })
	}
}

// run1 is run with the signature of other kernels.
func (f function[T]) run1(dst, x, _ []T) { f.run(dst, x) }

func BenchmarkRows(b *testing.B) {
	const n = 1_000_000
	for _, cols := range []int{10, 1000} {
		benchRows(b, fmt.Sprintf("cols=%d", cols), n, cols)
	}
	benchEach(b, "op=Sum", func(b *testing.B) { b.Helper(); benchLoop(b, n, sum[float32]) }, func(b *testing.B) { b.Helper(); benchLoop(b, n, sum[float64]) })
	benchEach(b, "op=Dot", func(b *testing.B) { b.Helper(); benchLoop(b, n, dot[float32]) }, func(b *testing.B) { b.Helper(); benchLoop(b, n, dot[float64]) })
	benchEach(b, "op=Adam", func(b *testing.B) { b.Helper(); benchLoop(b, n, adam[float32]) }, func(b *testing.B) { b.Helper(); benchLoop(b, n, adam[float64]) })
}

func benchRows(b *testing.B, name string, n, cols int) {
	b.Helper()
	benchEach(b, "op=Softmax/"+name, func(b *testing.B) {
		b.Helper()
		benchLoop(b, n, func(dst, x, _ []float32) { kernel.Softmax(dst, x, cols) })
	}, func(b *testing.B) {
		b.Helper()
		benchLoop(b, n, func(dst, x, _ []float64) { kernel.Softmax(dst, x, cols) })
	})
	benchEach(b, "op=LogSoftmaxBackward/"+name, func(b *testing.B) {
		b.Helper()
		benchLoop(b, n, func(dst, ct, y []float32) { kernel.LogSoftmaxBackward(dst, ct, y, y, cols) })
	}, func(b *testing.B) {
		b.Helper()
		benchLoop(b, n, func(dst, ct, y []float64) { kernel.LogSoftmaxBackward(dst, ct, y, y, cols) })
	})
	benchEach(b, "op=AddColumnSums/"+name, func(b *testing.B) {
		b.Helper()
		benchLoop(b, n, func(dst, x, _ []float32) { kernel.AddColumnSums(dst[:cols], x) })
	}, func(b *testing.B) {
		b.Helper()
		benchLoop(b, n, func(dst, x, _ []float64) { kernel.AddColumnSums(dst[:cols], x) })
	})
}

func sum[T kernel.Float](dst, x, _ []T) { dst[0] = kernel.Sum(x) }

func dot[T kernel.Float](dst, x, y []T) { dst[0] = kernel.Dot(x, y) }

func adam[T kernel.Float](w, g, v []T) {
	kernel.Adam(w, g, v, v, 1e-3, 0.5, 0.5, 1e-3, 0, false, kernel.AdamWeights[T](0.5, 0.5, 2))
}

// benchLoop reports the time of f for an element of slices of n.
func benchLoop[T kernel.Float](b *testing.B, n int, f func(dst, a, b []T)) {
	b.Helper()
	rng := rand.New(rand.NewPCG(2, 2))
	x, y, dst := random[T](rng, n, 1), random[T](rng, n, 1), make([]T, n)
	for i := range x {
		x[i], y[i] = max(x[i], -x[i]), max(y[i], -y[i]) // for logarithms and roots
	}
	b.ReportAllocs()
	for b.Loop() {
		f(dst, x, y)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/elem")
}
