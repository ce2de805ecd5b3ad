package ops_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// BenchmarkWhereScalars records selections between scalars.
func BenchmarkWhereScalars(b *testing.B) {
	const n = 1000
	g := graph.New()
	b.ReportAllocs()
	for b.Loop() {
		g.Reset()
		c, x, y := g.Const(1), g.Var(2), g.Var(3)
		for range n {
			ops.Where(c, x, y)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/operation")
}
