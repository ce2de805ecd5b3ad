package stablehlo

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// These forms take squares as they come. Where one overflows, above about 1e19 in float32 and 1e154 in float64, they give
// NaN; this engine scales such numbers first.
var _ = add(map[string]lowering{
	"layer_norm": func(e *emitter, n graph.Node, in []value) value {
		last := in[0].rank() - 1
		normal := e.normalized(e.centered(in[0], last), n.Float(0), last)
		return e.same("add", e.same("multiply", normal, e.stretch(in[1], n.Dims())), e.stretch(in[2], n.Dims()))
	},
	"rms_norm": func(e *emitter, n graph.Node, in []value) value {
		normal := e.normalized(in[0], n.Float(0), in[0].rank()-1)
		return e.same("multiply", normal, e.stretch(in[1], n.Dims()))
	},
	"batch_norm": func(e *emitter, n graph.Node, in []value) value {
		axes := append([]int{0}, upTo(2, in[0].rank())...)
		normal := e.normalized(e.centered(in[0], axes...), n.Float(0), axes...)
		gain, bias := e.place(in[1], []int{1}, n.Dims()), e.place(in[2], []int{1}, n.Dims())
		return e.same("add", e.same("multiply", normal, gain), bias)
	},
})

// centered returns x less its mean over axes. What the rounding of the mean has lost is taken off in a second pass, unless
// an element is infinite.
func (e *emitter) centered(x value, axes ...int) value {
	y := e.same("subtract", x, e.spread(e.mean(x, axes...), x.dims, axes...))
	rest := e.finite(e.mean(y, axes...), 0)
	return e.same("subtract", y, e.spread(rest, x.dims, axes...))
}

// normalized returns x divided by the root of its mean square over axes and eps.
func (e *emitter) normalized(x value, eps float64, axes ...int) value {
	square := e.mean(e.same("multiply", x, x), axes...)
	if math.IsInf(eps, 1) {
		return e.same("multiply", x, e.like(0, x))
	}
	scale := e.same("rsqrt", e.same("add", square, e.like(eps, square)))
	scale = e.choose(e.compare("EQ", square, e.like(math.Inf(1), square)), e.like(math.NaN(), square), scale)
	return e.same("multiply", x, e.spread(scale, x.dims, axes...))
}

// spread returns y, from which axes have disappeared, stretched to the shape that it had before.
func (e *emitter) spread(y value, dims []int, axes ...int) value {
	if len(axes) == 0 {
		return y
	}
	var at []int
	for i := range dims {
		if !slices.Contains(axes, i) {
			at = append(at, i)
		}
	}
	return e.place(y, at, dims)
}
