package graph

import (
	"math"
	"slices"
)

// scratches are the functions of [Graph.Scratch] that are running, one within the other.
//
// What they record has numbers of recordings of its own, odd ones, and a handle with such a number is stale once the
// function has returned: the node that stands in its place then is another one. A Rewind within a scratch begins a further
// stretch of it, with a further number.
type scratches struct {
	stretches   []stretch
	innermost   int    // of stretches: the first one of the innermost scratch
	stretch     int32  // where the last stretch begins, 0 without a scratch: the graph's gen is that of nodes from there on
	around      uint32 // the number of the stretch before: of nodes before the last one, but for those before all
	outermost   int32  // where the first stretch begins: nodes before it are of the recording around all scratches,
	resumed     uint32 // which has this number
	lastScratch uint32 // the last odd number that was given
}

// A stretch is a part of what scratches have recorded: the nodes from one to another, and the number of their recording.
type stretch struct {
	from, to int32
	gen      uint32
}

// scratchNumber reports whether a recording's number is that of a stretch.
func scratchNumber(gen uint32) bool { return gen&1 == 1 }

// recording returns the number of the recording around all scratches.
func (g *Graph) recording() uint32 {
	if len(g.stretches) > 0 {
		return g.resumed
	}
	return g.gen
}

// scratchBegin returns where the innermost scratch begins, 0 without one.
func (g *Graph) scratchBegin() int32 {
	if len(g.stretches) == 0 {
		return 0
	}
	return g.stretches[g.innermost].from
}

// Scratch, for authors of sweeps, calls f and takes what it recorded from the tape again, without a trace: the length
// of the tape, marks and pictures stay. Values made by f are stale when it has returned. Within f the graph cannot be
// Reset, nor rewound to before f.
func (g *Graph) Scratch(f func()) {
	const op = "graph.Graph.Scratch"
	g.must(op)
	g.alone(op)
	mustFunc(op, f == nil)
	defer func(n int32, scopes int, reads []Read, stretches, innermost int) {
		g.endStretches(stretches, innermost)
		g.truncate(n, scopes)
		g.reads = reads
	}(g.n, len(g.scopes), slices.Clone(g.reads), len(g.stretches), g.innermost)
	if len(g.stretches) == 0 {
		g.resumed = g.gen
	}
	g.innermost = len(g.stretches)
	g.beginStretch()
	f()
}

// beginStretch gives what is recorded from here on a number of its own.
func (g *Graph) beginStretch() {
	g.lastScratch = (g.lastScratch + 2) | 1
	g.stretches = append(g.stretches, stretch{g.n, math.MaxInt32, g.lastScratch})
	g.lookAtStretches()
	if g.ready != 0 {
		g.ready = g.gen
	}
}

// lookAtStretches sets the graph's number and what else follows from the stretches.
func (g *Graph) lookAtStretches() {
	g.stretch, g.outermost, g.gen = 0, 0, g.resumed
	if k := len(g.stretches) - 1; k >= 0 {
		g.stretch, g.gen = g.stretches[k].from, g.stretches[k].gen
		g.outermost, g.around = g.stretches[0].from, g.stretches[max(k-1, 0)].gen
	}
}

// endStretches goes back to so many stretches. The caller brings the tape's end back.
func (g *Graph) endStretches(stretches, innermost int) {
	g.stretches, g.innermost = g.stretches[:stretches], innermost
	g.lookAtStretches()
}

// rewindScratch is the part of [Graph.Rewind] that makes handles stale, to node n of the innermost scratch.
func (g *Graph) rewindScratch(n int32) {
	keep := len(g.stretches)
	for keep > g.innermost && g.stretches[keep-1].from >= n {
		keep--
	}
	g.stretches = g.stretches[:keep]
	for i := g.innermost; i < keep; i++ {
		g.stretches[i].to = min(g.stretches[i].to, n)
	}
	g.beginStretch()
}

// stretchSurvives is survives for a node of a scratch.
func (g *Graph) stretchSurvives(id int32, gen uint32) bool {
	for _, s := range slices.Backward(g.stretches) {
		if s.gen == gen {
			return id < s.to
		}
	}
	return false
}
