package stepper

import (
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// inOrder returns a layout, or its mirror image if in that more of the boxes stand in the order of the tape, from top to
// bottom or from left to right: to Graphviz, which counts crossings, the two are alike. Room for the names of scopes is at
// their top, so a drawing with scopes is never turned upside down.
func (m *Model) inOrder(l *layout.Layout, f form) *layout.Layout {
	wide := f.dir == viz.LeftToRight
	if wide && len(m.scopes) > 0 {
		return l
	}
	across := func(b int) float64 {
		c := l.Nodes[b].Center()
		if wide {
			return c.Y
		}
		return c.X
	}
	order := 0
	for i := range m.boxes {
		for j := range i {
			switch a, b := across(j), across(i); {
			case a < b:
				order++
			case a > b:
				order--
			}
		}
	}
	if order >= 0 {
		return l
	}
	out := &layout.Layout{Width: l.Width, Height: l.Height}
	point := func(p layout.Point) layout.Point {
		if wide {
			return layout.Point{X: p.X, Y: l.Height - p.Y}
		}
		return layout.Point{X: l.Width - p.X, Y: p.Y}
	}
	rect := func(r layout.Rect) layout.Rect {
		if r == (layout.Rect{}) {
			return r
		}
		c := point(r.Center())
		return layout.Rect{X: c.X - r.W/2, Y: c.Y - r.H/2, W: r.W, H: r.H}
	}
	for _, r := range l.Nodes {
		out.Nodes = append(out.Nodes, rect(r))
	}
	for _, r := range l.Clusters {
		out.Clusters = append(out.Clusters, rect(r))
	}
	for _, e := range l.Edges {
		mirrored := layout.Route{Label: point(e.Label)}
		for _, p := range e.Points {
			mirrored.Points = append(mirrored.Points, point(p))
		}
		out.Edges = append(out.Edges, mirrored)
	}
	return out
}
