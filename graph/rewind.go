package graph

import (
	"maps"
	"math"
	"slices"
	"sort"
)

// A rewind is one that is in force: handles older than gen are good only for nodes below floor.
type rewind struct {
	gen   uint32
	floor int32
}

// A Mark is a place on the tape to which [Graph.Rewind] can go back.
type Mark struct {
	g      *Graph
	n      int32
	gen    uint32 // of the last node before it
	scopes int    // how many there were,
	open   int    // and were open
}

// Mark returns the present end of the tape.
func (g *Graph) Mark() Mark {
	g.must("graph.Graph.Mark")
	return Mark{g, g.n, g.handle(g.n - 1).gen, len(g.scopes), len(g.open)}
}

// age returns how many recordings after the last Reset one was begun. Numbers of recordings begin anew after 2³², so of
// two the larger need not be the later one. A recording from before the Reset is older than any that has been begun.
func (g *Graph) age(gen uint32) uint32 { return gen - g.base }

// survives reports whether node id of an older recording has outlived every Rewind and Reset since.
func (g *Graph) survives(id int32, gen uint32) bool {
	switch now := g.recording(); {
	case scratchNumber(gen):
		return g.stretchSurvives(id, gen)
	case id < g.kept:
		return true
	case g.age(gen) > g.age(now):
		return false
	}
	// The floors rise with the generations: the first is the lowest, and of those after gen the first.
	if len(g.rewinds) > 0 && id < g.rewinds[0].floor {
		return true
	}
	k := sort.Search(len(g.rewinds), func(k int) bool { return g.age(g.rewinds[k].gen) > g.age(gen) })
	return k == len(g.rewinds) || id < g.rewinds[k].floor
}

// fold makes room for further recordings where one Reset was followed by as many rewinds as there are numbers. What has
// stood through all of them stays good; other handles of the past are stale, also where a Mark between would have kept
// them.
func (g *Graph) fold() {
	if g.age(g.gen) < math.MaxUint32-1 {
		return
	}
	g.kept = g.n
	for _, r := range g.rewinds {
		g.kept = min(g.kept, r.floor)
	}
	g.base = g.gen
	g.rewinds = g.rewinds[:0]
}

// Rewind takes everything from the tape that was recorded after the mark and keeps its memory for what comes next.
// Values recorded before the mark stay good. It panics with an [*Error] if the mark is of another graph, or itself was
// taken away by an earlier Rewind or Reset.
func (g *Graph) Rewind(m Mark) {
	const op = "graph.Graph.Rewind"
	g.must(op)
	g.alone(op)
	switch {
	case m.g == nil:
		panic(Errorf(op, ErrUsage, "got the zero graph.Mark, which is no place on a tape: use one that this graph's Mark returned"))
	case m.g != g:
		panic(Errorf(op, ErrForeign, "the mark belongs to another graph: use one that this graph's Mark returned"))
	case m.gen != g.gen && !g.survives(m.n-1, m.gen):
		panic(Errorf(op, ErrStale, "the mark at node %%%d was taken away by an earlier Rewind or Reset: set a new one with Graph.Mark", m.n))
	case m.n < g.scratchBegin():
		panic(Errorf(op, ErrUsage, "the mark at node %%%d lies before what is being computed on the graph from node %%%d on, such as a step of autograd.Loop or a rule: set it within the function", m.n, g.scratchBegin()))
	}
	g.truncate(m.n, m.scopes)
	for _, b := range g.bound.list { // their uses are gone with what used them
		if h := g.head(b.id); h.flags()&isShared != 0 {
			e := &g.exts[h.ext()]
			e.used = min(e.used, m.n-1)
		}
	}
	g.open = g.open[:min(m.open, len(g.open))]
	g.swept = 0
	g.kept = min(g.kept, m.n)
	if len(g.stretches) > 0 {
		g.rewindScratch(m.n)
		return
	}
	g.fold()
	g.nextRecording()
	for k := len(g.rewinds); k > 0 && g.rewinds[k-1].floor >= m.n; k-- {
		g.rewinds = g.rewinds[:k-1]
	}
	g.rewinds = append(g.rewinds, rewind{g.gen, m.n})
}

