// Package scene composes the drawing of a graph: boxes, lines, curves and pieces of text, each with its place, size and
// colour. What writes a format, such as SVG, writes them one after the other and decides nothing.
package scene

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// A Scene is a drawing. Everything in it lies between (0, 0), the top left corner, and (Width, Height), in px.
type Scene struct {
	Width, Height float64
	Title         string  // what the drawing is called, never empty
	Description   string  // what it shows, in a sentence or more
	Groups        []Group // from the back to the front
}

// A Group is what is drawn for one thing: a node, an edge, a box around nodes.
type Group struct {
	Class  string // node, edge, cluster or head
	Title  string // what it says to who points at it or has it read out, "" for nothing
	Shapes []Shape
	Texts  []Text
}

// A Shape is a box, if it has no points, or else a curve or a polygon.
type Shape struct {
	Box    layout.Rect
	Radius float64        // of the corners of a box
	Points []layout.Point // of a curve: where it begins, then triples of two control points and an end; of a polygon, its corners
	Closed bool           // the points are a polygon
	Fill   string         // #rrggbb, "" for none
	Stroke string         // #rrggbb, "" for none
	Width  float64        // of the stroke
	Dash   [2]float64     // length of dashes and gaps, the zero value for a solid line
	Round  bool           // the ends of lines and dashes are round
	Faint  bool           // what is behind shows through a little: see [Opacity]
}

// Opacity is that of a faint shape.
const Opacity = 0.8

// Place finds where the nodes and edges of a graph stand.
type Place func(*layout.Graph) (*layout.Layout, error)

// Compose draws root and everything that it depends on. A graph of too many nodes or edges for a drawing that anyone could
// read is collapsed first; see [MaxNodes]. It returns the error of place, and panics with a [*graph.Error] as
// [viz.NewPicture] does.
func Compose(op string, root graph.Value, options []viz.Option, place Place) (*Scene, error) {
	c, g := choose(root, options)
	l, err := place(g)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot place the %d nodes of the picture, which viz.DOT writes for other programs: %w", op, len(g.Nodes), err)
	}
	return c.compose(l), nil
}

// Color returns the colour that #rrggbb stands for.
func Color(s string) (color.NRGBA, error) {
	var c color.NRGBA
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != len("#rrggbb") {
		return c, fmt.Errorf("the colour %q is not #rrggbb", s)
	}
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}, nil
}
