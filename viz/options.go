package viz

import (
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
)

// An Option is a setting of [DOT] and [NewPicture]. The order of options does not matter.
type Option func(settings) settings

type settings struct {
	title         string
	grads         *autograd.Gradients
	motion        *motion
	contributions bool
	backward      []graph.Value
	roots         []graph.Value
	hideConstants bool
	hideValues    bool
	hideEdges     bool // their labels
	shapes        bool
	fold          bool
	foldScopes    bool
	legend        bool
	limit         int
	direction     Dir
	digits        int
}

// DefaultMaxNodes is the number of nodes that a picture shows unless [MaxNodes] says otherwise.
const DefaultMaxNodes = 200

// DefaultPrecision is the number of significant digits in a picture unless [Precision] says otherwise.
const DefaultPrecision = 4

// Title puts a line of text above the picture.
func Title(text string) Option { return func(s settings) settings { s.title = text; return s } }

// WithGradients writes δ = ∂l/∂v on every node v that the loss l of the sweep depends on.
func WithGradients(grads autograd.Gradients) Option {
	return func(s settings) settings { s.grads = &grads; return s }
}

// WithContributions writes on every edge what the sweep passed along it: the incoming δ times the local derivative. A
// node that is used more than once shows δ as the sum of what its uses contribute. It works with [WithGradients], and
// with [WithTangents] for the other direction.
func WithContributions() Option {
	return func(s settings) settings { s.contributions = true; return s }
}

// WithBackward draws the given values too, usually results of [autograd.Grad], and all that they depend on. Nodes that
// the root does not depend on are styled apart: they are the backward pass.
func WithBackward(values ...graph.Value) Option {
	return func(s settings) settings { s.backward = append(s.backward, values...); return s }
}

// Roots draws the given values and all that they depend on in the same picture, as part of the forward pass.
func Roots(values ...graph.Value) Option {
	return func(s settings) settings { s.roots = append(s.roots, values...); return s }
}

// HideConstants leaves out constants, and operations on nothing but constants.
func HideConstants() Option { return func(s settings) settings { s.hideConstants = true; return s } }

// HideValues leaves out what the nodes computed. Names, operations, shapes, and δ if [WithGradients] asks for it, stay.
func HideValues() Option { return func(s settings) settings { s.hideValues = true; return s } }

// HideEdgeLabels leaves out what stands on the edges: local derivatives, contributions, which operand it is. A node that
// is used more than once still shows its δ as the sum of the contributions, if [WithContributions] asks for that.
func HideEdgeLabels() Option { return func(s settings) settings { s.hideEdges = true; return s } }

// ShapesOnly writes the shape of every value in place of its numbers, () for a scalar, and no numbers on the edges. It does
// not go with [WithGradients] or [WithTangents].
func ShapesOnly() Option { return func(s settings) settings { s.shapes = true; return s } }

// FoldScopes draws every scope as one node, but for those that a root stands in.
func FoldScopes() Option { return func(s settings) settings { s.foldScopes = true; return s } }

// FoldUnnamed draws leaves, roots and values with names only. An edge between two of them leads through the operations
// that are left out, and shows the derivative through all of them; a node says what they compute together. A graph in
// which that makes more than a million ways is drawn with all its operations.
func FoldUnnamed() Option { return func(s settings) settings { s.fold = true; return s } }

// Legend writes under the title what the numbers are and what the looks of the nodes mean.
func Legend() Option { return func(s settings) settings { s.legend = true; return s } }

// MaxNodes limits the nodes of the picture to n ≥ 2. Of a larger graph scopes are drawn as one node each, and if they
// are still too many, what is farthest from the root is; such a node says how many it stands for. The default is
// [DefaultMaxNodes].
func MaxNodes(n int) Option { return func(s settings) settings { s.limit = n; return s } }

// A Dir is the direction in which a picture grows from the leaves to the root.
type Dir int

// The directions of a picture. The default is LeftToRight.
const (
	LeftToRight Dir = iota
	TopToBottom
	RightToLeft
	BottomToTop
)

// Direction sets where the picture grows to.
func Direction(d Dir) Option { return func(s settings) settings { s.direction = d; return s } }

// Precision sets the number of significant digits, from 1 to 17. The default is [DefaultPrecision].
func Precision(digits int) Option { return func(s settings) settings { s.digits = digits; return s } }

// read returns the settings that options make, or panics with a [*graph.Error].
func read(op string, root graph.Value, options []Option) settings {
	s := settings{limit: DefaultMaxNodes, digits: DefaultPrecision}
	for i, o := range options {
		if o == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "option %d is nil: leave it out", i+1))
		}
		s = o(s)
	}
	root.Check(op)
	g := root.Graph()
	for _, v := range s.roots {
		v.CheckIn(op, g)
	}
	for _, v := range s.backward {
		v.CheckIn(op, g)
	}
	switch {
	case s.limit < 2:
		panic(graph.Errorf(op, graph.ErrUsage, "a picture of at most %d nodes: give viz.MaxNodes 2 or more", s.limit))
	case s.digits < 1 || s.digits > 17:
		panic(graph.Errorf(op, graph.ErrUsage, "a precision of %d digits: give viz.Precision 1 to 17", s.digits))
	case s.direction < LeftToRight || s.direction > BottomToTop:
		panic(graph.Errorf(op, graph.ErrUsage, "no direction %d: use viz.LeftToRight, viz.TopToBottom, viz.RightToLeft or viz.BottomToTop", s.direction))
	case s.contributions && s.grads == nil && s.motion == nil:
		panic(graph.Errorf(op, graph.ErrUsage, "viz.WithContributions without gradients: add viz.WithGradients(autograd.Backward(loss))"))
	case s.shapes && s.grads != nil:
		panic(graph.Errorf(op, graph.ErrUsage, "viz.ShapesOnly with gradients, which are numbers: leave out viz.WithGradients, or use viz.HideValues"))
	case s.shapes && s.motion != nil:
		panic(graph.Errorf(op, graph.ErrUsage, "viz.ShapesOnly with tangents, which are numbers: leave out viz.WithTangents, or use viz.HideValues"))
	case s.motion != nil && len(s.motion.xs) == 0:
		panic(graph.Errorf(op, graph.ErrUsage, "viz.WithTangents of no value: give those that move, and a direction for each"))
	case s.grads != nil && s.grads.Graph() != g:
		panic(graph.Errorf(op, graph.ErrForeign, "the gradients are of another graph: use autograd.Backward on a value of this one"))
	}
	if s.motion != nil {
		s.motion.tangent(root.Node()) // panics if the directions do not fit
	}
	return s
}