// Reset empties the tape and keeps its memory. All values, marks and gradients of the graph go stale.
func (g *Graph) Reset() {
	const op = "graph.Graph.Reset"
	g.must(op)
	g.alone(op)
	if len(g.stretches) > 0 {
		panic(Errorf(op, ErrUsage, "something is being computed on the graph, such as a step of autograd.Loop or a rule: reset it when that is done"))
	}
	g.truncate(1, 0)
	g.open = g.open[:0]
	g.nextRecording()
	g.base, g.kept = g.gen, 0
	g.swept, g.dense = 0, 0
	g.rewinds = g.rewinds[:0]
}

// Trim gives up the memory that the graph keeps for tensors to come, and returns how many bytes that was. Training has
// no use for it: it is for a graph that goes on with smaller work.
func (g *Graph) Trim() int {
	g.must("graph.Graph.Trim")
	g.blank, g.walks, g.idle = nil, nil, nil
	return g.pool.Trim()
}

// Recycle is [Graph.Reset] for a graph whose next recording may be of quite another size. Of the memory that the graph
// keeps for tensors, it gives up what 16 recordings in a row had no use for, each of which needed less than an eighth
// of it; up to 1 MiB stays. See [github.com/seed366ff29f/chainrule/graph/tensor.Pool.Settle].
func (g *Graph) Recycle() {
	g.must("graph.Graph.Recycle")
	g.Reset()
	g.pool.Settle()
}

// truncate takes the nodes from n on off the tape, and all scopes but the given number.
func (g *Graph) truncate(n int32, scopes int) {
	g.countScalars()
	g.counted = min(g.counted, n)
	for len(g.sweeps) > 0 && g.sweeps[len(g.sweeps)-1].root >= n {
		g.sweeps[len(g.sweeps)-1].Release()
	}
	if slices.ContainsFunc(g.sweeps, func(a *Adjoints) bool { return a.root >= n }) {
		for _, a := range slices.Clone(g.sweeps) {
			if a.root >= n {
				a.Release()
			}
		}
	}
	keep := len(g.exts)
	for keep > 1 && g.exts[keep-1].node >= n {
		keep--
		if e := &g.exts[keep]; g.head(e.node).ext() == int32(keep) && e.node < g.n {
			g.release(e)
		}
	}
	clear(g.exts[keep:])
	g.exts = g.exts[:keep]
	g.seek(n)
	_, inputs, ints := g.extent()
	g.inputs = g.inputs[:inputs]
	g.operands = g.operands[:inputs]
	g.ints = g.ints[:ints]

	if n == 1 { // everything goes
		clear(g.names)
	}
	g.bound.cut(n)
	// What follows takes time only if something lies behind the new end: a Scratch is to cost what it records.
	if g.lastNamed >= n {
		maps.DeleteFunc(g.names, func(id int32, _ string) bool { return id >= n })
		g.lastNamed = n - 1
	}
	g.leafEnd = min(g.leafEnd, n)
	if g.lastChange > n {
		for leaf, at := range g.changes {
			if at = min(at, n); at > g.leafEnd && leaf < n {
				g.changes[leaf] = at
			} else {
				delete(g.changes, leaf)
			}
		}
		g.lastChange = n
	}
	if len(g.reads) > 0 {
		g.cutReads(n)
	}
	g.cutScopes(n, scopes)
}

// release gives the tensors of an extension record back to the pool.
func (g *Graph) release(e *ext) {
	if e.owned {
		g.pool.Put(e.out)
	}
	for _, t := range e.saved {
		if t != nil {
			g.pool.Put(t)
		}
	}
	for i := e.inputs.lo; i < e.inputs.hi && int(i) < len(g.operands); i++ {
		h := g.head(g.inputs[i])
		if t := g.operands[i]; t != nil && h.flags()&isTensor == 0 && (h.flags()&isShared == 0 || t != g.exts[h.ext()].out) {
			g.pool.Put(t)
		}
	}
	*e = ext{node: e.node, inputs: e.inputs, ints: e.ints}
}
