package notation

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

const (
	maxNesting = 5   // operations inside each other in a formula
	maxLen     = 400 // characters of a formula
)

// A Writer writes what nodes compute and how they pass their cotangents on, as one would by hand: from the formulas in
// the rows of operations, with texts in the places of operands. Operands that have no text, such as those that a picture
// leaves out, are written out in their place: w1·i1 + w2·i2 + b1 for a sum whose products have none.
type Writer struct {
	// Text returns what stands for a node, and whether it has a text.
	Text func(n graph.Node) (string, bool)
	// Number returns a constant number, in parentheses if it is negative.
	Number func(v float64) string
	// Calls writes functions by their names: sigmoid(x), log(x), not 1/(1+e^(-x)), ln x.
	Calls bool
}

// Formula returns what a node computes, and how tightly that holds together.
func (w Writer) Formula(n graph.Node) (string, Binding) {
	s, b := w.formula(n, 0)
	if k := closing(s, 0); strings.HasPrefix(s, "(-") && strings.HasPrefix(s[k+1:], "·") {
		if _, err := strconv.ParseFloat(s[1:k], 64); err == nil { // a negative number in front needs no parentheses
			return s[1:k] + s[k+1:], Sum
		}
	}
	return s, b
}

func (w Writer) formula(n graph.Node, depth int) (string, Binding) {
	row := n.Row()
	switch row.Name {
	case "reshape", "broadcast": // the same numbers
		return w.operand(n.InputNode(0), depth)
	case "add_scalar":
		if s, ok := w.difference(n, depth); ok {
			return s, Sum
		}
	}
	f := row.Formula
	texts := Parameters(n, func(i int) string {
		text, have := w.operand(n.InputNode(i), depth)
		return put(f, Parameter(n, i), text, have)
	}, w.Number)
	if s, ok := w.fill(f, texts); ok && !w.called(n, depth) && f != "" && f != Parameter(n, 0) && !strings.Contains(f, ",") && !legible.Prose(f) && short(s) {
		return s, bindingOf(f)
	}
	call := Call(n, func(i int) string {
		text, _ := w.operand(n.InputNode(i), depth)
		return text
	}, func(v float64) string { return bare(w.Number(v)) })
	if !short(call) {
		call = legible.Name(n.OpName()) + "(…)"
	}
	return call, Atom
}

// difference writes c - x for -x + c, where -x has no text.
func (w Writer) difference(n graph.Node, depth int) (string, bool) {
	x, c := n.InputNode(0), n.Float(0)
	if _, ok := w.Text(x); ok || x.Row().Name != "neg" || c < 0 || depth+1 >= maxNesting {
		return "", false
	}
	text, have := w.operand(x.InputNode(0), depth+1)
	return w.Number(c) + " - " + enclosed(text, have, Product), true
}

// put returns a text for the places of a name in a formula.
func put(f, name, text string, have Binding) string {
	switch need := needed(f, name); {
	case have < need, need == Product && applied(text) && strings.Contains(f, name+"·"), strings.HasPrefix(text, "-") && strings.Contains(f, "+ "+name):
		return "(" + text + ")"
	}
	return text
}

// letters are the words in formulas that stand for themselves besides the functions that legible knows.
var letters = [...]string{"π", "Φ", "φ", "ψ", "Γ", "arcsin", "arccos", "arctan", "erf", "erfc"}

// called reports whether a node is written as a call of its operation: an exponential, such as the sigmoid, that stands
// inside of other operations.
func (w Writer) called(n graph.Node, depth int) bool {
	row := n.Row()
	return depth > 0 && n.NumInputs() == 1 && row.Name != "exp" && strings.ContainsAny(row.Formula, "ˣ")
}

// fill puts texts in the places of names in the formula of a value.
func (w Writer) fill(f string, texts map[string]string) (string, bool) {
	if w.Calls {
		s, ok := legible.Fill(f, texts)
		return tidied(s), ok
	}
	return fill(f, texts)
}

// fill puts texts in the places of names in a formula of a row. It reports false if the formula has other words.
func fill(f string, texts map[string]string) (string, bool) {
	for _, l := range letters {
		if _, taken := texts[l]; !taken {
			texts[l] = l
		}
	}
	s, ok := legible.FillRule(f, texts)
	return tidied(s), ok
}

func short(s string) bool { return utf8.RuneCountInString(s) <= maxLen }

// operand writes an operand inside a formula.
func (w Writer) operand(n graph.Node, depth int) (string, Binding) {
	if text, ok := w.Text(n); ok {
		return text, Atom
	}
	v, scalar := n.Scalar()
	switch {
	case n.NumInputs() == 0 && scalar:
		return w.Number(v), Atom
	case n.NumInputs() == 0 || depth == maxNesting:
		return "…", Atom
	}
	return w.formula(n, depth+1)
}
