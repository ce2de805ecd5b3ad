package viz

import (
	"bufio"
	"io"
	"strconv"
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
	d.write("  graph [rankdir=", [...]string{"LR", "TB", "RL", "BT"}[p.Direction], ", bgcolor=white, ", font, ", fontsize=18, nodesep=0.25, ranksep=0.45, newrank=true")
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
	for _, o := range p.Order {
		d.write("  ", p.Nodes[o.First].ID, " -> ", p.Nodes[o.Second].ID, " [style=invis, weight=0];\n")
	}
	d.write("}\n")
	return d.w.Flush()
}

func checkWriter(op string, w io.Writer) {
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: pass where to write, such as os.Stdout"))
	}
}

// smaller is how much smaller than plain text the quiet one is, in points.
const smaller = 2

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

func (d dotWriter) node(depth int, n Node) {
	d.indent(depth)
	d.write(n.ID, " [", lookOf(n.Kind, n.Backward).attributes(), ", label=<")
	d.label(n.Lines(), 14)
	d.write(">];\n")
}

// label writes lines of text, with the given size for plain text.
func (d dotWriter) label(lines []Line, size int) {
	small := `<FONT POINT-SIZE="` + strconv.Itoa(size-smaller) + `" COLOR="#444444">`
	for i, l := range lines {
		if i > 0 {
			d.write("<BR/>")
		}
		for _, s := range l {
			switch text := escape(s.Text); s.Style {
			case Bold:
				d.write("<B>", text, "</B>")
			case Quiet:
				d.write(small, text, "</FONT>")
			case Sweep:
				d.write(`<FONT COLOR="#8f2d00">`, text, "</FONT>")
			case Moving:
				d.write(`<FONT COLOR="#005a46">`, text, "</FONT>")
			default:
				d.write(text)
			}
		}
	}
}

func (d dotWriter) edge(p *Picture, e Edge) {
	d.write("  ", p.Nodes[e.From].ID, " -> ", p.Nodes[e.To].ID)
	lines := e.Lines()
	switch {
	case e.Backward:
		d.write(` [style=dashed, color="#8a3b7a"`)
	case len(lines) > 0:
		d.write(" [")
	default:
		d.write(";\n")
		return
	}
	if len(lines) > 0 {
		if e.Backward {
			d.write(", ")
		}
		d.write("label=<")
		d.label(lines, 12)
		d.write(">")
	}
	d.write("];\n")
}

// escape returns s as the text of an HTML-like label, in which only these characters have a meaning: those of HTML, and
// the backslash, which Graphviz reads there too, after HTML: \N is the name of the node. A space beside another, or at
// an end, would vanish. [legible.Name] has taken care of what does not print and is not UTF-8.
func escape(s string) string {
	var b strings.Builder
	last := ' '
	s = legible.Isolate(s)
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
