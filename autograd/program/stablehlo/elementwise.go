package stablehlo

import (
	"fmt"
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/primitive"
	"github.com/seed366ff29f/chainrule/ops"
)

// An expression is what a row says about the value of an elementwise operation.
type expression struct {
	term      *primitive.Term
	operands  []string // names of the operands
	constants []string // names of the other parameters
	integer   []bool   // by constant
	err       error
}

// expressions are those that were read, by row: a row never changes.
var expressions sync.Map // of *graph.Row to *expression

// expressionOf returns the expression of a row, or an error that says why it has none that can be written.
func expressionOf(row *graph.Row) (*expression, error) {
	if x, ok := expressions.Load(row); ok {
		return x.(*expression), x.(*expression).err
	}
	x := new(expression)
	x.err = x.read(row)
	expressions.Store(row, x)
	return x, x.err
}

func (x *expression) read(row *graph.Row) error {
	params, ok := ops.Signature(row)
	if !ok {
		return fmt.Errorf("its function takes something else than values and numbers")
	}
	var names []string
	for _, p := range params {
		switch {
		case p.Variadic:
			return fmt.Errorf("its function takes any number of arguments")
		case p.Kind == ops.ValueArg:
			x.operands = append(x.operands, p.Name)
		default:
			x.constants = append(x.constants, p.Name)
			x.integer = append(x.integer, p.Kind == ops.IntArg)
		}
		names = append(names, p.Name)
	}
	t, err := primitive.Parse(row.Value, names...)
	if err != nil {
		return fmt.Errorf("its expression cannot be read: %w", err)
	}
	x.term = t
	missing := primitive.Fold(t, func(*primitive.Term) string { return "" }, func(op string, args []string) string {
		if primitives[op] == nil {
			return op
		}
		i := slices.IndexFunc(args, func(s string) bool { return s != "" })
		if i < 0 {
			return ""
		}
		return args[i]
	})
	if missing != "" {
		return fmt.Errorf("%s has no form", missing)
	}
	return nil
}

// elementwise is the form of an elementwise operation: the expression of its row, instruction by instruction.
func elementwise(e *emitter, n graph.Node, in []value) value {
	x, err := expressionOf(n.Row())
	if err != nil {
		panic(n.Errorf(graph.ErrUsage, "%s has no form in StableHLO: %v", n.Label(), err))
	}
	t := typeOf(n)
	given := make(map[string]operand)
	for i, name := range x.operands {
		given[name] = operand{e: e, typ: t, number: e.stretch(in[i], t.dims)}
	}
	for i, name := range x.constants {
		v, k := 0.0, 0
		for _, other := range x.integer[:i] {
			if other == x.integer[i] {
				k++
			}
		}
		if x.integer[i] {
			v = float64(n.Int(k))
		} else {
			v = n.Float(k)
		}
		given[name] = fixed(e, t, v)
	}
	return primitive.Fold(x.term, func(leaf *primitive.Term) operand {
		if leaf.Param != "" {
			return given[leaf.Param]
		}
		return fixed(e, t, leaf.Value)
	}, func(op string, args []operand) operand { return primitives[op](e, args) }).value()
}

// An operand is a part of an expression: a number, a truth value that stands for 1 or 0, or a constant that is not written
// yet.
type operand struct {
	e        *emitter
	typ      typ // as a number
	number   value
	truth    value // of what stands for true where it is not 0
	constant bool
	c        float64
}

// fixed returns a constant.
func fixed(e *emitter, t typ, c float64) operand {
	return operand{e: e, typ: t, constant: true, c: c}
}

// is reports whether the operand is the constant c.
func (x operand) is(c float64) bool { return x.constant && x.c == c }

// isTruth reports whether the operand is a truth value, and not yet a number.
func (x operand) isTruth() bool { return !x.constant && x.number.name == "" }

// of returns an operand like x that is the number v.
func (x operand) of(v value) operand { return operand{e: x.e, typ: x.typ, number: v} }

// value returns the operand as a number.
func (x operand) value() value {
	switch {
	case x.constant:
		return x.e.constant(x.c, x.typ)
	case x.isTruth():
		return x.e.convert(x.truth, x.typ.elem)
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
