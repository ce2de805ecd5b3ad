package program_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// The second derivatives of x₀²·x₁ + x₂, recorded once and evaluated elsewhere.
func ExampleCompileHessian() {
	g := graph.New(graph.Traced())
	x := g.Vars([]float64{1, 1, 1})
	h, err := program.CompileHessian(ops.Add(ops.Mul(ops.Square(x[0]), x[1]), x[2]), x...)
	if err != nil {
		fmt.Println(err)
		return
	}
	at := []float64{3, 5, 7}
	fmt.Println("the product with (1, 0, 0):", h.Product(nil, at, []float64{1, 0, 0}))
	s := h.Sparse(nil, at)
	for k, v := range s.Value {
		fmt.Printf("entry (%d, %d): %g\n", s.Row[k], s.Col[k], v)
	}
	// Output:
	// the product with (1, 0, 0): [10 6 0]
	// entry (0, 0): 10
	// entry (0, 1): 6
	// entry (1, 0): 6
}

// Results of neighbours: each row has two entries, however many rows there are.
func ExampleCompileJacobian() {
	g := graph.New(graph.Traced())
	x := g.Vars([]float64{1, 1, 1, 1})
	var ys []graph.Value
	for i := range len(x) - 1 {
		ys = append(ys, ops.Mul(x[i], ops.Square(x[i+1])))
	}
	p, err := program.CompileJacobian(ops.Stack(0, ys...), x...)
	if err != nil {
		fmt.Println(err)
		return
	}
	results := make([]float64, len(ys))
	s := p.Sparse(nil, results, []float64{1, 2, 3, 4})
	fmt.Println("results:", results)
	for k, v := range s.Value {
		fmt.Printf("entry (%d, %d): %g\n", s.Row[k], s.Col[k], v)
	}
	// Output:
	// results: [4 18 48]
	// entry (0, 0): 4
	// entry (0, 1): 4
	// entry (1, 1): 9
	// entry (1, 2): 12
	// entry (2, 2): 16
	// entry (2, 3): 24
}
