package autograd

import (
	"bufio"
	"io"
	"math"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// The limits of an explanation.
const (
	maxPaths   = 8  // paths that are written out one by one
	maxFactors = 12 // factors of a product, and factors that are explained
	maxSteps   = 12 // steps that a factor is made of
	maxLines   = 40 // nodes, where the explanation goes by nodes
	maxTerms   = 6  // terms of a sum
	lineLen    = 120
)

// Explain writes the chain rule for ∂y/∂x in words and numbers, as one does it by hand, and returns the first error of
// out. Values with names ([graph.Value.Named]) are the factors; the steps through values without a name are folded into
// them and shown below. If no value between y and x has a name, every step is a factor.
//
// Where several paths lead from y to x, each path is written out and they are added up. Where there are many, the
// explanation groups by node, as the backward sweep does: δ of a node is the sum, over the nodes that use it, of their δ
// times the local derivative. Derivatives that are tensors are always explained by node: with shapes, and with the
// formula that turns the cotangent ct of a result into that of an operand.
//
// A long explanation is cut short and says what it left out. The result is the number that [Backward] computes.
// Explain panics with a [*graph.Error] if y is not a scalar, the values are of different recordings, or a leaf on the way
// was changed after it had been used.
func Explain(out io.Writer, y, x graph.Value) error {
	const op = "autograd.Explain"
	if out == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: pass where to write, such as os.Stdout"))
	}
	y.Check(op)
	x.CheckIn(op, y.Graph())
	if shape := y.Dims(); len(shape) > 0 {
		panic(graph.Errorf(op, graph.ErrShape, "the value to explain has shape %s, not a scalar: reduce it with ops.Sum or ops.Mean", tensor.FormatShape(shape)))
	}
	e := &explainer{g: y.Graph(), y: y, x: x, w: bufio.NewWriter(out)}
	if e.trivial() {
		return e.w.Flush()
	}
	grads := backward(y, settings{op: op})
	defer grads.Release()
	e.grads = grads
	e.makeLabels()
	e.fold()
	paths := e.countPaths()
	if e.tensors || paths > maxPaths {
		e.byNode(paths)
	} else {
		e.byPath(paths)
	}
	return e.w.Flush()
}

// An explainer writes one explanation.
type explainer struct {
	g       *graph.Graph
	y, x    graph.Value
	grads   Gradients
	w       *bufio.Writer
	nodes   []int32 // the nodes on the paths from x up to y, in recording order
	at      []int32 // by node number from x on: its place in nodes, -1 for none
	tensors bool    // some derivative on the way is not a number
	slot    []int32 // scratch of arcs: by place, 1 + the index of the arc that leads there
	labels  legible.Labels

	keys   []int32 // the places in nodes that are factors' ends, in ascending order
	key    []int32 // by place: its place in keys, -1 for none; nil if every node is a key
	folded [][]arc // by place in keys: what leads from it to lower keys; nil if nothing is folded
}

// An arc leads from a node down to one that it depends on.
type arc struct {
	to int     // place
	d  float64 // derivative
}

func (e *explainer) write(parts ...string) {
	for _, s := range parts {
		e.w.WriteString(legible.Isolate(s))
	}
}

// trivial finds the nodes between y and x, and explains the result by itself if there are none.
func (e *explainer) trivial() bool {
	d := "∂" + e.name(e.y) + "/∂" + e.name(e.x)
	switch {
	case e.y.ID() == e.x.ID():
		e.write(d, " = 1: the base case of the backward sweep\n")
		return true
	case !e.g.Between(graph.AllEdges, e.y, e.x).Has(e.x.ID()):
		e.write(d, " = 0: ", e.name(e.y), " does not depend on ", e.name(e.x), "\n")
		return true
	case !e.x.WantsGrad() && e.x.IsLeaf():
		e.write(d, " = 0: ", e.name(e.x), " is a constant, which no gradient is computed for; make it with Graph.Var or Graph.VarTensor to get one\n")
		return true
	case !e.collect():
		e.write(d, " = 0: ", e.name(e.y), " depends on ", e.name(e.x), " only through operations that pass no gradient on")
		if b, ok := e.barrier(); ok {
			e.write(", such as ", e.name(b), " = ", e.expression(b.Node()))
		}
		e.write("\n")
		return true
	}
	return false
}

