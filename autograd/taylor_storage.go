package autograd

import (
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// An expansion holds the series of nodes. Those of scalars stand in one array, with room for all orders each; those of
// a tensor in one of the graph's pool, one order behind the other, as far as they are not 0.
type expansion struct {
	op    string
	g     *graph.Graph
	order int

	place   []int32 // by node: k for scalar series k-1, -k for tensor series k-1, 0 for a constant
	last    []int32 // by node: the last one that uses it
	scalars []float64
	degrees []uint8 // of scalar series
	tensors []expanded
	spare   [2][]int32       // places of scalars and of tensors that are free
	lent    []*tensor.Tensor // of the graph's pool, while a node is expanded
	plans   []*plan          // by operation and moving operands
	known   []bool           // which of plans have been asked for
	e       evaluator
}

// expanded is the series of a tensor. Coefficients above its degree are 0.
type expanded struct {
	t      *tensor.Tensor
	degree int
}

// stores are expansions without series, whose memory is there.
var stores = sync.Pool{New: func() any { return new(expansion) }}

// plainlyFits is how many numbers memories hold for which nothing is asked.
const plainlyFits = 1 << 20

// mostStored bounds the numbers of an expansion that is kept.
const mostStored = 1 << 20

func newExpansion(op string, g *graph.Graph, order int) *expansion {
	w := stores.Get().(*expansion)
	if w.order != order {
		clear(w.known)
	}
	w.op, w.g, w.order = op, g, order
	w.e.g, w.e.order = g, order
	w.grow(g.Len())
	return w
}

// release leaves the memory to others.
func (w *expansion) release() {
	for id := range w.place {
		w.forget(id)
	}
	w.g = nil
	w.e.release()
	if len(w.place) > mostStored || cap(w.scalars) > mostStored || cap(w.e.room) > mostStored || cap(w.e.zeros) > mostStored {
		return
	}
	w.place, w.last = w.place[:0], w.last[:0]
	w.scalars, w.degrees, w.tensors = w.scalars[:0], w.degrees[:0], w.tensors[:0]
	w.spare[0], w.spare[1] = w.spare[0][:0], w.spare[1][:0]
	stores.Put(w)
}

// grow makes room for the nodes up to the one with the given number.
func (w *expansion) grow(id int) {
	n := len(w.place)
	if id < n {
		return
	}
	w.place, w.last = slices.Grow(w.place, id+1-n)[:id+1], slices.Grow(w.last, id+1-n)[:id+1]
	clear(w.place[n:])
	clear(w.last[n:])
}

// of returns the coefficients of a node's elements, those of order 0 first, and the order that they go to, or nil for a
// constant. They are good until a series is added.
func (w *expansion) of(id int) (c []float64, degree int) {
	switch k := int(w.place[id]); {
	case k > 0:
		degree = int(w.degrees[k-1])
		return w.scalars[(k-1)*(w.order+1):][:degree+1], degree
	case k < 0:
		s := &w.tensors[-k-1]
		return s.t.Float64s(), s.degree
	}
	return nil, 0
}

// newScalar returns a place for the series of a scalar.
func (w *expansion) newScalar() int32 {
	if free := w.spare[0]; len(free) > 0 {
		w.spare[0] = free[:len(free)-1]
		return free[len(free)-1]
	}
	if n := len(w.scalars); n+w.order+1 > cap(w.scalars) && n > plainlyFits && n > mostNumbers()/2 { // it doubles
		panic(graph.Errorf(w.op, graph.ErrLimit, "the series of %d scalars to order %d take %.3g bytes: ask for a lower order", len(w.degrees), w.order, 8*float64(n)))
	}
	w.scalars = slices.Grow(w.scalars, w.order+1)
	w.scalars = w.scalars[:len(w.scalars)+w.order+1]
	w.degrees = append(w.degrees, 0)
	return int32(len(w.degrees))
}

// set makes room for the series of a node up to some degree, and returns its coefficients. Those of order 0 are there,
// the others undefined.
func (w *expansion) set(n graph.Node, degree int) []float64 {
	if v, scalar := n.Scalar(); scalar {
		place := w.newScalar()
		w.place[n.ID()], w.degrees[place-1] = place, uint8(degree)
		c, _ := w.of(n.ID())
		c[0] = v
		return c
	}
	values := n.Data().Float64s()
	if degree > 0 && len(values) > plainlyFits/(degree+1) && len(values) > mostNumbers()/(degree+1) {
		panic(graph.Errorf(w.op, graph.ErrLimit, "the series of %s, of %d elements, to order %d takes %.3g bytes: ask for a lower order", n.Label(), len(values), degree, 8*float64(len(values))*float64(degree+1)))
	}
	s := expanded{n.Buffer((degree + 1) * len(values)), degree}
	if free := w.spare[1]; len(free) > 0 {
		k := free[len(free)-1]
		w.spare[1] = free[:len(free)-1]
		w.tensors[k-1], w.place[n.ID()] = s, -k
	} else {
		w.tensors = append(w.tensors, s)
		w.place[n.ID()] = -int32(len(w.tensors))
	}
	copy(s.t.Float64s(), values)
	return s.t.Float64s()
}

// forget drops the series of a node.
func (w *expansion) forget(id int) {
	switch k := w.place[id]; {
	case k > 0:
		w.spare[0] = append(w.spare[0], k)
	case k < 0:
		s := &w.tensors[-k-1]
		w.g.FreeTemp(s.t)
		*s = expanded{}
		w.spare[1] = append(w.spare[1], -k)
	}
	w.place[id] = 0
}

// lend returns t, which is given back when the node at hand has been expanded.
func (w *expansion) lend(t *tensor.Tensor) *tensor.Tensor {
	w.lent = append(w.lent, t)
	return t
}

func (w *expansion) giveBack() {
	for _, t := range w.lent {
		w.g.FreeTemp(t)
	}
	w.lent = w.lent[:0]
}

// coefficient returns those of order j of a node's elements, nil if they are 0. Those of order 0 are its numbers. They
// are good until the node at hand has been expanded, or a series is added.
func (w *expansion) coefficient(n graph.Node, j int) *tensor.Tensor {
	c, degree := w.of(n.ID())
	switch {
	case j == 0:
		return exact(n.Value())
	case j > degree:
		return nil
	}
	if k := w.place[n.ID()]; k < 0 {
		size := len(c) / (degree + 1)
		return w.lend(w.g.TempView(w.tensors[-k-1].t, j*size, n.Dims()...))
	}
	return tensor.Of(c[j : j+1])
}

// planOf returns the plan for a node whose moving operands are given, a bit for each, nil if there is none.
func (w *expansion) planOf(n graph.Node, moving int) *plan {
	k := int(n.Op())<<4 | moving
	if k >= len(w.plans) {
		w.plans = append(w.plans, make([]*plan, k+1-len(w.plans))...)
		w.known = append(w.known, make([]bool, k+1-len(w.known))...)
	}
	if !w.known[k] {
		w.plans[k], w.known[k] = planOf(planKey{n.Row(), uint8(moving), w.order}), true
	}
	return w.plans[k]
}
