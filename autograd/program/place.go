package program

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// place lowers a node that moves elements, see [graph.Row.Moves]: cells that are shared have the sum of what flows to
// them from all places.
func (t *tape) place(n graph.Node) {
	sources := t.sources(n)
	list := make([]cell, len(sources))
	var operands []cell
	inputs := n.NumInputs()
	if takes(n) {
		inputs = 1
	}
	for i := range inputs {
		operands = append(operands, t.cells(n.InputNode(i))...)
	}
	stops := n.Row().Class == graph.NoGrad
	t.begin(n.ID())
	for i, k := range sources {
		switch {
		case k == 0: // what stands there comes from none
			list[i] = t.newCell(t.b.constant(0), false)
		case stops && t.wants[operands[k-1]]:
			list[i] = t.newCell(t.value[operands[k-1]], false)
		default:
			list[i] = operands[k-1]
		}
	}
	t.begin(n.ID())
	t.list = append(t.list, list...)
}

// sources returns where the elements of a node that moves elements come from: one more than the number of the element
// among those of all operands, 0 for none. It lets the operation move numbers that say so.
func (t *tape) sources(n graph.Node) []int {
	list := make([]int, size(n))
	switch n.Row().Name {
	case "reshape", "squeeze", "unsqueeze", "stop_gradient", "index": // the elements lie together
		first := 1
		if n.Row().Name == "index" {
			first += n.Int(0) * len(list)
		}
		for i := range list {
			list[i] = first + i
		}
		return list
	}
	if t.move == nil {
		t.move = graph.New()
	}
	t.move.Reset()
	var operands []graph.Value
	next := 1
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		x := tensor.New(tensor.Float64, in.Dims()...)
		if i == 1 && takes(n) {
			x.Copy(in.Data())
		} else {
			for k, data := 0, x.Float64s(); k < len(data); k++ {
				data[k] = float64(next)
				next++
			}
		}
		operands = append(operands, t.move.ConstTensor(x))
	}
	c := graph.Begin(n.Op(), operands...).Ints(n.Ints()...).Floats(n.Float(0), n.Float(1))
	if aux := n.Aux(); aux != nil {
		c = c.Aux(aux)
	}
	moved := c.Record(n.Dims()...).Node().Data()
	for i := range list {
		v := moved.AtFlat(i)
		if k := int(v); v >= 0 && v < float64(next) && float64(k) == v {
			list[i] = k
			continue
		}
		panic(graph.Errorf(t.op, graph.ErrUsage, "%s is to move elements, but made %v of whole numbers from 1 to %d: leave Row.Moves out", n.Label(), v, next-1))
	}
	return list
}

// takes reports whether operand 1 of a node that moves elements says which.
func takes(n graph.Node) bool { return n.Row().Class == graph.General }

// fixed reports whether the places to which a node moves elements are constants of the program.
func (t *tape) fixed(n graph.Node) bool {
	return !takes(n) || !slices.ContainsFunc(t.operand(n, 1), func(v ref) bool { return v >= 0 })
}
