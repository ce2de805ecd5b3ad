package graph

// LeafEnd returns the number of the first node that is not one of the leaves that the tape begins with.
func (g *Graph) LeafEnd() int { return int(g.leafEnd) }

// ChunkLen is the number of nodes in a chunk of the tape.
const ChunkLen = chunkLen

// Enter and Leave stand for work in progress.
func (g *Graph) Enter(op string) { g.enter(op) }
func (g *Graph) Leave()          { g.leave() }
