package stablehlo

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
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
			f.err = fmt.Errorf("the primitive %s has no form", name)
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

// elementwise is the form of an elementwise operation: the expression of its row, instruction by instruction.
func elementwise(e *emitter, n graph.Node, in []value) value {
	return e.elements(n, formOf(n.Row()), typeOf(n), in)
}

// elements writes the form of a node, whose operands broadcast to the type t. An operand without a name is a constant that
// is not written yet.
func (e *emitter) elements(n graph.Node, f form, t typ, in []value) value {
	given := make(map[string]operand)
	for i, name := range f.Operands {
		if in[i].name == "" {
			c, _ := n.InputNode(i).Scalar()
			given[name] = fixed(e, t, rounded(c, t.elem))
			continue
		}
		x := e.stretch(in[i], t.dims)
		given[name] = operand{e: e, typ: t, number: x, truth: e.truths[x.name]}
	}
	for i, c := range rowform.Constants(n) {
		given[f.Constants[i]] = fixed(e, t, c)
	}
	return e.write(f.Value, t, given).value()
}

// write writes the instructions of an expression over tensors of type t. Parts that occur twice are written once, and
// branches that a constant decides against not at all.
func (e *emitter) write(term *primitive.Term, t typ, given map[string]operand) operand {
	done := make(map[string]operand)
	var part func(term *primitive.Term) operand
	part = func(term *primitive.Term) operand {
		switch {
		case term.Param != "":
			return given[term.Param]
		case term.Op == "":
			return fixed(e, t, term.Value)
		}
		key := spelled(term)
		if x, ok := done[key]; ok {
			return x
		}
		args := make([]operand, len(term.Args))
		for i, a := range term.Args {
			if term.Op == "where" && i > 0 && args[0].constant && (args[0].c != 0) != (i == 1) {
				continue
			}
			args[i] = part(a)
		}
		x := primitives[term.Op](e, args)
		done[key] = x
		return x
	}
	return part(term)
}

// spelled writes an expression such that two are equal if their texts are.
func spelled(term *primitive.Term) string {
	return primitive.Fold(term, func(leaf *primitive.Term) string {
		if leaf.Param != "" {
			return leaf.Param
		}
		return strconv.FormatFloat(leaf.Value, 'g', -1, 64)
	}, func(op string, args []string) string { return op + "(" + strings.Join(args, ",") + ")" })
}

// An operand is a part of an expression: a number, a truth value that stands for 1 or 0, or a constant that is not written
// yet.
type operand struct {
	e        *emitter
	typ      typ // as a number
	number   value
	truth    value        // where it is not 0, if that is written
	written  func() value // writes the number, where that is not the truth value as 1 or 0
	constant bool
	c        float64
}

// rounded returns v in the precision of elements.
func rounded(v float64, t elem) float64 {
	if t == f32 {
		return float64(float32(v))
	}
	return v
}

// fixed returns a constant.
func fixed(e *emitter, t typ, c float64) operand {
	return operand{e: e, typ: t, constant: true, c: c}
}

// is reports whether the operand is the constant c.
func (x operand) is(c float64) bool { return x.constant && x.c == c }

// isTruth reports whether the operand is a truth value that stands for 1 or 0.
func (x operand) isTruth() bool {
	return x.truth.name != "" && x.written == nil && x.number.name == ""
}

// of returns an operand like x that is the number v.
func (x operand) of(v value) operand { return operand{e: x.e, typ: x.typ, number: v} }

// value returns the operand as a number.
func (x operand) value() value {
	switch {
	case x.constant:
		return x.e.constant(x.c, x.typ)
	case x.written != nil:
		return x.written()
	case x.isTruth():
		v := x.e.convert(x.truth, x.typ.elem)
		x.e.truths[v.name] = x.truth
		return v
	}
	return x.number
}

// holds returns where the operand is not 0; NaN is not 0.
func (x operand) holds() value {
	if x.truth.name != "" {
		return x.truth
	}
	return x.e.compare("NE", x.value(), x.e.constant(0, x.typ))
}
