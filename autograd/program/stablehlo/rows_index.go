package stablehlo

import (
	"fmt"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// Indices that are out of range are an error where an operation is recorded. In a module nobody looks: a gather takes the
// nearest element and a scatter leaves the index out.

var _ = add(map[string]lowering{
	"index": func(e *emitter, n graph.Node, in []value) value {
		x := in[0]
		lead := x.rank() - len(n.Dims())
		parts := 1
		for _, d := range x.dims[:lead] {
			parts *= d
		}
		y := e.reshape(x, slices.Concat([]int{parts}, x.dims[lead:])...)
		return e.reshape(e.along(y, 0, n.Int(0), n.Int(0)+1), n.Dims()...)
	},
	"gather": func(e *emitter, n graph.Node, in []value) value {
		axis, index := n.Int(0), n.Ints()[1:]
		if run(index) {
			return e.along(in[0], axis, index[0], index[0]+len(index))
		}
		return e.gather(in[0], e.indices(index), axis)
	},
	"scatter": func(e *emitter, n graph.Node, in []value) value {
		axis, size, index := n.Int(0), n.Int(1), n.Ints()[2:]
		if run(index) {
			return e.pad(in[0], axis, index[0], size-index[0]-len(index))
		}
		return e.scatter(in[0], e.indices(index), axis, n.Dims())
	},
	"gather_at": func(e *emitter, n graph.Node, in []value) value {
		axis := n.Int(0)
		return e.gather(in[0], e.whole(in[1], in[0].dims[axis]), axis)
	},
	"scatter_at": func(e *emitter, n graph.Node, in []value) value {
		axis := n.Int(0)
		return e.scatter(in[0], e.whole(in[1], n.Dims()[axis]), axis, n.Dims())
	},
	"take_along": func(e *emitter, n graph.Node, in []value) value {
		x, axis := in[0], n.Int(0)
		at := e.places(e.whole(in[1], x.dims[axis]), axis)
		ones := slices.Repeat([]int{1}, x.rank())
		properties := fmt.Sprintf("dimension_numbers = #stablehlo.gather<collapsed_slice_dims = %s, start_index_map = %s, index_vector_dim = %d>, slice_sizes = %s",
			integers(upTo(0, x.rank())), integers(upTo(0, x.rank())), x.rank(), list(ones...))
		return e.generic("stablehlo.gather", properties, nil, []value{x, at}, typeOf(n))[0]
	},
	"put_along": func(e *emitter, n graph.Node, in []value) value {
		x, axis, t := in[0], n.Int(0), typeOf(n)
		at := e.places(e.whole(in[1], t.dims[axis]), axis)
		numbers := fmt.Sprintf("inserted_window_dims = %s, scatter_dims_to_operand_dims = %s, index_vector_dim = %d",
			integers(upTo(0, x.rank())), integers(upTo(0, x.rank())), x.rank())
		return e.scatterAdd(e.constant(0, t), at, x, numbers)
	},
	"one_hot": func(e *emitter, n graph.Node, in []value) value {
		t := typeOf(n)
		return e.compare("EQ", e.place(in[0], upTo(0, in[0].rank()), t.dims), e.counting(in[0].rank(), t))
	},
	// For each element the points are counted that are not above it, where NaN is above all other numbers.
	"search_sorted": func(e *emitter, n graph.Node, in []value) value {
		points, x := in[0], in[1]
		dims := slices.Concat(x.dims, points.dims)
		p, v := e.stretch(points, dims), e.place(x, upTo(0, x.rank()), dims)
		reached := e.same("or", e.compare("LE", p, v), e.compare("NE", v, v))
		return e.sum(e.convert(reached, x.elem), x.rank())
	},
})

// run reports whether indices follow each other, so that what they select lies together.
func run(index []int) bool {
	for i, k := range index {
		if k != index[0]+i {
			return false
		}
	}
	return len(index) > 0
}

// indices returns a vector of constant indices.
func (e *emitter) indices(index []int) value {
	return e.integerConstant(index, typ{i32, []int{len(index)}})
}

// whole returns numbers as indices into an axis of the given length: negative ones count from the end.
func (e *emitter) whole(x value, length int) value {
	i := e.convert(x, i32)
	return e.choose(e.compare("LT", i, e.like(0, i)), e.same("add", i, e.like(float64(length), i)), i)
}

// places returns, for an index along one axis for every element of its own shape, the places of all axes, along a new last
// axis.
func (e *emitter) places(index value, axis int) value {
	parts := make([]value, index.rank())
	for i := range parts {
		k := index
		if i != axis {
			k = e.counting(i, index.typ)
		}
		parts[i] = e.reshape(k, slices.Concat(index.dims, []int{1})...)
	}
	return e.joined(index.rank(), parts...)
}

// gather returns the elements of x at indices along an axis, which gives way to the axes of index.
func (e *emitter) gather(x, index value, axis int) value {
	dims := slices.Concat(x.dims[:axis], index.dims, x.dims[axis+1:])
	sizes := slices.Clone(x.dims)
	sizes[axis] = 1
	properties := fmt.Sprintf("dimension_numbers = #stablehlo.gather<offset_dims = %s, collapsed_slice_dims = [%d], start_index_map = [%d], index_vector_dim = %d>, slice_sizes = %s",
		integers(windowAxes(len(dims), axis, index.rank())), axis, axis, index.rank(), list(sizes...))
	return e.generic("stablehlo.gather", properties, nil, []value{x, index}, x.shaped(dims...))[0]
}

// scatter returns zeros of the given shape to which x is added at indices along an axis, in whose place x has the axes of
// index.
func (e *emitter) scatter(x, index value, axis int, dims []int) value {
	numbers := fmt.Sprintf("update_window_dims = %s, inserted_window_dims = [%d], scatter_dims_to_operand_dims = [%d], index_vector_dim = %d",
		integers(windowAxes(x.rank(), axis, index.rank())), axis, axis, index.rank())
	return e.scatterAdd(e.constant(0, x.shaped(dims...)), index, x, numbers)
}

// scatterAdd adds updates to x at indices.
func (e *emitter) scatterAdd(x, index, updates value, numbers string) value {
	if updates.len() == 0 {
		return x
	}
	sum := e.region(func(args []value) []value { return []value{e.same("add", args...)} }, x.scalar(), x.scalar())
	properties := "scatter_dimension_numbers = #stablehlo.scatter<" + numbers + ">, indices_are_sorted = false, unique_indices = false"
	return e.generic("stablehlo.scatter", properties, []region{sum}, []value{x, index, updates}, x.typ)[0]
}

// windowAxes returns the axes of what was gathered that are not those of the index, which stand from axis on.
func windowAxes(rank, axis, index int) []int {
	return slices.Concat(upTo(0, axis), upTo(0, rank)[axis+index:])
}
