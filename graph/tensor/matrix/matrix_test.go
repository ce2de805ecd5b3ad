package matrix_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/graph/tensor/matrix"
	"gonum.org/v1/gonum/mat"
)

func ExampleDense() {
	a := matrix.Dense(tensor.Of([]float64{2, 1, 1, 1}, 2, 2))
	var inverse mat.Dense
	if err := inverse.Inverse(a); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(matrix.Of(&inverse))
	// Output: [[1 -1] [-1 2]]
}

func TestOf(t *testing.T) {
	m := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})
	for _, c := range []struct {
		name  string
		m     mat.Matrix
		shape []int
		want  []float64
	}{
		{"dense", m, []int{2, 3}, []float64{1, 2, 3, 4, 5, 6}},
		{"rows of a larger one", m.Slice(1, 2, 0, 3), []int{1, 3}, []float64{4, 5, 6}},
		{"columns of a larger one", m.Slice(0, 2, 1, 3), []int{2, 2}, []float64{2, 3, 5, 6}},
		{"one row, in part", m.Slice(0, 1, 1, 3), []int{1, 2}, []float64{2, 3}},
		{"one column", m.Slice(0, 2, 2, 3), []int{2, 1}, []float64{3, 6}},
		{"transpose", m.T(), []int{3, 2}, []float64{1, 4, 2, 5, 3, 6}},
		{"symmetric", mat.NewSymDense(2, []float64{1, 2, 9, 3}), []int{2, 2}, []float64{1, 2, 2, 3}},
		{"triangular", mat.NewTriDense(2, mat.Lower, []float64{1, 9, 2, 3}), []int{2, 2}, []float64{1, 0, 2, 3}},
		{"vector", mat.NewVecDense(2, []float64{7, 8}), []int{2, 1}, []float64{7, 8}},
		{"empty", new(mat.Dense), []int{0, 0}, nil},
	} {
		got := matrix.Of(c.m)
		if diff := cmp.Diff([]any{c.shape, c.want}, []any{got.Shape(), got.Float64s()}, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestDense(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		x := tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3).To(dtype)
		if m := matrix.Dense(x); !mat.Equal(m, mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})) {
			t.Errorf("%v: got %v", dtype, mat.Formatted(m))
		}
	}
	if m := matrix.Dense(tensor.New(tensor.Float64, 0, 0)); !m.IsEmpty() {
		t.Errorf("the matrix of shape (0,0) is %v, want the empty one", mat.Formatted(m))
	}
}

// TestStorage checks which numbers are shared and which copied.
func TestStorage(t *testing.T) {
	x := tensor.Of([]float64{1, 2, 3, 4}, 2, 2)
	matrix.Dense(x).Set(1, 0, 9)
	if got := x.At(1, 0); got != 9 {
		t.Errorf("a matrix over a float64 tensor: its element is %v, want the 9 that was set", got)
	}
	y := x.To(tensor.Float32)
	matrix.Dense(y).Set(0, 0, 9)
	if got := y.At(0, 0); got != 1 {
		t.Errorf("a matrix of a float32 tensor: its element is %v, want 1 as before", got)
	}
	m := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	matrix.Of(m).SetAt(9, 0, 1)
	if got := m.At(0, 1); got != 9 {
		t.Errorf("a tensor over a matrix: its element is %v, want the 9 that was set", got)
	}
	matrix.Of(m.T()).SetAt(7, 0, 0)
	if got := m.At(0, 0); got != 1 {
		t.Errorf("a tensor of a transpose: its element is %v, want 1 as before", got)
	}
}

func TestMisuse(t *testing.T) {
	var noDense *mat.Dense
	for _, c := range []struct {
		name string
		kind tensor.Kind
		f    func()
	}{
		{"no matrix", tensor.ErrUsage, func() { matrix.Of(nil) }},
		{"a nil matrix", tensor.ErrUsage, func() { matrix.Of(noDense) }},
		{"a nil tensor", tensor.ErrUsage, func() { matrix.Dense(nil) }},
		{"a scalar", tensor.ErrShape, func() { matrix.Dense(tensor.New(tensor.Float64)) }},
		{"a vector", tensor.ErrShape, func() { matrix.Dense(tensor.New(tensor.Float64, 3)) }},
		{"three axes", tensor.ErrShape, func() { matrix.Dense(tensor.New(tensor.Float64, 1, 2, 3)) }},
		{"no rows", tensor.ErrShape, func() { matrix.Dense(tensor.New(tensor.Float64, 0, 3)) }},
		{"no columns", tensor.ErrShape, func() { matrix.Dense(tensor.New(tensor.Float32, 3, 0)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				err, _ := recover().(*tensor.Error)
				if err == nil || !errors.Is(err, c.kind) {
					t.Errorf("panicked with %v, want a *tensor.Error of kind %v", err, c.kind)
				}
			}()
			c.f()
		})
	}
}
