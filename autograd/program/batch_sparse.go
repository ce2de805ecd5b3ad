package program

import (
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// SparseJacobian evaluates the program at many points that are taken from one vector, and returns the Jacobian of all
// results by that vector: a sum over meshes, observations or pairs, each of a few of many unknowns. Input k of point i is
// number index[i·Inputs()+k] of at. The rows are the results, point by point, and ys is filled with them. The first so many
// numbers of at are the unknowns, which the columns stand for; the others, such as measurements, are constants.
//
// The entries of a row are the unknowns among the inputs that the result depends on, in the order of the columns; what an
// unknown contributes that is several inputs is summed up. A derivative that is 0 whatever the inputs are makes no entry.
//
// The matrix is made if dst is nil; else it takes the place of what dst holds, in the same memory if that is enough: as
// from step to step of an iteration. Points are evaluated as [Program.EvalBatch] does. It panics with a [*graph.Error]
// if a length is not right, index names a number that at does not have, ys is a part of at, or the entries are too many
// to hold, in all or within the limit of the Go runtime (GOMEMLIMIT).
func (p *Program) SparseJacobian(dst *autograd.Sparse, ys, at []float64, index []int, unknowns int) *autograd.Sparse {
	const op = "program.Program.SparseJacobian"
	p.must(op)
	m, n := p.results, p.machine.inputs
	points := len(ys) / m
	switch {
	case len(ys) != points*m:
		panic(graph.Errorf(op, graph.ErrShape, "ys has room for %d numbers, and the program has %d results: give a row of them for each point", len(ys), m))
	case len(index) != points*n:
		panic(graph.Errorf(op, graph.ErrShape, "%d indices, and %d points of %d inputs have %d: give one for each input of each point", len(index), points, n, points*n))
	case unknowns < 0 || unknowns > len(at):
		panic(graph.Errorf(op, graph.ErrIndex, "%d unknowns among %d numbers: give 0 to %[2]d", unknowns, len(at)))
	}
	for k, i := range index {
		if uint(i) >= uint(len(at)) {
			panic(graph.Errorf(op, graph.ErrIndex, "input %d of point %d is number %d of %d: they are counted from 0", k%n, k/n, i, len(at)))
		}
	}
	depends, count := p.code.depends(m)
	a := &assembly{depends: depends, unknowns: unknowns, order: make([]int, n), lists: make([][]int, m)}
	for k := range a.order {
		a.order[k] = k
	}
	if most := mostHeld(mostEntries, entryBytes); count > 0 && points > most/count {
		panic(graph.Errorf(op, graph.ErrLimit, "the matrix may have %.3g entries, %d of each of %d points, more than %d: give fewer points at a time", float64(points)*float64(count), count, points, most))
	}
	if kernel.Overlap(ys, at) {
		panic(graph.Errorf(op, graph.ErrUsage, "the results and the numbers of the points share memory: give ys a slice of its own"))
	}
	size := points * count
	if dst == nil {
		dst = new(autograd.Sparse)
	}
	dst.M, dst.N = len(ys), unknowns
	dst.Row, dst.Col, dst.Value = slices.Grow(dst.Row[:0], size), slices.Grow(dst.Col[:0], size), slices.Grow(dst.Value[:0], size)
	a.out = dst
	const block = 1024 // points, whose dense Jacobians stay in the processor's caches
	inputs, jacobians := make([]float64, min(block, points)*n), make([]float64, min(block, points)*m*n)
	for from := 0; from < points; from += block {
		to := min(from+block, points)
		inputs, jacobians := inputs[:(to-from)*n], jacobians[:(to-from)*m*n]
		for k, i := range index[from*n : to*n] {
			inputs[k] = at[i]
		}
		p.evalBatch(ys[from*m:to*m], jacobians, inputs)
		for i := from; i < to; i++ {
			a.add(i*m, index[i*n:(i+1)*n], jacobians[(i-from)*m*n:(i-from+1)*m*n])
		}
	}
	return dst
}

// mostEntries is how many entries a sparse matrix may have, of 24 bytes each.
const (
	mostEntries = 1 << 28
	entryBytes  = 24
)

// depends returns for each derivative whether there is one: whether it is something else than 0 for all inputs.
func (c *code) depends(results int) (list []bool, count int) {
	for _, v := range c.outs[results:] {
		k := int(v) - c.inputs
		is := k < 0 || k >= len(c.consts) || c.consts[k] != 0
		if is {
			count++
		}
		list = append(list, is)
	}
	return list, count
}

// An assembly puts the Jacobians of points together.
type assembly struct {
	depends  []bool
	unknowns int
	order    []int // inputs in the order of their columns
	lists    [][]int
	known    int  // inputs that are constants: the last ones in order
	listed   bool // lists has, for each result, the inputs in this order that it depends on and that are unknowns
	out      *autograd.Sparse
}

// add appends the rows of a point, whose inputs have the given columns, for results from the given row on. The inputs of
// most points have the same order as those of the point before.
func (a *assembly) add(row int, columns []int, jacobian []float64) {
	a.sort(columns)
	n, out := len(columns), a.out
	for r, list := range a.lists {
		jacobian := jacobian[r*n:][:n]
		from := len(out.Value)
		rows, cols, values := out.Row[from:from+len(list)], out.Col[from:from+len(list)], out.Value[from:from+len(list)]
		last, k := -1, 0
		for _, i := range list {
			column := columns[i]
			if column == last {
				values[k-1] += jacobian[i]
				continue
			}
			rows[k], cols[k], values[k] = row+r, column, jacobian[i]
			last = column
			k++
		}
		out.Row, out.Col, out.Value = out.Row[:from+k], out.Col[:from+k], out.Value[:from+k]
	}
}

// sort sorts the inputs of a point by their columns, and lists for each result those that make entries.
func (a *assembly) sort(columns []int) {
	order, n := a.order, len(columns)
	for i := 1; i < n; i++ { // most often they are in order already
		for k := i; k > 0 && columns[order[k-1]] > columns[order[k]]; k-- {
			order[k-1], order[k] = order[k], order[k-1]
			a.listed = false
		}
	}
	known := 0
	for known < n && columns[order[n-1-known]] >= a.unknowns {
		known++
	}
	if a.listed && known == a.known {
		return
	}
	a.listed, a.known = true, known
	for r := range a.lists {
		a.lists[r] = a.lists[r][:0]
		for _, i := range order[:n-known] {
			if a.depends[r*n+i] {
				a.lists[r] = append(a.lists[r], i)
			}
		}
	}
}
