package layout_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// example is the graph that testdata/example.json is Graphviz's answer to.
func example() *layout.Graph {
	return &layout.Graph{
		Dir:   viz.LeftToRight,
		Nodes: []layout.Node{{layout.Size{W: 60, H: 40}, 1}, {layout.Size{W: 80, H: 20}, 0}, {layout.Size{W: 30, H: 30}, -1}},
		Edges: []layout.Edge{
			{From: 0, To: 1, Label: layout.Size{W: 70.5, H: 14}},
			{From: 1, To: 2},
			{From: 0, To: 2, Hidden: true},
			{From: 1, To: 2},
			{From: 2, To: 2},
		},
		Clusters: []layout.Cluster{
			{Parent: -1, Label: layout.Size{W: 100, H: 16}},
			{Parent: 0, Label: layout.Size{W: 20, H: 16}},
			{Parent: 1, Label: layout.Size{W: 20, H: 16}}, // nothing stands in it
		},
	}
}

func answer(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "example.json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDOT(t *testing.T) {
	testkit.Golden(t, filepath.Join("testdata", "example.dot"), string(example().DOT()))
}

func TestRead(t *testing.T) {
	got, err := example().Read(answer(t))
	if err != nil {
		t.Fatal(err)
	}
	way := func(coordinates ...float64) (points []layout.Point) { // as Graphviz writes them
		for i := 0; i < len(coordinates); i += 2 {
			points = append(points, layout.Point{X: coordinates[i], Y: 152 - coordinates[i+1]})
		}
		return points
	}
	want := &layout.Layout{
		Width: 346, Height: 152,
		Nodes: []layout.Rect{{X: 62 - 30, Y: 152 - 52 - 20, W: 60, H: 40}, {X: 239 - 40, Y: 152 - 73 - 10, W: 80, H: 20}, {X: 331 - 15, Y: 152 - 73 - 15, W: 30, H: 30}},
		Edges: []layout.Route{
			{Points: way(92.291, 55.515, 121.48, 59.018, 166.49, 64.419, 198.76, 68.291), Label: layout.Point{X: 147.5, Y: 152 - 73.207}},
			{Points: way(279.48, 66.295, 292.32, 66.083, 305.78, 66.615, 315.57, 67.889)},
			{},
			{Points: way(279.48, 79.705, 292.32, 79.917, 305.78, 79.385, 315.57, 78.111)},
			{Points: way(325.46, 88.275, 324.23, 97.406, 326.08, 106, 331, 106, 335.92, 106, 337.77, 97.406, 336.54, 88.275)},
		},
		Clusters: []layout.Rect{{X: 8, Y: 152 - 144, W: 283, H: 136}, {X: 20, Y: 152 - 108, W: 84, H: 88}, {}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("layout mismatch (-want +got):\n%s", diff)
	}
}

// TestReadHostile changes a real answer in every way that Graphviz would not.
func TestReadHostile(t *testing.T) {
	whole := string(answer(t))
	for n := range len(whole) - 2 {
		if _, err := example().Read([]byte(whole[:n])); err == nil {
			t.Errorf("the first %d bytes of an answer are no error", n)
		}
	}
	for _, c := range []struct{ old, new string }{
		{`"bb": "0,`, `"bb": "NaN,`},
		{`"bb": "0,`, `"bb": "Inf,`},
		{`"bb": "0,`, `"bb": "1e300,`},
		{`"bb": "0,`, `"bb": "0,0,`},
		{`"bb": "0,`, `"bb": "9999,`},
		{`"name": "n1"`, `"name": "n01"`},
		{`"name": "n1"`, `"name": "n3"`},
		{`"name": "n1"`, `"name": "n-1"`},
		{`"name": "n1"`, `"name": "n99999999999999999999"`},
		{`"name": "n1"`, `"name": "n0"`},
		{`"name": "cluster1"`, `"name": "cluster0"`},
		{`"id": "e1"`, `"id": "e0"`},
		{`"id": "e1"`, `"id": ["e1"]`},
		{`"pos": "`, `"pos": "x`},
		{`"pos": "`, `"pos": "1,2 `},
		{`"pos": "`, `"pos": "` + strings.Repeat("1", 1<<20)},
		{`"pos": "`, `"pos": "-500000,0 `},
		{`"pos": `, `"other": `},
		{`"lp": `, `"other": `},
		{`"objects": `, `"other": `},
		{`"objects": [`, `"objects": [null,`},
		{`"edges": `, `"other": `},
		{`"edges": [` + "\n    {", `"edges": [ {}, {`},
	} {
		changed := strings.Replace(whole, c.old, c.new, 1)
		if strings.Contains(c.old, "lp") || strings.Contains(c.old, "edges") {
			changed = strings.ReplaceAll(whole, c.old, c.new)
		}
		if changed == whole {
			t.Errorf("%q is not in the answer", c.old)
		}
		_, err := example().Read([]byte(changed))
		harmless := strings.Contains(c.new, "null") || strings.Contains(c.new, "{}")
		if (err == nil) != harmless {
			t.Errorf("%.40q in place of %q: error %v", c.new, c.old, err)
		}
		if err != nil && (len(err.Error()) > 300 || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%.40q in place of %q: an error that is long or has more than one line: %.400q", c.new, c.old, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(answer(f))
	f.Add([]byte(`{"bb":"0,0,1,1"}`))
	f.Fuzz(func(t *testing.T, json0 []byte) {
		g := example()
		l, err := g.Read(json0)
		if err != nil {
			return
		}
		for k, e := range l.Edges {
			if n := len(e.Points); !g.Edges[k].Hidden && n%3 != 1 {
				t.Errorf("edge %d has a way of %d points", k, n)
			}
		}
		for k, n := range l.Nodes {
			if math.IsNaN(n.X) || math.IsNaN(n.Y) {
				t.Errorf("node %d stands at %v", k, n)
			}
		}
	})
}

func TestReadNothing(t *testing.T) {
	g := &layout.Graph{}
	l, err := g.Read([]byte(`{"bb":"0,0,0,0"}`))
	if err != nil || l.Width != 0 {
		t.Errorf("got %v, %v for a graph of nothing", l, err)
	}
}

// TestDepth holds that clusters nest no deeper in the drawing than readers of DOT stand.
func TestDepth(t *testing.T) {
	g := &layout.Graph{}
	for k := range 5000 {
		g.Clusters = append(g.Clusters, layout.Cluster{Parent: k - 1})
	}
	g.Nodes = []layout.Node{{layout.Size{W: 1, H: 1}, len(g.Clusters) - 1}}
	if got := bytes.Count(g.DOT(), []byte("subgraph")); got != layout.MaxDepth {
		t.Errorf("%d clusters are drawn, want %d", got, layout.MaxDepth)
	}
}

func TestMisuse(t *testing.T) {
	one := []layout.Node{{layout.Size{W: 1, H: 1}, -1}}
	for _, c := range []struct {
		name string
		g    *layout.Graph
		want graph.Kind
	}{
		{"nil", nil, graph.ErrUsage},
		{"direction", &layout.Graph{Dir: 4}, graph.ErrUsage},
		{"negative direction", &layout.Graph{Dir: -1}, graph.ErrUsage},
		{"node separation", &layout.Graph{NodeSep: -1}, graph.ErrUsage},
		{"rank separation", &layout.Graph{RankSep: math.NaN()}, graph.ErrUsage},
		{"cluster of a node", &layout.Graph{Nodes: []layout.Node{{layout.Size{}, 0}}}, graph.ErrIndex},
		{"negative cluster of a node", &layout.Graph{Nodes: []layout.Node{{layout.Size{}, -2}}}, graph.ErrIndex},
		{"width NaN", &layout.Graph{Nodes: []layout.Node{{layout.Size{W: math.NaN()}, -1}}}, graph.ErrUsage},
		{"height negative", &layout.Graph{Nodes: []layout.Node{{layout.Size{H: -1}, -1}}}, graph.ErrUsage},
		{"width infinite", &layout.Graph{Nodes: []layout.Node{{layout.Size{W: math.Inf(1)}, -1}}}, graph.ErrUsage},
		{"width too large", &layout.Graph{Nodes: []layout.Node{{layout.Size{W: layout.MaxSize + 1}, -1}}}, graph.ErrUsage},
		{"edge from nowhere", &layout.Graph{Nodes: one, Edges: []layout.Edge{{From: -1}}}, graph.ErrIndex},
		{"edge to nowhere", &layout.Graph{Nodes: one, Edges: []layout.Edge{{To: 1}}}, graph.ErrIndex},
		{"width of a label", &layout.Graph{Nodes: one, Edges: []layout.Edge{{Label: layout.Size{W: math.NaN()}}}}, graph.ErrUsage},
		{"height of a label", &layout.Graph{Nodes: one, Edges: []layout.Edge{{Label: layout.Size{H: -1}}}}, graph.ErrUsage},
		{"cluster in itself", &layout.Graph{Clusters: []layout.Cluster{{Parent: 0}}}, graph.ErrIndex},
		{"negative parent", &layout.Graph{Clusters: []layout.Cluster{{Parent: -2}}}, graph.ErrIndex},
		{"width of a cluster's label", &layout.Graph{Clusters: []layout.Cluster{{Parent: -1, Label: layout.Size{W: -1}}}}, graph.ErrUsage},
		{"height of a cluster's label", &layout.Graph{Clusters: []layout.Cluster{{Parent: -1, Label: layout.Size{H: math.Inf(1)}}}}, graph.ErrUsage},
	} {
		for _, call := range []func(){
			func() { c.g.DOT() },
			func() { c.g.Effort() },
			func() { _, _ = c.g.Read([]byte("{}")) },
		} {
			var e *graph.Error
			if err := graph.Try(call); !errors.As(err, &e) || e.Kind != c.want {
				t.Errorf("%s: got %v, want a *graph.Error of the kind %v", c.name, err, c.want)
			}
		}
	}
}

func TestEffort(t *testing.T) {
	node := layout.Node{Size: layout.Size{W: 1, H: 1}, Cluster: -1}
	label := layout.Size{W: 1, H: 1}
	for _, c := range []struct {
		name string
		g    layout.Graph
		want int
	}{
		{"nothing", layout.Graph{}, 0},
		{"a node", layout.Graph{Nodes: []layout.Node{node}}, 1},
		{"a loop", layout.Graph{Nodes: []layout.Node{node}, Edges: []layout.Edge{{}}}, 2},
		{"an edge", layout.Graph{Nodes: []layout.Node{node, node}, Edges: []layout.Edge{{From: 0, To: 1}}}, 3},
		{"a hidden edge", layout.Graph{Nodes: []layout.Node{node, node}, Edges: []layout.Edge{{From: 1, To: 0, Hidden: true}}}, 3},
		{"a label", layout.Graph{Nodes: []layout.Node{node, node}, Edges: []layout.Edge{{From: 0, To: 1, Label: label}}}, 4},
		{"a long edge", layout.Graph{Nodes: []layout.Node{node, node, node}, Edges: []layout.Edge{{From: 0, To: 1}, {From: 1, To: 2}, {From: 0, To: 2}}}, 7},
		{"a circle", layout.Graph{Nodes: []layout.Node{node, node}, Edges: []layout.Edge{{From: 0, To: 1}, {From: 1, To: 0}}}, 4},
	} {
		if got := c.g.Effort(); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}
