package main

import (
	"context"
	"fmt"
	"html/template"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

// figure121 records the network of Figure 12.1 on scalars, with the numbers of a twoLayer, up to the loss. It returns the
// values of its layers too.
func (n *twoLayer) figure121(g *graph.Graph) (loss graph.Value, layers [][]graph.Value) {
	x := make([]graph.Value, len(n.x))
	for j, v := range n.x {
		x[j] = g.Const(v).Named(fmt.Sprintf("x%d", j+1))
	}
	y := g.Const(n.y).Named("y")
	w1 := make([][]graph.Value, len(n.w1))
	for i, row := range n.w1 {
		w1[i] = g.Vars(row)
		for j := range row {
			w1[i][j].Named(fmt.Sprintf("w(1)%d%d", i+1, j+1))
		}
	}
	b1, w2 := g.Vars(n.b1), g.Vars(n.w2)
	for i := range w2 {
		b1[i].Named(fmt.Sprintf("b(1)%d", i+1))
		w2[i].Named(fmt.Sprintf("w(2)%d", i+1))
	}
	b2 := g.Var(n.b2).Named("b(2)")
	h := make([]graph.Value, len(n.w1))
	for i := range h {
		net := weighted(w1[i][0], x[0], w1[i][1], x[1], b1[i]).Named(fmt.Sprintf("net_H%d", i+1))
		h[i] = ops.Sigmoid(net).Named(fmt.Sprintf("H%d", i+1))
	}
	z := ops.Mul(w2[0], h[0])
	for i := 1; i < len(h); i++ {
		z = ops.Add(z, ops.Mul(w2[i], h[i]))
	}
	f := ops.Sigmoid(ops.Add(z, b2).Named("net_f")).Named("f")
	return crossEntropy(f, y).Named("l"), [][]graph.Value{x, h, {f}}
}

// vectorOf returns values as a vector.
func vectorOf(values []graph.Value) *tensor.Tensor {
	t := tensor.New(tensor.Float64, len(values))
	for i, v := range values {
		t.SetAt(v.Item(), i)
	}
	return t
}

// page121 is the tab of 12.1: Figure 12.1 as neurons, and the footnote as a picture.
func page121(ctx context.Context, l *lesson, c *content) error {
	n := example123
	g := graph.New()
	root, layers := n.figure121(g)
	c.root, c.fold, c.neurons = root, true, true
	a, err := l.approximate(ctx)
	if err != nil {
		return err
	}
	type near struct {
		Nodes    int
		Distance string
	}
	var distances []near
	for _, f := range a.best {
		distances = append(distances, near{f.nodes, fmt.Sprintf("%.2g", f.distance)})
	}
	fits, err := l.fitsPicture(a)
	if err != nil {
		return err
	}
	misses, err := l.missPicture(a)
	if err != nil {
		return err
	}
	r := n.record(graph.New())
	c.data = struct {
		W12, B1, W23, B2, X1, X2, X3 *tensor.Tensor
		Fits, Misses                 template.HTML
		FitErrors                    []near
		MissNodes                    int
		HitDistance, MissDistance    string
	}{
		W12: r.w1.Tensor(), B1: r.b1.Tensor(), W23: ops.Transpose(r.w2).Tensor(), B2: r.b2.Tensor(),
		X1: vectorOf(layers[0]), X2: vectorOf(layers[1]), X3: vectorOf(layers[2]),
		Fits: fits, Misses: misses, FitErrors: distances, MissNodes: missNodes,
		HitDistance: fmt.Sprintf("%.2g", a.hit().distance), MissDistance: fmt.Sprintf("%.2g", a.miss.distance),
	}
	return nil
}

// curveLine returns the curve itself for a picture.
func curveLine(like *fit) plot.Line {
	line := plot.Line{Name: "the curve", X: like.x}
	for _, u := range like.x {
		line.Y = append(line.Y, approximated(u))
	}
	return line
}

// fitsPicture draws the best fits of all sizes.
func (l *lesson) fitsPicture(a *approximation) (template.HTML, error) {
	lines := []plot.Line{curveLine(a.best[0])}
	for _, f := range a.best {
		lines = append(lines, plot.Line{Name: plural(f.nodes, "node"), X: f.x, Y: f.y})
	}
	return drawn(plot.Lines(lines, plot.Title("One curve, fitted with more and more hidden nodes"), plot.XLabel("u"), plot.YLabel("f(u)"), plot.Size(figureWidth, 340)))
}

// missPicture draws two runs of the same network.
func (l *lesson) missPicture(a *approximation) (template.HTML, error) {
	hit, miss := a.hit(), a.miss
	lines := []plot.Line{curveLine(hit), {Name: "a run that finds it", X: hit.x, Y: hit.y}, {Name: "a run that misses it", X: miss.x, Y: miss.y}}
	return drawn(plot.Lines(lines, plot.Title(plural(missNodes, "hidden node")+", two runs"), plot.XLabel("u"), plot.YLabel("f(u)"), plot.Size(figureWidth, 300)))
}
