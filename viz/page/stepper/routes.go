package stepper

import (
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// result returns the layout: rows one behind the other.
func (l *layering) result() *layout.Layout {
	m := l.m
	horizontal := l.f.dir == viz.LeftToRight
	first, end := 0.0, 0.0
	for i, s := range l.slots {
		if lo, hi := s.at-s.size/2, s.at+s.size/2; i == 0 {
			first, end = lo, hi
		} else {
			first, end = min(first, lo), max(end, hi)
		}
	}
	along := make([]float64, len(l.rows)) // centres
	deep := make([]float64, len(l.rows))
	l.deep = deep
	x := 0.0
	for r, row := range l.rows {
		for _, s := range row {
			deep[r] = max(deep[r], l.slots[s].deep)
		}
		if deep[r] == 0 {
			continue
		}
		if x > 0 {
			x += l.f.rankSep
		}
		along[r] = x + deep[r]/2
		x += deep[r]
	}
	point := func(a, c float64) layout.Point {
		if horizontal {
			return layout.Point{X: a, Y: c - first}
		}
		return layout.Point{X: c - first, Y: a}
	}
	out := &layout.Layout{Width: x, Height: end - first}
	if !horizontal {
		out.Width, out.Height = out.Height, out.Width
	}
	for b := range m.boxes {
		s := l.slots[l.slotOf[b]]
		c := point(along[s.row], s.at)
		size := m.size(m.boxes[b], l.f)
		out.Nodes = append(out.Nodes, layout.Rect{X: c.X - size.W/2, Y: c.Y - size.H/2, W: size.W, H: size.H})
	}
	for k, e := range m.edges {
		out.Edges = append(out.Edges, layout.Route{Points: l.route(out, k, e, func(s int) layout.Point {
			return point(along[l.slots[s].row], l.slots[s].at)
		})})
	}
	return out
}

// route returns the way of an edge: it leaves a neuron at out and enters it at net, and goes through the middle of chips.
func (l *layering) route(out *layout.Layout, k int, e boxEdge, center func(slot int) layout.Point) []layout.Point {
	m := l.m
	horizontal := l.f.dir == viz.LeftToRight
	a, b := l.part(out, e.from, m.source(e)), l.part(out, e.to, m.target(e))
	if l.slots[l.slotOf[e.from]].row == l.slots[l.slotOf[e.to]].row { // beside each other
		p, q := border(a, b), border(b, a)
		return []layout.Point{p, between(p, q, 1./3), between(p, q, 2./3), q}
	}
	points := []layout.Point{exit(a, horizontal, true)}
	for _, s := range l.ways[k][1 : len(l.ways[k])-1] {
		if l.deep[l.slots[s].row] > 0 { // in a row of edges alone nothing is in the way
			points = append(points, center(s))
		}
	}
	points = append(points, exit(b, horizontal, false))
	return smooth(points, horizontal)
}

// source and target return the nodes that an edge leads from and to.
func (m *Model) source(e boxEdge) int {
	if e.chip >= 0 && e.second {
		return m.boxes[e.from].cells[0]
	}
	return m.nodes[e.uses[0].node].links[e.uses[0].link].from
}

func (m *Model) target(e boxEdge) int {
	if e.chip >= 0 && !e.second {
		return m.boxes[e.to].cells[0]
	}
	return e.uses[0].node
}

// part returns the place of a node in its box, without the room under a chip.
func (l *layering) part(out *layout.Layout, b, node int) layout.Rect {
	r := out.Nodes[b]
	for _, c := range l.m.boxes[b].cells {
		h := l.m.cell(l.m.boxes[b], c, l.f).H
		if c == node {
			r.H = h
			break
		}
		r.Y += h
	}
	return r
}

// exit returns the middle of the side at which an edge leaves a box, or enters it.
func exit(r layout.Rect, horizontal, leaves bool) layout.Point {
	c := r.Center()
	switch {
	case horizontal && leaves:
		return layout.Point{X: r.X + r.W, Y: c.Y}
	case horizontal:
		return layout.Point{X: r.X, Y: c.Y}
	case leaves:
		return layout.Point{X: c.X, Y: r.Y + r.H}
	}
	return layout.Point{X: c.X, Y: r.Y}
}

// border returns where the line from the middle of a box to that of another leaves the first.
func border(a, b layout.Rect) layout.Point {
	p, q := a.Center(), b.Center()
	dx, dy := q.X-p.X, q.Y-p.Y
	t := 1.0
	if dx != 0 {
		t = min(t, a.W/2/max(dx, -dx))
	}
	if dy != 0 {
		t = min(t, a.H/2/max(dy, -dy))
	}
	return layout.Point{X: p.X + t*dx, Y: p.Y + t*dy}
}

func between(p, q layout.Point, t float64) layout.Point {
	return layout.Point{X: p.X + t*(q.X-p.X), Y: p.Y + t*(q.Y-p.Y)}
}

// smooth returns curves through points that run along the direction of the drawing at each.
func smooth(points []layout.Point, horizontal bool) []layout.Point {
	out := points[:1:1]
	for i := 1; i < len(points); i++ {
		p, q := points[i-1], points[i]
		if horizontal {
			d := (q.X - p.X) / 2
			out = append(out, layout.Point{X: p.X + d, Y: p.Y}, layout.Point{X: q.X - d, Y: q.Y}, q)
		} else {
			d := (q.Y - p.Y) / 2
			out = append(out, layout.Point{X: p.X, Y: p.Y + d}, layout.Point{X: q.X, Y: q.Y - d}, q)
		}
	}
	return out
}
