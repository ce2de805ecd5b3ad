package stepper

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

// boxesOf returns the boxes of a model: net|out for a neuron, [w] for a chip with the edge that it stands on.
func boxesOf(m *Model) []string {
	on := map[int]string{}
	for _, e := range m.edges {
		if e.chip < 0 {
			continue
		}
		if e.second {
			on[e.chip] += m.nodes[m.target(e)].name
		} else {
			on[e.chip] = m.nodes[m.source(e)].name + "→" + on[e.chip]
		}
	}
	var out []string
	for k, b := range m.boxes {
		var cells []string
		for _, c := range b.cells {
			cells = append(cells, m.nodes[c].name)
		}
		s := strings.Join(cells, "|")
		if b.chip {
			s = "[" + s + "] " + on[k]
		}
		out = append(out, s)
	}
	return out
}

func TestNeurons(t *testing.T) {
	leaves := func(names ...string) []graph.Value {
		g := graph.New()
		var out []graph.Value
		for k, n := range names {
			name, isConst := strings.CutSuffix(n, "!")
			if v := float64(k + 1); isConst {
				out = append(out, g.Const(v).Named(name))
			} else {
				out = append(out, g.Var(v).Named(name))
			}
		}
		return out
	}
	for _, c := range []struct {
		name   string
		root   func() graph.Value
		unfold bool
		want   []string
	}{
		{"network", func() graph.Value { return network(networkNumbers) }, false, []string{
			"i1", "i2", "t1", "t2", "[w1] i1→net_h1", "[w2] i2→net_h1", "[w3] i1→net_h2", "[w4] i2→net_h2", "[w5] out_h1→net_o1", "[w6] out_h2→net_o1",
			"[w7] out_h1→net_o2", "[w8] out_h2→net_o2", "b1", "b2", "net_h1|out_h1", "net_h2|out_h2", "net_o1|out_o1", "net_o2|out_o2", "E_o1", "E_o2", "E_total",
		}},
		{"one neuron, input used once", func() graph.Value {
			v := leaves("x!", "w", "b")
			return ops.Tanh(ops.Add(ops.Mul(v[0], v[1]), v[2]).Named("net")).Named("out")
		}, false, []string{"x", "[w] x→net", "b", "net|out"}},
		{"both factors alike", func() graph.Value {
			v := leaves("a", "b", "c")
			return ops.Add(ops.Mul(v[0], v[1]), v[2]).Named("z")
		}, false, []string{"[a] b→z", "b", "c", "z"}},
		{"a square", func() graph.Value {
			v := leaves("x", "b")
			return ops.Add(ops.Mul(v[0], v[0]), v[1]).Named("z")
		}, false, []string{"x", "b", "z"}},
		{"a weight that is shared", func() graph.Value {
			v := leaves("w", "x!", "y!")
			return ops.Add(ops.Mul(v[0], v[1]), ops.Mul(v[0], v[2])).Named("z")
		}, false, []string{"w", "x", "y", "z"}},
		{"the other factor goes in twice", func() graph.Value {
			v := leaves("w", "x")
			return ops.Add(ops.Mul(v[0], v[1]), v[1]).Named("z")
		}, false, []string{"w", "x", "z"}},
		{"net is used twice", func() graph.Value {
			v := leaves("a", "b")
			net := ops.Add(v[0], v[1]).Named("net")
			return ops.Sub(ops.Tanh(net).Named("out"), net).Named("z")
		}, false, []string{"a", "b", "net", "out", "z"}},
		{"three in a row", func() graph.Value {
			v := leaves("a", "b")
			return ops.Sin(ops.Tanh(ops.Add(v[0], v[1]).Named("net")).Named("out")).Named("z")
		}, false, []string{"a", "b", "net|out", "z"}},
		{"a leaf is no net", func() graph.Value { return ops.Tanh(leaves("a")[0]).Named("z") }, false, []string{"a", "z"}},
		{"every node", func() graph.Value {
			v := leaves("x!", "w", "b")
			return ops.Tanh(ops.Add(ops.Mul(v[0], v[1]).Named("p"), v[2]).Named("net")).Named("out")
		}, true, []string{"x", "[w] x→p", "b", "p", "net|out"}},
		{"names do not matter", func() graph.Value {
			g := graph.New()
			x, w, b := g.Const(1).Named("w"), g.Var(2).Named("net"), g.Var(3).Named("out")
			return ops.Sigmoid(ops.Add(ops.Mul(w, x), b).Named("b")).Named("x")
		}, false, []string{"w", "[net] w→b", "out", "b|x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(c.root(), Config{Fold: !c.unfold, Neurons: true})
			if diff := cmp.Diff(c.want, boxesOf(m)); diff != "" {
				t.Errorf("boxes (-want +got):\n%s", diff)
			}
			links := map[use]bool{}
			for _, e := range m.edges {
				for _, u := range e.uses {
					links[u] = true
				}
			}
			for k, n := range m.nodes { // every use is on some line, but for that within a neuron
				for j := range n.links {
					if within := strings.Contains(strings.Join(c.want, " "), "|"+n.name) && len(n.links) == 1; !links[use{k, j}] && !within {
						t.Errorf("no line shows that %s uses %s", n.name, m.nodes[n.links[j].from].name)
					}
				}
			}
		})
	}
}

