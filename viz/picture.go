package viz

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
)

// A Picture is what a drawing of a graph shows: nodes, edges, boxes around them, and the text on each. It knows nothing
// of any format or layout. Its texts are plain: a renderer escapes them for its format.
type Picture struct {
	Title     string
	Legend    []string // what the numbers are, nil for no legend
	Keys      []Key    // what the looks of the nodes mean, nil for no legend
	Direction Dir
	Nodes     []Node    // in recording order
	Edges     []Edge    // by the node they lead to, then by operand
	Order     []Before  // nodes that stand in this order although no edge is drawn between them
	Clusters  []Cluster // a parent stands before what is in it
}

// A Kind is what a node of a picture stands for.
type Kind int

// The kinds of nodes.
const (
	Leaf      Kind = iota // an input or parameter: it wants a gradient
	Constant              // a leaf that wants none
	Operation             // the result of an operation
	Root                  // the value that the picture was asked for, usually the loss
	More                  // a scope, or the rest of a graph that is too large
)

// A Node is a node of a picture: a value of the graph, or a number of them.
type Node struct {
	ID       string // n0, n1, ... in recording order
	Kind     Kind
	Backward bool   // part of the backward pass; see [WithBackward]
	Name     string // the name that was given, "" for none; of a scope, its name
	Label    string // what [autograd.Explain] calls it: its name, h%12 if h is given twice, v12 without one; of a scope, its name
	Op       string // the operation: sigmoid; "" for a leaf, or where the formula says more
	Formula  string // what it computes: 1/(1+e⁻ˣ); with folded operations w1·i1 + w2·i2 + b1
	Shape    string // (2,3), "" for a scalar
	Value    string // the number, or a short description of a tensor
	Tangent  string // τ = …, "" for none; see [WithTangents]
	Adjoint  string // δ = …, "" for none
	Hidden   int    // number of nodes that a node of kind More stands for
	Cluster  int    // index of the innermost cluster, -1 for none
}

// An Edge leads from an operand to the result of an operation.
type Edge struct {
	From, To     int    // indices of nodes
	Operand      string // which operand it is where the order matters: "2nd operand"
	Derivative   string // the local derivative, "" for none
	Passed       string // τ × local derivative = what it adds to τ of the result, "" for none
	Contribution string // δ × local derivative = contribution, "" for none
	Backward     bool   // part of the backward pass
}

// A Cluster is a box around nodes: a scope of the graph.
type Cluster struct {
	ID     string // cluster0, cluster1, ...
	Name   string
	Parent int // index of the cluster around it, -1 for none
}

// A Before is two nodes, by their indices, of which the first stands before the second, in the direction of the picture,
// although nothing need lead from one to the other: layers, and the steps of a network that is unrolled in time, stand one
// after the other. A layout takes it as an edge that is not drawn.
type Before struct{ First, Second int }

// A Key says in a legend what a kind of nodes is. A renderer shows a small node of the kind before the text.
type Key struct {
	Kind     Kind
	Backward bool
	Text     string
}

// titleLen is the number of characters after which a title is shortened.
const titleLen = 120

// NewPicture returns what a drawing of root and of everything that it depends on shows. It does no layout and loops
// over the tape a few times, whatever its length. It panics with a [*graph.Error] if root is no longer on the tape or
// an option does not fit.
func NewPicture(root graph.Value, options ...Option) *Picture {
	return newPicture("viz.NewPicture", root, options)
}

func newPicture(op string, root graph.Value, options []Option) *Picture {
	p := &painter{settings: read(op, root, options), root: root, g: root.Graph()}
	roots := append([]graph.Value{root}, p.roots...)
	p.forward = p.g.Ancestors(graph.AllEdges, roots...)
	roots = append(roots, p.backward...)
	all := p.g.Ancestors(graph.AllEdges, roots...)
	p.labels = notation.Labels(p.g, all)
	if p.hideConstants {
		dropConstants(p.g, all, roots)
	}
	var folded map[int][]link
	if p.fold {
		folded, _ = fold(p.g, all, roots)
	}
	p.view = newView(p.g, all, folded, roots, p.limit, p.foldScopes)
	p.Title, p.Direction = legible.Line(p.title, titleLen), p.direction
	p.addClusters()
	p.addNodes()
	p.addEdges()
	p.addOrder()
	p.addSums()
	p.addPassedSums()
	p.addLegend()
	return &p.Picture
}

