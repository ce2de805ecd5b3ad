package graphviz_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/svg/graphviz"
)

// random returns a graph without cycles, with clusters, labels, hidden edges, loops and more than one edge between two
// nodes.
func random(rng *rand.Rand, nodes int, dir viz.Dir) *layout.Graph {
	g := &layout.Graph{Dir: dir}
	for k := range rng.IntN(5) {
		g.Clusters = append(g.Clusters, layout.Cluster{Parent: rng.IntN(k+1) - 1, Label: layout.Size{W: float64(rng.IntN(90)), H: float64(rng.IntN(20))}})
	}
	for k := range nodes {
		g.Nodes = append(g.Nodes, layout.Node{
			Size:    layout.Size{W: 200 * rng.Float64(), H: 100 * rng.Float64()},
			Cluster: rng.IntN(len(g.Clusters)+1) - 1,
		})
		for range rng.IntN(4) {
			e := layout.Edge{From: rng.IntN(k + 1), To: k, Hidden: rng.IntN(8) == 0}
			if rng.IntN(2) == 0 {
				e.Label = layout.Size{W: float64(rng.IntN(120)), H: float64(rng.IntN(40))}
			}
			g.Edges = append(g.Edges, e)
		}
	}
	return g
}

const slack = 0.2 // px that the rounding of coordinates takes: Graphviz writes five digits

func inside(outer, inner layout.Rect) bool {
	return inner.X >= outer.X-slack && inner.Y >= outer.Y-slack && inner.X+inner.W <= outer.X+outer.W+slack && inner.Y+inner.H <= outer.Y+outer.H+slack
}

func overlap(a, b layout.Rect) bool {
	return a.X+slack < b.X+b.W && b.X+slack < a.X+a.W && a.Y+slack < b.Y+b.H && b.Y+slack < a.Y+a.H
}

// distance is how far a point is from the border of a box.
func distance(r layout.Rect, p layout.Point) float64 {
	dx := max(r.X-p.X, p.X-r.X-r.W)
	dy := max(r.Y-p.Y, p.Y-r.Y-r.H)
	if dx <= 0 && dy <= 0 {
		return min(-dx, -dy)
	}
	return math.Hypot(max(dx, 0), max(dy, 0))
}

func TestPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for trial := range 24 {
		g := random(rng, rng.IntN(30), viz.Dir(trial%4))
		t.Run(fmt.Sprintf("%d nodes %d edges", len(g.Nodes), len(g.Edges)), func(t *testing.T) {
			l, err := graphviz.Place(g)
			if err != nil {
				t.Fatalf("%v\n%s", err, g.DOT())
			}
			check(t, g, l)
		})
	}
}

func check(t *testing.T, g *layout.Graph, l *layout.Layout) {
	t.Helper()
	page := layout.Rect{W: l.Width, H: l.Height}
	for k, r := range l.Nodes {
		if (layout.Size{W: r.W, H: r.H}) != g.Nodes[k].Size {
			t.Errorf("node %d has the size %v × %v, want %v", k, r.W, r.H, g.Nodes[k].Size)
		}
		if !inside(page, r) {
			t.Errorf("node %d stands outside the drawing: %v in %v", k, r, page)
		}
		for j, q := range l.Nodes[:k] {
			if overlap(r, q) {
				t.Errorf("nodes %d and %d overlap: %v, %v", j, k, q, r)
			}
		}
		for c, q := range l.Clusters {
			within := false
			for at := g.Nodes[k].Cluster; at >= 0; at = g.Clusters[at].Parent {
				within = within || at == c
			}
			if within && !inside(q, r) {
				t.Errorf("node %d at %v stands outside its cluster %d at %v", k, r, c, q)
			} else if !within && overlap(q, r) {
				t.Errorf("node %d at %v stands in the way of cluster %d at %v", k, r, c, q)
			}
		}
	}
	for k, e := range g.Edges {
		r := l.Edges[k]
		if e.Hidden {
			if r.Points != nil {
				t.Errorf("edge %d is hidden and has a way", k)
			}
			continue
		}
		// Graphviz ends edges at the border of a line of its own width around a node.
		const line = 1.5
		n := len(r.Points)
		if d := distance(l.Nodes[e.From], r.Points[0]); d > line {
			t.Errorf("edge %d begins %.2f px from node %d", k, d, e.From)
		}
		if d := distance(l.Nodes[e.To], r.Points[n-1]); d > line {
			t.Errorf("edge %d ends %.2f px from node %d", k, d, e.To)
		}
		if e.Label == (layout.Size{}) {
			continue
		}
		label := layout.Rect{X: r.Label.X - e.Label.W/2, Y: r.Label.Y - e.Label.H/2, W: e.Label.W, H: e.Label.H}
		if !inside(page, label) {
			t.Errorf("the label of edge %d stands outside the drawing: %v in %v", k, label, page)
		}
		for j, q := range l.Nodes {
			if e.From != e.To && overlap(label, q) {
				t.Errorf("the label of edge %d at %v lies on node %d at %v", k, label, j, q)
			}
		}
	}
}

