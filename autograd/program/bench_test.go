package program_test

import (
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// BenchmarkPrograms compares a program with recording and sweeping the same, and what compiling it costs.
func BenchmarkPrograms(b *testing.B) {
	for _, p := range slices.Concat(programs.Small(), programs.All()) {
		if p.Operations > 1_000_000 {
			continue
		}
		perOp := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(p.Operations), "ns/operation")
		}
		grad := make([]float64, len(p.At))
		b.Run("tape/program="+p.Name, func(b *testing.B) {
			g := graph.New()
			var xs []graph.Value
			for b.Loop() {
				g.Reset()
				var y graph.Value
				xs, y = p.Tape(g, xs[:0], p.At)
				autograd.Backward(y).Scalars(grad, xs)
			}
			perOp(b)
		})
		g := graph.New(graph.Traced())
		xs, y := p.Tape(g, nil, p.At)
		b.Run("compile/program="+p.Name, func(b *testing.B) {
			for b.Loop() {
				if _, err := program.CompileWith(allowReads, y, xs...); err != nil {
					b.Fatal(err)
				}
			}
			perOp(b)
		})
		c, err := program.CompileWith(allowReads, y, xs...)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("eval/program="+p.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Eval(p.At, grad)
			}
			perOp(b)
		})
	}
}
