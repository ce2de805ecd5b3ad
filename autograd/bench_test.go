package autograd_test

import (
	"fmt"
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

// BenchmarkSmallGrad records the gradient of a small function at the end of a long tape, as a program does that takes
// derivatives within a function that it differentiates.
func BenchmarkSmallGrad(b *testing.B) {
	for _, before := range []int{0, 100_000} {
		g := graph.New()
		x := g.Var(0.5)
		for range before / 2 {
			x = ops.AddScalar(ops.Mul(x, x), 0.1)
		}
		y := ops.Sin(x)
		square := ops.Add(ops.Square(x), ops.Square(y))
		f := ops.Div(ops.Sin(x), ops.Sqrt(square))
		end := g.Mark()
		b.Run(fmt.Sprintf("behind=%d", before), func(b *testing.B) {
			b.ReportAllocs()
			recorded := 0
			for b.Loop() {
				autograd.Grad(f, x, y)
				recorded = g.Len() - f.ID()
				g.Rewind(end)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(recorded), "ns/recorded")
		})
	}
}

// BenchmarkSmallBackward sweeps over a small graph.
func BenchmarkSmallBackward(b *testing.B) {
	g := graph.New()
	b.ReportAllocs()
	for b.Loop() {
		g.Reset()
		x, y := g.Var(0.5), g.Var(0.25)
		f := ops.Div(ops.Sin(x), ops.Sqrt(ops.Add(ops.Square(x), ops.Square(y))))
		grads := autograd.Backward(f)
		if grads.Scalar(x)+grads.Scalar(y) == 0 {
			b.Fatal("no gradient")
		}
	}
}
