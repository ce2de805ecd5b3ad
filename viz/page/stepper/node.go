package stepper

import (
	"container/heap"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
)

// digits is the number of significant digits of constants in formulas and of elements of tensors.
const digits = 6

// maxElements is the number of elements up to which a tensor is written out.
const maxElements = 12

// maxData is the number of elements up to which a tensor stands in full in the page's attributes.
const maxData = 64

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
		n.sweep = m.grads != nil && m.grads.Reaches(v.Value())
		m.at[id] = len(m.nodes)
		m.nodes = append(m.nodes, n)
	}
}

// place returns what stands for node k in formulas.
func place(k int) string { return "{" + strconv.Itoa(k) + "}" }

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

// The limits of what is folded: operations in all, and ways from a node to one operand of which formulas are written.
const (
	foldBudget = 1 << 20
	maxWays    = 3
)

// link finds what leads to each node.
func (m *Model) link() {
	w := m.writer()
	l := linker{m: m, w: w, users: make(map[int]int), budget: foldBudget}
	for k := range m.nodes {
		n := &m.nodes[k]
		if n.kind != operation {
			continue
		}
		if !l.complete(n.Node) {
			n.kind = given
			continue
		}
		n.value, _ = w.Formula(n.Node)
		n.links = l.links(n.Node)
	}
	l.contributions()
}

// A linker finds the links of nodes.
type linker struct {
	m      *Model
	w      notation.Writer
	users  map[int]int // by number of a folded node: 1 + the index of the node it is folded into, -1 for several
	budget int
}

// complete reports whether everything that a node is made of is shown or folded into it, and notes what is folded.
func (l *linker) complete(n graph.Node) bool {
	user := l.m.at[n.ID()] + 1
	seen := map[int]bool{}
	stack := []graph.Node{n}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for i := range v.NumInputs() {
			u := v.InputNode(i)
			id := u.ID()
			if l.m.shown.Has(id) || seen[id] {
				continue
			}
			if l.budget--; l.budget < 0 || l.m.keeps(u) {
				return false
			}
			seen[id] = true
			if u.NumInputs() > 0 {
				stack = append(stack, u)
			}
		}
	}
	for id := range seen {
		if l.users[id] == 0 {
			l.users[id] = user
		} else {
			l.users[id] = -1
		}
	}
	return true
}

// keeps reports whether a node that is not shown is not folded either: there was no room for it.
func (m *Model) keeps(n graph.Node) bool {
	_, scalar := n.Scalar()
	return !m.cfg.Fold || n.Name() != "" || n.NumInputs() == 0 && (n.WantsGrad() || !scalar)
}

// A pending is a folded node that the derivatives of a node by those below are passed on from.
type pending struct {
	d     float64
	known bool
	flows bool
	ways  []notation.Way // the derivative, one way each
	terms []notation.Way // δ times the derivative
	many  bool           // there are more
	rule  string
}

func (p *pending) add(q pending) {
	p.d += q.d
	p.known = p.known && q.known
	p.flows = p.flows || q.flows
	p.many = p.many || q.many
	if q.rule != "" {
		p.rule = q.rule
	}
	p.ways, p.terms = append(p.ways, q.ways...), append(p.terms, q.terms...)
	if len(p.ways) > maxWays {
		p.ways, p.terms, p.many = nil, nil, true
	}
}

// links returns the links to a node: one for each operand that is shown, and one for each node that it reaches through
// folded ones.
func (l *linker) links(n graph.Node) []link {
	m := l.m
	var out []link
	indirect := map[int]*pending{} // by index of the node that is reached
	var order []int
	k := m.at[n.ID()]
	open := &ids{n.ID()}
	at := map[int]*pending{n.ID(): {
		d: 1, known: true, flows: true,
		ways: []notation.Way{l.w.Way("")}, terms: []notation.Way{l.w.Way("{d" + strconv.Itoa(k) + "}")},
	}}
	for open.Len() > 0 {
		id := heap.Pop(open).(int)
		p := at[id]
		delete(at, id)
		v := m.g.Value(id).Node()
		for i := range v.NumInputs() {
			u := v.InputNode(i)
			from, shown := m.at[u.ID()]
			if !shown && u.NumInputs() == 0 {
				continue // a constant without a name
			}
			q := l.step(*p, v, i)
			switch {
			case shown && id == n.ID():
				out = append(out, q.link(from, i))
			case shown:
				if indirect[from] == nil {
					indirect[from] = &q
					order = append(order, from)
				} else {
					indirect[from].add(q)
				}
			case at[u.ID()] == nil:
				at[u.ID()] = &q
				heap.Push(open, u.ID())
			default:
				at[u.ID()].add(q)
			}
		}
	}
	for _, from := range order {
		out = append(out, indirect[from].link(from, -1))
	}
	slices.SortStableFunc(out, func(a, b link) int { return a.from - b.from })
	return out
}

