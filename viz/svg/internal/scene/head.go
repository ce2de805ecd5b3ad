package scene

import (
	"math"
	"strings"

	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

const (
	margin     = 16
	titleSize  = 18
	legendSize = 12.5
	leastHead  = 600 // width to which text in the head goes even above a smaller drawing
	swatchW    = 26
	swatchH    = 16
)

// head draws the title, the legend, and what is left out, above a drawing of the given width.
func (c *composer) head(width float64) ([]Group, layout.Size) {
	h := heading{width: max(width, leastHead), y: margin}
	if c.p.Title != "" {
		h.paragraph(c.p.Title, titleSize, true, ink)
		h.y += 4
	}
	for _, l := range c.p.Legend {
		h.paragraph(l, legendSize, false, quiet)
	}
	if len(c.p.Keys) > 0 {
		h.y += 5
		h.keys(c.p.Keys)
	}
	if n := note(c.p); n != "" {
		h.paragraph(n, legendSize, false, ink)
	}
	if len(h.g.Texts) == 0 {
		return nil, layout.Size{}
	}
	h.g.Class = "head"
	return []Group{h.g}, layout.Size{W: h.used, H: h.y - margin + 10}
}

// A heading sets text from the top down.
type heading struct {
	g           Group
	width, used float64
	y           float64
}

func (h *heading) text(x float64, s Span) {
	t := Text{At: layout.Point{X: x, Y: h.y + ascent*s.Size}, Spans: []Span{s}}
	h.used = max(h.used, x-margin+t.Width())
	h.g.Texts = append(h.g.Texts, t)
}

// paragraph sets a text in as many lines as it takes.
func (h *heading) paragraph(text string, size float64, bold bool, color string) {
	for _, l := range wrap(text, h.width, size, bold) {
		h.text(margin, Span{Text: l, Size: size, Bold: bold, Color: color})
		h.y += leading * size
	}
}

// wrap cuts a text into lines between words. A word that is longer than a line has one of its own.
func wrap(text string, width, size float64, bold bool) []string {
	var lines []string
	line := ""
	for _, word := range strings.SplitAfter(text, " ") {
		if line != "" && layout.TextWidth(line+strings.TrimRight(word, " "), size, bold) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += word
	}
	return append(lines, line)
}

// keys draws a small node of each kind and says what it is.
func (h *heading) keys(keys []viz.Key) {
	x := float64(margin)
	const gap, between = 6, 18
	for _, k := range keys {
		s := Span{Text: k.Text, Size: legendSize, Color: quiet}
		w := swatchW + gap + layout.TextWidth(s.Text, s.Size, false)
		if x > margin && x+w > margin+h.width {
			x = margin
			h.y += swatchH + 6
		}
		h.g.Shapes = append(h.g.Shapes, lookOf(k.Kind, k.Backward).frame(layout.Rect{X: x, Y: h.y, W: swatchW, H: swatchH})...)
		h.text(x+swatchW+gap, s)
		x += math.Ceil(w) + between
	}
	h.y += swatchH + 6
}

// title says what the drawing is called.
func (c *composer) title() string {
	if c.p.Title != "" {
		return c.p.Title
	}
	for _, n := range c.p.Nodes {
		if n.Kind == viz.Root {
			return "Computational graph of " + called(n)
		}
	}
	return "Computational graph"
}

// description says what the drawing shows, for who does not see it.
func (c *composer) description() string {
	var leaves []string
	root := ""
	for _, n := range c.p.Nodes {
		switch {
		case n.Backward:
		case n.Kind == viz.Leaf:
			leaves = append(leaves, called(n))
		case n.Kind == viz.Root:
			root = strings.Join(strings.Split(nodeTitle(n), "; "), ", ")
		}
	}
	const most = 12
	if len(leaves) > most {
		leaves = append(leaves[:most], legible.Count(len(leaves)-most)+" more")
	}
	s := legible.Count(len(c.p.Nodes)) + " nodes, " + legible.Count(len(c.p.Edges)) + " edges."
	if len(leaves) > 0 {
		s += " Leaves that want a gradient: " + strings.Join(leaves, ", ") + "."
	}
	if root != "" {
		s += " The picture is of " + root + "."
	}
	for _, l := range c.p.Legend {
		s += " Legend: " + l + "."
	}
	if n := note(c.p); n != "" {
		s += " " + n + "."
	}
	return s
}
