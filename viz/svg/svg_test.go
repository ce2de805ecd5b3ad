package svg_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/svg"
)

func TestGolden(t *testing.T) {
	for _, c := range pictures {
		if c.golden {
			t.Run(c.name, func(t *testing.T) {
				testkit.Golden(t, filepath.Join("testdata", c.name+".svg"), drawn(t, c.draw))
			})
		}
	}
}

// TestPictures holds what is true of every drawing: it is XML of few elements, the same each time, everything lies in it,
// no text is wider than the box that it stands in, and everything has a title.
func TestPictures(t *testing.T) {
	for _, c := range pictures {
		t.Run(c.name, func(t *testing.T) {
			drawing := drawn(t, c.draw)
			if drawn(t, c.draw) != drawing {
				t.Error("the same graph gives other bytes")
			}
			root := parse(t, drawing)
			page := layout.Rect{W: root.number(t, "width"), H: root.number(t, "height")}
			if root.attributes["role"] != "img" || root.within[0].name != "title" || root.within[0].text == "" || root.within[1].name != "desc" || root.within[1].text == "" {
				t.Error("it has no role, title or description")
			}
			for _, text := range root.all("text", "") {
				if err := inside(page, text.extent(t)); err != nil {
					t.Errorf("the text %q: %v", text.text, err)
				}
			}
			for _, p := range root.all("path", "") {
				for _, at := range points(t, p.attributes["d"]) {
					if err := inside(page, layout.Rect{X: at.X, Y: at.Y}); err != nil {
						t.Errorf("an edge: %v", err)
					}
				}
			}
			for _, node := range root.all("g", "node") {
				checkNode(t, node, page)
			}
			for _, edge := range root.all("g", "edge") {
				if len(edge.all("title", "")) != 1 || len(edge.all("path", "")) != 2 {
					t.Error("an edge has no title, or is not a line with an arrow")
				}
			}
		})
	}
}

func checkNode(t *testing.T, node *element, page layout.Rect) {
	t.Helper()
	if titles := node.all("title", ""); len(titles) != 1 || titles[0].text == "" {
		t.Error("a node has no title")
	}
	boxes := node.all("rect", "")
	for _, b := range boxes {
		if err := inside(page, b.box(t)); err != nil {
			t.Errorf("a node: %v", err)
		}
	}
	// The text stands in the smallest box with a border that is in front.
	frame := boxes[0]
	for _, b := range boxes {
		if b.attributes["stroke"] != "" {
			frame = b
		}
	}
	for _, text := range node.all("text", "") {
		if err := inside(frame.box(t), text.extent(t)); err != nil {
			t.Errorf("the text %q in a node: %v", text.text, err)
		}
	}
}

// points returns the points of a path.
func points(t *testing.T, d string) (out []layout.Point) {
	t.Helper()
	for _, m := range regexp.MustCompile(`[MCL ](-?[0-9.]+),(-?[0-9.]+)`).FindAllStringSubmatch(d, -1) {
		x, errX := strconv.ParseFloat(m[1], 64)
		y, errY := strconv.ParseFloat(m[2], 64)
		if err := errors.Join(errX, errY); err != nil {
			t.Fatal(err)
		}
		out = append(out, layout.Point{X: x, Y: y})
	}
	if len(out) < 3 {
		t.Errorf("the path %q has %d points", d, len(out))
	}
	return out
}

// TestShowsPicture holds that every node and edge of the picture is drawn with all its text.
func TestShowsPicture(t *testing.T) {
	e := lecture()
	options := []viz.Option{viz.WithGradients(autograd.Backward(e)), viz.WithContributions(), viz.Legend(), viz.Title("The network")}
	p := viz.NewPicture(e, options...)
	root := parse(t, drawn(t, func(w io.Writer) error { return svg.Write(w, e, options...) }))
	nodes, edges := root.all("g", "node"), root.all("g", "edge")
	if len(nodes) != len(p.Nodes) || len(edges) != len(p.Edges) || len(root.all("g", "cluster")) != len(p.Clusters) {
		t.Fatalf("%d nodes, %d edges and %d clusters are drawn, want %d, %d and %d", len(nodes), len(edges), len(root.all("g", "cluster")), len(p.Nodes), len(p.Edges), len(p.Clusters))
	}
	for k, n := range p.Nodes {
		var got, want []string
		for _, text := range nodes[k].all("text", "") {
			got = append(got, text.text)
		}
		for _, l := range n.Lines() {
			want = append(want, l.String())
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("node %d shows %q, want %q", k, got, want)
		}
	}
	var all []string
	for _, text := range root.all("text", "") {
		all = append(all, text.text)
	}
	shown := strings.Join(all, "\n")
	for _, e := range p.Edges {
		for _, l := range e.Lines() {
			if !strings.Contains(shown, l.String()) {
				t.Errorf("the text %q beside an edge is not shown", l)
			}
		}
	}
	for _, text := range append(p.Legend, p.Title, "hidden layer") {
		if !strings.Contains(strings.ReplaceAll(shown, "\n", " "), text) {
			t.Errorf("the text %q is not shown", text)
		}
	}
}

