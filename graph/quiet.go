package graph

// Quiet reports whether gradients are off: the function of a [Graph.Quietly] is running.
func (g *Graph) Quiet() bool {
	g.must("graph.Graph.Quiet")
	return g.mask == 0
}

// Quietly calls f with gradients off: the results of the operations that f records are constants. Leaves stay what
// they are.
func (g *Graph) Quietly(f func()) {
	const op = "graph.Graph.Quietly"
	g.must(op)
	mustFunc(op, f == nil)
	defer func(mask Flags, first int32) {
		g.mask = mask
		g.dropPartials(first)
	}(g.mask, g.n)
	g.mask = 0
	f()
}

// Loudly, for authors of operations, calls f with gradients on, within [Graph.Quietly] too. Rules that differentiate what
// they record need it.
func (g *Graph) Loudly(f func()) {
	const op = "graph.Graph.Loudly"
	g.must(op)
	mustFunc(op, f == nil)
	defer func(mask Flags) { g.mask = mask }(g.mask)
	g.mask = wantsGrad
	f()
}

// dropPartials takes the derivatives of constants from node first on off the tape: the short path records them whether
// gradients are on or not, and the sweep over scalars asks no node whether it wants one.
func (g *Graph) dropPartials(first int32) {
	for id := first; id < g.n; id++ {
		if h := g.head(id); h.flags()&(isLeaf|isTensor|wantsGrad) != 0 {
			continue
		}
		l := g.link(id)
		for k, in := range l.In {
			if in > 0 { // what stands at the sink may be a parameter
				l.D[k] = 0
			}
		}
	}
}
