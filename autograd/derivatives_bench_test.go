package autograd_test

import (
	"fmt"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// rosenbrock is the sum of 100·(xᵢ₊₁ - xᵢ²)² + (1 - xᵢ)², by operations on whole vectors (Rosenbrock, 1960).
func rosenbrock(x graph.Value) graph.Value {
	n := x.Len()
	a, b := ops.Slice(x, 0, 0, n-1), ops.Slice(x, 0, 1, n)
	return ops.Sum(ops.Add(
		ops.MulScalar(ops.Square(ops.Sub(b, ops.Square(a))), 100),
		ops.Square(ops.AddScalar(ops.Neg(a), 1))))
}

// BenchmarkRosenbrock takes derivatives of a function of few and of many variables.
func BenchmarkRosenbrock(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		at, dir := make([]float64, n), make([]float64, n)
		for i := range at {
			at[i], dir[i] = -1+float64(i%7)/3, 1-float64(i%5)/2
		}
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"ValueAndGrad", func() { autograd.ValueAndGrad(rosenbrock, at) }},
			{"HVP", func() { autograd.HVP(rosenbrock, at, dir) }},
			{"Hessian", func() { autograd.Hessian(rosenbrock, at) }},
		} {
			b.Run(fmt.Sprintf("n=%d/of=%s", n, c.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.f()
				}
			})
		}
	}
}

// BenchmarkForwardOfScalars carries one tangent along the tapes by which scalar tapes are compared.
func BenchmarkForwardOfScalars(b *testing.B) {
	for _, p := range programs.All() {
		b.Run("program="+p.Name, func(b *testing.B) {
			g := graph.New()
			xs, y := p.Tape(g, nil, p.At)
			dirs := make([]*tensor.Tensor, len(xs))
			for i := range dirs {
				dirs[i] = tensor.Of([]float64{1})
			}
			for b.Loop() {
				autograd.Forward(y, xs, dirs)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(p.Operations), "ns/operation")
		})
	}
}

// BenchmarkTaylor finds series of some orders of a function of many variables.
func BenchmarkTaylor(b *testing.B) {
	at, dir := make([]float64, 1000), make([]float64, 1000)
	for i := range at {
		at[i], dir[i] = -1+float64(i%7)/3, 1-float64(i%5)/2
	}
	f := func(x graph.Value) graph.Value { return ops.LogSumExp(ops.Mul(ops.Sin(x), ops.Exp(x))) }
	for _, k := range []int{1, 2, 4, 8, 16} {
		b.Run(fmt.Sprintf("order=%d", k), func(b *testing.B) {
			for b.Loop() {
				autograd.Taylor(f, at, dir, k)
			}
		})
	}
}

// BenchmarkJacobian takes matrices that are dense, of more and of fewer rows than columns, and one with few diagonals.
func BenchmarkJacobian(b *testing.B) {
	const n = 200
	at := make([]float64, n)
	for i := range at {
		at[i] = -1 + float64(i%7)/3
	}
	dense := func(rows int) func(x graph.Value) graph.Value {
		return func(x graph.Value) graph.Value {
			return ops.Slice(ops.Mul(ops.Softmax(ops.Sin(x), 0), ops.Sum(ops.Square(x))), 0, 0, rows)
		}
	}
	for _, c := range []struct {
		name string
		f    func(x graph.Value) graph.Value
	}{
		{"dense/rows=20", dense(20)}, {"dense/rows=60", dense(60)}, {"dense/rows=100", dense(100)}, {"dense/rows=150", dense(150)}, {"dense/rows=200", dense(200)},
		{"banded", func(x graph.Value) graph.Value {
			return ops.Mul(ops.Sin(ops.Slice(x, 0, 1, n)), ops.Slice(x, 0, 0, n-1))
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				autograd.Jacobian(c.f, at)
			}
		})
	}
}

// BenchmarkScalarsOfVector takes first and second derivatives of 5000 operations on the elements of a vector: neither takes
// more time for each if there are more of them.
func BenchmarkScalarsOfVector(b *testing.B) {
	const n = 1000
	f := func(x graph.Value) graph.Value {
		xs := ops.Unstack(x, 0)
		sum := ops.Square(xs[0])
		for i := 1; i < n; i++ {
			sum = ops.Add(sum, ops.Mul(ops.Sin(xs[i]), ops.Square(ops.Sub(xs[i], xs[i-1]))))
		}
		return sum
	}
	at := point(n)
	b.Run("of=ValueAndGrad", func(b *testing.B) {
		for b.Loop() {
			autograd.ValueAndGrad(f, at)
		}
	})
	b.Run("of=HVP", func(b *testing.B) {
		for b.Loop() {
			autograd.HVP(f, at, at)
		}
	})
}
