package nn

import (
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
