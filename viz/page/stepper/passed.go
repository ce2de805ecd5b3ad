package stepper

import "github.com/seed366ff29f/chainrule/graph/tensor"

// contributions finds what the sweep passed along the links that are no numbers: what it passed to the operand from the
// node itself, or from all that is folded into it and nothing else.
func (l *linker) contributions() {
	m := l.m
	if m.grads == nil {
		return
	}
	folded := map[[2]int]*tensor.Tensor{} // by user and operand
	for id := range m.in.All {
		v := m.g.Value(id).Node()
		k, shown := m.at[id]
		if !shown {
			k = l.users[id] - 1
		}
		if k < 0 || !m.hasTensors(k) || !m.grads.Kept(v.Value()) {
			continue
		}
		for i := range v.NumInputs() {
			from, ok := m.at[v.InputNode(i).ID()]
			switch key := [2]int{k, from}; {
			case !ok || !v.WantsGrad() || !v.Wants(i):
			case shown:
				m.passed(k, from, m.grads.Contribution(v.Value(), i))
			case folded[key] == nil:
				folded[key] = m.grads.Contribution(v.Value(), i)
			default:
				folded[key] = added(folded[key], m.grads.Contribution(v.Value(), i))
			}
		}
	}
	for key, c := range folded {
		m.passed(key[0], key[1], c)
	}
}

// passed notes what the sweep passed from node k to another, at the first link between the two that has nothing yet.
func (m *Model) passed(k, from int, c *tensor.Tensor) {
	links := m.nodes[k].links
	for j := range links {
		if e := &links[j]; e.from == from && e.passed == nil {
			e.passed = c
			return
		}
	}
}

// hasTensors reports whether some link to node k is no number.
func (m *Model) hasTensors(k int) bool {
	for _, e := range m.nodes[k].links {
		if e.flows && !e.known {
			return true
		}
	}
	return false
}

// added returns the sum of two tensors of one shape.
func added(a, b *tensor.Tensor) *tensor.Tensor {
	sum := a.Clone()
	for i := range sum.Len() {
		sum.SetFlat(a.AtFlat(i)+b.AtFlat(i), i)
	}
	return sum
}
