package stepper

import (
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// Neurons are laid out here, as lectures draw a network: a layer beside the other, the nodes of a layer in the order of
// the tape, the chips on the edges to a layer in a row before it, those of one neuron together. Leaves that only one node
// uses, without a chip, stand beside it; leaves that several use, such as a bias of a layer, in the middle of the layer
// before.

// A slot is what takes room in a row: a box, or the place where an edge passes.
type slot struct {
	box        int // -1 for an edge
	row        int
	passes     bool    // an edge that leads farther than to the next row
	size, deep float64 // across and along the direction of the drawing
	at         float64 // of its centre, across
	before     []int   // slots that it is connected to in the rows before
	after      []int   // and in the rows behind
	sort       [3]float64
}

// A layering places the boxes of a model.
type layering struct {
	m      *Model
	f      form
	layer  []int // by box
	beside []int // by box: the box that it stands beside, -1 for none
	slots  []slot
	slotOf []int     // by box
	rows   [][]int   // slots in their order
	deep   []float64 // by row: the size of its boxes along the drawing, 0 for a row of edges alone
	ways   [][]int   // by edge: the slots that it passes, with its ends
}

// layered returns the layout of a model that shows neurons, in one of its forms.
func (m *Model) layered(f form) *layout.Layout {
	l := &layering{m: m, f: f, layer: make([]int, len(m.boxes)), beside: make([]int, len(m.boxes)), slotOf: make([]int, len(m.boxes))}
	l.assign()
	l.makeRows()
	l.place()
	return l.result()
}

// assign finds the layer of each box: operations one behind the last of what they use.
func (l *layering) assign() {
	m := l.m
	targets := make([][]int, len(m.boxes)) // by box: where edges lead, chips left out
	chipped := make([]bool, len(m.boxes))  // by box: some edge from it has a chip
	last := make([]int, len(m.boxes))
	through := make([]int, len(m.boxes)) // by chip: what it leads to
	for _, e := range m.edges {
		if e.chip >= 0 && e.second {
			through[e.from] = e.to
		}
	}
	for _, e := range m.edges {
		switch {
		case e.chip >= 0 && e.second:
		case e.chip >= 0:
			targets[e.from] = append(targets[e.from], through[e.to])
			chipped[e.from] = true
		default:
			targets[e.from] = append(targets[e.from], e.to)
		}
	}
	for b := range m.boxes { // boxes stand in the order of the tape, but for the second cell of a neuron
		l.beside[b] = -1
		if !m.boxes[b].chip && !m.isLeaf(b) {
			last[b] = max(last[b], 1)
		}
	}
	for range m.boxes { // longest paths; a neuron's box may stand before what its net uses
		changed := false
		for b, ts := range targets {
			for _, t := range ts {
				if last[t] <= last[b] && !m.boxes[b].chip {
					last[t] = last[b] + 1
					changed = true
				}
			}
		}
		if !changed {
			break
		}
	}
	for b, ts := range targets {
		l.layer[b] = last[b]
		if !m.isLeaf(b) || m.boxes[b].chip || len(ts) == 0 {
			continue
		}
		first := last[ts[0]]
		one := true
		for _, t := range ts {
			first = min(first, last[t])
			one = one && t == ts[0]
		}
		if l.layer[b] = first - 1; one && !chipped[b] && l.hasOthers(ts[0], b) {
			l.layer[b], l.beside[b] = first, ts[0]
		}
	}
	for b, t := range through {
		if m.boxes[b].chip {
			l.layer[b] = l.layer[t]
		}
	}
}

// entersFirst reports whether edges to box b end at the first of several cells that stand below each other: from below, the
// others would be in the way.
func (l *layering) entersFirst(b int) bool {
	return len(l.m.boxes[b].cells) > 1 && l.f.dir == viz.LeftToRight
}

// hasOthers reports whether an edge leads to box t from another box than b that is no leaf beside it.
func (l *layering) hasOthers(t, b int) bool {
	for _, e := range l.m.edges {
		if e.to == t && e.from != b && (e.chip >= 0 || !l.m.isLeaf(e.from)) {
			return true
		}
	}
	return false
}
