package onnx

import (
	"cmp"
	"fmt"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/primitive"
	"github.com/seed366ff29f/chainrule/internal/rowform"
)

// A form is what a row says about the value of an operation on elements, or an error that says why it cannot be written.
type form struct {
	*rowform.Form
	err error
}

// forms are those that were read, by row: a row never changes.
var forms, meanForms sync.Map // of *graph.Row to form

// formOf returns the form of an elementwise operation.
func formOf(row *graph.Row) form { return read(&forms, row, rowform.Of) }

// meanFormOf returns the form of what a loss is the mean of.
func meanFormOf(row *graph.Row) form { return read(&meanForms, row, rowform.MeanOf) }

func read(forms *sync.Map, row *graph.Row, of func(*graph.Row) (*rowform.Form, error)) form {
	if f, ok := forms.Load(row); ok {
		return f.(form)
	}
	var f form
	if f.Form, f.err = of(row); f.err == nil {
		if name := missing(f.Value); name != "" {
			f.err = fmt.Errorf("ONNX has no operator for %s", name)
		}
	}
	forms.Store(row, f)
	return f
}

// missing returns the name of a primitive of an expression that cannot be written, or "".
func missing(t *primitive.Term) string {
	return primitive.Fold(t, func(*primitive.Term) string { return "" }, func(op string, args []string) string {
		if primitives[op] == nil {
			return op
		}
		return cmp.Or(args...)
	})
}

// elementwise is the form of an elementwise operation: the expression of its row, operator by operator.
func elementwise(e *emitter, n graph.Node, in []value) value {
	return e.expand(e.elements(n, formOf(n.Row()), in), n.Dims())
}

// elements adds the nodes of an expression, whose operands broadcast.
func (e *emitter) elements(n graph.Node, f form, in []value) value {
	t := in[0].elem
	given := make(map[string]operand)
	for i, name := range f.Operands {
		given[name] = operand{e: e, elem: t, number: in[i]}
	}
	for i, c := range rowform.Constants(n) {
		given[f.Constants[i]] = fixed(e, t, c)
	}
	return primitive.Fold(f.Value, func(leaf *primitive.Term) operand {
		if leaf.Param != "" {
			return given[leaf.Param]
		}
		return fixed(e, t, leaf.Value)
	}, func(op string, args []operand) operand { return primitives[op](e, args) }).value()
}

// An operand is a part of an expression: a number, a truth value that stands for 1 or 0, or a constant that is not in the
// graph yet.
type operand struct {
	e        *emitter
	elem     elem // as a number
	number   value
	truth    value        // where it is not 0
	written  func() value // adds the number, where that is not the truth value as 1 or 0
	constant bool
	c        float64
}

// fixed returns a constant.
func fixed(e *emitter, t elem, c float64) operand {
	return operand{e: e, elem: t, constant: true, c: c}
}

// is reports whether the operand is the constant c.
func (x operand) is(c float64) bool { return x.constant && x.c == c }

// isTruth reports whether the operand is a truth value that stands for 1 or 0.
func (x operand) isTruth() bool { return x.truth.name != "" && x.written == nil }

// of returns an operand like x that is the number v.
func (x operand) of(v value) operand { return operand{e: x.e, elem: x.elem, number: v} }

// value returns the operand as a number.
func (x operand) value() value {
	switch {
	case x.constant:
		return x.e.constant(x.c, x.elem)
	case x.written != nil:
		return x.written()
	case x.isTruth():
		return x.e.convert(x.truth, x.elem)
	}
	return x.number
}

// holds returns where the operand is not 0; NaN is not 0.
func (x operand) holds() value {
	if x.truth.name != "" {
		return x.truth
	}
	return x.e.not(x.e.compare("Equal", x.value(), x.e.constant(0, x.elem)))
}
