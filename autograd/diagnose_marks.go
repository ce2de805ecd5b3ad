package autograd

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Marks are elements of values: those that a walk down the tape reaches. Unlike adjoints they go to constants too. The
// marks of a tensor are a tensor of its shape, NaN where an element is marked and 0 where it is not: as cotangents these
// two pass through the rules of all operations as marks should. NaN times anything is NaN, 0 contributes 0, and an
// operation passes nothing on to what it did not select.
type marks struct {
	g       *graph.Graph
	tensors map[int]*tensor.Tensor // of the nodes that are tensors
}

func newMarks(g *graph.Graph) marks { return marks{g, make(map[int]*tensor.Tensor)} }

// put marks the elements of a node that t marks, which belongs to m then; nil for a scalar.
func (m marks) put(n graph.Node, t *tensor.Tensor) {
	have := m.tensors[n.ID()]
	switch {
	case t == nil:
	case have != nil:
		array.AddReduced(have, t)
		m.g.FreeTemp(t)
	default:
		m.tensors[n.ID()] = t
	}
}

// drop frees the marks of a node.
func (m marks) drop(id int) {
	if t := m.tensors[id]; t != nil {
		m.g.FreeTemp(t)
		delete(m.tensors, id)
	}
}

// close frees all marks.
func (m marks) close() {
	for id := range m.tensors {
		m.drop(id)
	}
}

// allOf returns marks for every element of a node, nil for a scalar.
func allOf(n graph.Node) *tensor.Tensor {
	if _, scalar := n.Scalar(); scalar {
		return nil
	}
	t := n.Temp(n.Dims()...)
	t.Fill(math.NaN())
	return t
}

// below returns the marks that those of node n make on operand i, nil for a scalar, and whether there are any.
//
// Where n is infinite or NaN and has one operand, it is the operand that made it so, whatever the derivative: this is
// how marks get through operations without one, such as floor and stop_gradient.
func (m marks) below(n graph.Node, i int) (t *tensor.Tensor, some bool) {
	in, row := n.InputNode(i), n.Row()
	v, scalar := n.Scalar()
	_, scalarIn := in.Scalar()
	if _, ok := n.Partial(i); ok || scalar && scalarIn && row.Class == graph.Elementwise {
		return nil, passes(n, i) || n.NumInputs() == 1 && !finite(v)
	}
	ct := m.tensors[n.ID()]
	if ct == nil {
		ct = n.Temp()
		ct.Fill(math.NaN())
		defer n.FreeTemp(ct)
	}
	t = n.Temp(in.Dims()...)
	refused := func(f func()) bool { return graph.Try(f) != nil } // as in passMarks
	switch wanted := n.WantsGrad() && n.Wants(i); {
	case row.Class == graph.NoGrad:
	case wanted && memoryOf(n) == nil:
		pass(n, i, ct, t, true)
	case wanted && refused(func() { pass(n, i, ct, t, true) }),
		!wanted && (memoryOf(n) != nil || refused(func() { passByRule(n, i, ct, t) })):
		t.Fill(math.NaN()) // a rule need not know what to do for an operand that wants no gradient
	}
	if out := n.Data(); !allFinite(out) && (row.Class == graph.NoGrad || row.Class == graph.Elementwise && n.NumInputs() == 1) {
		markOdd(t, out, ct)
	}
	some = hasMarks(t)
	if !some || scalarIn {
		n.FreeTemp(t)
		t = nil
	}
	return t, some
}

// passes reports whether a scalar operation passes on to operand i what it is passed.
func passes(n graph.Node, i int) bool {
	row := n.Row()
	if len(row.Selects) == 0 {
		return true
	}
	d, ok := n.Partial(i)
	if !ok { // constants have no derivatives on the tape
		d = derivative(n, i)
	}
	// What has no scalar function lists the operands that it has a derivative by; it does not depend on the others.
	return d != 0 || !row.SelectsOperand(i) && (row.Unary != nil || row.UnaryParam != nil || row.Binary != nil)
}

// derivative returns the derivative of a scalar operation that selects, by operand i: NaN if its row cannot tell.
func derivative(n graph.Node, i int) (d float64) {
	row := n.Row()
	a, _ := n.InputNode(0).Scalar()
	switch {
	case row.Unary != nil:
		_, d = row.Unary(a)
	case row.UnaryParam != nil:
		_, d = row.UnaryParam(a, [2]float64{n.Float(0), n.Float(1)})
	case row.Binary != nil:
		b, _ := n.InputNode(1).Scalar()
		_, da, db := row.Binary(a, b)
		d = [2]float64{da, db}[i]
	case row.Name == "where":
		if a != 0 && i == 1 || a == 0 && i == 2 {
			d = 1
		}
	default:
		d = math.NaN()
	}
	return d
}

// markOdd marks, in t, the operand's elements of which the marked elements of out that are not finite were made: the same
// elements, or all where the shapes differ.
func markOdd(t, out, ct *tensor.Tensor) {
	for k := range out.Len() {
		if finite(out.AtFlat(k)) || ct.AtFlat(k) == 0 {
			continue
		}
		if t.Len() != out.Len() {
			t.Fill(math.NaN())
			return
		}
		t.SetFlat(math.NaN(), k)
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func allFinite(t *tensor.Tensor) bool {
	if t.DType() == tensor.Float32 {
		return kernel.AllFinite(t.Float32s())
	}
	return kernel.AllFinite(t.Float64s())
}

// hasMarks reports whether some element is marked.
func hasMarks(t *tensor.Tensor) bool { return !allFinite(t) }

// Elements are those of a tensor that are not finite.
type elements struct {
	first  int     // index of the first one, in row-major order
	number float64 // which is this
	count  int
	len    int // of the tensor
}

// oddElements returns the elements of t that are not finite, of those that are marked; a nil mask marks all.
func oddElements(t, mask *tensor.Tensor) elements {
	e := elements{len: t.Len()}
	if allFinite(t) {
		return e
	}
	for k := range t.Len() {
		if v := t.AtFlat(k); !finite(v) && (mask == nil || mask.AtFlat(k) != 0) {
			if e.count == 0 {
				e.first, e.number = k, v
			}
			e.count++
		}
	}
	return e
}
