package layout

import (
	"bytes"
	"cmp"
	"fmt"
)

// pointsPerInch is that of Graphviz. One px is one point.
const pointsPerInch = 72

// DOT returns the graph in the language of Graphviz, for `dot -Tjson0`, whose answer [Graph.Read] reads. All sizes are
// fixed and all labels are empty: nothing is left to the fonts that Graphviz finds. The text is ASCII. DOT panics with a
// [*graph.Error] if the graph does not fit together.
//
// [*graph.Error]: https://pkg.go.dev/github.com/seed366ff29f/chainrule/graph#Error
func (g *Graph) DOT() []byte {
	g.check("layout.Graph.DOT")
	var b bytes.Buffer
	b.WriteString("digraph {\n")
	fmt.Fprintf(&b, "graph [rankdir=%s, newrank=true, nodesep=%s, ranksep=%s, nslimit=%d];\n",
		[...]string{"LR", "TB", "RL", "BT"}[g.Dir], inches(cmp.Or(g.NodeSep, defaultNodeSep)), inches(cmp.Or(g.RankSep, defaultRankSep)), g.iterations())
	b.WriteString("node [shape=box, fixedsize=true, label=\"\", margin=0, fontsize=1];\nedge [arrowhead=none];\n")
	g.writeNodes(&b)
	for k, e := range g.Edges {
		fmt.Fprintf(&b, "n%d -> n%d [id=e%d", e.From, e.To, k)
		if e.Label != (Size{}) && !e.Hidden {
			b.WriteString(", label=" + room(e.Label))
		}
		if e.Hidden {
			b.WriteString(", style=invis")
		}
		b.WriteString("];\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// writeNodes writes the nodes, each in the clusters around it.
func (g *Graph) writeNodes(b *bytes.Buffer) {
	at := g.drawn()
	nodes := make([][]int, len(g.Clusters)+1) // by cluster, the last for none
	kids := make([][]int, len(g.Clusters)+1)
	for k, n := range g.Nodes {
		in := len(g.Clusters)
		if n.Cluster >= 0 {
			in = at[n.Cluster]
		}
		nodes[in] = append(nodes[in], k)
	}
	for k, c := range g.Clusters {
		switch {
		case at[k] != k:
		case c.Parent < 0:
			kids[len(g.Clusters)] = append(kids[len(g.Clusters)], k)
		default:
			kids[c.Parent] = append(kids[c.Parent], k)
		}
	}
	var write func(cluster int)
	write = func(cluster int) { // at most MaxDepth deep
		for _, k := range nodes[cluster] {
			s := g.Nodes[k].Size
			fmt.Fprintf(b, "n%d [width=%s, height=%s];\n", k, inches(s.W), inches(s.H))
		}
		for _, k := range kids[cluster] {
			fmt.Fprintf(b, "subgraph cluster%d {\ngraph [margin=12, labelloc=t, labeljust=l, label=", k)
			if l := g.Clusters[k].Label; l != (Size{}) {
				b.WriteString(room(l))
			} else {
				b.WriteString(`""`)
			}
			b.WriteString("];\n")
			write(k)
			b.WriteString("}\n")
		}
	}
	write(len(g.Clusters))
}

func inches(px float64) string { return fmt.Sprintf("%.6f", px/pointsPerInch) }

// leastRoom is the room that the border of an empty table and its cell take. Graphviz complains about less.
const leastRoom = 12

// room returns an HTML-like label that is empty and has a fixed size in whole px. Further attributes of the table, such
// as a border of 0, are left out: the builds of Graphviz differ in what they make of them.
func room(s Size) string {
	return fmt.Sprintf(`<<TABLE FIXEDSIZE="TRUE" WIDTH="%d" HEIGHT="%d"><TR><TD></TD></TR></TABLE>>`, max(leastRoom, up(s.W)), max(leastRoom, up(s.H)))
}
