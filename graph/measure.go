package graph

import (
	"sort"
	"time"
)

// A Measurement is the time of one piece of work that is under way, for a [Profile]. The zero Measurement, which there is where no
// profile was asked for, does nothing.
type Measurement struct {
	p     *Profile
	key   profileKey
	start time.Time

	g     *Graph        // whose operation it is, or nil
	inner time.Duration // of the measurement that it is within: what it had come to when this one began
	rule  int32         // the same of Graph.ruleScope
}

// measured is what a graph with a profile keeps.
type measured struct {
	inner     time.Duration // what measurements within the one under way have come to
	ruleScope int32         // of the node whose adjoint is being passed on: the profile's number and 1, or 0 if there is none
	counted   int32         // scalar operations before this node are in the profile
}

// Done adds the work, which has written the given number of bytes, to the profile.
func (m Measurement) Done(bytes int) {
	if m.p == nil {
		return
	}
	d := time.Since(m.start)
	if g := m.g; g != nil {
		whole := d
		d -= g.inner
		g.inner = m.inner + whole
		g.ruleScope = m.rule
	}
	m.p.add(m.key, 1, int64(bytes), d)
}

// drop ends work that has failed.
func (m Measurement) drop() {
	if m.g != nil {
		m.g.inner, m.g.ruleScope = m.inner, m.rule
	}
}

// MeasureBackward, for authors of sweeps, begins to time the passing on of the node's adjoint. What is recorded until Done
// counts as backward, too.
func (n Node) MeasureBackward() Measurement {
	if n.g == nil || n.g.profile == nil {
		return Measurement{}
	}
	scope := n.g.scopeOf(n.id)
	m := n.g.measure(profileKey{scope, true, n.OpName()})
	n.g.ruleScope = scope + 1
	return m
}

// measureForward runs the Forward of the node that is being recorded, if it has one to run, and times it.
func (n Node) measureForward(run bool) {
	g := n.g
	scope := max(g.ruleScope-1, 0)
	if k := len(g.open); k > 0 {
		scope = g.profiled(g.open[k-1])
	}
	m, bytes, done := g.measure(profileKey{scope, g.ruleScope != 0, n.OpName()}), 0, false
	defer func() {
		if !done { // Forward panicked
			m.drop()
		}
	}()
	if run {
		n.Row().Forward(n)
		bytes = n.Out().Len() * n.Out().DType().Bytes()
	}
	m.Done(bytes)
	done = true
}

func (g *Graph) measure(key profileKey) Measurement {
	m := Measurement{p: g.profile, key: key, g: g, inner: g.inner, rule: g.ruleScope}
	g.inner = 0
	m.start = time.Now()
	return m
}

// profiled returns the number that the profile has for scope k.
func (g *Graph) profiled(k int32) int32 {
	s := &g.scopes[k]
	if s.profiled == 0 {
		parent := int32(0)
		if s.parent >= 0 {
			parent = g.profiled(s.parent)
		}
		s.profiled = g.profile.scope(parent, s.name)
	}
	return s.profiled
}

// scopeOf returns the number that the profile has for the innermost scope of a node, 0 if it is in none.
func (g *Graph) scopeOf(id int32) int32 {
	// Scopes nest, so those that the node is in and that are still open enclose the last one that began before it.
	k := int32(sort.Search(len(g.scopes), func(k int) bool { return g.scopes[k].start > id })) - 1
	for ; k >= 0; k = g.scopes[k].parent {
		if end := g.scopes[k].end; end == 0 || end > id {
			return g.profiled(k)
		}
	}
	return 0
}

// isScalarOp reports whether a node is a scalar operation that is recorded without a Forward.
func (g *Graph) isScalarOp(id int32) bool {
	return g.head(id).flags()&(isLeaf|isTensor) == 0 && g.link(id).In[0] >= 0
}

// countScalars adds the scalar operations that are not yet counted to the profile.
func (g *Graph) countScalars() {
	if g.profile == nil {
		return
	}
	for id := max(g.counted, 1); id < g.n; id++ {
		if g.isScalarOp(id) {
			g.profile.add(profileKey{g.scopeOf(id), g.ruleScope != 0, (Node{g, id}).OpName()}, 1, 0, 0)
		}
	}
	g.counted = g.n
}

// measureStretch is sweepScalars, or sweepPage, for a graph with a profile.
func (a *Adjoints) measureStretch(k, j, stop int) int {
	g, first, top := a.g, k*chunkLen, j
	m := g.measure(profileKey{g.scopeOf(int32(first + j)), true, "scalars"})
	if a.paged {
		j = a.sweepPage(k, j, stop)
	} else {
		j = sweepScalars(a.scalars, g.chunks[k], first, j, stop)
	}
	d, count := time.Since(m.start), 0
	for i := top; i > j; i-- {
		if g.isScalarOp(int32(first + i)) {
			count++
		}
	}
	if m.drop(); count > 0 {
		g.inner += d
		m.p.add(m.key, int64(count), 0, d)
	}
	return j
}
