package minimize

import (
	"sort"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"gonum.org/v1/gonum/mat"
)

// A Sparse is a sparse matrix of package autograd as one of gonum's: a [mat.Matrix] whose entries that are not kept are
// 0. It also has the method by which gonum visits what is not 0, DoNonZero, and products with vectors, MulVecTo.
type Sparse struct {
	*autograd.Sparse
	start []int // by row: where its entries begin
}

// Matrix returns s as a matrix of gonum's. It shares the entries of s, which must stand in row-major order, as they do in
// what autograd returns. It panics with a [*graph.Error] if they do not, or s is nil.
func Matrix(s *autograd.Sparse) Sparse {
	checkEntries("minimize.Matrix", s)
	start := make([]int, s.M+1)
	for _, i := range s.Row {
		start[i+1]++
	}
	for i := range s.M {
		start[i+1] += start[i]
	}
	return Sparse{s, start}
}

// checkEntries panics unless s has the entries of a matrix in row-major order.
func checkEntries(op string, s *autograd.Sparse) {
	if s == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *autograd.Sparse: make one with autograd.SparseJacobian or autograd.SparseHessian"))
	}
	if s.M < 0 || s.N < 0 || len(s.Row) != len(s.Value) || len(s.Col) != len(s.Value) {
		panic(graph.Errorf(op, graph.ErrShape, "a matrix of %d × %d with %d rows, %d columns and %d values: give each entry one of each", s.M, s.N, len(s.Row), len(s.Col), len(s.Value)))
	}
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

// Dims returns the numbers of rows and of columns.
func (s Sparse) Dims() (r, c int) {
	s.must("minimize.Sparse.Dims")
	return s.M, s.N
}

func (s Sparse) must(op string) {
	if s.Sparse == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got the zero minimize.Sparse: make one with minimize.Matrix"))
	}
}

// At returns the element in row i and column j. It panics with [mat.ErrRowAccess] or [mat.ErrColAccess], as gonum's
// matrices do, if there is none.
func (s Sparse) At(i, j int) float64 {
	s.must("minimize.Sparse.At")
	if uint(i) >= uint(s.M) {
		panic(mat.ErrRowAccess)
	}
	if uint(j) >= uint(s.N) {
		panic(mat.ErrColAccess)
	}
	columns := s.Col[s.start[i]:s.start[i+1]]
	if k := sort.SearchInts(columns, j); k < len(columns) && columns[k] == j {
		return s.Value[s.start[i]+k]
	}
	return 0
}

// T returns the transpose, a view.
func (s Sparse) T() mat.Matrix { return mat.Transpose{Matrix: s} }

// DoNonZero calls f for each entry, in row-major order, those that happen to be 0 too.
func (s Sparse) DoNonZero(f func(i, j int, v float64)) {
	s.must("minimize.Sparse.DoNonZero")
	for k, v := range s.Value {
		f(s.Row[k], s.Col[k], v)
	}
}

// MulVecTo sets dst to the product of the matrix, or of its transpose if trans is true, with x. dst is made as long as
// it has to be if it is empty.
func (s Sparse) MulVecTo(dst *mat.VecDense, trans bool, x mat.Vector) {
	const op = "minimize.Sparse.MulVecTo"
	s.must(op)
	if dst == nil || x == nil {
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
