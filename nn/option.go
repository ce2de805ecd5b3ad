package nn

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// A LayerOption is a setting of a layer. Each layer says which it takes, and refuses the others.
type LayerOption func(layerSettings) layerSettings

// layerSettings holds the settings of all layers. A layer fills in its defaults, and reads what it takes.
type layerSettings struct {
	init   Init
	noBias bool

	stride, padding, dilation []int // one for all axes, or one for each; nil for the default
	groups                    int
	excludePadding            bool

	momentum, eps float64

	layers     int
	dropout    Layer // nil for none
	activation func(graph.Value) graph.Value

	causal, normFirst bool

	given []string // the options, such as "nn.NoBias"
}

// with returns the settings as the options of a layer change them. It panics if one is nil, or not among those that the
// layer takes.
func (c layerSettings) with(op string, options []LayerOption, takes ...string) layerSettings {
	for i, o := range options {
		mustBeOption(op, i, o == nil)
		c = o(c)
	}
	mustTake(op, c.given, takes)
	return c
}

// set returns the settings with an option noted.
func (c layerSettings) set(option string) layerSettings {
	c.given = append(slices.Clip(c.given), option)
	return c
}

// WithInit sets how the weights of a layer are drawn. It panics with a [*graph.Error] if the Init is zero.
func WithInit(init Init) LayerOption {
	const op = "nn.WithInit"
	init.mustBeMade(op)
	return func(c layerSettings) layerSettings { c.init = init; return c.set(op) }
}

// NoBias leaves the bias out: [Linear] is y = x·W then.
func NoBias() LayerOption {
	return func(c layerSettings) layerSettings { c.noBias = true; return c.set("nn.NoBias") }
}

// Momentum sets the share by which a batch moves the running averages of [BatchNorm]: 0.1 without it. It panics with a
// [*graph.Error] unless 0 ≤ share ≤ 1.
func Momentum(share float64) LayerOption {
	const op = "nn.Momentum"
	mustBeShare(op, "share", share)
	return func(c layerSettings) layerSettings { c.momentum = share; return c.set(op) }
}

// Eps sets what a normalization adds to the variance before it takes the root. It panics with a [*graph.Error] if that
// is negative or not finite.
func Eps(eps float64) LayerOption {
	const op = "nn.Eps"
	notNegative(op, "eps", eps)
	return func(c layerSettings) layerSettings { c.eps = eps; return c.set(op) }
}

// Layers sets how many layers of the same kind stand one on top of the other: 1 without it. Each gets the states of the
// one below at the same time. It panics with a [*graph.Error] if n is less than 1 or more than 1000.
func Layers(n int) LayerOption {
	const (
		op   = "nn.Layers"
		most = 1000
	)
	switch {
	case n < 1:
		panic(graph.Errorf(op, graph.ErrValue, "%d layers: want 1 or more", n))
	case n > most:
		panic(graph.Errorf(op, graph.ErrLimit, "%d layers: want at most %d", n, most))
	}
	return func(c layerSettings) layerSettings { c.layers = n; return c.set(op) }
}

// WithDropout puts a [Dropout] with the given options into a layer: between the layers of a [Recurrent], on the weights
// of a [MultiHeadAttention], before the sums of a [TransformerBlock]. It panics with a [*graph.Error] if an option is
// nil.
func WithDropout(options ...DropoutOption) LayerOption {
	const op = "nn.WithDropout"
	for i, o := range options {
		mustBeOption(op, i, o == nil)
	}
	drop := Dropout(options...)
	return func(c layerSettings) layerSettings { c.dropout = drop; return c.set(op) }
}

// WithActivation sets the function that a layer applies to its sums, such as ops.ReLU. It panics with a [*graph.Error]
// if f is nil.
func WithActivation(f func(graph.Value) graph.Value) LayerOption {
	const op = "nn.WithActivation"
	if f == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil function: give one such as ops.ReLU"))
	}
	return func(c layerSettings) layerSettings { c.activation = f; return c.set(op) }
}

// Causal lets the queries of an attention see the keys of their own time and of those before only.
func Causal() LayerOption {
	return func(c layerSettings) layerSettings { c.causal = true; return c.set("nn.Causal") }
}

// NormFirst puts the norms of a [TransformerBlock] before its parts, not behind the sums: x + f(norm(x)) then. Blocks
// that are many are easier to train so.
func NormFirst() LayerOption {
	return func(c layerSettings) layerSettings { c.normFirst = true; return c.set("nn.NormFirst") }
}
