package program_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A mapping is a function from vectors of any length.
type mapping struct {
	name    string
	f       func(x []graph.Value) []graph.Value
	tensors bool // operations on tensors are among what it is made of
}

// mappings are functions of every kind that matters to how derivatives are found.
func mappings() []mapping {
	vector := func(f func(x graph.Value) graph.Value) func(x []graph.Value) []graph.Value {
		return func(x []graph.Value) []graph.Value { return []graph.Value{f(ops.Stack(0, x...))} }
	}
	each := func(f func(x graph.Value) graph.Value) func(x []graph.Value) []graph.Value {
		return func(x []graph.Value) (ys []graph.Value) {
			for _, v := range x {
				ys = append(ys, f(v))
			}
			return ys
		}
	}
	return []mapping{
		{"constant", func(x []graph.Value) []graph.Value { return []graph.Value{x[0].Graph().Const(3)} }, false},
		{"identity", each(func(x graph.Value) graph.Value { return x }), false},
		{"linear", func(x []graph.Value) (ys []graph.Value) {
			sum := x[0]
			for i, v := range x {
				sum = ops.Add(ops.MulScalar(v, float64(i)-1), sum)
				ys = append(ys, sum)
			}
			return ys
		}, false},
		{"nothing left", each(func(x graph.Value) graph.Value { return ops.Sub(x, x) }), false},
		{"times zero", each(func(x graph.Value) graph.Value { return ops.MulScalar(ops.Square(x), 0) }), false},
		{"kinks", each(func(x graph.Value) graph.Value {
			return ops.Mul(ops.ReLU(x), ops.Maximum(ops.Abs(ops.AddScalar(x, 0.5)), ops.Square(x)))
		}), false},
		{"steps", each(func(x graph.Value) graph.Value { return ops.Mul(ops.Floor(x), ops.Square(x)) }), false},
		{"chosen", func(x []graph.Value) (ys []graph.Value) {
			for i, v := range x {
				ys = append(ys, ops.Where(ops.Gt(v, x[0]), ops.Sqrt(v), ops.Mul(v, x[(i+1)%len(x)])))
			}
			return ys
		}, false},
		{"stopped", each(func(x graph.Value) graph.Value { return ops.Mul(ops.StopGradient(ops.Square(x)), ops.Square(x)) }), false},
		{"powers", func(x []graph.Value) (ys []graph.Value) {
			for i, v := range x {
				ys = append(ys, ops.PowScalar(v, float64(i%4)), ops.Pow(ops.AddScalar(ops.Square(v), 1), x[0]))
			}
			return ys
		}, false},
		{"functions", func(x []graph.Value) (ys []graph.Value) {
			for i, v := range x {
				f := []func(graph.Value) graph.Value{ops.Sin, ops.Exp, ops.Tanh, ops.Sigmoid, ops.Softplus, ops.Atan, ops.GELU, ops.SiLU}[i%8]
				ys = append(ys, ops.Mul(f(v), f(f(v))))
			}
			return ys
		}, false},
		{"banded", func(x []graph.Value) (ys []graph.Value) {
			for i := range len(x) - 2 {
				ys = append(ys, ops.Sub(ops.Mul(ops.Sin(x[i]), x[i+1]), ops.Square(x[i+2])))
			}
			return append(ys, x[0])
		}, false},
		{"wide bands", func(x []graph.Value) (ys []graph.Value) {
			for i := range x {
				p := x[i]
				for k := range min(12, len(x)) {
					p = ops.Sin(ops.Mul(p, ops.Exp(x[(i+k)%len(x)])))
				}
				ys = append(ys, p)
			}
			return ys
		}, false},
		{"arrow-head", func(x []graph.Value) (ys []graph.Value) {
			sum := x[0]
			for _, v := range x {
				sum = ops.Add(sum, ops.Mul(x[0], ops.Exp(v)))
				ys = append(ys, ops.Mul(x[0], v))
			}
			return append(ys, sum)
		}, false},
		{"shared", func(x []graph.Value) (ys []graph.Value) {
			p := x[0]
			for range 20 {
				p = ops.Sin(ops.AddScalar(p, 1))
			}
			for _, v := range x {
				ys = append(ys, ops.Mul(p, v))
			}
			return ys
		}, false},
		{"random", func(x []graph.Value) (ys []graph.Value) {
			rng := rand.New(rand.NewPCG(1, 2))
			all := slices.Clone(x)
			for range 3 * len(x) {
				v := ops.Mul(all[rng.IntN(len(all))], ops.Cos(all[rng.IntN(len(all))]))
				all = append(all, v)
			}
			return all[2*len(x):]
		}, false},
		{"dense", func(x []graph.Value) (ys []graph.Value) {
			sum := x[0].Graph().Const(1)
			for _, v := range x {
				sum = ops.Add(sum, ops.Exp(v))
			}
			log := ops.Log(sum)
			for _, v := range x {
				ys = append(ys, ops.Mul(v, log))
			}
			return ys
		}, false},
		{"a gradient", func(x []graph.Value) []graph.Value {
			return autograd.Grad(ops.Mul(ops.Square(x[0]), ops.Sin(x[len(x)-1])), x...)
		}, false},
		{"softmax", vector(func(x graph.Value) graph.Value { return ops.Mul(ops.Softmax(x, 0), ops.Sum(ops.Square(x))) }), true},
		{"moved", vector(func(x graph.Value) graph.Value { return ops.Mul(ops.Flip(ops.Square(x), 0), ops.Roll(x, 0, 1)) }), true},
		{"running sums", vector(func(x graph.Value) graph.Value { return ops.CumSum(ops.Square(x), 0) }), true},
		{"products", vector(func(x graph.Value) graph.Value { return ops.MatMul(ops.Outer(x, ops.Sin(x)), ops.Exp(x)) }), true},
		{"norm", vector(func(x graph.Value) graph.Value { return ops.Norm(ops.AddScalar(x, 3)) }), true},
		{"variance", vector(func(x graph.Value) graph.Value { return ops.Variance(x, 0) }), true},
	}
}

