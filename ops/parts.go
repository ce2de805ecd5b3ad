package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// TakesPart reports whether a node takes a part of its first operand along an axis, as [Slice], [Gather], [GatherAt]
// and [TakeAlong] do, or along its leading axes, as [Index]. The cotangent of that operand is zeros but for the part:
// [PutParts] makes one of many.
func TakesPart(n graph.Node) bool {
	switch n.Op() {
	case opIndex, opSlice, opGather, opGatherAt, opTakeAlong:
		return true
	}
	return false
}

// PutParts returns the cotangent of a value of which every one of the nodes takes a part, for the cotangents of the
// nodes: what their rules give, added up. It joins the parts before it puts them in their places, so that it takes the
// time and memory of the parts together and of the value once, where the rules take those of the value for every node.
//
// It panics with a [*graph.Error] if a node takes no part of its operand, see [TakesPart], or one of another operand.
func PutParts(nodes []graph.Node, cts []graph.Value) graph.Value {
	const op = "ops.PutParts"
	if len(nodes) == 0 || len(nodes) != len(cts) {
		panic(graph.Errorf(op, graph.ErrUsage, "%d nodes and %d cotangents: give one for each, and one or more", len(nodes), len(cts)))
	}
	var groups []partGroup // few: there are as many ways to take parts, and axes
	for i, n := range nodes {
		if !TakesPart(n) {
			panic(graph.Errorf(op, graph.ErrUsage, "node %s takes no part of its operand: use its rule", n.Label()))
		}
		if n.Graph() != nodes[0].Graph() || n.InputNode(0).ID() != nodes[0].InputNode(0).ID() {
			panic(graph.Errorf(op, graph.ErrUsage, "node %s takes a part of another operand than %s: call it for the nodes of one operand", n.Label(), nodes[0].Label()))
		}
		how, axis := n.Op(), n.Int(0)
		switch how {
		case opSlice:
			how = opGather
		case opIndex:
			axis = leading(n)
		}
		k := slices.IndexFunc(groups, func(g partGroup) bool { return g.op == how && g.axis == axis })
		if k < 0 {
			k = len(groups)
			groups = append(groups, partGroup{op: how, axis: axis, members: make([]int, 0, len(nodes)-i)})
		}
		groups[k].members = append(groups[k].members, i)
	}
	var sum graph.Value
	for i, g := range groups {
		part := putGroup(nodes, cts, g.members, g.axis)
		if i == 0 {
			sum = part
		} else {
			sum = Add(sum, part)
		}
	}
	return sum
}

// A partGroup is those of some nodes, by index, that take their parts in the same way.
type partGroup struct {
	op      graph.Op // gather for slices too
	axis    int      // of indices, the number of leading axes
	members []int
}

// putGroup is PutParts for the nodes of a group, which take their parts along one axis and in the same way.
func putGroup(nodes []graph.Node, cts []graph.Value, group []int, axis int) graph.Value {
	first := nodes[group[0]]
	if len(group) == 1 {
		return first.Row().VJP(first, 0, cts[group[0]])
	}
	if first.Op() == opIndex {
		return putIndexed(nodes, cts, group)
	}
	size := first.InputNode(0).Dims()[axis]
	var parts, indices []graph.Value
	for _, i := range group {
		part := cts[i]
		switch first.Op() {
		case opTakeAlong:
			indices = append(indices, nodes[i].Input(1))
		case opGatherAt: // indices of any shape
			index, dims := nodes[i].Input(1), part.Dims()
			flat := append(slices.Clone(dims[:axis]), index.Len())
			part = Reshape(part, append(flat, dims[axis+index.Rank():]...)...)
			indices = append(indices, Reshape(index, index.Len()))
		}
		parts = append(parts, part)
	}
	switch first.Op() {
	case opTakeAlong:
		return PutAlong(Concat(axis, parts...), Concat(axis, indices...), axis, size)
	case opGatherAt:
		return ScatterAt(Concat(axis, parts...), Concat(0, indices...), axis, size)
	}
	if start, inOrder, ok := tiles(nodes, group); ok {
		for i, k := range inOrder {
			parts[i] = cts[k]
		}
		joined := Concat(axis, parts...)
		if length := joined.Dims()[axis]; length < size {
			return Pad(joined, axis, start, size-start-length)
		}
		return joined
	}
	if wideSlices(nodes, group) {
		sum := first.Row().VJP(first, 0, cts[group[0]])
		for _, i := range group[1:] {
			sum = Add(sum, nodes[i].Row().VJP(nodes[i], 0, cts[i]))
		}
		return sum
	}
	var index []int
	for _, i := range group {
		index = appendTaken(index, nodes[i])
	}
	return Scatter(Concat(axis, parts...), axis, size, index...)
}

