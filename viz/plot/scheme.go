package plot

import (
	"image/color"

	"gonum.org/v1/plot/vg"

	"github.com/seed366ff29f/chainrule/graph"
)

// A Scheme says whether a picture is dark on light or light on dark.
type Scheme uint8

// The schemes.
const (
	// ByPage is what a picture has without [Colors]. It is light; but an SVG that is part of a page of HTML is what the
	// page is at that place, light or dark, by the property color-scheme of CSS.
	ByPage Scheme = iota

	Light // dark on white, wherever the picture is
	Dark  // light on black, for slides and dark pages
)

// Colors sets the scheme. Colours of cells, which stand for numbers, are the same in all.
func Colors(s Scheme) Option {
	if s > Dark {
		panic(graph.Errorf("plot.Colors", graph.ErrValue, "scheme %d: want plot.ByPage, plot.Light or plot.Dark", s))
	}
	return func(set *settings) { set.scheme = s }
}

// A darkCanvas draws tones as they are on a dark ground.
type darkCanvas struct{ vg.Canvas }

// SetColor sets the colour of what is drawn next.
func (d darkCanvas) SetColor(c color.Color) {
	if t, ok := c.(tone); ok {
		c = t.dark
	}
	d.Canvas.SetColor(c)
}
