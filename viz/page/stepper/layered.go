package stepper

import (
	"math"
	"slices"

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

// hasOthers reports whether an edge leads to box t from another box than b that is no leaf beside it.
func (l *layering) hasOthers(t, b int) bool {
	for _, e := range l.m.edges {
		if e.to == t && e.from != b && (e.chip >= 0 || !l.m.isLeaf(e.from)) {
			return true
		}
	}
	return false
}

// makeRows fills the rows: row 2k is layer k, row 2k-1 holds the chips on the edges to it.
func (l *layering) makeRows() {
	m := l.m
	across := func(b int) (size, deep float64) {
		s := m.size(m.boxes[b], l.f)
		if l.f.dir == viz.LeftToRight {
			return s.H, s.W
		}
		return s.W, s.H
	}
	add := func(s slot) int {
		for s.row >= len(l.rows) {
			l.rows = append(l.rows, nil)
		}
		l.slots = append(l.slots, s)
		l.rows[s.row] = append(l.rows[s.row], len(l.slots)-1)
		return len(l.slots) - 1
	}
	order := make([]float64, len(m.boxes)) // of a box in its layer
	var layers [][]int
	for b := range m.boxes {
		if m.boxes[b].chip || l.beside[b] >= 0 {
			continue
		}
		for l.layer[b] >= len(layers) {
			layers = append(layers, nil)
		}
		layers[l.layer[b]] = append(layers[l.layer[b]], b)
	}
	weighted := make([]bool, len(m.boxes))
	for _, e := range m.edges {
		if e.chip >= 0 && !e.second {
			weighted[e.from] = true
		}
	}
	for _, bs := range layers {
		// A leaf that several nodes use, and that no chip stands behind, is in the middle.
		var main, middle []int
		for _, b := range bs {
			if m.isLeaf(b) && !weighted[b] && len(bs) > 1 {
				middle = append(middle, b)
			} else {
				main = append(main, b)
			}
		}
		half := (len(main) + 1) / 2
		for i, b := range slices.Concat(main[:half], middle, main[half:]) {
			order[b] = float64(i)
		}
		for i, b := range main {
			n := 0
			for s, t := range l.beside {
				if t == b {
					n++
					order[s] = order[b] - .1/float64(n)
					if 2*i >= len(main) {
						order[s] = order[b] + .1*float64(n)
					}
				}
			}
		}
	}
	for b := range m.boxes {
		size, deep := across(b)
		s := slot{box: b, row: 2 * l.layer[b], size: size, deep: deep, sort: [3]float64{order[b]}}
		if m.boxes[b].chip {
			s.row--
		}
		l.slotOf[b] = add(s)
	}
	l.ways = make([][]int, len(m.edges))
	passing := make(map[[2]int]int) // by box and row: where edges from the box pass that lead farther than to the next row
	for k, e := range m.edges {
		from, to := l.slotOf[e.from], l.slotOf[e.to]
		way := []int{from}
		for r := l.slots[from].row + 1; r < l.slots[to].row; r++ {
			key := [2]int{e.from, r}
			last := r == l.slots[to].row-1 && !m.boxes[e.to].chip
			s, shared := passing[key]
			if last || !shared {
				s = add(slot{box: -1, row: r, passes: !last, sort: [3]float64{order[e.from], 1}})
			}
			if !last {
				passing[key] = s
			}
			way = append(way, s)
		}
		l.ways[k] = append(way, to)
		for i := 1; i < len(l.ways[k]); i++ {
			a, b := l.ways[k][i-1], l.ways[k][i]
			if l.slots[a].row != l.slots[b].row && !slices.Contains(l.slots[a].after, b) {
				l.slots[a].after, l.slots[b].before = append(l.slots[a].after, b), append(l.slots[b].before, a)
			}
		}
	}
	// Chips, and edges between them, stand by what they lead to, and then by what they come from; an edge is nearest to the
	// middle. Edges that pass a row on their way farther stand by what they come from.
	for r, row := range l.rows {
		for _, s := range row {
			sl := &l.slots[s]
			if r%2 == 0 || sl.passes {
				continue
			}
			to, from := l.slots[sl.after[0]], l.slots[sl.before[0]]
			sl.sort = [3]float64{to.sort[0], 1, from.sort[0]}
			if sl.box < 0 {
				if sl.sort[1] = 2; 2*sl.sort[0] >= float64(len(l.rows[r+1])) {
					sl.sort[1] = 0
				}
			}
		}
		slices.SortStableFunc(row, func(a, b int) int { return slices.Compare(l.slots[a].sort[:], l.slots[b].sort[:]) })
	}
}

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
			want[i] = b.at + math.Copysign((b.size+sl.size)/2+l.f.nodeSep, sl.sort[0]-b.sort[0])
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
			offset[i] = offset[i-1] + (l.slots[row[i-1]].size+l.slots[s].size)/2 + l.f.nodeSep
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

// result returns the layout: rows one behind the other.
func (l *layering) result() *layout.Layout {
	m := l.m
	horizontal := l.f.dir == viz.LeftToRight
	first, end := 0.0, 0.0
	for i, s := range l.slots {
		if lo, hi := s.at-s.size/2, s.at+s.size/2; i == 0 {
			first, end = lo, hi
		} else {
			first, end = min(first, lo), max(end, hi)
		}
	}
	along := make([]float64, len(l.rows)) // centres
	deep := make([]float64, len(l.rows))
	l.deep = deep
	x := 0.0
	for r, row := range l.rows {
		for _, s := range row {
			deep[r] = max(deep[r], l.slots[s].deep)
		}
		if deep[r] == 0 {
			continue
		}
		if x > 0 {
			x += l.f.rankSep
		}
		along[r] = x + deep[r]/2
		x += deep[r]
	}
	point := func(a, c float64) layout.Point {
		if horizontal {
			return layout.Point{X: a, Y: c - first}
		}
		return layout.Point{X: c - first, Y: a}
	}
	out := &layout.Layout{Width: x, Height: end - first}
	if !horizontal {
		out.Width, out.Height = out.Height, out.Width
	}
	for b := range m.boxes {
		s := l.slots[l.slotOf[b]]
		c := point(along[s.row], s.at)
		size := m.size(m.boxes[b], l.f)
		out.Nodes = append(out.Nodes, layout.Rect{X: c.X - size.W/2, Y: c.Y - size.H/2, W: size.W, H: size.H})
	}
	for k, e := range m.edges {
		out.Edges = append(out.Edges, layout.Route{Points: l.route(out, k, e, func(s int) layout.Point {
			return point(along[l.slots[s].row], l.slots[s].at)
		})})
	}
	return out
}

// route returns the way of an edge: it leaves a neuron at out and enters it at net, and goes through the middle of chips.
func (l *layering) route(out *layout.Layout, k int, e boxEdge, center func(slot int) layout.Point) []layout.Point {
	m := l.m
	horizontal := l.f.dir == viz.LeftToRight
	a, b := l.part(out, e.from, m.source(e)), l.part(out, e.to, m.target(e))
	if l.slots[l.slotOf[e.from]].row == l.slots[l.slotOf[e.to]].row { // beside each other
		p, q := border(a, b), border(b, a)
		return []layout.Point{p, between(p, q, 1./3), between(p, q, 2./3), q}
	}
	points := []layout.Point{exit(a, horizontal, true)}
	for _, s := range l.ways[k][1 : len(l.ways[k])-1] {
		if l.deep[l.slots[s].row] > 0 { // in a row of edges alone nothing is in the way
			points = append(points, center(s))
		}
	}
	points = append(points, exit(b, horizontal, false))
	return smooth(points, horizontal)
}

// source and target return the nodes that an edge leads from and to.
func (m *Model) source(e boxEdge) int {
	if e.chip >= 0 && e.second {
		return m.boxes[e.from].cells[0]
	}
	return m.nodes[e.uses[0].node].links[e.uses[0].link].from
}

func (m *Model) target(e boxEdge) int {
	if e.chip >= 0 && !e.second {
		return m.boxes[e.to].cells[0]
	}
	return e.uses[0].node
}

// part returns the place of a node in its box, without the room under a chip.
func (l *layering) part(out *layout.Layout, b, node int) layout.Rect {
	r := out.Nodes[b]
	for _, c := range l.m.boxes[b].cells {
		h := l.m.cell(l.m.boxes[b], c, l.f).H
		if c == node {
			r.H = h
			break
		}
		r.Y += h
	}
	return r
}

// exit returns the middle of the side at which an edge leaves a box, or enters it.
func exit(r layout.Rect, horizontal, leaves bool) layout.Point {
	c := r.Center()
	switch {
	case horizontal && leaves:
		return layout.Point{X: r.X + r.W, Y: c.Y}
	case horizontal:
		return layout.Point{X: r.X, Y: c.Y}
	case leaves:
		return layout.Point{X: c.X, Y: r.Y + r.H}
	}
	return layout.Point{X: c.X, Y: r.Y}
}

// border returns where the line from the middle of a box to that of another leaves the first.
func border(a, b layout.Rect) layout.Point {
	p, q := a.Center(), b.Center()
	dx, dy := q.X-p.X, q.Y-p.Y
	t := 1.0
	if dx != 0 {
		t = min(t, a.W/2/max(dx, -dx))
	}
	if dy != 0 {
		t = min(t, a.H/2/max(dy, -dy))
	}
	return layout.Point{X: p.X + t*dx, Y: p.Y + t*dy}
}

func between(p, q layout.Point, t float64) layout.Point {
	return layout.Point{X: p.X + t*(q.X-p.X), Y: p.Y + t*(q.Y-p.Y)}
}

// smooth returns curves through points that run along the direction of the drawing at each.
func smooth(points []layout.Point, horizontal bool) []layout.Point {
	out := points[:1:1]
	for i := 1; i < len(points); i++ {
		p, q := points[i-1], points[i]
		if horizontal {
			d := (q.X - p.X) / 2
			out = append(out, layout.Point{X: p.X + d, Y: p.Y}, layout.Point{X: q.X - d, Y: q.Y}, q)
		} else {
			d := (q.Y - p.Y) / 2
			out = append(out, layout.Point{X: p.X, Y: p.Y + d}, layout.Point{X: q.X, Y: q.Y - d}, q)
		}
	}
	return out
}