// leading returns how many axes an index goes along.
func leading(n graph.Node) int { return len(n.InputNode(0).Dims()) - len(n.Dims()) }

// putIndexed is putGroup for indices along as many leading axes, which are seen as one.
func putIndexed(nodes []graph.Node, cts []graph.Value, group []int) graph.Value {
	first := nodes[group[0]]
	if product(first.Dims()) == 0 {
		return zeroVJP(first, 0, cts[group[0]])
	}
	dims := first.InputNode(0).Dims()
	count := product(dims[:leading(first)])
	start, inOrder, tiled := sideBySide(nodes, group, func(n graph.Node) (at, length int) { return n.Int(0), 1 })
	if tiled {
		group = inOrder
	}
	parts, index := make([]graph.Value, len(group)), make([]int, len(group))
	for k, i := range group {
		parts[k], index[k] = cts[i], nodes[i].Int(0)
	}
	stack := Stack(0, parts...)
	if tiled {
		return Reshape(Pad(stack, 0, start, count-start-len(parts)), dims...)
	}
	return Reshape(Scatter(stack, 0, count, index...), dims...)
}

// tiles reports whether the nodes are slices that lie side by side, and returns where the first one starts, and the
// nodes in the order of their places.
func tiles(nodes []graph.Node, group []int) (start int, inOrder []int, ok bool) {
	for _, i := range group {
		if nodes[i].Op() != opSlice {
			return 0, nil, false
		}
	}
	return sideBySide(nodes, group, func(n graph.Node) (at, length int) { return n.Int(1), n.Dims()[n.Int(0)] })
}

// sideBySide returns the nodes in the order of their places and where the first one starts, and reports whether each begins
// where the one before ends.
func sideBySide(nodes []graph.Node, group []int, place func(n graph.Node) (at, length int)) (start int, inOrder []int, ok bool) {
	inOrder = slices.Clone(group)
	slices.Reverse(inOrder) // a sweep comes to the last one first
	slices.SortFunc(inOrder, func(a, b int) int {
		x, _ := place(nodes[a])
		y, _ := place(nodes[b])
		return x - y
	})
	start, _ = place(nodes[inOrder[0]])
	next := start
	for _, i := range inOrder {
		at, length := place(nodes[i])
		if at != next {
			return 0, nil, false
		}
		next += length
	}
	return start, inOrder, true
}

// wideSlices reports whether the nodes are few slices that overlap and have at least half of the operand, on average: to
// put each of them among zeros costs no more than to go through the indices of all.
func wideSlices(nodes []graph.Node, group []int) bool {
	total := 0
	for _, i := range group {
		if nodes[i].Op() != opSlice {
			return false
		}
		total += nodes[i].Dims()[nodes[i].Int(0)]
	}
	first := nodes[group[0]]
	return len(group) <= 8 && 2*total >= len(group)*first.InputNode(0).Dims()[first.Int(0)]
}

// appendTaken appends the indices along the axis that a slice or a gather takes.
func appendTaken(dst []int, n graph.Node) []int {
	if n.Op() == opGather {
		return append(dst, n.Ints()[1:]...)
	}
	axis, start := n.Int(0), n.Int(1)
	for k := range n.Dims()[axis] {
		dst = append(dst, start+k)
	}
	return dst
}
