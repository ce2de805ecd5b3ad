package graph

// OpName returns the name of the node's operation: that of its row, or where one row serves operations with names of
// their own, the one that what [Call.Aux] attached returns by a method OpName.
func (n Node) OpName() string {
	if named, ok := n.Aux().(interface{ OpName() string }); ok {
		return named.OpName()
	}
	return n.Op().String()
}
