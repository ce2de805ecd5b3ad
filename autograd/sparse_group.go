package autograd

import (
	"math/bits"
	"slices"
)

// A group is the state of one backward sweep from several results at once, each in a lane of its own. Neighbouring
// results are often made of the same nodes, as the two coordinates of a point in a picture are: then one way through
// them serves all, and each node's row is read once. The numbers are those of sweeps one by one.
type group struct {
	open  openSet
	slot  []int32 // by node in open: where its adjoints are
	adj   []laneAdjoints
	rows  [lanes]row
	given int // groups that were swept,
	steps int // their steps,
	alone int // and those of their results one by one
}

// laneAdjoints are those of a node that a sweep has come to.
type laneAdjoints struct {
	of   [lanes]float64
	mask uint8 // of which lanes have come, a bit for each
}

// lanes is how many results are swept from together.
const lanes = 4

// Groups are given up if the first of them show that one step serves too few results: a step of a group takes longer.
const (
	firstGroups = 16
	leastServed = 1.5
)

// pays reports whether sweeping in groups is worth it, as far as is known.
func (g *group) pays() bool {
	return g.given < firstGroups || float64(g.alone) >= leastServed*float64(g.steps)
}

// together returns how many of the results before the i-th to sweep from at once. Results that stand nearer to each
// other on the tape than they do on average belong together.
func (s *rowSweep) together(roots []int32, i int, apart float64) int {
	n := 1
	for n < min(lanes, i) && s.group.pays() {
		after, before := roots[i-n], roots[i-n-1]
		if before == 0 || after < before || float64(after-before) > apart {
			break
		}
		n++
	}
	return n
}

// begin starts a sweep from some nodes, a lane for each.
func (g *group) begin(roots []int32) {
	g.adj = g.adj[:0]
	for k := range g.rows {
		g.rows[k].columns, g.rows[k].values = g.rows[k].columns[:0], g.rows[k].values[:0]
	}
	g.open.startAt(int(slices.Max(roots)))
	for k, root := range roots {
		g.pass(int(root), k, 1)
	}
}

// pass adds to the adjoint of a node in one lane.
func (g *group) pass(id, lane int, c float64) {
	if g.open.add(id) {
		g.slot[id] = int32(len(g.adj))
		g.adj = append(g.adj, laneAdjoints{})
	}
	a := &g.adj[g.slot[id]]
	a.of[lane] += c
	a.mask |= 1 << lane
}

// sweepGroup finds the rows of some nodes together, as [rowSweep.sweep] finds one.
func (s *rowSweep) sweepGroup(roots []int32) {
	g := &s.group
	if len(g.slot) < s.size {
		g.open, g.slot = newOpenSet(s.size), make([]int32, s.size)
	}
	g.begin(roots)
	g.given++
	for {
		id, ok := g.open.last()
		if !ok {
			return
		}
		a := &g.adj[g.slot[id]]
		w, mask := &a.of, a.mask // which stay as they are: all that use the node have passed theirs on
		if id <= s.n {
			for m := mask; m != 0; m &= m - 1 {
				r := &g.rows[bits.TrailingZeros8(m)]
				r.columns, r.values = append(r.columns, int32(id-1)), append(r.values, w[bits.TrailingZeros8(m)])
			}
			continue
		}
		s.work++
		g.steps++
		g.alone += bits.OnesCount8(mask)
		if came := s.came[id]; came < manyCame {
			s.came[id] = came + 1
		} else if s.hasRow(&s.main, id) {
			if mask = s.passRowInLanes(id, mask, w); mask == 0 {
				continue
			}
		}
		if s.el == nil {
			if a, b, da, db, ok := s.g.Links(id); ok {
				if a != 0 {
					s.passInLanes(id, 0, int(a), da, mask, w)
				}
				if b != 0 {
					s.passInLanes(id, 1, int(b), db, mask, w)
				}
				continue
			}
		}
		for m := mask; m != 0; m &= m - 1 {
			lane := bits.TrailingZeros8(m)
			s.eachOther(id, w[lane], func(u int, c float64) { g.pass(u, lane, c) })
		}
	}
}

// passInLanes passes the adjoints w of a node on to operand i, which is node u, by the derivative d.
func (s *rowSweep) passInLanes(id, i, u int, d float64, mask uint8, w *[lanes]float64) {
	if d != 0 && d-d == 0 { // in lanes that have not come, 0 is added to 0
		g := &s.group
		if g.open.add(u) {
			g.slot[u] = int32(len(g.adj))
			g.adj = append(g.adj, laneAdjoints{[lanes]float64{0 + float64(w[0]*d), 0 + float64(w[1]*d), 0 + float64(w[2]*d), 0 + float64(w[3]*d)}, mask})
			return
		}
		a := &g.adj[g.slot[u]]
		a.of[0] += float64(w[0] * d)
		a.of[1] += float64(w[1] * d)
		a.of[2] += float64(w[2] * d)
		a.of[3] += float64(w[3] * d)
		a.mask |= mask
		return
	}
	for m := mask; m != 0; m &= m - 1 {
		lane := bits.TrailingZeros8(m)
		if c, ok := s.unusual(id, i, w[lane], d); ok {
			s.group.pass(u, lane, c)
		}
	}
}

// passRowInLanes passes the adjoints of a node on to the leaves by the row that is kept, and returns the lanes that are
// left: where an adjoint is not finite, it matters on which way a 0 is met.
func (s *rowSweep) passRowInLanes(id int, mask uint8, w *[lanes]float64) (left uint8) {
	r := s.kept[id]
	for m := mask; m != 0; m &= m - 1 {
		lane := bits.TrailingZeros8(m)
		if w[lane]-w[lane] != 0 {
			left |= 1 << lane
			continue
		}
		for k, column := range r.columns {
			s.group.pass(int(column)+1, lane, w[lane]*r.values[k])
		}
		s.work += len(r.columns)
	}
	return left
}