// TestPlaceTall places so many nodes above each other that the five digits of a coordinate are tens of px.
func TestPlaceTall(t *testing.T) {
	g := &layout.Graph{Dir: viz.LeftToRight}
	for range 1499 {
		g.Nodes = append(g.Nodes, layout.Node{Size: layout.Size{W: 60, H: 70}, Cluster: -1})
	}
	if _, err := graphviz.Place(g); err != nil {
		t.Error(err)
	}
}

func TestPlaceDirections(t *testing.T) {
	for dir, before := range map[viz.Dir]func(a, b layout.Rect) bool{
		viz.LeftToRight: func(a, b layout.Rect) bool { return a.X+a.W < b.X },
		viz.RightToLeft: func(a, b layout.Rect) bool { return b.X+b.W < a.X },
		viz.TopToBottom: func(a, b layout.Rect) bool { return a.Y+a.H < b.Y },
		viz.BottomToTop: func(a, b layout.Rect) bool { return b.Y+b.H < a.Y },
	} {
		for _, hidden := range []bool{false, true} {
			g := &layout.Graph{Dir: dir, Nodes: []layout.Node{{Size: layout.Size{W: 50, H: 20}, Cluster: -1}, {Size: layout.Size{W: 30, H: 40}, Cluster: -1}}}
			g.Edges = []layout.Edge{{From: 0, To: 1, Hidden: hidden}}
			l, err := graphviz.Place(g)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := l.Nodes[0], l.Nodes[1]; !before(a, b) {
				t.Errorf("direction %d: the edge leads from %v to %v", dir, a, b)
			}
		}
	}
}

// TestPlaceTooLong places a chain with an edge from its beginning to each of its nodes, over which Graphviz would take
// minutes.
func TestPlaceTooLong(t *testing.T) {
	g := &layout.Graph{}
	for k := range 300 {
		g.Nodes = append(g.Nodes, layout.Node{Size: layout.Size{W: 10, H: 10}, Cluster: -1})
		if k > 0 {
			g.Edges = append(g.Edges, layout.Edge{From: k - 1, To: k}, layout.Edge{From: 0, To: k})
		}
	}
	if _, err := graphviz.Place(g); err == nil || !strings.Contains(err.Error(), "draw fewer nodes") {
		t.Errorf("got the error %v, want one that says what to do", err)
	}
}

// TestPlaceTogether is for the race detector: the library itself is not made for several goroutines.
func TestPlaceTogether(t *testing.T) {
	want, err := graphviz.Place(random(rand.New(rand.NewPCG(2, 2)), 12, viz.LeftToRight))
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			got, err := graphviz.Place(random(rand.New(rand.NewPCG(2, 2)), 12, viz.LeftToRight))
			if err != nil {
				t.Error(err)
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the same graph is placed otherwise (-first +now):\n%s", diff)
			}
		})
	}
	wait.Wait()
}

// TestLeavesNothing runs this test's own program once more and looks for what a drawing leaves behind: no machine code where
// somebody could put theirs, or where it could be damaged.
func TestLeavesNothing(t *testing.T) {
	const child = "CHAINRULE_GRAPHVIZ_CHILD"
	if os.Getenv(child) != "" {
		if _, err := graphviz.Place(random(rand.New(rand.NewPCG(3, 3)), 12, viz.LeftToRight)); err != nil {
			t.Error(err)
		}
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestLeavesNothing$")
	cmd.Env = append(os.Environ(), child+"=1")
	for _, name := range []string{"TMPDIR", "TMP", "TEMP", "HOME", "XDG_CACHE_HOME", "USERPROFILE", "LocalAppData"} {
		cmd.Env = append(cmd.Env, name+"="+dir)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left behind, error %v", left, err)
	}
}
