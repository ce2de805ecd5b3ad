package program_test

import (
	"fmt"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// valley is rosenbrock by operations on vectors.
func valley(x graph.Value) graph.Value {
	n := x.Len()
	a, b := ops.Slice(x, 0, 0, n-1), ops.Slice(x, 0, 1, n)
	return ops.Sum(ops.Add(
		ops.MulScalar(ops.Square(ops.Sub(b, ops.Square(a))), 100),
		ops.Square(ops.AddScalar(ops.Neg(a), 1))))
}

// BenchmarkHessian takes products with Hessians, of banded and of dense ones, and the matrices.
func BenchmarkHessian(b *testing.B) {
	for _, f := range []struct {
		name  string
		f     func(x graph.Value) graph.Value
		sizes []int
	}{
		{"valley", valley, []int{10, 100, 1000}},
		{"logsumexp", func(x graph.Value) graph.Value { return ops.LogSumExp(ops.Mul(x, ops.Sin(x))) }, []int{10, 100, 500}},
	} {
		for _, n := range f.sizes {
			at, dirs := place(n), make([]float64, 64*n)
			for i := range dirs {
				dirs[i] = 1 - float64(i%5)/2
			}
			x := graph.New(graph.Traced()).VarTensor(tensor.Of(at, n))
			y := f.f(x)
			h, err := program.CompileHessian(y, x)
			if err != nil {
				b.Fatal(err)
			}
			product, products, dense := make([]float64, n), make([]float64, len(dirs)), h.Dense(nil, at)
			sparse := h.Sparse(nil, at)
			for _, c := range []struct {
				name string
				f    func()
			}{
				{"product", func() { h.Product(product, at, dirs[:n]) }},
				{"products=64", func() { h.Products(products, at, dirs) }},
				{"dense", func() { h.Dense(dense, at) }},
				{"sparse", func() { h.Sparse(sparse, at) }},
				{"compiling", func() { program.CompileHessian(y, x) }},
				{"tape", func() { autograd.HVP(f.f, at, dirs[:n]) }},
			} {
				b.Run(fmt.Sprintf("of=%s/n=%d/%s", f.name, n, c.name), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						c.f()
					}
				})
			}
		}
	}
}

// BenchmarkSparseMatrices compiles sparse matrices and finds their entries: the time for each does not depend on their
// number.
func BenchmarkSparseMatrices(b *testing.B) {
	named := make(map[string]func(x []graph.Value) []graph.Value)
	for _, m := range mappings() {
		named[m.name] = m.f
	}
	for _, n := range []int{1000, 10_000, 100_000} {
		at := place(n)
		for _, c := range []struct {
			name    string
			compile func(b *testing.B) func(s *autograd.Sparse) *autograd.Sparse
		}{
			{"banded Jacobian", func(b *testing.B) func(s *autograd.Sparse) *autograd.Sparse {
				xs := graph.New(graph.Traced()).Vars(at)
				j, err := program.CompileJacobian(ops.Stack(0, named["banded"](xs)...), xs...)
				if err != nil {
					b.Fatal(err)
				}
				return func(s *autograd.Sparse) *autograd.Sparse { return j.Sparse(s, nil, at) }
			}},
			{"wide bands", func(b *testing.B) func(s *autograd.Sparse) *autograd.Sparse {
				xs := graph.New(graph.Traced()).Vars(at)
				j, err := program.CompileJacobian(ops.Stack(0, named["wide bands"](xs)...), xs...)
				if err != nil {
					b.Fatal(err)
				}
				return func(s *autograd.Sparse) *autograd.Sparse { return j.Sparse(s, nil, at) }
			}},
			{"arrow-head", func(b *testing.B) func(s *autograd.Sparse) *autograd.Sparse {
				xs := graph.New(graph.Traced()).Vars(at)
				h, err := program.CompileHessian(arrowHead(xs), xs...)
				if err != nil {
					b.Fatal(err)
				}
				return func(s *autograd.Sparse) *autograd.Sparse { return h.Sparse(s, at) }
			}},
		} {
			perEntry := func(b *testing.B, s *autograd.Sparse) {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(s.Value)), "ns/entry")
			}
			b.Run(fmt.Sprintf("%s/n=%d/compiling", c.name, n), func(b *testing.B) {
				var s *autograd.Sparse
				for b.Loop() {
					s = c.compile(b)(nil)
				}
				perEntry(b, s)
			})
			b.Run(fmt.Sprintf("%s/n=%d", c.name, n), func(b *testing.B) {
				f := c.compile(b)
				s := f(nil)
				b.ReportAllocs()
				for b.Loop() {
					s = f(s)
				}
				perEntry(b, s)
			})
		}
	}
}
