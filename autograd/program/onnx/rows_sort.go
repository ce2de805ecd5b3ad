package onnx

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"sort":    func(e *emitter, n graph.Node, in []value) value { return e.sorted(n, in[0], 0)[0] },
	"argsort": func(e *emitter, n graph.Node, in []value) value { return e.sorted(n, in[0], 0)[1] },
	"topk":    func(e *emitter, n graph.Node, in []value) value { return e.sorted(n, in[0], 1)[0] },
	"argtopk": func(e *emitter, n graph.Node, in []value) value { return e.sorted(n, in[0], 1)[1] },
	"argmax":  func(e *emitter, n graph.Node, in []value) value { return e.first("ArgMax", n, in[0]) },
	"argmin":  func(e *emitter, n graph.Node, in []value) value { return e.first("ArgMin", n, in[0]) },
	"cumsum": func(e *emitter, n graph.Node, in []value) value {
		return e.to("CumSum", in[0], []value{in[0], e.constant(float64(n.Int(0)), i64)})
	},
	"cumprod": func(e *emitter, n graph.Node, in []value) value { return e.cumulated("Mul", 1, in[0], n.Int(0)) },
	"cummax": func(e *emitter, n graph.Node, in []value) value {
		return e.cumulated("Max", math.Inf(-1), in[0], n.Int(0))
	},
	"cummin": func(e *emitter, n graph.Node, in []value) value {
		return e.cumulated("Min", math.Inf(1), in[0], n.Int(0))
	},
})

// sorted returns the elements of x along the node's axis in order, and their places before, as many as the node's result
// has. Equal elements keep their order.
func (e *emitter) sorted(n graph.Node, x value, largest int64) []value {
	axis := n.Int(0)
	out := []value{x.as(n.Dims()...), {elem: i64, dims: n.Dims()}}
	return e.add("TopK", []value{x, e.integers(n.Dims()[axis])}, out, intAttr("axis", int64(axis)), intAttr("largest", largest), intAttr("sorted", 1))
}

// first returns where along an axis, which disappears, an extreme element is, the first of equal ones.
func (e *emitter) first(operator string, n graph.Node, x value) value {
	return e.to(operator, value{elem: i64, dims: n.Dims()}, []value{x}, intAttr("axis", int64(n.Int(0))), intAttr("keepdims", 0))
}

// cumulated returns for every element along an axis what an operator makes of all elements up to it, in log₂ n steps:
// after each of them an element has what twice as many have made. Fill is what changes nothing.
func (e *emitter) cumulated(operator string, fill float64, x value, axis int) value {
	for d := 1; d < x.dims[axis]; d *= 2 {
		n := x.dims[axis]
		shifted := e.pad(e.along(x, axis, 0, n-d), axis, d, 0, fill)
		x = e.same(operator, shifted, x)
	}
	return x
}
