package autograd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

type values = []graph.Value

// rowsByBackward returns the Jacobian of f, from a Backward for each element of the results. visit, unless it is nil, is
// called with each of them.
func rowsByBackward(f func(x values) values, at []float64, visit func(row int, grads autograd.Gradients, xs values)) (numbers [][]float64) {
	g := graph.New()
	xs := g.Vars(at)
	for _, y := range f(xs) {
		for k := range y.Len() {
			seed := tensor.New(tensor.Float64, y.Dims()...)
			seed.SetFlat(1, k)
			grads := autograd.Backward(y, autograd.WithSeed(seed))
			if visit != nil {
				visit(len(numbers), grads, xs)
			}
			numbers = append(numbers, grads.Scalars(nil, xs))
		}
	}
	return numbers
}

// written returns the matrix with a number for each place and a dot for no entry.
func written(s *autograd.Sparse) string {
	var b strings.Builder
	k := 0
	for i := range s.M {
		for j := range s.N {
			if j > 0 {
				b.WriteByte(' ')
			}
			if k < len(s.Value) && s.Row[k] == i && s.Col[k] == j {
				fmt.Fprintf(&b, "%.4g", s.Value[k])
				k++
			} else {
				b.WriteByte('.')
			}
		}
		if i < s.M-1 {
			b.WriteByte('/')
		}
	}
	if k < len(s.Value) {
		return fmt.Sprintf("entry %d of %v is out of order", k, s)
	}
	return b.String()
}

