package stepper

import (
	"math"

	"github.com/seed366ff29f/chainrule/viz"
)

// place finds the places across: near the middle of what a slot is connected to, and never too near to its neighbours.
func (l *layering) place() {
	widest := 0
	extent := func(row []int) float64 {
		var sum float64
		for _, s := range row {
			sum += l.slots[s].size + l.f.nodeSep
		}
		return sum
	}
	for r, row := range l.rows {
		if extent(row) > extent(l.rows[widest]) {
			widest = r
		}
		want := make([]float64, len(row))
		l.spread(row, want)
	}
	const rounds = 60
	for k := range rounds {
		both := k >= rounds/2 // at first what comes before the widest row follows it alone
		for r := widest - 1; r >= 0; r-- {
			l.pull(l.rows[r], both, true)
		}
		for r := widest + 1; r < len(l.rows); r++ {
			l.pull(l.rows[r], true, false)
		}
		l.pull(l.rows[widest], true, true)
	}
}

// pull moves the slots of a row to the middle of those that they are connected to in the rows before, after, or both.
func (l *layering) pull(row []int, before, after bool) {
	want := make([]float64, len(row))
	for i, s := range row {
		sl := l.slots[s]
		if sl.box >= 0 && l.beside[sl.box] >= 0 {
			b := l.slots[l.slotOf[l.beside[sl.box]]]
			want[i] = b.at + math.Copysign((b.size+sl.size)/2+l.gap(l.slotOf[l.beside[sl.box]], s), sl.sort[0]-b.sort[0])
			continue
		}
		sum, n := 0.0, 0
		add := func(near []int) {
			for _, o := range near {
				sum += l.slots[o].at
				n++
			}
		}
		if before || len(sl.after) == 0 {
			add(sl.before)
		}
		if after || len(sl.before) == 0 {
			add(sl.after)
		}
		if want[i] = sl.at; n > 0 {
			want[i] = sum / float64(n)
		}
	}
	l.spread(row, want)
}

// gap returns the least distance of two neighbours in a row. One that stands above or below what it leads to leaves room
// for what the edge passes on.
func (l *layering) gap(a, b int) float64 {
	box, other := l.slots[a].box, l.slots[b].box
	if box >= 0 && other >= 0 && (l.beside[box] == other || l.beside[other] == box) && l.f.dir == viz.LeftToRight {
		return max(l.f.nodeSep, passHeight)
	}
	return l.f.nodeSep
}

// spread places the slots of a row as near to where they want to be as their sizes allow, in the sense of least squares:
// slots that would overlap form a group, whose middle is that of what they want.
func (l *layering) spread(row []int, want []float64) {
	type group struct {
		sum float64 // of what its members want, less their offsets in the row
		n   int
	}
	offset := make([]float64, len(row))
	var groups []group
	for i, s := range row {
		if i > 0 {
			offset[i] = offset[i-1] + (l.slots[row[i-1]].size+l.slots[s].size)/2 + l.gap(row[i-1], s)
		}
		groups = append(groups, group{want[i] - offset[i], 1})
		for k := len(groups) - 1; k > 0 && groups[k-1].sum/float64(groups[k-1].n) >= groups[k].sum/float64(groups[k].n); k-- {
			groups[k-1].sum += groups[k].sum
			groups[k-1].n += groups[k].n
			groups = groups[:k]
		}
	}
	i := 0
	for _, g := range groups {
		for range g.n {
			l.slots[row[i]].at = g.sum/float64(g.n) + offset[i]
			i++
		}
	}
}
