package autograd

import (
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// makeLabels decides how nodes are called: by their names, with the number behind one that is given twice; without a
// name v and the number, or %number if some name looks like that.
func (e *explainer) makeLabels() {
	e.symbol = "v"
	e.twice = make(map[string]bool)
	seen := make(map[string]bool)
	for k := range e.nodes {
		name := e.node(k).Name()
		if name == "" {
			continue
		}
		if seen[name] {
			e.twice[name] = true
		}
		seen[name] = true
		if rest, ok := strings.CutPrefix(name, "v"); ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
			e.symbol = "%"
		}
	}
}

// name returns what a value is called in formulas.
func (e *explainer) name(v graph.Value) string {
	id := strconv.Itoa(v.ID())
	name := v.Name()
	switch {
	case name == "" && e.symbol == "":
		return "v" + id
	case name == "":
		return e.symbol + id
	case e.twice[name]:
		return legible.Name(name) + "%" + id
	}
	return legible.Name(name)
}

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

// params returns the names of an operation's parameters with a text for each: what operand returns for an operand, and
// the value of a constant number.
func params(n graph.Node, operand func(name string, i int) string) map[string]string {
	m := make(map[string]string)
	row := n.Row()
	f := reflect.TypeOf(row.Func)
	names := strings.Split(row.Params, ", ")
	operands, floats := 0, 0
	for j, name := range names {
		if j >= f.NumIn() {
			break
		}
		switch f.In(j) {
		case reflect.TypeFor[graph.Value]():
			if operands < n.NumInputs() {
				m[name] = operand(name, operands)
				operands++
			}
		case reflect.TypeFor[float64]():
			if row.UnaryParam != nil && floats < 2 {
				m[name] = factor(n.Float(floats))
				floats++
			}
		}
	}
	return m
}

// expression writes what a node computes: w5·out_h1, sigmoid(net_h1).
func (e *explainer) expression(n graph.Node) string {
	row := n.Row()
	m := params(n, func(_ string, i int) string { return e.operandLabel(n, i) })
	if row.Unary != nil || row.UnaryParam != nil || row.Binary != nil {
		if s, ok := legible.Fill(row.Formula, m); ok {
			return s
		}
	}
	args := make([]string, 0, n.NumInputs())
	for i := range n.NumInputs() {
		if i == maxTerms {
			args = append(args, "…")
			break
		}
		args = append(args, e.operandLabel(n, i))
	}
	if row.UnaryParam != nil {
		for _, name := range strings.Split(row.Params, ", ")[1:] {
			args = append(args, m[name])
		}
	}
	return n.OpName() + "(" + strings.Join(args, ", ") + ")"
}

// prose reports whether a derivative is described in words.
func prose(s string) bool {
	return strings.Contains(s, " for ") || strings.Contains(s, " where ") || strings.Contains(s, " if ")
}

// rule returns the row's formula for the derivative by operand i. A row whose operands have a formula each separates
// them with commas; a description in words stands for all operands.
func rule(n graph.Node, i int) string {
	s := n.Row().Derivative
	if parts := strings.Split(s, ", "); len(parts) == n.NumInputs() && !prose(s) {
		return parts[i]
	}
	return s
}

// functions are the words in formulas that are not operands.
var functions = []string{"e", "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "ln", "sigmoid", "sign", "sqrt", "max", "min"}

// derived writes the derivative of a scalar node by operand i as a chain of equations: the rule with names, the rule
// with numbers, the number.
func (e *explainer) derived(n graph.Node, i int) []string {
	d, _ := n.Partial(i)
	r := rule(n, i)
	names := params(n, func(_ string, i int) string { return e.operandLabel(n, i) })
	numbers := params(n, func(_ string, i int) string {
		v, _ := n.InputNode(i).Scalar()
		return factor(v)
	})
	if _, ok := names["y"]; !ok {
		v, _ := n.Scalar()
		names["y"], numbers["y"] = e.name(n.Value()), factor(v)
	}
	for _, f := range functions {
		names[f], numbers[f] = f, f
	}
	var parts []string
	add := func(s string) {
		if len(parts) == 0 || parts[len(parts)-1] != s {
			parts = append(parts, s)
		}
	}
	symbolic, ok := legible.Fill(r, names)
	if prose(r) || !ok {
		for _, name := range [...]string{"x", "y"} {
			if v, known := numbers[name]; known && hasWord(r, name) {
				r += ", " + name + " = " + strings.Trim(v, "()")
			}
		}
		return []string{number(d) + "  (" + r + ")"}
	}
	if strings.Trim(symbolic, "()") != number(d) {
		add(symbolic)
	}
	numeric, _ := legible.Fill(r, numbers)
	if strings.Trim(numeric, "()") != number(d) {
		add(numeric)
	}
	add(number(d))
	return parts
}

// hasWord reports whether a formula has a name as a word of its own.
func hasWord(formula, name string) bool {
	for word := range strings.FieldsFuncSeq(formula, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if word == name {
			return true
		}
	}
	return false
}
