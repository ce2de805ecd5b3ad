package autograd

import (
	"math/bits"
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
	on     graph.NodeSet // the nodes that may get one
	before []int         // by word of on: how many stand before it
	sums   []graph.Value // by node, in the order of on; the zero Value where nothing arrived yet
	parts  map[int]*parts
}

// parts are the uses of a node that take parts of it, and their cotangents.
type parts struct {
	users []graph.Node
	cts   []graph.Value
}

func newCotangents(on graph.NodeSet) *cotangents {
	c := &cotangents{on: on, before: make([]int, len(on)), parts: make(map[int]*parts)}
	n := 0
	for i, w := range on {
		c.before[i] = n
		n += bits.OnesCount64(w)
	}
	c.sums = make([]graph.Value, n)
	return c
}

// sum returns the place for what has arrived at a node that may get a cotangent.
func (c *cotangents) sum(id int) *graph.Value {
	return &c.sums[c.before[id>>6]+bits.OnesCount64(c.on[id>>6]&(1<<(id&63)-1))]
}

// of returns the cotangent of a node, and whether there is one. All that use the node have passed theirs on.
func (c *cotangents) of(id int) (graph.Value, bool) {
	if !c.on.Has(id) {
		return graph.Value{}, false
	}
	if p := c.parts[id]; p != nil {
		delete(c.parts, id)
		if len(p.users) == 1 {
			c.add(p.users[0].InputNode(0), cotangent(p.users[0], 0, p.cts[0]))
		} else {
			c.add(p.users[0].InputNode(0), ops.PutParts(p.users, p.cts))
		}
	}
	v := *c.sum(id)
	return v, v.Graph() != nil
}

// pass passes the cotangent ct of node n to operand i.
func (c *cotangents) pass(n graph.Node, i int, ct graph.Value) {
	in := n.InputNode(i)
	if i == 0 && ops.TakesPart(n) {
		p := c.parts[in.ID()]
		if p == nil {
			p = &parts{}
			c.parts[in.ID()] = p
		}
		p.users, p.cts = append(p.users, n), append(p.cts, ct)
		return
	}
	c.add(in, cotangent(n, i, ct))
}

// add adds ct, of a shape that the node's stretches to, to what the node has got.
func (c *cotangents) add(n graph.Node, ct graph.Value) {
	if shape := n.Dims(); !slices.Equal(ct.Dims(), shape) {
		ct = ops.SumTo(ct, shape...)
	}
	sum := c.sum(n.ID())
	if sum.Graph() != nil {
		ct = ops.Add(*sum, ct)
	}
	*sum = ct
}