// barrier returns the first node on the way from x to y that uses a node with a gradient and passes none on.
func (e *explainer) barrier() (graph.Value, bool) {
	for id := range e.g.Between(graph.AllEdges, e.y, e.x).All {
		n := e.g.Value(id).Node()
		if id == e.x.ID() || n.WantsGrad() {
			continue
		}
		for i := range n.NumInputs() {
			if n.Wants(i) {
				return n.Value(), true
			}
		}
	}
	return graph.Value{}, false
}

// collect finds the nodes between y and x that gradients flow through, and reports whether there are any.
func (e *explainer) collect() bool {
	on := e.g.Between(graph.GradEdges, e.y, e.x)
	if on.Len() == 0 {
		return false
	}
	first := e.x.ID()
	e.nodes = make([]int32, 0, on.Len())
	e.at = make([]int32, e.y.ID()-first+1)
	for k := range e.at {
		e.at[k] = -1
	}
	for id := range on.All {
		e.at[id-first] = int32(len(e.nodes))
		e.nodes = append(e.nodes, int32(id))
		n := e.g.Value(id).Node()
		for i := range n.NumInputs() {
			if _, ok := n.Partial(i); !ok && on.Has(n.InputNode(i).ID()) {
				e.tensors = true
			}
		}
	}
	return true
}

// node returns the node at a place.
func (e *explainer) node(place int) graph.Node { return e.g.Value(int(e.nodes[place])).Node() }

// place returns the place of operand i of a node, -1 if it is not on a path.
func (e *explainer) place(n graph.Node, i int) int {
	k := n.InputNode(i).ID() - e.x.ID()
	if k < 0 || k >= len(e.at) {
		return -1
	}
	return int(e.at[k])
}

// arcs appends what leads from the node at a place to its operands, one arc for each operand that is another node.
func (e *explainer) arcs(dst []arc, place int) []arc {
	n := e.node(place)
	first := len(dst)
	if e.slot == nil {
		e.slot = make([]int32, len(e.nodes))
	}
	for i := range n.NumInputs() {
		to := e.place(n, i)
		if to < 0 {
			continue
		}
		d, _ := n.Partial(i)
		if k := e.slot[to]; k > 0 {
			dst[first+int(k)-1].d += d
			continue
		}
		dst = append(dst, arc{to, d})
		e.slot[to] = int32(len(dst) - first)
	}
	for _, a := range dst[first:] {
		e.slot[a.to] = 0
	}
	return dst
}

// countPaths returns the number of paths from y to x between keys, math.MaxInt if there are more.
func (e *explainer) countPaths() int {
	n := make([]int, e.numKeys())
	n[0] = 1
	var buf []arc
	for k := 1; k < len(n); k++ {
		buf = e.down(buf[:0], k)
		for _, a := range buf {
			n[k] = saturated(n[k], n[a.to])
		}
	}
	return n[len(n)-1]
}

func saturated(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// contribution is what a path or an arc passes on: an adjoint of 0 contributes 0, whatever the derivative.
func contribution(w, d float64) float64 {
	if w == 0 {
		return 0
	}
	return w * d
}

func number(v float64) string { return legible.Number(v, 6) }

func factor(v float64) string { return legible.Factor(v, 6) }

// joined puts parts into one line if it is short, and else one under the other behind the first.
func joined(head string, parts ...string) string {
	n := len([]rune(head))
	for _, p := range parts {
		n += len([]rune(p)) + 3
	}
	if n <= lineLen {
		return head + " = " + strings.Join(parts, " = ")
	}
	return head + " = " + strings.Join(parts, "\n"+strings.Repeat(" ", len([]rune(head)))+" = ")
}
