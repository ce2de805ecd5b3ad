package viz

import (
	"bufio"
	"io"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// DOT writes root and everything that it depends on in the language of Graphviz: `dot -Tsvg graph.dot` draws it.
// The same graph and options give the same bytes. The text says what every node computed; [WithGradients] adds what
// the backward sweep found, [WithContributions] how.
//
// DOT returns the first error of w. It panics with a [*graph.Error] if root is no longer on the tape or an option does
// not fit.
func DOT(w io.Writer, root graph.Value, options ...Option) error {
	const op = "viz.DOT"
	checkWriter(op, w)
	return newPicture(op, root, options).DOT(w)
}

// DOT writes the picture in the language of Graphviz and returns the first error of w.
func (p *Picture) DOT(w io.Writer) error {
	checkWriter("viz.Picture.DOT", w)
	d := dotWriter{bufio.NewWriter(w)}
	d.write("digraph chainrule {\n")
	d.write("  graph [rankdir=", [...]string{"LR", "TB", "RL", "BT"}[p.Direction], ", bgcolor=white, ", font, ", fontsize=18, nodesep=0.25, ranksep=0.45")
	d.title(p)
	d.write("];\n")
	d.write("  node [", font, ", fontsize=14, color=\"#333333\", penwidth=1.2, margin=\"0.12,0.06\"];\n")
	d.write("  edge [", font, ", fontsize=12, color=\"#555555\", fontcolor=\"#222222\", arrowsize=0.7];\n")
	inside := make([][]int, len(p.Clusters)+1) // nodes by cluster, the last for none
	within := make([][]int, len(p.Clusters)+1)
	index := func(cluster int) int {
		if cluster < 0 {
			return len(p.Clusters)
		}
		return cluster
	}
	for k, n := range p.Nodes {
		inside[index(n.Cluster)] = append(inside[index(n.Cluster)], k)
	}
	for k, c := range p.Clusters {
		within[index(c.Parent)] = append(within[index(c.Parent)], k)
	}
	d.clusters(p, inside, within)
	for _, e := range p.Edges {
		d.edge(p, e)
	}
	d.write("}\n")
	return d.w.Flush()
}

func checkWriter(op string, w io.Writer) {
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: pass where to write, such as os.Stdout"))
	}
}

const font = `fontname="Helvetica,Arial,sans-serif"`

// A dotWriter writes DOT; the buffer keeps the first error.
type dotWriter struct{ w *bufio.Writer }

func (d dotWriter) write(parts ...string) {
	for _, s := range parts {
		d.w.WriteString(s)
	}
}

// maxIndent is the depth up to which lines are indented.
const maxIndent = 16

func (d dotWriter) indent(depth int) { d.write(strings.Repeat("  ", min(depth, maxIndent))) }

// clusters writes the nodes, each in the boxes around it. It walks the tree of boxes without recursion: scopes nest as
// deep as a program likes.
func (d dotWriter) clusters(p *Picture, inside, within [][]int) {
	type frame struct{ cluster, next int }
	stack := []frame{{cluster: len(p.Clusters)}}
	for _, k := range inside[len(p.Clusters)] {
		d.node(1, p.Nodes[k])
	}
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		if kids := within[f.cluster]; f.next < len(kids) {
			k := kids[f.next]
			f.next++
			c := p.Clusters[k]
			d.indent(len(stack))
			d.write("subgraph ", c.ID, " {\n")
			d.indent(len(stack) + 1)
			d.write("graph [style=\"rounded,filled\", color=\"#999999\", fillcolor=\"", shade(len(stack)), "\", labeljust=l, labelloc=t, margin=12, fontsize=14, label=<", escape(c.Name), ">];\n")
			for _, n := range inside[k] {
				d.node(len(stack)+1, p.Nodes[n])
			}
			stack = append(stack, frame{cluster: k})
			continue
		}
		if stack = stack[:len(stack)-1]; len(stack) > 0 {
			d.indent(len(stack))
			d.write("}\n")
		}
	}
}

// shade alternates with the depth of a box.
func shade(depth int) string {
	if depth%2 == 1 {
		return "#f6f6f6"
	}
	return "#ececec"
}

// The looks of the kinds: told apart by shape and border, so that they can be when printed in grey.
var looks = [...]string{
	Leaf:      `shape=box, style=filled, fillcolor="#cfe2f7"`,
	Constant:  `shape=box, style="filled,dotted", fillcolor=white`,
	Operation: `shape=box, style="filled,rounded", fillcolor="#fff9e3"`,
	Root:      `shape=box, style="filled,rounded", fillcolor="#ffd98f", peripheries=2`,
	More:      `shape=box3d, style=filled, fillcolor="#dddddd"`,
}

