package minimize_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"gonum.org/v1/gonum/mat"
)

func TestMatrix(t *testing.T) {
	s := minimize.Matrix(&autograd.Sparse{M: 3, N: 4, Row: []int{0, 0, 2}, Col: []int{0, 2, 3}, Value: []float64{1, 2, 3}})
	dense := mat.NewDense(3, 4, []float64{1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3})
	if !mat.Equal(dense, s) {
		t.Errorf("got\n%v, want\n%v", mat.Formatted(s), mat.Formatted(dense))
	}
	if !mat.Equal(dense.T(), s.T()) {
		t.Errorf("transpose: got\n%v, want\n%v", mat.Formatted(s.T()), mat.Formatted(dense.T()))
	}
	var got, want mat.Dense
	got.Mul(s.T(), s)
	want.Mul(dense.T(), dense)
	if !mat.Equal(&want, &got) {
		t.Errorf("product: got\n%v, want\n%v", mat.Formatted(&got), mat.Formatted(&want))
	}
	entries := 0
	s.DoNonZero(func(i, j int, v float64) {
		entries++
		if v != dense.At(i, j) {
			t.Errorf("DoNonZero: %v at (%d, %d), want %v", v, i, j, dense.At(i, j))
		}
	})
	if entries != 3 {
		t.Errorf("DoNonZero: %d entries, want 3", entries)
	}
	var y mat.VecDense
	s.MulVecTo(&y, false, mat.NewVecDense(4, []float64{1, 1, 1, 2}))
	if diff := cmp.Diff([]float64{3, 0, 6}, y.RawVector().Data); diff != "" {
		t.Errorf("MulVecTo: mismatch (-want +got):\n%s", diff)
	}
	y = *mat.NewVecDense(4, nil)
	s.MulVecTo(&y, true, mat.NewVecDense(3, []float64{1, 1, 2}))
	if diff := cmp.Diff([]float64{1, 0, 2, 6}, y.RawVector().Data); diff != "" {
		t.Errorf("MulVecTo of the transpose: mismatch (-want +got):\n%s", diff)
	}
	if p := panicOf(func() { s.At(3, 0) }); p != mat.ErrRowAccess {
		t.Errorf("row 3: got %v, want %v", p, mat.ErrRowAccess)
	}
	if p := panicOf(func() { s.At(0, -1) }); p != mat.ErrColAccess {
		t.Errorf("column -1: got %v, want %v", p, mat.ErrColAccess)
	}
	if p := panicOf(func() { s.MulVecTo(mat.NewVecDense(2, nil), false, mat.NewVecDense(4, nil)) }); p != mat.ErrShape {
		t.Errorf("a vector of another length: got %v, want %v", p, mat.ErrShape)
	}
}

func TestMatrixErrors(t *testing.T) {
	tests := []struct {
		want string
		f    func()
	}{
		{"minimize.Matrix: got a nil *autograd.Sparse: make one with autograd.SparseJacobian or autograd.SparseHessian", func() { minimize.Matrix(nil) }},
		{"minimize.Matrix: a matrix of 1 × 1 with 1 rows, 0 columns and 0 values: give each entry one of each", func() { minimize.Matrix(&autograd.Sparse{M: 1, N: 1, Row: []int{0}}) }},
		{"minimize.Matrix: entry 0 is in row 0 and column 1 of a matrix of 1 × 1: both are counted from 0", func() {
			minimize.Matrix(&autograd.Sparse{M: 1, N: 1, Row: []int{0}, Col: []int{1}, Value: []float64{1}})
		}},
		{"minimize.Matrix: entry 1, in row 0 and column 0, comes after one in row 0 and column 0: sort them by row and column, no place twice", func() {
			minimize.Matrix(&autograd.Sparse{M: 1, N: 1, Row: []int{0, 0}, Col: []int{0, 0}, Value: []float64{1, 2}})
		}},
		{"minimize.Sparse.Dims: got the zero minimize.Sparse: make one with minimize.Matrix", func() { minimize.Sparse{}.Dims() }},
		{"minimize.Sparse.MulVecTo: got a nil vector: make one with mat.NewVecDense", func() { minimize.Matrix(&autograd.Sparse{}).MulVecTo(nil, false, nil) }},
		{"minimize.Sparse.MulVecTo: got a nil vector: make one with mat.NewVecDense", func() {
			minimize.Matrix(&autograd.Sparse{}).MulVecTo(new(mat.VecDense), false, (*mat.VecDense)(nil))
		}},
		{"minimize.Sparse.DoNonZero: got a nil function: pass the one to call for each entry", func() { minimize.Matrix(&autograd.Sparse{}).DoNonZero(nil) }},
		{"minimize.Matrix: a matrix of -1 × 2 with 0 rows, 0 columns and 0 values: give each entry one of each", func() { minimize.Matrix(&autograd.Sparse{M: -1, N: 2}) }},
		{fmt.Sprintf("autograd.Sparse.MulVec: a product of %d numbers, more than the %d that there may be: use the 0 entries as they are", math.MaxInt, min(1<<31-1, math.MaxInt/16)), func() {
			minimize.Matrix(&autograd.Sparse{M: math.MaxInt}).MulVecTo(new(mat.VecDense), false, new(mat.VecDense))
		}},
	}
	// A matrix that changes afterwards is read as it is, unless it is none any more.
	for name, call := range map[string]func(m minimize.Sparse){
		"Dims":      func(m minimize.Sparse) { m.Dims() },
		"At":        func(m minimize.Sparse) { m.At(0, 0) },
		"DoNonZero": func(m minimize.Sparse) { m.DoNonZero(func(int, int, float64) {}) },
		"MulVecTo":  func(m minimize.Sparse) { m.MulVecTo(new(mat.VecDense), false, mat.NewVecDense(2, nil)) },
	} {
		s := &autograd.Sparse{M: 2, N: 2, Row: []int{0, 1}, Col: []int{0, 1}, Value: []float64{1, 2}}
		m := minimize.Matrix(s)
		*s = autograd.Sparse{M: 3, N: 2, Row: []int{2}, Col: []int{1}, Value: []float64{5}}
		call(m)
		if r, _ := m.Dims(); r != 3 || m.At(2, 1) != 5 || m.At(0, 0) != 0 || m.At(1, 1) != 0 {
			t.Errorf("%s: the changed matrix is read as %v", name, mat.Formatted(m))
		}
		s.Row = nil
		want := "minimize.Sparse." + name + ": a matrix of 3 × 2 with 0 rows, 1 columns and 1 values: give each entry one of each"
		if diff := cmp.Diff(want, message(func() { call(m) })); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, message(test.f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}
