package autograd

import (
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
)

// makeLabels decides how nodes are called, among all that y depends on.
func (e *explainer) makeLabels() {
	e.labels = notation.Labels(e.g, e.g.Ancestors(graph.AllEdges, e.y))
}

// name returns what a value is called in formulas.
func (e *explainer) name(v graph.Value) string { return e.labels.Label(v.Name(), v.ID()) }

// label returns what the node at a place is called.
func (e *explainer) label(place int) string { return e.name(e.node(place).Value()) }

// ratio returns the symbol of the derivative of one key by another.
func (e *explainer) ratio(from, to int) string {
	return "∂" + e.label(e.keyPlace(from)) + "/∂" + e.label(e.keyPlace(to))
}

// operandLabel returns what operand i of a node is called: a constant without a name is its number.
func (e *explainer) operandLabel(n graph.Node, i int) string {
	in := n.InputNode(i)
	if v, scalar := in.Scalar(); scalar && in.Name() == "" && in.Value().IsLeaf() && !in.WantsGrad() {
		return factor(v)
	}
	return e.name(in.Value())
}

// expression writes what a node computes: w5·out_h1, sigmoid(net_h1).
func (e *explainer) expression(n graph.Node) string {
	row := n.Row()
	operand := func(i int) string { return e.operandLabel(n, i) }
	if row.Unary != nil || row.UnaryParam != nil || row.Binary != nil {
		if s, ok := legible.Fill(row.Formula, notation.Parameters(n, operand, factor)); ok {
			return s
		}
	}
	return notation.Call(n, operand, number)
}

// derived writes the derivative of a scalar node by operand i as a chain of equations: the rule with names, the rule
// with numbers, the number.
func (e *explainer) derived(n graph.Node, i int) []string {
	d, _ := n.Partial(i)
	r := notation.Rule(n, i)
	names := notation.Parameters(n, func(i int) string { return e.operandLabel(n, i) }, factor)
	numbers := notation.Parameters(n, func(i int) string {
		v, _ := n.InputNode(i).Scalar()
		return factor(v)
	}, factor)
	if _, ok := names["y"]; !ok {
		v, _ := n.Scalar()
		names["y"], numbers["y"] = e.name(n.Value()), factor(v)
	}
	var parts []string
	add := func(s string) {
		if len(parts) == 0 || parts[len(parts)-1] != s {
			parts = append(parts, s)
		}
	}
	symbolic, ok := legible.FillRule(r, names)
	if legible.Prose(r) || !ok {
		for _, name := range [...]string{"x", "y"} {
			if v, known := numbers[name]; known && legible.HasWord(r, name) {
				r += ", " + name + " = " + strings.Trim(v, "()")
			}
		}
		return []string{number(d) + "  (" + r + ")"}
	}
	if strings.Trim(symbolic, "()") != number(d) {
		add(symbolic)
	}
	numeric, _ := legible.FillRule(r, numbers)
	if strings.Trim(numeric, "()") != number(d) {
		add(numeric)
	}
	add(number(d))
	return parts
}
