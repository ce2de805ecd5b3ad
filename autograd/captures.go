package autograd

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// captures collects the operands of a node whose function is called again for the sweep: the values that the function
// is given, and those of the graph that it uses besides.
type captures struct {
	operands []graph.Value
	again    []bool       // by operand: it stands among those before, too, and the first one gets the gradient
	have     map[int]bool // by node
	bound    []*tensor.Tensor
	hooks    bool // the function changes what passes it on the way back
}

func newCaptures(given ...graph.Value) *captures {
	c := &captures{have: make(map[int]bool)}
	for _, x := range given {
		c.add(x)
	}
	return c
}

func (c *captures) add(v graph.Value) {
	c.operands, c.again = append(c.operands, v), append(c.again, c.have[v.ID()])
	c.have[v.ID()] = true
}

// look goes through what the function recorded from node first on, and through its result: values from before that want
// a gradient become operands, and so will tensors that it bound.
func (c *captures) look(first int, y graph.Value) {
	g := y.Graph()
	use := func(v graph.Value) {
		if v.ID() < first && v.WantsGrad() && !c.have[v.ID()] {
			c.add(v)
		}
	}
	for id := first; id <= g.Len(); id++ {
		v := g.Value(id)
		n := v.Node()
		c.hooks = c.hooks || hasHooks(n)
		inputs := n.NumInputs()
		if inputs == 0 {
			if t := n.Data(); isBound(g, t, v) && !slices.Contains(c.bound, t) {
				c.bound = append(c.bound, t)
			}
			continue
		}
		for i := range inputs {
			if in := n.InputNode(i); in.ID() < first {
				use(in.Value())
			}
		}
	}
	use(y)
}

// bind makes operands of the tensors that were bound, when what the function recorded is off the tape again.
func (c *captures) bind(g *graph.Graph) {
	for _, t := range c.bound {
		c.add(g.Bind(t))
	}
}

// isBound reports whether leaf v was made by binding t.
func isBound(g *graph.Graph, t *tensor.Tensor, v graph.Value) bool {
	b, ok := g.Bound(t)
	return ok && b.ID() == v.ID()
}

// leafOf returns a leaf with the numbers of t, in the graph's precision or a scalar's.
func leafOf(g *graph.Graph, t *tensor.Tensor) graph.Value {
	if len(t.Dims()) == 0 {
		return g.Var(t.AtFlat(0))
	}
	return g.VarTensor(t)
}

// sameAgain bounds the difference between what a function returned at two calls, by the largest of its numbers. They
// differ by rounding at most; another mask of dropout makes a far larger difference.
const sameAgain = 1e-3

// checkAgain panics with a [*graph.Error] if the function of node n, called again, did not return what it had before.
func checkAgain(n graph.Node, was, is *tensor.Tensor) {
	same := slices.Equal(was.Dims(), is.Dims())
	largest := 0.0
	for i := range was.Len() {
		if v := math.Abs(was.AtFlat(i)); v > largest && !math.IsInf(v, 1) {
			largest = v
		}
	}
	for i := 0; same && i < was.Len(); i++ {
		a, b := was.AtFlat(i), is.AtFlat(i)
		same = a == b || a != a && b != b || math.Abs(a-b) <= sameAgain*largest
	}
	if !same {
		panic(n.Errorf(graph.ErrUsage, "computed anew, the function returned %s %s, was %s %s: it must not draw random numbers, as dropout does, nor use a leaf that has changed",
			tensor.FormatShape(is.Dims()), is.Summary(4, 6), tensor.FormatShape(was.Dims()), was.Summary(4, 6)))
	}
}
