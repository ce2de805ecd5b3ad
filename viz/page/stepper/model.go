package stepper

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/page/javascript"
)

// DefaultMaxNodes is the number of nodes that a stepper shows unless [Config] says otherwise.
const DefaultMaxNodes = 300

// maxTape is the number of operations up to which a page computes by itself.
const maxTape = 5000

// A Config is how a stepper shows a graph. The zero Config shows every node.
type Config struct {
	// Fold shows leaves, the root and values with names only. What stands between them without a name is folded into
	// formulas and derivatives. A graph with more than MaxNodes nodes is folded in any case, if operations have names.
	Fold bool

	// Neurons draws a network as lectures do. A leaf that is used once, as a factor of a product, becomes a chip on the
	// edge to what the product goes into, as a weight stands on its edge; a value that is used once, by an operation of
	// one operand, becomes one box with it, as net and out of a neuron. It works together with Fold.
	Neurons bool

	// DepthFirst adds a switch between the order of the tape and depth first, which passes the δ of a node on the first
	// time that it is reached, and so goes wrong where a node has several users. It works with graphs of scalars.
	DepthFirst bool

	// Beyond are further values to show, with all that they are made of, such as the derivatives that autograd.Grad has
	// recorded behind the root. They are computed step by step as well, and get no δ.
	Beyond []graph.Value

	// Gradients is what a backward sweep from the root found, nil to let the stepper run one.
	Gradients *autograd.Gradients

	// MaxNodes limits the nodes shown: those nearest to the root. 0 stands for [DefaultMaxNodes]. Fewer are shown of a
	// graph with edges that lead so far that Graphviz would take long to place them.
	MaxNodes int
}

// A Model is a graph as a stepper shows it.
type Model struct {
	cfg   Config
	root  graph.Value
	g     *graph.Graph
	of    graph.NodeSet // what the root depends on
	in    graph.NodeSet // what the root and the values beyond depend on
	shown graph.NodeSet // the nodes that are shown
	all   int           // how many these are
	names legible.Labels
	grads *autograd.Gradients // nil if there are none

	nodes   []node
	at      map[int]int // by node number: index in nodes
	live    bool        // the page can compute everything itself
	notes   []string    // what the page says about the graph
	tape    []int       // the numbers of the nodes that the page computes, nil unless live
	boxes   []box
	edges   []boxEdge
	scopes  []scopeBox // boxes around boxes, an outer one before those in it
	scopeOf []int      // by box: the innermost of them, -1 for none
}

// New returns the model of a stepper for root and everything that it depends on. A root that is no scalar, or that wants
// no gradient, has a forward pass only.
//
// New panics with a [*graph.Error] if root is no longer on the tape, the gradients are those of another value, MaxNodes
// is negative or 1, a value beyond is of another graph, or a leaf was changed after it had been used.
func New(root graph.Value, cfg Config) *Model {
	const op = "stepper.New"
	root.Check(op)
	m := &Model{cfg: cfg, root: root, g: root.Graph()}
	switch {
	case cfg.MaxNodes == 0:
		m.cfg.MaxNodes = DefaultMaxNodes
	case cfg.MaxNodes < 2:
		panic(graph.Errorf(op, graph.ErrUsage, "a stepper of at most %d nodes: give MaxNodes 2 or more, or 0 for %d", cfg.MaxNodes, DefaultMaxNodes))
	}
	if cfg.Gradients != nil {
		switch {
		case cfg.Gradients.Graph() != m.g:
			panic(graph.Errorf(op, graph.ErrForeign, "the gradients are of another graph: use autograd.Backward on the root"))
		case cfg.Gradients.Loss().ID() != root.ID():
			panic(graph.Errorf(op, graph.ErrUsage, "the gradients are those of %s, not of the root %s: use autograd.Backward on the root", cfg.Gradients.Loss().Node().Label(), root.Node().Label()))
		}
	}
	for _, v := range cfg.Beyond {
		v.CheckIn(op, m.g)
	}
	m.of = m.g.Ancestors(graph.AllEdges, root)
	m.in = m.g.Ancestors(graph.AllEdges, append([]graph.Value{root}, cfg.Beyond...)...)
	m.all = m.in.Len()
	m.names = notation.Labels(m.g, m.in)
	m.sweep()
	for limit := min(m.cfg.MaxNodes, layout.MaxEffort/2); ; { // a node is a place
		shown := m.show(limit)
		// The narrow form has the same ranks as the wide one. Neurons, which are laid out here, must not have longer edges
		// either: a page has each of their points.
		effort := 2 * shown.graph(wideForm).Effort()
		if limit == 2 || effort <= layout.MaxEffort {
			return shown
		}
		share := math.Sqrt(layout.MaxEffort / float64(effort)) // where each node has edges to all parts of the graph
		limit = max(int(float64(len(shown.nodes))*min(share, 0.75)), 2)
	}
}

// mustBeMade panics unless m comes from [New].
func (m *Model) mustBeMade(op string) {
	if m == nil || m.g == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *stepper.Model: make one with stepper.New"))
	}
}

