package program

import (
	"slices"
	"sync/atomic"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/rowform"
)

// A cell is one number of a recorded graph: a scalar, or an element of a tensor. Nodes that only place elements anew, such
// as those of ops.Reshape, share the cells of their operands.
type cell = int32

// A tape holds the part of a graph between the inputs and the result as scalars: the cells, their values as a builder
// computes them, and how the derivatives flow, for the [sweep].
type tape struct {
	b  *builder
	g  *graph.Graph
	op string // the function that was called, for messages

	inputs int // the first so many cells
	nodes  int // that were lowered

	// By node: one more than where its cells begin in list, 0 for a node without. A rule's tape has few nodes.
	at   []int32
	few  map[int]int32
	list []cell

	value []ref  // by cell
	wants []bool // by cell: a derivative flows to it

	steps []flow
	args  []int32 // of the steps: the cells of the operands, then constants
	rules []rule
	past  past // what the builder has computed, once it is released

	places    []ref // room for the places of a template, see manyPlaces
	constants []float64
	move      *graph.Graph // where elements are moved to see where they come from
}

// A flow is a step of the tape that derivatives flow through: an elementwise operation, or a rule.
type flow struct {
	op   graph.Op // 0 for a rule
	out  int32    // the cell of the result, or the number of the rule
	args int32    // where its part of args begins
}

// A kind says how an operation is lowered. It does not change: all compilations share it.
type kind struct {
	template  *template
	constants func(dst []float64, n graph.Node) []float64
	moves     bool                              // it only places elements anew
	lower     func(t *tape, n graph.Node) []ref // the elements of the result
}

// maxCells bounds the elements of all nodes.
const maxCells = 1 << 26

// kindOf returns how an operation is lowered. It panics with a [*graph.Error] if it is not.
func (t *tape) kindOf(n graph.Node) *kind {
	k := kindAt(n.Op())
	if k.template == nil && !k.moves && k.lower == nil {
		panic(t.refusal(n))
	}
	return k
}

// knownKinds are the kinds that some compilation has asked for, by operation: their expressions are read once.
var knownKinds [1 << 12]atomic.Pointer[kind]

func kindAt(op graph.Op) *kind {
	if int(op) >= len(knownKinds) {
		return newKind(op.Row())
	}
	k := knownKinds[op].Load()
	if k == nil {
		k = newKind(op.Row())
		knownKinds[op].Store(k)
	}
	return k
}

func newKind(row *graph.Row) *kind {
	var k kind
	if f, err := rowform.Of(row); err == nil {
		k.template, k.constants = templateOf(f), rowform.Reader(row)
		if name := row.GoName(); name == "ops.Chain" || name == "ops.MulZeroWins" {
			k.template.multiply(row.Name)
		}
	} else if k.moves = row.Moves; ours(row) {
		k.lower = lowerings[row.Name]
		if f, err := rowform.MeanOf(row); err == nil {
			k.template, k.constants, k.lower = templateOf(f), rowform.Reader(row), lowerMean
		}
	}
	return &k
}

// refusal returns the error for an operation that cannot be part of a program.
func (t *tape) refusal(n graph.Node) *graph.Error {
	return graph.Errorf(t.op, graph.ErrUsage, "%s cannot be part of a program: %s; record and sweep it, or compile what stands before and behind it", n.Label(), reasonOf(n.Row()))
}

// Compiles reports whether operations of a row can be part of a [Program], and if not, why.
func Compiles(row *graph.Row) (ok bool, reason string) {
	if row == nil {
		return false, "there is no operation"
	}
	if k := newKind(row); k.template != nil || k.moves || k.lower != nil {
		return true, ""
	}
	return false, reasonOf(row)
}

