package ops_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// decompositions are the functions of matrices for which one element that is infinite or NaN makes the result NaN, and
// the derivative.
var decompositions = []struct {
	name string
	f    func(a graph.Value) graph.Value
	tall bool // it takes matrices with more rows than columns
	flat int  // matrices of so many rows have a derivative that does not depend on them

	// outside says which elements are 0 for every matrix.
	outside func(i, j int) bool
}{
	{"cholesky", ops.Cholesky, false, 0, func(i, j int) bool { return i < j }},
	{"det", ops.Det, false, 0, nil},
	{"logdet", ops.LogDet, false, 0, nil},
	{"cofactor", ops.Cofactor, false, 2, nil},
	{"inv", ops.Inv, false, 0, nil},
	{"solve", func(a graph.Value) graph.Value { return ops.Solve(a, columnOf(1, a)) }, false, 0, nil},
	{"solve for zeros", func(a graph.Value) graph.Value {
		return ops.Solve(a, columnOf(0, a))
	}, false, math.MaxInt, nil}, // the solution is 0, and a times 0 says nothing
	{"eigenvalues", func(a graph.Value) graph.Value { w, _ := ops.Eigh(a); return w }, false, 0, nil},
	{"eigenvectors", func(a graph.Value) graph.Value { _, v := ops.Eigh(a); return v }, false, 0, nil},
	{"singular values", func(a graph.Value) graph.Value { _, s, _ := ops.SVD(a); return s }, true, 0, nil},
	{"left singular vectors", func(a graph.Value) graph.Value { u, _, _ := ops.SVD(a); return u }, true, 0, nil},
	{"right singular vectors", func(a graph.Value) graph.Value { _, _, v := ops.SVD(a); return v }, true, 0, nil},
	{"q", func(a graph.Value) graph.Value { q, _ := ops.QR(a); return q }, true, 0, nil},
	{"r", func(a graph.Value) graph.Value { _, r := ops.QR(a); return r }, true, 0, func(i, j int) bool { return i > j }},
}

// columnOf returns constants v, one column for every matrix in x.
func columnOf(v float64, x graph.Value) graph.Value {
	shape := x.Shape()
	shape[len(shape)-1] = 1
	return x.Graph().ConstTensor(filled(v, shape...))
}

// TestDecompositionsOfNoNumbers puts NaN and infinities to every place of a matrix that stands in a batch with a good one.
// What comes of it is NaN, value and derivative by every way, wherever they stand; the other matrix does not notice, and
// where only that one is used, the gradient by the bad one is 0.
func TestDecompositionsOfNoNumbers(t *testing.T) {
	for _, d := range decompositions {
		t.Run(d.name, func(t *testing.T) {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				if testing.Short() && dtype == tensor.Float32 {
					continue
				}
				for _, s := range [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {17, 17}, {4, 2}, {3, 1}} {
					rows, cols := s[0], s[1]
					if rows > cols && !d.tall {
						continue
					}
					size := rows * cols
					step := 1
					if rows > 4 {
						step = size - 1
					}
					for at := 0; at < size; at += step {
						for _, v := range []float64{nan, inf, -inf} {
							spoilOne(t, fmt.Sprintf("%v of shape (%d,%d) with %v at %d", dtype, rows, cols, v, at), d.f, rows <= d.flat, d.outside, dtype, rows, cols, at, v)
						}
					}
				}
			}
		})
	}
}

