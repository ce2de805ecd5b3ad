package ops_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func ExampleIndex() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3))
	fmt.Println(ops.Index(x, 1).Tensor())
	y := ops.Mul(ops.Index(x, 0, 1), ops.Index(x, -1, -1)) // 2 · 6
	fmt.Println(autograd.Backward(y).Tensor(x))
	// Output:
	// [4 5 6]
	// [[0 6 0] [0 0 2]]
}

func ExampleUnstack() {
	g := graph.New()
	points := g.VarTensor(tensor.Of([]float64{3, 4, 5, 12}, 2, 2))
	columns := ops.Unstack(points, 1)
	fmt.Println(ops.Hypot(columns[0], columns[1]).Tensor())
	// Output: [5 13]
}

// The entropy of a distribution, whose derivative by a probability of 0 is infinite.
func ExampleEntr() {
	g := graph.New()
	p := g.VarTensor(tensor.Of([]float64{0.5, 0.5, 0}, 3))
	entropy := ops.Sum(ops.Entr(p))
	fmt.Printf("%.4f\n", entropy.Item())
	fmt.Printf("%.4f\n", autograd.Backward(entropy).Tensor(p).Float64s())
	// Output:
	// 0.6931
	// [-0.3069 -0.3069 +Inf]
}

func ExampleStdDDof() {
	g := graph.New()
	sample := g.ConstTensor(tensor.Of([]float64{1, 3}, 2))
	fmt.Printf("%.4f %.4f\n", ops.Std(sample).Item(), ops.StdDDof(sample, 1).Item())
	// Output: 1.0000 1.4142
}