// reasonOf says why operations of a row cannot be part of a program.
func reasonOf(row *graph.Row) string {
	switch name := row.GoName(); {
	case name == "autograd.Custom":
		return "what it computes is a function in Go"
	case name == "autograd.OnGradient":
		return "its derivative is a function in Go"
	case name == "autograd.FixedPoint":
		return "the number of its steps depends on numbers"
	case name == "autograd.Checkpoint", name == "autograd.Loop":
		return "a graph that is traced records what is in it"
	case ours(row) && reasons[row.Name] != "":
		return reasons[row.Name]
	}
	return "its row has no expression and does not move elements, see graph.Row.Value and graph.Row.Moves"
}

// reserve makes room for so many cells, most of them scalar operations with some instructions of their own and for their
// derivatives.
func (t *tape) reserve(cells int) {
	t.b.reserve(2 * cells)
	t.list = t.b.numbers(cells)[:0]
	t.value = make([]ref, 0, cells)
	t.wants = make([]bool, 0, cells)
	t.steps = make([]flow, 0, cells)
	t.args = make([]int32, 0, 2*cells)
}

// grow makes room for so many cells besides, if those are many: appending them one by one would copy what there is several
// times.
func (t *tape) grow(cells int) {
	if cells < 8 || cells <= cap(t.value)-len(t.value) {
		return
	}
	cells = max(cells, len(t.value))
	t.b.reserve(cells)
	t.list = slices.Grow(t.list, cells)
	t.value = slices.Grow(t.value, cells)
	t.wants = slices.Grow(t.wants, cells)
	t.steps = slices.Grow(t.steps, cells)
	t.args = slices.Grow(t.args, 2*cells)
}

// begin says that the next cells are those of a node.
func (t *tape) begin(id int) {
	if len(t.list) > maxCells {
		panic(tooManyElements(t.op))
	}
	at := int32(len(t.list) + 1)
	if t.few != nil {
		t.few[id] = at
		return
	}
	for id >= len(t.at) {
		t.at = append(t.at, 0)
	}
	t.at[id] = at
}

func tooManyElements(op string) *graph.Error {
	return graph.Errorf(op, graph.ErrLimit, "the tensors have more than %d elements together: a computation on large tensors is better recorded and swept, or called as a program.Function", maxCells)
}

// newCell returns a new cell of the node that was begun last.
func (t *tape) newCell(v ref, wants bool) cell {
	c := cell(len(t.value))
	t.value, t.wants = append(t.value, v), append(t.wants, wants)
	t.list = append(t.list, c)
	return c
}

// find returns where the cells of a node begin in list, or false if it has none.
func (t *tape) find(id int) (at int32, ok bool) {
	if t.few != nil {
		at = t.few[id]
	} else if id < len(t.at) {
		at = t.at[id]
	}
	return at - 1, at > 0
}

// cells returns the cells of a node. One that was not lowered is a constant, with the numbers that it has.
func (t *tape) cells(n graph.Node) []cell {
	if at, ok := t.find(n.ID()); ok {
		return t.list[at : int(at)+size(n)]
	}
	at := len(t.list)
	if v, scalar := n.Scalar(); scalar {
		t.begin(n.ID())
		t.newCell(t.b.constant(v), false)
	} else {
		data := n.Data()
		t.begin(n.ID())
		for i := range data.Len() {
			t.newCell(t.b.constant(data.AtFlat(i)), false)
		}
	}
	return t.list[at:]
}

// operand returns the values of operand i of a node.
func (t *tape) operand(n graph.Node, i int) []ref {
	cells := t.cells(n.InputNode(i))
	values := make([]ref, len(cells))
	for k, c := range cells {
		values[k] = t.value[c]
	}
	return values
}

// size returns the number of elements of a node.
func size(n graph.Node) int { return count(n.Dims()) }

// record lowers a node, whose operands have been lowered or are constants.
func (t *tape) record(n graph.Node) {
	k := t.kindOf(n)
	t.nodes++
	switch {
	case k.template != nil && k.lower == nil:
		if _, scalar := n.Scalar(); scalar {
			t.scalar(n, k)
		} else {
			t.elementwise(n, k)
		}
	case k.moves && t.fixed(n):
		t.place(n)
	default:
		values := k.lower(t, n)
		t.begin(n.ID())
		wants := t.passesOn(n)
		for _, v := range values {
			t.newCell(v, wants)
		}
		if wants {
			t.follow(n)
		}
	}
}

