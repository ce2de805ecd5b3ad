package stepper

import (
	"container/heap"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
)

// The limits of what is folded: operations in all, steps of ways through them of which formulas are written, and ways from
// a node to one operand that have one.
const (
	foldBudget = 1 << 20
	wayBudget  = 20_000
	maxWays    = 3
)

// link finds what leads to each node.
func (m *Model) link() {
	w := m.writer()
	l := linker{m: m, w: w, users: make(map[int]int), budget: foldBudget, ways: wayBudget}
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
	ways   int // what is left of wayBudget
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
	if l.ways -= len(p.ways); l.ways < 0 {
		q.many = true
	} else {
		for k := range p.ways {
			q.ways = append(q.ways, p.ways[k].Through(v, i))
			q.terms = append(q.terms, p.terms[k].Through(v, i))
		}
	}
	if r, words := notation.RuleInWords(v, i); words {
		q.rule = legible.Name(v.OpName()) + ": " + r
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
		s, _, ok := w.Formula()
		switch negative, minus := strings.CutPrefix(s, "-"); {
		case !ok:
			return ""
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
