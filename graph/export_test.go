package graph

// LeafEnd returns the number of the first node that is not one of the leaves that the tape begins with.
func (g *Graph) LeafEnd() int { return int(g.leafEnd) }

// ChunkLen is the number of nodes in a chunk of the tape.
const ChunkLen = chunkLen

// Enter and Leave stand for work in progress.
func (g *Graph) Enter(op string) { g.enter(op) }
func (g *Graph) Leave()          { g.leave() }

// Changes returns, for every leaf that changed after an operation had been recorded, the first node that may have used
// its present numbers, and the same for the views that share its storage. It is empty if no leaf changed, as usual.
func (g *Graph) Changes() map[int]int {
	for _, b := range g.bound.list {
		g.refresh(b.id)
	}
	if len(g.changes) == 0 {
		return nil
	}
	m := make(map[int]int, len(g.changes))
	for leaf, at := range g.changes {
		m[int(leaf)] = int(at)
	}
	for k := range g.exts { // in recording order, so that views of views follow
		e := &g.exts[k]
		if h := g.head(e.node); h.flags()&isView == 0 || h.ext() != int32(k) {
			continue
		}
		if at, ok := m[int(g.inputs[e.inputs.lo])]; ok && int(e.node) < at {
			m[int(e.node)] = at
		}
	}
	return m
}
