package coloring

// A Coloring has a color for each column, from 0 up to Count-1.
type Coloring struct {
	Color []int32
	Count int
}

// Each returns the coloring in which all of n columns have colors of their own.
func Each(n int) *Coloring {
	c := &Coloring{Color: make([]int32, n), Count: n}
	for j := range c.Color {
		c.Color[j] = int32(j)
	}
	return c
}

// paint gives a vertex a color.
func (c *Coloring) paint(v, color int32) {
	c.Color[v] = color
	c.Count = max(c.Count, int(color)+1)
}

// uncolored returns a coloring of n vertices that have none yet.
func uncolored(n int) *Coloring {
	c := &Coloring{Color: make([]int32, n)}
	for v := range c.Color {
		c.Color[v] = -1
	}
	return c
}

// Columns colors the columns of a matrix so that no row has entries in two columns of one color. It returns nil if it comes
// to need more colors than most.
//
// The time is that of the entries times a word for each 64 colors.
func Columns(p *Pattern, most int) *Coloring {
	for i := range p.Rows() {
		if len(p.Row(i)) > most {
			return nil
		}
	}
	columns := p.Transpose()
	c := uncolored(p.Columns)
	seen := make([]set, p.Rows()) // the colors of each row
	var forbidden set
	for _, v := range columns.largestFirst() {
		clear(forbidden)
		for _, r := range columns.Row(int(v)) {
			forbidden.addAll(seen[r])
		}
		color := forbidden.least()
		if int(color) >= most {
			return nil
		}
		c.paint(v, color)
		for _, r := range columns.Row(int(v)) {
			seen[r].add(color)
		}
	}
	return c
}
