package scene

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// MaxNodes is the number of nodes that a drawing shows at most, whatever [viz.MaxNodes] says.
const MaxNodes = 300

// maxParallel is the number of edges between the same two nodes that are drawn one by one.
const maxParallel = 6

// choose returns what is drawn: the picture that the options ask for if it is not too large, and else one of fewer nodes.
func choose(root graph.Value, options []viz.Option) (*composer, *layout.Graph) {
	p := viz.NewPicture(root, options...)
	limit := MaxNodes
	if len(p.Nodes) > limit {
		p = viz.NewPicture(root, append(slices.Clip(options), viz.MaxNodes(limit))...)
	}
	for {
		merge(p)
		c := newComposer(p)
		g := c.graph()
		if limit == 2 || g.Effort() <= layout.MaxEffort {
			return c, g
		}
		limit = max(min(limit, len(p.Nodes))*3/4, 2)
		p = viz.NewPicture(root, append(slices.Clip(options), viz.MaxNodes(limit))...)
	}
}

// merge draws many edges between the same two nodes as one.
func merge(p *viz.Picture) {
	count := make(map[[2]int]int)
	for _, e := range p.Edges {
		count[[2]int{e.From, e.To}]++
	}
	kept := p.Edges[:0]
	for _, e := range p.Edges {
		pair := [2]int{e.From, e.To}
		switch n := count[pair]; {
		case n < 0: // drawn
			continue
		case n > maxParallel:
			count[pair] = -1
			e.Operand, e.Derivative, e.Passed, e.Contribution = legible.Count(n)+" edges", "", "", ""
		}
		kept = append(kept, e)
	}
	p.Edges = kept
}

// note says what the drawing leaves out, "" if nothing.
func note(p *viz.Picture) string {
	boxes, hidden := 0, 0
	for _, n := range p.Nodes {
		if n.Kind == viz.More {
			boxes++
			hidden += n.Hidden
		}
	}
	if hidden == 0 {
		return ""
	}
	as := "one box"
	if boxes > 1 {
		as = legible.Count(boxes) + " boxes"
	}
	return legible.Count(hidden) + " of the " + legible.Count(len(p.Nodes)-boxes+hidden) + " nodes are drawn as " + as
}
