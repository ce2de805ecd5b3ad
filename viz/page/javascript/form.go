package javascript

import (
	"fmt"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A form is an operation on scalars as expressions.
type form struct {
	operands, constants []string // names of the parameters
	value               string
	slopes              []string // by operand; "" where there is no derivative
	selects             []string // by operand: selects, or when it is not selected as an expression, or ""
}

// selects says that an operand is not selected where the derivative is 0.
const selects = "selects"

// formOf returns the form of a row, or an error that says why there is none.
func formOf(row *graph.Row) (form, error) {
	params, ok := ops.Signature(row)
	if !ok {
		return form{}, fmt.Errorf("%s takes something else than values and numbers", row.GoName())
	}
	var f form
	for _, p := range params {
		switch {
		case p.Kind == ops.ValueArg && !p.Variadic:
			f.operands = append(f.operands, p.Name)
		case !p.Variadic:
			f.constants = append(f.constants, p.Name)
		}
	}
	f.value, f.slopes = row.Value, row.Slopes
	if row.Value == "" {
		s, ok := scalars[row.Name]
		if !ok || !strings.HasPrefix(row.GoName(), "ops.") {
			return form{}, fmt.Errorf("%s has no expression", row.GoName())
		}
		f.value, f.slopes = s.value, s.slopes
	}
	if row.Class == graph.NoGrad {
		f.slopes = make([]string, len(f.operands))
	}
	if len(f.slopes) != len(f.operands) {
		return form{}, fmt.Errorf("%s has %d operands and %d slopes", row.GoName(), len(f.operands), len(f.slopes))
	}
	f.selects = make([]string, len(f.operands))
	for i := range f.operands {
		if row.SelectsOperand(i) {
			f.selects[i] = selects
		}
	}
	if strings.HasPrefix(row.GoName(), "ops.") {
		f.special(row.Name)
	}
	return f, nil
}

// special adds what rows do not say.
func (f *form) special(name string) {
	switch name {
	case "where": // a condition has no derivative
		f.slopes = append([]string{""}, f.slopes[1:]...)
	case "pow": // a constant exponent of 0 selects: what is 1 whatever x is passes nothing on to x
		f.constants = append(f.constants, "fixed")
		f.selects[0] = "fixed*eq(y, 0)"
	case "pow_scalar":
		f.selects[0] = "eq(p, 0)"
	case "logsumexp": // -Inf is a mask
		f.selects[0] = selects
	}
}

// function returns the JavaScript function of a row.
func function(row *graph.Row) (string, error) {
	f, err := formOf(row)
	if err != nil {
		return "", err
	}
	params := append(append([]string{}, f.operands...), f.constants...)
	names, err := variables(params)
	if err != nil {
		return "", err
	}
	value, err := translate(f.value, names)
	if err != nil {
		return "", err
	}
	head := list("(", params, names, ") => ")
	named := names["y"] == "" // the value has the name y
	if named {
		names["y"] = "y"
	}
	slopes := make([]string, len(f.slopes))
	for i, text := range f.slopes {
		if slopes[i], err = f.slope(i, text, names); err != nil {
			return "", err
		}
	}
	tail := ", [" + strings.Join(slopes, ", ") + "]]"
	if named && mentions(tail, "y") {
		return head + "{ const y = " + value.text + "; return [y" + tail + "; }", nil
	}
	return head + "[" + value.text + tail, nil
}

// list writes parameters.
func list(open string, params []string, names map[string]string, end string) string {
	written := make([]string, len(params))
	for i, p := range params {
		written[i] = names[p]
	}
	return open + strings.Join(written, ", ") + end
}

// slope returns the derivative by operand i.
func (f *form) slope(i int, text string, names map[string]string) (string, error) {
	if text == "" || text == "0" && f.selects[i] == selects {
		return "null", nil
	}
	d, err := translate(text, names)
	if err != nil {
		return "", err
	}
	switch f.selects[i] {
	case "":
		return d.text, nil
	case selects:
		return "selected(" + d.text + ")", nil
	}
	unselected, err := translate(f.selects[i], names)
	return unselected.condition() + " ? null : " + d.text, err
}
