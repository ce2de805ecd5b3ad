package viz

import (
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

// addLegend says what the numbers and the looks of the nodes are.
func (p *painter) addLegend() {
	if !p.legend {
		return
	}
	var node []string
	switch {
	case p.shapes:
		node = append(node, "its shape")
	case !p.hideValues:
		node = append(node, "its value")
	}
	if p.motion != nil {
		node = append(node, "τ = the speed of v "+p.moves())
	}
	if p.grads != nil {
		loss := legible.Name(p.grads.Loss().Name())
		if loss == "" {
			loss = "l"
		}
		node = append(node, "δ = ∂"+loss+"/∂v")
	}
	if len(node) > 0 {
		p.Legend = append(p.Legend, "in a node v: "+strings.Join(node, ", and "))
	}
	if slices.ContainsFunc(p.Edges, func(e Edge) bool { return e.Derivative != "" }) {
		edge := "on an edge from u to v: the local derivative ∂v/∂u"
		if p.contributions && p.motion != nil {
			edge += ", and τ of u times it, which is what u contributes to τ of v"
		}
		if p.contributions && p.grads != nil {
			edge += ", and δ of v times it, which is what v contributes to δ of u"
		}
		p.Legend = append(p.Legend, edge)
	}
	if p.ruled {
		p.Legend = append(p.Legend, "for tensors: how δv, which is δ of v, becomes what v contributes to δ of u")
	}
	p.addKeys()
}

// addKeys explains the kinds of nodes that there are.
func (p *painter) addKeys() {
	type look struct {
		kind     Kind
		backward bool
	}
	there := make(map[look]bool)
	for _, n := range p.Nodes {
		l := look{n.Kind, n.Backward && n.Kind != More}
		if l.backward {
			l.kind = Operation
		}
		there[l] = true
	}
	for _, k := range []Key{
		{Leaf, false, "a leaf that wants a gradient"},
		{Constant, false, "a constant"},
		{Operation, false, "an operation"},
		{Root, false, p.rootText()},
		{Operation, true, "the backward pass"},
		{More, false, "several nodes as one"},
	} {
		if there[look{k.Kind, k.Backward}] {
			p.Keys = append(p.Keys, k)
		}
	}
}

// rootText says what the root is.
func (p *painter) rootText() string {
	if p.grads != nil && p.grads.Loss().ID() == p.root.ID() {
		return "where the backward sweep begins"
	}
	return "the value that the picture is of"
}
