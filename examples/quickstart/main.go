// Command quickstart is the program of the README: a function of two numbers, its gradient, and a second derivative.
package main

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

func main() {
	g := graph.New()
	x, y := g.Var(0.5).Named("x"), g.Var(4).Named("y")
	l := ops.Add(ops.Mul(x, y), ops.Sin(x)) // l = x·y + sin x

	grads := autograd.Backward(l)              // one sweep back over the tape
	d2 := autograd.Grad(l, x)[0]               // ∂l/∂x as a value that can be differentiated again
	second := autograd.Backward(d2)            // ∂²l/∂x²
	fmt.Println("l       =", l.Item())         // 2.479425538604203
	fmt.Println("∂l/∂x   =", grads.Scalar(x))  // 4.877582561890373
	fmt.Println("∂l/∂y   =", grads.Scalar(y))  // 0.5
	fmt.Println("∂²l/∂x² =", second.Scalar(x)) // -0.479425538604203
}