// step goes on from a node to its operand i.
func (l *linker) step(p pending, v graph.Node, i int) pending {
	q := pending{d: p.d, known: p.known, flows: p.flows && v.WantsGrad() && v.Wants(i), many: p.many, rule: p.rule}
	if !q.flows {
		return pending{known: true}
	}
	var known bool
	q.d, known = v.Contribution(i, q.d)
	q.known = q.known && known
	for k := range p.ways {
		q.ways = append(q.ways, p.ways[k].Through(v, i))
		q.terms = append(q.terms, p.terms[k].Through(v, i))
	}
	if r, words := notation.RuleInWords(v, i); words {
		q.rule = v.OpName() + ": " + r
	}
	return q
}

// link returns the link that a way through folded nodes becomes.
func (p pending) link(from, operand int) link {
	l := link{from: from, operand: operand, flows: p.flows, d: p.d, known: p.known, rule: p.rule}
	if p.flows && !p.many {
		l.symbol = joined(p.ways)
		l.term = joined(p.terms)
	}
	return l
}

// joined returns the sum of several ways, "" if one of them has no formula.
func joined(ways []notation.Way) string {
	var b strings.Builder
	for i, w := range ways {
		s, binding, ok := w.Formula()
		switch negative, minus := strings.CutPrefix(s, "-"); {
		case !ok:
			return ""
		case i == 0 && (binding > notation.Sum || len(ways) == 1):
			b.WriteString(s)
		case i == 0:
			b.WriteString(s)
		case minus:
			b.WriteString(" - " + negative)
		default:
			b.WriteString(" + " + s)
		}
	}
	return b.String()
}

// contributions finds what the sweep passed along the links that are no numbers: what it passed to the operand from the
// node itself, or from all that is folded into it and nothing else.
func (l *linker) contributions() {
	m := l.m
	if m.grads == nil {
		return
	}
	folded := map[[2]int]*tensor.Tensor{} // by user and operand
	for id := range m.in.All {
		v := m.g.Value(id).Node()
		k, shown := m.at[id]
		if !shown {
			k = l.users[id] - 1
		}
		if k < 0 || !m.hasTensors(k) || !m.grads.Kept(v.Value()) {
			continue
		}
		for i := range v.NumInputs() {
			from, ok := m.at[v.InputNode(i).ID()]
			switch key := [2]int{k, from}; {
			case !ok || !v.WantsGrad() || !v.Wants(i):
			case shown:
				m.passed(k, from, m.grads.Contribution(v.Value(), i))
			case folded[key] == nil:
				folded[key] = m.grads.Contribution(v.Value(), i)
			default:
				folded[key] = added(folded[key], m.grads.Contribution(v.Value(), i))
			}
		}
	}
	for key, c := range folded {
		m.passed(key[0], key[1], c)
	}
}

// passed notes what the sweep passed from node k to another, at the first link between the two that has nothing yet.
func (m *Model) passed(k, from int, c *tensor.Tensor) {
	links := m.nodes[k].links
	for j := range links {
		if e := &links[j]; e.from == from && e.passed == nil {
			e.passed = c
			return
		}
	}
}

// hasTensors reports whether some link to node k is no number.
func (m *Model) hasTensors(k int) bool {
	for _, e := range m.nodes[k].links {
		if e.flows && !e.known {
			return true
		}
	}
	return false
}

// added returns the sum of two tensors of one shape.
func added(a, b *tensor.Tensor) *tensor.Tensor {
	sum := a.Clone()
	for i := range sum.Len() {
		sum.SetFlat(a.AtFlat(i)+b.AtFlat(i), i)
	}
	return sum
}

// ids is a heap with the highest number on top.
type ids []int

func (h ids) Len() int           { return len(h) }
func (h ids) Less(i, j int) bool { return h[i] > h[j] }
func (h ids) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ids) Push(x any)        { *h = append(*h, x.(int)) }
func (h *ids) Pop() any {
	s := *h
	v := s[len(s)-1]
	*h = s[:len(s)-1]
	return v
}
