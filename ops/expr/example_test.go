package expr_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

// A loss from a configuration file, differentiated.
func Example() {
	loss, err := expr.Parse("square(w*x + b - t)")
	if err != nil {
		fmt.Println(err)
		return
	}
	g := graph.New()
	w, b := g.Var(0.5), g.Var(1)
	l, err := loss.Eval(g, map[string]graph.Value{"w": w, "b": b, "x": g.Const(3), "t": g.Const(2)})
	if err != nil {
		fmt.Println(err)
		return
	}
	grads := autograd.Backward(l)
	fmt.Println(loss.Names())
	fmt.Println(l.Item(), grads.Scalar(w), grads.Scalar(b))
	// Output:
	// [w x b t]
	// 0.25 3 1
}

// Mistakes are errors with their place.
func ExampleParse_error() {
	_, err := expr.Parse("sum(x^2) + y")
	fmt.Println(err)
	// Output:
	// column 6: ^ is bitwise in Go, not a power: write pow(x, 2) or square(x)
}

// An array is bound as JSON.
func ExampleParseBinding() {
	b, err := expr.ParseBinding("w=[[1, 2], [3, 4]]")
	fmt.Println(b.Name, b.Value, err)
	_, err = expr.ParseBinding("w=[[1, 2], [3]]")
	fmt.Println(err)
	// Output:
	// w [[1 2] [3 4]] <nil>
	// column 14: w: the array is ragged: [1] has length 1, the arrays before it have length 2
}
