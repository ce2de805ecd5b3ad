package ops

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/dense"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Factorizations run in float64 whatever the graph's precision, and their results are rounded once.

// An lu is the factorization P·L·U of a square matrix with row exchanges, and room for further matrices.
type lu struct {
	n      int
	data   []float64 // L below the diagonal, U on and above it
	pivots []int     // row i was exchanged with row pivots[i]

	room dense.Workspace
}

// newLU returns room for factors, to be given back by free.
func newLU(n int) *lu {
	f := &lu{n: n, pivots: make([]int, n)}
	f.data = f.room.Floats(n * n)
	return f
}

func (f *lu) free() { f.room.Free() }

// factor computes the factors of the matrix in t that begins at offset.
func (f *lu) factor(t *tensor.Tensor, offset int) {
	toFloat64(f.data, t, offset)
	f.factorData()
}

// factorData replaces a matrix that was put into data with its factors. Those of a matrix with an element that is infinite
// or NaN are NaN: elimination would leave it out where it is multiplied by 0, and divide by infinity.
func (f *lu) factorData() {
	if kernel.AllFinite(f.data) {
		dense.LU(f.n, f.data, f.n, f.pivots)
		return
	}
	kernel.Fill(f.data, math.NaN())
	for i := range f.pivots {
		f.pivots[i] = i
	}
}

// isNaN reports whether the factors are NaN. The first is an element of the matrix, which is finite otherwise.
func (f *lu) isNaN() bool { return f.n > 0 && f.data[0] != f.data[0] }

// zeroPivot returns the first pivot that is 0, or -1.
func (f *lu) zeroPivot() int {
	for i := range f.n {
		if f.data[i*(f.n+1)] == 0 {
			return i
		}
	}
	return -1
}

// wellPivotedRows is how many rows a matrix has for which it is worth to ask whether it is well pivoted.
const wellPivotedRows = 16

// wellPivoted reports whether the pivots are so close to each other in size that the inverse has nearly all of its digits.
func (f *lu) wellPivoted() bool {
	least, most := math.Inf(1), 0.0
	for i := range f.n {
		v := math.Abs(f.data[i*(f.n+1)])
		if !(v <= math.MaxFloat64) {
			return false
		}
		least, most = min(least, v), max(most, v)
	}
	return least*1024 > most
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
	if f.isNaN() {
		kernel.Fill(b, math.NaN())
		return
	}
	dense.SolveLU(transposed, f.n, f.data, f.n, f.pivots, b, cols, cols)
}

// invert sets inv to A⁻¹.
func (f *lu) invert(inv []float64) {
	if f.isNaN() {
		kernel.Fill(inv, math.NaN())
		return
	}
	dense.InvertLU(f.n, f.data, f.n, f.pivots, inv, f.n)
}

// A savedLU holds the factors of a batch of matrices for the backward pass, the pivots of each as a further row.
type savedLU struct {
	n    int
	data []float64
}

// saveLU returns room for the factors of a batch of so many n×n matrices, or none if nothing asks for a gradient.
func saveLU(node graph.Node, batch, n int) savedLU {
	if !node.WantsGrad() {
		return savedLU{n: n}
	}
	return savedLU{n, node.SaveFloat64(0, batch, n+1, n).Float64s()}
}

// keep keeps the factors of matrix k of the batch.
func (s savedLU) keep(k int, f *lu) {
	if s.data == nil {
		return
	}
	to := s.data[k*(s.n+1)*s.n:]
	copy(to, f.data)
	for i, p := range f.pivots {
		to[s.n*s.n+i] = float64(p)
	}
}

// restore sets f to the factors of matrix k of the batch. It must not be changed then.
func (s savedLU) restore(k int, f *lu) {
	from := s.data[k*(s.n+1)*s.n:]
	f.data = from[:s.n*s.n]
	for i := range f.pivots {
		f.pivots[i] = int(from[s.n*s.n+i])
	}
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
