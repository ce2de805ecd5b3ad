package program_test

import (
	"fmt"
	"os"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A function of two numbers, recorded once and evaluated elsewhere.
func ExampleCompile() {
	g := graph.New(graph.Traced())
	x, y := g.Var(1).Named("x"), g.Var(1).Named("y")
	p, err := program.Compile(ops.Mul(x, ops.Exp(y)), x, y)
	if err != nil {
		fmt.Println(err)
		return
	}
	grad := make([]float64, 2)
	fmt.Println(p.Eval([]float64{3, 0}, grad), grad)
	p.WriteText(os.Stdout)
	// Output:
	// 3 [1 3]
	// 2 inputs, 1 result, 2 instructions for the results, 0 instructions for the derivatives
	// input 0: x
	// input 1: y
	// v1 = exp(y)
	// v2 = x*v1
	// y' = v2
	// ∂y'/∂x = v1
	// ∂y'/∂y = v2
}

// Second derivatives: the derivative of v·∇f by x is the product H·v of the Hessian with the direction v.
func ExampleCompile_second() {
	g := graph.New(graph.Traced())
	x := []graph.Value{g.Var(1), g.Var(1)}
	v := []graph.Value{g.Const(0), g.Const(0)} // inputs that no derivative is taken by
	f := ops.Mul(ops.Square(x[0]), x[1])       // x₀²·x₁
	grads := autograd.Grad(f, x...)
	slope := ops.Add(ops.Mul(v[0], grads[0]), ops.Mul(v[1], grads[1]))
	p, err := program.Compile(slope, x[0], x[1], v[0], v[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	grad := make([]float64, 4)
	p.Eval([]float64{3, 5, 1, 0}, grad)
	fmt.Println("the first column of the Hessian:", grad[:2])
	p.Eval([]float64{3, 5, 0, 1}, grad)
	fmt.Println("the second column:", grad[:2])
	// Output:
	// the first column of the Hessian: [10 6]
	// the second column: [6 0]
}

// A result of several numbers has a Jacobian.
func ExampleProgram_Jacobian() {
	g := graph.New(graph.Traced())
	r, a := g.Var(1), g.Var(1)
	p, err := program.Compile(ops.Stack(0, ops.Mul(r, ops.Cos(a)), ops.Mul(r, ops.Sin(a))), r, a)
	if err != nil {
		fmt.Println(err)
		return
	}
	ys, jacobian := make([]float64, 2), make([]float64, 4)
	p.Jacobian([]float64{2, 0}, ys, jacobian)
	fmt.Println(ys, jacobian)
	// Output: [2 0] [1 0 0 2]
}
