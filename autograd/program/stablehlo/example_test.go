package stablehlo_test

import (
	"fmt"
	"os"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// One step of gradient descent on a square: the gradient is part of the module, and the new x takes the place of the old.
func ExampleWrite() {
	g := graph.New(graph.Traced())
	x, rate := g.Var(3), g.Const(0.1)
	loss := ops.Square(x)
	next := ops.Sub(x, ops.Mul(rate, autograd.Grad(loss, x)[0]))
	step := &program.Function{
		Name:      "step",
		Arguments: []program.Argument{{Name: "x", Role: program.Parameter, Value: x}, {Name: "lr", Role: program.Scalar, Value: rate}},
		Results: []program.Result{
			{Name: "x", Role: program.Parameter, Value: next, Replaces: "x"},
			{Name: "loss", Role: program.Loss, Value: loss},
		},
	}
	if err := stablehlo.Write(os.Stdout, step); err != nil {
		fmt.Println(err)
	}
	if err := stablehlo.WriteSidecar(os.Stdout, step, "step.mlir"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// module @"step" {
	//   func.func public @main(
	//       %arg0: tensor<f64> {tf.aliasing_output = 0 : i32} loc("x"),
	//       %arg1: tensor<f64> loc("lr")
	//   ) -> (tensor<f64> {jax.result_info = "x"}, tensor<f64> {jax.result_info = "loss"}) {
	//     %0 = stablehlo.multiply %arg0, %arg0 : tensor<f64>
	//     %1 = stablehlo.constant dense<2.0> : tensor<f64>
	//     %2 = stablehlo.multiply %1, %arg0 : tensor<f64>
	//     %3 = stablehlo.multiply %arg1, %2 : tensor<f64>
	//     %4 = stablehlo.subtract %arg0, %3 : tensor<f64>
	//     return %4, %0 : tensor<f64>, tensor<f64>
	//   }
	// }
	// {
	//   "entry": "main",
	//   "stablehlo": "step.mlir",
	//   "arguments": [
	//     {"name":"x","role":"parameter","shape":[],"dtype":"float64","result":0},
	//     {"name":"lr","role":"scalar","shape":[],"dtype":"float64","result":null}
	//   ],
	//   "results": [
	//     {"name":"x","role":"parameter","shape":[],"dtype":"float64"},
	//     {"name":"loss","role":"loss","shape":[],"dtype":"float64"}
	//   ]
	// }
}