func TestSparseJacobian(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	one := func(y graph.Value) values { return values{y} }
	tests := []struct {
		name string
		f    func(x values) values
		at   []float64
		want string
	}{
		{"no results", func(values) values { return nil }, []float64{1, 2}, ""},
		{"no leaves", func(values) values { return nil }, nil, ""},
		{"a constant", func(x values) values { return one(x[0].Graph().Const(3)) }, []float64{1, 2}, ". ."},
		{"a leaf of its own", func(x values) values { return one(ops.Mul(x[0].Graph().Var(3), x[1])) }, []float64{1, 2}, ". 3"},
		{"linear", func(x values) values {
			return values{ops.AddScalar(ops.Sub(x[0], x[1]), 1), ops.MulScalar(x[2], 3)}
		}, []float64{1, 2, 3}, "1 -1 ./. . 3"},
		{"inputs", func(x values) values { return values{x[1], x[0], x[1]} }, []float64{1, 2}, ". 1/1 ./. 1"},
		{"duplicates", func(x values) values {
			y := ops.Mul(x[0], x[2])
			return values{y, y, ops.Mul(x[0], x[2])}
		}, []float64{2, 3, 5}, "5 . 2/5 . 2/5 . 2"},
		{"one inside the other", func(x values) values {
			y := ops.Square(x[0])
			return values{ops.Mul(y, x[1]), y, ops.Exp(ops.MulScalar(y, 0))}
		}, []float64{2, 3}, "12 4/4 ./0 ."},
		{"a difference that is 0", func(x values) values { return values{ops.Sub(x[0], x[0]), ops.Mul(x[0], x[1])} }, []float64{1, 0}, "0 ./0 1"},
		{"the same operand twice", func(x values) values { return one(ops.Mul(x[1], x[1])) }, []float64{1, 3}, ". 6"},
		{"stopped", func(x values) values { return one(ops.Mul(ops.StopGradient(x[0]), x[1])) }, []float64{3, 1}, ". 3"},
		{"comparisons", func(x values) values { return values{ops.Gt(x[0], x[1]), ops.Mul(ops.Lt(x[0], x[1]), x[0])} }, []float64{1, 2}, ". ./1 ."},
		{"steps", func(x values) values {
			return values{ops.Floor(x[0]), ops.Mul(ops.Round(x[0]), x[1]), ops.Mul(ops.Sign(x[0]), x[0])}
		}, []float64{1.5, 2}, ". ./. 2/1 ."},
		{"a branch not taken", func(x values) values {
			return values{ops.Where(ops.Gt(x[0], x[1]), x[1], ops.Sqrt(x[2])), ops.Where(x[0], x[1], x[2])}
		}, []float64{1, 2, 4}, ". 0 0.25/. 1 0"},
		{"a branch outside its domain", func(x values) values {
			return values{ops.Where(ops.Gt(x[0], x[1]), ops.Log(x[0]), x[1]), ops.Sqrt(ops.Where(ops.Gt(x[0], x[1]), x[0], x[0].Graph().Const(0)))}
		}, []float64{-1, 2}, "0 1/0 ."},
		{"kinks", func(x values) values {
			return values{ops.ReLU(x[0]), ops.Abs(x[1]), ops.Maximum(x[0], x[1]), ops.Clamp(x[2], 0, 1), ops.PowScalar(x[2], 0)}
		}, []float64{-1, 0, 3}, "0 . ./. 0 ./0 1 ./. . 0/. . 0"},
		{"an infinite derivative", func(x values) values { return values{ops.Sqrt(x[0]), ops.Mul(ops.Sqrt(x[0]), x[1])} }, []float64{0, 0}, "+Inf ./0 0"},
		{"infinite adjoints", func(x values) values { return one(ops.Sqrt(ops.Mul(x[0], x[1]))) }, []float64{0, 1}, "+Inf NaN"},
		{"NaN", func(x values) values { return values{ops.Log(x[0]), ops.Mul(x[0], x[1]), ops.ReLU(x[0])} }, []float64{nan, inf}, "NaN ./+Inf NaN/1 ."},
		{"tensors", func(x values) values {
			v := ops.Stack(0, x...)
			return values{ops.Sin(ops.MulScalar(v, 0)), ops.Reshape(ops.Gather(v, 0, 2, 0, 2, 1), 2, 2), ops.Sum(v), ops.CumSum(v, 0), ops.Flip(v, 0)}
		}, []float64{1, 2, 3}, "0 . ./. 0 ./. . 0/. . 1/1 . ./. . 1/. 1 ./1 1 1/1 . ./1 1 ./1 1 1/. . 1/. 1 ./1 . ."},
		{"broadcast", func(x values) values {
			return one(ops.Mul(ops.Stack(0, x[0], x[1]), ops.Reshape(ops.Stack(0, x[2], x[3]), 2, 1)))
		}, []float64{1, 2, 3, 4}, "3 . 1 ./. 3 2 ./4 . . 1/. 4 . 2"},
		{"scalars out of tensors", func(x values) values {
			parts := ops.Unstack(ops.Square(ops.Stack(0, x...)), 0)
			return values{ops.Mul(parts[0], parts[2]), ops.Mul(x[1], parts[1])}
		}, []float64{1, 2, 3}, "18 . 6/. 12 ."},
		{"constant coefficients", func(x values) values {
			a := x[0].Graph().ConstTensor(tensor.Of([]float64{1, 2, 0, 0, 3, 0}, 2, 3))
			return one(ops.MatMul(a, ops.Stack(0, x...)))
		}, []float64{1, 2, 3}, "1 2 ./. 3 ."},
		{"coefficients of leaves", func(x values) values {
			return one(ops.MatMul(ops.Reshape(ops.Stack(0, x[0], x[1]), 1, 2), ops.Reshape(ops.Stack(0, x[2], x[3]), 2, 1)))
		}, []float64{1, 0, 3, 4}, "3 4 1 0"},
		{"masked elements", func(x values) values {
			v := ops.Stack(0, x...)
			return one(ops.Where(ops.Gt(v, x[0].Graph().Const(1)), v, ops.Flip(v, 0)))
		}, []float64{1, 2, 3}, "0 . 1/. 1 ./0 . 1"},
		{"an empty tensor", func(x values) values { return values{ops.Slice(ops.Stack(0, x...), 0, 1, 1), x[0]} }, []float64{1, 2}, "1 ."},
		{"a checkpoint", func(x values) values {
			return values{autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], ops.Sin(xs[1])) }, x[0], x[1]), x[2]}
		}, []float64{2, 0, 1}, "0 2 ./. . 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := autograd.SparseJacobian(test.f, test.at)
			if diff := cmp.Diff(test.want, written(s)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			checkDense(t, rowsByBackward(test.f, test.at, nil), s, 0)
		})
	}
}

