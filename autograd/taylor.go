package autograd

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// Taylor returns the coefficients of f(at + t·dir) as a power series in t: element j is the j-th derivative in the
// direction at the point, divided by j!, for j from 0 to k. f has a scalar result. One walk along the recorded graph
// carries the series of every value: the arithmetic is about k² times that of f, where differentiating k times over
// takes 2ᵏ or more (Griewank and Walther, Evaluating Derivatives, 2008, chapter 13). Beside it, a scalar operation takes
// some hundred nanoseconds.
//
// It knows elementwise operations whose row has Slopes, linear ones, products of matrices and their like, sums, means,
// products and other reductions, norms, softmax, and operations that move elements or choose among them. Others it
// refuses by name. At a kink the first derivative is what is promised there, and the series goes on with it. A
// coefficient that is 0 contributes 0, whatever it is multiplied with.
//
// It panics with a [*graph.Error] if k is negative or above 170, where factorials end, the direction has another length
// than the point, f's result is no scalar, f uses an operation that Taylor does not know and that the point has a part in,
// or a series takes more than the limit of the Go runtime (GOMEMLIMIT).
func Taylor(f func(x graph.Value) graph.Value, at, dir []float64, k int) []float64 {
	const op = "autograd.Taylor"
	if k < 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "order %d: ask for 0 or more", k))
	}
	if k > mostOrder {
		panic(graph.Errorf(op, graph.ErrLimit, "order %d: ask for %d at most", k, mostOrder))
	}
	checkDirection(op, at, dir)
	x, y := record(op, f, at)
	if shape := y.Dims(); len(shape) > 0 {
		panic(graph.Errorf(op, graph.ErrShape, "the result has shape %s, not a scalar: reduce it with ops.Sum or ops.Mean", tensor.FormatShape(shape)))
	}
	out := make([]float64, k+1)
	out[0] = y.Item()
	if k > 0 && y.WantsGrad() {
		w := newExpansion(op, y.Graph(), k)
		copy(w.set(x.Node(), 1)[len(at):], dir)
		w.walk(0, y, x)
		c, _ := w.of(y.ID())
		copy(out[1:], c[min(1, len(c)):])
		w.release()
	}
	discard(x)
	return out
}

// mostOrder bounds the order of a series: factorials end there.
const mostOrder = 170

// walk finds the series of the nodes from floor on that lie between xs, whose own are known, and y. It forgets those
// that no later node uses. What lies before floor belongs to another walk, what xs are made of too.
func (w *expansion) walk(floor int, y graph.Value, xs ...graph.Value) {
	on := w.g.Between(graph.GradEdges, y, xs...)
	w.grow(w.g.Len())
	use := func(id, user int) {
		if id >= floor {
			w.last[id] = int32(user)
		}
	}
	for id := range on.All {
		if a, b, _, _, ok := w.g.Links(id); ok {
			use(int(a), id)
			use(int(b), id)
			continue
		}
		for i, n := 0, w.g.Value(id).Node(); i < n.NumInputs(); i++ {
			use(n.InputNode(i).ID(), id)
		}
	}
	for _, x := range xs {
		use(x.ID(), math.MaxInt32)
	}
	forget := func(id, user int) {
		if id >= floor && w.last[id] == int32(user) {
			w.forget(id)
		}
	}
	for id := range on.All {
		if id < floor || w.last[id] == math.MaxInt32 {
			continue
		}
		if a, b, _, _, ok := w.g.Links(id); ok {
			if !w.scalar(id, int(a), int(b)) {
				w.expand(w.g.Value(id).Node())
			}
			forget(int(a), id)
			forget(int(b), id)
			continue
		}
		n := w.g.Value(id).Node()
		w.expand(n)
		for i := range n.NumInputs() {
			forget(n.InputNode(i).ID(), id)
		}
	}
}

// scalar expands an operation on the scalars a and b, of which b may be absent, by the slopes that its row says. It
// returns false if that says none.
func (w *expansion) scalar(id, a, b int) bool {
	moving := 0
	if w.place[a] != 0 {
		moving |= 1
	}
	if w.place[b] != 0 {
		moving |= 2
	}
	if moving == 0 {
		return true
	}
	n := w.g.Value(id).Node()
	p := w.planOf(n, moving)
	if p == nil {
		return false
	}
	place := w.newScalar()
	w.e.begin(1)
	w.e.operands[0] = w.number(a)
	if b != 0 {
		w.e.operands[1] = w.number(b)
	}
	w.place[id] = place
	value, _ := n.Scalar()
	w.compute(n, p, place, value)
	return true
}

// number returns the series of a scalar.
func (w *expansion) number(id int) power {
	if c, degree := w.of(id); c != nil {
		return power{c: c, degree: degree, done: degree + 1}
	}
	c := w.e.take(1)
	c[0], _ = w.g.Value(id).Node().Scalar()
	return power{c: c, done: 1}
}

// compute sets the series of a scalar at the given place to what the plan p makes of the operands.
func (w *expansion) compute(n graph.Node, p *plan, place int32, value float64) {
	degree := w.e.prepare(p, n)
	out := w.scalars[int(place-1)*(w.order+1):][:degree+1]
	out[0] = value
	w.e.finish(out)
	w.degrees[place-1] = uint8(degree)
}

// expand finds the series of a node whose operands' are known.
func (w *expansion) expand(n graph.Node) {
	row := n.Row()
	moving := 0
	for i := range n.NumInputs() {
		if w.place[n.InputNode(i).ID()] != 0 {
			moving |= 1 << min(i, 3)
		}
	}
	p := w.planOf(n, moving)
	switch {
	case moving == 0 || row.Class == graph.NoGrad:
	case p != nil && row.Class == graph.Elementwise:
		w.elementwise(n, p)
	case bilinear[row.Name]:
		w.bilinear(n)
	case row.Tangent != nil && (row.Class == graph.Linear || piecewise[row.Name]):
		w.linear(n)
	case expansions[row.Name] != nil:
		w.byDefinition(n)
	case p != nil:
		w.loss(n, p)
	case row.Class == graph.Elementwise:
		panic(graph.Errorf(w.op, graph.ErrUsage, "%s has no Taylor series here, since its row does not say its derivatives as expressions: set graph.Row.Value and graph.Row.Slopes, or use autograd.Grad over and over for derivatives of low order", n.Label()))
	default:
		panic(graph.Errorf(w.op, graph.ErrUsage, "%s has no Taylor series here: elementwise, linear and product operations and reductions have; use autograd.Grad over and over for derivatives of low order", n.Label()))
	}
	w.giveBack()
}
