package stablehlo

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

var _ = add(map[string]lowering{
	"sum":  func(e *emitter, n graph.Node, in []value) value { return e.sum(in[0], n.Ints()...) },
	"mean": func(e *emitter, n graph.Node, in []value) value { return e.mean(in[0], n.Ints()...) },
	"prod": func(e *emitter, n graph.Node, in []value) value {
		return e.reduce("multiply", in[0], e.constant(1, in[0].scalar()), n.Ints()...)
	},
	"max": func(e *emitter, n graph.Node, in []value) value { return e.max(in[0], n.Ints()...) },
	"min": func(e *emitter, n graph.Node, in []value) value {
		return e.reduce("minimum", in[0], e.constant(math.Inf(1), in[0].scalar()), n.Ints()...)
	},
	"logsumexp": func(e *emitter, n graph.Node, in []value) value {
		x, axes := in[0], n.Ints()
		m := e.finite(e.max(x, axes...), 0)
		s := e.sum(e.same("exponential", e.same("subtract", x, e.spread(m, x.dims, axes...))), axes...)
		return e.same("add", m, e.same("log", s))
	},
	"center": func(e *emitter, n graph.Node, in []value) value { return e.fromMean(in[0], n.Ints()) },
	"variance": func(e *emitter, n graph.Node, in []value) value {
		return e.variance(in[0], n.Ints(), float64(reducedLen(in[0], n.Ints())))
	},
	"variance_ddof": func(e *emitter, n graph.Node, in []value) value {
		return e.variance(in[0], n.Ints(), freedom(in[0], n))
	},
	"std": func(e *emitter, n graph.Node, in []value) value {
		return e.deviation(in[0], n.Ints(), float64(reducedLen(in[0], n.Ints())))
	},
	"std_ddof": func(e *emitter, n graph.Node, in []value) value {
		return e.deviation(in[0], n.Ints(), freedom(in[0], n))
	},
	"norm": func(e *emitter, n graph.Node, in []value) value { return e.length(in[0], n.Ints(), 1) },
	"pnorm": func(e *emitter, n graph.Node, in []value) value {
		x, axes, p := in[0], n.Ints(), n.Float(0)
		largest, scale := e.scale(x, axes)
		q := e.same("divide", e.same("abs", x), e.spread(scale, x.dims, axes...))
		s := e.sum(e.same("power", q, e.like(p, q)), axes...)
		y := e.same("multiply", scale, e.same("power", s, e.like(1/p, s)))
		return e.choose(e.compare("EQ", largest, scale), y, largest)
	},
})

// max returns the largest elements over axes; NaN counts as larger than all numbers.
func (e *emitter) max(x value, axes ...int) value {
	return e.reduce("maximum", x, e.constant(math.Inf(-1), x.scalar()), axes...)
}

// mean returns the mean over axes. Elements are divided before they are added, so that the sum does not overflow.
func (e *emitter) mean(x value, axes ...int) value {
	k := reducedLen(x, axes)
	if k == 0 {
		s := e.sum(x, axes...)
		return e.like(math.NaN(), s)
	}
	if k == 1 {
		return e.sum(x, axes...)
	}
	return e.sum(e.same("multiply", x, e.like(1/float64(k), x)), axes...)
}

// finite returns x where it is finite and the number v elsewhere.
func (e *emitter) finite(x value, v float64) value {
	return e.choose(e.to("is_finite", x.of(i1), "", x), x, e.like(v, x))
}

// fromMean returns x less its mean over axes. Numbers are taken as distances from the first, so that equal numbers have the
// center 0, and a large offset costs no digits. Halves of them do not overflow.
func (e *emitter) fromMean(x value, axes []int) value {
	if reducedLen(x, axes) == 0 {
		return x
	}
	x = e.same("multiply", x, e.like(0.5, x))
	first := x
	for _, a := range axes {
		first = e.along(first, a, 0, 1)
	}
	d := e.same("subtract", x, e.stretch(e.finite(first, 0), x.dims))
	c := e.same("subtract", d, e.spread(e.mean(d, axes...), d.dims, axes...))
	return e.same("multiply", c, e.like(2, c))
}

// variance returns the sum of the squared distances from the mean, divided by k.
func (e *emitter) variance(x value, axes []int, k float64) value {
	c := e.fromMean(x, axes)
	if k == 0 { // or of nothing
		s := e.sum(e.same("multiply", c, c), axes...)
		return e.same("divide", s, e.like(0, s))
	}
	c = e.same("multiply", c, e.like(math.Sqrt(1/k), c))
	return e.sum(e.same("multiply", c, c), axes...)
}

// deviation returns the root of a variance.
func (e *emitter) deviation(x value, axes []int, k float64) value {
	if k == 0 {
		return e.same("sqrt", e.variance(x, axes, k))
	}
	return e.length(e.fromMean(x, axes), axes, math.Sqrt(1/k))
}

// length returns c times the Euclidean length over axes. The largest element scales the squares, so that they neither
// overflow nor vanish.
func (e *emitter) length(x value, axes []int, c float64) value {
	_, scale := e.scale(x, axes)
	q := e.same("divide", x, e.spread(scale, x.dims, axes...))
	y := e.same("multiply", scale, e.same("sqrt", e.sum(e.same("multiply", q, q), axes...)))
	if c == 1 {
		return y
	}
	return e.same("multiply", y, e.like(c, y))
}

// scale returns the largest absolute value over axes, and the same with 1 in place of 0 and of what is not finite.
func (e *emitter) scale(x value, axes []int) (largest, scale value) {
	largest = e.reduce("maximum", e.same("abs", x), e.constant(0, x.scalar()), axes...)
	scale = e.finite(largest, 1)
	return largest, e.choose(e.compare("EQ", scale, e.like(0, scale)), e.like(1, scale), scale)
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