// TestHostileNames looks for each name in a drawing in which it is that of a leaf, the loss, a scope and the title.
func TestHostileNames(t *testing.T) {
	for _, name := range hostile {
		g := graph.New()
		x := g.Var(2).Named(name)
		done := g.Scope(name)
		y := ops.Square(x).Named(name)
		done()
		root := parse(t, drawn(t, func(w io.Writer) error {
			return svg.Write(w, y, viz.Title(name), viz.Legend(), viz.WithGradients(autograd.Backward(y)))
		}))
		got := 0
		whole := ""
		for _, text := range append(root.all("text", ""), root.all("tspan", "")...) { // a name that is given twice is followed by a number
			whole += text.text
			if len(text.within) == 0 && text.text == legible.Isolate(legible.Name(name)) {
				got++
			}
		}
		if title := strings.ReplaceAll(legible.Isolate(legible.Line(name, 120)), " ", ""); !strings.Contains(strings.ReplaceAll(whole, " ", ""), title) {
			t.Errorf("the title %q is not shown", title)
		}
		if want := 3; got < want {
			t.Errorf("the name %.40q stands in the drawing %d times, want %d or more", name, got, want)
		}
	}
}

// TestRightToLeft holds that a name from right to left does not turn round what stands beside it.
func TestRightToLeft(t *testing.T) {
	g := graph.New()
	y := ops.Sub(g.Const(1), g.Var(2).Named("א"))
	text := string(drawn(t, func(w io.Writer) error { return svg.Write(w, ops.Exp(y).Named("y"), viz.FoldUnnamed()) }))
	if want := "1 - \u200eא\u200e"; !strings.Contains(text, want) {
		t.Errorf("the drawing has no %q: %s", want, text)
	}
}

// TestCollapses holds that a graph above the limit is collapsed whatever the options say, and that the drawing says so.
func TestCollapses(t *testing.T) {
	for _, c := range []struct {
		name string
		root graph.Value
		max  int // nodes
	}{
		{"many nodes", chain(1000), svg.MaxNodes},
		{"long edges", func() graph.Value { // Graphviz would take minutes
			g := graph.New()
			ys := []graph.Value{g.Var(0.5)}
			for k := range 280 {
				ys = append(ys, ops.Mul(ys[k], ys[k*7/9]))
			}
			return ys[len(ys)-1]
		}(), 270},
		{"many edges", func() graph.Value {
			ys := []graph.Value{graph.New().Var(0.5)}
			for range 140 {
				ys = append(ys, ops.Sum(ops.Stack(0, ys...)))
			}
			return ys[len(ys)-1]
		}(), 270},
	} {
		root := parse(t, drawn(t, func(w io.Writer) error { return svg.Write(w, c.root, viz.MaxNodes(math.MaxInt)) }))
		if got := len(root.all("g", "node")); got > c.max || got < 10 {
			t.Errorf("%s: %d nodes are drawn, want %d at most", c.name, got, c.max)
		}
		head := root.all("g", "head")
		if len(head) != 1 || !strings.Contains(head[0].all("text", "")[0].text, "are drawn as one box") || !strings.Contains(root.within[1].text, "are drawn as one box") {
			t.Errorf("%s: the drawing does not say that it leaves something out", c.name)
		}
	}
}

// A shortWriter fails after a number of bytes.
type shortWriter struct{ room int }

var errFull = errors.New("full")

func (w *shortWriter) Write(b []byte) (int, error) {
	if len(b) > w.room {
		n := w.room
		w.room = 0
		return n, errFull
	}
	w.room -= len(b)
	return len(b), nil
}

func TestWriterFails(t *testing.T) {
	e := lecture()
	var b bytes.Buffer
	if err := svg.Write(&b, e); err != nil {
		t.Fatal(err)
	}
	for _, room := range []int{0, 1, 5000, b.Len() - 1} {
		if err := svg.Write(&shortWriter{room}, e); !errors.Is(err, errFull) {
			t.Errorf("a writer with room for %d of %d bytes: got the error %v", room, b.Len(), err)
		}
	}
	if err := svg.Write(&shortWriter{b.Len()}, e); err != nil {
		t.Errorf("a writer with just enough room: %v", err)
	}
}

func TestMisuse(t *testing.T) {
	g := graph.New()
	stale := ops.Sin(g.Var(1))
	g.Reset()
	other := graph.New().Var(1)
	for _, c := range []struct {
		name string
		call func() error
		want graph.Kind
	}{
		{"nil writer", func() error { return svg.Write(nil, other) }, graph.ErrUsage},
		{"zero value", func() error { return svg.Write(io.Discard, graph.Value{}) }, graph.ErrUsage},
		{"stale root", func() error { return svg.Write(io.Discard, stale) }, graph.ErrStale},
		{"nil option", func() error { return svg.Write(io.Discard, other, nil) }, graph.ErrUsage},
		{"limit", func() error { return svg.Write(io.Discard, other, viz.MaxNodes(1)) }, graph.ErrUsage},
		{"gradients of another graph", func() error {
			return svg.Write(io.Discard, other, viz.WithGradients(autograd.Backward(graph.New().Var(1))))
		}, graph.ErrForeign},
	} {
		var e *graph.Error
		if err := graph.Try(func() { _ = c.call() }); !errors.As(err, &e) || e.Kind != c.want {
			t.Errorf("%s: got %v, want a *graph.Error of the kind %v", c.name, err, c.want)
		}
	}
}
