// The command pictures draws the graphs that the README and docs/derivatives.md show. go generate runs it:
//
//	go generate ./docs/pictures
//
// It needs no Graphviz. The pictures are the same on every machine, and a test holds the files to them.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/svg"
)

//go:generate go run .

// pictures are the files and what draws them.
var pictures = []struct {
	file string
	draw func(w io.Writer) error
}{
	{"program.svg", program},
	{"network.svg", network},
	{"forward.svg", forward},
	{"reverse.svg", reverse},
}

func main() {
	for _, p := range pictures {
		var b bytes.Buffer
		err := p.draw(&b)
		if err == nil {
			err = os.WriteFile(p.file, b.Bytes(), 0o644)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "pictures: %s: %v\n", p.file, err)
			os.Exit(1)
		}
	}
}

// program draws l = x·y + sin x, the program of the README.
func program(w io.Writer) error {
	g := graph.New()
	x, y := g.Var(0.5).Named("x"), g.Var(4).Named("y")
	l := ops.Add(ops.Mul(x, y), ops.Sin(x)).Named("l")
	return svg.Write(w, l, viz.WithGradients(autograd.Backward(l)), viz.WithContributions())
}

// threeResults records a = x·y, b = a·x and c = a + y, the function of docs/derivatives.md.
func threeResults() (x, y, b, c graph.Value) {
	g := graph.New()
	x, y = g.Var(2).Named("x"), g.Var(3).Named("y")
	a := ops.Mul(x, y).Named("a")
	return x, y, ops.Mul(a, x).Named("b"), ops.Add(a, y).Named("c")
}

// forward draws it with its tangents along x.
func forward(w io.Writer) error {
	x, y, b, c := threeResults()
	along := viz.WithTangents([]graph.Value{x, y}, []*tensor.Tensor{tensor.Of([]float64{1}), tensor.Of([]float64{0})})
	return svg.Write(w, b, viz.Roots(c), along, viz.WithContributions())
}

// reverse draws it with its adjoints from b.
func reverse(w io.Writer) error {
	_, _, b, c := threeResults()
	return svg.Write(w, b, viz.Roots(c), viz.WithGradients(autograd.Backward(b)), viz.WithContributions())
}

// network draws a network with one hidden layer on one example, with the rules by which the sweep goes back through it.
func network(w io.Writer) error {
	g := graph.New()
	leaf := func(name string, numbers []float64, shape ...int) graph.Value {
		return g.VarTensor(tensor.Of(numbers, shape...)).Named(name)
	}
	x := g.ConstTensor(tensor.Of([]float64{0.5, -1}, 1, 2)).Named("x")
	t := g.ConstTensor(tensor.Of([]float64{1}, 1, 1)).Named("t")
	w1, b1 := leaf("w1", []float64{0.1, -0.2, 0.3, 0.4, -0.5, 0.6}, 2, 3), leaf("b1", []float64{0.1, 0.2, 0.3}, 3)
	w2, b2 := leaf("w2", []float64{0.7, -0.8, 0.9}, 3, 1), leaf("b2", []float64{0.1}, 1)
	h := ops.Tanh(ops.Linear(x, w1, b1).Named("z1")).Named("h")
	l := ops.MSE(ops.Linear(h, w2, b2).Named("y"), t).Named("l")
	return svg.Write(w, l, viz.WithGradients(autograd.Backward(l)), viz.Precision(3), viz.Direction(viz.TopToBottom))
}
