package program_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// sameSecond bounds the relative difference of second derivatives to what the tape has.
const sameSecond = 1e-10

// numbersOf returns the elements of values, one after the other.
func numbersOf(values []graph.Value) (list []float64) {
	for _, v := range values {
		list = append(list, rowtest.Numbers(v.Tensor())...)
	}
	return list
}

// gradientsOf returns the derivatives of every element of y by the elements of xs, row by row.
func gradientsOf(y graph.Value, xs []graph.Value) (list []float64) {
	flat := ops.Reshape(y, y.Len())
	for i := range y.Len() {
		grads := autograd.Backward(ops.Index(flat, i))
		for _, x := range xs {
			list = append(list, rowtest.Numbers(grads.Tensor(x))...)
		}
	}
	return list
}

// TestSecondDerivativesOfEveryRow compares Hessians of a call of every row that compiles with a gradient of the gradient.
func TestSecondDerivativesOfEveryRow(t *testing.T) {
	for _, row := range graph.Rows() {
		if ok, _ := program.Compiles(row); !ok || row.Prepare != nil {
			continue
		}
		for _, s := range rowtest.Samples(t, row) {
			f := func(xs []graph.Value) graph.Value {
				y := rowtest.Weighted(s.Apply(xs))
				return ops.Add(y, ops.Square(y))
			}
			g := graph.New(graph.Traced())
			xs := rowtest.Variables(g, s.Operands)
			h, err := program.CompileHessian(f(xs), xs...)
			if err != nil {
				t.Errorf("%s %s: %v", row.Name, s.Text, err)
				continue
			}
			g = graph.New()
			xs = rowtest.Variables(g, s.Operands)
			var want []float64
			for _, grad := range autograd.Grad(f(xs), xs...) {
				want = append(want, gradientsOf(grad, xs)...)
			}
			at := numbersOf(xs)
			compareMatrix(t, row.Name+" "+s.Text, h.Dense(nil, at), want, sameSecond)
		}
	}
}

// TestJacobiansOfEveryRow compares sparse Jacobians of a call of every row that compiles with backward sweeps, in both
// ways.
func TestJacobiansOfEveryRow(t *testing.T) {
	for _, row := range graph.Rows() {
		if ok, _ := program.Compiles(row); !ok || row.Prepare != nil {
			continue
		}
		for _, s := range rowtest.Samples(t, row) {
			for _, limit := range entryLimits {
				restore := program.SetEntryLimit(limit)
				g := graph.New(graph.Traced())
				xs := rowtest.Variables(g, s.Operands)
				y := s.Apply(xs)
				if y.Len() == 0 {
					restore()
					break
				}
				j, err := program.CompileJacobian(y, xs...)
				restore()
				if err != nil {
					t.Errorf("%s %s: %v", row.Name, s.Text, err)
					continue
				}
				g = graph.New()
				xs = rowtest.Variables(g, s.Operands)
				want := gradientsOf(s.Apply(xs), xs)
				at := numbersOf(xs)
				compareMatrix(t, row.Name+" "+s.Text, j.Sparse(nil, nil, at).Dense().Float64s(), want, sameTensors)
			}
		}
	}
}

func compareMatrix(t *testing.T, name string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", name, len(got), len(want))
		return
	}
	for i, v := range got {
		if !rowtest.SameNumber(v, want[i], tolerance, 1) {
			t.Errorf("%s: entry %d is %v, want %v", name, i, v, want[i])
			return
		}
	}
}

// TestSecondDerivativesOfSpecialNumbers compares products of Hessians with a backward sweep through the recorded
// gradient, at numbers that are not finite, or 0, and for directions with zeros.
func TestSecondDerivativesOfSpecialNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	special := func() float64 { return rowtest.SpecialNumbers[rng.IntN(len(rowtest.SpecialNumbers))] }
	for _, row := range graph.Rows() {
		if ok, _ := program.Compiles(row); !ok || row.Prepare != nil {
			continue
		}
		for _, s := range rowtest.Samples(t, row) {
			f := func(xs []graph.Value) graph.Value {
				y := s.Apply(xs)
				return ops.Sum(ops.Mul(ops.Square(y), y))
			}
			g := graph.New(graph.Traced())
			xs := rowtest.Variables(g, s.Operands)
			h, err := program.CompileHessian(f(xs), xs...)
			if err != nil {
				t.Errorf("%s %s: %v", row.Name, s.Text, err)
				continue
			}
			for range 2 {
				var at []*tensor.Tensor
				var point, dir []float64
				for _, x := range s.Operands {
					x = x.Clone()
					for k := range x.Len() {
						if rng.IntN(3) == 0 {
							x.SetFlat(special(), k)
						}
						dir = append(dir, float64(rng.IntN(3))-1)
					}
					at = append(at, x)
					point = append(point, rowtest.Numbers(x)...)
				}
				g := graph.New()
				xs := rowtest.Variables(g, at)
				slope, rest := g.Const(0), dir
				for _, grad := range autograd.Grad(f(xs), xs...) {
					part := tensor.Of(rest[:grad.Len()], grad.Shape()...)
					rest = rest[grad.Len():]
					slope = ops.Add(slope, ops.Sum(ops.Mul(g.ConstTensor(part), grad)))
				}
				want := make([]float64, 0, len(point))
				grads := autograd.Backward(slope)
				for _, x := range xs {
					want = append(want, rowtest.Numbers(grads.Tensor(x))...)
				}
				if got := h.Product(nil, point, dir); !slices.EqualFunc(got, want, func(v, w float64) bool { return rowtest.SameNumber(v, w, sameSecond, 1) }) {
					t.Errorf("%s %s at %v along %v: %v, want %v", row.Name, s.Text, point, dir, got, want)
				}
			}
		}
	}
}
