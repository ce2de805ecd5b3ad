package rowform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/primitive"
	"github.com/seed366ff29f/chainrule/ops"
)

// A Form is an operation on scalars as expressions, in the names of its operands and constants.
//
// Of the slope d by an operand, a sweep passes on the product with the adjoint, 0 where the adjoint is 0 whatever d is.
// It passes on nothing, whatever the adjoint, where d is nil, where d is 0 if the operation selects the operand, and where
// Unselected is not 0.
type Form struct {
	Operands   []string          // the names of the values that it takes
	Constants  []string          // the names of what [Constants] returns for a node
	Value      *primitive.Term   // the result
	Slopes     []*primitive.Term // by operand: the derivative, in which y is the result unless a parameter has that name
	Selects    []bool            // by operand
	Unselected []*primitive.Term // by operand, nil for nowhere
}

// Of returns the form of a row that has an expression, or an error that says why there is none.
func Of(row *graph.Row) (*Form, error) {
	if row.Value == "" {
		return nil, fmt.Errorf("%s has no expression", row.GoName())
	}
	return From(row, row.Value, row.Slopes)
}

// MeanOf returns the form of what a loss is the mean of, element by element, or an error that says that the row is no
// such loss.
func MeanOf(row *graph.Row) (*Form, error) {
	e, ok := losses[row.Name]
	if !ok || !ours(row) {
		return nil, fmt.Errorf("%s is no mean of an expression", row.GoName())
	}
	return From(row, e.value, e.slopes)
}

// From returns the form of a row with the given expressions in place of its own.
func From(row *graph.Row, value string, slopes []string) (*Form, error) {
	params, ok := ops.Signature(row)
	if !ok {
		return nil, fmt.Errorf("%s takes something else than values and numbers", row.GoName())
	}
	var f Form
	for _, p := range params {
		switch {
		case p.Kind == ops.ValueArg && !p.Variadic:
			f.Operands = append(f.Operands, p.Name)
		case !p.Variadic:
			f.Constants = append(f.Constants, p.Name)
		}
	}
	n := len(f.Operands)
	if row.Class == graph.NoGrad {
		slopes = make([]string, n)
	}
	if len(slopes) != n {
		return nil, fmt.Errorf("%s has %d operands and %d slopes", row.GoName(), n, len(slopes))
	}
	f.Slopes, f.Selects, f.Unselected = make([]*primitive.Term, n), make([]bool, n), make([]*primitive.Term, n)
	unselected := make([]string, n)
	for i := range n {
		f.Selects[i] = row.SelectsOperand(i)
	}
	if ours(row) {
		slopes = f.special(row.Name, slopes, unselected)
	}
	names := append(slices.Clone(f.Operands), f.Constants...)
	var err error
	if f.Value, err = primitive.Parse(value, names...); err != nil {
		return nil, err
	}
	names = append(names, "y")
	for i := range n {
		if slopes[i] != "" {
			if f.Slopes[i], err = primitive.Parse(slopes[i], names...); err != nil {
				return nil, err
			}
		}
		if unselected[i] != "" {
			if f.Unselected[i], err = primitive.Parse(unselected[i], names...); err != nil {
				return nil, err
			}
		}
	}
	return &f, nil
}

// special adds what rows do not say, and returns the slopes.
func (f *Form) special(name string, slopes, unselected []string) []string {
	switch name {
	case "where": // a condition has no derivative
		return append([]string{""}, slopes[1:]...)
	case "pow": // a constant exponent of 0 selects: what is 1 whatever x is passes nothing on to x
		f.Constants = append(f.Constants, "fixed")
		unselected[0] = "fixed*eq(y, 0)"
	case "pow_scalar":
		unselected[0] = "eq(p, 0)"
	case "logsumexp": // -Inf is a mask
		f.Selects[0] = true
	}
	return slopes
}

// ours reports whether a row is one of package ops.
func ours(row *graph.Row) bool { return strings.HasPrefix(row.GoName(), "ops.") }

// Constants returns the constants of a node's form: its parameters that are numbers, an integer as the number that it is.
func Constants(n graph.Node) []float64 { return Reader(n.Row())(nil, n) }

// Reader returns the function that appends the constants of a node of an operation, see [Constants], for whoever asks for
// those of many nodes.
func Reader(row *graph.Row) func(dst []float64, n graph.Node) []float64 {
	if row.Name == "pow" {
		return func(dst []float64, n graph.Node) []float64 { return append(dst, oneIf(!n.Wants(1))) }
	}
	params, _ := ops.Signature(row) // none if it has other ones
	var attributes []ops.ArgKind
	for _, p := range params {
		switch {
		case p.Kind == ops.ValueArg || p.Variadic:
		case row.UnaryParam != nil: // which has integers as numbers, too
			attributes = append(attributes, ops.FloatArg)
		default:
			attributes = append(attributes, p.Kind)
		}
	}
	return func(dst []float64, n graph.Node) []float64 {
		ints, floats := 0, 0
		for _, kind := range attributes {
			switch {
			case kind == ops.FloatArg && floats < 2:
				dst = append(dst, n.Float(floats))
				floats++
			case kind == ops.IntArg && ints < len(n.Ints()):
				dst = append(dst, float64(n.Int(ints)))
				ints++
			}
		}
		return dst
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
