package minimize

import (
	"sort"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"gonum.org/v1/gonum/mat"
)

// A Sparse is a sparse matrix of package autograd as one of gonum's: a [mat.Matrix] whose entries that are not kept are
// 0. It also has the method by which gonum visits what is not 0, DoNonZero, and products with vectors, MulVecTo.
type Sparse struct{ *autograd.Sparse }

// Matrix returns s as a matrix of gonum's. It shares the entries of s, which must stand in row-major order, as they do in
// what autograd returns. It panics with a [*graph.Error] if they do not, or s is nil.
func Matrix(s *autograd.Sparse) Sparse {
	const op = "minimize.Matrix"
	checkEntries(op, s)
	return Sparse{s}
}

// checkEntries panics with a [*graph.Error] unless the entries are those of a matrix, in row-major order.
func checkEntries(op string, s *autograd.Sparse) {
	if s == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *autograd.Sparse: make one with autograd.SparseJacobian or autograd.SparseHessian"))
	}
	checkLengths(op, s)
	for k, i := range s.Row {
		j := s.Col[k]
		if uint(i) >= uint(s.M) || uint(j) >= uint(s.N) {
			panic(graph.Errorf(op, graph.ErrIndex, "entry %d is in row %d and column %d of a matrix of %d × %d: both are counted from 0", k, i, j, s.M, s.N))
		}
		if k > 0 && (s.Row[k-1] > i || s.Row[k-1] == i && s.Col[k-1] >= j) {
			panic(graph.Errorf(op, graph.ErrUsage, "entry %d, in row %d and column %d, comes after one in row %d and column %d: sort them by row and column, no place twice", k, i, j, s.Row[k-1], s.Col[k-1]))
		}
	}
}

// checkLengths is the part of checkEntries that does not look at every entry.
func checkLengths(op string, s *autograd.Sparse) {
	if s.M < 0 || s.N < 0 || len(s.Row) != len(s.Value) || len(s.Col) != len(s.Value) {
		panic(graph.Errorf(op, graph.ErrShape, "a matrix of %d × %d with %d rows, %d columns and %d values: give each entry one of each", s.M, s.N, len(s.Row), len(s.Col), len(s.Value)))
	}
}

// Dims returns the numbers of rows and of columns.
func (s Sparse) Dims() (r, c int) {
	s.must("minimize.Sparse.Dims")
	return s.M, s.N
}

func (s Sparse) must(op string) {
	if s.Sparse == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got the zero minimize.Sparse: make one with minimize.Matrix"))
	}
	checkLengths(op, s.Sparse) // it may have changed
}

// At returns the element in row i and column j, which is looked for by halves. It panics with [mat.ErrRowAccess] or
// [mat.ErrColAccess], as gonum's matrices do, if there is none.
func (s Sparse) At(i, j int) float64 {
	s.must("minimize.Sparse.At")
	if uint(i) >= uint(s.M) {
		panic(mat.ErrRowAccess)
	}
	if uint(j) >= uint(s.N) {
		panic(mat.ErrColAccess)
	}
	k := sort.Search(len(s.Value), func(k int) bool { return s.Row[k] > i || s.Row[k] == i && s.Col[k] >= j })
	if k < len(s.Value) && s.Row[k] == i && s.Col[k] == j {
		return s.Value[k]
	}
	return 0
}

// T returns the transpose, a view.
func (s Sparse) T() mat.Matrix { return mat.Transpose{Matrix: s} }

// DoNonZero calls f for each entry, in row-major order, those that happen to be 0 too.
func (s Sparse) DoNonZero(f func(i, j int, v float64)) {
	const op = "minimize.Sparse.DoNonZero"
	s.must(op)
	if f == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil function: pass the one to call for each entry"))
	}
	for k, v := range s.Value {
		f(s.Row[k], s.Col[k], v)
	}
}

// MulVecTo sets dst to the product of the matrix, or of its transpose if trans is true, with x. dst is made as long as
// it has to be if it is empty; it may be x. It panics with a [*graph.Error] if x has another length than the matrix has
// columns, or rows if trans is true, and with [mat.ErrShape] if dst has another one than the product.
func (s Sparse) MulVecTo(dst *mat.VecDense, trans bool, x mat.Vector) {
	const op = "minimize.Sparse.MulVecTo"
	s.must(op)
	if v, dense := x.(*mat.VecDense); dst == nil || x == nil || dense && v == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil vector: make one with mat.NewVecDense"))
	}
	v := make([]float64, x.Len())
	for i := range v {
		v[i] = x.AtVec(i)
	}
	var y []float64
	if trans {
		y = s.MulTransVec(nil, v)
	} else {
		y = s.MulVec(nil, v)
	}
	switch {
	case len(y) == 0:
		dst.Reset()
	case dst.IsEmpty() || dst.Len() == len(y):
		dst.CloneFromVec(mat.NewVecDense(len(y), y))
	default:
		panic(mat.ErrShape)
	}
}
