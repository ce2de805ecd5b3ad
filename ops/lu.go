package ops

import (
	"fmt"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Factorizations run in float64 whatever the graph's precision, and their results are rounded once.

// An lu is the factorization P·L·U of a square matrix with row exchanges.
type lu struct {
	n      int
	data   []float64 // L below the diagonal, U on and above it
	pivots []int     // row i was exchanged with row pivots[i]
	work   []float64
}

func newLU(n int) *lu { return &lu{n: n, data: make([]float64, n*n), pivots: make([]int, n)} }

// factor computes the factors of the matrix in t that begins at offset.
func (f *lu) factor(t *tensor.Tensor, offset int) {
	toFloat64(f.data, t, offset)
	f.factorData()
}

// factorData replaces a matrix that was put into data with its factors.
func (f *lu) factorData() { lapack64.Getrf(general(f.n, f.n, f.data), f.pivots) }

// zeroPivot returns the first pivot that is 0, or -1.
func (f *lu) zeroPivot() int {
	for i := range f.n {
		if f.data[i*(f.n+1)] == 0 {
			return i
		}
	}
	return -1
}

// sign returns the sign of the row exchanges: 1, or -1 for an odd number of them.
func (f *lu) sign() float64 {
	sign := 1.0
	for i, p := range f.pivots {
		if i != p {
			sign = -sign
		}
	}
	return sign
}

// solve replaces the matrix b of the given number of columns with A⁻¹·b, or with A⁻ᵀ·b.
func (f *lu) solve(transposed bool, b []float64, cols int) {
	trans := blas.NoTrans
	if transposed {
		trans = blas.Trans
	}
	lapack64.Getrs(trans, general(f.n, f.n, f.data), general(f.n, cols, b), f.pivots)
}

// invert replaces the factors with A⁻¹.
func (f *lu) invert() {
	a := general(f.n, f.n, f.data)
	if f.work == nil {
		var size [1]float64
		lapack64.Getri(a, f.pivots, size[:], -1)
		f.work = make([]float64, int(size[0]))
	}
	lapack64.Getri(a, f.pivots, f.work, len(f.work))
}

func general(rows, cols int, data []float64) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: max(cols, 1), Data: data}
}

// whichMatrix names a matrix of operand i in a message: the only one, or matrix number k of a batch.
func whichMatrix(n graph.Node, i, k int) string {
	dims := n.In(i).Dims()
	if len(dims) == 2 {
		return "the matrix of shape " + tensor.FormatShape(dims)
	}
	index := slices.Clone(dims[:len(dims)-2])
	for l := len(index) - 1; l >= 0; l-- {
		index[l], k = k%dims[l], k/dims[l]
	}
	return fmt.Sprintf("matrix %s of the batch %s", tensor.FormatShape(index), tensor.FormatShape(dims))
}

// singularError reports a pivot that is 0 in matrix k of operand 0.
func singularError(n graph.Node, k, pivot int) *graph.Error {
	return n.Errorf(graph.ErrValue, "%s is singular: pivot %d of its LU factorization is 0: some row is a combination of others; add a multiple of the identity to it", whichMatrix(n, 0, k), pivot)
}
