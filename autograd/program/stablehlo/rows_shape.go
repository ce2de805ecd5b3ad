package stablehlo

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"reshape":       reshaped,
	"squeeze":       reshaped,
	"unsqueeze":     reshaped,
	"stop_gradient": reshaped,
	"on_gradient":   reshaped,
	"broadcast":     func(e *emitter, n graph.Node, in []value) value { return e.stretch(in[0], n.Dims()) },
	"sum_to":        func(e *emitter, n graph.Node, in []value) value { return e.sumTo(in[0], n.Dims()) },
	"permute":       func(e *emitter, n graph.Node, in []value) value { return e.permute(in[0], n.Ints()...) },
	"transpose":     func(e *emitter, _ graph.Node, in []value) value { return e.transpose(in[0]) },
	"slice": func(e *emitter, n graph.Node, in []value) value {
		axis, start := n.Int(0), n.Int(1)
		return e.along(in[0], axis, start, start+n.Dims()[axis])
	},
	"pad": func(e *emitter, n graph.Node, in []value) value {
		axis, before := n.Int(0), n.Int(1)
		return e.pad(in[0], axis, before, n.Dims()[axis]-before-in[0].dims[axis])
	},
	"concat": func(e *emitter, n graph.Node, in []value) value { return e.joined(n.Int(0), in...) },
	"stack": func(e *emitter, n graph.Node, in []value) value {
		axis := n.Int(0)
		parts := make([]value, len(in))
		for i, x := range in {
			parts[i] = e.reshape(x, slices.Insert(slices.Clone(x.dims), axis, 1)...)
		}
		return e.joined(axis, parts...)
	},
	"flip": func(e *emitter, n graph.Node, in []value) value { return e.reversed(in[0], n.Int(0)) },
	"roll": func(e *emitter, n graph.Node, in []value) value {
		x, axis, shift := in[0], n.Int(0), n.Int(1)
		if shift == 0 {
			return x
		}
		from := x.dims[axis] - shift
		return e.joined(axis, e.along(x, axis, from, x.dims[axis]), e.along(x, axis, 0, from))
	},
	"tile": func(e *emitter, n graph.Node, in []value) value { return e.copies(in[0], n.Int(0), n.Int(1), n.Dims()) },
	"repeat": func(e *emitter, n graph.Node, in []value) value {
		return e.copies(in[0], n.Int(0)+1, n.Int(1), n.Dims())
	},
	"diagonal": func(e *emitter, _ graph.Node, in []value) value {
		return e.diagonal(in[0])
	},
	"trace": func(e *emitter, _ graph.Node, in []value) value {
		d := e.diagonal(in[0])
		return e.sum(d, d.rank()-1)
	},
	"diagonal_matrix": func(e *emitter, n graph.Node, in []value) value {
		// In rows of n+1 numbers, the first of which is on the diagonal, the elements stand as in rows of n.
		x, k := in[0], in[0].rank()-1
		lead, d := x.dims[:k], x.dims[k]
		y := e.pad(e.reshape(x, slices.Concat(x.dims, []int{1})...), k+1, 0, d)
		y = e.along(e.reshape(y, slices.Concat(lead, []int{d * (d + 1)})...), k, 0, d*d)
		return e.reshape(y, n.Dims()...)
	},
	"tril": func(e *emitter, n graph.Node, in []value) value { return e.triangle(in[0], "LE", n.Int(0)) },
	"triu": func(e *emitter, n graph.Node, in []value) value { return e.triangle(in[0], "GE", n.Int(0)) },
})

// reshaped is the form of operations that change the shape alone.
func reshaped(e *emitter, n graph.Node, in []value) value { return e.reshape(in[0], n.Dims()...) }

// sumTo returns x summed over the axes along which a shape would stretch to that of x.
func (e *emitter) sumTo(x value, dims []int) value {
	var axes []int
	lead := x.rank() - len(dims)
	for i, d := range x.dims {
		if i < lead || d != dims[i-lead] {
			axes = append(axes, i)
		}
	}
	return e.reshape(e.sum(x, axes...), dims...)
}

// transpose swaps the last two axes.
func (e *emitter) transpose(x value) value {
	order := upTo(0, x.rank())
	k := len(order)
	order[k-1], order[k-2] = k-2, k-1
	return e.permute(x, order...)
}

// copies returns n copies of x along a new axis, which is then put together with a neighbour: in the shape dims.
func (e *emitter) copies(x value, axis, n int, dims []int) value {
	at := upTo(0, x.rank())
	for i := range at {
		if i >= axis {
			at[i]++
		}
	}
	return e.reshape(e.place(x, at, slices.Insert(slices.Clone(x.dims), axis, n)), dims...)
}

// pad returns x with zeros before and behind along an axis.
func (e *emitter) pad(x value, axis, before, behind int) value {
	if before == 0 && behind == 0 {
		return x
	}
	low, high := make([]int, x.rank()), make([]int, x.rank())
	low[axis], high[axis] = before, behind
	return e.padded(x, e.constant(0, x.scalar()), low, high, nil)
}

// diagonal returns the diagonals of matrices: of the elements in rows of n, each (n+1)th.
func (e *emitter) diagonal(x value) value {
	k := x.rank() - 2
	rows, columns := x.dims[k], x.dims[k+1]
	d := min(rows, columns)
	flat := e.reshape(x, slices.Concat(x.dims[:k], []int{rows * columns})...)
	from, to, step := make([]int, k+1), slices.Clone(flat.dims), slices.Repeat([]int{1}, k+1)
	to[k], step[k] = (d-1)*(columns+1)+1, columns+1
	return e.part(flat, from, to, step)
}

// triangle returns x with zeros where column - row does not stand in a relation to k, in matrices.
func (e *emitter) triangle(x value, relation string, k int) value {
	r := x.rank() - 2
	t := typ{i32, x.dims[r:]}
	k = min(max(k, -x.dims[r]), x.dims[r+1])
	inside := e.compare(relation, e.same("subtract", e.counting(1, t), e.counting(0, t)), e.constant(float64(k), t))
	return e.choose(e.stretch(inside, x.dims), x, e.like(0, x))
}
