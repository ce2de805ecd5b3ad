package autograd_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// The benchmarks of this file run the programs by which scalar tapes are compared, on the graph and beside it on the
// smallest tape that Go allows. The tests of package programs hold both to the same figures.

// perOperation calls step over and over and reports its time for each of the program's operations.
func perOperation(b *testing.B, operations int, step func()) {
	step() // the tape's memory is kept from here on
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(operations), "ns/operation")
}

func BenchmarkScalarRecord(b *testing.B) {
	for _, p := range programs.All() {
		b.Run("program="+p.Name+"/tape=bare", func(b *testing.B) {
			t := p.NewBareTape()
			perOperation(b, p.Operations, func() {
				t.Reset()
				p.Bare(t, p.At)
			})
		})
		b.Run("program="+p.Name+"/tape=chainrule", func(b *testing.B) {
			g := graph.New()
			var leaves []graph.Value
			perOperation(b, p.Operations, func() {
				g.Reset()
				leaves, _ = p.Tape(g, leaves[:0], p.At)
			})
		})
	}
}

func BenchmarkScalarGradient(b *testing.B) {
	for _, p := range programs.All() {
		dst := make([]float64, len(p.At))
		b.Run("program="+p.Name+"/tape=bare", func(b *testing.B) {
			t := p.NewBareTape()
			perOperation(b, p.Operations, func() {
				t.Reset()
				xs, y := p.Bare(t, p.At)
				t.Sweep(y)
				t.Gradient(dst, xs)
			})
		})
		b.Run("program="+p.Name+"/tape=chainrule", func(b *testing.B) {
			g := graph.New()
			var leaves []graph.Value
			perOperation(b, p.Operations, func() {
				g.Reset()
				xs, y := p.Tape(g, leaves[:0], p.At)
				leaves = xs
				autograd.Backward(y).Scalars(dst, xs)
			})
		})
	}
}
