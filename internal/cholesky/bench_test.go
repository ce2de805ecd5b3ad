package cholesky_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/cholesky"
)

func BenchmarkCholesky(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range []*pattern{
		arrow(100_000, 1, true), band(100_000, 3), shuffled(rng, band(100_000, 3)), grid(200), bundle(rng, 49, 7776, 4),
		shuffled(rng, band(20_000, 101)), shuffled(rng, cube(20)), edges(rng, 10_000, 30_000), shuffled(rng, windows(rng, 10_000, 10_000, 300)),
	} {
		b.Run(p.name, func(b *testing.B) {
			values, x := make([]float64, len(p.row)), make([]float64, p.n)
			for k := range values {
				values[k] = rng.NormFloat64()
			}
			var f *cholesky.Factor
			b.Run("analyze", func(b *testing.B) {
				var numbers int
				for b.Loop() {
					f, numbers = cholesky.Analyze(p.n, p.row, p.col, most)
				}
				b.ReportMetric(float64(numbers), "numbers")
			})
			b.Run("factorize", func(b *testing.B) {
				for b.Loop() {
					f.Factorize(values, 1)
				}
			})
			b.Run("solve", func(b *testing.B) {
				for b.Loop() {
					f.Solve(x)
				}
			})
		})
	}
}
