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
	defer func(mask Flags) { g.mask = mask }(g.mask)
	g.mask = 0
	f()
}

// Loudly calls f with gradients on, within [Graph.Quietly] too. Rules that differentiate what they record need it.
func (g *Graph) Loudly(f func()) {
	const op = "graph.Graph.Loudly"
	g.must(op)
	mustFunc(op, f == nil)
	defer func(mask Flags) { g.mask = mask }(g.mask)
	g.mask = wantsGrad
	f()
}
