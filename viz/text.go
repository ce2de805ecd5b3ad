package viz

import (
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
)

// maxElements is the number of elements up to which a tensor is written out.
const maxElements = 12

// maxTerms is the number of terms up to which a sum is written out.
const maxTerms = 4

func numbered(prefix string, k int) string { return prefix + strconv.Itoa(k) }

func (p *painter) number(v float64) string { return legible.Number(v, p.digits) }

func (p *painter) factor(v float64) string { return legible.Factor(v, p.digits) }

func (p *painter) tensor(t *tensor.Tensor) string { return legible.Tensor(t, maxElements, p.digits) }

// describe fills in what a node of the graph shows.
func (p *painter) describe(out *Node, n graph.Node) {
	out.Name, out.Label = legible.Name(n.Name()), p.label(n)
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
	v, scalar := n.Scalar()
	if !scalar || p.shapes {
		out.Shape = tensor.FormatShape(n.Dims())
	}
	switch {
	case p.shapes || p.hideValues:
	case scalar:
		out.Value = p.number(v)
	default:
		out.Value = p.tensor(n.Data())
	}
	if p.moving(n) {
		out.Tangent = p.describeTangent(n)
	}
	if p.differentiated(n) {
		out.Adjoint = "δ = " + p.adjoint(n)
	}
}

// label returns what a node is called.
func (p *painter) label(n graph.Node) string { return p.labels.Label(n.Name(), n.ID()) }

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

// operand returns what operand i is called where it matters which operand is which: by its place, or as the operation's
// parameter if that is a word.
func operand(n graph.Node, i int) string {
	if n.NumInputs() < 2 || symmetric(n.Row()) {
		return ""
	}
	if name := notation.Parameter(n, i); utf8.RuneCountInString(name) > 1 {
		return name
	}
	return ordinal(i+1) + " operand"
}

// ordinal writes 1st, 2nd, 3rd, 4th.
func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
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

// describeEdge fills in what the edge for a link to node n shows.
func (p *painter) describeEdge(e *Edge, n graph.Node, l link) {
	if p.hideEdges {
		return
	}
	if l.operand >= 0 {
		e.Operand = operand(n, l.operand)
	}
	if e.Backward || !l.flows {
		return
	}
	switch {
	case l.known && p.shapes:
	case l.known:
		e.Derivative = p.number(l.d)
	case l.operand >= 0:
		e.Derivative = p.derivative(n, l.operand)
		p.ruled = p.ruled || strings.Contains(e.Derivative, "δ"+p.label(n)) || legible.HasWord(e.Derivative, "ct")
	}
	if !p.contributions {
		return
	}
	if u := p.g.Value(l.from).Node(); l.known && p.moving(u) {
		e.Passed = p.passedOn(u, l.d)
	}
	if !p.differentiated(n) {
		return
	}
	if l.known {
		w := p.grads.Scalar(n.Value())
		e.Contribution = p.number(w) + " · " + p.factor(l.d) + " = " + p.number(product(w, l.d))
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

const (
	maxRule  = 60  // characters of a derivative in which the names of values are put in
	maxWords = 120 // characters of a derivative
)

// derivative returns the rule for the derivative by operand i, with the names of the values if it is short with them:
// δout·xᵀ for ct·bᵀ. A formula with letters that stand for something else stays as it is.
func (p *painter) derivative(n graph.Node, i int) string {
	rule := notation.Rule(n, i)
	m := map[string]string{"y": p.label(n), "ct": "δ" + p.label(n)}
	maps.Copy(m, notation.Parameters(n, func(i int) string { return p.label(n.InputNode(i)) }, p.factor))
	if filled, ok := legible.FillRule(rule, m); (ok || legible.Prose(rule)) && utf8.RuneCountInString(filled) <= maxRule {
		return legible.Line(filled, maxRule)
	}
	if n.Row().UnaryParam != nil {
		rule, _ = legible.Fill(rule, p.constants(n))
	}
	return legible.Line(rule, maxWords)
}

// A sum collects what is added up to an adjoint or a tangent.
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

// written returns a sum that is known: "a + b + …", with the first terms.
func (p *painter) written(t sum) string {
	var b strings.Builder
	for i, v := range t.terms {
		if i == 0 {
			b.WriteString(p.number(v))
		} else {
			b.WriteString(" + " + p.factor(v))
		}
	}
	if t.n > len(t.terms) {
		b.WriteString(" + … (" + legible.Count(t.n) + " terms)")
	}
	return b.String()
}

// addSums writes the adjoint of a node that is used more than once as the sum of what its uses contribute. The uses are
// known if the picture is that of the loss.
func (p *painter) addSums() {
	if !p.contributions || p.grads == nil || p.grads.Loss().ID() != p.root.ID() {
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
		n.Adjoint = "δ = " + p.written(t) + " = " + total
	}
}
