package autograd

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// A rowSweep finds the rows of a sparse Jacobian one by one: a backward sweep from each result through what that result
// is made of, and nothing else. The entries of a row are the leaves that it comes to, so that the pattern is that of the
// tape, whatever numbers flow.
//
// Nodes stand for themselves on a tape of scalars alone. Where there are tensors, their elements are numbered instead:
// see elementTape.
type rowSweep struct {
	g    *graph.Graph
	n    int          // the first n nodes, or elements, are the leaves to differentiate by
	el   *elementTape // nil on a tape of scalars
	open openSet
	adj  []float64 // of the nodes in open
	out  Sparse
}

// mostEntries is how many entries a sparse matrix may have: 24 bytes each.
const mostEntries = 1 << 28

// sparseRows returns the derivatives of the elements of ys by the first n nodes, which are scalar leaves. keep says how
// many of the leaves row i may have entries for: n, or fewer for a part of the matrix.
func sparseRows(op string, ys []graph.Value, g *graph.Graph, n int, keep func(row int) int) *Sparse {
	s := &rowSweep{g: g, n: n}
	if !g.OnlyScalars() {
		s.el = newElements(op, g, n, ys)
	}
	size := g.Len() + 1
	if s.el != nil {
		size = s.el.len()
	}
	s.open, s.adj = newOpenSet(size), make([]float64, size)
	s.out.N = n
	for _, y := range ys {
		s.out.M += y.Len()
	}
	row := 0
	for _, y := range ys {
		first := y.ID()
		if s.el != nil {
			first = s.el.first(y.ID())
		}
		for k := range y.Len() {
			if y.WantsGrad() {
				s.sweep(first+k, row, keep(row))
			}
			if len(s.out.Value) > mostEntries {
				panic(graph.Errorf(op, graph.ErrLimit, "the matrix has more than %d entries in its first %d of %d rows: differentiate fewer results at a time, or use products with vectors, as autograd.JVP and autograd.VJP return", mostEntries, row+1, s.out.M))
			}
			row++
		}
	}
	return &s.out
}

// sweep appends the entries of a row: those of its first keep columns.
func (s *rowSweep) sweep(root, row, keep int) {
	out := &s.out
	start := len(out.Value)
	s.open.begin(root)
	s.adj[root] = 1
	for {
		id, ok := s.open.last()
		if !ok {
			break
		}
		w := s.adj[id]
		if id <= s.n {
			if id <= keep {
				out.Row, out.Col, out.Value = append(out.Row, row), append(out.Col, id-1), append(out.Value, w)
			}
			continue
		}
		if s.el != nil {
			s.passElement(id, w)
			continue
		}
		in, d, ok := s.g.Links(id)
		if !ok {
			s.passOther(id, w)
			continue
		}
		for i, u := range in {
			if u == 0 {
				continue
			}
			c := w * d[i]
			if c == 0 || c-c != 0 {
				if c, ok = s.unusual(id, i, w, d[i]); !ok {
					continue
				}
			}
			s.pass(int(u), c)
		}
	}
	slices.Reverse(out.Col[start:])
	slices.Reverse(out.Value[start:])
}

// pass adds to the adjoint of a node.
func (s *rowSweep) pass(id int, c float64) {
	if s.open.add(id) {
		s.adj[id] = 0
	}
	s.adj[id] += c
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

// passedOn is the product of an adjoint with a derivative: a zero of the adjoint wins, and that of the derivative if
// the operation selects the operand.
func passedOn(w, d float64, selects bool) float64 {
	if w == 0 || d == 0 && (selects || !math.IsInf(w, 0) && w == w) {
		return 0
	}
	return w * d
}

// passOther passes on the adjoint of a scalar node that has an extension record. Leaves and constants pass on nothing.
func (s *rowSweep) passOther(id int, w float64) {
	n := s.g.Value(id).Node()
	if !n.WantsGrad() {
		return
	}
	eachPartial(n, func(i int, d float64, selects bool) {
		s.pass(n.InputNode(i).ID(), passedOn(w, d, selects))
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
			// RecordScalar leaves out what was not selected, and only that, of a row that selects.
			f(i, d, row.SelectsOperand(i))
		}
	}
}
