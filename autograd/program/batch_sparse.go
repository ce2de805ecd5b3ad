package program

import (
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
)

// SparseJacobian evaluates the program at many points that are taken from one vector, and returns the Jacobian of all
// results by that vector: a sum over meshes, observations or pairs, each of a few of many unknowns. Input k of point i is
// number index[i·Inputs()+k] of at. The rows are the results, point by point, and ys is filled with them. The first so many
// numbers of at are the unknowns, which the columns stand for; the others, such as measurements, are constants.
//
// The entries of a row are the unknowns among the inputs that the result depends on, in the order of the columns; what an
// unknown contributes that is several inputs is summed up. A derivative that is 0 whatever the inputs are makes no entry.
//
// Points are evaluated as [Program.EvalBatch] does. It panics with a [*graph.Error] if a length is not right or index
// names a number that at does not have.
func (p *Program) SparseJacobian(ys, at []float64, index []int, unknowns int) *autograd.Sparse {
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
	a := &assembly{depends: depends, unknowns: unknowns, order: make([]int, n)}
	for k := range a.order {
		a.order[k] = k
	}
	size := points*count + n // and room for a row without gaps
	a.out = &autograd.Sparse{M: len(ys), N: unknowns, Row: make([]int, 0, size), Col: make([]int, 0, size), Value: make([]float64, 0, size)}
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
	return a.out
}

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
	order    []int // inputs in the order of their columns, first those of the point before
	out      *autograd.Sparse
}

// add appends the rows of a point, whose inputs have the given columns, for results from the given row on.
func (a *assembly) add(row int, columns []int, jacobian []float64) {
	order, n, out := a.order, len(columns), a.out
	for i := 1; i < n; i++ { // most often they are in order already
		for k := i; k > 0 && columns[order[k-1]] > columns[order[k]]; k-- {
			order[k-1], order[k] = order[k], order[k-1]
		}
	}
	for ; len(jacobian) > 0; jacobian, row = jacobian[n:], row+1 {
		depends := a.depends[(len(a.depends) - len(jacobian)):][:n]
		k, last := len(out.Value), -1
		rows, cols, values := out.Row[:k+n], out.Col[:k+n], out.Value[:k+n]
		for _, i := range order {
			column := columns[i]
			if column >= a.unknowns {
				break
			}
			switch {
			case !depends[i]:
			case column == last:
				values[k-1] += jacobian[i]
			default:
				rows[k], cols[k], values[k] = row, column, jacobian[i]
				last = column
				k++
			}
		}
		out.Row, out.Col, out.Value = rows[:k], cols[:k], values[:k]
	}
}
