package cholesky

import (
	"math"
	"slices"
)

// A Factor is the factor U of the normal equations of matrices of one pattern: with the order of the unknowns that it chose,
// Uᵀ·U is JᵀJ + d·I, and U upper triangular.
type Factor struct {
	n       int
	place   []int32 // by unknown: where it comes
	unknown []int32 // the other way round
	panels  []panel
	owner   []int32 // by place: its panel

	entries matrix
	values  []float64 // of all panels, one behind the other
	local   []int32   // by place: its column in the panel at hand
	update  []float64 // what a panel takes off another
}

// A panel is rows of the factor that have numbers at the same places: its own, where they make an upper triangle, and others.
type panel struct {
	first  int     // place of the first row
	width  int     // rows
	places []int32 // of the columns in order: of the rows, and then the others
	data   []float64

	next int32 // in the list of those that change the same panel next; -1 ends it
	done int   // how many of its columns are in panels that have been computed
}

// A matrix is J, row by row with its columns in the order of the factor.
type matrix struct {
	start  []int32 // by row that is not empty: where its entries begin
	row    []int32 // of an entry, counted so
	place  []int32 // of its column
	source []int32 // where its value is
	at     []int32 // by place: where those entries begin in list that are in this column
	list   []int32 // entries
}

// Analyze prepares the factor for matrices of n columns and a pattern: entry k is in row[k] and column col[k]; they stand
// row by row, in each row no column twice. It returns how many numbers the factor is kept in, and no factor if they are more
// than most: then there are at least so many.
func Analyze(n int, row, col []int, most int) (f *Factor, numbers int) {
	if n > math.MaxInt32-1 || len(col) > math.MaxInt32-1 {
		return nil, math.MaxInt32
	}
	cliques := cliquesOf(row, col)
	for _, c := range cliques {
		if k := len(c); k > 0 && (k+1)/2 > most/k {
			return nil, most + 1
		}
	}
	f = &Factor{n: n, place: make([]int32, n), owner: make([]int32, n), local: make([]int32, n)}
	groups := asGiven(n, cliques)
	if groups == nil {
		groups = order(n, copyOf(cliques))
	}
	f.number(groups)
	if numbers = f.fill(cliques, most); numbers > most {
		return nil, numbers
	}
	f.arrange(row, col)
	return f, numbers
}

// cliquesOf returns the columns of each row that has several, but those of rows that are alike once.
func cliquesOf(row, col []int) (cliques [][]int32) {
	all, seen := make([]int32, len(col)), map[uint64]int32{} // by hash: the last clique that has it
	var before []int32                                       // by clique: another with its hash; -1 for none
	for from := 0; from < len(row); {
		to := from + 1
		for to < len(row) && row[to] == row[from] {
			to++
		}
		c, hash := all[from:to:to], uint64(0)
		for k := range c {
			c[k] = int32(col[from+k])
			hash = (hash ^ uint64(c[k])) * 0x9e3779b97f4a7c15
			hash ^= hash >> 29
		}
		from = to
		if len(c) < 2 {
			continue
		}
		last, known := seen[hash]
		if !known {
			last = -1
		}
		alike := last
		for alike >= 0 && !slices.Equal(cliques[alike], c) {
			alike = before[alike]
		}
		if alike < 0 {
			seen[hash] = int32(len(cliques))
			cliques, before = append(cliques, c), append(before, last)
		}
	}
	return cliques
}

func copyOf(lists [][]int32) [][]int32 {
	total := 0
	for _, l := range lists {
		total += len(l)
	}
	all, out := make([]int32, 0, total), make([][]int32, len(lists))
	for i, l := range lists {
		from := len(all)
		all = append(all, l...)
		out[i] = all[from:]
	}
	return out
}

// number makes a panel of each group, in their order.
func (f *Factor) number(groups [][]int32) {
	f.unknown = make([]int32, 0, f.n)
	f.panels = make([]panel, len(groups))
	for s, group := range groups {
		f.panels[s].first, f.panels[s].width = len(f.unknown), len(group)
		for _, i := range group {
			f.place[i], f.owner[len(f.unknown)] = int32(len(f.unknown)), int32(s)
			f.unknown = append(f.unknown, i)
		}
	}
}

