package program_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A step of training as a function of weights, inputs and targets: recorded once, called with other numbers again and
// again.
func ExampleRunner() {
	g := graph.New(graph.Traced())
	w := g.VarTensor(tensor.New(tensor.Float64, 2))
	x, y := g.ConstTensor(tensor.New(tensor.Float64, 3, 2)), g.ConstTensor(tensor.New(tensor.Float64, 3))
	loss := ops.MSE(ops.MatMul(x, w), y)
	next := ops.Sub(w, ops.MulScalar(autograd.Grad(loss, w)[0], 0.1))
	step := &program.Function{
		Name: "step",
		Arguments: []program.Argument{
			{Name: "w", Role: program.Parameter, Value: w},
			{Name: "x", Role: program.Batch, Value: x},
			{Name: "y", Role: program.Label, Value: y},
		},
		Results: []program.Result{
			{Name: "next", Role: program.Parameter, Value: next, Replaces: "w"},
			{Name: "loss", Role: program.Loss, Value: loss},
		},
	}
	run, err := step.Runner()
	if err != nil {
		fmt.Println(err)
		return
	}
	weights := tensor.Of([]float64{0, 0}, 2)
	inputs, targets := tensor.Of([]float64{1, 0, 0, 1, 1, 1}, 3, 2), tensor.Of([]float64{2, -1, 1}, 3)
	for range 200 {
		results, err := run.Run(weights, inputs, targets)
		if err != nil {
			fmt.Println(err)
			return
		}
		weights = results[0]
	}
	fmt.Printf("%.4f\n", weights.Float64s())
	// Output: [2.0000 -1.0000]
}

// Several goroutines evaluate one program, each with a fork of it.
func ExampleProgram_Fork() {
	g := graph.New(graph.Traced())
	x := g.Var(1)
	p, err := program.Compile(ops.Square(x), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	squares := make(chan float64)
	for i := range 3 {
		p := p.Fork()
		go func() { squares <- p.Eval([]float64{float64(i)}, nil) }()
	}
	fmt.Println(<-squares + <-squares + <-squares)
	// Output: 5
}
