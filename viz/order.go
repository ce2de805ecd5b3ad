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

// addOrder lets the steps of a network that is unrolled in time stand one after the other: scopes beside each other whose
// names are the same but for numbers, and of which one passes something on to the next. What has nothing before it in its
// step, such as the step's input, would else stand beside the first step.
func (p *painter) addOrder() {
	if p.view.rest >= 0 { // it stands for parts of several steps
		return
	}
	into := make([][]int, len(p.Nodes)) // what leads to each node
	for _, e := range p.Edges {
		into[e.To] = append(into[e.To], e.From)
	}
	for _, steps := range p.repeated() {
		for k := range len(steps) - 1 {
			p.orderPair(into, steps[k], steps[k+1])
		}
	}
}

// repeated returns the scopes beside each other whose names are the same but for numbers, those of each name in
// recording order.
func (p *painter) repeated() [][]stretch {
	scopes := make([]stretch, len(p.Clusters))
	grow := func(cluster int, s stretch) {
		if cluster < 0 {
			return
		}
		if scopes[cluster].to == 0 {
			scopes[cluster] = s
		}
		scopes[cluster].from = min(scopes[cluster].from, s.from)
		scopes[cluster].to = max(scopes[cluster].to, s.to)
	}
	for k, n := range p.Nodes {
		grow(n.Cluster, stretch{k, k + 1})
	}
	for c := len(p.Clusters) - 1; c >= 0; c-- {
		grow(p.Clusters[c].Parent, scopes[c])
	}
	type key struct {
		parent int
		name   string
	}
	at := make(map[key]int)
	var groups [][]stretch
	add := func(parent int, name string, s stretch) {
		k := key{parent, strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return -1
			}
			return r
		}, name)}
		if _, known := at[k]; !known {
			at[k] = len(groups)
			groups = append(groups, nil)
		}
		groups[at[k]] = append(groups[at[k]], s)
	}
	for c, s := range scopes {
		add(p.Clusters[c].Parent, p.Clusters[c].Name, s)
	}
	for k, n := range p.Nodes {
		if n.Kind == More { // a scope that is drawn as a node
			add(n.Cluster, n.Name, stretch{k, k + 1})
		}
	}
	for _, g := range groups {
		slices.SortFunc(g, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	}
	return groups
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