// fill finds the places of the panels, and returns how many numbers they have, or stops when they are more than most: a row
// has the places of the cliques of which it is the first, and those of the rows that have it as the first after their own.
func (f *Factor) fill(cliques [][]int32, most int) (numbers int) {
	firstClique, nextClique := filled(len(f.panels), -1), filled(len(cliques), -1)
	for c, clique := range cliques {
		least := f.place[clique[0]]
		for _, i := range clique[1:] {
			least = min(least, f.place[i])
		}
		s := f.owner[least]
		nextClique[c], firstClique[s] = firstClique[s], int32(c)
	}
	firstChild, nextChild := filled(len(f.panels), -1), filled(len(f.panels), -1)
	mark := filled(f.n, -1)
	for s := range f.panels {
		p := &f.panels[s]
		end := p.first + p.width
		places := make([]int32, p.width)
		for k := range places {
			places[k] = int32(p.first + k)
		}
		add := func(place int32) {
			if int(place) >= end && mark[place] != int32(s) {
				mark[place] = int32(s)
				places = append(places, place)
			}
		}
		for c := firstClique[s]; c >= 0; c = nextClique[c] {
			for _, i := range cliques[c] {
				add(f.place[i])
			}
		}
		for c := firstChild[s]; c >= 0; c = nextChild[c] {
			for _, place := range f.panels[c].places[f.panels[c].width:] {
				add(place)
			}
		}
		if len(places) > (most-numbers)/p.width {
			return most + 1
		}
		numbers += p.width * len(places)
		slices.Sort(places[p.width:])
		p.places = slices.Clip(places)
		if len(places) > p.width {
			parent := f.owner[places[p.width]]
			nextChild[s], firstChild[parent] = firstChild[parent], int32(s)
		}
	}
	return numbers
}

// filled returns a list of n times v.
func filled(n int, v int32) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = v
	}
	return list
}

// arrange copies a pattern in the order of the factor.
func (f *Factor) arrange(row, col []int) {
	m := &f.entries
	size := len(col)
	m.place, m.source, m.row, m.list = make([]int32, size), make([]int32, size), make([]int32, size), make([]int32, size)
	for k := range m.source {
		m.source[k] = int32(k)
	}
	m.at = make([]int32, f.n+1)
	rows := int32(0)
	for from := 0; from < size; rows++ {
		to := from + 1
		for to < size && row[to] == row[from] {
			to++
		}
		m.start = append(m.start, int32(from))
		slices.SortFunc(m.source[from:to], func(a, b int32) int { return int(f.place[col[a]]) - int(f.place[col[b]]) })
		for k := from; k < to; k++ {
			m.place[k], m.row[k] = f.place[col[m.source[k]]], rows
			m.at[m.place[k]+1]++
		}
		from = to
	}
	m.start = append(m.start, int32(size))
	for j := range f.n {
		m.at[j+1] += m.at[j]
	}
	next := slices.Clone(m.at[:f.n])
	for k, j := range m.place {
		m.list[next[j]] = int32(k)
		next[j]++
	}
}

// Len returns how many numbers the triangle of the factor has: each panel is kept in a matrix that has those below its
// diagonal too.
func (f *Factor) Len() int {
	n := 0
	for _, p := range f.panels {
		n += p.width*len(p.places) - p.width*(p.width-1)/2
	}
	return n
}

// Fits reports whether a matrix of as many columns has the pattern that the factor was made for.
func (f *Factor) Fits(n int, row, col []int) bool {
	m := &f.entries
	if n != f.n || len(row) != len(m.source) || len(col) != len(m.source) {
		return false
	}
	for k, source := range m.source {
		same := k > 0 && m.row[k] == m.row[k-1]
		if col[source] != int(f.unknown[m.place[k]]) || same != (k > 0 && row[k] == row[k-1]) {
			return false
		}
	}
	return true
}
