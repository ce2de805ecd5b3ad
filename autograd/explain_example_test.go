package autograd_test

import (
	"fmt"
	"os"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// One neuron with a squared error: the derivative of the error by the weight.
func ExampleExplain() {
	g := graph.New()
	w := g.Var(0.4).Named("w")
	x, t := g.Const(0.5).Named("x"), g.Const(1).Named("t")
	net := ops.Mul(w, x).Named("net")
	out := ops.Sigmoid(net).Named("out")
	loss := ops.Square(ops.Sub(t, out)).Named("E")

	if err := autograd.Explain(os.Stdout, loss, w); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ∂E/∂w = ∂E/∂out · ∂out/∂net · ∂net/∂w = -0.900332 · 0.247517 · 0.5 = -0.111424
	//
	// ∂E/∂out = 0.900332 · (-1) = -0.900332, in 2 steps:
	//     E = v6²: ∂E/∂v6 = 2·v6 = 2·0.450166 = 0.900332
	//     v6 = t - out: ∂v6/∂out = -1
	// ∂out/∂net = out·(1-out) = 0.549834·(1-0.549834) = 0.247517   as out = sigmoid(net)
	// ∂net/∂w = x = 0.5   as net = w·x
}
