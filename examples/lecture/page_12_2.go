package main

import (
	"context"
	"fmt"
	"html/template"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// orderGraph records b = a + a; c = b + b, the smallest graph on which an order other than the tape's goes wrong.
func orderGraph(g *graph.Graph) graph.Value {
	a := g.Var(1).Named("a")
	b := ops.Add(a, a).Named("b")
	return ops.Add(b, b).Named("c")
}

// page122 is the tab of 12.2: Algorithm 2, and why its order is right.
func page122(_ context.Context, _ *lesson, c *content) error {
	c.root, c.depthFirst = orderGraph(graph.New()), true
	return nil
}

// A figureTable is a table of figures beside what the lecture prints, and a slip that it shows.
type figureTable struct {
	Title string
	Rows  []figureRow
	Note  template.HTML
}

type figureRow struct{ Name, Printed, Computed, Mark string }

func tableOf(title string, figures []figure, note template.HTML) figureTable {
	t := figureTable{Title: title, Note: note}
	for _, f := range figures {
		t.Rows = append(t.Rows, figureRow{f.name, signed(f.printed), signed(shown(f.value)), f.mark()})
	}
	return t
}

// slipNote returns a slip as a box. The text is HTML.
func slipNote(number int, text string) template.HTML {
	return template.HTML(fmt.Sprintf(`<div class="slip" role="note" id="slip-%d"><strong>Slip %d.</strong> %s</div>`, number, number, text))
}

// page1221 is the tab of 12.2.1: the 2-2-2 network as neurons.
func page1221(ctx context.Context, _ *lesson, c *content) error {
	n := newNetwork222(graph.New())
	n.forward()
	c.root, c.fold, c.neurons = n.total, true, true
	one, err := train222(ctx, 1, false)
	if err != nil {
		return err
	}
	many, err := train222(ctx, manyTimes, false)
	if err != nil {
		return err
	}
	biased, err := train222(ctx, manyTimes, true)
	if err != nil {
		return err
	}
	c.data = struct{ Tables []figureTable }{[]figureTable{
		tableOf("1) Forward pass", n.forwardFigures(), ""),
		tableOf("2) Backward pass, output layer", n.outputFigures(), ""),
		tableOf("Hidden layer", n.hiddenFigures(), slipNote(2, "−0.019049119 carries the rounding of the factors before it. The value is −0.0190491183.")),
		tableOf("All derivatives, from one sweep", n.gradientFigures(), ""),
		tableOf("3) The update", append(one.updateFigures(), figure{name: "E_total after 1 update", value: one.total.Item()}), ""),
		tableOf("4) Repeat the process", []figure{
			{name: "E_total after 10,000 updates", printed: "0.000351085", value: many.total.Item(), slip: 3},
			{name: "out_o1, target 0.01", value: many.outO[1].Item()},
			{name: "out_o2, target 0.99", value: many.outO[2].Item()},
			{name: "E_total with the biases trained too", value: biased.total.Item()},
		}, slipNote(3, "0.000351085 lost a zero. Its digits are those of the error that the 10,000th update starts from.")),
	}}
	return nil
}

// page1221all is the tab with every operation of the same network.
func page1221all(_ context.Context, _ *lesson, c *content) error {
	g := graph.New()
	n := newNetwork222(g)
	n.forward()
	c.root = n.total
	leaves, operations := census(g, g.Len())
	c.data = struct{ Leaves, Operations int }{leaves, operations}
	return nil
}

// onOrder returns what b of the smallest graph passes on too early, and what it gets in all.
func onOrder() (half, whole float64) {
	c := orderGraph(graph.New())
	b := c.Inputs()[0]
	whole = autograd.Backward(c).Scalar(b)
	half, _ = c.Node().Partial(0)
	return half, whole
}
