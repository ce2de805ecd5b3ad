package autograd_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// banded returns n - 2 results, each of three neighbours.
func banded(x []graph.Value) []graph.Value {
	out := make([]graph.Value, len(x)-2)
	for i := range out {
		out[i] = ops.Sub(ops.Mul(ops.Sin(x[i]), x[i+1]), ops.Square(x[i+2]))
	}
	return out
}

// arrowHead returns a function whose Hessian has a diagonal, and a first row and column without zeros.
func arrowHead(x []graph.Value) graph.Value {
	sum := ops.Square(x[0])
	for _, v := range x[1:] {
		sum = ops.Add(sum, ops.Mul(x[0], ops.Exp(v)))
	}
	return sum
}

// sharedFactor returns results that all have one factor, of a long computation on one leaf.
func sharedFactor(x []graph.Value) []graph.Value {
	p := x[0]
	for range len(x) {
		p = ops.Sin(p)
	}
	out := make([]graph.Value, len(x)-1)
	for i := range out {
		out[i] = ops.Mul(p, x[i+1])
	}
	return out
}

func spread(n int) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = 0.1 + float64(i%7)/10
	}
	return at
}

// BenchmarkSparse finds sparse matrices of 100,000 rows: the time for each entry does not depend on their number.
func BenchmarkSparse(b *testing.B) {
	const n = 100_000
	adjustment := programs.NewAdjustment(49, 7776, 31843)
	for _, test := range []struct {
		name string
		f    func() *autograd.Sparse
	}{
		{"banded", func() *autograd.Sparse { return autograd.SparseJacobian(banded, spread(n)) }},
		{"arrow-head", func() *autograd.Sparse { return autograd.SparseHessian(arrowHead, spread(n)) }},
		{"shared", func() *autograd.Sparse { return autograd.SparseJacobian(sharedFactor, spread(n/10)) }},
		{"bundle-49", func() *autograd.Sparse { return autograd.SparseJacobian(adjustment.Residuals, adjustment.At) }},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			entries := 0
			for b.Loop() {
				entries = len(test.f().Value)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*entries), "ns/entry")
		})
	}
}