// backwardLook replaces the look of a node of the backward pass.
const backwardLook = `shape=box, style="filled,rounded,dashed", fillcolor="#f3e0ef"`

func (d dotWriter) node(depth int, n Node) {
	look := looks[n.Kind]
	if n.Backward && n.Kind != More {
		look = backwardLook
	}
	d.indent(depth)
	d.write(n.ID, " [", look, ", label=<")
	first := true
	line := func(parts ...string) {
		if !first {
			d.write("<BR/>")
		}
		first = false
		d.write(parts...)
	}
	if n.Kind == More {
		if n.Name != "" {
			line("<B>", escape(n.Name), "</B>")
		}
		line("… ", legible.Count(n.Hidden), " more nodes")
		d.write(">];\n")
		return
	}
	if n.Name != "" {
		line("<B>", escape(n.Name), "</B>")
	}
	switch formula := `<FONT POINT-SIZE="12" COLOR="#444444">` + escape(n.Formula) + "</FONT>"; {
	case n.Op != "" && n.Formula != "":
		line(escape(n.Op), "&#160; ", formula)
	case n.Op != "":
		line(escape(n.Op))
	case n.Formula != "" && n.Name == "":
		line(escape(n.Formula))
	case n.Formula != "":
		line(formula)
	}
	if n.Shape != "" {
		line(escape(n.Shape), " ", escape(n.Value))
	} else {
		line(escape(n.Value))
	}
	if n.Adjoint != "" {
		line(`<FONT COLOR="#8f2d00">`, equations(n.Adjoint, 2), "</FONT>")
	}
	d.write(">];\n")
}

func (d dotWriter) edge(p *Picture, e Edge) {
	d.write("  ", p.Nodes[e.From].ID, " -> ", p.Nodes[e.To].ID)
	var label []string
	operand := `<FONT POINT-SIZE="11" COLOR="#444444">` + escape(e.Operand)
	switch {
	case e.Operand != "" && e.Derivative != "":
		label = append(label, operand+": </FONT>"+escape(e.Derivative))
	case e.Operand != "":
		label = append(label, operand+"</FONT>")
	case e.Derivative != "":
		label = append(label, escape(e.Derivative))
	}
	if e.Contribution != "" {
		label = append(label, `<FONT COLOR="#8f2d00">`+equations(e.Contribution, 1)+"</FONT>")
	}
	var attributes []string
	if e.Backward {
		attributes = append(attributes, `style=dashed, color="#8a3b7a"`)
	}
	if len(label) > 0 {
		attributes = append(attributes, "label=<"+strings.Join(label, "<BR/>")+">")
	}
	if len(attributes) > 0 {
		d.write(" [", strings.Join(attributes, ", "), "]")
	}
	d.write(";\n")
}

// equations returns the label's text for a = b = c, with a line break before every equals sign from the one with the
// given number on.
func equations(s string, first int) string {
	parts := strings.Split(s, " = ")
	if first > len(parts) {
		first = len(parts)
	}
	lines := append([]string{strings.Join(parts[:first], " = ")}, parts[first:]...)
	for i := range lines {
		lines[i] = escape(lines[i])
	}
	return strings.Join(lines, "<BR/>= ")
}

// title writes the title and the legend.
func (d dotWriter) title(p *Picture) {
	var lines []string
	if p.Title != "" {
		lines = append(lines, "<B>"+escape(p.Title)+"</B>")
	}
	for _, l := range p.Legend {
		lines = append(lines, `<FONT POINT-SIZE="12" COLOR="#333333">`+escape(l)+"</FONT>")
	}
	if len(lines) > 0 {
		d.write(", labelloc=t, label=<", strings.Join(append(lines, " "), "<BR/>"), ">")
	}
}

// escape returns s as the text of an HTML-like label, in which only these characters have a meaning: those of HTML, and
// the backslash, which Graphviz reads there too, after HTML: \N is the name of the node. A space beside another, or at
// an end, would vanish. [legible.Name] has taken care of what does not print and is not UTF-8.
func escape(s string) string {
	var b strings.Builder
	last := ' '
	for i, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\\':
			b.WriteString(`\\`)
		case r == ' ' && (last == ' ' || i == len(s)-1):
			b.WriteString("&#160;")
		default:
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}
