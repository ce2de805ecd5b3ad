package onnx

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// Indices that are out of range are an error where an operation is recorded. In a model it is for the runtime to say.

var _ = add(map[string]lowering{
	"index": func(e *emitter, n graph.Node, in []value) value {
		x := in[0]
		lead := x.rank() - len(n.Dims())
		flat := e.reshape(x, slices.Concat([]int{count(x.dims[:lead])}, x.dims[lead:])...)
		return e.gather(flat, e.constant(float64(n.Int(0)), i64), 0)
	},
	"gather": func(e *emitter, n graph.Node, in []value) value {
		axis, index := n.Int(0), n.Ints()[1:]
		if run(index) {
			return e.along(in[0], axis, index[0], index[0]+len(index))
		}
		return e.gather(in[0], e.integers(index...), axis)
	},
	"scatter": func(e *emitter, n graph.Node, in []value) value {
		axis, size, index := n.Int(0), n.Int(1), n.Ints()[2:]
		switch {
		case in[0].len() == 0:
			return e.full(0, in[0].elem, n.Dims())
		case run(index):
			return e.pad(in[0], axis, index[0], size-index[0]-len(index), 0)
		}
		return e.scatter(in[0], e.integers(index...), axis, n.Dims())
	},
	"gather_at": func(e *emitter, n graph.Node, in []value) value {
		return e.gather(in[0], e.convert(in[1], i64), n.Int(0))
	},
	"scatter_at": func(e *emitter, n graph.Node, in []value) value {
		axis, x, index := n.Int(0), in[0], e.convert(in[1], i64)
		if x.len() == 0 {
			return e.full(0, x.elem, n.Dims())
		}
		k := index.len()
		return e.scatter(e.reshape(x, slices.Concat(x.dims[:axis], []int{k}, x.dims[axis+index.rank():])...), e.reshape(index, k), axis, n.Dims())
	},
	"take_along": func(e *emitter, n graph.Node, in []value) value {
		return e.to("GatherElements", in[0].as(n.Dims()...), []value{in[0], e.convert(in[1], i64)}, intAttr("axis", int64(n.Int(0))))
	},
	"put_along": func(e *emitter, n graph.Node, in []value) value {
		if in[0].len() == 0 {
			return e.full(0, in[0].elem, n.Dims())
		}
		return e.scatterElements(in[0], e.convert(in[1], i64), n.Int(0), n.Dims())
	},
	"one_hot": func(e *emitter, n graph.Node, in []value) value {
		x, classes := in[0], n.Dims()[in[0].rank()]
		return e.compare("Equal", e.insert(x, x.rank()), e.counting(x.elem, x.rank()+1, x.rank(), classes))
	},
	// For each element the points are counted that are not above it, where NaN is above all other numbers.
	"search_sorted": func(e *emitter, n graph.Node, in []value) value {
		points, x := in[0], in[1]
		if points.len() == 0 {
			return e.full(0, x.elem, n.Dims())
		}
		v := e.insert(x, x.rank())
		reached := e.same("Or", e.compare("LessOrEqual", points, v), e.isNaN(v))
		return e.reduce("ReduceSum", e.convert(reached, x.elem), []int{x.rank()}, false)
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

// gather returns the elements of x at indices along an axis, which gives way to the axes of index.
func (e *emitter) gather(x, index value, axis int) value {
	dims := slices.Concat(x.dims[:axis], index.dims, x.dims[axis+1:])
	return e.to("Gather", x.as(dims...), []value{x, index}, intAttr("axis", int64(axis)))
}

// scatter returns zeros of the given shape to which x is added at a vector of indices along an axis.
func (e *emitter) scatter(x, index value, axis int, dims []int) value {
	index = e.expand(e.reshape(index, shapeAlong(x.rank(), axis, index.len())...), x.dims)
	return e.scatterElements(x, index, axis, dims)
}

// scatterElements returns zeros of the given shape to which x is added, each element at its index along an axis.
func (e *emitter) scatterElements(x, index value, axis int, dims []int) value {
	zeros := e.full(0, x.elem, dims)
	return e.to("ScatterElements", zeros, []value{zeros, index, x}, intAttr("axis", int64(axis)), stringAttr("reduction", "add"))
}
