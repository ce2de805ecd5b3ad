package program

import (
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/coloring"
)

// A matrix computes the derivatives of cells by the inputs that can be other than 0. All forks share it.
//
// There are two ways. One is a program of all entries: each row is swept through for itself, or each column, and what
// they share is computed once. The other multiplies with a direction for each color, and reads the entries off the
// products: that is shorter where each entry takes many instructions that others take, too, and runs side by side.
type matrix struct {
	rows, columns int
	row, col      []int
	source        []int32 // by entry: its number among those that are computed; nil for the same

	entries *compiled // the values of ys, then the entries; or
	groups  *groups
}

// groups are the colors of a matrix, and where its entries are found.
type groups struct {
	l      *linear
	colors *coloring.Coloring // of the elements of a direction
	start  []int32            // by color: where its finds begin
	finds  []find
}

// A find is an entry, and the element of the product where it stands.
type find struct{ entry, element int32 }

// An aim is the product in which an entry is found, in the order of the entries.
type aim struct{ color, element int32 }

// newGroups returns the groups of a matrix whose entries are found where aims says.
func newGroups(l *linear, colors *coloring.Coloring, aims []aim) *groups {
	g := &groups{l: l, colors: colors, start: make([]int32, colors.Count+1), finds: make([]find, len(aims))}
	for _, a := range aims {
		g.start[a.color+1]++
	}
	for c := range colors.Count {
		g.start[c+1] += g.start[c]
	}
	next := append([]int32(nil), g.start...)
	for k, a := range aims {
		g.finds[next[a.color]] = find{int32(k), a.element}
		next[a.color]++
	}
	return g
}

// mostColors bounds what a coloring is looked for with: with more, each column has a color of its own.
const mostColors = 1 << 10

// Bounds of programs of entries: their instructions, and the steps that are looked at to make one. Tests change the first.
var maxEntryInstructions = 1 << 22

const maxVisits = 1 << 28

// rowEntries returns the values of outs and then the entries of a pattern, row by row, by a backward sweep for each row. It
// returns nil if that takes more instructions than most, unless it is 0.
func (t *tape) rowEntries(outs []ref, ys []cell, p *coloring.Pattern, most int, careful bool) []ref {
	s := t.newSweep(t.b, careful)
	row := make([]ref, t.inputs)
	zero := t.b.constant(0)
	for i, y := range ys {
		for _, j := range p.Row(i) {
			row[j] = zero
		}
		s.seed(y, t.b.constant(1))
		s.run()
		s.take(func(x cell, v ref) { row[x] = v })
		for _, j := range p.Row(i) {
			outs = append(outs, row[j])
		}
		if most > 0 && (t.b.count() > most || s.visits > maxVisits) {
			return nil
		}
	}
	return outs
}

// columnEntries is rowEntries by a forward sweep for each color of the columns.
func (t *tape) columnEntries(outs []ref, ys []cell, p *coloring.Pattern, colors *coloring.Coloring, most int, careful bool) []ref {
	s := t.newPusher(t.b, careful)
	first := len(outs)
	zero, one := t.b.constant(0), t.b.constant(1)
	for range p.Col {
		outs = append(outs, zero)
	}
	seeds := make([]ref, t.inputs)
	for c := range colors.Count {
		for j, color := range colors.Color {
			if seeds[j] = none; int(color) == c {
				seeds[j] = one
			}
		}
		s.push(seeds)
		for i, y := range ys {
			v := s.tangent[y]
			if v == none {
				continue
			}
			for k, j := range p.Row(i) {
				if int(colors.Color[j]) == c {
					outs[first+int(p.Start[i])+k] = v
				}
			}
		}
		if most > 0 && (t.b.count() > most || c >= maxVisits/max(len(t.steps), 1)) {
			return nil
		}
	}
	return outs
}

// A filler is what one goroutine needs to find the entries of a matrix.
type filler struct {
	*matrix
	entries    *Program
	multiplier *multiplier
	values     []float64 // what is computed, if that are not the entries as they are
	all        []float64 // the entries of a dense matrix
	products   []float64
	last       *autograd.Sparse // has the rows and columns
}

