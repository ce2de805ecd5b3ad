package autograd

import (
	"reflect"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// makeLabels decides how nodes are called, among all that y depends on.
func (e *explainer) makeLabels() {
	all := e.g.Ancestors(graph.AllEdges, e.y)
	e.labels = legible.NewLabels(func(yield func(string) bool) {
		for id := range all.All {
			if !yield(e.g.Value(id).Name()) {
				return
			}
		}
	})
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

// rule returns the row's formula for the derivative by operand i.
func rule(n graph.Node, i int) string { return legible.Rule(n.Row().Derivative, i, n.NumInputs()) }

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
