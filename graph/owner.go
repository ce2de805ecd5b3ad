package graph

// enter marks that the graph is in the middle of work during which no one else may use it: a tensor operation's Forward, a
// stretch of the backward sweep. Until leave everything that records, Reset and Rewind panic with an [*Error] that
// says so, and so does a second enter; op is the function named in the message.
//
// A Graph serves one goroutine at a time. The mark finds out most programs that do not keep to this, at no cost for scalar
// operations: while it stands their short path is closed and there is no room for a node, so that every record comes to a
// place where the mark is looked at. Goroutines that use a graph one after the other, with something between them that
// orders them, are free to do so.
//
// Work that records, such as a rule, must not run between the two.
func (g *Graph) enter(op string) {
	g.alone(op)
	g.busy = true // not atomic: it need not catch everyone, and the race detector is to see what it does not
	g.limit, g.ready = 0, 0
}

// leave ends what enter began.
func (g *Graph) leave() {
	g.seek(g.n)
	g.busy = false
}

// alone panics with an [*Error] between enter and leave.
func (g *Graph) alone(op string) {
	if g.busy {
		panicBusy(op)
	}
}

//go:noinline
func panicBusy(op string) {
	panic(Errorf(op, ErrUsage, "the graph is in the middle of another operation or sweep: a Graph serves one goroutine at a time, so give each its own with graph.New, or a lock; the Forward of an operation must not record on its own graph"))
}