// checkDense holds a sparse matrix against the numbers that it should have, those that it has no place for being 0.
func checkDense(t *testing.T, want [][]float64, s *autograd.Sparse, tolerance float64) {
	t.Helper()
	if s.M != len(want) {
		t.Fatalf("%d rows, want %d", s.M, len(want))
	}
	dense := s.Dense().Float64s()
	for i, row := range want {
		for j, w := range row {
			got := dense[i*s.N+j]
			if !rowtest.SameNumber(got, w, tolerance, 1) {
				t.Errorf("entry (%d, %d): got %v, Backward has %v", i, j, got, w)
			}
		}
	}
}

// TestSparseRows holds the sparse Jacobian of every operation against Backward, and that an entry that is left out is one
// that Backward does not reach, or finds to be 0.
func TestSparseRows(t *testing.T) {
	rows := 0
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		rows++
		t.Run(row.Name, func(t *testing.T) {
			for _, sample := range rowtest.Samples(t, row) {
				var at []float64
				empty := false
				for _, x := range sample.Operands {
					at = append(at, rowtest.Numbers(x)...)
					empty = empty || x.Len() == 0
				}
				if empty || len(at) > 40 {
					continue
				}
				f := func(x values) values {
					var operands values
					for _, o := range sample.Operands {
						v, n := x[0], o.Len()
						if o.Rank() > 0 {
							v = ops.Reshape(ops.Stack(0, x[:n]...), o.Dims()...)
						}
						operands, x = append(operands, v), x[n:]
					}
					return values{sample.Apply(operands)}
				}
				checkDense(t, rowsByBackward(f, at, nil), autograd.SparseJacobian(f, at), 1e-12)
			}
		})
	}
	if rows < 100 {
		t.Errorf("only %d operations", rows)
	}
}

// randomSparse returns a function of n scalars that is made of random operations, of which many use a leaf.
func randomSparse(seed uint64, n, operations, results int) func(x values) values {
	return func(x values) values {
		rng := rand.New(rand.NewPCG(seed, 1))
		list := append(values(nil), x...)
		pick := func() graph.Value {
			if rng.IntN(3) == 0 {
				return x[rng.IntN(n)]
			}
			return list[max(0, len(list)-1-rng.IntN(8))]
		}
		for range operations {
			list = append(list, steps[rng.IntN(len(steps))].value(pick(), pick()))
			if rng.IntN(10) == 0 {
				list = append(list, ops.Sqrt(pick()), ops.Floor(pick()), ops.Maximum(pick(), x[0].Graph().Const(0)))
			}
		}
		out := make(values, results)
		for i := range out {
			out[i] = list[rng.IntN(len(list))]
		}
		return out
	}
}

// TestSparseRandom compares random functions with Backward from each result: the same numbers, and entries wherever
// Backward reaches the leaf by operations that have a derivative.
func TestSparseRandom(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 2))
		n := 1 + rng.IntN(12)
		f := randomSparse(seed, n, rng.IntN(80), rng.IntN(12)*(1+int(seed%10)))
		at := make([]float64, n)
		for i := range at {
			at[i] = math.Round(rng.NormFloat64()*4) / 4
		}
		s := autograd.SparseJacobian(f, at)
		k := 0 // the next entry
		want := rowsByBackward(f, at, func(i int, grads autograd.Gradients, xs values) {
			for ; k < len(s.Row) && s.Row[k] == i; k++ {
				if !grads.Reaches(xs[s.Col[k]]) {
					t.Errorf("entry (%d, %d), which Backward does not reach", i, s.Col[k])
				}
			}
		})
		checkDense(t, want, s, 1e-13)
		if t.Failed() {
			t.Fatalf("function %d", seed)
		}
	}
}

