package graph

// Traced makes a graph on which what is recorded, derivatives of any order included, depends only on the function, the
// shapes and the attributes, not on numbers: the tape is then a program that can be run on other numbers, which is what
// package autograd/program does with it. Operations that would take whole numbers out of Go, such as labels or the random
// numbers of dropout, have forms that take them from values of the graph.
//
// Results are those of any graph.
func Traced() Option {
	return func(s settings) settings { s.traced = true; return s }
}

// Traced reports whether the graph was made with [Traced].
func (g *Graph) Traced() bool {
	g.must("graph.Graph.Traced")
	return g.traced
}
