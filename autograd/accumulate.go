package autograd

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// cotangents collects, during a recorded sweep, what each node's uses pass to it.
//
// A use that takes a part of the node, such as a slice, passes on zeros but for that part. Were its rule applied at once,
// n slices of one tensor would record n tensors of its size. They wait until the node's turn has come, and are put
// together.
type cotangents struct {
	g     *graph.Graph
	on    graph.NodeSet // the nodes that may get one
	first []int32       // by word of on: where its nodes begin in sums
	sums  []int32       // 64 for each word that has a node: the number of what has arrived, 0 for nothing, -k for parts[k-1]
	parts []parts
}

// parts are the uses of a node that take parts of it, and their cotangents.
type parts struct {
	sum   int32 // the number of what has arrived besides, 0 for nothing
	users []graph.Node
	cts   []graph.Value
}

func newCotangents(g *graph.Graph, on graph.NodeSet) *cotangents {
	n := 0
	for _, w := range on {
		if w != 0 {
			n += 64
		}
	}
	room := make([]int32, len(on)+n)
	c := &cotangents{g: g, on: on, first: room[:len(on)], sums: room[len(on):]}
	n = 0
	for i, w := range on {
		if c.first[i] = int32(n); w != 0 {
			n += 64
		}
	}
	return c
}

// sum returns the place for what has arrived at a node that may get a cotangent.
func (c *cotangents) sum(id int) *int32 {
	return &c.sums[int(c.first[id>>6])+id&63]
}

// of returns the cotangent of a node that may get one, and whether there is one. All that use the node have passed theirs
// on.
func (c *cotangents) of(id int) (graph.Value, bool) {
	sum := c.sum(id)
	if *sum < 0 {
		p := &c.parts[-*sum-1]
		*sum = p.sum
		c.join(p)
		p.users, p.cts = nil, nil
	}
	if *sum == 0 {
		return graph.Value{}, false
	}
	return c.g.Value(int(*sum)), true
}

// join puts the parts of a node's cotangent together and adds them to what the node has got besides.
func (c *cotangents) join(p *parts) {
	in := p.users[0].InputNode(0)
	if len(p.users) == 1 {
		c.add(in, cotangent(p.users[0], 0, p.cts[0]))
	} else {
		c.add(in, ops.PutParts(p.users, p.cts))
	}
}

// pass passes the cotangent ct of node n to its operands.
func (c *cotangents) pass(n graph.Node, ct graph.Value) {
	row := n.Row()
	if row.Class != graph.Elementwise { // whose rules have no memory
		forget(n)
	}
	for i := range n.NumInputs() {
		in := n.Input(i)
		id := in.ID()
		if !c.on.Has(id) {
			continue
		}
		_, _, scalar := graph.Scalar(in)
		if !scalar && i == 0 && ops.TakesPart(n) {
			c.wait(id, n, ct)
			continue
		}
		v := row.VJP(n, i, ct)
		if _, _, ok := graph.Scalar(v); scalar && ok && v.Graph() == c.g { // nothing to check
			c.addSame(id, v)
			continue
		}
		checkCotangent(n, i, v)
		c.add(in.Node(), v)
	}
}

// wait keeps the cotangent ct of node n, which takes a part of the node with the given number, until it is that node's
// turn.
func (c *cotangents) wait(id int, n graph.Node, ct graph.Value) {
	sum := c.sum(id)
	if *sum >= 0 {
		const few = 4
		c.parts = append(c.parts, parts{*sum, make([]graph.Node, 0, few), make([]graph.Value, 0, few)})
		*sum = -int32(len(c.parts))
	}
	p := &c.parts[-*sum-1]
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
	sum := c.sum(id)
	if *sum < 0 {
		sum = &c.parts[-*sum-1].sum
	}
	if *sum != 0 {
		ct = ops.Add(c.g.Value(int(*sum)), ct)
	}
	*sum = int32(ct.ID())
}