// dense records a network with layers of the given sizes, a bias for each node or one for a layer, and a squared error.
func dense(sizes []int, shared bool) graph.Value {
	g := graph.New()
	var xs []graph.Value
	for k := range sizes[0] {
		xs = append(xs, g.Const(float64(k+1)/10).Named(fmt.Sprintf("x%d", k+1)))
	}
	for layer, n := range sizes[1:] {
		var b graph.Value
		if shared {
			b = g.Var(0.1).Named(fmt.Sprintf("b%d", layer+1))
		}
		var next []graph.Value
		for j := range n {
			if !shared {
				b = g.Var(0.1).Named(fmt.Sprintf("b%d_%d", layer+1, j+1))
			}
			sum := b
			for i, x := range xs {
				w := g.Var(float64(i-j)/7 + 0.1).Named(fmt.Sprintf("w%d_%d%d", layer+1, j+1, i+1))
				sum = ops.Add(sum, ops.Mul(w, x))
			}
			net := sum.Named(fmt.Sprintf("net%d_%d", layer+1, j+1))
			next = append(next, ops.Sigmoid(net).Named(fmt.Sprintf("out%d_%d", layer+1, j+1)))
		}
		xs = next
	}
	total := g.Const(0)
	for k, x := range xs {
		total = ops.Add(total, ops.Square(ops.Sub(g.Const(1).Named(fmt.Sprintf("t%d", k+1)), x)).Named(fmt.Sprintf("E%d", k+1)))
	}
	return total.Named("E")
}

// dropped records a network with two hidden layers in which what one node passes on is multiplied by 0: the edges of the
// others pass a layer.
func dropped() graph.Value {
	g := graph.New()
	xs := []graph.Value{g.Const(1).Named("x1"), g.Const(2).Named("x2")}
	for layer, n := range []int{3, 3, 1} {
		var next []graph.Value
		for j := range n {
			sum := ops.Mul(g.Var(0.3).Named(fmt.Sprintf("w%d_%d1", layer, j)), xs[0])
			for i, x := range xs[1:] {
				sum = ops.Add(sum, ops.Mul(g.Var(0.2).Named(fmt.Sprintf("w%d_%d%d", layer, j, i+2)), x))
			}
			h := ops.Sigmoid(sum.Named(fmt.Sprintf("net%d_%d", layer, j))).Named(fmt.Sprintf("h%d_%d", layer, j))
			if layer == 0 && j == 0 {
				h = ops.MulScalar(h, 0).Named("0·h")
			}
			next = append(next, h)
		}
		xs = next
	}
	return ops.Square(ops.Sub(g.Const(1).Named("t"), xs[0])).Named("E")
}

