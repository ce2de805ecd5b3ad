package autograd

import (
	"fmt"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// values looks through the values that y depends on, from node first on, for the first one that is not finite, for what
// was selected away, and for products of a recorded sweep in which a zero won.
func (d *diagnoser) values(y graph.Value, first int) {
	var odd graph.NodeSet
	lowest := 0
	for id := range d.g.Ancestors(graph.AllEdges, y).All {
		if n := d.g.Value(id).Node(); id >= first && !isFinite(n) {
			odd.Add(id)
			if lowest == 0 {
				lowest = id
			}
		}
	}
	if lowest == 0 {
		return
	}
	m := newMarks(d.g)
	defer m.close()
	var on graph.NodeSet
	mark := func(n graph.Node, t *tensor.Tensor) {
		m.put(n, t)
		on.Add(n.ID())
	}
	mark(y.Node(), allOf(y.Node()))
	var origin elements
	at := 0                     // its node
	partly := make(map[int]int) // nodes of which some elements are reached: the others that are not finite
	for id := range on.Down {
		if id < lowest {
			break
		}
		n := d.g.Value(id).Node()
		if odd.Has(id) {
			all := oddElements(n.Data(), nil)
			if reached := oddElements(n.Data(), m.tensors[id]); reached.count > 0 {
				origin, at = reached, id
				partly[id] = all.count - reached.count
			}
		}
		if isProduct(n) {
			d.zeroWon(n, m.tensors[id], mark)
		}
		forget(n)
		for i := range n.NumInputs() {
			if t, some := m.below(n, i); some {
				mark(n.InputNode(i), t)
			}
		}
		forget(n)
		m.drop(id)
	}
	if at != 0 && d.found.Value == nil {
		d.origin(d.g.Value(at).Node(), origin)
	}
	if first == 0 {
		d.away(odd, partly)
	}
}

// isFinite reports whether a node's value has finite elements only.
func isFinite(n graph.Node) bool {
	if v, scalar := n.Scalar(); scalar {
		return finite(v)
	}
	return allFinite(n.Data())
}

// origin notes the first value that is not finite.
func (d *diagnoser) origin(n graph.Node, bad elements) {
	d.open(n, func(y graph.Value, first int) { d.values(y, first) })
	if d.found.Value != nil { // inside
		return
	}
	f := d.finding(n, -1, bad, n.Dims())
	f.what = fmt.Sprintf("%s is %v", d.place(n, operands(n)), bad.number)
	if madeOdd(n) {
		f.what += ", though its operands are finite"
	}
	d.found.Value = &f
}

// madeOdd reports whether a node is the result of finite operands.
func madeOdd(n graph.Node) bool {
	for i := range n.NumInputs() {
		if !isFinite(n.InputNode(i)) {
			return false
		}
	}
	return n.NumInputs() > 0
}

// operands returns what stands behind the name of a scalar operation: " of 0 and 2".
func operands(n graph.Node) string {
	if _, scalar := n.Scalar(); !scalar || n.NumInputs() == 0 || n.NumInputs() > 3 {
		return ""
	}
	var s []string
	for i := range n.NumInputs() {
		v, scalar := n.InputNode(i).Scalar()
		if !scalar {
			return ""
		}
		s = append(s, number(v))
	}
	return " of " + strings.Join(s, " and ")
}

// away lists the values with elements that are not finite and that nothing reaches. partly has, of those with elements
// that are reached, how many are not.
func (d *diagnoser) away(odd graph.NodeSet, partly map[int]int) {
	for id := range odd.All {
		n := d.g.Value(id).Node()
		left, some := partly[id]
		switch {
		case some && left == 0:
			continue
		case len(d.found.SelectedAway) == maxFindings:
			d.found.MoreSelectedAway++
			continue
		}
		bad := oddElements(n.Data(), nil)
		f := d.finding(n, -1, bad, n.Dims())
		f.what = fmt.Sprintf("%s is %v", d.place(n, ""), bad.number)
		if some {
			f.Count, f.Index = left, nil
			f.what = d.place(n, "") + " is not finite"
		}
		d.found.SelectedAway = append(d.found.SelectedAway, f)
	}
}
