package autograd

import (
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// cotangents collects, during a recorded sweep, what each node's uses pass to it.
//
// A use that takes a part of the node, such as a slice, passes on zeros but for that part. Were its rule applied at once,
// n slices of one tensor would record n tensors of its size. They wait until the node's turn has come, and are put
// together.
type cotangents struct {
	*graph.Cotangents
	parts *waiting // nil if there have been none
}

// waiting are the parts that wait for their node, by its number.
type waiting struct {
	of   map[int]int // places in list
	list []parts
}

// parts are the uses of a node that take parts of it, and their cotangents.
type parts struct {
	users []graph.Node
	cts   []graph.Value
}

// waitingRoom has the memory of earlier sweeps. What is larger than mostWaiting is left to the collector.
var waitingRoom = sync.Pool{New: func() any { return &waiting{of: make(map[int]int)} }}

const mostWaiting = 1 << 12

// release leaves the memory to other sweeps.
func (c *cotangents) release() {
	c.Release()
	w := c.parts
	if w == nil {
		return
	}
	size := 0
	for i := range w.list {
		p := &w.list[i]
		size += 1 + len(p.users)
		clear(p.users)
		clear(p.cts)
		p.users, p.cts = p.users[:0], p.cts[:0]
	}
	if size > mostWaiting {
		return
	}
	clear(w.of)
	w.list = w.list[:0]
	waitingRoom.Put(w)
}

// of returns the cotangent of a node that may get one, and whether there is one. All that use the node have passed theirs
// on.
func (c *cotangents) of(id int) (graph.Value, bool) {
	if c.parts != nil {
		c.join(id)
	}
	return c.Of(id)
}

// join puts the parts of a node's cotangent together, if there are any, and adds them to what the node has got.
func (c *cotangents) join(id int) {
	k, ok := c.parts.of[id]
	if !ok {
		return
	}
	delete(c.parts.of, id)
	p := c.parts.list[k]
	in := p.users[0].InputNode(0)
	if len(p.users) == 1 {
		c.add(in, cotangent(p.users[0], 0, p.cts[0]))
	} else {
		c.add(in, ops.PutParts(p.users, p.cts))
	}
}

// pass passes the cotangent ct of node n to its operands.
func (c *cotangents) pass(n graph.Node, ct graph.Value) {
	g, row := n.Graph(), n.Row()
	if a, b, _, _, ok := g.Links(n.ID()); ok { // an operation on scalars
		for i, id := range [...]int32{a, b} {
			if !c.Has(int(id)) {
				continue
			}
			v := row.VJP(n, i, ct)
			if _, _, ok := graph.Scalar(v); ok && v.Graph() == g { // nothing to check
				c.addSame(int(id), v)
				continue
			}
			checkCotangent(n, i, v)
			c.add(n.InputNode(i), v)
		}
		return
	}
	operands := n.NumInputs()
	if operands > 0 && row.Class != graph.Elementwise { // whose rules have no memory
		forget(n)
	}
	for i := range operands {
		in := n.InputNode(i)
		if !c.Has(in.ID()) {
			continue
		}
		if i == 0 && len(in.Dims()) > 0 && ops.TakesPart(n) {
			c.wait(in.ID(), n, ct)
			continue
		}
		v := row.VJP(n, i, ct)
		if v.Graph() == g && slices.Equal(v.Dims(), in.Dims()) { // nothing to check
			c.addSame(in.ID(), v)
			continue
		}
		checkCotangent(n, i, v)
		c.add(in, v)
	}
}

// wait keeps the cotangent ct of node n, which takes a part of the node with the given number, until it is that node's
// turn.
func (c *cotangents) wait(id int, n graph.Node, ct graph.Value) {
	w := c.parts
	if w == nil {
		w = waitingRoom.Get().(*waiting)
		c.parts = w
	}
	k, ok := w.of[id]
	if !ok {
		k = len(w.list)
		if k == cap(w.list) {
			w.list = append(w.list, parts{})
		}
		w.list = w.list[:k+1] // with the lists of another sweep, which are empty
		w.of[id] = k
	}
	p := &w.list[k]
	p.users, p.cts = append(p.users, n), append(p.cts, ct)
}

// add adds ct, of a shape that the node's stretches to, to what the node has got.
func (c *cotangents) add(n graph.Node, ct graph.Value) {
	if shape := n.Dims(); !slices.Equal(ct.Dims(), shape) {
		ct = ops.SumTo(ct, shape...)
	}
	c.addSame(n.ID(), ct)
}

// addSame adds ct, of the shape of the node with the given number, to what the node has got.
func (c *cotangents) addSame(id int, ct graph.Value) {
	if sum, ok := c.Of(id); ok {
		ct = ops.Add(sum, ct)
	}
	c.Set(id, ct)
}
