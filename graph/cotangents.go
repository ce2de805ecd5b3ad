package graph

import (
	"math/bits"
)

// Cotangents is the storage of a backward sweep that is recorded: for every node between some values xs and a result y, the
// value that stands for ∂y/∂v, or for the part of it that has come so far. It is for authors of sweeps, such as package
// autograd: [Graph.NewCotangents] makes it, Set starts it, Down runs it, and Release gives its memory back to the graph.
//
// It takes the time and the memory of the nodes that it comes to, however long the tape is.
type Cotangents struct {
	g     *Graph
	on    *walk
	sums  []int32  // by node: the number of the value, 0 for none
	words []uint64 // those of on
}

// NewCotangents, for authors of sweeps, returns storage for a sweep from y back to xs, with nothing in it yet. The sweep
// does not look through nodes before number floor, even if they depend on one of xs: of these it has only xs.
func (g *Graph) NewCotangents(floor int, y Value, xs ...Value) *Cotangents {
	const op = "graph.Graph.NewCotangents"
	y.CheckIn(op, g)
	for _, x := range xs {
		x.CheckIn(op, g)
	}
	var c *Cotangents
	if k := len(g.idle); k > 0 {
		c, g.idle = g.idle[k-1], g.idle[:k-1]
	} else {
		c = &Cotangents{g: g}
	}
	c.on = g.walk()
	c.on.between(GradEdges, int32(min(max(floor, 0), int(y.id))), y, xs)
	c.words = c.on.words
	if n := int(y.id) + 1; n > len(c.sums) {
		c.sums = make([]int32, max(n, 2*len(c.sums))) // the old ones are all 0
	}
	return c
}

// must panics with an [*Error] if c is nil, zero or was released. It is written so that the compiler inlines it.
func (c *Cotangents) must() {
	if c == nil || c.on == nil {
		c.misused()
	}
}

//go:noinline
func (c *Cotangents) misused() {
	panic(Errorf("graph.Cotangents", ErrUsage, "got nil, the zero graph.Cotangents or one that was released: make one with Graph.NewCotangents"))
}

// Has reports whether the node with the given number is on a way from xs to y along which gradients flow, one of xs or y
// itself.
func (c *Cotangents) Has(id int) bool {
	if c == nil || uint(id>>6) >= uint(len(c.words)) {
		return false
	}
	return c.words[id>>6]>>(id&63)&1 != 0
}

// Of returns what has come to the node with the given number, and whether there is something.
func (c *Cotangents) Of(id int) (ct Value, ok bool) {
	if c == nil || uint(id) >= uint(len(c.sums)) || c.sums[id] == 0 {
		return
	}
	return c.value(c.sums[id]), true
}

// value returns the handle of what was recorded for the sweep.
func (c *Cotangents) value(k int32) Value {
	if k >= c.g.n {
		c.g.Value(int(k)) // panics: the sweep's own records were taken from the tape
	}
	return c.g.handle(k)
}

// Set makes ct what has come to the node with the given number. It panics with an [*Error] unless [Cotangents.Has] is true
// of the node and ct is on the tape.
func (c *Cotangents) Set(id int, ct Value) {
	c.must()
	if ct.c == nil || ct.gen != c.g.gen || ct.c.g != c.g || !c.Has(id) {
		c.check(id, ct)
	}
	c.sums[id] = ct.id
}

// check panics with an [*Error] unless ct may be what has come to the node with the given number.
func (c *Cotangents) check(id int, ct Value) {
	const op = "graph.Cotangents.Set"
	if !c.Has(id) {
		panic(Errorf(op, ErrIndex, "node %d is not among those of the sweep: ask Cotangents.Has", id))
	}
	ct.CheckIn(op, c.g)
}

// Graph returns the graph that the sweep belongs to.
func (c *Cotangents) Graph() *Graph {
	c.must()
	return c.g
}

// Down yields the nodes of the sweep, results before operands.
func (c *Cotangents) Down(yield func(Node) bool) {
	c.must()
	w := c.on
	for o := w.hi - 1; o >= w.lo; o-- {
		for m := w.over[o]; m != 0; {
			k := bits.Len64(m) - 1
			m &^= 1 << k
			word := int32(o<<6 + k)
			for have := w.words[word]; have != 0; {
				k := int32(bits.Len64(have) - 1)
				have &^= 1 << k
				if !yield(Node{c.g, word<<6 + k}) {
					return
				}
			}
		}
	}
}

// Release gives the storage back. It must not be used afterwards.
func (c *Cotangents) Release() {
	c.must()
	for o := c.on.lo; o < c.on.hi; o++ {
		for m := c.on.over[o]; m != 0; m &= m - 1 {
			first := (o<<6 + bits.TrailingZeros64(m)) << 6
			clear(c.sums[first:min(first+64, len(c.sums))])
		}
	}
	c.on.release()
	c.on, c.words = nil, nil
	c.g.idle = append(c.g.idle, c)
}
