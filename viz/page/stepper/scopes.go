package stepper

import (
	"cmp"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A scopeBox is a scope of the graph in which something is shown.
type scopeBox struct {
	name   string
	parent int // index of the one around it, -1 for none
}

// findScopes finds the scopes around the boxes. Neurons have none: their layers are the rows.
func (m *Model) findScopes() {
	m.scopeOf = make([]int, len(m.boxes))
	infos := m.g.Scopes()
	at := make(map[int]int)
	var add func(s int) int
	add = func(s int) int {
		if s < 0 {
			return -1
		}
		if k, ok := at[s]; ok {
			return k
		}
		parent := add(infos[s].Parent)
		at[s] = len(m.scopes)
		m.scopes = append(m.scopes, scopeBox{legible.Line(infos[s].Name, maxName), parent})
		return at[s]
	}
	for k, b := range m.boxes {
		m.scopeOf[k] = -1
		if m.cfg.Neurons {
			continue
		}
		id := m.nodes[b.cells[0]].ID()
		// The last scope that had begun is around the box, or lies within the innermost one that is.
		innermost, _ := slices.BinarySearchFunc(infos, id+1, func(info graph.ScopeInfo, id int) int { return cmp.Compare(info.First, id) })
		for innermost--; innermost >= 0 && infos[innermost].End <= id; {
			innermost = infos[innermost].Parent
		}
		m.scopeOf[k] = add(innermost)
	}
}
