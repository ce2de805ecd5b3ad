package stepper

import (
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// The measures of the drawing in px. The style sheet and the script use the same.
const (
	smallSize  = 11
	lineHeight = 17
	chipDigits = 4             // significant digits on a chip
	chipDelta  = "δ = 0.08217" // what a chip has room for
	passHeight = 24            // of what a link passes on, which stands under a chip
	maxName    = 24            // characters of a name in a box
	maxFormula = 26            // characters of a formula in a box
)

// A form is one of the two forms of the drawing.
type form struct {
	dir      viz.Dir
	font     float64 // size of the text
	padding  float64 // beside the text in a box
	digits   int     // significant digits
	nodeSep  float64
	rankSep  float64 // between the layers of a network
	edgeSep  float64 // between the ranks of another graph: room for what the links pass on
	value    string  // a value that a box has room for
	delta    string  // a δ that a box has room for
	compact  bool    // a neuron's cell has name and value on one line
	formulas int     // characters up to which a formula stands in a box
}

var (
	wideForm   = form{dir: viz.LeftToRight, font: 13, padding: 7, digits: 6, nodeSep: 14, rankSep: 30, edgeSep: 84, value: "-0.0381", delta: "δ = -0.0380982", formulas: maxFormula}
	narrowForm = form{dir: viz.TopToBottom, font: 12, padding: 5, digits: 4, nodeSep: 7, rankSep: 14, edgeSep: 32, value: "-0.0381", delta: "δ = -0.03810", compact: true, formulas: 18}
)

// Graphs returns what is to be laid out for a wide screen, from left to right, and for a narrow one, downwards. A model
// that shows neurons lays itself out, and takes nil for both.
func (m *Model) Graphs() (wide, narrow *layout.Graph) {
	m.mustBeMade("stepper.Model.Graphs")
	return m.graph(wideForm), m.graph(narrowForm)
}

func (m *Model) graph(f form) *layout.Graph {
	g := &layout.Graph{Dir: f.dir, NodeSep: f.nodeSep, RankSep: f.edgeSep}
	for k, b := range m.boxes {
		g.Nodes = append(g.Nodes, layout.Node{Size: m.size(b, f), Cluster: m.scopeOf[k]})
	}
	for _, s := range m.scopes {
		g.Clusters = append(g.Clusters, layout.Cluster{Parent: s.parent, Label: layout.Size{W: layout.TextWidth(s.name, smallSize, true) + f.padding, H: lineHeight}})
	}
	for _, e := range m.edges {
		g.Edges = append(g.Edges, layout.Edge{From: e.from, To: e.to})
	}
	return g
}

// isLeaf reports whether a box is that of a leaf or constant.
func (m *Model) isLeaf(b int) bool {
	k := m.nodes[m.boxes[b].cells[0]].kind
	return k == leaf || k == constant
}

// size returns the size of a box.
func (m *Model) size(b box, f form) layout.Size {
	var s layout.Size
	for _, k := range b.cells {
		c := m.cell(b, k, f)
		s.W = max(s.W, c.W)
		s.H += c.H
	}
	if b.chip {
		s.H += passHeight
	}
	return s
}

// oneLine reports whether name and value of the nodes in a box stand on one line.
func (m *Model) oneLine(b box, f form) bool { return b.chip || f.compact && len(b.cells) > 1 }

// cell returns the size of a node in a box. There is room for the numbers that are there now, and for others of the usual
// length: a slider may bring them.
func (m *Model) cell(b box, k int, f form) layout.Size {
	n := m.nodes[k]
	if b.chip {
		f.digits = chipDigits
	}
	name := legible.Line(n.name, maxName)
	values := m.valueLines(n, f)
	var w float64
	lines := 0
	add := func(text string, size float64, bold bool) {
		lines++
		w = max(w, layout.TextWidth(text, size, bold))
	}
	switch {
	case b.chip:
		add(name+" = "+values[0]+" ", f.font, true)
	case m.oneLine(b, f):
		add(name+" = "+longer(values[0], "0.59327")+" ", f.font, true)
	default:
		add(name, f.font, true)
		if s := m.formula(n, f); s != "" {
			add(s, smallSize, false)
		}
		for _, s := range values {
			add(s, f.font, false)
		}
	}
	room := f.value
	if n.sweep {
		for _, s := range m.adjointLines(n, f) {
			add(s, f.font, false)
		}
		room = f.delta
		if b.chip {
			room = chipDelta
		}
	}
	w = max(w, layout.TextWidth(room, f.font, false))
	return layout.Size{W: w + 2*f.padding, H: float64(lines)*lineHeight + 7}
}

// longer returns the longer one of two texts.
func longer(a, b string) string {
	if utf8.RuneCountInString(a) >= utf8.RuneCountInString(b) {
		return a
	}
	return b
}

// formula returns the formula that stands in a node's box, "" for none.
func (m *Model) formula(n node, f form) string {
	if n.kind != operation && n.kind != given || m.cfg.Neurons {
		return ""
	}
	if n.kind == given {
		return legible.Name(n.OpName()) + " …"
	}
	s := m.filled(n.value)
	if utf8.RuneCountInString(s) > f.formulas {
		return ""
	}
	return s
}

// filled returns a formula with names in the places of nodes.
func (m *Model) filled(f string) string {
	return eachPlace(f, func(k int) string {
		return legible.Isolate(legible.Line(m.nodes[k].name, maxName))
	})
}
