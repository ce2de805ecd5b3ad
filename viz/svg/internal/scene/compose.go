package scene

import (
	"math"
	"strings"

	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

const (
	textSize      = 14 // of a value in a node
	edgeSize      = 12 // of a derivative beside an edge
	clusterSize   = 13
	smaller       = 2   // by which what explains is smaller
	leading       = 1.3 // height of a line by the size of its text
	ascent        = 1.0 // of the base line below the top of a line, by the size of its text
	padX, padY    = 11, 6
	bandGap       = 5 // between what a node computed and what the sweep found
	edgePad       = 4
	leastWidth    = 40
	clusterLeft   = 8 // of the label of a cluster, where Graphviz keeps room for it
	clusterTop    = 4
	arrow         = 8 // length of the head of an arrow
	arrowHalf     = 3.2
	edgeWidth     = 1.3
	curveDistance = 1e-6
)

// A block is lines of text in one column.
type block struct {
	lines []Text // with the places (0, y) for the top left corner or, in the middle, the top
	size  layout.Size
}

// newBlock sets lines of text below each other. The first line with what the sweep found, and all below, are moved down by
// the gap if something stands above them; bandAt says where they begin, the height if there are none.
func newBlock(lines []viz.Line, size, gap float64) (b block, bandAt float64) {
	y, inBand := 0.0, false
	for k, l := range lines {
		t := Text{Middle: true}
		for _, s := range l {
			span := Span{Text: s.Text, Size: size, Color: ink}
			switch s.Style {
			case viz.Bold:
				span.Bold = true
			case viz.Quiet:
				span.Size, span.Color = size-smaller, quiet
			case viz.Sweep:
				span.Color = sweep
			case viz.Moving:
				span.Color = moving
			}
			t.Spans = append(t.Spans, span)
		}
		largest := t.largest()
		if !inBand && len(l) > 0 && l[0].Style == viz.Sweep {
			if inBand = true; k > 0 {
				y += gap
			}
			bandAt = y
		}
		t.At.Y = y + ascent*largest
		b.lines = append(b.lines, t)
		b.size.W = max(b.size.W, math.Ceil(t.Width()))
		y += leading * largest
	}
	b.size.H = math.Ceil(y)
	if !inBand {
		bandAt = b.size.H
	}
	return b, bandAt
}

// at returns the lines with the block's top middle at a point.
func (b block) at(p layout.Point) []Text {
	lines := make([]Text, len(b.lines))
	for k, l := range b.lines {
		l.At.X, l.At.Y = l.At.X+p.X, l.At.Y+p.Y
		lines[k] = l
	}
	return lines
}

// A composer makes a scene from a picture.
type composer struct {
	p      *viz.Picture
	nodes  []block
	bands  []float64 // by node: where in its block what the sweep found begins
	edges  []block
	depths []int // by cluster
}

func newComposer(p *viz.Picture) *composer {
	c := &composer{p: p, depths: make([]int, len(p.Clusters))}
	for _, n := range p.Nodes {
		b, band := newBlock(n.Lines(), textSize, 2*bandGap)
		c.nodes = append(c.nodes, b)
		c.bands = append(c.bands, band)
	}
	for _, e := range p.Edges {
		b, _ := newBlock(e.Lines(), edgeSize, 0)
		c.edges = append(c.edges, b)
	}
	for k, cl := range p.Clusters {
		c.depths[k] = 1
		if cl.Parent >= 0 {
			c.depths[k] = c.depths[cl.Parent] + 1
		}
	}
	return c
}

// graph returns what is to be placed.
func (c *composer) graph() *layout.Graph {
	g := &layout.Graph{Dir: c.p.Direction}
	for k, n := range c.p.Nodes {
		a, b := lookOf(n.Kind, n.Backward).inset()
		s := c.nodes[k].size
		g.Nodes = append(g.Nodes, layout.Node{
			Size:    layout.Size{W: max(s.W+2*padX, leastWidth) + a + b, H: s.H + 2*padY + a + b},
			Cluster: n.Cluster,
		})
	}
	for k, e := range c.p.Edges {
		out := layout.Edge{From: e.From, To: e.To}
		if b := c.edges[k]; len(b.lines) > 0 {
			out.Label = layout.Size{W: b.size.W + 2*edgePad, H: b.size.H + 2}
		}
		g.Edges = append(g.Edges, out)
	}
	for _, o := range c.p.Order {
		g.Edges = append(g.Edges, layout.Edge{From: o.First, To: o.Second, Hidden: true})
	}
	for _, cl := range c.p.Clusters {
		out := layout.Cluster{Parent: cl.Parent}
		if t := clusterText(cl); cl.Name != "" {
			out.Label = layout.Size{W: t.Width(), H: leading * clusterSize}
		}
		g.Clusters = append(g.Clusters, out)
	}
	return g
}

func clusterText(cl viz.Cluster) Text {
	return Text{Spans: []Span{{Text: cl.Name, Size: clusterSize, Color: quiet, Bold: true}}}
}

func (c *composer) compose(l *layout.Layout) *Scene {
	s := &Scene{Title: c.title(), Description: c.description()}
	head, size := c.head(l.Width)
	s.Width = math.Ceil(max(l.Width, size.W)) + 2*margin
	s.Height = math.Ceil(l.Height+size.H) + 2*margin
	s.Groups = append(s.Groups, head...)
	by := layout.Point{X: math.Round((s.Width - l.Width) / 2), Y: margin + size.H}
	for k := range c.p.Clusters {
		if l.Clusters[k] != (layout.Rect{}) {
			s.Groups = append(s.Groups, c.cluster(k, moveRect(l.Clusters[k], by)))
		}
	}
	for k := range c.p.Edges {
		s.Groups = append(s.Groups, c.edge(k, l.Edges[k], by))
	}
	// Above all lines.
	for k, cl := range c.p.Clusters {
		if cl.Name != "" && l.Clusters[k] != (layout.Rect{}) {
			s.Groups = append(s.Groups, c.clusterLabel(k, moveRect(l.Clusters[k], by)))
		}
	}
	for k := range c.p.Edges {
		if len(c.edges[k].lines) > 0 {
			s.Groups = append(s.Groups, c.label(k, move(l.Edges[k].Label, by)))
		}
	}
	for k := range c.p.Nodes {
		s.Groups = append(s.Groups, c.node(k, moveRect(l.Nodes[k], by)))
	}
	return s
}

func move(p, by layout.Point) layout.Point { return layout.Point{X: p.X + by.X, Y: p.Y + by.Y} }

func moveRect(r layout.Rect, by layout.Point) layout.Rect {
	r.X, r.Y = r.X+by.X, r.Y+by.Y
	return r
}

func (c *composer) cluster(k int, r layout.Rect) Group {
	return Group{
		Class:  "cluster",
		Title:  c.p.Clusters[k].Name,
		Shapes: []Shape{{Box: r, Radius: 8, Fill: shade(c.depths[k]), Stroke: clusterInk, Width: 1}},
	}
}

// clusterLabel writes the name of a cluster where Graphviz keeps room for it. Edges may cross it.
func (c *composer) clusterLabel(k int, r layout.Rect) Group {
	t := clusterText(c.p.Clusters[k])
	t.At = layout.Point{X: r.X + clusterLeft, Y: r.Y + clusterTop + ascent*clusterSize}
	return Group{Class: "label", Shapes: []Shape{t.ground(shade(c.depths[k]))}, Texts: []Text{t}}
}

// edge draws a line with an arrow that ends at the border of a node.
func (c *composer) edge(k int, route layout.Route, by layout.Point) Group {
	e := c.p.Edges[k]
	color, dash := line, [2]float64{}
	if e.Backward {
		color, dash = backward, [2]float64{6, 4}
	}
	points := make([]layout.Point, len(route.Points))
	for i, q := range route.Points {
		points[i] = move(q, by)
	}
	tip := points[len(points)-1]
	dx, dy := direction(points)
	base := layout.Point{X: tip.X - arrow*dx, Y: tip.Y - arrow*dy}
	points[len(points)-1] = layout.Point{X: tip.X - (arrow-1)*dx, Y: tip.Y - (arrow-1)*dy}
	head := []layout.Point{tip, {X: base.X - arrowHalf*dy, Y: base.Y + arrowHalf*dx}, {X: base.X + arrowHalf*dy, Y: base.Y - arrowHalf*dx}}
	return Group{
		Class: "edge",
		Title: c.edgeTitle(e),
		Shapes: []Shape{
			{Points: points, Stroke: color, Width: edgeWidth, Dash: dash},
			{Points: head, Closed: true, Fill: color},
		},
	}
}

// direction returns in which direction a curve ends.
func direction(points []layout.Point) (dx, dy float64) {
	tip := points[len(points)-1]
	for k := len(points) - 2; k >= 0; k-- {
		dx, dy = tip.X-points[k].X, tip.Y-points[k].Y
		if d := math.Hypot(dx, dy); d > curveDistance {
			return dx / d, dy / d
		}
	}
	return 1, 0
}

// label writes what stands beside an edge.
func (c *composer) label(k int, center layout.Point) Group {
	b := c.edges[k]
	g := Group{Class: "label", Texts: b.at(layout.Point{X: center.X, Y: center.Y - b.size.H/2})}
	for _, t := range g.Texts {
		g.Shapes = append(g.Shapes, t.ground(paper))
	}
	return g
}

func (c *composer) node(k int, r layout.Rect) Group {
	n, b := c.p.Nodes[k], c.nodes[k]
	look := lookOf(n.Kind, n.Backward)
	g := Group{Class: "node", Title: nodeTitle(n), Shapes: look.frame(r)}
	left, right := look.inset()
	top, bottom := right, left
	in := layout.Rect{X: r.X + left, Y: r.Y + top, W: r.W - left - right, H: r.H - top - bottom}
	if at := c.bands[k]; at < b.size.H {
		if at > 0 {
			at += padY - bandGap // in the middle of the gap
		}
		g.Shapes = append(g.Shapes, band(in, at, look))
	}
	g.Texts = b.at(layout.Point{X: in.X + in.W/2, Y: in.Y + padY})
	return g
}

// band is the ground of what the sweep found: the part of a node below a height.
func band(in layout.Rect, at float64, l look) Shape {
	edge := l.width / 2
	if l.double {
		edge = 0.5
	}
	return Shape{Box: layout.Rect{X: in.X + edge, Y: in.Y + at, W: in.W - 2*edge, H: in.H - at - edge}, Radius: max(l.radius-edge-1, 0), Fill: sweepBand}
}

// nodeTitle returns the text on a node in one line.
func nodeTitle(n viz.Node) string {
	var parts []string
	for _, l := range n.Lines() {
		parts = append(parts, l.String())
	}
	if n.Backward && n.Kind != viz.More {
		parts = append(parts, "part of the backward pass")
	}
	return strings.Join(parts, "; ")
}

func (c *composer) edgeTitle(e viz.Edge) string {
	var parts []string
	for _, l := range e.Lines() {
		parts = append(parts, l.String())
	}
	s := called(c.p.Nodes[e.From]) + " → " + called(c.p.Nodes[e.To])
	if len(parts) > 0 {
		s += ": " + strings.Join(parts, " ")
	}
	return s
}

// called is what a node is called.
func called(n viz.Node) string {
	switch {
	case n.Label != "":
		return n.Label
	case n.Name != "":
		return n.Name
	case n.Kind == viz.More:
		return legible.Count(n.Hidden) + " nodes"
	}
	return n.ID
}
