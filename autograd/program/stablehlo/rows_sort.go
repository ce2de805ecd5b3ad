package stablehlo

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"sort":    func(e *emitter, n graph.Node, in []value) value { return e.sorted(n, in[0], false)[0] },
	"argsort": func(e *emitter, n graph.Node, in []value) value { return e.sorted(n, in[0], false)[1] },
	"topk":    func(e *emitter, n graph.Node, in []value) value { return e.sorted(n, in[0], true)[0] },
	"argtopk": func(e *emitter, n graph.Node, in []value) value { return e.sorted(n, in[0], true)[1] },
	"argmax":  func(e *emitter, n graph.Node, in []value) value { return e.first("maximum", in[0], n.Int(0)) },
	"argmin":  func(e *emitter, n graph.Node, in []value) value { return e.first("minimum", in[0], n.Int(0)) },
	"cumsum":  func(e *emitter, n graph.Node, in []value) value { return e.cumulated("add", 0, in[0], n.Int(0)) },
	"cumprod": func(e *emitter, n graph.Node, in []value) value { return e.cumulated("multiply", 1, in[0], n.Int(0)) },
	"cummax": func(e *emitter, n graph.Node, in []value) value {
		return e.cumulated("maximum", math.Inf(-1), in[0], n.Int(0))
	},
	"cummin": func(e *emitter, n graph.Node, in []value) value {
		return e.cumulated("minimum", math.Inf(1), in[0], n.Int(0))
	},
})

// sorted returns the elements of x along the node's axis in order, and their places before, as many as the node's result
// has. NaN is larger than all numbers; equal elements keep their order.
func (e *emitter) sorted(n graph.Node, x value, descending bool) []value {
	axis := n.Int(0)
	if x.len() == 0 {
		return []value{e.part(x, make([]int, x.rank()), n.Dims(), nil), e.constant(0, x.of(i32).shaped(n.Dims()...))}
	}
	relation := "LT"
	if descending {
		relation = "GT"
	}
	comparator := e.region(func(args []value) []value {
		a, b := args[0], args[1]
		numberA, numberB := e.compare("EQ", a, a), e.compare("EQ", b, b)
		if descending {
			numberA, numberB = numberB, numberA
		}
		nan := e.same("and", numberA, e.same("not", numberB))
		return []value{e.same("or", e.compare(relation, a, b), nan)}
	}, x.scalar(), x.scalar(), typ{elem: i32}, typ{elem: i32})
	places := e.counting(axis, x.of(i32))
	properties := fmt.Sprintf("dimension = %d : i64, is_stable = true", axis)
	ys := e.generic("stablehlo.sort", properties, []region{comparator}, []value{x, places}, x.typ, places.typ)
	for i, y := range ys {
		ys[i] = e.along(y, axis, 0, n.Dims()[axis])
	}
	return ys
}

// first returns where along an axis, which disappears, the largest or the smallest element is, the first of equal ones.
// NaN is larger than all numbers.
func (e *emitter) first(op string, x value, axis int) value {
	rest := slices.Delete(slices.Clone(x.dims), axis, axis+1)
	if x.len() == 0 {
		return e.constant(0, x.of(i32).shaped(rest...))
	}
	nan := e.compare("NE", x, x)
	start, among := math.Inf(-1), x
	if op == "minimum" {
		start = math.Inf(1)
		among = e.choose(nan, e.like(start, x), x)
	}
	best := e.spread(e.reduce(op, among, e.constant(start, x.scalar()), axis), x.dims, axis)
	found := e.compare("EQ", x, best)
	if op == "maximum" {
		found = e.same("or", found, e.same("and", nan, e.compare("NE", best, best)))
	}
	places := e.counting(axis, x.of(i32))
	none := e.constant(float64(x.dims[axis]), places.typ)
	place := e.reduce("minimum", e.choose(found, places, none), e.constant(float64(x.dims[axis]), places.scalar()), axis)
	// Where all are NaN, none is the smallest.
	return e.choose(e.compare("EQ", place, e.constant(float64(x.dims[axis]), place.typ)), e.like(0, place), place)
}

// cumulated returns for every element along an axis what an instruction makes of all elements up to it, in log₂ n steps:
// after each of them an element has what twice as many have made. Fill is what changes nothing.
func (e *emitter) cumulated(op string, fill float64, x value, axis int) value {
	if x.len() == 0 {
		return x
	}
	start := e.constant(fill, x.scalar())
	for d := 1; d < x.dims[axis]; d *= 2 {
		x = e.same(op, e.shifted(x, start, axis, d), x)
	}
	return x
}
