package cholesky

import "slices"

// A matrix is where J has entries, row by row, with the columns in the order of the factor. Rows that follow each other and
// have the same columns are a block: the residuals of one observation, say.
type matrix struct {
	blocks []block
	place  []int32 // by entry: of its column
	source []int32 // by entry: where its value is
	at     []int32 // by panel: where its part of parts begins
	parts  []part
}

// A block has so many rows of so many entries each, from one on.
type block struct{ from, rows, length int32 }

// A part is the entries of the first row of a block from one on that is the first in a panel.
type part struct{ block, from int32 }

// arranged returns a pattern as a matrix.
func (f *Factor) arranged(row, col []int) matrix {
	size := len(col)
	m := matrix{place: make([]int32, size), source: f.sortedRows(row, col), at: make([]int32, len(f.panels)+1)}
	for from := 0; from < size; {
		to := from + 1
		for to < size && row[to] == row[from] {
			to++
		}
		places := m.place[from:to]
		for k := range places {
			places[k] = f.place[col[m.source[from+k]]]
		}
		if last := len(m.blocks) - 1; last >= 0 {
			if b := &m.blocks[last]; slices.Equal(places, m.place[b.from:b.from+b.length]) {
				b.rows++
				from = to
				continue
			}
		}
		m.blocks = append(m.blocks, block{int32(from), 1, int32(to - from)})
		from = to
	}
	m.eachPart(f.owner, func(s int32, _ part) { m.at[s+1]++ })
	for s := range f.panels {
		m.at[s+1] += m.at[s]
	}
	m.parts = make([]part, m.at[len(f.panels)])
	next := slices.Clone(m.at)
	m.eachPart(f.owner, func(s int32, p part) {
		m.parts[next[s]] = p
		next[s]++
	})
	return m
}

// sortedRows returns the entries, those of each row in the order of their columns: all entries are put into that order, and
// then into their rows.
func (f *Factor) sortedRows(row, col []int) []int32 {
	byPlace, next := make([]int32, len(col)), make([]int32, f.n+1)
	for _, j := range col {
		next[f.place[j]+1]++
	}
	for place := range f.n {
		next[place+1] += next[place]
	}
	for k, j := range col {
		place := f.place[j]
		byPlace[next[place]] = int32(k)
		next[place]++
	}
	rowOf, starts := make([]int32, len(row)), make([]int32, 0, f.n)
	for k, i := range row {
		if k == 0 || i != row[k-1] {
			starts = append(starts, int32(k))
		}
		rowOf[k] = int32(len(starts) - 1)
	}
	sorted := make([]int32, len(col))
	for _, k := range byPlace {
		i := rowOf[k]
		sorted[starts[i]] = k
		starts[i]++
	}
	return sorted
}

// eachPart calls f for the parts of all blocks with the panel of each.
func (m *matrix) eachPart(owner []int32, f func(panel int32, p part)) {
	for i, b := range m.blocks {
		last := int32(-1)
		for k := b.from; k < b.from+b.length; k++ {
			if s := owner[m.place[k]]; s != last {
				f(s, part{int32(i), k})
				last = s
			}
		}
	}
}

// Fits reports whether a matrix of as many columns has the pattern that the factor was made for.
func (f *Factor) Fits(n int, row, col []int) bool {
	m := &f.entries
	if n != f.n || len(row) != len(m.source) || len(col) != len(m.source) {
		return false
	}
	for _, b := range m.blocks {
		for k := range b.rows * b.length {
			first, k := k%b.length == 0, int(b.from+k)
			if col[m.source[k]] != int(f.unknown[m.place[k]]) || first != (k == 0 || row[k] != row[k-1]) {
				return false
			}
		}
	}
	return true
}

// sort puts the values of the entries into the order of the matrix.
func (m *matrix) sort(dst, values []float64) []float64 {
	if dst == nil {
		dst = make([]float64, len(values))
	}
	for k, source := range m.source {
		dst[k] = values[source]
	}
	return dst
}
