package onnx

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"reshape":       reshaped,
	"squeeze":       reshaped,
	"unsqueeze":     reshaped,
	"stop_gradient": reshaped,
	"broadcast":     func(e *emitter, n graph.Node, in []value) value { return e.expand(in[0], n.Dims()) },
	"sum_to":        func(e *emitter, n graph.Node, in []value) value { return e.sumTo(in[0], n.Dims()) },
	"permute":       func(e *emitter, n graph.Node, in []value) value { return e.permute(in[0], n.Ints()...) },
	"transpose":     func(e *emitter, _ graph.Node, in []value) value { return e.transpose(in[0]) },
	"slice": func(e *emitter, n graph.Node, in []value) value {
		axis, start := n.Int(0), n.Int(1)
		return e.along(in[0], axis, start, start+n.Dims()[axis])
	},
	"pad": func(e *emitter, n graph.Node, in []value) value {
		axis, before := n.Int(0), n.Int(1)
		if in[0].len() == 0 {
			return e.full(0, in[0].elem, n.Dims())
		}
		return e.pad(in[0], axis, before, n.Dims()[axis]-before-in[0].dims[axis], 0)
	},
	"concat": func(e *emitter, n graph.Node, in []value) value { return e.joined(n.Int(0), in...) },
	"stack": func(e *emitter, n graph.Node, in []value) value {
		axis := n.Int(0)
		parts := make([]value, len(in))
		for i, x := range in {
			parts[i] = e.insert(x, axis)
		}
		return e.joined(axis, parts...)
	},
	"flip": func(e *emitter, n graph.Node, in []value) value {
		axis := n.Int(0)
		return e.to("Slice", in[0], []value{in[0], e.integers(-1), e.integers(math.MinInt32), e.integers(axis), e.integers(-1)})
	},
	"roll": func(e *emitter, n graph.Node, in []value) value {
		x, axis, shift := in[0], n.Int(0), n.Int(1)
		if shift == 0 {
			return x
		}
		from := x.dims[axis] - shift
		return e.joined(axis, e.along(x, axis, from, x.dims[axis]), e.along(x, axis, 0, from))
	},
	"tile": func(e *emitter, n graph.Node, in []value) value {
		copies := slices.Repeat([]int{1}, in[0].rank())
		copies[n.Int(0)] = n.Int(1)
		return e.to("Tile", in[0].as(n.Dims()...), []value{in[0], e.integers(copies...)})
	},
	"repeat": func(e *emitter, n graph.Node, in []value) value {
		axis, x := n.Int(0), e.insert(in[0], n.Int(0)+1)
		return e.reshape(e.expand(x, slices.Insert(slices.Clone(in[0].dims), axis+1, n.Int(1))), n.Dims()...)
	},
	"diagonal": func(e *emitter, _ graph.Node, in []value) value { return e.diagonal(in[0]) },
	"trace": func(e *emitter, n graph.Node, in []value) value {
		if in[0].len() == 0 {
			return e.full(0, in[0].elem, n.Dims())
		}
		d := e.diagonal(in[0])
		return e.reduce("ReduceSum", d, []int{d.rank() - 1}, false)
	},
	"diagonal_matrix": func(e *emitter, n graph.Node, in []value) value {
		// In rows of n+1 numbers, the first of which is on the diagonal, the elements stand as in rows of n.
		x, k := in[0], in[0].rank()-1
		lead, d := x.dims[:k], x.dims[k]
		y := e.pad(e.insert(x, k+1), k+1, 0, d, 0)
		y = e.along(e.reshape(y, slices.Concat(lead, []int{d * (d + 1)})...), k, 0, d*d)
		return e.reshape(y, n.Dims()...)
	},
	"tril": func(e *emitter, n graph.Node, in []value) value { return e.triangle(in[0], 0, n.Int(0)) },
	"triu": func(e *emitter, n graph.Node, in []value) value { return e.triangle(in[0], 1, n.Int(0)) },
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
	switch {
	case len(axes) == 0:
		return x
	case x.len() == 0:
		return e.full(0, x.elem, dims)
	}
	return e.reshape(e.reduce("ReduceSum", x, axes, false), dims...)
}

// diagonal returns the diagonals of matrices: of the elements in rows of n, each (n+1)th.
func (e *emitter) diagonal(x value) value {
	k := x.rank() - 2
	rows, columns := x.dims[k], x.dims[k+1]
	d := min(rows, columns)
	flat := e.reshape(x, slices.Concat(x.dims[:k], []int{rows * columns})...)
	return e.part(flat, k, 0, (d-1)*(columns+1)+1, columns+1)
}

// triangle returns x with zeros below or above a diagonal of matrices.
func (e *emitter) triangle(x value, upper int64, k int) value {
	k = min(max(k, -x.dims[x.rank()-2]), x.dims[x.rank()-1])
	return e.to("Trilu", x, []value{x, e.constant(float64(k), i64)}, intAttr("upper", upper))
}
