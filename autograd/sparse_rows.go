package autograd

import (
	"math"
	"runtime/debug"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// A rowSweep finds the rows of a sparse Jacobian one by one: a backward sweep from each result through what that result
// is made of, and nothing else. The entries of a row are the leaves that it comes to, so that the pattern is that of the
// tape, whatever numbers flow.
//
// What many results are made of is not swept through again and again: a node that several sweeps came to gets a row of its
// own, of its derivatives by the leaves, if that is shorter than the way down to them. It is kept, and later sweeps end
// there. So a row costs what no other has in common with it, and its entries.
//
// Nodes stand for themselves on a tape of scalars alone. Where there are tensors, their elements are numbered instead:
// see elementTape.
type rowSweep struct {
	g    *graph.Graph
	n    int          // the first n nodes, or elements, are the leaves to differentiate by
	el   *elementTape // nil on a tape of scalars
	size int          // how many nodes or elements there are, and one more

	main, side front
	group      group
	came       []uint8 // by node: how many sweeps came to it, or keptRow or noRow
	kept       map[int]row
	work       int // steps of all sweeps,
	aside      int // and those of sweeps for rows to keep
}

// A front is the state of a sweep.
type front struct {
	open openSet
	adj  []float64 // of the nodes in open
	row
}

// A row holds the derivatives of a node by leaves, the last leaf first.
type row struct {
	columns []int32
	values  []float64
}

// What rowSweep.came says besides numbers.
const (
	manyCame = 8   // after so many a row is tried
	noRow    = 254 // a row would not pay, or is not finite
	keptRow  = 255 // there is one
)

// mostEntries returns how many entries a sparse matrix may have: 2²⁸, or as many as the limit of the Go runtime
// (GOMEMLIMIT) or the address space has room for, at 24 bytes each.
func mostEntries() int {
	return int(min(1<<28, math.MaxInt/32, debug.SetMemoryLimit(-1)/24))
}

// sparse returns the derivatives of the elements of ys by the first n nodes, which are scalar leaves. keep says how
// many of the leaves row i may have entries for: n, or fewer for a part of the matrix.
func (t *sparseTape) sparse(op string, ys []graph.Value, n int, keep func(row int) int) *Sparse {
	s := &t.rows
	s.start(op, ys, t.g, n)
	out := &Sparse{M: len(ys), N: n}
	if s.el != nil {
		out.M = 0
		for _, y := range ys {
			out.M += y.Len()
		}
	}
	roots := s.roots(ys, out.M)
	apart := float64(s.size) / float64(max(len(roots), 1))
	most := mostEntries()
	// The last row comes first: then the sweeps go through the tape in one direction, and what comes next can be
	// fetched ahead.
	for i := len(roots); i > 0; {
		n := s.together(roots, i, apart)
		i -= n
		if n > 1 {
			s.sweepGroup(roots[i : i+n])
			for k := n - 1; k >= 0; k-- {
				s.group.rows[k].appendTo(out, i+k, keep(i+k))
			}
		} else if roots[i] > 0 {
			s.sweep(&s.main, int(roots[i]), math.MaxInt)
			s.main.appendTo(out, i, keep(i))
		}
		if len(out.Value) > most {
			panic(graph.Errorf(op, graph.ErrLimit, "the matrix has more than %d entries in its last %d of %d rows: differentiate fewer results at a time, or use products with vectors, as autograd.JVP, autograd.VJP and autograd.HVP return", most, out.M-i, out.M))
		}
	}
	slices.Reverse(out.Row)
	slices.Reverse(out.Col)
	slices.Reverse(out.Value)
	return out
}

// start makes everything ready for sweeps on the tape g, in the memory of earlier ones.
func (s *rowSweep) start(op string, ys []graph.Value, g *graph.Graph, n int) {
	s.g, s.n, s.el, s.size = g, n, nil, g.Len()+1
	if !g.OnlyScalars() {
		s.el = newElements(op, g, n, ys)
		s.size = s.el.len()
	}
	s.came = slices.Grow(s.came[:0], s.size)[:s.size]
	clear(s.came)
	s.kept = make(map[int]row)
	s.work, s.aside = 0, 0
	s.group.given, s.group.steps, s.group.alone = 0, 0, 0
}

// roots returns the nodes, or elements, that the elements of ys are, 0 for those without derivatives.
func (s *rowSweep) roots(ys []graph.Value, n int) []int32 {
	roots := make([]int32, 0, n)
	for _, y := range ys {
		first, size := y.ID(), 1
		if s.el != nil {
			first, size = s.el.first(first), y.Len()
		}
		for k := range size {
			if y.WantsGrad() {
				roots = append(roots, int32(first+k))
			} else {
				roots = append(roots, 0)
			}
		}
	}
	return roots
}

// makeReady makes room for n nodes.
func (f *front) makeReady(n int) {
	if len(f.adj) < n {
		f.open, f.adj = newOpenSet(n), make([]float64, n)
	}
}

// appendTo appends the first keep columns of a row that has been found to a matrix, the last of them first.
func (r *row) appendTo(out *Sparse, i, keep int) {
	first := 0 // of those to keep
	for first < len(r.columns) && int(r.columns[first]) >= keep {
		first++
	}
	columns, values := r.columns[first:], r.values[first:]
	n := len(out.Value)
	out.makeRoom(out.M-i, len(columns))
	rows := out.Row[n:]
	cols := out.Col[n:][:len(rows)]
	copy(out.Value[n:], values)
	for k := range rows {
		rows[k], cols[k] = i, int(columns[k])
	}
}

// makeRoom makes the matrix longer by n entries, which complete the given number of rows, for the caller to set. Where
// it has to move them, it makes as much room as all rows take if those to come are like those that are there, within
// bounds.
func (s *Sparse) makeRoom(rows, n int) {
	size := len(s.Value) + n
	if size > min(cap(s.Row), cap(s.Col), cap(s.Value)) {
		const slack = 1.02
		all := slack * float64(size) * float64(s.M) / float64(rows)
		more := int(max(min(max(all, 1.25*float64(size)), 3*float64(size), float64(mostEntries())), float64(size))) + 64 - len(s.Value)
		s.Row, s.Col, s.Value = slices.Grow(s.Row, more), slices.Grow(s.Col, more), slices.Grow(s.Value, more)
	}
	s.Row, s.Col, s.Value = s.Row[:size], s.Col[:size], s.Value[:size]
}

// sweep finds the row of a node. It gives up after the given number of steps, and reports whether it did not.
func (s *rowSweep) sweep(f *front, root, most int) bool {
	f.makeReady(s.size)
	f.columns, f.values = f.columns[:0], f.values[:0]
	f.open.begin(root)
	f.adj[root] = 1
	for {
		id, ok := f.open.last()
		if !ok {
			return true
		}
		w := f.adj[id]
		if id <= s.n {
			f.columns, f.values = append(f.columns, int32(id-1)), append(f.values, w)
			continue
		}
		if most--; most < 0 {
			f.open.clear()
			return false
		}
		s.work++
		if came := s.came[id]; came >= manyCame {
			if s.hasRow(f, id) && s.passRow(f, id, w) {
				continue
			}
		} else if f == &s.main {
			s.came[id] = came + 1
		}
		if s.el != nil {
			s.eachOther(id, w, f.pass)
			continue
		}
		a, b, da, db, ok := s.g.Links(id)
		if !ok {
			s.eachOther(id, w, f.pass)
			continue
		}
		if a != 0 {
			s.passTo(f, id, 0, int(a), w, da)
		}
		if b != 0 {
			s.passTo(f, id, 1, int(b), w, db)
		}
	}
}

// passTo passes the adjoint w of a scalar node on to operand i, which is node u, by the derivative d.
func (s *rowSweep) passTo(f *front, id, i, u int, w, d float64) {
	c := w * d
	if c == 0 || c-c != 0 {
		var ok bool
		if c, ok = s.unusual(id, i, w, d); !ok {
			return
		}
	}
	f.pass(u, c)
}

// hasRow reports whether there is a row of a node that many sweeps came to, and finds it if it is worth it. Finding rows
// takes no more steps than all else.
func (s *rowSweep) hasRow(f *front, id int) bool {
	switch {
	case s.came[id] == keptRow:
		return true
	case s.came[id] == noRow || f != &s.main:
		return false
	}
	before := s.work
	s.came[id] = noRow // so that the sweep goes on from there
	done := s.sweep(&s.side, id, (s.work-2*s.aside)/2)
	steps := s.work - before
	s.aside += steps
	if !done {
		s.came[id] = 0 // later, perhaps
		return false
	}
	if len(s.side.columns) > steps/2 || slices.ContainsFunc(s.side.values, func(v float64) bool { return v-v != 0 }) {
		return false
	}
	s.kept[id] = row{slices.Clone(s.side.columns), slices.Clone(s.side.values)}
	s.came[id] = keptRow
	return true
}

// passRow passes the adjoint of a node on to the leaves by the row that is kept. It does not if the adjoint is not finite:
// then it matters on which way a 0 is met.
func (s *rowSweep) passRow(f *front, id int, w float64) bool {
	if w-w != 0 {
		return false
	}
	r := s.kept[id]
	for k, column := range r.columns {
		f.pass(int(column)+1, w*r.values[k])
	}
	s.work += len(r.columns)
	return true
}

// pass adds to the adjoint of a node.
func (f *front) pass(id int, c float64) {
	if f.open.add(id) {
		f.adj[id] = 0
	}
	f.adj[id] += c
}

// unusual is what a scalar node contributes to operand i where the product is 0, infinite or NaN, with the rules of
// Backward, and whether that is an entry of the matrix: a function that is constant on every piece makes none.
func (s *rowSweep) unusual(id, i int, w, d float64) (c float64, ok bool) {
	row := s.g.Value(id).Node().Row()
	if i < len(row.Slopes) && row.Slopes[i] == "0" {
		return 0, false
	}
	return passedOn(w, d, row.SelectsOperand(i)), true
}

// passedOn is the product of an adjoint with a derivative: a zero of the adjoint wins, and that of the derivative if the
// operation selects the operand.
func passedOn(w, d float64, selects bool) float64 {
	if w == 0 || d == 0 && (selects || w-w == 0) {
		return 0
	}
	return w * d
}

// eachOther calls pass with what the adjoint w of an element, or of a scalar node that has an extension record,
// contributes to each node. Leaves and constants pass on nothing.
func (s *rowSweep) eachOther(id int, w float64, pass func(id int, c float64)) {
	if s.el != nil {
		for _, e := range s.el.of(id) {
			pass(int(e.to), passedOn(w, e.d, e.selects))
		}
		return
	}
	n := s.g.Value(id).Node()
	if !n.WantsGrad() {
		return
	}
	eachPartial(n, func(i int, d float64, selects bool) {
		pass(n.InputNode(i).ID(), passedOn(w, d, selects))
	})
}

// eachPartial calls f for each operand of a scalar node that a derivative flows to. An operand that was not selected has
// the derivative 0.
func eachPartial(n graph.Node, f func(i int, d float64, selects bool)) {
	row := n.Row()
	for i := range n.NumInputs() {
		if !n.Wants(i) || i < len(row.Slopes) && row.Slopes[i] == "0" {
			continue
		}
		if d, ok := n.Partial(i); ok {
			f(i, d, row.SelectsOperand(i))
		}
	}
}
