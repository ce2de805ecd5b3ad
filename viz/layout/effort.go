package layout

// MaxEffort is the largest [Graph.Effort] that should be given to Graphviz. It then takes two seconds or less.
const MaxEffort = 4000

// Effort estimates how much Graphviz has to place: the nodes, and for every edge the ranks that it crosses, in each of
// which it keeps room for it. The time grows with the square and more. An edge that leads in a circle counts as one rank.
// Effort panics with a [*graph.Error] if the graph does not fit together.
//
// [*graph.Error]: https://pkg.go.dev/github.com/seed366ff29f/chainrule/graph#Error
func (g *Graph) Effort() int {
	g.check("layout.Graph.Effort")
	return g.effort()
}

func (g *Graph) effort() int {
	out := make([][]int, len(g.Nodes)) // edges by the node that they come from
	waits := make([]int, len(g.Nodes))
	perRank := 1
	for k, e := range g.Edges {
		out[e.From] = append(out[e.From], k)
		waits[e.To]++
		if e.Label != (Size{}) {
			perRank = 2 // there are ranks for labels between those for nodes
		}
	}
	var ready []int
	for k, n := range waits {
		if n == 0 {
			ready = append(ready, k)
		}
	}
	rank := make([]int, len(g.Nodes)) // by the longest way to the node
	for len(ready) > 0 {
		k := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		for _, e := range out[k] {
			to := g.Edges[e].To
			rank[to] = max(rank[to], rank[k]+1)
			if waits[to]--; waits[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	total := len(g.Nodes)
	for _, e := range g.Edges {
		total += perRank * max(rank[e.To]-rank[e.From], 1)
	}
	return total
}

// simplexWork is the number of steps that Graphviz may take to make edges straight, times what each step looks at. Most
// graphs need a tenth of it. Without a limit it can take minutes over an unrolled network whose steps share weights.
const simplexWork = 20e6

// iterations returns the number of these steps per node, as Graphviz wants it.
func (g *Graph) iterations() int {
	return max(int(simplexWork/float64(max(g.effort(), 1))/float64(max(len(g.Nodes), 1))), 1)
}
