package layout_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// A node, an edge, and another node, placed by some build of Graphviz.
func Example() {
	g := &layout.Graph{
		Dir: viz.LeftToRight,
		Nodes: []layout.Node{
			{Size: layout.Size{W: layout.TextWidth("weight", 14, false), H: 20}, Cluster: -1},
			{Size: layout.Size{W: layout.TextWidth("loss", 14, true), H: 20}, Cluster: -1},
		},
		Edges: []layout.Edge{{From: 0, To: 1}},
	}
	fmt.Printf("%.1f px, %.1f px\n", g.Nodes[0].Size.W, g.Nodes[1].Size.W)

	// What `dot -Tjson0` answers to g.DOT().
	answer := `{"bb": "0,0,105,20",
		"objects": [{"name": "n0", "pos": "21,10"}, {"name": "n1", "pos": "90,10"}],
		"edges": [{"id": "e0", "pos": "42,10 52,10 64,10 75,10"}]}`
	l, err := g.Read([]byte(answer))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("from %v to %v, %d points between them\n", l.Nodes[0].Center(), l.Nodes[1].Center(), len(l.Edges[0].Points))
	// Output:
	// 40.5 px, 28.0 px
	// from {21 10} to {90 10}, 4 points between them
}
