package cholesky

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/dense"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Factorize computes the factor for a matrix with the given values of its entries and diagonal for d. It reports
// whether the normal equations are positive definite; if not, the factor has undefined numbers.
func (f *Factor) Factorize(values []float64, diagonal float64) bool {
	if f.values == nil {
		f.allocate()
	}
	clear(f.values)
	f.sorted = f.entries.sort(f.sorted, values)
	users := make([]int32, len(f.panels)) // by panel: the first of those before that change it next
	for s := range users {
		users[s] = -1
	}
	pass := func(d int32) { // puts a panel into the list of the one that it changes next
		if p := &f.panels[d]; p.done < len(p.places) {
			s := f.owner[p.places[p.done]]
			p.next, users[s] = users[s], d
		}
	}
	for s := range f.panels {
		p := &f.panels[s]
		for k, place := range p.places {
			f.local[place] = int32(k)
		}
		f.assemble(s, diagonal)
		for d := users[s]; d >= 0; {
			next := f.panels[d].next
			f.subtract(p, &f.panels[d])
			pass(d)
			d = next
		}
		if !p.factorize() {
			return false
		}
		p.done = p.width
		pass(int32(s))
	}
	return true
}

func (f *Factor) allocate() {
	total := 0
	for s := range f.panels {
		total += f.panels[s].width * len(f.panels[s].places)
	}
	f.values = make([]float64, total)
	rest := f.values
	for s := range f.panels {
		size := f.panels[s].width * len(f.panels[s].places)
		f.panels[s].data, rest = rest[:size:size], rest[size:]
	}
}

// assemble adds the rows of the normal equations to panel s.
func (f *Factor) assemble(s int, diagonal float64) {
	m, p := &f.entries, &f.panels[s]
	ld, end := len(p.places), int32(p.first+p.width)
	for i := range p.width {
		p.data[i*ld+i] += diagonal
	}
	for _, part := range m.parts[m.at[s]:m.at[s+1]] {
		b := m.blocks[part.block]
		from := part.from
		places := m.place[from : b.from+b.length]
		if len(places) > short {
			if first, ok := f.stretch(places); ok {
				f.assembleStretch(p, b, from, first)
				continue
			}
		}
		f.columns = f.columns[:0]
		for _, place := range places {
			f.columns = append(f.columns, f.local[place])
		}
		for range b.rows {
			values := f.sorted[from:][:len(places)]
			for i, v := range values {
				if places[i] >= end {
					break
				}
				row, columns := p.data[int(places[i]-int32(p.first))*ld:][:ld], f.columns[i:]
				addScaled(row, columns, v, values[i:])
			}
			from += b.length
		}
	}
}

// assembleStretch is the part of assemble for a block, from one of its entries on, that is a stretch of the panel.
func (f *Factor) assembleStretch(p *panel, b block, from int32, first int) {
	n, ld := int(b.from+b.length-from), len(p.places)
	for range b.rows {
		values := f.sorted[from:][:n]
		for i := range min(n, p.width-first) {
			kernel.Axpy(p.data[(first+i)*ld+first+i:][:n-i], values[i], values[i:])
		}
		from += b.length
	}
}

// short is how many places are taken one by one, also where they follow each other.
const short = 16

// stretch returns where the first of some places is in the panel at hand, and whether the others follow it without a gap.
func (f *Factor) stretch(places []int32) (first int, ok bool) {
	first = int(f.local[places[0]])
	return first, int(f.local[places[len(places)-1]])-first == len(places)-1 // they are in order there too
}

// addScaled adds v·x to columns of a row.
func addScaled(row []float64, columns []int32, v float64, x []float64) {
	columns = columns[:len(x)]
	if n := len(x); int(columns[n-1]-columns[0]) == n-1 { // they are in order, and so all of a stretch
		row = row[columns[0]:][:n]
		for k, w := range x {
			row[k] += v * w
		}
		return
	}
	for k, w := range x {
		row[columns[k]] += v * w
	}
}

// few is how many products are taken one by one.
const few = 200

// subtract takes what a panel before contributes to p off it: the products of its columns that are rows of p with those and
// all after them.
func (f *Factor) subtract(p, before *panel) {
	from, to, end := before.done, before.done, p.first+p.width
	for to < len(before.places) && int(before.places[to]) < end {
		to++
	}
	before.done = to
	ld, ldb := len(p.places), len(before.places)
	places := before.places[from:]
	m, n, k := to-from, len(places), before.width
	first, stretch := 0, false
	if n > short {
		if first, stretch = f.stretch(places); stretch && k == 1 {
			line := before.data[from:][:n]
			for i, v := range line[:m] {
				kernel.Axpy(p.data[(first+i)*ld+first+i:][:n-i], -v, line[i:])
			}
			return
		}
	}
	if m*n*k <= few {
		for i := range m {
			row := p.data[(int(places[i])-p.first)*ld:][:ld]
			for r := range k {
				line := before.data[r*ldb+from:][:n]
				v := line[i]
				for j := i; j < n; j++ {
					row[f.local[places[j]]] -= v * line[j]
				}
			}
		}
		return
	}
	if len(f.update) < m*n {
		f.update = make([]float64, m*n)
	}
	kernel.Gemm(true, false, m, n, k, before.data[from:], ldb, before.data[from:], ldb, f.update, n, false)
	for i := range m {
		row, update := p.data[(int(places[i])-p.first)*ld:][:ld], f.update[i*n:][:n]
		if stretch {
			kernel.Axpy(row[first+i:][:n-i], -1, update[i:])
			continue
		}
		for j := i; j < n; j++ {
			row[f.local[places[j]]] -= update[j]
		}
	}
}

// factorize computes the rows of the factor from what is left of those of the matrix.
func (p *panel) factorize() bool {
	ld := len(p.places)
	if p.width == 1 {
		if !(p.data[0] > 0) || math.IsInf(p.data[0], 1) {
			return false
		}
		p.data[0] = math.Sqrt(p.data[0])
		for j := range p.data[1:] {
			p.data[1+j] /= p.data[0]
		}
		return true
	}
	if !dense.Cholesky(p.width, p.data, ld) || !p.finite() {
		return false
	}
	if ld > p.width {
		p.triangle().T().Solve(p.data[p.width:], ld, ld-p.width)
	}
	return true
}

// finite reports whether the diagonal is.
func (p *panel) finite() bool {
	for i := range p.width {
		if v := p.data[i*(len(p.places)+1)]; v-v != 0 {
			return false
		}
	}
	return true
}

func (p *panel) triangle() dense.Triangle {
	return dense.Triangle{N: p.width, Data: p.data, LD: len(p.places), Upper: true}
}

// Solve replaces b with the solution of the normal equations for it.
func (f *Factor) Solve(b []float64) {
	x := make([]float64, f.n)
	for j, i := range f.unknown {
		x[j] = b[i]
	}
	for s := range f.panels {
		p := &f.panels[s]
		own, ld := x[p.first:p.first+p.width], len(p.places)
		p.triangle().T().Solve(own, 1, 1)
		for i, v := range own {
			for j := p.width; j < ld; j++ {
				x[p.places[j]] -= v * p.data[i*ld+j]
			}
		}
	}
	for s := len(f.panels) - 1; s >= 0; s-- {
		p := &f.panels[s]
		own, ld := x[p.first:p.first+p.width], len(p.places)
		for i := range own {
			for j := p.width; j < ld; j++ {
				own[i] -= x[p.places[j]] * p.data[i*ld+j]
			}
		}
		p.triangle().Solve(own, 1, 1)
	}
	for j, i := range f.unknown {
		b[i] = x[j]
	}
}
