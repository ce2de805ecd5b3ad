package graph

// A ScalarNode, for authors of sweeps, is what [Graph.ReadScalar] reads of a node.
type ScalarNode struct {
	Op    Op
	Wants bool       // a gradient flows through the node
	In    [2]int32   // the numbers of the operands, 0 for an absent one: a leaf has none
	Y     float64    // the result
	D     [2]float64 // the derivatives; with one operand, D[1] is the constant parameter, as of [Node.Float]
}

// ReadScalar sets s to what the tape has of the node with the given number, a scalar leaf or an operation on scalars. It
// returns false, and leaves s alone, for all others, of which a [Node] knows more: tensors, and what has an extension
// record. It panics with an [*Error] if the tape has no such node.
func (g *Graph) ReadScalar(id int, s *ScalarNode) bool {
	if g == nil || s == nil || id <= 0 || id >= int(g.n) {
		g.cannotRead(id)
	}
	c, k := g.chunks[id>>chunkBits], id&chunkMask
	h, l := &c.heads[k], &c.links[k]
	if h.ext() != 0 {
		return false
	}
	s.Op, s.Wants, s.In, s.Y, s.D = h.op(), h.kind&wantsGrad != 0, l.In, h.value, l.D
	return true
}

//go:noinline
func (g *Graph) cannotRead(id int) {
	g.Value(id) // panics unless there is such a node
	panic(Errorf("graph.Graph.ReadScalar", ErrUsage, "got a nil *graph.ScalarNode: give the address of one, to be set"))
}
