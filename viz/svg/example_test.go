package svg_test

import (
	"bytes"
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/svg"
)

// A neuron with its error, and what each of its weights contributes to it.
func ExampleWrite() {
	g := graph.New()
	x, w, b := g.Const(0.5).Named("x"), g.Var(0.8).Named("w"), g.Var(0.1).Named("b")
	out := ops.Sigmoid(ops.Add(ops.Mul(w, x), b)).Named("out")
	loss := ops.Square(ops.AddScalar(out, -1)).Named("l")

	var drawing bytes.Buffer
	err := svg.Write(&drawing, loss, viz.WithGradients(autograd.Backward(loss)), viz.WithContributions(), viz.Legend())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4s\n", drawing.String())
	// Output: <svg
}
