// Package notation says how the values, parameters and rules of a graph are written, in explanations and pictures alike.
package notation

import (
	"iter"
	"reflect"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// Labels returns what the nodes of a set are called.
func Labels(g *graph.Graph, set graph.NodeSet) legible.Labels {
	return legible.NewLabels(func(yield func(string) bool) {
		for id := range set.All {
			if !yield(g.Value(id).Name()) {
				return
			}
		}
	})
}

// Rule returns the formula for the derivative of a node by operand i, or words.
func Rule(n graph.Node, i int) string { return legible.Rule(n.Row().Derivative, i, n.NumInputs()) }

// A parameter is an argument of the call that recorded a node.
type parameter struct {
	name  string
	first int // index of the operand, or of the first in a list; of a constant number
	kind  kind
}

type kind int

const (
	operand kind = iota
	number
	list // of all operands that follow
)

// parameters ranges over the operands and the constant numbers of a node in the order of the call.
func parameters(n graph.Node) iter.Seq[parameter] {
	return func(yield func(parameter) bool) {
		row := n.Row()
		f := reflect.TypeOf(row.Func)
		if f == nil { // a leaf
			return
		}
		names := strings.Split(row.Params, ", ")
		operands, numbers := 0, 0
		for j := range min(f.NumIn(), len(names)) {
			p := parameter{name: names[j]}
			switch t := f.In(j); {
			case t == reflect.TypeFor[graph.Value]() && operands < n.NumInputs():
				p.kind, p.first = operand, operands
				operands++
			case row.UnaryParam != nil && (t.Kind() == reflect.Float64 || t.Kind() == reflect.Int):
				p.kind, p.first = number, numbers
				numbers++
			default:
				continue
			}
			if !yield(p) {
				return
			}
		}
		if operands < n.NumInputs() {
			yield(parameter{kind: list, first: operands})
		}
	}
}

// Parameters returns the names of an operation's parameters with a text for each: what operandText returns for an
// operand, and what numberText returns for a constant number. Lists and attributes have none.
func Parameters(n graph.Node, operandText func(i int) string, numberText func(float64) string) map[string]string {
	m := make(map[string]string)
	for p := range parameters(n) {
		switch p.kind {
		case operand:
			m[p.name] = operandText(p.first)
		case number:
			m[p.name] = numberText(n.Float(p.first))
		}
	}
	return m
}

// Parameter returns the name of the parameter for operand i, "" for one in a list.
func Parameter(n graph.Node, i int) string {
	for p := range parameters(n) {
		if p.kind == operand && p.first == i {
			return p.name
		}
	}
	return ""
}

// maxArguments is the number of arguments that a call is written with.
const maxArguments = 6

// Call writes a node as a call of its operation, with the texts that [Parameters] has: logsumexp(x), polygamma(2, x).
func Call(n graph.Node, operandText func(i int) string, numberText func(float64) string) string {
	var args []string
	for p := range parameters(n) {
		switch p.kind {
		case operand:
			args = append(args, operandText(p.first))
		case number:
			args = append(args, numberText(n.Float(p.first)))
		case list:
			for i := p.first; i < n.NumInputs() && len(args) <= maxArguments; i++ {
				args = append(args, operandText(i))
			}
		}
	}
	if len(args) > maxArguments {
		args = append(args[:maxArguments], "…")
	}
	return legible.Name(n.OpName()) + "(" + strings.Join(args, ", ") + ")"
}
