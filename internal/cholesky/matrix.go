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
	m := matrix{place: make([]int32, size), source: make([]int32, size), at: make([]int32, len(f.panels)+1)}
	for k := range m.source {
		m.source[k] = int32(k)
	}
	for from := 0; from < size; {
		to := from + 1
		for to < size && row[to] == row[from] {
			to++
		}
		slices.SortFunc(m.source[from:to], func(a, b int32) int { return int(f.place[col[a]]) - int(f.place[col[b]]) })
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