// show returns a copy of m, of which the graph is known, with at most limit nodes to show.
func (m Model) show(limit int) *Model {
	m.at = make(map[int]int)
	m.notes = slices.Clip(m.notes)
	m.choose(limit)
	m.describe()
	m.link()
	m.checkLive()
	m.group()
	m.findScopes()
	return &m
}

// sweep takes the gradients that were given, or finds them.
func (m *Model) sweep() {
	n := m.root.Node()
	_, scalar := n.Scalar()
	switch {
	case m.cfg.Gradients != nil:
		m.grads = m.cfg.Gradients
	case !scalar:
		m.notes = append(m.notes, fmt.Sprintf("The result has shape %s: only a number has derivatives δ, so there is no backward pass. Reduce it with ops.Sum or ops.Mean.", tensor.FormatShape(n.Dims())))
	case !n.WantsGrad():
		m.notes = append(m.notes, "The result depends on constants alone, so there is no backward pass.")
	default:
		g := autograd.Backward(m.root)
		m.grads = &g
	}
}

// choose decides which nodes are shown, limit at most.
func (m *Model) choose(limit int) {
	m.shown = m.kept(m.cfg.Fold)
	if !m.cfg.Fold && m.shown.Len() > m.cfg.MaxNodes && m.named() {
		m.cfg.Fold = true
		m.shown = m.kept(true)
		m.notes = append(m.notes, fmt.Sprintf("The graph has %s nodes. Shown are leaves, the result, and values with a name.", legible.Count(m.all)))
	}
	if n := m.shown.Len(); n > limit {
		m.shown = m.nearest(limit)
		m.notes = append(m.notes, fmt.Sprintf("Of %s nodes, the %d nearest to the result are shown. Fold, or the graph of a smaller example, shows more at a time.", legible.Count(n), m.shown.Len()))
	}
}

// named reports whether some operation before the result has a name, so that folding leaves more than the leaves.
func (m *Model) named() bool {
	for id := range m.in.All {
		if n := m.g.Value(id).Node(); n.Name() != "" && n.NumInputs() > 0 && id != m.root.ID() {
			return true
		}
	}
	return false
}

// kept returns the nodes to show, all of them or what is left with the others folded.
func (m *Model) kept(fold bool) graph.NodeSet {
	s := make(graph.NodeSet, len(m.in))
	for id := range m.in.All {
		n := m.g.Value(id).Node()
		_, scalar := n.Scalar()
		if !fold || n.Name() != "" || n.NumInputs() == 0 && (n.WantsGrad() || !scalar) {
			s.Add(id)
		}
	}
	for _, v := range append([]graph.Value{m.root}, m.cfg.Beyond...) {
		s.Add(v.ID())
	}
	return s
}

// nearest returns the nodes of m.shown that are nearest to the root, counted in operations.
func (m *Model) nearest(limit int) graph.NodeSet {
	near, seen := make(graph.NodeSet, len(m.in)), make(graph.NodeSet, len(m.in))
	var queue []int
	for _, v := range append([]graph.Value{m.root}, m.cfg.Beyond...) {
		queue = append(queue, v.ID())
		seen.Add(v.ID())
	}
	count := 0
	for i := 0; i < len(queue); i++ {
		if m.shown.Has(queue[i]) {
			if count == limit {
				break
			}
			near.Add(queue[i])
			count++
		}
		n := m.g.Value(queue[i]).Node()
		for k := range n.NumInputs() {
			if id := n.InputNode(k).ID(); !seen.Has(id) {
				seen.Add(id)
				queue = append(queue, id)
			}
		}
	}
	return near
}

// checkLive decides whether the page can compute values and derivatives by itself, and says why not.
func (m *Model) checkLive() {
	if why := m.unknown(); why != "" {
		m.notes = append(m.notes, "The numbers are those of the program that wrote this page. There are no sliders: "+why+".")
		return
	}
	m.live = true
	for id := range m.in.All {
		m.tape = append(m.tape, id)
	}
}

// unknown returns what keeps the page from computing the graph, "" for nothing.
func (m *Model) unknown() string {
	if m.all > maxTape {
		return "the graph has " + legible.Count(m.all) + " nodes"
	}
	seen := make(map[*graph.Row]bool)
	for id := range m.in.All {
		n := m.g.Value(id).Node()
		if _, scalar := n.Scalar(); !scalar {
			return "the graph has tensors"
		}
		row := n.Row()
		if n.NumInputs() == 0 || seen[row] {
			continue
		}
		seen[row] = true
		if _, missing := javascript.Functions([]*graph.Row{row}); len(missing) > 0 {
			return "the page does not know how to compute " + legible.Name(n.OpName())
		}
	}
	return ""
}

// Rows returns the operations that the page computes by itself, each once, in the order of the tape; none if it does not.
func (m *Model) Rows() []*graph.Row {
	m.mustBeMade("stepper.Model.Rows")
	var rows []*graph.Row
	seen := make(map[*graph.Row]bool)
	for _, id := range m.tape {
		n := m.g.Value(id).Node()
		if row := n.Row(); n.NumInputs() > 0 && !seen[row] {
			seen[row] = true
			rows = append(rows, row)
		}
	}
	return rows
}
