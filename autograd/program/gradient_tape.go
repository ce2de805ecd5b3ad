package program

import (
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// traceGradient lowers a number y and its gradient by the inputs xs, as autograd.Grad records it: the derivatives of second
// order are those that the rules of the operations have, and stay numbers where those do. It returns the tape, the cells of
// the gradient, and how many instructions of the builder compute y.
//
// Recorded gradients multiply with ops.Chain. The tape has it so, and is a careful one: see [tape.onto].
func traceGradient(op string, config Config, y graph.Value, xs []graph.Value) (t *tape, gradient []cell, value int) {
	if y.Check(op); y.Len() != 1 {
		panic(graph.Errorf(op, graph.ErrShape, "the result %s has %d elements: a Hessian is that of one number; compile one, or their sum", y.Node().Label(), y.Len()))
	}
	t = trace(op, config, y, xs)
	value = t.b.count()
	var wanted []graph.Value
	for _, x := range xs {
		if x.WantsGrad() {
			wanted = append(wanted, x)
		}
	}
	g := y.Graph()
	g.Scratch(func() {
		g.Loudly(func() {
			if y.Rank() > 0 {
				y = ops.Reshape(y)
			}
			gradient = t.lowerGradients(autograd.Grad(y, wanted...), xs)
		})
	})
	t.forget(t.b.count())
	return t, gradient, value
}

// lowerGradients lowers the gradients by those of xs that want one and returns the cells of all of them, constants for the
// others.
func (t *tape) lowerGradients(grads, xs []graph.Value) []cell {
	var depends graph.NodeSet // on an input: the others are constants
	for _, x := range xs {
		depends.Add(x.ID())
	}
	ancestors := t.g.Ancestors(graph.AllEdges, grads...)
	if t.inputs > len(xs) { // tensors
		t.grow(min(sizes(t.g, ancestors), mostReserved))
	}
	for id := range ancestors.All {
		n := t.g.Value(id).Node()
		on := false
		for i := range n.NumInputs() {
			on = on || depends.Has(n.InputNode(i).ID())
		}
		if !on {
			continue
		}
		depends.Add(id)
		if _, lowered := t.find(id); !lowered {
			t.record(n)
		}
	}
	var cells []cell
	for _, x := range xs {
		if x.WantsGrad() {
			cells = append(cells, t.cells(grads[0].Node())...)
			grads = grads[1:]
			continue
		}
		for range x.Len() {
			cells = append(cells, cell(len(t.value)))
			t.value, t.wants = append(t.value, t.b.constant(0)), append(t.wants, false)
		}
	}
	return cells
}

// onto returns the tape with values that a new builder computes, which has so many inputs besides its own. If plain is set,
// the instructions from there on multiply without regard to zeros.
func (t *tape) onto(more int, plain bool, from int) *tape {
	b := newBuilder(t.op, t.inputs+more)
	b.limit = 2 * t.past.limit
	b.reserve(2 * len(t.past.ins))
	for _, v := range t.past.consts {
		b.constant(v)
	}
	f := factors{b: b}
	values := b.numbers(len(t.past.ins)) // of its instructions
	at := func(r ref) ref {
		if int(r) >= t.inputs {
			return values[int(r)-t.inputs]
		}
		return r
	}
	for k := range t.past.ins {
		in := &t.past.ins[k]
		x, y, z := at(in.args[0]), ref(0), ref(0)
		if n := arities[in.op]; n > 1 {
			y = at(in.args[1])
			if n > 2 {
				z = at(in.args[2])
			}
		}
		if plain && k >= from {
			values[k] = f.emit(in.op, x, y, z)
		} else {
			values[k] = b.emit(in.op, x, y, z)
		}
	}
	c := *t
	c.b, c.value = b, slices.Clone(t.value)
	for i, r := range c.value {
		c.value[i] = at(r)
	}
	return &c
}
