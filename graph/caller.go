package graph

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// WithCallers makes every node remember where the program recorded it, for [Node.Caller]. Recording is slower with it, by
// about a microsecond a node.
func WithCallers() Option {
	return func(s settings) settings { s.callers = true; return s }
}

// Caller returns the place in the program where the node was recorded: the innermost call from outside this library's
// packages graph, ops, autograd and nn, and those below them. ok is false if the graph was made without [WithCallers], or
// if the library recorded the node in a goroutine of its own.
func (n Node) Caller() (file string, line int, ok bool) {
	if n.g == nil {
		panic(Errorf("graph.Node.Caller", ErrUsage, "got the zero graph.Node, which belongs to no graph: use Value.Node"))
	}
	if int(n.id) >= len(n.g.lines) || n.g.lines[n.id] == 0 {
		return "", 0, false
	}
	frame, _ := runtime.CallersFrames([]uintptr{n.g.lines[n.id]}).Next()
	return frame.File, frame.Line, true
}

// noteCaller notes who records node n. Every record comes here, since seek leaves no room for a node where callers are
// noted.
func (g *Graph) noteCaller() {
	if k := int(g.n) + 1; k > len(g.lines) {
		g.lines = slices.Grow(g.lines, k-len(g.lines))[:k]
	}
	g.lines[g.n] = callerOutside()
}

// callerOutside returns the return address of the innermost call from outside the library, 0 if there is none.
func callerOutside() uintptr {
	var pcs [32]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		for i := range n {
			// One at a time: the address of an inlined call stands for itself.
			if frame, _ := runtime.CallersFrames(pcs[i : i+1]).Next(); !inLibrary(frame.Function) {
				if frame.Function == "runtime.goexit" {
					return 0
				}
				return pcs[i]
			}
		}
		if n < len(pcs) {
			return 0
		}
	}
}

// module is the path of the library's module, with a slash behind it.
var module = strings.TrimSuffix(reflect.TypeFor[Graph]().PkgPath(), "graph")

// inLibrary reports whether a function is one of the library's own, or of package reflect, through which the library calls
// operations by their names.
func inLibrary(function string) bool {
	return strings.HasPrefix(function, "reflect.") || slices.Contains([]string{"graph", "ops", "autograd", "nn"}, floorOf(function))
}

// floorOf returns the package at the top of the module that a function is in or below: "" if it is of another module, or in
// a package of tests, which use the library from outside.
func floorOf(function string) string {
	rest, ok := strings.CutPrefix(function, module)
	pkg, _, _ := strings.Cut(rest, ".")
	if !ok || strings.HasSuffix(pkg, "_test") {
		return ""
	}
	top, _, _ := strings.Cut(pkg, "/")
	return top
}
