package graph

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// Traced makes a graph on which what is recorded, derivatives of any order included, depends only on the function, the
// shapes and the attributes, not on numbers: the tape is then a program that can be run on other numbers, which is what
// package autograd/program does with it. Operations that would take whole numbers out of Go, such as labels or the random
// numbers of dropout, have forms that take them from values of the graph. What a Go program decides by looking at numbers
// is no part of the tape: [Graph.Reads] tells where it did.
//
// Results are those of any graph.
func Traced() Option {
	return func(s settings) settings { s.traced = true; return s }
}

// Traced reports whether the graph was made with [Traced].
func (g *Graph) Traced() bool {
	g.must("graph.Graph.Traced")
	return g.traced
}

// A Read is a place where the program looked at numbers that operations have computed. What was recorded afterwards may
// depend on them.
type Read struct {
	Value  Value  // whose numbers, or those of derivatives of it, were read
	Len    int    // the length of the tape then: nodes with greater numbers were recorded afterwards
	Caller string // "/dir/file.go:12", or "" if it is not known
}

// maxReads bounds how many reads a graph notes.
const maxReads = 64

// Reads returns the places where the program looked at the numbers of results, by [Value.Item], [Value.Tensor] or the
// gradients of a sweep, on a graph that was made with [Traced]; on others they are not noted. Leaves are not results.
// What the library itself looks at does not count: rules, sweeps, pictures, explanations.
//
// The earliest reads stand for later ones that tell no more, and of very many some stand at an earlier place of the tape
// than they had. Reset forgets all of them, Rewind those of values that it takes away: a recording that is done with does
// not decide what is recorded next. The others move to the end of the tape that Rewind leaves.
func (g *Graph) Reads() []Read {
	g.must("graph.Graph.Reads")
	return slices.Clone(g.reads)
}

// NoteRead, for authors of sweeps, notes that the program is given numbers that were computed from those of v; see
// [Graph.Reads].
func (v Value) NoteRead() {
	v.must("graph.Value.NoteRead")
	if v.c.g.traced {
		v.noteRead()
	}
}

// noteRead notes that v is read, unless it is a leaf or an earlier read tells as much: one of a value that stands before
// v, and so is on the tape as long as v is. So the values of the reads go down the tape as the reads go up.
//
//go:noinline
func (v Value) noteRead() {
	g := v.c.g
	if g.head(v.id).flags()&isLeaf != 0 {
		return
	}
	r := Read{Value: g.handle(v.id), Len: int(g.n - 1)}
	keep := len(g.reads)
	if k := len(g.reads); k > 0 {
		switch last := g.reads[k-1]; {
		case last.Value.id <= v.id:
			return
		case last.Len == r.Len, k == maxReads:
			r.Len, keep = last.Len, k-1
		}
	}
	var ok bool
	if r.Caller, ok = reader(); ok {
		g.reads = append(g.reads[:keep], r)
	}
}

// reader returns the place that called the method that reads, and whether it lies outside the library.
func reader() (place string, outside bool) {
	var pcs [8]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		frame, more := frames.Next()
		method := strings.TrimPrefix(frame.Function, module)
		switch {
		case strings.HasPrefix(method, "graph.Value."), strings.HasPrefix(method, "autograd.Gradients."):
			if more {
				continue
			}
			return "", true
		case inLibrary(frame.Function), floorOf(frame.Function) == "viz":
			return "", false
		}
		return fmt.Sprintf("%s:%d", frame.File, frame.Line), true
	}
}

// cutReads forgets the reads of nodes from n on, and moves the others to the tape's new end.
func (g *Graph) cutReads(n int32) {
	g.reads = slices.DeleteFunc(g.reads, func(r Read) bool { return r.Value.id >= n })
	for i := range g.reads {
		g.reads[i].Len = min(g.reads[i].Len, int(n-1))
	}
}
