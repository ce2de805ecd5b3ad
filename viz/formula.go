package viz

import (
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
)

const (
	maxFormula = 44 // characters of a formula in a node
	maxNesting = 5  // operations inside each other in a formula
)

// formula returns the name of a node's operation and its formula, with constant numbers put in. If the picture does not
// show all operands, constants or folded operations, the formula says what they are, and stands for all if it is short.
func (p *painter) formula(n graph.Node) (op, formula string) {
	row := n.Row()
	op, formula = legible.Name(n.OpName()), row.Formula
	switch {
	case !p.showsOperands(n):
		formula, _ = p.expression(n, 0)
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

// How tightly the parts of a formula hold together.
const (
	sums = iota
	products
	powers
	atoms
)

// binding returns how tightly a formula holds together.
func binding(f string) int {
	switch {
	case strings.HasPrefix(f, "-") || strings.Contains(f, " + ") || strings.Contains(f, " - "):
		return sums
	case strings.ContainsAny(f, "·/"):
		return products
	}
	return powers
}

// expression writes a node with the operands that the picture does not show in it, and returns how tightly that holds
// together.
func (p *painter) expression(n graph.Node, depth int) (string, int) {
	row := n.Row()
	switch row.Name {
	case "reshape", "broadcast": // the same numbers
		return p.inline(n.InputNode(0), depth)
	case "add_scalar":
		return p.shifted(n.InputNode(0), n.Float(0), depth), sums
	}
	f := row.Formula
	if _, usual, ok := strings.Cut(f, ", else "); ok { // what it is but for an exception
		f = usual
	}
	inside := binding(f)
	m := notation.Parameters(n, func(i int) string {
		text, b := p.inline(n.InputNode(i), depth)
		need := inside
		if inside == powers || i > 0 && (strings.Contains(f, " - ") || strings.Contains(f, "/")) || strings.HasPrefix(f, "-") {
			need++
		}
		if b < need {
			text = "(" + text + ")"
		}
		return text
	}, p.factor)
	if s, ok := legible.Fill(f, m); ok && f != "" && !onlyName(n, f) {
		return s, inside
	}
	return notation.Call(n, func(i int) string {
		text, _ := p.inline(n.InputNode(i), depth)
		return text
	}, p.number), atoms
}

// shifted writes the sum of an operand and a number, with 1 - x for -x + 1.
func (p *painter) shifted(x graph.Node, c float64, depth int) string {
	if x.Row().Name != "neg" || x.Name() != "" || c < 0 || depth+1 >= maxNesting {
		text, _ := p.inline(x, depth)
		return p.plus(text, c)
	}
	text, b := p.inline(x.InputNode(0), depth+1)
	if b <= sums {
		text = "(" + text + ")"
	}
	return p.number(c) + " - " + text
}

// plus writes the sum of a formula and a number: x - 0.5 for -0.5.
func (p *painter) plus(formula string, c float64) string {
	if c < 0 {
		return formula + " - " + p.number(-c)
	}
	return formula + " + " + p.number(c)
}

// inline writes an operand inside a formula, and returns how tightly it holds together.
func (p *painter) inline(n graph.Node, depth int) (string, int) {
	v, scalar := n.Scalar()
	switch {
	case n.Name() != "":
		return legible.Name(n.Name()), atoms
	case n.NumInputs() == 0 && scalar:
		return p.factor(v), atoms
	case n.NumInputs() == 0 || depth == maxNesting:
		return "…", atoms
	}
	return p.expression(n, depth+1)
}
