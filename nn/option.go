package nn

import (
	"math"
	"slices"
	"strings"

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

	given []string // the options, such as "nn.NoBias"
}

// with returns the settings as the options of a layer change them. It panics if one is nil, or not among those that the
// layer takes.
func (c layerSettings) with(op string, options []LayerOption, takes ...string) layerSettings {
	for i, o := range options {
		mustBeOption(op, i, o == nil)
		c = o(c)
	}
	for _, name := range c.given {
		if !slices.Contains(takes, name) {
			panic(graph.Errorf(op, graph.ErrUsage, "there is no %s here: the options are %s", name, strings.Join(takes, ", ")))
		}
	}
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
	if !(share >= 0 && share <= 1) {
		panic(graph.Errorf(op, graph.ErrValue, "share %g: want 0 ≤ share ≤ 1", share))
	}
	return func(c layerSettings) layerSettings { c.momentum = share; return c.set(op) }
}

// Eps sets what a normalization adds to the variance before it takes the root. It panics with a [*graph.Error] if that is
// negative or not finite.
func Eps(eps float64) LayerOption {
	const op = "nn.Eps"
	if !(eps >= 0) || math.IsInf(eps, 0) {
		panic(graph.Errorf(op, graph.ErrValue, "eps = %g: want a finite number, 0 or more", eps))
	}
	return func(c layerSettings) layerSettings { c.eps = eps; return c.set(op) }
}
