package autograd

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// An elementTape is the part of a tape that some results are made of, written out element by element: each is a node of its
// own, with an edge to every element that it depends on directly. Elements are numbered from 1 in recording order, the
// leaves to differentiate by first.
type elementTape struct {
	op     string
	g      *graph.Graph
	firsts []int32 // by node: the number of its first element, 0 of nodes that the results are not made of
	start  []int32 // by element: where its edges begin
	edges  []edge
}

// An edge is the derivative of an element by another one.
type edge struct {
	to      int32
	selects bool // a derivative of 0 says that the operation did not select the operand
	d       float64
}

// mostEdges is how many edges there may be: 16 bytes each.
const mostEdges = 1 << 26

// newElements writes out what ys are made of, on a tape that begins with n scalar leaves.
func newElements(op string, g *graph.Graph, n int, ys []graph.Value) *elementTape {
	el := &elementTape{op: op, g: g, firsts: make([]int32, g.Len()+1), start: make([]int32, n+2)}
	for id := 1; id <= n; id++ {
		el.firsts[id] = int32(id)
	}
	for id := range g.Ancestors(graph.GradEdges, ys...).All {
		if id <= n {
			continue
		}
		el.firsts[id] = int32(el.len())
		el.add(g.Value(id).Node())
	}
	return el
}

// len returns how many elements there are, and one more: they are counted from 1.
func (el *elementTape) len() int { return len(el.start) - 1 }

// first returns the number of a node's first element.
func (el *elementTape) first(id int) int { return int(el.firsts[id]) }

// of returns the edges of an element.
func (el *elementTape) of(id int) []edge { return el.edges[el.start[id]:el.start[id+1]] }

// add writes out node n.
func (el *elementTape) add(n graph.Node) {
	size := n.Value().Len()
	if size > math.MaxInt32-len(el.start) {
		panic(graph.Errorf(el.op, graph.ErrLimit, "the tensors have more than %d elements: differentiate smaller parts of the function", math.MaxInt32))
	}
	offset, isView := n.View()
	_, isScalar := n.Scalar()
	switch {
	case n.Value().IsLeaf():
		for range size {
			el.close()
		}
	case isView:
		in := el.firsts[n.InputNode(0).ID()]
		for k := range size {
			el.reserve(n, 0, 1)
			el.edges = append(el.edges, edge{to: in + int32(offset+k), d: 1})
			el.close()
		}
	case isScalar && hasPartials(n):
		eachPartial(n, func(i int, d float64, selects bool) {
			el.reserve(n, 0, 1)
			el.edges = append(el.edges, edge{el.firsts[n.InputNode(i).ID()], selects, d})
		})
		el.close()
	default:
		el.addTensor(n, size)
	}
}

// hasPartials reports whether a scalar node has its derivatives on the tape.
func hasPartials(n graph.Node) bool {
	_, ok := n.Partial(0)
	return ok
}

// close ends the edges of an element.
func (el *elementTape) close() { el.start = append(el.start, int32(len(el.edges))) }

// reserve panics with a [*graph.Error] unless there is room for edges of node n, besides some that it has.
func (el *elementTape) reserve(n graph.Node, has, edges int) {
	if has += len(el.edges); edges > mostEdges-has {
		panic(graph.Errorf(el.op, graph.ErrLimit, "the operation %s of shape %s has %d derivatives of elements by elements and there is room for %d more: use scalars there, or smaller tensors", n.Label(), tensor.FormatShape(n.Dims()), edges, mostEdges-has))
	}
}

// addTensor writes out an operation with tensors whose result has the given number of elements.
func (el *elementTape) addTensor(n graph.Node, size int) {
	var p *partials
	el.g.Scratch(func() {
		el.g.Loudly(func() {
			p = newPartials(n)
			for i := range n.NumInputs() {
				if n.Wants(i) {
					p.operand(el, i)
				}
			}
		})
	})
	// The edges of each element stand together, in the order of the operands.
	base := len(el.edges)
	for k := range size {
		p.counts[k+1] += p.counts[k]
		el.start = append(el.start, int32(base)+p.counts[k+1])
	}
	el.edges = append(el.edges, make([]edge, len(p.list))...)
	for _, e := range p.list {
		el.edges[base+int(p.counts[e.from])] = e.edge
		p.counts[e.from]++
	}
}
