package stepper

import "github.com/seed366ff29f/chainrule/graph"

// A box is what stands at one place of the drawing: a node, or the two of a neuron, net above out.
type box struct {
	cells []int // indices of nodes
	chip  bool  // a leaf that stands on the edge between the other factor and what their product goes into
}

// A boxEdge is a line from one box to another.
type boxEdge struct {
	from, to int   // indices of boxes
	uses     []use // the links that it stands for
	chip     int   // index of the box that the line goes on to or comes from, -1 for none
	second   bool  // it leads from the chip on
}

// A use is a link of a node: its index among the links of that node.
type use struct{ node, link int }

// group makes the boxes, and the lines between them.
func (m *Model) group() {
	chips := map[use]int{} // by link: the node that is the chip on its edge
	onEdge := map[int]bool{}
	below := map[int]int{} // by node that is net: the node that is out
	above := map[int]bool{}
	if m.cfg.Neurons {
		users := m.users()
		for k := range m.nodes {
			m.chip(k, users, chips, onEdge)
		}
		for k, n := range m.nodes {
			if net, ok := m.net(n, users); ok && !above[net] {
				below[net], above[k] = k, true
			}
		}
	}
	boxOf := make([]int, len(m.nodes))
	for k := range m.nodes {
		if above[k] {
			continue
		}
		boxOf[k] = len(m.boxes)
		b := box{cells: []int{k}, chip: onEdge[k]}
		if out, ok := below[k]; ok {
			b.cells = append(b.cells, out)
			boxOf[out] = boxOf[k]
		}
		m.boxes = append(m.boxes, b)
	}
	for k, n := range m.nodes {
		for j, l := range n.links {
			u := use{k, j}
			c, chipped := chips[u]
			switch {
			case onEdge[l.from]: // drawn with the edge that it stands on
			case boxOf[l.from] == boxOf[k]:
			case chipped:
				own := use{k, m.linkFrom(k, c)}
				m.edges = append(m.edges,
					boxEdge{from: boxOf[l.from], to: boxOf[c], uses: []use{u}, chip: boxOf[c]},
					boxEdge{from: boxOf[c], to: boxOf[k], uses: []use{u, own}, chip: boxOf[c], second: true})
			default:
				m.edges = append(m.edges, boxEdge{from: boxOf[l.from], to: boxOf[k], uses: []use{u}, chip: -1})
			}
		}
	}
}

// linkFrom returns the index of the link of node k that comes from another.
func (m *Model) linkFrom(k, from int) int {
	for j, l := range m.nodes[k].links {
		if l.from == from {
			return j
		}
	}
	return -1
}

// users returns the nodes that use each node, once for each use, shown or not.
func (m *Model) users() map[int][]graph.Node {
	users := make(map[int][]graph.Node)
	for id := range m.in.All {
		v := m.g.Value(id).Node()
		for i := range v.NumInputs() {
			u := v.InputNode(i).ID()
			users[u] = append(users[u], v)
		}
	}
	return users
}

// chip makes node k a chip if it is a leaf that is used once, as a factor of a product, and the other factor is a node
// that is used by the same sum in no other way.
func (m *Model) chip(k int, users map[int][]graph.Node, chips map[use]int, onEdge map[int]bool) {
	n := m.nodes[k]
	if n.kind != leaf && n.kind != constant || len(users[n.ID()]) != 1 {
		return
	}
	product := users[n.ID()][0]
	if product.Row().Name != "mul" || product.Dims() != nil {
		return
	}
	other := product.InputNode(0)
	if other.ID() == n.ID() {
		other = product.InputNode(1)
	}
	u, shown := m.at[other.ID()]
	if !shown || onEdge[u] {
		return
	}
	if o := m.nodes[u]; o.kind == leaf && n.kind == constant && len(users[o.ID()]) == 1 {
		return // then the other one, which is trained, is the weight
	}
	v := product
	for {
		if _, ok := m.at[v.ID()]; ok {
			break
		}
		if len(users[v.ID()]) != 1 {
			return
		}
		v = users[v.ID()][0]
	}
	to := m.at[v.ID()]
	found := -1
	for j, l := range m.nodes[to].links {
		if l.from == u {
			if found >= 0 {
				return
			}
			found = j
		}
	}
	if found < 0 || m.linkFrom(to, k) < 0 || m.ways(other, v) != 1 {
		return
	}
	if _, taken := chips[use{to, found}]; taken {
		return
	}
	chips[use{to, found}], onEdge[k] = k, true
}

// ways returns in how many ways, two at most, node u is reached from v through folded nodes.
func (m *Model) ways(u, v graph.Node) int {
	count := 0
	stack := []graph.Node{v}
	seen := map[int]bool{}
	for len(stack) > 0 && count < 2 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for i := range n.NumInputs() {
			in := n.InputNode(i)
			_, shown := m.at[in.ID()]
			switch {
			case in.ID() == u.ID():
				count++
			case !shown && !seen[in.ID()]:
				seen[in.ID()] = true
				stack = append(stack, in)
			}
		}
	}
	return count
}

// net returns the node that makes one neuron with n: a result of several operands that n, an elementwise operation of one
// operand, alone uses.
func (m *Model) net(n node, users map[int][]graph.Node) (int, bool) {
	if n.kind != operation || n.NumInputs() != 1 {
		return 0, false
	}
	if row := n.Row(); row.Unary == nil && row.UnaryParam == nil {
		return 0, false
	}
	in := n.InputNode(0)
	k, shown := m.at[in.ID()]
	return k, shown && m.nodes[k].kind == operation && len(m.nodes[k].links) > 1 && len(users[in.ID()]) == 1
}
