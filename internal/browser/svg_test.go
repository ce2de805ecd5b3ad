package browser_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/browser"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/svg"
)

// Pictures are laid out by a table of widths. With the fonts of the browser the texts still stay in their boxes, those of
// nodes in the node's and all in the picture, and do not cover each other.
func TestSVG(t *testing.T) {
	t.Parallel()
	network := record222()
	gradients := viz.WithGradients(autograd.Backward(network))
	for _, c := range []struct {
		name    string
		root    graph.Value
		options []viz.Option
	}{
		{"folded", network, []viz.Option{viz.FoldUnnamed(), gradients, viz.WithContributions(), viz.Legend(), viz.Title("The 2-2-2 network")}},
		{"all", network, []viz.Option{gradients, viz.WithContributions(), viz.Precision(17)}},
		{"left to right", network, []viz.Option{viz.Direction(viz.LeftToRight), viz.HideConstants()}},
		{"tensors", tensors(), []viz.Option{viz.Legend()}},
		{"hostile", hostileGraph(), []viz.Option{viz.Title(hostile[0]), viz.Legend()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var text bytes.Buffer
			if err := svg.Write(&text, c.root, c.options...); err != nil {
				t.Fatal(err)
			}
			b := browser.Open(t)
			b.Goto(write(t, "picture.svg", text.String()))
			var n struct{ Nodes, Texts int }
			b.Into(&n, `({nodes: document.querySelectorAll("g.node").length, texts: document.querySelectorAll("text").length})`)
			if n.Nodes < 2 || n.Texts < 2*n.Nodes {
				t.Errorf("the picture has %d nodes and %d texts", n.Nodes, n.Texts)
			}
			var faults []string
			b.Into(&faults, `(() => {
				const faults = [];
				const inside = (a, r) => a.left >= r.left - 1 && a.right <= r.right + 1 && a.top >= r.top - 1 && a.bottom <= r.bottom + 1;
				const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
				const box = e => e.getBoundingClientRect();
				const picture = box(document.documentElement);
				const texts = [...document.querySelectorAll("text")].filter(t => t.textContent.trim());
				for (const t of texts) if (!inside(box(t), picture)) faults.push(t.textContent + " stands out of the picture");
				for (const node of document.querySelectorAll("g.node")) {
					const shape = box([...node.children].find(e => e.localName !== "title" && e.localName !== "text"));
					for (const t of texts) if (t.parentNode === node && !inside(box(t), shape)) faults.push(t.textContent + " stands out of its box");
				}
				texts.forEach((a, i) => texts.slice(i + 1).forEach(b => {
					// Lines of one text may share a few pixels above and below the letters.
					if (a.parentNode !== b.parentNode && meet(box(a), box(b))) faults.push(a.textContent + " covers " + b.textContent);
				}));
				return faults;
			})()`)
			for _, f := range faults {
				t.Error(f)
			}
			var ran bool
			if b.Into(&ran, `"pwned" in globalThis || document.querySelector("script, foreignObject, image, a, [onload], [onerror]") !== null`); ran {
				t.Error("a name became an element, or its script ran")
			}
			b.Shot(fmt.Sprintf("svg-%s", c.name))
		})
	}
}

// tensors records operations on tensors of several shapes.
func tensors() graph.Value {
	g := graph.New()
	x := g.ConstTensor(tensor.Of([]float64{0.5, -1, 2, 1e-12, 3, -4e9}, 3, 2)).Named("x")
	w := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6, 7, 8}, 2, 4)).Named("w")
	return ops.Mean(ops.Softplus(ops.MatMul(x, w).Named("z"))).Named("mean softplus of z")
}

// hostileGraph records a graph with the names that mean something elsewhere.
func hostileGraph() graph.Value {
	g := graph.New()
	y := g.Var(1).Named("y")
	for i, name := range hostile {
		done := g.Scope(name)
		y = ops.Add(y, g.Var(float64(i)).Named(name)).Named(name + "!")
		done()
	}
	return y
}
