package stepper

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// TestInOrder mirrors a layout with the first box at the bottom, or on the right, and leaves one in order as it is.
func TestInOrder(t *testing.T) {
	model := func(scope bool) *Model {
		g := graph.New()
		a, b := g.Var(1).Named("a"), g.Var(2).Named("b")
		if scope {
			defer g.Scope("s")()
		}
		return New(ops.Add(a, b).Named("c"), Config{})
	}
	first, second, root := layout.Rect{X: 0, Y: 0, W: 20, H: 10}, layout.Rect{X: 0, Y: 30, W: 20, H: 10}, layout.Rect{X: 50, Y: 15, W: 20, H: 10}
	l := func(boxes ...layout.Rect) *layout.Layout {
		c := boxes[1].Center()
		return &layout.Layout{Width: 70, Height: 40, Nodes: boxes, Edges: []layout.Route{{Points: []layout.Point{c}}, {}}}
	}
	for _, c := range []struct {
		name  string
		scope bool
		in    *layout.Layout
		want  *layout.Layout
	}{
		{"in order", false, l(first, second, root), l(first, second, root)},
		{"upside down", false, l(second, first, root), l(first, second, root)},
		{"upside down with a scope", true, l(second, first, root), l(second, first, root)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := model(c.scope).inOrder(c.in, wideForm)
			if diff := cmp.Diff(c.want.Nodes, got.Nodes); diff != "" {
				t.Errorf("boxes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want.Edges[0].Points, got.Edges[0].Points); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
		})
	}
	turned := func(r layout.Rect) layout.Rect { return layout.Rect{X: r.Y, Y: r.X, W: r.H, H: r.W} }
	narrow := model(true).inOrder(&layout.Layout{Width: 40, Height: 70, Nodes: []layout.Rect{turned(second), turned(first), turned(root)}, Clusters: []layout.Rect{{X: 10, Y: 40, W: 20, H: 25}}}, narrowForm)
	if want := []layout.Rect{turned(first), turned(second), turned(root)}; !cmp.Equal(narrow.Nodes, want) || narrow.Clusters[0].X != 10 {
		t.Errorf("boxes %v in scope %v, want %v", narrow.Nodes, narrow.Clusters, want)
	}
}
