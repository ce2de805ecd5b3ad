package program

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A rule is how derivatives flow through an operation on tensors that is not elementwise: the operation's own VJP,
// recorded, lowered, and kept as a code whose inputs are the operands, the result and its adjoint.
type rule struct {
	code   *code
	inputs []cell // the operands that the code reads, and the result, but for constants
	out    []cell // the result
	to     []cell // by result of the code: where it flows
}

// follow adds the rule of a node to the tape.
func (t *tape) follow(n graph.Node) {
	g, row := n.Graph(), n.Row()
	r := rule{out: slices.Clone(t.cells(n))}
	b := newBuilder(t.op, 0)
	inner := &tape{b: b, g: g, op: t.op, few: make(map[int]int32), move: t.move, places: b.numbers(manyPlaces)}
	input := func(id int, cells []cell) {
		inner.begin(id)
		for _, c := range cells {
			if v := t.value[c]; v < 0 {
				inner.newCell(b.constant(t.b.number(v)), false)
				continue
			}
			inner.newCell(ref(len(r.inputs)), false)
			r.inputs = append(r.inputs, c)
		}
	}
	for i := range n.NumInputs() {
		if in := n.InputNode(i); inner.few[in.ID()] == 0 {
			input(in.ID(), t.cells(in))
		}
	}
	input(n.ID(), r.out)
	b.takes(len(r.inputs) + len(r.out))
	var outs []ref
	g.Scratch(func() {
		g.Loudly(func() {
			ones := tensor.New(n.DType(), n.Dims()...)
			ones.Fill(1)
			ct := g.Lend(ones)
			inner.begin(ct.ID())
			for k := range r.out {
				inner.newCell(ref(len(r.inputs)+k), false)
			}
			for i := range n.NumInputs() {
				cells := t.cells(n.InputNode(i))
				if !t.anyWants(cells) {
					continue
				}
				v := row.VJP(n, i, ct)
				if v.Graph() != g {
					panic(n.Errorf(graph.ErrForeign, "the VJP of operand %d returned a value of another graph: make the cotangent of the operands and of the cotangent that it is given", i))
				}
				for id := range g.Ancestors(graph.AllEdges, v).All {
					if _, ok := inner.find(id); ok || id <= ct.ID() || g.Value(id).IsLeaf() {
						continue
					}
					inner.record(g.Value(id).Node())
				}
				outs = append(outs, inner.summed(v.Node(), n.InputNode(i).Dims())...)
				r.to = append(r.to, cells...)
			}
		})
	})
	t.move = inner.move
	r.code = b.finish(outs, b.count())
	b.release()
	t.rules = append(t.rules, r)
	t.steps = append(t.steps, flow{0, int32(len(t.rules) - 1), 0})
}

func (t *tape) anyWants(cells []cell) bool {
	for _, c := range cells {
		if t.wants[c] {
			return true
		}
	}
	return false
}

// summed returns the elements of a node summed over the axes along which the shape stretches to the node's.
func (t *tape) summed(n graph.Node, shape []int) []ref {
	cells := t.cells(n)
	values := make([]ref, len(cells))
	for i, c := range cells {
		values[i] = t.value[c]
	}
	places := stretched(shape, n.Dims())
	if places == nil {
		return values
	}
	sums := make([]ref, count(shape))
	for i := range sums {
		sums[i] = none
	}
	for i, p := range places {
		if sums[p] == none {
			sums[p] = values[i]
		} else {
			sums[p] = t.b.add(sums[p], values[i])
		}
	}
	for i, s := range sums {
		if s == none {
			sums[i] = t.b.constant(0)
		}
	}
	return sums
}
