package programs_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// BenchmarkRecord and BenchmarkGradient run the long programs on the graph, and on the bare tape beside it. A turn is one
// run of a program: divided by Program.Operations it is the time for each operation.
func BenchmarkRecord(b *testing.B) {
	for _, p := range programs.All() {
		g, leaves := graph.New(), []graph.Value(nil)
		t := p.NewBareTape()
		b.Run(p.Name+"/graph", perOperation(p, func() {
			g.Reset()
			leaves, _ = p.Tape(g, leaves[:0], p.At)
		}))
		b.Run(p.Name+"/bare", perOperation(p, func() {
			t.Reset()
			p.Bare(t, p.At)
		}))
	}
}

func BenchmarkGradient(b *testing.B) {
	for _, p := range programs.All() {
		g, leaves := graph.New(), []graph.Value(nil)
		t := p.NewBareTape()
		dst := make([]float64, len(p.At))
		b.Run(p.Name+"/graph", perOperation(p, func() {
			g.Reset()
			xs, y := p.Tape(g, leaves[:0], p.At)
			leaves = xs
			autograd.Backward(y).Scalars(dst, xs)
		}))
		b.Run(p.Name+"/bare", perOperation(p, func() {
			t.Reset()
			xs, y := p.Bare(t, p.At)
			t.Sweep(y)
			t.Gradient(dst, xs)
		}))
	}
}

// perOperation is a benchmark of run, which runs the program once, that also reports the time for each operation.
func perOperation(p programs.Program, run func()) func(b *testing.B) {
	return func(b *testing.B) {
		run() // the memory is there afterwards
		for b.Loop() {
			run()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(p.Operations), "ns/operation")
	}
}