func (m *matrix) filler() *filler {
	f := &filler{matrix: m}
	if m.entries != nil {
		f.entries = m.entries.fork()
	} else {
		f.multiplier = m.groups.l.multiplier()
	}
	return f
}

// sparse fills dst, which is made if it is nil.
func (f *filler) sparse(dst *autograd.Sparse, at []float64) *autograd.Sparse {
	if dst == nil {
		dst = new(autograd.Sparse)
	}
	if size := len(f.row); dst != f.last || dst.M != f.rows || dst.N != f.columns || len(dst.Row) != size || len(dst.Col) != size || len(dst.Value) != size {
		dst.M, dst.N = f.rows, f.columns
		dst.Row, dst.Col = append(dst.Row[:0], f.row...), append(dst.Col[:0], f.col...)
		dst.Value = append(dst.Value[:0], make([]float64, size)...)
		f.last = dst
	}
	f.fill(dst.Value, at)
	return dst
}

// fill computes all entries.
func (f *filler) fill(values, at []float64) {
	if f.source == nil {
		f.compute(values, at)
		return
	}
	if f.values == nil {
		f.values = make([]float64, f.computed())
	}
	f.compute(f.values, at)
	for k, s := range f.source {
		values[k] = f.values[s]
	}
}

// computed returns how many entries are computed.
func (f *filler) computed() int {
	if f.entries != nil {
		return len(f.entries.machine.outs) - f.entries.results
	}
	return len(f.groups.finds)
}

// compute computes the entries that others follow from.
func (f *filler) compute(values, at []float64) {
	if f.entries != nil {
		f.entries.run(at, values)
		return
	}
	g := f.groups
	outs := len(g.l.code.outs)
	if f.products == nil {
		f.products = make([]float64, min(block, g.colors.Count)*outs)
	}
	for from := 0; from < g.colors.Count; from += block {
		to := min(from+block, g.colors.Count)
		products := f.products[:(to-from)*outs]
		f.multiplier.all(products, at, directions{colors: g.colors.Color, from: from})
		for c := from; c < to; c++ {
			row := products[(c-from)*outs:]
			for _, found := range g.finds[g.start[c]:g.start[c+1]] {
				values[found.entry] = row[found.element]
			}
		}
	}
}

// block is how many directions are multiplied with at a time.
const block = 256

// dense fills dst with the matrix, row by row.
func (f *filler) dense(dst, at []float64) {
	if g := f.groups; g != nil && f.source != nil && g.colors.Count == f.columns {
		f.rowByRow(dst, at)
		return
	}
	if f.all == nil {
		f.all = make([]float64, len(f.row))
	}
	f.fill(f.all, at)
	if len(f.row) < len(dst) {
		clear(dst)
	}
	for k, v := range f.all {
		dst[f.row[k]*f.columns+f.col[k]] = v
	}
}

// rowByRow fills dst with a symmetric matrix of which each product is a row.
func (f *filler) rowByRow(dst, at []float64) {
	n := f.columns
	f.multiplier.all(dst, at, directions{colors: f.groups.colors.Color})
	const tile = 16 // what is copied at a time from rows to columns
	for first := 0; first < n; first += tile {
		for i := first; i < n; i++ {
			for j := first; j < min(first+tile, i); j++ {
				dst[j*n+i] = dst[i*n+j]
			}
		}
	}
}

// entriesWithin compiles the entries of a matrix, behind so many results, if that takes less time than cost, in
// nanoseconds. It returns nil if it does not.
func (t *tape) entriesWithin(cost float64, from, results int, outs func(t *tape, most int, careful bool) []ref) *compiled {
	most := min(max(within(cost), 1), maxEntryInstructions)
	fits := true
	c := t.derive(0, from, func(t *tape, careful bool) []ref {
		if careful {
			return outs(t, 0, careful)
		}
		list := outs(t, most, careful)
		fits = list != nil
		return list
	})
	if !fits || c.cost() > cost {
		return nil
	}
	c.results = results
	return c
}

// room returns dst, or what is made in its place, if it has the length.
func room(op string, dst []float64, n int) []float64 {
	if dst == nil {
		return make([]float64, n)
	}
	if len(dst) != n {
		panic(graph.Errorf(op, graph.ErrShape, "dst has room for %d numbers, and there are %d: give one for each, or nil", len(dst), n))
	}
	return dst
}
