package graph_test

import (
	"fmt"
	"os"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func Example() {
	g := graph.New()
	x := g.Var(2).Named("x")
	y := ops.Mul(x, x).Named("y")
	ops.AddScalar(y, 1)
	if err := g.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// %1 = leaf "x"  () 2
	// %2 = mul(%1, %1) "y"  () 4
	// %3 = add_scalar(%2)  () 5
}

func ExampleTry() {
	g := graph.New()
	a, b := g.VarTensor(tensor.New(tensor.Float64, 2, 3)), g.VarTensor(tensor.New(tensor.Float64, 2, 4))
	err := graph.Try(func() { ops.MatMul(a, b) })
	fmt.Println(err)
	// Output: ops.MatMul: inner dimensions differ: (2,3) × (2,4): did you mean ops.MatMul(ops.Transpose(a), b)?
}

// Gradient descent on a tape that is used again: the leaf stands before the mark and stays.
func ExampleGraph_Rewind() {
	g := graph.New()
	x := g.Var(10)
	start := g.Mark()
	for range 50 {
		g.Rewind(start)
		loss := ops.Square(ops.AddScalar(x, -3)) // (x - 3)²
		slope := autograd.Backward(loss).Scalar(x)
		x.Set(x.Item() - 0.2*slope)
	}
	fmt.Printf("%.6f\n", x.Item())
	// Output: 3.000000
}

func ExampleGraph_Bind() {
	w := tensor.Of([]float64{1, 2}, 2) // a parameter, kept outside of any graph
	g := graph.New()
	for range 3 {
		g.Reset()
		v := g.Bind(w)
		slope := autograd.Backward(ops.Sum(ops.Square(v))).Tensor(v)
		for i := range w.Len() {
			w.SetAt(w.At(i)-0.25*slope.At(i), i)
		}
	}
	fmt.Println(w)
	// Output: [0.125 0.25]
}
