package autograd_test

import (
	"errors"
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// Backward says 0 for the derivative of (√x)² at 0, since the adjoint of the root is 0 there. The true one is 1.
func ExampleDiagnose() {
	g := graph.New()
	x := g.Var(0).Named("x")
	y := ops.Square(ops.Sqrt(x))
	fmt.Println(autograd.Backward(y).Scalar(x))
	fmt.Println(autograd.Diagnose(y))
	// Output:
	// 0
	// autograd.Diagnose: possibly wrong: the adjoint of %2 = sqrt is 0 and its derivative by operand 0, "x" (%1), is +Inf: their product was taken for 0
}

// A branch that was not taken is no fault.
func ExampleDiagnose_where() {
	g := graph.New()
	x := g.Var(-1)
	y := ops.Where(ops.Gt(x, g.Const(0)), ops.Sqrt(x), x)
	fmt.Println(autograd.Diagnose(y))
	// Output: <nil>
}

func ExampleDiagnosis() {
	g := graph.New()
	p := ops.Sub(g.Var(0.5), g.Var(0.75)).Named("p")
	loss := ops.Square(ops.Log(p))
	var d *autograd.Diagnosis
	if errors.As(autograd.Diagnose(loss), &d) {
		fmt.Println(d.Value)
	}
	// Output: %4 = log of -0.25 is NaN, though its operands are finite
}