func TestSparseHessian(t *testing.T) {
	tests := []struct {
		name string
		f    func(x values) graph.Value
		at   []float64
		want string
	}{
		{"a constant", func(x values) graph.Value { return x[0].Graph().Const(3) }, []float64{1, 2}, ". ./. ."},
		{"a leaf", func(x values) graph.Value { return x[1] }, []float64{1, 2}, ". ./. ."},
		{"linear", func(x values) graph.Value {
			return ops.Sub(ops.Add(x[0], ops.MulScalar(x[1], 3)), ops.Div(ops.AddScalar(ops.Neg(x[2]), 2), x[0].Graph().Const(7)))
		}, []float64{1, 2, 3}, ". . ./. . ./. . ."},
		{"bilinear", func(x values) graph.Value { return ops.Mul(ops.Add(x[0], x[1]), ops.Sub(x[2], x[3])) }, []float64{1, 2, 3, 3},
			". . 1 -1/. . 1 -1/1 1 . ./-1 -1 . ."},
		{"a quotient", func(x values) graph.Value { return ops.Div(x[0], x[1]) }, []float64{3, 2}, ". -0.25/-0.25 0.75"},
		{"a square", func(x values) graph.Value { return ops.Add(ops.Square(x[0]), ops.Mul(x[0], x[2])) }, []float64{1, 2, 3}, "2 . 1/. . ./1 . ."},
		{"x·x", func(x values) graph.Value { return ops.Mul(x[1], x[1]) }, []float64{1, 2}, ". ./. 2"},
		{"a power", func(x values) graph.Value { return ops.Mul(ops.PowScalar(x[0], 3), x[1]) }, []float64{2, 5}, "60 12/12 ."},
		{"piecewise linear", func(x values) graph.Value {
			return ops.Add(ops.Maximum(ops.Abs(x[0]), ops.ReLU(x[1])), ops.Where(ops.Gt(x[0], x[1]), x[0], ops.MulScalar(x[1], 2)))
		}, []float64{-1, 2}, ". ./. ."},
		{"a kink times a leaf", func(x values) graph.Value { return ops.Mul(ops.Abs(x[0]), x[1]) }, []float64{-3, 2}, ". -1/-1 ."},
		{"a branch not taken", func(x values) graph.Value { return ops.Where(ops.Gt(x[0], x[1]), ops.Square(x[0]), ops.Square(x[1])) }, []float64{1, 2},
			"0 ./. 2"},
		{"a numerical 0", func(x values) graph.Value { return ops.Mul(ops.Sin(x[0]), x[1]) }, []float64{0, 0}, "0 1/1 ."},
		{"an arrow head", arrowHead, []float64{2, 0, 0, 0}, "2 1 1 1/1 2 . ./1 . 2 ./1 . . 2"},
		{"a chain", func(x values) graph.Value {
			return ops.Add(ops.Mul(ops.Mul(x[0], x[1]), x[2]), ops.Mul(ops.Square(x[2]), x[3]))
		}, []float64{1, 2, 3, 4}, ". 3 2 ./3 . 1 ./2 1 8 6/. . 6 ."},
		{"a function of a sum", func(x values) graph.Value { return ops.Exp(ops.Add(x[0], x[1])) }, []float64{0, 0}, "1 1/1 1"},
		{"tensors", func(x values) graph.Value {
			v := ops.Stack(0, x...)
			return ops.Sum(ops.Mul(ops.Square(ops.Slice(v, 0, 0, 2)), ops.Slice(v, 0, 1, 3)))
		}, []float64{1, 2, 3}, "4 2 ./2 6 4/. 4 ."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := autograd.SparseHessian(test.f, test.at)
			if diff := cmp.Diff(test.want, written(s)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			checkHessian(t, test.f, test.at, s)
		})
	}
}

// checkHessian holds a sparse Hessian against the dense one, and that it is symmetric.
func checkHessian(t *testing.T, f func(x values) graph.Value, at []float64, s *autograd.Sparse) {
	t.Helper()
	want := autograd.Hessian(func(x graph.Value) graph.Value {
		if len(at) == 0 {
			return f(nil)
		}
		return f(ops.Unstack(x, 0))
	}, at)
	got := s.Dense()
	if diff := cmp.Diff(want.Float64s(), got.Float64s(), cmpopts.EquateApprox(1e-11, 1e-11), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("against the dense Hessian: mismatch (-want +got):\n%s", diff)
	}
	n := s.N
	places := make(map[[2]int]bool)
	for k, i := range s.Row {
		places[[2]int{i, s.Col[k]}] = true
	}
	for k, i := range s.Row {
		j := s.Col[k]
		if a, b := got.Float64s()[i*n+j], got.Float64s()[j*n+i]; a != b && (a == a || b == b) || !places[[2]int{j, i}] {
			t.Errorf("not symmetric: (%d, %d) is %v, (%d, %d) is %v", i, j, a, j, i, b)
		}
	}
}