// A painter makes a picture.
type painter struct {
	Picture
	settings
	root    graph.Value
	g       *graph.Graph
	labels  legible.Labels
	forward graph.NodeSet // what the root and the further roots depend on
	view    *view
	cluster map[int]int // by scope
	terms   []sum       // by node: what its uses contribute to its adjoint
	passed  []sum       // by node: what its operands contribute to its tangent
	ruled   bool        // a derivative says what becomes of the adjoint of the result
}

// addClusters makes the boxes of the scopes that have something in them.
func (p *painter) addClusters() {
	p.cluster = make(map[int]int)
	used := make([]bool, len(p.view.scopes))
	for _, it := range p.view.items {
		s := it.scope
		if s >= 0 && it.count > 0 { // it is drawn in the scope around it
			s = p.view.scopes[s].Parent
		}
		for ; s >= 0 && !used[s]; s = p.view.scopes[s].Parent {
			used[s] = true
		}
	}
	for s, info := range p.view.scopes {
		if !used[s] {
			continue
		}
		k := len(p.Clusters)
		p.cluster[s] = k
		parent := -1
		if info.Parent >= 0 {
			parent = p.cluster[info.Parent]
		}
		p.Clusters = append(p.Clusters, Cluster{ID: numbered("cluster", k), Name: legible.Name(info.Name), Parent: parent})
	}
}

func (p *painter) addNodes() {
	for k, it := range p.view.items {
		n := Node{ID: numbered("n", k), Cluster: -1}
		s := it.scope
		if it.count > 0 {
			n.Kind, n.Hidden = More, it.count
			n.Backward = !p.forward.Has(it.first)
			if s >= 0 {
				n.Name = legible.Name(p.view.scopes[s].Name)
				n.Label = n.Name
				s = p.view.scopes[s].Parent
			}
		} else {
			p.describe(&n, p.g.Value(it.first).Node())
		}
		if s >= 0 {
			n.Cluster = p.cluster[s]
		}
		p.Nodes = append(p.Nodes, n)
	}
}

// addEdges draws an edge for every operand of every node, and one edge between two items of which one stands for many.
func (p *painter) addEdges() {
	v := p.view
	p.terms, p.passed = make([]sum, len(v.items)), make([]sum, len(v.items))
	drawn := make(map[[2]int]bool)
	var intoRest []Edge
	var buf []link
	for id := range v.in.All {
		n := p.g.Value(id).Node()
		to := v.item(id)
		buf = v.links(buf[:0], id)
		for _, l := range buf {
			from := v.item(l.from)
			e := Edge{From: from, To: to, Backward: !p.forward.Has(id)}
			p.resolve(&l, n)
			if v.items[from].count == 0 {
				p.addTerm(from, n, l)
			}
			if v.items[to].count == 0 {
				p.addPassed(to, l)
			}
			switch pair := [2]int{from, to}; {
			case v.items[from].count == 0 && v.items[to].count == 0:
				p.describeEdge(&e, n, l)
				p.Edges = append(p.Edges, e)
			case from == to || drawn[pair]:
			default:
				drawn[pair] = true
				if to == v.rest {
					intoRest = append(intoRest, e)
				} else {
					p.Edges = append(p.Edges, e)
				}
			}
		}
	}
	// The rest is what is farthest from the root, drawn as if it came first: an edge into it must not close a cycle.
	after := make([]bool, len(v.items))
	for _, e := range p.Edges {
		after[e.To] = after[e.To] || e.From == v.rest || after[e.From]
	}
	for _, e := range intoRest {
		if !after[e.From] {
			p.Edges = append(p.Edges, e)
		}
	}
}
