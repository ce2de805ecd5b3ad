package javascript

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/primitive"
	"github.com/seed366ff29f/chainrule/internal/rowform"
)

// Functions returns the text of a JavaScript expression: an object that has, under the name of each row, a function
//
//	(operands..., constants...) => [value, [derivative by operand 0, ...]]
//
// of scalars. A derivative is null for an operand to which nothing is passed on, whatever the adjoint: the operation has no
// derivative by it, or did not select it, see [graph.Row.Selects]. Elsewhere it is the number that the tape has.
//
// The rows that are missing from the object, in their order, have no expression, or none that can be read. A row that is
// given twice is there once, and nil is left out. The text can stand in a script element of a page whatever the names of
// the rows are.
func Functions(rows []*graph.Row) (source string, missing []*graph.Row) {
	var names, functions []string
	for _, row := range rows {
		if row == nil || slices.Contains(names, row.Name) || slices.Contains(missing, row) {
			continue
		}
		f, err := function(row)
		if err != nil {
			missing = append(missing, row)
			continue
		}
		names, functions = append(names, row.Name), append(functions, f)
	}
	var b strings.Builder
	b.WriteString("(() => {\n\"use strict\";\n\n")
	for _, text := range library.used(strings.Join(functions, "\n")) {
		b.WriteString(text + "\n\n")
	}
	b.WriteString("return {\n")
	for i, name := range names {
		key, _ := json.Marshal(name) // a string has no error
		fmt.Fprintf(&b, "  %s: %s,\n", key, functions[i])
	}
	b.WriteString("};\n})()")
	return b.String(), missing
}

// Function returns the text of a JavaScript function of numbers for an expression in the language of
// [graph.Row.Value], in the names of its parameters: Function("x*erf(x)", "x"). It needs nothing around it.
//
// The error says what cannot be read.
func Function(text string, params ...string) (string, error) {
	names, err := variables(params)
	if err != nil {
		return "", err
	}
	e, err := primitive.Parse(text, params...)
	if err != nil {
		return "", err
	}
	f := list("(", params, names, ") => ") + write(e, names).text
	used := library.used(f)
	if len(used) == 0 {
		return f, nil
	}
	return "(() => {\n\"use strict\";\n\n" + strings.Join(used, "\n\n") + "\n\nreturn " + f + ";\n})()", nil
}

// Constants returns what the function of a node's operation takes after the operands: the constant parameters, an integer
// as the number that it is.
func Constants(n graph.Node) []float64 { return rowform.Constants(n) }