// TestSparseHessianRandom compares Hessians of random functions with dense ones.
func TestSparseHessianRandom(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 3))
		n := 1 + rng.IntN(8)
		results := randomSparse(seed, n, rng.IntN(25), 1+rng.IntN(6))
		f := func(x values) graph.Value {
			sum := x[0].Graph().Const(0)
			for _, y := range results(x) {
				sum = ops.Add(sum, ops.Sin(y))
			}
			return sum
		}
		at := make([]float64, n)
		for i := range at {
			at[i] = 0.1 + rng.Float64() // the square roots have second derivatives there, mostly
		}
		checkHessian(t, f, at, autograd.SparseHessian(f, at))
		if t.Failed() {
			t.Fatalf("function %d", seed)
		}
	}
}

// TestSparseLarge holds that matrices of many rows with few entries each take no time that grows with the square of the
// number of rows: the dense ones would take minutes, and no memory would hold them.
func TestSparseLarge(t *testing.T) {
	n := 30_000
	if testing.Short() {
		n = 3_000
	}
	at := spread(n)
	s := autograd.SparseJacobian(banded, at)
	if len(s.Value) != 3*(n-2) {
		t.Fatalf("banded: %d entries, want %d", len(s.Value), 3*(n-2))
	}
	for i := range n - 2 {
		for k, want := range []float64{math.Cos(at[i]) * at[i+1], math.Sin(at[i]), -2 * at[i+2]} {
			if e := 3*i + k; s.Row[e] != i || s.Col[e] != i+k || math.Abs(s.Value[e]-want) > 1e-15 {
				t.Fatalf("banded, entry (%d, %d): got %v in row %d and column %d, want %v", i, i+k, s.Value[e], s.Row[e], s.Col[e], want)
			}
		}
	}
	if s = autograd.SparseHessian(arrowHead, at); len(s.Value) != 3*n-2 {
		t.Errorf("arrow head: %d entries, want %d", len(s.Value), 3*n-2)
	}
	if s = autograd.SparseJacobian(sharedFactor, at); len(s.Value) != 2*(n-1) {
		t.Errorf("a shared factor: %d entries, want %d", len(s.Value), 2*(n-1))
	}
	shared := func(x values) graph.Value {
		sum := x[0].Graph().Const(0)
		for _, y := range sharedFactor(x) {
			sum = ops.Add(sum, ops.Square(y))
		}
		return sum
	}
	if s = autograd.SparseHessian(shared, at); len(s.Value) != 3*n-2 {
		t.Errorf("the Hessian of a shared factor: %d entries, want %d", len(s.Value), 3*n-2)
	}
	onTensors := func(x values) values {
		v := ops.Stack(0, x...)
		return values{ops.Mul(ops.Sin(ops.Slice(v, 0, 0, n-1)), ops.Slice(v, 0, 1, n)), ops.Sum(v)}
	}
	if s = autograd.SparseJacobian(onTensors, at); len(s.Value) != 2*(n-1)+n {
		t.Errorf("on tensors: %d entries, want %d", len(s.Value), 2*(n-1)+n)
	}
}

