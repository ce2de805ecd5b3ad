// Package matrix turns matrices of gonum into tensors and back, so that data and results pass between this module and
// gonum's linear algebra, statistics and optimizers without a loop. It knows nothing of gradients.
//
//	t := matrix.Of(m)    // a tensor of shape (rows, columns)
//	d := matrix.Dense(t) // a *mat.Dense
//
// Misuse panics with [*tensor.Error], as in package tensor.
package matrix

import (
	"reflect"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"gonum.org/v1/gonum/mat"
)

// Of returns m as a float64 tensor of shape (rows, columns). A [*mat.Dense] whose rows lie together in memory, as all do
// that are not parts of larger ones, shares its numbers with the tensor, as a slice does in [tensor.Of]: use
// Of(m).Clone() where m goes on changing. Any other matrix is copied, element by element: a transpose, a symmetric or
// triangular matrix, a vector.
func Of(m mat.Matrix) *tensor.Tensor {
	if v := reflect.ValueOf(m); m == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		panic(tensor.Errorf("matrix.Of", tensor.ErrUsage, "the matrix is nil: make one with mat.NewDense"))
	}
	rows, columns := m.Dims()
	if d, ok := m.(*mat.Dense); ok {
		if raw := d.RawMatrix(); raw.Stride == columns || rows == 1 {
			return tensor.Of(raw.Data[:rows*columns], rows, columns)
		}
	}
	data := make([]float64, 0, rows*columns)
	for i := range rows {
		for j := range columns {
			data = append(data, m.At(i, j))
		}
	}
	return tensor.Of(data, rows, columns)
}

// Dense returns a tensor of shape (rows, columns) as a matrix. It shares its numbers with a float64 tensor: after
// writing to the matrix call [tensor.Tensor.MarkChanged], or use Dense(t.Clone()). A float32 tensor is copied. It panics
// with a [*tensor.Error] if t does not have two axes, or only one of them has no elements: such a matrix gonum does not
// have.
func Dense(t *tensor.Tensor) *mat.Dense {
	const op = "matrix.Dense"
	if t == nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "the tensor is nil: make one with tensor.New or tensor.Of"))
	}
	if t.Rank() != 2 {
		panic(tensor.Errorf(op, tensor.ErrShape, "shape %s: a matrix has two axes; use Tensor.Reshape, with n and 1 for a column", tensor.FormatShape(t.Shape())))
	}
	rows, columns := t.Dims()[0], t.Dims()[1]
	switch {
	case rows == 0 && columns == 0:
		return new(mat.Dense)
	case rows == 0 || columns == 0:
		panic(tensor.Errorf(op, tensor.ErrShape, "shape %s: gonum has no matrix with elements along one axis only", tensor.FormatShape(t.Shape())))
	}
	return mat.NewDense(rows, columns, t.Float64s())
}
