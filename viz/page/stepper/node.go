package stepper

import (
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
)

// digits is the number of significant digits of constants in formulas and of elements of tensors.
const digits = 6

// A kind is what a node stands for.
type kind string

const (
	leaf      kind = "leaf"      // an input or parameter: it wants a gradient
	constant  kind = "constant"  // a leaf that wants none
	operation kind = "operation" // the result of an operation
	given     kind = "given"     // the result of operations that are not shown
)

// A node is one that is shown.
type node struct {
	graph.Node
	name  string
	kind  kind
	sweep bool   // it gets a δ
	value string // formula, with {k} for node k
	links []link // from its operands
}

// A link is a use of a node by another: as an operand, or through nodes that are folded between them.
type link struct {
	from    int            // index of the node that is used
	operand int            // index of the operand, -1 for a way through folded nodes
	flows   bool           // a gradient flows along it
	d       float64        // the local derivative
	known   bool           // d is a number: there are no tensors on the way
	symbol  string         // formula of the local derivative, "" if it has none
	term    string         // formula of δ of the user times the local derivative, for tensors
	rule    string         // the rule in words, where there is no formula
	passed  *tensor.Tensor // δ of the user times the local derivative, for tensors; nil if it is not known
}

// describe lists the nodes that are shown.
func (m *Model) describe() {
	var swept graph.NodeSet // what the sweep comes to
	if m.grads != nil {
		swept = m.g.Ancestors(graph.GradEdges, m.root)
	}
	for id := range m.shown.All {
		v := m.g.Value(id).Node()
		n := node{Node: v, name: m.names.Label(v.Name(), v.ID()), kind: operation}
		switch {
		case v.NumInputs() > 0:
		case v.WantsGrad():
			n.kind = leaf
		default:
			n.kind = constant
		}
		n.sweep = swept.Has(id)
		m.at[id] = len(m.nodes)
		m.nodes = append(m.nodes, n)
	}
}

// place returns what stands for node k in formulas.
func place(k int) string { return "{" + strconv.Itoa(k) + "}" }

// eachPlace replaces the places of nodes in a formula, and of their δ, {12} and {d12}, by what f makes of the node. Rows
// may have other braces in theirs.
func eachPlace(formula string, f func(k int) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(formula, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inside, after, _ := strings.Cut(rest, "}")
		digits := strings.TrimPrefix(inside, "d")
		k, err := strconv.ParseUint(digits, 10, 31)
		if err != nil {
			b.WriteString("{")
			formula = rest
			continue
		}
		b.WriteString(f(int(k)))
		formula = after
	}
}

// writer returns what writes formulas, in which nodes that are shown stand as {k}.
func (m *Model) writer() notation.Writer {
	return notation.Writer{
		Text: func(n graph.Node) (string, bool) {
			k, ok := m.at[n.ID()]
			return place(k), ok
		},
		Number: func(v float64) string { return legible.Factor(v, digits) },
	}
}
