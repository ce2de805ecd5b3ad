package notation

import (
	"slices"
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
}

// Formula returns what a node computes, and how tightly that holds together.
func (w Writer) Formula(n graph.Node) (string, Binding) { return w.formula(n, 0) }

func (w Writer) formula(n graph.Node, depth int) (string, Binding) {
	row := n.Row()
	if row.Name == "reshape" || row.Name == "broadcast" { // the same numbers
		return w.operand(n.InputNode(0), depth)
	}
	f := row.Formula
	b := bindingOf(f)
	texts := Parameters(n, func(i int) string {
		text, have := w.operand(n.InputNode(i), depth)
		return enclosed(text, have, need(f, b, i, Parameter(n, i)))
	}, w.Number)
	if s, ok := legible.FillRule(f, texts); ok && f != "" && f != Parameter(n, 0) && !strings.Contains(f, ",") && !legible.Prose(f) && short(s) {
		return s, b
	}
	call := Call(n, func(i int) string {
		text, _ := w.operand(n.InputNode(i), depth)
		return text
	}, w.Number)
	if !short(call) {
		call = legible.Name(n.OpName()) + "(…)"
	}
	return call, Atom
}

func short(s string) bool { return utf8.RuneCountInString(s) <= maxLen }

// need returns the binding that a formula, which has binding b itself, asks of the operand with an index and a name.
func need(f string, b Binding, i int, name string) Binding {
	alone := [...]string{"(" + name + ")", "|" + name + "|", "⌊" + name + "⌋", "⌈" + name + "⌉"}
	switch {
	case slices.ContainsFunc(alone[:], func(s string) bool { return strings.HasSuffix(f, s) && strings.Count(f, name) == 1 }):
		return Sum
	case b == Power, strings.ContainsAny(f, "²³⁻ˣʸᵖ√"), strings.Contains(f, "ln "), strings.HasPrefix(f, "-"):
		return Atom
	case i > 0 && (strings.Contains(f, " - ") || strings.Contains(f, "/")):
		return min(b+1, Atom)
	}
	return b
}

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
