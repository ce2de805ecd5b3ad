package page_test

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/page"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// A page for one graph, drawn as a neuron: the weight stands on the edge, net and out are one box.
func ExampleWrite() {
	g := graph.New()
	x, w, b := g.Const(0.5).Named("x"), g.Var(0.4).Named("w"), g.Var(0.1).Named("b")
	net := ops.Add(ops.Mul(w, x), b).Named("net")
	out := ops.Sigmoid(net).Named("out")
	loss := ops.Square(ops.Sub(g.Const(1).Named("t"), out)).Named("E")

	var file bytes.Buffer // or an *os.File
	err := page.Write(&file, page.Lesson{
		Title:   "One neuron",
		Root:    loss,
		Stepper: stepper.Config{Fold: true, Neurons: true},
	})
	fmt.Println(err, strings.HasPrefix(file.String(), "<!doctype html>"))
	// Output: <nil> true
}

// A page with tabs: #tab=order&step=3 is the fourth step of the first.
func ExampleLesson() {
	g := graph.New()
	a := g.Var(3).Named("a")
	b := ops.Add(a, a).Named("b")
	c := ops.Add(b, b).Named("c")

	var file bytes.Buffer
	err := page.Write(&file, page.Lesson{
		Title: "The order of the backward pass",
		Tabs: []page.Tab{
			{Name: "order", Title: "b = a+a; c = b+b", Root: c, Stepper: stepper.Config{DepthFirst: true}, Before: "<p>Depth first goes wrong. Why?</p>"},
			{Name: "answer", Title: "Why?", Before: "<p>δ of b is a sum: it is passed on before it is complete.</p>"},
		},
	})
	fmt.Println(err, strings.Count(file.String(), `<section class="tab"`))
	// Output: <nil> 2
}
