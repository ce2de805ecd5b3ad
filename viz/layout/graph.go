package layout

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/viz"
)

// A Size is the width and height of a box in px.
type Size struct{ W, H float64 }

// A Point is a place in a drawing in px: y grows downwards, (0, 0) is the top left corner.
type Point struct{ X, Y float64 }

// A Rect is a box in a drawing in px. X and Y are its top left corner.
type Rect struct{ X, Y, W, H float64 }

// Center returns the middle of the box.
func (r Rect) Center() Point { return Point{r.X + r.W/2, r.Y + r.H/2} }

// A Graph is what is to be laid out. Sizes are finite, from 0 to [MaxSize].
type Graph struct {
	Dir      viz.Dir // where edges lead to
	NodeSep  float64 // least distance of nodes beside each other in px, 0 for 18
	RankSep  float64 // least distance of ranks in px, 0 for 32
	Nodes    []Node
	Edges    []Edge
	Clusters []Cluster // a parent stands before what is in it
}

// A Node is a box that is to be placed.
type Node struct {
	Size    Size
	Cluster int // index of the innermost cluster around it, -1 for none
}

// An Edge leads from one node to another.
type Edge struct {
	From, To int  // indices of nodes
	Label    Size // room for its label, the zero Size for none
	Hidden   bool // it is not drawn: it only shapes the ranks
}

// A Cluster is a box around nodes.
type Cluster struct {
	Parent int  // index of the cluster around it, -1 for none
	Label  Size // room for its label at the top left, the zero Size for none
}

// A Layout says where everything in a [Graph] stands, by the same indices.
type Layout struct {
	Width, Height float64
	Nodes         []Rect
	Edges         []Route
	Clusters      []Rect // the zero Rect for a cluster that no node stands in, or that is not drawn; see [MaxDepth]
}

// A Route is the way of an edge from the border of a node to that of another. A hidden edge has none.
type Route struct {
	Points []Point // where it begins, then triples: two control points of a cubic Bézier curve and its end
	Label  Point   // the centre of the label's room
}

// MaxSize is the largest width or height of a box or label in px.
const MaxSize = 30000

// MaxDepth is the number of clusters around each other that are drawn. What stands deeper is placed in the innermost of
// these.
const MaxDepth = 32

const (
	defaultNodeSep = 18
	defaultRankSep = 32
)

// check panics with a [*graph.Error] if the graph does not fit together.
func (g *Graph) check(op string) {
	if g == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *layout.Graph: give the one that is to be laid out"))
	}
	if g.Dir < viz.LeftToRight || g.Dir > viz.BottomToTop {
		panic(graph.Errorf(op, graph.ErrUsage, "no direction %d: use viz.LeftToRight, viz.TopToBottom, viz.RightToLeft or viz.BottomToTop", g.Dir))
	}
	number := func(v float64, format string, args ...any) {
		if !(v >= 0 && v <= MaxSize) { // also NaN
			what := append(args, v, MaxSize)
			panic(graph.Errorf(op, graph.ErrUsage, format+" is %v px: give 0 to %d", what...))
		}
	}
	number(g.NodeSep, "the distance of nodes")
	number(g.RankSep, "the distance of ranks")
	for k, c := range g.Clusters {
		if c.Parent < -1 || c.Parent >= k {
			panic(graph.Errorf(op, graph.ErrIndex, "cluster %d stands in cluster %d: a parent comes before what is in it, -1 is none", k, c.Parent))
		}
		number(c.Label.W, "the width of the label of cluster %d", k)
		number(c.Label.H, "the height of the label of cluster %d", k)
	}
	for k, n := range g.Nodes {
		if n.Cluster < -1 || n.Cluster >= len(g.Clusters) {
			panic(graph.Errorf(op, graph.ErrIndex, "node %d stands in cluster %d of %d: use -1 for none", k, n.Cluster, len(g.Clusters)))
		}
		number(n.Size.W, "the width of node %d", k)
		number(n.Size.H, "the height of node %d", k)
	}
	for k, e := range g.Edges {
		if min(e.From, e.To) < 0 || max(e.From, e.To) >= len(g.Nodes) {
			panic(graph.Errorf(op, graph.ErrIndex, "edge %d leads from node %d to node %d of %d nodes", k, e.From, e.To, len(g.Nodes)))
		}
		number(e.Label.W, "the width of the label of edge %d", k)
		number(e.Label.H, "the height of the label of edge %d", k)
	}
}

// drawn returns for every cluster the one that stands for it in the drawing: itself, the innermost one around it that is
// drawn if it stands too deep, -1 if no node stands in it.
func (g *Graph) drawn() []int {
	used := make([]bool, len(g.Clusters))
	for _, n := range g.Nodes {
		for c := n.Cluster; c >= 0 && !used[c]; c = g.Clusters[c].Parent {
			used[c] = true
		}
	}
	at := make([]int, len(g.Clusters))
	depth := make([]int, len(g.Clusters))
	for k, c := range g.Clusters {
		at[k], depth[k] = k, 1
		if c.Parent >= 0 {
			depth[k] = depth[c.Parent] + 1
		}
		switch {
		case !used[k]:
			at[k] = -1
		case depth[k] > MaxDepth:
			at[k] = at[c.Parent]
		}
	}
	return at
}

// up rounds to a whole number of px for what Graphviz takes as one.
func up(v float64) int { return int(math.Ceil(v)) }
