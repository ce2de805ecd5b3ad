package viz

import (
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
)

// maxFormula is the number of characters of a formula in a node.
const maxFormula = 44

// formula returns the name of a node's operation and its formula, with constant numbers put in. If the picture does not
// show all operands, constants or folded operations, the formula says what they are, and stands for all if it is short.
func (p *painter) formula(n graph.Node) (op, formula string) {
	row := n.Row()
	op, formula = legible.Name(n.OpName()), row.Formula
	switch {
	case !p.showsOperands(n):
		formula = p.expression(n)
		if len([]rune(formula)) <= maxFormula {
			return "", legible.Line(formula, maxFormula)
		}
	case row.Name == "add_scalar":
		formula = p.plus("x", n.Float(0))
	case row.UnaryParam != nil:
		formula, _ = legible.Fill(formula, p.constants(n))
	}
	if len([]rune(formula)) > maxFormula/2 || onlyName(n, formula) {
		formula = ""
	}
	return op, legible.Line(formula, maxFormula)
}

// onlyName reports whether a formula is a parameter's name and nothing else: the operation moves numbers only.
func onlyName(n graph.Node, f string) bool {
	name, _, _ := strings.Cut(n.Row().Params, ", ")
	return f == name
}

func (p *painter) showsOperands(n graph.Node) bool {
	for i := range n.NumInputs() {
		if !p.view.in.Has(n.InputNode(i).ID()) {
			return false
		}
	}
	return true
}

// constants returns the constant parameters of an operation by name, and its operands as themselves.
func (p *painter) constants(n graph.Node) map[string]string {
	return notation.Parameters(n, func(i int) string { return notation.Parameter(n, i) }, p.factor)
}

// expression writes what a node computes, with the operands that have no name written out in their place.
func (p *painter) expression(n graph.Node) string {
	w := notation.Writer{
		Text:   func(n graph.Node) (string, bool) { return legible.Name(n.Name()), n.Name() != "" },
		Number: p.factor,
		Calls:  true,
	}
	text, _ := w.Formula(n)
	return text
}

// plus writes the sum of a formula and a number: x - 0.5 for -0.5.
func (p *painter) plus(formula string, c float64) string {
	if c < 0 {
		return formula + " - " + p.number(-c)
	}
	return formula + " + " + p.number(c)
}