// passesOn reports whether derivatives flow through a node to what the program differentiates by.
func (t *tape) passesOn(n graph.Node) bool {
	if t.few != nil || !n.WantsGrad() {
		return false
	}
	for i := range n.NumInputs() {
		for _, c := range t.cells(n.InputNode(i)) {
			if t.wants[c] {
				return true
			}
		}
	}
	return false
}

// elementwise lowers a node whose operation has a template.
func (t *tape) elementwise(n graph.Node, k *kind) {
	var operands [3][]cell
	var places [3][]int32 // by operand: for every element of the result, the element of the operand; nil for the same
	inputs := k.template.operands
	dims := n.Dims()
	for i := range inputs {
		in := n.InputNode(i)
		t.cells(in) // may move the list
		if len(dims) > 0 {
			places[i] = stretched(in.Dims(), dims)
		}
	}
	for i := range inputs {
		operands[i] = t.cells(n.InputNode(i))
	}
	t.constants = k.constants(t.constants[:0], n)
	vs := t.places[:inputs+len(t.constants)]
	for i, v := range t.constants {
		vs[inputs+i] = t.b.constant(v)
	}
	count, op := size(n), n.Op()
	flows := t.few == nil && n.WantsGrad()
	t.grow(count)
	t.begin(n.ID())
	for e := range count {
		wants := false
		args := t.args
		for i := range inputs {
			at := e
			if places[i] != nil {
				at = int(places[i][e])
			}
			c := operands[i][at]
			vs[i] = t.value[c]
			args = append(args, c)
			wants = wants || t.wants[c]
		}
		wants = wants && flows
		out := t.newCell(k.template.value.evaluate(t.b, vs), wants)
		if wants {
			t.steps = append(t.steps, flow{op, out, int32(len(t.args))})
			t.args = append(args, vs[inputs:]...)
		}
	}
}

// scalar is elementwise for a scalar, whose operands are scalars.
func (t *tape) scalar(n graph.Node, k *kind) {
	vs, args, first, wants := t.places[:0], t.args, int32(len(t.args)), false
	for i := range k.template.operands {
		in := n.InputNode(i)
		at, ok := t.find(in.ID())
		if !ok {
			at = int32(len(t.list))
			t.cells(in)
		}
		c := t.list[at]
		vs, args = append(vs, t.value[c]), append(args, c)
		wants = wants || t.wants[c]
	}
	if k.template.constants > 0 {
		t.constants = k.constants(t.constants[:0], n)
		for _, v := range t.constants {
			r := t.b.constant(v)
			vs, args = append(vs, r), append(args, r)
		}
	}
	wants = wants && n.WantsGrad()
	t.begin(n.ID())
	out := t.newCell(k.template.value.evaluate(t.b, vs), wants)
	if wants {
		t.steps = append(t.steps, flow{n.Op(), out, first})
		t.args = args
	}
}

// stretched returns, for every element of the shape to, the element of the shape from that stands there when that is
// stretched, or nil if it is the same shape.
func stretched(from, to []int) []int32 {
	same := len(from) == len(to)
	for i := 0; same && i < len(from); i++ {
		same = from[i] == to[i]
	}
	if same {
		return nil
	}
	source, target := numbered(from), tensor.New(tensor.Float64, to...)
	array.Broadcast(target, source)
	places := make([]int32, target.Len())
	for i := range places {
		places[i] = int32(target.AtFlat(i)) - 1
	}
	return places
}

// numbered returns a tensor whose elements are 1, 2, 3, ...
func numbered(dims []int) *tensor.Tensor {
	t := tensor.New(tensor.Float64, dims...)
	for i, data := 0, t.Float64s(); i < len(data); i++ {
		data[i] = float64(i + 1)
	}
	return t
}
