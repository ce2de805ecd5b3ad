package graph

// A scope is a named group of nodes from start up to end.
type scope struct {
	name       string
	parent     int32 // index of the enclosing scope, -1 for none
	start, end int32 // end is 0 while the scope is open
	serial     uint32
	profiled   int32 // its number in the graph's profile, 0 if it has none yet
}

// Scope opens a named group of nodes: what is recorded until the returned function is called belongs to it. Scopes
// nest. Pictures draw them as boxes.
//
//	done := g.Scope("layer 1")
//	h := ops.Tanh(ops.MatMul(x, w))
//	done()
func (g *Graph) Scope(name string) (done func()) {
	// Small enough to be inlined, so that the function lives on the caller's stack.
	return g.openScope(name).close
}

// An openedScope is the index of a scope, the graph it belongs to, and what tells it from others that had or will have
// the index.
type openedScope struct {
	g      *Graph
	k      int32
	serial uint32
}

//go:noinline
func (g *Graph) openScope(name string) openedScope {
	g.must("graph.Graph.Scope")
	parent := int32(-1)
	if k := len(g.open); k > 0 {
		parent = g.open[k-1]
	}
	k := int32(len(g.scopes))
	g.opened++
	g.scopes = append(g.scopes, scope{name: name, parent: parent, start: g.n, serial: g.opened})
	g.open = append(g.open, k)
	return openedScope{g, k, g.opened}
}

// close ends the scope and those that were opened in it.
//
//go:noinline
func (opened openedScope) close() {
	g := opened.g
	if int(opened.k) >= len(g.scopes) || g.scopes[opened.k].serial != opened.serial { // Reset or Rewind took the scope away
		return
	}
	for i := len(g.open) - 1; i >= 0; i-- {
		if g.open[i] == opened.k {
			for _, s := range g.open[i:] {
				g.scopes[s].end = g.n
				g.lastScope = g.n
			}
			g.open = g.open[:i]
			return
		}
	}
}

// A ScopeInfo describes a scope of the graph: nodes First up to, and without, End. Parent is the index of the
// enclosing scope in [Graph.Scopes], -1 for none.
type ScopeInfo struct {
	Name       string
	Parent     int
	First, End int
}

// Scopes returns the graph's scopes in the order in which they were opened, so that a parent stands before its
// children.
func (g *Graph) Scopes() []ScopeInfo {
	g.must("graph.Graph.Scopes")
	out := make([]ScopeInfo, len(g.scopes))
	for i, s := range g.scopes {
		end := s.end
		if end == 0 {
			end = g.n
		}
		out[i] = ScopeInfo{s.name, int(s.parent), int(s.start), int(end)}
	}
	return out
}

// cutScopes forgets all scopes but the given number, and ends those at node n.
func (g *Graph) cutScopes(n int32, keep int) {
	keep = min(keep, len(g.scopes))
	for len(g.open) > 0 && int(g.open[len(g.open)-1]) >= keep {
		g.open = g.open[:len(g.open)-1]
	}
	g.scopes = g.scopes[:keep]
	if g.lastScope > n {
		for i := range g.scopes {
			g.scopes[i].end = min(g.scopes[i].end, n)
		}
		g.lastScope = n
	}
}
