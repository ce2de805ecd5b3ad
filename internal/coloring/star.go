package coloring

// Star colors the columns of a symmetric matrix, so that every entry can be read off the products with the sums of unit
// vectors of one color: see [Recover]. Entries on the diagonal may be there or not. It returns nil if it comes to need more
// colors than most.
//
// Two neighbours, which are columns with an entry in each other's row, have different colors, and of two colors there is no
// path of four vertices: what two colors have together are stars. The time is that of the entries times a word for each 64
// colors.
func Star(p *Pattern, most int) *Coloring {
	n := p.Rows()
	s := &stars{
		Pattern:  p,
		Coloring: uncolored(n),
		around:   make([]set, n),
		hubs:     make([]set, n),
		first:    make(map[spot]int32, len(p.Col)),
	}
	for _, v := range p.largestFirst() {
		color := s.choose(v)
		if int(color) >= most {
			return nil
		}
		s.color(v, color)
	}
	return s.Coloring
}

// stars is a coloring on the way.
type stars struct {
	*Pattern
	*Coloring
	around    []set          // by vertex, the colors of its neighbours
	hubs      []set          // by vertex, the colors of neighbours that have two or more neighbours of the vertex's color
	first     map[spot]int32 // by vertex that has a color, the neighbour of a color, several if there are more
	forbidden set
}

// A spot is a vertex and a color.
type spot struct{ vertex, color int32 }

// several stands for more neighbours than one.
const several = -1

// choose returns the first color that v may have. Neighbours without a color must not come to lie between two vertices of
// one: they would need as many colors as there are of them.
func (s *stars) choose(v int32) int32 {
	clear(s.forbidden)
	for _, w := range s.Row(int(v)) {
		switch c := s.Color[w]; {
		case w == v:
		case c < 0:
			s.forbidden.addAll(s.around[w])
		default:
			s.forbidden.add(c)
			s.forbidden.addAll(s.hubs[w]) // on a path from v to w, the hub, and another one like w
		}
	}
	return s.forbidden.least()
}

// color gives v a color.
func (s *stars) color(v, color int32) {
	s.paint(v, color)
	for _, w := range s.Row(int(v)) {
		if w == v {
			continue
		}
		s.around[w].add(color)
		c := s.Color[w]
		if c < 0 {
			continue
		}
		s.join(v, w)
		s.join(w, v)
	}
}

// join notes that w, which has a color, is a neighbour of v, which has one too.
func (s *stars) join(v, w int32) {
	at := spot{v, s.Color[w]}
	u, ok := s.first[at]
	if !ok {
		s.first[at] = w
		return
	}
	if u != several { // v is a hub from here on
		s.hubs[u].add(s.Color[v])
		s.first[at] = several
	}
	s.hubs[w].add(s.Color[v])
}

// Recover calls f with every entry (i, j) of a symmetric pattern below the diagonal or on it, and with the row and the
// color where it is found: it is the number that the product with the sum of the color's unit vectors has in that row,
// that of column i in row j if it can be.
func (c *Coloring) Recover(p *Pattern, f func(i, j, row int, color int32)) {
	counts := make(map[spot]int32, len(p.Col))
	for i := range p.Rows() {
		for _, j := range p.Row(i) {
			counts[spot{int32(i), c.Color[j]}]++
		}
	}
	for i := range p.Rows() {
		for _, j := range p.Row(i) {
			switch {
			case int(j) > i:
			case counts[spot{j, c.Color[i]}] == 1:
				f(i, int(j), int(j), c.Color[i])
			default: // j is the hub of a star, of which i is no hub
				f(i, int(j), i, c.Color[j])
			}
		}
	}
}
