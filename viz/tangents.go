package viz

import (
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// WithTangents writes on every node the speed τ at which its value changes as each of xs moves along the direction that
// dirs has for it: what a forward sweep finds, see [autograd.Forward]. With [WithContributions] an edge between scalars
// shows what this sweep passes along it, τ of the operand times the local derivative. It panics like [autograd.Forward] if
// the directions do not fit.
func WithTangents(xs []graph.Value, dirs []*tensor.Tensor) Option {
	m := &motion{xs: slices.Clone(xs), dirs: slices.Clone(dirs), found: map[int]*tensor.Tensor{}}
	return func(s settings) settings { s.motion = m; return s }
}

// A motion is how leaves move, and what moves with them.
type motion struct {
	xs    []graph.Value
	dirs  []*tensor.Tensor
	found map[int]*tensor.Tensor // by node
}

// tangent returns the tangent of a node.
func (m *motion) tangent(n graph.Node) *tensor.Tensor {
	t := m.found[n.ID()]
	if t == nil {
		t = autograd.Forward(n.Value(), m.xs, m.dirs)
		m.found[n.ID()] = t
	}
	return t
}

// moving reports whether the picture shows the tangent of node n.
func (p *painter) moving(n graph.Node) bool { return p.motion != nil && n.WantsGrad() }

// describeTangent returns the line of a node with its tangent.
func (p *painter) describeTangent(n graph.Node) string {
	t := p.motion.tangent(n)
	if _, scalar := n.Scalar(); scalar {
		return "τ = " + p.number(t.AtFlat(0))
	}
	return "τ = " + p.tensor(t)
}

// passedOn returns what a forward sweep passes along a link with the derivative d, from a scalar u.
func (p *painter) passedOn(u graph.Node, d float64) string {
	w := p.motion.tangent(u).AtFlat(0)
	return p.number(w) + " · " + p.factor(d) + " = " + p.number(product(w, d))
}

// addPassed notes that a link leads to an item's node. What goes along it is known unless there are tensors.
func (p *painter) addPassed(item int, l link) {
	u := p.g.Value(l.from).Node()
	if !p.contributions || !l.flows || !p.moving(u) {
		return
	}
	t := &p.passed[item]
	t.n++
	if l.known && len(t.terms) < maxTerms {
		t.terms = append(t.terms, product(p.motion.tangent(u).AtFlat(0), l.d))
	}
}

// addPassedSums writes the tangent of a node with several operands that move as the sum of what they contribute.
func (p *painter) addPassedSums() {
	for k, t := range p.passed {
		if n := &p.Nodes[k]; t.n >= 2 && len(t.terms) == min(t.n, maxTerms) && n.Tangent != "" {
			n.Tangent = "τ = " + p.written(t) + " = " + strings.TrimPrefix(n.Tangent, "τ = ")
		}
	}
}

// moves says in the legend how the leaves move: "as x moves by 1 and y by 0".
func (p *painter) moves() string {
	var parts []string
	for i, x := range p.motion.xs {
		by := p.tensor(p.motion.dirs[i])
		if x.Rank() == 0 {
			by = p.number(p.motion.dirs[i].AtFlat(0))
		}
		if i == 0 {
			by = "moves by " + by
		} else {
			by = "by " + by
		}
		parts = append(parts, p.label(x.Node())+" "+by)
	}
	if n := len(parts); n > maxTerms {
		parts = append(parts[:maxTerms], legible.Count(n-maxTerms)+" more by theirs")
	}
	last := len(parts) - 1
	if last == 0 {
		return "as " + parts[0]
	}
	return "as " + strings.Join(parts[:last], ", ") + " and " + parts[last]
}
