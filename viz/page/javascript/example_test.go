package javascript_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/page/javascript"
)

// The operations of a graph, as a page computes them.
func ExampleFunctions() {
	g := graph.New()
	x := g.Var(0.5)
	y := ops.Exp(ops.Mul(x, x))
	source, missing := javascript.Functions([]*graph.Row{y.Node().InputNode(0).Row(), y.Node().Row()})
	fmt.Println(source)
	fmt.Println(len(missing), "missing")
	// Output:
	// (() => {
	// "use strict";
	//
	// return {
	//   "mul": (a, b) => [a * b, [b, a]],
	//   "exp": (x) => { const y = Math.exp(x); return [y, [y]]; },
	// };
	// })()
	// 0 missing
}

func ExampleFunction() {
	source, err := javascript.Function("maximum(x, 0)-1", "x")
	fmt.Println(source, err)
	// Output:
	// (x) => Math.max(x, 0) - 1 <nil>
}