// number returns a function whose value is the sum of the squares and the sums of a mapping's results.
func (m mapping) number(x []graph.Value) graph.Value {
	sum := x[0].Graph().Const(0)
	for i, y := range m.f(x) {
		y = ops.Sum(y)
		if i%2 == 0 {
			y = ops.Mul(y, y)
		}
		sum = ops.Add(sum, y)
	}
	return sum
}

// place returns n numbers, kinks among them.
func place(n int) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = []float64{0.3, -0.5, 0.25, 0.7, -1.2, 1, 0}[i%7]
	}
	return at
}

// entryLimits make matrices be found in both ways.
var entryLimits = []int{1 << 22, 1}

func compileHessian(t *testing.T, f func(x []graph.Value) graph.Value, at []float64) *program.Hessian {
	t.Helper()
	g := graph.New(graph.Traced())
	xs := g.Vars(at)
	h, err := program.CompileHessian(f(xs), xs...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func compileJacobian(t *testing.T, f func(x []graph.Value) []graph.Value, at []float64) *program.Jacobian {
	t.Helper()
	g := graph.New(graph.Traced())
	xs := g.Vars(at)
	ys := f(xs)
	for i, y := range ys {
		ys[i] = ops.Reshape(y, y.Len())
	}
	j, err := program.CompileJacobian(ops.Concat(0, ys...), xs...)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// checkSparse compares matrices: the same entries, of functions of scalars, or some of them, which others are 0, where
// there are tensors.
func checkSparse(t *testing.T, got, want *autograd.Sparse, tensors bool) {
	t.Helper()
	if got.M != want.M || got.N != want.N || len(got.Row) != len(got.Value) || len(got.Col) != len(got.Value) {
		t.Fatalf("got %d × %d with %d entries, want %d × %d", got.M, got.N, len(got.Value), want.M, want.N)
	}
	k := 0
	for i, v := range want.Value {
		row, col := want.Row[i], want.Col[i]
		if k < len(got.Value) && got.Row[k] == row && got.Col[k] == col {
			if g := got.Value[k]; math.Abs(g-v) > 1e-12*math.Max(1, math.Abs(v)) || math.IsNaN(g) != math.IsNaN(v) {
				t.Fatalf("entry (%d, %d) is %v, want %v", row, col, g, v)
			}
			k++
		} else if !tensors || v != 0 {
			t.Fatalf("there is no entry (%d, %d), want %v", row, col, v)
		}
	}
	if k < len(got.Value) {
		t.Fatalf("entry (%d, %d) is not wanted, or out of order", got.Row[k], got.Col[k])
	}
}

// TestHessians compares with autograd.SparseHessian, in both ways, and products and dense matrices with sparse ones.
func TestHessians(t *testing.T) {
	for _, n := range []int{1, 2, 3, 9, 30} {
		for _, m := range mappings() {
			for _, limit := range entryLimits {
				t.Run(fmt.Sprintf("%s/n=%d/limit=%d", m.name, n, limit), func(t *testing.T) {
					defer program.SetEntryLimit(limit)()
					if n < 3 && m.name == "banded" {
						t.Skip("it takes three variables")
					}
					h := compileHessian(t, m.number, place(n))
					var s *autograd.Sparse
					for _, shift := range []float64{0, 0.125} {
						at := place(n)
						for i := range at {
							at[i] += shift
						}
						want := autograd.SparseHessian(m.number, at)
						s = h.Sparse(s, at)
						checkSparse(t, s, want, m.tensors)
						checkProducts(t, h, s, at)
					}
				})
			}
		}
	}
}

// checkProducts checks what a Hessian does besides finding a sparse matrix.
func checkProducts(t *testing.T, h *program.Hessian, s *autograd.Sparse, at []float64) {
	t.Helper()
	n := len(at)
	near := func(what string, got, want []float64) {
		t.Helper()
		for i, v := range want {
			if math.Abs(got[i]-v) > 1e-11*math.Max(1, math.Abs(v)) || math.IsNaN(got[i]) {
				t.Fatalf("element %d of %s is %v, want %v", i, what, got[i], v)
			}
		}
	}
	dense := h.Dense(nil, at)
	near("the dense matrix", dense, s.Dense().Float64s())
	for i := range n {
		for j := range n {
			if dense[i*n+j] != dense[j*n+i] {
				t.Fatalf("the matrix is not symmetric: %v and %v", dense[i*n+j], dense[j*n+i])
			}
		}
	}
	for _, count := range []int{1, 9, 70} {
		dirs := make([]float64, count*n)
		for k := range dirs {
			dirs[k] = float64(k%5) - 1.5
		}
		products := h.Fork().Products(nil, at, dirs)
		for k := range count {
			dir, got := dirs[k*n:(k+1)*n], products[k*n:(k+1)*n]
			near("a product of several", got, s.MulVec(nil, dir))
			near("a product", h.Product(nil, at, dir), got)
		}
	}
}

// TestJacobians compares with autograd.SparseJacobian, in both ways.
func TestJacobians(t *testing.T) {
	for _, n := range []int{1, 2, 3, 9, 30} {
		for _, m := range mappings() {
			for _, limit := range entryLimits {
				t.Run(fmt.Sprintf("%s/n=%d/limit=%d", m.name, n, limit), func(t *testing.T) {
					defer program.SetEntryLimit(limit)()
					if n < 3 && m.name == "banded" {
						t.Skip("it takes three variables")
					}
					j := compileJacobian(t, m.f, place(n))
					var s *autograd.Sparse
					for _, shift := range []float64{0, 0.125} {
						at := place(n)
						for i := range at {
							at[i] += shift
						}
						ys := make([]float64, j.Results())
						s = j.Sparse(s, ys, at)
						checkSparse(t, s, autograd.SparseJacobian(m.f, at), m.tensors)
						k := 0
						for _, y := range m.f(graph.New().Vars(at)) {
							for i := range y.Len() {
								if want := y.Tensor().AtFlat(i); math.Abs(ys[k]-want) > 1e-12*math.Max(1, math.Abs(want)) {
									t.Fatalf("result %d is %v, want %v", k, ys[k], want)
								}
								k++
							}
						}
					}
				})
			}
		}
	}
}

// arrowHead returns a function whose Hessian has a diagonal, and a first row and column without zeros.
func arrowHead(x []graph.Value) graph.Value {
	sum := ops.Square(x[0])
	for _, v := range x[1:] {
		sum = ops.Add(sum, ops.Mul(x[0], ops.Exp(v)))
	}
	return sum
}

// TestWaysToMatrices checks that the way is what it should be where one of the two is much shorter, and how many products
// there are.
func TestWaysToMatrices(t *testing.T) {
	const n = 60
	named := make(map[string]func(x []graph.Value) []graph.Value)
	for _, m := range mappings() {
		named[m.name] = m.f
	}
	defer program.SetEntryLimit(1 << 22)()
	for _, c := range []struct {
		name  string
		limit int
		want  int // products
	}{
		{"banded", 1 << 22, 0},
		{"arrow-head", 1 << 22, 0},
		{"shared", 1 << 22, 0},
		{"banded", 1, 3},
		{"shared", 1, 2},
		{"identity", 1, 0},
		{"wide bands", 1, 12},
		{"dense", 1, n},
	} {
		program.SetEntryLimit(c.limit)
		if got := compileJacobian(t, named[c.name], place(n)).Colors(); got != c.want {
			t.Errorf("%s, limit %d: %d products, want %d", c.name, c.limit, got, c.want)
		}
	}
	for _, c := range []struct {
		name  string
		f     func(x []graph.Value) graph.Value
		limit int
		want  int
	}{
		{"arrow-head", arrowHead, 1 << 22, 0},
		{"arrow-head", arrowHead, 1, 2},
		{"rosenbrock", rosenbrock, 1 << 22, 0},
		{"rosenbrock", rosenbrock, 1, 3},
	} {
		program.SetEntryLimit(c.limit)
		if got := compileHessian(t, c.f, place(n)).Colors(); got != c.want {
			t.Errorf("the Hessian of %s, limit %d: %d products, want %d", c.name, c.limit, got, c.want)
		}
	}
}

// rosenbrock is the sum of 100·(xᵢ₊₁ - xᵢ²)² + (1 - xᵢ)².
func rosenbrock(x []graph.Value) graph.Value {
	sum := x[0].Graph().Const(0)
	for i := range len(x) - 1 {
		sum = ops.Add(sum, ops.MulScalar(ops.Square(ops.Sub(x[i+1], ops.Square(x[i]))), 100))
		sum = ops.Add(sum, ops.Square(ops.AddScalar(ops.Neg(x[i]), 1)))
	}
	return sum
}

// TestSpecialNumbers checks that a derivative which is infinite or NaN changes no other, whichever way it is found, and
// that what was not selected contributes nothing.
func TestSpecialNumbers(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	functions := map[string]func(x []graph.Value) graph.Value{
		"rosenbrock": rosenbrock,
		"arrow-head": arrowHead,
		"roots": func(x []graph.Value) graph.Value {
			sum := x[0]
			for i := range len(x) - 1 {
				sum = ops.Add(sum, ops.Mul(ops.Sqrt(x[i]), ops.Log(ops.Abs(x[i+1]))))
			}
			return sum
		},
		"chosen": func(x []graph.Value) graph.Value {
			sum := x[0]
			for i := range len(x) - 1 {
				u := ops.Where(ops.Gt(x[i], x[0].Graph().Const(0)), ops.Mul(ops.Sqrt(x[i]), x[i+1]), ops.Square(x[i]))
				sum = ops.Add(sum, ops.Mul(u, ops.Maximum(x[i], x[i+1])))
			}
			return sum
		},
	}
	const n = 12
	for name, f := range functions {
		for _, special := range []float64{0, math.Copysign(0, -1), -1, inf, -inf, nan, math.MaxFloat64, 5e-324} {
			for _, place := range []int{0, 5, n - 1} {
				for _, limit := range entryLimits {
					t.Run(fmt.Sprintf("%s/x[%d]=%v/limit=%d", name, place, special, limit), func(t *testing.T) {
						defer program.SetEntryLimit(limit)()
						at := make([]float64, n)
						for i := range at {
							at[i] = 0.5 + float64(i)/8
						}
						h := compileHessian(t, f, at)
						s := h.Sparse(nil, at)
						before := slices.Clone(s.Value)
						at[place] = special
						s = h.Sparse(s, at)
						want := autograd.SparseHessian(f, at)
						for k, v := range s.Value {
							i, j := s.Row[k], s.Col[k]
							if d := i - place; d*d > 1 && (i-j)*(i-j) <= 1 && v != before[k] && !(name == "arrow-head" && (i == 0 || place == 0)) {
								if e := j - place; e*e > 1 {
									t.Fatalf("entry (%d, %d) is %v, without the special number %v", i, j, v, before[k])
								}
							}
							if limit == 1 {
								continue // another half of the matrix may be the one that is read
							}
							if w := want.Value[k]; math.IsNaN(v) != math.IsNaN(w) || math.IsInf(v, 0) != math.IsInf(w, 0) {
								t.Fatalf("entry (%d, %d) is %v, by autograd.SparseHessian %v", i, j, v, w)
							}
						}
					})
				}
			}
		}
	}
}
