package autograd

import (
	"math"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
)

// mostPaths is about the largest int: so many paths are counted.
var mostPaths = map[int]string{32: "2·10⁹", 64: "9·10¹⁸"}[strconv.IntSize]

// byNode writes δ of each key as the sum over what leads to it, in the order of the sweep.
func (e *explainer) byNode(paths int) {
	n := e.numKeys()
	y, x := e.label(e.keyPlace(n-1)), e.label(e.keyPlace(0))
	switch {
	case e.tensors && paths == 1:
		cuts := e.cuts()
		if len(cuts) == 2 { // a single step, which is its own product
			break
		}
		symbols := make([]string, 0, len(cuts))
		for i := range len(cuts) - 1 {
			if len(cuts) > maxFactors+1 && i >= maxFactors/2 && i < len(cuts)-1-maxFactors/2 {
				if i == maxFactors/2 {
					symbols = append(symbols, "… "+legible.Count(len(cuts)-1-maxFactors)+" more …")
				}
				continue
			}
			symbols = append(symbols, e.ratio(cuts[i], cuts[i+1]))
		}
		e.write(e.ratio(n-1, 0), " = ", strings.Join(symbols, " · "), "\n\n")
	case paths == math.MaxInt:
		e.write("More than ", mostPaths, " paths lead from ", y, " to ", x, ".\n")
	default:
		e.write(legible.Count(paths), " paths lead from ", y, " to ", x, ".\n")
	}
	if paths > maxPaths {
		e.write("They are too many to write out, so the explanation groups by node, as the sweep does:\n")
	}
	if e.tensors {
		e.write("Some of the values are tensors. The sweep makes no Jacobians: the rule of an operation turns the cotangent ct of its\n",
			"result into that of an operand.\n")
	}
	e.write("δv stands for ∂", y, "/∂v: the sum, over the nodes u that use v, of δu · ∂u/∂v.\n\n")

	shown := func(k int) bool { return n <= maxLines || k >= n-maxLines/2 || k < maxLines/2 }
	users := make(map[int][]arc) // of the keys that are shown; to is the user
	var buf []arc
	for k := n - 1; k > 0; k-- {
		buf = e.down(buf[:0], k)
		for _, a := range buf {
			if shown(a.to) {
				users[a.to] = append(users[a.to], arc{k, a.d})
			}
		}
	}
	for k := n - 1; k >= 0; k-- {
		switch {
		case k == n-1:
			e.write("δ", y, " = 1   with ", y, " = ", e.expression(e.node(e.keyPlace(k))), "\n")
		case shown(k) && e.tensors:
			e.tensorLine(k, users[k])
		case shown(k):
			e.scalarLine(k, users[k])
		case k == n-1-maxLines/2:
			e.write("… ", legible.Count(n-maxLines), " more nodes …\n")
		}
	}
	e.write("\n", e.ratio(n-1, 0), " = δ", x, " = ", e.adjoint(e.node(0)), "\n")
}

// scalarLine writes δ of a key with symbols and numbers.
func (e *explainer) scalarLine(k int, users []arc) {
	var symbols, numbers []string
	zero := false
	for i, u := range users {
		w := e.grads.Scalar(e.node(e.keyPlace(u.to)).Value())
		zero = zero || w == 0
		if i < maxTerms {
			symbols = append(symbols, "δ"+e.label(e.keyPlace(u.to))+" · "+e.ratio(u.to, k))
			first := factor(w)
			if i == 0 {
				first = number(w)
			}
			numbers = append(numbers, first+" · "+factor(u.d))
		}
	}
	if len(users) > maxTerms {
		left := "… " + legible.Count(len(users)-maxTerms) + " more terms"
		symbols, numbers = append(symbols, left), append(numbers, left)
	}
	n := e.node(e.keyPlace(k))
	line := joined("δ"+e.label(e.keyPlace(k)), strings.Join(symbols, " + "), strings.Join(numbers, " + "), e.adjoint(n))
	if !n.Value().IsLeaf() {
		line += "   with " + e.label(e.keyPlace(k)) + " = " + e.expression(n)
	}
	e.write(line, "\n")
	if zero {
		e.write("    (a δ of 0 contributes 0, whatever the derivative)\n")
	}
}

// tensorLine writes δ of a key with symbols, the operations on the way, and the result.
func (e *explainer) tensorLine(k int, users []arc) {
	var symbols, rules []string
	for i, u := range users {
		if i < maxTerms {
			symbols = append(symbols, "δ"+e.label(e.keyPlace(u.to))+" · "+e.ratio(u.to, k))
			rules = append(rules, e.rules(u.to, k))
		}
	}
	if len(users) > maxTerms {
		symbols = append(symbols, "… "+legible.Count(len(users)-maxTerms)+" more terms")
	}
	e.write("δ", e.label(e.keyPlace(k)), " = ", strings.Join(symbols, " + "), " = ", e.adjoint(e.node(e.keyPlace(k))), "\n")
	for _, r := range rules {
		e.write("    ", r, "\n")
	}
}

// rules describes the operations between two keys.
func (e *explainer) rules(from, to int) string {
	steps, paths := e.between(from, to)
	var parts []string
	for j, p := range steps[:len(steps)-1] {
		if len(parts) == maxTerms {
			parts = append(parts, "… "+legible.Count(len(steps)-1-j)+" more")
			break
		}
		n := e.node(p)
		for i := range n.NumInputs() {
			if q := e.place(n, i); q >= 0 && (paths > 1 || q == steps[j+1]) {
				parts = append(parts, n.OpName()+" "+tensor.FormatShape(n.Dims())+": "+e.tensorRule(n, i))
				break
			}
		}
	}
	how := ""
	if paths > 1 {
		how = " (over " + legible.Count(paths) + " paths)"
	}
	return "through " + strings.Join(parts, ", then ") + how
}

// tensorRule returns how a node turns its cotangent into that of operand i.
func (e *explainer) tensorRule(n graph.Node, i int) string {
	r := notation.Rule(n, i)
	if !legible.Prose(r) { // put in the numbers of constant parameters
		r, _ = legible.FillRule(r, notation.Parameters(n, func(i int) string { return notation.Parameter(n, i) }, factor))
	}
	if legible.HasWord(r, "ct") || legible.Prose(r) {
		return r
	}
	if strings.HasPrefix(r, "-") || strings.Contains(r, " ") {
		r = "(" + r + ")"
	}
	return "ct · " + r
}

// adjoint describes the result of the sweep for a node.
func (e *explainer) adjoint(n graph.Node) string {
	if _, scalar := n.Scalar(); scalar {
		return number(e.grads.Scalar(n.Value()))
	}
	shape := tensor.FormatShape(n.Dims()) + " "
	if t := e.grads.View(n.Value()); t != nil {
		return shape + legible.Tensor(t, 6, 6)
	}
	return shape + "all 0"
}
