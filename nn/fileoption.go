package nn

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// A FileOption is a setting of [Save], [Load] and their like. Each says which it takes, and refuses the others.
type FileOption func(fileSettings) fileSettings

// fileSettings holds the settings of saving and loading.
type fileSettings struct {
	names                         func(name string) string
	missing, leftOver, conversion bool

	given []string // the options, such as "nn.AllowMissing"
}

// with returns the settings as options change them. It panics if one is nil, or not among those that the function
// takes.
func (c fileSettings) with(op string, options []FileOption, takes ...string) fileSettings {
	for i, o := range options {
		mustBeOption(op, i, o == nil)
		c = o(c)
	}
	mustTake(op, c.given, takes)
	return c
}

// set returns the settings with an option noted.
func (c fileSettings) set(option string) fileSettings {
	c.given = append(slices.Clip(c.given), option)
	return c
}

// WithNames says how parameters are named in the file: name gets the name of a parameter in the model and returns that
// in the file. So a model takes its part of a larger one:
//
//	nn.WithNames(func(name string) string { return "encoder." + name })
//
// It panics with a [*graph.Error] if the function is nil.
func WithNames(name func(name string) string) FileOption {
	const op = "nn.WithNames"
	if name == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil function: give one that returns the name in the file"))
	}
	return func(c fileSettings) fileSettings { c.names = name; return c.set(op) }
}

// AllowMissing leaves parameters that are not in the file as they are. Some must be there.
func AllowMissing() FileOption {
	return func(c fileSettings) fileSettings { c.missing = true; return c.set("nn.AllowMissing") }
}

// AllowLeftOver passes over tensors in the file that are no parameters of the model.
func AllowLeftOver() FileOption {
	return func(c fileSettings) fileSettings { c.leftOver = true; return c.set("nn.AllowLeftOver") }
}

// AllowConversion takes numbers of another precision than the parameter's, each rounded to nearest: those of half and
// of bfloat16, single and double precision, and for a [Counter] all integers, and whole numbers of these precisions.
func AllowConversion() FileOption {
	return func(c fileSettings) fileSettings { c.conversion = true; return c.set("nn.AllowConversion") }
}
