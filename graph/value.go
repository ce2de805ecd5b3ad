package graph

import (
	"fmt"
	"iter"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Value is a handle to a node of a graph: a leaf or the result of an operation. It is small and passed by value, and
// all that programs need to hold; [Node] is what operations and pictures read of it.
//
// A Value is good until the graph's Reset, or a Rewind that takes its node away; using it afterwards panics with an
// [*Error].
type Value struct {
	c   *chunk // that the node stands in; it knows the graph
	id  int32
	gen uint32
}

// handle returns the handle of a node that is on the tape.
func (g *Graph) handle(id int32) Value {
	gen := g.gen
	if id < g.outermost {
		gen = g.resumed
	} else if id < g.stretch {
		gen = g.around
	}
	return Value{g.chunks[id>>chunkBits], id, gen}
}

// present returns a handle of the present recording, whatever node it is of: not for keeping while a [Graph.Scratch] runs.
func (g *Graph) present(id int32) Value { return Value{g.chunks[id>>chunkBits], id, g.gen} }

// live reports whether v's node is still on the tape.
func (v Value) live() bool {
	if v.c == nil {
		return false
	}
	g := v.c.g
	return v.gen == g.gen || v.id < g.outermost && v.gen == g.resumed || g.survives(v.id, v.gen)
}

// must panics unless v is a live value. It is written so that the compiler inlines it for values of the present
// recording.
func (v Value) must(op string) {
	if v.c == nil || v.gen != v.c.g.gen {
		v.mustSurvive(op)
	}
}

// mustSurvive is must for a value of an earlier recording.
//
//go:noinline
func (v Value) mustSurvive(op string) {
	if !v.live() {
		panic(v.staleError(op))
	}
}

func (v Value) staleError(op string) *Error {
	switch g := v.Graph(); {
	case g == nil:
		return Errorf(op, ErrUsage, "got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation")
	case scratchNumber(v.gen):
		return Errorf(op, ErrStale, "value %%%d left the tape with the function that made it, such as a step of autograd.Loop, or by a Rewind in there: make it anew in each call, or keep its numbers with Value.Tensor", v.id)
	case g.age(v.gen) > g.age(g.recording()):
		return Errorf(op, ErrStale, "value %%%d was recorded before the graph's Reset: record it again, or keep its numbers with Value.Tensor before Reset", v.id)
	default:
		return Errorf(op, ErrStale, "value %%%d was taken from the tape by Rewind: record it again, or set the mark after it", v.id)
	}
}

// Check, for authors of operations, panics with an [*Error] unless v is on the tape; op is the function named in the
// message.
func (v Value) Check(op string) { v.must(op) }

// CheckIn, for authors of operations, panics with an [*Error] unless v is on the tape of g; op is the function named in
// the message.
func (v Value) CheckIn(op string, g *Graph) {
	v.must(op)
	if v.c.g != g {
		panic(Errorf(op, ErrForeign, "value %s belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())", v.label()))
	}
}

// label returns how messages name v: its own name or its number, and its operation.
func (v Value) label() string {
	return Node{v.c.g, v.id}.label()
}

// Valid reports whether v is on the tape of a graph.
func (v Value) Valid() bool { return v.live() }

// Node returns the view of v's node that rules and pictures read.
func (v Value) Node() Node {
	v.must("graph.Value.Node")
	return Node{v.c.g, v.id}
}

// Graph returns the graph that v belongs to.
func (v Value) Graph() *Graph {
	if v.c == nil {
		return nil
	}
	return v.c.g
}

// ID returns the number of v's node, from 1 in recording order.
func (v Value) ID() int {
	v.must("graph.Value.ID")
	return int(v.id)
}

// Item returns the number that v stands for. It panics with an [*Error] if v is a tensor with more than one element.
func (v Value) Item() float64 {
	v.must("graph.Value.Item")
	if v.c.g.traced {
		v.noteRead()
	}
	h := v.c.g.head(v.id)
	if h.flags()&notPlain == 0 {
		return h.value
	}
	t := v.c.g.exts[h.ext()].out
	if t.Len() != 1 {
		panic(Errorf("graph.Value.Item", ErrShape, "value %s has shape %s, not a single number: use Value.Tensor, or reduce it with ops.Sum or ops.Mean", v.label(), tensor.FormatShape(t.Dims())))
	}
	return t.AtFlat(0)
}

// Shape returns a copy of v's shape: () for a scalar.
func (v Value) Shape() []int { return append([]int{}, v.Dims()...) }

// Dims returns v's own shape, which must not be changed: [Value.Shape] without the copy.
func (v Value) Dims() []int {
	v.must("graph.Value.Shape")
	return Node{v.c.g, v.id}.Dims()
}

// Rank returns the number of v's axes.
func (v Value) Rank() int { return len(v.Dims()) }

// Len returns the number of v's elements, 1 for a scalar.
func (v Value) Len() int {
	n := 1
	for _, d := range v.Dims() {
		n *= d
	}
	return n
}

// Tensor returns a copy of v's numbers in the graph's precision.
func (v Value) Tensor() *tensor.Tensor {
	v.must("graph.Value.Tensor")
	if v.c.g.traced {
		v.noteRead()
	}
	h := v.c.g.head(v.id)
	if h.flags()&notPlain != 0 {
		return v.c.g.exts[h.ext()].out.Clone()
	}
	t := tensor.New(v.c.g.dtype)
	t.SetFlat(h.value, 0)
	return t
}

// WantsGrad reports whether a gradient flows to v: it is a leaf made by Var, VarTensor or Bind, or depends on one.
func (v Value) WantsGrad() bool {
	v.must("graph.Value.WantsGrad")
	return v.c.g.head(v.id).flags()&wantsGrad != 0
}

// IsLeaf reports whether v is a leaf: not the result of an operation.
func (v Value) IsLeaf() bool {
	v.must("graph.Value.IsLeaf")
	return v.c.g.head(v.id).flags()&isLeaf != 0
}

// Inputs returns the operands that v was made of, none for a leaf.
func (v Value) Inputs() []Value {
	n := v.Node()
	in := make([]Value, n.NumInputs())
	for i := range in {
		in[i] = n.Input(i)
	}
	return in
}

// Named gives v a name for pictures, dumps and explanations, and returns v.
func (v Value) Named(name string) Value {
	v.must("graph.Value.Named")
	if v.c.g.names == nil {
		v.c.g.names = make(map[int32]string)
	}
	v.c.g.names[v.id] = name
	v.c.g.lastNamed = max(v.c.g.lastNamed, v.id)
	return v
}

// Name returns the name that v was given, or "".
func (v Value) Name() string {
	v.must("graph.Value.Name")
	return v.c.g.names[v.id]
}

// String describes v for messages and debugging: %4 = mul (2,3), or the number of a scalar: %4 = mul = 6.
func (v Value) String() string {
	if !v.live() {
		return "%" + strconv.Itoa(int(v.id)) + " (stale)"
	}
	n := Node{v.c.g, v.id}
	if h := v.c.g.head(v.id); h.flags()&isTensor == 0 {
		return fmt.Sprintf("%s = %g", n.label(), h.value)
	}
	return n.label() + " " + tensor.FormatShape(n.Dims())
}

// Nodes yields every value of the graph in recording order, operands before results.
func (g *Graph) Nodes() iter.Seq[Value] {
	g.must("graph.Graph.Nodes")
	return func(yield func(Value) bool) {
		for id := int32(1); id < g.n; id++ {
			if !yield(g.handle(id)) {
				return
			}
		}
	}
}

// Value returns the handle of the node with the given number, which must be on the tape.
func (g *Graph) Value(id int) Value {
	g.must("graph.Graph.Value")
	if g.n == 1 {
		panic(Errorf("graph.Graph.Value", ErrIndex, "no node %%%d: the tape is empty", id))
	}
	if id < 1 || id >= int(g.n) {
		panic(Errorf("graph.Graph.Value", ErrIndex, "no node %%%d: the tape has nodes %%1 to %%%d", id, g.n-1))
	}
	return g.handle(int32(id))
}