func TestSparseProducts(t *testing.T) {
	s := &autograd.Sparse{M: 2, N: 3, Row: []int{0, 0, 1}, Col: []int{0, 2, 1}, Value: []float64{2, 3, 5}}
	dst := []float64{7, 7}
	if diff := cmp.Diff([]float64{2*1 + 3*4, 5 * 2}, s.MulVec(dst, []float64{1, 2, 4})); diff != "" {
		t.Errorf("MulVec: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(dst, s.MulVec(nil, []float64{1, 2, 4})); diff != "" {
		t.Errorf("MulVec in a new slice: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{2, 10, 3}, s.MulTransVec(nil, []float64{1, 2})); diff != "" {
		t.Errorf("MulTransVec: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{2, 0, 3, 0, 5, 0}, s.Dense().Float64s()); diff != "" {
		t.Errorf("Dense: mismatch (-want +got):\n%s", diff)
	}
}

func TestSparseErrors(t *testing.T) {
	s := &autograd.Sparse{M: 2, N: 3, Row: []int{0}, Col: []int{2}, Value: []float64{1}}
	foreign := graph.New().Var(1)
	at := []float64{1, 2}
	jacobian := func(f func(x values) values) func() {
		return func() { autograd.SparseJacobian(f, at) }
	}
	square, long := &autograd.Sparse{M: 2, N: 2}, make([]float64, 4)
	type sparseFault struct {
		want string
		f    func()
	}
	const mostNumbers = min(1<<31-1, math.MaxInt/16)
	tests := []sparseFault{
		{"autograd.SparseJacobian: result 1 of the function is the zero graph.Value: return the value that it computes",
			jacobian(func(x values) values { return values{x[0], {}} })},
		{"autograd.SparseJacobian: result 0 of the function is a value of another graph: compute it from the values that the function is called with",
			jacobian(func(x values) values { return values{foreign, x[0]} })},
		{"autograd.SparseJacobian: value %2 was recorded before the graph's Reset: record it again, or keep its numbers with Value.Tensor before Reset",
			jacobian(func(x values) values {
				g := x[0].Graph()
				g.Reset()
				return values{ops.Sin(g.Var(1)), g.Var(2)}
			})},
		{"autograd.SparseJacobian: leaf %1 was changed after %3 = sin had used it: the gradient would mix old and new numbers; call Backward before the change, or Rewind and record again",
			jacobian(func(x values) values {
				y := ops.Sin(x[0])
				x[0].Set(5)
				return values{y}
			})},
		{"autograd.SparseHessian: the value to differentiate has shape (2), not a scalar: reduce it with ops.Sum or ops.Mean",
			func() { autograd.SparseHessian(func(x values) graph.Value { return ops.Stack(0, x...) }, at) }},
		{`autograd.SparseJacobian: the operation %4 = softmax of shape (8192) has 67108864 derivatives of elements by elements and there is room for 67100671 more: use scalars there, or smaller tensors`,
			func() {
				autograd.SparseJacobian(func(x values) values { return values{ops.Softmax(ops.Broadcast(ops.Stack(0, x...), 8192), 0)} }, at[:1])
			}},
		{"autograd.Sparse.Dense: got a nil *autograd.Sparse: make one with autograd.SparseJacobian or autograd.SparseHessian",
			func() { (*autograd.Sparse)(nil).Dense() }},
		{fmt.Sprintf("autograd.Sparse.Dense: 1048576 × 1048576 elements are more than the %d that there may be: use the 0 entries as they are", mostNumbers),
			func() { (&autograd.Sparse{M: 1 << 20, N: 1 << 20}).Dense() }},
		{"autograd.Sparse.Dense: a matrix of 1 × 1 with 1 rows, 0 columns and 0 values: give each entry one of each",
			func() { (&autograd.Sparse{M: 1, N: 1, Row: []int{0}}).Dense() }},
		{"autograd.Sparse.MulVec: entry 0 is in row 0 and column 2 of a matrix of 2 × 2: both are counted from 0",
			func() { (&autograd.Sparse{M: 2, N: 2, Row: s.Row, Col: s.Col, Value: s.Value}).MulVec(nil, at) }},
		{"autograd.Sparse.MulVec: a vector of 2 numbers for a matrix of 2 × 3: give 3", func() { s.MulVec(nil, at) }},
		{"autograd.Sparse.MulTransVec: dst has 1 elements for a product of 3: give one for each, or nil", func() { s.MulTransVec(at[:1], at) }},
		{fmt.Sprintf("autograd.Sparse.MulVec: a product of %d numbers, more than the %d that there may be: use the 0 entries as they are", math.MaxInt, mostNumbers),
			func() { (&autograd.Sparse{M: math.MaxInt, N: 2}).MulVec(nil, at) }},
		{"autograd.Sparse.MulVec: dst and the vector share memory, and the product would be written over what it is made of: give dst a slice of its own, or nil",
			func() { square.MulVec(at, at) }},
		{"autograd.Sparse.MulTransVec: dst and the vector share memory, and the product would be written over what it is made of: give dst a slice of its own, or nil",
			func() { square.MulTransVec(long[1:3], long[2:4]) }},
		{"", func() { square.MulTransVec(long[:2], long[2:4]) }},
	}
	for name, call := range map[string]func(s *autograd.Sparse){
		"Dense": func(s *autograd.Sparse) { s.Dense() }, "MulVec": func(s *autograd.Sparse) { s.MulVec(nil, at) }, "MulTransVec": func(s *autograd.Sparse) { s.MulTransVec(nil, at) },
	} {
		for _, entry := range [][2]int{{-1, 0}, {2, 0}, {0, -1}, {0, 2}, {math.MaxInt, 0}, {0, math.MinInt}} {
			want := fmt.Sprintf("autograd.Sparse.%s: entry 1 is in row %d and column %d of a matrix of 2 × 2: both are counted from 0", name, entry[0], entry[1])
			tests = append(tests, sparseFault{want, func() {
				call(&autograd.Sparse{M: 2, N: 2, Row: []int{0, entry[0]}, Col: []int{0, entry[1]}, Value: at})
			}})
		}
		for _, size := range [][2]int{{-1, 2}, {2, -1}, {math.MinInt, math.MaxInt}} {
			want := fmt.Sprintf("autograd.Sparse.%s: a matrix of %d × %d with 0 rows, 0 columns and 0 values: give each entry one of each", name, size[0], size[1])
			tests = append(tests, sparseFault{want, func() { call(&autograd.Sparse{M: size[0], N: size[1]}) }})
		}
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, message(test.f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

// TestSparseTooLarge holds that a matrix is refused whose entries the limit of the Go runtime has no room for: while its
// rows are found, or where a half of it is found and the whole is too large.
func TestSparseTooLarge(t *testing.T) {
	at := make([]float64, 500)
	all := func(x []graph.Value) graph.Value { return ops.Square(ops.Sum(ops.Stack(0, x...))) }
	for _, test := range []struct {
		limit int64
		want  string
		f     func()
	}{
		{24 * 150_000, "autograd.SparseJacobian: the matrix has more than 150000 entries in its last", func() {
			autograd.SparseJacobian(func(x []graph.Value) []graph.Value {
				return []graph.Value{ops.CumSum(ops.Broadcast(all(x), 500), 0)}
			}, at)
		}},
		{24 * 100_000, "autograd.SparseHessian: the matrix has more than 100000 entries in its last", func() { autograd.SparseHessian(all, at) }},
		{24 * 150_000, "autograd.SparseHessian: the matrix has 250000 entries, more than the 150000 that there may be: use products", func() { autograd.SparseHessian(all, at) }},
		{24 * 250_000, "", func() { autograd.SparseHessian(all, at) }},
	} {
		before := debug.SetMemoryLimit(test.limit)
		got := message(test.f)
		debug.SetMemoryLimit(before)
		if !strings.HasPrefix(got, test.want) || got != "" && test.want == "" {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// TestSparseShared holds that rows are what Backward has where many results share parts: of several leaves, one inside the
// other, and with derivatives and adjoints that are 0, infinite or NaN.
func TestSparseShared(t *testing.T) {
	const results = 40
	tests := map[string]func(x values) values{
		"a chain": sharedFactor,
		"one inside the other": func(x values) (out values) {
			p, q := ops.Mul(x[0], x[1]), x[2]
			for i := range results {
				p = ops.Sin(ops.Sin(ops.Add(p, ops.Tanh(q))))
				q = ops.Sin(ops.Sin(ops.Sin(q)))
				out = append(out, ops.Mul(p, x[i%len(x)]), ops.Add(q, p))
			}
			return append(out, out...)
		},
		"an adjoint of 0": func(x values) (out values) {
			p := ops.Exp(ops.Exp(ops.Exp(ops.Sin(x[0]))))
			for i := range results {
				out = append(out, ops.Mul(ops.Sub(x[1], x[1]), p), ops.Mul(p, x[i%len(x)]))
			}
			return out
		},
		"an infinite derivative": func(x values) (out values) {
			p := ops.Sin(ops.Sin(ops.Sqrt(ops.Sub(x[0], x[0]))))
			for i := range results {
				out = append(out, ops.Mul(ops.Sub(x[1], x[1]), p), ops.Mul(p, x[i%len(x)]))
			}
			return out
		},
		"an infinite adjoint": func(x values) (out values) {
			p := ops.Sin(ops.ReLU(ops.Neg(ops.Sin(ops.Sin(x[0])))))
			for i := range results {
				out = append(out, ops.Sqrt(ops.Mul(p, x[i%len(x)])))
			}
			return out
		},
		"tensors": func(x values) (out values) {
			v := ops.CumSum(ops.Sin(ops.Sin(ops.Stack(0, x[:4]...))), 0)
			p := ops.Sin(ops.Sin(ops.Sum(ops.Sin(v))))
			for i := range results {
				out = append(out, ops.Mul(p, ops.Slice(v, 0, i%4, i%4+1)))
			}
			return out
		},
	}
	at := spread(50)
	for name, f := range tests {
		t.Run(name, func(t *testing.T) { checkDense(t, rowsByBackward(f, at, nil), autograd.SparseJacobian(f, at), 1e-13) })
	}
}

// TestSparseNeighbours finds the rows of results that share most of what they are made of, some of them, or nothing, at
// derivatives of all kinds: sweeps from several results at once give the numbers of sweeps one by one.
func TestSparseNeighbours(t *testing.T) {
	inf := math.Inf(1)
	shared := []struct {
		name string
		f    func(a, b graph.Value) graph.Value
		at   [2]float64
	}{
		{"finite", func(a, b graph.Value) graph.Value { return ops.Mul(ops.Sin(a), ops.Exp(b)) }, [2]float64{1, 2}},
		{"0", ops.Mul, [2]float64{0, 0}},
		{"infinite", func(a, b graph.Value) graph.Value { return ops.Add(ops.Sqrt(a), b) }, [2]float64{0, 1}},
		{"NaN", func(a, b graph.Value) graph.Value { return ops.Mul(ops.Log(a), b) }, [2]float64{-1, 0}},
		{"a branch", func(a, b graph.Value) graph.Value { return ops.Where(ops.Gt(a, b), a, ops.Square(b)) }, [2]float64{1, 2}},
		{"a step", func(a, b graph.Value) graph.Value { return ops.Mul(ops.Floor(a), b) }, [2]float64{1.5, 2}},
	}
	uses := []func(v, p graph.Value) graph.Value{
		func(v, p graph.Value) graph.Value { return ops.Mul(v, p) },
		func(v, p graph.Value) graph.Value { return ops.Square(v) },
		func(v, p graph.Value) graph.Value { return p },
		func(v, p graph.Value) graph.Value { return ops.MulScalar(v, 0) },
		func(v, p graph.Value) graph.Value { return ops.MulScalar(v, inf) },
		func(v, p graph.Value) graph.Value { return v },
		func(v, p graph.Value) graph.Value { return p.Graph().Const(1) },
		func(v, p graph.Value) graph.Value { return ops.ReLU(ops.Sub(v, p)) },
	}
	for _, test := range shared {
		for _, count := range []int{1, 2, 3, 4, 5, 9, 200} {
			for step := 1; step <= 3; step++ {
				f := func(x values) values {
					var out values
					for i := range count {
						v := test.f(x[0], x[1])
						for k := range i % 4 {
							out = append(out, uses[(step*i+k)%len(uses)](v, x[2+i%3]))
						}
					}
					return append(out, x[0])
				}
				at := append(test.at[:], 3, -1, 0)
				checkDense(t, rowsByBackward(f, at, nil), autograd.SparseJacobian(f, at), 0)
			}
		}
	}
}

// TestSparseAgain finds matrices in memory that others have used before, smaller and larger ones.
func TestSparseAgain(t *testing.T) {
	for _, n := range []int{3, 2000, 3, 40_000, 30_000, 3, 5} {
		s := autograd.SparseJacobian(banded, spread(n))
		if s.M != n-2 || s.N != n || len(s.Value) != 3*(n-2) {
			t.Fatalf("%d × %d with %d entries for %d numbers", s.M, s.N, len(s.Value), n)
		}
		at := spread(n)
		for k, i := range s.Row {
			want := []float64{math.Cos(at[i]) * at[i+1], math.Sin(at[i]), -2 * at[i+2]}[k%3]
			if i != k/3 || s.Col[k] != i+k%3 || !(math.Abs(s.Value[k]-want) <= 1e-15) {
				t.Fatalf("n = %d, entry %d: (%d, %d) is %v, want (%d, %d) to be %v", n, k, i, s.Col[k], s.Value[k], k/3, k/3+k%3, want)
			}
		}
		if h := autograd.SparseHessian(arrowHead, at[:min(n, 100)]); len(h.Value) != 3*min(n, 100)-2 {
			t.Fatalf("an arrow head of %d entries for %d numbers", len(h.Value), min(n, 100))
		}
	}
}
