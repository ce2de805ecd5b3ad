package viz

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// maxElements is the number of elements up to which a tensor is written out.
const maxElements = 4

// maxTerms is the number of terms up to which a sum is written out.
const maxTerms = 4

func numbered(prefix string, k int) string { return prefix + strconv.Itoa(k) }

func (p *painter) number(v float64) string { return legible.Number(v, p.digits) }

func (p *painter) tensor(t *tensor.Tensor) string { return legible.Tensor(t, maxElements, p.digits) }

// describe fills in what a node of the graph shows.
func (p *painter) describe(out *Node, n graph.Node) {
	out.Name = legible.Name(n.Name())
	out.Backward = !p.forward.Has(n.ID())
	leaf := n.Value().IsLeaf()
	switch {
	case n.ID() == p.root.ID():
		out.Kind = Root
	case !leaf:
		out.Kind = Operation
	case n.WantsGrad():
		out.Kind = Leaf
	default:
		out.Kind = Constant
	}
	if !leaf {
		out.Op, out.Formula = p.formula(n)
	}
	if v, ok := n.Scalar(); ok {
		out.Value = p.number(v)
	} else {
		out.Shape = tensor.FormatShape(n.Dims())
		out.Value = p.tensor(n.Data())
	}
	if p.differentiated(n) {
		out.Adjoint = "δ = " + p.adjoint(n)
	}
}

// differentiated reports whether the picture shows ∂l/∂v of node n.
func (p *painter) differentiated(n graph.Node) bool {
	return p.grads != nil && n.WantsGrad() && p.forward.Has(n.ID()) && n.ID() <= p.grads.Loss().ID()
}

func (p *painter) adjoint(n graph.Node) string {
	v := n.Value()
	if _, scalar := n.Scalar(); scalar {
		return p.number(p.grads.Scalar(v))
	}
	if !p.grads.Kept(v) {
		return "not kept"
	}
	if t := p.grads.View(v); t != nil {
		return p.tensor(t)
	}
	return "0"
}

// operand returns the name of operand i where it matters which operand is which.
func operand(n graph.Node, i int) string {
	row := n.Row()
	if n.NumInputs() < 2 || symmetric(row) {
		return ""
	}
	params := strings.Split(row.Params, ", ")
	f := reflect.TypeOf(row.Func)
	k := 0
	for j := range f.NumIn() {
		if j >= len(params) {
			break
		}
		switch f.In(j) {
		case reflect.TypeFor[graph.Value]():
			if k == i {
				return params[j]
			}
			k++
		case reflect.TypeFor[[]graph.Value]():
			return params[j] + "[" + strconv.Itoa(i-k) + "]"
		}
	}
	return strconv.Itoa(i)
}

// symmetric reports whether the operation's two operands can be exchanged: it tries.
func symmetric(row *graph.Row) bool {
	if row.Binary == nil {
		return false
	}
	x, _, _ := row.Binary(0.3, 0.7)
	y, _, _ := row.Binary(0.7, 0.3)
	return x == y
}

// resolve fills in the derivative of a link to an operand.
func (p *painter) resolve(l *link, n graph.Node) {
	if l.operand >= 0 {
		l.flows = n.WantsGrad() && n.Wants(l.operand)
		l.d, l.known = n.Partial(l.operand)
	}
}

// label fills in what the edge for a link to node n shows.
func (p *painter) label(e *Edge, n graph.Node, l link) {
	if l.operand >= 0 {
		e.Operand = operand(n, l.operand)
	}
	if e.Backward || !l.flows {
		return
	}
	switch {
	case l.known:
		e.Derivative = p.number(l.d)
	case l.operand >= 0:
		e.Derivative = derivative(n, l.operand)
	default:
		e.Derivative = "Jacobian " + tensor.FormatShape(n.Dims()) + " × " + tensor.FormatShape(p.g.Value(l.from).Dims())
	}
	if !p.contributions || !p.differentiated(n) {
		return
	}
	if l.known {
		w := p.grads.Scalar(n.Value())
		e.Contribution = p.number(w) + " · " + legible.Factor(l.d, p.digits) + " = " + p.number(product(w, l.d))
	} else if l.operand >= 0 && p.grads.Kept(n.Value()) {
		e.Contribution = "→ " + p.tensor(p.grads.Contribution(n.Value(), l.operand))
	}
}

// product is what the sweep passes along an edge: an adjoint of 0 contributes 0 whatever the derivative.
func product(w, d float64) float64 {
	if w == 0 {
		return 0
	}
	return w * d
}

// derivative returns the row's formula for the derivative by operand i. A row whose operands have a formula each
// separates them with commas; words stand for all operands.
func derivative(n graph.Node, i int) string {
	row := n.Row()
	parts := strings.Split(row.Derivative, ", ")
	if len(parts) != n.NumInputs() || strings.Contains(row.Derivative, " for ") || strings.Contains(row.Derivative, " where ") {
		return row.Derivative
	}
	return parts[i]
}

// A sum collects what the uses of a node contribute to its adjoint.
type sum struct {
	terms []float64 // the first ones
	n     int
}

// addTerm notes that a link leads from an item's node to node n.
func (p *painter) addTerm(item int, n graph.Node, l link) {
	if !p.contributions || !l.flows || !p.differentiated(n) {
		return
	}
	t := &p.terms[item]
	t.n++
	if l.known && len(t.terms) < maxTerms {
		t.terms = append(t.terms, product(p.grads.Scalar(n.Value()), l.d))
	}
}

// addSums writes the adjoint of a node that is used more than once as the sum of what its uses contribute. The uses are
// known if the picture is that of the loss.
func (p *painter) addSums() {
	if !p.contributions || p.grads.Loss().ID() != p.root.ID() {
		return
	}
	for k, t := range p.terms {
		n := &p.Nodes[k]
		if t.n < 2 || n.Adjoint == "" {
			continue
		}
		total := strings.TrimPrefix(n.Adjoint, "δ = ")
		if len(t.terms) < min(t.n, maxTerms) { // tensors
			n.Adjoint = "δ = sum of " + legible.Count(t.n) + " = " + total
			continue
		}
		var b strings.Builder
		b.WriteString("δ = ")
		for i, v := range t.terms {
			if i == 0 {
				b.WriteString(p.number(v))
			} else {
				b.WriteString(" + " + legible.Factor(v, p.digits))
			}
		}
		if t.n > len(t.terms) {
			b.WriteString(" + … (" + legible.Count(t.n) + " terms)")
		}
		n.Adjoint = b.String() + " = " + total
	}
}

// addLegend says what the numbers are.
func (p *painter) addLegend() {
	if !p.legend {
		return
	}
	node := "in a node v: its value"
	edge := "on an edge from u to v: the local derivative ∂v/∂u"
	if p.grads != nil {
		loss := legible.Name(p.grads.Loss().Name())
		if loss == "" {
			loss = "l"
		}
		node += ", and δ = ∂" + loss + "/∂v"
	}
	if p.contributions {
		edge += ", and δ of v times it, which is what v contributes to δ of u"
	}
	p.Legend = append(p.Legend, node, edge)
	for _, e := range p.Edges {
		if strings.Contains(e.Derivative, "ct") {
			p.Legend = append(p.Legend, "for tensors: how the cotangent ct of v, which is its δ, becomes that of u")
			break
		}
	}
	if len(p.backward) > 0 {
		p.Legend = append(p.Legend, "dashed: the backward pass")
	}
}