func spoilOne(t *testing.T, what string, f func(graph.Value) graph.Value, flat bool, outside func(i, j int) bool, dtype tensor.DType, rows, cols, at int, v float64) {
	t.Helper()
	size := rows * cols
	numbers := make([]float64, 2*size)
	for k := range numbers {
		i, j := k/cols%rows, k%cols
		if numbers[k] = 1 / float64(1+i+j); i == j {
			numbers[k] = 3 + float64(i)
		}
	}
	good := graph.New(graph.WithDType(dtype))
	alone := f(good.VarTensor(tensor.Of(numbers, 2, rows, cols).To(dtype))).Tensor().Float64s()
	numbers[at] = v
	g := graph.New(graph.WithDType(dtype))
	a := g.VarTensor(tensor.Of(numbers, 2, rows, cols).To(dtype))
	y := f(a)
	check := func(which string, x []float64, want func(k int, v float64) bool) {
		t.Helper()
		for k, v := range x {
			if !want(k, v) {
				t.Fatalf("%s: %s, element %d is %v", what, which, k, v)
			}
		}
	}
	isNaN := func(_ int, v float64) bool { return v != v }
	isFinite := func(_ int, v float64) bool { return v-v == 0 }
	isSpoilt := func(k int, v float64) bool {
		if outside != nil && outside(k/cols, k%cols) {
			return v == 0
		}
		return v != v
	}
	byA, along := isNaN, isSpoilt
	if flat {
		byA = func(int, float64) bool { return true }
		along = byA
	}
	values := y.Tensor().Float64s()
	half := len(values) / 2
	check("value", values[:half], isSpoilt)
	for k, v := range values[half:] {
		if v != alone[half+k] {
			t.Fatalf("%s: element %d of the other matrix is %v, alone %v", what, k, v, alone[half+k])
		}
	}
	loss := ops.Sum(y)
	for way, dy := range map[string]*tensor.Tensor{
		"Backward": autograd.Backward(loss).Tensor(a),
		"Grad":     autograd.Grad(loss, a)[0].Tensor(),
	} {
		x := dy.Float64s()
		check(way, x[:size], byA)
		check(way+" by the other", x[size:], isFinite)
	}
	dy := autograd.Forward(y, []graph.Value{a}, []*tensor.Tensor{filled(1, 2, rows, cols)}).Float64s()
	check("Forward", dy[:half], along)
	check("Forward of the other", dy[half:], isFinite)
	if f := y.Node().Op().Row().Name; f == "cofactor" && rows > 2 {
		return // its derivative is a difference of cofactors, whatever the cotangent
	}
	used := ops.Sum(ops.Slice(y, 0, 1, 2))
	check("Backward where it is not used", autograd.Backward(used).Tensor(a).Float64s(), isFinite)
	check("Grad where it is not used", autograd.Grad(used, a)[0].Tensor().Float64s(), isFinite)
}

// TestSystemsOfNoNumbers puts NaN and infinities to every place of a right side: the others do not notice, nor do, of
// triangular systems, the elements that are solved for before it.
func TestSystemsOfNoNumbers(t *testing.T) {
	const n, cols = 4, 3
	a := make([]float64, n*n)
	for k := range a {
		if a[k] = 1 / float64(1+k/n+k%n); k%(n+1) == 0 {
			a[k] = 3
		}
	}
	for _, c := range []struct {
		name   string
		f      func(a, b graph.Value) graph.Value
		before func(i, at int) bool // element i is solved for before element at
	}{
		{"solve", ops.Solve, func(_, _ int) bool { return false }},
		{"solve_lower", ops.SolveLower, func(i, at int) bool { return i < at }},
		{"solve_upper", ops.SolveUpper, func(i, at int) bool { return i > at }},
	} {
		solution := func(at int, v float64) []float64 {
			g := graph.New()
			b := make([]float64, n*cols)
			for k := range b {
				b[k] = float64(1 + k)
			}
			if at >= 0 {
				b[at] = v
			}
			return c.f(g.VarTensor(tensor.Of(a, n, n)), g.VarTensor(tensor.Of(b, n, cols))).Tensor().Float64s()
		}
		alone := solution(-1, 0)
		for at := range n * cols {
			for _, v := range []float64{nan, inf, -inf} {
				for k, got := range solution(at, v) {
					same := k%cols != at%cols || c.before(k/cols, at/cols)
					if same != (got == alone[k]) || !same && finite(got) {
						t.Errorf("%s with %v at %d: element %d is %v, without %v", c.name, v, at, k, got, alone[k])
					}
				}
			}
		}
	}
}

func finite(v float64) bool { return v-v == 0 }
