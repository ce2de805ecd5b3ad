package autograd_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// BenchmarkGrad records the gradient of a chain of scalar operations: two recorded operations for each product.
func BenchmarkGrad(b *testing.B) {
	const operations = 400_000
	g := graph.New()
	x, a := g.Var(0.5), g.Var(0.9)
	y := x
	for range operations / 4 {
		y = ops.Mul(ops.Sin(ops.Add(ops.Mul(y, a), x)), a)
	}
	end := g.Mark()
	b.ReportAllocs()
	for b.Loop() {
		autograd.Grad(y, x, a)
		g.Rewind(end)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/operations, "ns/operation")
}

// BenchmarkGradSlices records the gradient of a sum of many slices of one tensor: the time for each does not depend on
// their number.
func BenchmarkGradSlices(b *testing.B) {
	const slices = 4_000
	g := graph.New()
	x := g.VarTensor(tensor.New(tensor.Float64, slices))
	y := g.Const(0)
	for i := range slices {
		y = ops.Add(y, ops.Sum(ops.Square(ops.Slice(x, 0, i, i+1))))
	}
	end := g.Mark()
	b.ReportAllocs()
	for b.Loop() {
		autograd.Grad(y, x)
		g.Rewind(end)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/slices, "ns/slice")
}
