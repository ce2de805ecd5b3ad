package onnx

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"sum":       reduced("ReduceSum", 0),
	"mean":      reduced("ReduceMean", math.NaN()),
	"prod":      reduced("ReduceProd", 1),
	"max":       reduced("ReduceMax", math.Inf(-1)),
	"min":       reduced("ReduceMin", math.Inf(1)),
	"logsumexp": reduced("ReduceLogSumExp", math.Inf(-1)),
	"norm":      reduced("ReduceL2", 0),
	"center":    func(e *emitter, n graph.Node, in []value) value { return e.centered(in[0], n.Ints()) },
	"variance": func(e *emitter, n graph.Node, in []value) value {
		return e.variance(in[0], n.Ints(), float64(reducedLen(in[0], n.Ints())))
	},
	"variance_ddof": func(e *emitter, n graph.Node, in []value) value {
		return e.variance(in[0], n.Ints(), freedom(in[0], n))
	},
	"std": func(e *emitter, n graph.Node, in []value) value {
		return e.same("Sqrt", e.variance(in[0], n.Ints(), float64(reducedLen(in[0], n.Ints()))))
	},
	"std_ddof": func(e *emitter, n graph.Node, in []value) value {
		return e.same("Sqrt", e.variance(in[0], n.Ints(), freedom(in[0], n)))
	},
	"pnorm": func(e *emitter, n graph.Node, in []value) value {
		x, axes, p := in[0], n.Ints(), n.Float(0)
		if x.len() == 0 {
			return e.full(0, x.elem, n.Dims())
		}
		// The largest element scales the powers, so that they neither overflow nor vanish.
		a := e.same("Abs", x)
		largest := e.reduce("ReduceMax", a, axes, true)
		if math.IsInf(p, 1) {
			return e.reshape(largest, n.Dims()...)
		}
		scale := e.choose(e.compare("Equal", largest, e.like(0, x)), e.like(1, x), largest)
		s := e.reduce("ReduceSum", e.same("Pow", e.same("Div", a, scale), e.like(p, x)), axes, false)
		return e.same("Mul", e.reshape(scale, n.Dims()...), e.same("Pow", s, e.like(1/p, x)))
	},
})

// reduced is the form of a reduction that is an operator. Of no elements it is empty.
func reduced(operator string, empty float64) lowering {
	return func(e *emitter, n graph.Node, in []value) value {
		if in[0].len() == 0 {
			return e.full(empty, in[0].elem, n.Dims())
		}
		return e.reduce(operator, in[0], n.Ints(), false)
	}
}

// centered returns x less its mean over axes.
func (e *emitter) centered(x value, axes []int) value {
	return e.same("Sub", x, e.reduce("ReduceMean", x, axes, true))
}

// variance returns the sum of the squared distances from the mean, divided by k.
func (e *emitter) variance(x value, axes []int, k float64) value {
	c := e.centered(x, axes)
	s := e.reduce("ReduceSum", e.same("Mul", c, c), axes, false)
	return e.same("Div", s, e.like(k, s))
}

// reducedLen returns how many elements of x make one element of a reduction over axes.
func reducedLen(x value, axes []int) int {
	k := 1
	for _, a := range axes {
		k *= x.dims[a]
	}
	return k
}

// freedom returns the degrees of freedom of a variance with an attribute ddof, at least 0.
func freedom(x value, n graph.Node) float64 {
	return max(float64(reducedLen(x, n.Ints()))-n.Float(0), 0)
}
