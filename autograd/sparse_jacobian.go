package autograd

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// SparseJacobian returns the matrix of ∂fᵢ/∂xⱼ at a point of n numbers. f is called with n scalars, and its results,
// flattened in row-major order if they are tensors, make the rows. As with [ValueAndGrad], f must not keep values, nor
// the graph.
//
// The entries are those for which fᵢ is made of xⱼ by operations that pass a derivative on. They are read off the
// tape, not found by trying numbers: an entry can be 0, as that of x - x, or of the branch of an
// [github.com/seed366ff29f/chainrule/ops.Where] that was not taken. What has no derivative, such as a comparison or
// [github.com/seed366ff29f/chainrule/ops.Floor], makes none. The numbers are those of [Backward] from each of the
// results, to rounding.
//
// The time is that of recording f and, for each result, of a sweep through the operations that it is made of, in place
// of one through the whole tape. What many results are made of is swept through a few times, not for each. On scalars
// the pattern is exact. Elementwise operations on tensors are followed element by element, and so are those that move
// elements, sum them, or are linear with constant coefficients, whose zeros are no entries; of any other operation
// each element is taken to depend on all elements of the operands.
//
// It panics with a [*graph.Error] if f is nil or returns something else than values of its graph, and if the derivatives
// of a tensor operation are too many to hold, or the entries are: more than 2²⁸, or than the limit of the Go runtime
// (GOMEMLIMIT) has room for at 24 bytes each.
func SparseJacobian(f func(x []graph.Value) []graph.Value, at []float64) *Sparse {
	const op = "autograd.SparseJacobian"
	if f == nil {
		panic(noFunction(op))
	}
	t := sparseTapes.Get().(*sparseTape)
	g := t.g
	xs := g.Vars(at)
	ys := f(slices.Clone(xs))
	for i, y := range ys {
		if len(ys) == 1 {
			checkResult(op, g, y)
		} else {
			checkResultAt(op, g, i, y)
		}
	}
	checkPoint(op, xs, ys)
	n := len(at)
	s := t.sparse(op, ys, n, func(int) int { return n })
	t.giveBack()
	return s
}

// checkResultAt is checkResult for a function with several results.
func checkResultAt(op string, g *graph.Graph, i int, y graph.Value) {
	switch y.Graph() {
	case g:
		y.Check(op)
	case nil:
		panic(graph.Errorf(op, graph.ErrUsage, "result %d of the function is the zero graph.Value: return the value that it computes", i))
	default:
		panic(graph.Errorf(op, graph.ErrForeign, "result %d of the function is a value of another graph: compute it from the values that the function is called with", i))
	}
}

// checkPoint panics unless the leaves xs are on the tape as they were when ys were computed from them.
func checkPoint(op string, xs, ys []graph.Value) {
	for _, x := range xs[max(len(xs)-1, 0):] { // the last of them to be taken away
		x.Check(op)
		if x.Graph().Changed() {
			for _, y := range ys {
				checkRecorded(op, y)
			}
		}
	}
}

// SparseHessian returns the n × n matrix of second derivatives ∂²f/∂xᵢ∂xⱼ at a point of n numbers. f is called with n
// scalars and returns a scalar. The matrix is symmetric, and both halves of it are there.
//
// An entry (i, j) is there if ∂f/∂xᵢ is made of xⱼ. The gradient is recorded as [Grad] does and its entries are found as
// by [SparseJacobian]: that a sum is linear and a product is not, and that it is linear in each factor, is what the rules
// of the operations say. As there, an entry can be 0.
//
// It panics with a [*graph.Error] as [SparseJacobian] does, and if f's result is not a scalar.
func SparseHessian(f func(x []graph.Value) graph.Value, at []float64) *Sparse {
	const op = "autograd.SparseHessian"
	if f == nil {
		panic(noFunction(op))
	}
	t := sparseTapes.Get().(*sparseTape)
	g := t.g
	xs := g.Vars(at)
	y := f(slices.Clone(xs))
	checkResult(op, g, y)
	checkPoint(op, xs, nil)
	half := t.sparse(op, gradients(op, y, xs), len(at), func(row int) int { return row + 1 })
	t.giveBack()
	return mirrored(op, half)
}

// mirrored returns the symmetric matrix whose lower half is given.
func mirrored(op string, half *Sparse) *Sparse {
	n := half.N
	next := make([]int, n+1) // by row: where its next entry goes
	for k, i := range half.Row {
		next[i+1]++
		if j := half.Col[k]; j != i {
			next[j+1]++
		}
	}
	for i := range n {
		next[i+1] += next[i]
	}
	size := next[n]
	if most := mostEntries(); size > most {
		panic(graph.Errorf(op, graph.ErrLimit, "the matrix has %d entries, more than the %d that there may be: use products with vectors, as autograd.HVP returns", size, most))
	}
	s := &Sparse{M: n, N: n, Row: make([]int, size), Col: make([]int, size), Value: make([]float64, size)}
	put := func(i, j int, v float64) {
		k := next[i]
		next[i]++
		s.Row[k], s.Col[k], s.Value[k] = i, j, v
	}
	// The lower half goes first, row by row, and then what mirrors it: in each row, columns come in order.
	for k, i := range half.Row {
		put(i, half.Col[k], half.Value[k])
	}
	for k, i := range half.Row {
		if j := half.Col[k]; j != i {
			put(j, i, half.Value[k])
		}
	}
	return s
}
