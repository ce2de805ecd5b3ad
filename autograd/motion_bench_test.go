package autograd_test

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// BenchmarkForwardOfRules carries tangents of one direction through operations that have no kernel for it, and through
// functions that are called again.
func BenchmarkForwardOfRules(b *testing.B) {
	numbers := func(g *graph.Graph, shape ...int) graph.Value {
		x := tensor.New(tensor.Float64, shape...)
		for i := range x.Len() {
			x.SetFlat(math.Sin(float64(3*i+1)), i)
		}
		return g.VarTensor(x)
	}
	one := func(g *graph.Graph, shape ...int) []graph.Value { return []graph.Value{numbers(g, shape...)} }
	layer := func(g *graph.Graph, gates, states int) []graph.Value { // 8 rows, 16 times, 8 inputs, 16 units
		xs := one(g, 8, 16, 8)
		for range states {
			xs = append(xs, numbers(g, 8, 16))
		}
		return append(xs, numbers(g, 8, gates*16), numbers(g, 16, gates*16), numbers(g, gates*16), numbers(g, gates*16))
	}
	for _, c := range []struct {
		name string
		xs   func(g *graph.Graph) []graph.Value
		f    func(xs []graph.Value) graph.Value
	}{
		{"cumprod", func(g *graph.Graph) []graph.Value { return one(g, 1000) },
			func(xs []graph.Value) graph.Value { return ops.CumProd(xs[0], 0) }},
		{"eigh", func(g *graph.Graph) []graph.Value { return one(g, 20, 20) },
			func(xs []graph.Value) graph.Value { w, v := ops.Eigh(xs[0]); return ops.Mul(v, w) }},
		{"svd", func(g *graph.Graph) []graph.Value { return one(g, 20, 10) },
			func(xs []graph.Value) graph.Value { u, s, _ := ops.SVD(xs[0]); return ops.Mul(u, s) }},
		{"qr", func(g *graph.Graph) []graph.Value { return one(g, 20, 10) },
			func(xs []graph.Value) graph.Value { q, r := ops.QR(xs[0]); return ops.MatMul(q, ops.Transpose(r)) }},
		{"gru", func(g *graph.Graph) []graph.Value { return layer(g, 3, 1) },
			func(xs []graph.Value) graph.Value { return ops.GRU(xs[0], xs[1], xs[2], xs[3], xs[4], xs[5]) }},
		{"lstm", func(g *graph.Graph) []graph.Value { return layer(g, 4, 2) },
			func(xs []graph.Value) graph.Value {
				y, _ := ops.LSTM(xs[0], xs[1], xs[2], xs[3], xs[4], xs[5], xs[6])
				return y
			}},
		{"checkpoint", func(g *graph.Graph) []graph.Value { return one(g, 100) },
			func(xs []graph.Value) graph.Value {
				return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Sin(ops.Exp(ops.Mul(xs[0], xs[0]))) }, xs...)
			}},
		{"loop", func(g *graph.Graph) []graph.Value { return one(g, 100) },
			func(xs []graph.Value) graph.Value {
				return autograd.Loop(1000, func(_ int, s graph.Value) graph.Value { return ops.Add(s, ops.MulScalar(ops.Sin(s), 1e-3)) }, xs[0])
			}},
		{"fixed point", func(g *graph.Graph) []graph.Value { return one(g, 100) },
			func(xs []graph.Value) graph.Value {
				return autograd.FixedPoint(func(x graph.Value, ps ...graph.Value) graph.Value {
					return ops.Add(ops.MulScalar(ops.Sin(x), 0.5), ps[0])
				}, xs[0], xs[0])
			}},
		{"root", func(g *graph.Graph) []graph.Value { return one(g, 20) },
			func(xs []graph.Value) graph.Value {
				return autograd.Root(func(x graph.Value, ps ...graph.Value) graph.Value { return ops.Sub(ops.Add(ops.Exp(x), x), ps[0]) }, xs[0], xs[0])
			}},
	} {
		b.Run("of="+c.name, func(b *testing.B) {
			g := graph.New()
			xs := c.xs(g)
			y := c.f(xs)
			dirs := make([]*tensor.Tensor, len(xs))
			for i, x := range xs {
				dirs[i] = x.Tensor()
			}
			b.ReportAllocs()
			for b.Loop() {
				autograd.Forward(y, xs, dirs)
			}
		})
	}
}
