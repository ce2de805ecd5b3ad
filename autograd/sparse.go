package autograd

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A Sparse is an M × N matrix of which only the entries that can be other than 0 are kept: entry k is Value[k], in row
// Row[k] and column Col[k]. The entries stand in row-major order, no place twice.
type Sparse struct {
	M, N     int
	Row, Col []int
	Value    []float64
}

// Dense returns the matrix as a tensor of shape (M, N). It panics with a [*graph.Error] if that has 2³¹ elements or
// more, or would take more than the limit of the Go runtime (GOMEMLIMIT).
func (s *Sparse) Dense() *tensor.Tensor {
	const op = "autograd.Sparse.Dense"
	s.check(op)
	if most := mostNumbers(); s.N > 0 && s.M > most/s.N {
		panic(graph.Errorf(op, graph.ErrLimit, "%d × %d elements are more than the %d that there may be: use the %d entries as they are", s.M, s.N, most, len(s.Value)))
	}
	t := tensor.New(tensor.Float64, s.M, s.N)
	dense := t.Float64s()
	for k, v := range s.Value {
		dense[s.Row[k]*s.N+s.Col[k]] = v
	}
	return t
}

// check panics with a [*graph.Error] unless the entries are those of a matrix.
func (s *Sparse) check(op string) {
	if s == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *autograd.Sparse: make one with autograd.SparseJacobian or autograd.SparseHessian"))
	}
	if s.M < 0 || s.N < 0 || len(s.Row) != len(s.Value) || len(s.Col) != len(s.Value) {
		panic(graph.Errorf(op, graph.ErrShape, "a matrix of %d × %d with %d rows, %d columns and %d values: give each entry one of each", s.M, s.N, len(s.Row), len(s.Col), len(s.Value)))
	}
	for k, i := range s.Row {
		if j := s.Col[k]; uint(i) >= uint(s.M) || uint(j) >= uint(s.N) {
			panic(graph.Errorf(op, graph.ErrIndex, "entry %d is in row %d and column %d of a matrix of %d × %d: both are counted from 0", k, i, j, s.M, s.N))
		}
	}
}

// MulVec fills dst with the product of the matrix with the column x and returns it; a nil dst is made. dst must not be a
// part of x. It panics with a [*graph.Error] if x has not N numbers or dst not M.
func (s *Sparse) MulVec(dst, x []float64) []float64 {
	const op = "autograd.Sparse.MulVec"
	s.check(op)
	dst = s.result(op, dst, x, s.M, s.N)
	for k, v := range s.Value {
		dst[s.Row[k]] += v * x[s.Col[k]]
	}
	return dst
}

// MulTransVec fills dst with the product of the transpose with the column x, which is that of the row x with the matrix,
// and returns it; a nil dst is made. dst must not be a part of x. It panics with a [*graph.Error] if x has not M numbers
// or dst not N.
func (s *Sparse) MulTransVec(dst, x []float64) []float64 {
	const op = "autograd.Sparse.MulTransVec"
	s.check(op)
	dst = s.result(op, dst, x, s.N, s.M)
	for k, v := range s.Value {
		dst[s.Col[k]] += v * x[s.Row[k]]
	}
	return dst
}

// result returns dst, or what is made in its place, cleared.
func (s *Sparse) result(op string, dst, x []float64, rows, columns int) []float64 {
	if len(x) != columns {
		panic(graph.Errorf(op, graph.ErrShape, "a vector of %d numbers for a matrix of %d × %d: give %d", len(x), s.M, s.N, columns))
	}
	if dst == nil {
		if most := mostNumbers(); rows > most {
			panic(graph.Errorf(op, graph.ErrLimit, "a product of %d numbers, more than the %d that there may be: use the %d entries as they are", rows, most, len(s.Value)))
		}
		return make([]float64, rows)
	}
	if len(dst) != rows {
		panic(graph.Errorf(op, graph.ErrShape, "dst has %d elements for a product of %d: give one for each, or nil", len(dst), rows))
	}
	if kernel.Overlap(dst, x) {
		panic(graph.Errorf(op, graph.ErrUsage, "dst and the vector share memory, and the product would be written over what it is made of: give dst a slice of its own, or nil"))
	}
	clear(dst)
	return dst
}
