package cholesky

import (
	"math"
	"slices"
)

// A Factor is the factor U of the normal equations of matrices of one pattern: with the order of the unknowns that it
// chose, Uᵀ·U is JᵀJ + d·I, and U upper triangular.
type Factor struct {
	n       int
	place   []int32 // by unknown: where it comes
	unknown []int32 // the other way round
	panels  []panel
	owner   []int32 // by place: its panel

	entries matrix
	values  []float64 // of all panels, one behind the other
	sorted  []float64 // values of the entries, in the order in which entries has them
	local   []int32   // by place: its column in the panel at hand
	columns []int32   // of the entries of a row in the panel at hand
	update  []float64 // what a panel takes off another
}

// A panel is rows of the factor that have numbers at the same places: its own, where they make an upper triangle, and
// others.
type panel struct {
	first  int     // place of the first row
	width  int     // rows
	places []int32 // of the columns in order: of the rows, and then the others
	data   []float64

	next int32 // in the list of those that change the same panel next; -1 ends it
	done int   // how many of its columns are in panels that have been computed
}

// Analyze prepares the factor for matrices of n columns and a pattern: entry k is in row[k] and column col[k]; they
// stand row by row, in each row no column twice. It returns how many numbers the factor is kept in, and no factor if
// they are more than most: then there are at least so many.
func Analyze(n int, row, col []int, most int) (f *Factor, numbers int) {
	if n > most { // it has a number for each unknown
		return nil, n
	}
	if n > math.MaxInt32/2-1 || len(col) > math.MaxInt32-1 {
		return nil, math.MaxInt32
	}
	cliques := cliquesOf(row, col)
	for _, c := range cliques {
		if k := len(c); k > 0 && (k+1)/2 > most/k {
			return nil, most + 1
		}
	}
	groups, numbers := groupsOf(n, cliques, most)
	if numbers > most {
		return nil, numbers
	}
	f = newFactor(n, groups)
	if numbers = f.fill(len(f.panels), cliques, most); numbers > most {
		return nil, numbers
	}
	f.entries = f.arranged(row, col)
	return f, numbers
}

// newFactor returns one with a panel for each group, in their order, without places.
func newFactor(n int, groups [][]int32) *Factor {
	f := &Factor{
		n: n, place: make([]int32, n), unknown: make([]int32, 0, n), owner: make([]int32, n), local: make([]int32, n),
		panels: make([]panel, len(groups)),
	}
	for s, group := range groups {
		f.panels[s].first, f.panels[s].width = len(f.unknown), len(group)
		for _, i := range group {
			f.place[i], f.owner[len(f.unknown)] = int32(len(f.unknown)), int32(s)
			f.unknown = append(f.unknown, i)
		}
	}
	return f
}

// fill finds the places of so many panels, and returns how many numbers they have, or stops when they are more than
// most: a row has the places of the cliques of which it is the first, and those of the rows that have it as the first
// after their own.
func (f *Factor) fill(panels int, cliques [][]int32, most int) (numbers int) {
	firstClique, nextClique := filled(len(f.panels), -1), filled(len(cliques), -1)
	for c, clique := range cliques {
		s := f.firstOf(clique)
		nextClique[c], firstClique[s] = firstClique[s], int32(c)
	}
	firstChild, nextChild := filled(len(f.panels), -1), filled(len(f.panels), -1)
	mark := filled(f.n, -1)
	for s := range panels {
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

// firstOf returns the panel that has the first of a clique.
func (f *Factor) firstOf(clique []int32) int32 {
	least := f.place[clique[0]]
	for _, i := range clique[1:] {
		least = min(least, f.place[i])
	}
	return f.owner[least]
}

// filled returns a list of n times v.
func filled(n int, v int32) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = v
	}
	return list
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
