package stepper

import (
	"slices"

	"github.com/seed366ff29f/chainrule/viz"
)

// makeRows fills the rows: row 2k holds layer k, row 2k-1 the chips on the edges to it.
func (l *layering) makeRows() {
	order := l.orders()
	for b := range l.m.boxes {
		size, deep := l.across(b)
		s := slot{box: b, row: 2 * l.layer[b], size: size, deep: deep, sort: [3]float64{order[b]}}
		if l.m.boxes[b].chip {
			s.row--
		}
		l.slotOf[b] = l.add(s)
	}
	l.connect(order)
	l.sortRows()
}

// across returns the size of a box across the direction of the drawing, and along it.
func (l *layering) across(b int) (size, deep float64) {
	s := l.m.size(l.m.boxes[b], l.f)
	if l.f.dir == viz.LeftToRight {
		return s.H, s.W
	}
	return s.W, s.H
}

// add puts a slot into its row and returns its index.
func (l *layering) add(s slot) int {
	for s.row >= len(l.rows) {
		l.rows = append(l.rows, nil)
	}
	k := len(l.slots)
	l.slots = append(l.slots, s)
	l.rows[s.row] = append(l.rows[s.row], k)
	return k
}

// orders returns the place of each box in its layer: in the order of the tape, but for leaves that several nodes use, and
// that no chip stands behind, which are in the middle. A leaf beside another box has a place next to that, on the outer
// side, or before a neuron of two cells.
func (l *layering) orders() []float64 {
	m := l.m
	weighted := make([]bool, len(m.boxes))
	for _, e := range m.edges {
		if e.chip >= 0 && !e.second {
			weighted[e.from] = true
		}
	}
	var layers [][]int
	besides := make(map[int][]int)
	for b := range m.boxes {
		switch {
		case l.beside[b] >= 0:
			besides[l.beside[b]] = append(besides[l.beside[b]], b)
		case !m.boxes[b].chip:
			for l.layer[b] >= len(layers) {
				layers = append(layers, nil)
			}
			layers[l.layer[b]] = append(layers[l.layer[b]], b)
		}
	}
	order := make([]float64, len(m.boxes))
	for _, bs := range layers {
		var outer, middle []int
		for _, b := range bs {
			if m.isLeaf(b) && !weighted[b] && len(bs) > 1 {
				middle = append(middle, b)
			} else {
				outer = append(outer, b)
			}
		}
		half := (len(outer) + 1) / 2
		for i, b := range slices.Concat(outer[:half], middle, outer[half:]) {
			order[b] = float64(i)
		}
		for i, b := range outer {
			for k, s := range besides[b] {
				if next := float64(k+1) / float64(len(besides[b])+1) / 2; i < half || l.entersFirst(b) {
					order[s] = order[b] - next
				} else {
					order[s] = order[b] + next
				}
			}
		}
	}
	return order
}

// connect finds the slots that each edge passes. Edges from one box share their way as far as the row before the last.
func (l *layering) connect(order []float64) {
	m := l.m
	l.ways = make([][]int, len(m.edges))
	passing := make(map[[2]int]int) // by box and row
	for k, e := range m.edges {
		from, to := l.slotOf[e.from], l.slotOf[e.to]
		way := []int{from}
		for r := l.slots[from].row + 1; r < l.slots[to].row; r++ {
			if r == l.slots[to].row-1 && !m.boxes[e.to].chip {
				way = append(way, l.add(slot{box: -1, row: r}))
				continue
			}
			key := [2]int{e.from, r}
			if _, ok := passing[key]; !ok {
				passing[key] = l.add(slot{box: -1, row: r, passes: true, sort: [3]float64{order[e.from], 1}})
			}
			way = append(way, passing[key])
		}
		way = append(way, to)
		for i, b := range way[1:] {
			if a := way[i]; l.slots[a].row != l.slots[b].row && !slices.Contains(l.slots[a].after, b) {
				l.slots[a].after, l.slots[b].before = append(l.slots[a].after, b), append(l.slots[b].before, a)
			}
		}
		l.ways[k] = way
	}
}

// sortRows orders the slots in each row. Chips, and edges between them, stand by what they lead to, and then by what they
// come from; an edge is nearest to the middle. Edges that pass a row on their way farther stand by what they come from.
func (l *layering) sortRows() {
	for r, row := range l.rows {
		for _, s := range row {
			sl := &l.slots[s]
			if r%2 == 0 || sl.passes {
				continue
			}
			to, from := l.slots[sl.after[0]], l.slots[sl.before[0]]
			sl.sort = [3]float64{to.sort[0], 1, from.sort[0]}
			switch {
			case sl.box >= 0:
			case 2*to.sort[0] < float64(len(l.rows[r+1])):
				sl.sort[1] = 2
			default:
				sl.sort[1] = 0
			}
		}
		slices.SortStableFunc(row, func(a, b int) int { return slices.Compare(l.slots[a].sort[:], l.slots[b].sort[:]) })
	}
}
