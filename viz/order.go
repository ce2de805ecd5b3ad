package viz

import (
	"cmp"
	"slices"
	"strings"
)

// maxPairs is the number of pairs up to which every end of a scope stands before every beginning of the next.
const maxPairs = 64

// A stretch is the nodes from one index up to another: what stands in a scope, in recording order.
type stretch struct{ from, to int }

func (s stretch) has(node int) bool { return s.from <= node && node < s.to }

// addOrder lets scopes of which one passes something on to the next stand one after the other, as the steps of a network
// that is unrolled in time: scopes beside each other that follow each other, or whose names are the same but for numbers.
// What has nothing before it in its scope, such as the input of a step, would else stand beside the first one's.
func (p *painter) addOrder() {
	if p.view.rest >= 0 { // it stands for parts of several scopes
		return
	}
	into := make([][]int, len(p.Nodes)) // what leads to each node
	for _, e := range p.Edges {
		into[e.To] = append(into[e.To], e.From)
	}
	type key struct {
		parent int
		name   string
	}
	last := make(map[key]stretch) // the scope before: by parent, and by parent and name
	done := make(map[[2]stretch]bool)
	for _, s := range p.scopes() {
		for _, k := range [...]key{{s.parent, ""}, {s.parent, "scope " + withoutDigits(s.name)}} {
			if before, ok := last[k]; ok && !done[[2]stretch{before, s.stretch}] {
				done[[2]stretch{before, s.stretch}] = true
				p.orderPair(into, before, s.stretch)
			}
			last[k] = s.stretch
		}
	}
}

// A drawnScope is a scope that is drawn as a box or as a node.
type drawnScope struct {
	stretch
	parent int // cluster, -1 for none
	name   string
}

// scopes returns the scopes of the picture in recording order.
func (p *painter) scopes() []drawnScope {
	scopes := make([]drawnScope, len(p.Clusters))
	grow := func(cluster int, s stretch) {
		if cluster < 0 {
			return
		}
		c := &scopes[cluster]
		if c.to == 0 {
			c.stretch = s
		}
		c.from, c.to = min(c.from, s.from), max(c.to, s.to)
	}
	for k, n := range p.Nodes {
		grow(n.Cluster, stretch{k, k + 1})
	}
	for c := len(p.Clusters) - 1; c >= 0; c-- {
		scopes[c].parent, scopes[c].name = p.Clusters[c].Parent, p.Clusters[c].Name
		grow(scopes[c].parent, scopes[c].stretch)
	}
	for k, n := range p.Nodes {
		if n.Kind == More {
			scopes = append(scopes, drawnScope{stretch{k, k + 1}, n.Cluster, n.Name})
		}
	}
	slices.SortStableFunc(scopes, func(a, b drawnScope) int { return cmp.Compare(a.from, b.from) })
	return scopes
}

func withoutDigits(name string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, name)
}

// orderPair lets the second of two scopes stand after the first if something leads there.
func (p *painter) orderPair(into [][]int, first, second stretch) {
	linked := false
	inner := make([]bool, first.to-first.from) // something of the first scope follows
	for k := first.from; k < first.to; k++ {
		for _, from := range into[k] {
			if first.has(from) {
				inner[from-first.from] = true
			}
		}
	}
	var ends, beginnings []int
	for i, followed := range inner {
		if !followed {
			ends = append(ends, first.from+i)
		}
	}
	for k := second.from; k < second.to; k++ {
		begins := true
		for _, from := range into[k] {
			linked = linked || first.has(from)
			begins = begins && !second.has(from)
		}
		if begins {
			beginnings = append(beginnings, k)
		}
	}
	if !linked {
		return
	}
	for i, end := range ends {
		for j, beginning := range beginnings {
			few := len(ends)*len(beginnings) <= maxPairs
			if (few || i == len(ends)-1 || j == 0) && !slices.Contains(into[beginning], end) {
				p.Order = append(p.Order, Before{end, beginning})
			}
		}
	}
}