// TestLayered holds layouts of networks: nothing overlaps, everything is in the drawing, and every line begins and ends at
// what it connects.
func TestLayered(t *testing.T) {
	roots := map[string]graph.Value{
		"2-2-2": network(networkNumbers), "2-2-2, own biases": dense([]int{2, 2, 2}, false), "3-4-2": dense([]int{3, 4, 2}, true), "1-1": dense([]int{1, 1}, false),
		"2-3-3-1": dense([]int{2, 3, 3, 1}, true), "5-1-5": dense([]int{5, 1, 5}, false), "one node": graph.New().Var(1).Named("a"),
		"dropped": dropped(),
	}
	for name, r := range recorders {
		roots[name] = r.record(r.at)
	}
	for name, root := range roots {
		t.Run(name, func(t *testing.T) {
			m := New(root, Config{Fold: true, Neurons: true})
			for _, f := range []form{wideForm, narrowForm} {
				l := m.layered(f)
				if len(l.Nodes) != len(m.boxes) || len(l.Edges) != len(m.edges) {
					t.Fatalf("%d boxes and %d edges, want %d and %d", len(l.Nodes), len(l.Edges), len(m.boxes), len(m.edges))
				}
				across, widest := l.Height, 0.0
				if f.compact {
					across = l.Width
				}
				for r := range l.Nodes {
					var row float64 // all that stands in one row with box r
					for _, b := range l.Nodes {
						switch {
						case f.compact && b.Y < l.Nodes[r].Y+l.Nodes[r].H && l.Nodes[r].Y < b.Y+b.H:
							row += b.W + f.nodeSep
						case !f.compact && b.X < l.Nodes[r].X+l.Nodes[r].W && l.Nodes[r].X < b.X+b.W:
							row += b.H + f.nodeSep
						}
					}
					widest = max(widest, row)
				}
				if across > 1.5*widest {
					t.Errorf("the drawing is %g px across, its widest row needs %g", across, widest)
				}
				const slack = 1e-6
				for i, a := range l.Nodes {
					if a.X < -slack || a.Y < -slack || a.X+a.W > l.Width+slack || a.Y+a.H > l.Height+slack {
						t.Errorf("box %d, %v, is outside of %g × %g", i, a, l.Width, l.Height)
					}
					for j, b := range l.Nodes[:i] {
						if a.X < b.X+b.W-slack && b.X < a.X+a.W-slack && a.Y < b.Y+b.H-slack && b.Y < a.Y+a.H-slack {
							t.Errorf("boxes %d and %d overlap: %v, %v", i, j, a, b)
						}
					}
				}
				for k, e := range m.edges {
					p := l.Edges[k].Points
					if len(p)%3 != 1 {
						t.Fatalf("edge %d has %d points", k, len(p))
					}
					if !touches(l.Nodes[e.from], p[0]) || !touches(l.Nodes[e.to], p[len(p)-1]) {
						t.Errorf("edge %d leads from %v to %v, not from box %v to box %v", k, p[0], p[len(p)-1], l.Nodes[e.from], l.Nodes[e.to])
					}
				}
			}
		})
	}
}

func touches(r layout.Rect, p layout.Point) bool {
	const slack = 1e-6
	return p.X >= r.X-slack && p.X <= r.X+r.W+slack && p.Y >= r.Y-slack && p.Y <= r.Y+r.H+slack
}

// TestNarrow holds the drawings of the 2-2-2 network to what fits a window of 390 px, and a screen beside the card.
func TestNarrow(t *testing.T) {
	m := New(network(networkNumbers), Config{Fold: true, Neurons: true})
	if l := m.layered(narrowForm); l.Width > 394 || l.Height > 600 {
		t.Errorf("the narrow drawing has %g × %g px, want 394 × 600 at most", l.Width, l.Height)
	}
	if l := m.layered(wideForm); l.Width > 880 || l.Height > 420 {
		t.Errorf("the wide drawing has %g × %g px, want 880 × 420 at most", l.Width, l.Height)
	}
}

// TestBesideNeuron holds that a leaf beside a neuron stands above it, where the edge to its net ends, with room between
// them for what the edge passes on.
func TestBesideNeuron(t *testing.T) {
	g := graph.New()
	x := g.Const(2).Named("x")
	var sum graph.Value
	for k := range 3 {
		w, b := g.Var(0.5), g.Var(0.1).Named(fmt.Sprintf("b%d", k))
		h := ops.Sigmoid(ops.Add(ops.Mul(w.Named(fmt.Sprintf("w%d", k)), x), b).Named(fmt.Sprintf("net%d", k))).Named(fmt.Sprintf("h%d", k))
		if k == 0 {
			sum = h
		} else {
			sum = ops.Add(sum, h)
		}
	}
	m := New(sum.Named("l"), Config{Fold: true, Neurons: true})
	l := m.layered(wideForm)
	found := 0
	for _, e := range m.edges {
		if leaf := m.boxes[e.from]; e.chip >= 0 || !m.isLeaf(e.from) || leaf.chip || len(m.boxes[e.to].cells) != 2 {
			continue
		}
		found++
		if a, b := l.Nodes[e.from], l.Nodes[e.to]; a.Y+a.H+passHeight > b.Y+1e-6 {
			t.Errorf("leaf at %v, neuron at %v, want the leaf %d px above it", a, b, passHeight)
		}
	}
	if found != 3 {
		t.Errorf("%d leaves beside neurons, want 3", found)
	}
}
