package javascript

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/primitive"
	"github.com/seed366ff29f/chainrule/internal/rowform"
)

// formOf returns the form of a row, or an error that says why there is none.
func formOf(row *graph.Row) (*rowform.Form, error) {
	if row.Value != "" {
		return rowform.Of(row)
	}
	if f, err := rowform.MeanOf(row); err == nil { // the mean of one number
		return f, nil
	}
	s, ok := scalars[row.Name]
	if !ok || !strings.HasPrefix(row.GoName(), "ops.") {
		return nil, fmt.Errorf("%s has no expression", row.GoName())
	}
	return rowform.From(row, s.value, s.slopes)
}

// function returns the JavaScript function of a row.
func function(row *graph.Row) (string, error) {
	f, err := formOf(row)
	if err != nil {
		return "", err
	}
	params := slices.Concat(f.Operands, f.Constants)
	names, err := variables(params)
	if err != nil {
		return "", err
	}
	value := write(f.Value, names)
	head := list("(", params, names, ") => ")
	named := names["y"] == "" // the value has the name y
	if named {
		names["y"] = "y"
	}
	slopes := make([]string, len(f.Slopes))
	for i := range f.Slopes {
		slopes[i] = slope(f, i, names)
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
func slope(f *rowform.Form, i int, names map[string]string) string {
	t := f.Slopes[i]
	if t == nil || f.Selects[i] && isZero(t) {
		return "null"
	}
	d := write(t, names)
	switch {
	case f.Selects[i]:
		return "selected(" + d.text + ")"
	case f.Unselected[i] != nil:
		return write(f.Unselected[i], names).condition() + " ? null : " + d.text
	}
	return d.text
}

func isZero(t *primitive.Term) bool { return t.Op == "" && t.Param == "" && t.Value == 0 }
