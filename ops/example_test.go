package ops_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A chain of operations, and its derivative: ∂/∂x ln(1+x²) = 2x/(1+x²).
func Example() {
	g := graph.New()
	x := g.Var(2)
	y := ops.Log1p(ops.Square(x))
	fmt.Printf("y = %.6f\n", y.Item())
	fmt.Printf("dy/dx = %.6f\n", autograd.Backward(y).Scalar(x))
	// Output:
	// y = 1.609438
	// dy/dx = 0.800000
}

// Shapes broadcast; the gradient of an operand that was stretched is summed back to its shape.
func ExampleAdd() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3))
	bias := g.VarTensor(tensor.Of([]float64{10, 20, 30}, 3))
	y := ops.Add(x, bias)
	fmt.Println(y.Tensor())
	fmt.Println(autograd.Backward(ops.Sum(y)).Tensor(bias))
	// Output:
	// [[11 22 33] [14 25 36]]
	// [2 2 2]
}

// Near 0, Expm1 keeps the digits that Exp and a subtraction lose.
func ExampleExpm1() {
	g := graph.New()
	x := g.Var(1e-17)
	fmt.Println(ops.Expm1(x).Item(), ops.AddScalar(ops.Exp(x), -1).Item())
	// Output: 1e-17 0
}

// The branch that is not taken never makes a gradient NaN, though √x is not defined at -1.
func ExampleWhere() {
	g := graph.New()
	x := g.Var(-1)
	y := ops.Where(ops.Gt(x, g.Const(0)), ops.Sqrt(x), x)
	fmt.Println(y.Item(), autograd.Backward(y).Scalar(x))
	// Output: -1 1
}

// Near 1 the derivative of arcsin keeps its digits: 1-x is exact there, 1-x² is not.
func ExampleAsin() {
	g := graph.New()
	x := g.Var(0.9999999)
	y := ops.Asin(x)
	fmt.Printf("%.10f %.6f\n", y.Item(), autograd.Backward(y).Scalar(x))
	// Output: 1.5703491132 2236.068034
}

// Asinh does not overflow on the way, and neither does its derivative.
func ExampleAsinh() {
	g := graph.New()
	x := g.Var(1e200)
	y := ops.Asinh(x)
	fmt.Printf("%.6f %.3g\n", y.Item(), autograd.Backward(y).Scalar(x))
	// Output: 461.210166 1e-200
}

// The exact GELU keeps its digits far left, where 1 + erf(x/√2) would be 0.
func ExampleGELU() {
	g := graph.New()
	fmt.Printf("%.6g\n", ops.GELU(g.Var(-10)).Item())
	// Output: -7.61985e-23
}

// The gamma function's derivatives follow each other: lgamma, digamma, polygamma.
func ExampleLgamma() {
	g := graph.New()
	x := g.Var(5)
	y := ops.Lgamma(x) // ln 4!
	d := autograd.Grad(y, x)[0]
	d2 := autograd.Grad(d, x)[0]
	fmt.Printf("%.6f %.6f %.6f\n", y.Item(), d.Item(), d2.Item())
	// Output: 3.178054 1.506118 0.221323
}

// At a bound the derivative is 1: the value is still free to move inside.
func ExampleClamp() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{-3, -1, 0, 2, 5}, 5))
	y := ops.Clamp(x, -1, 2)
	fmt.Println(y.Tensor())
	fmt.Println(autograd.Backward(ops.Sum(y)).Tensor(x))
	// Output:
	// [-1 -1 0 2 2]
	// [0 1 1 1 0]
}

// Left of 0 a leaky rectifier lets some of the gradient through.
func ExampleLeakyReLU() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{-2, 0, 3}, 3))
	y := ops.LeakyReLU(x, 0.1)
	fmt.Println(y.Tensor(), autograd.Backward(ops.Sum(y)).Tensor(x))
	// Output: [-0.2 0 3] [0.1 0.1 1]
}

// The axes given disappear; without axes everything is reduced.
func ExampleSum() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3))
	fmt.Println(ops.Sum(x).Item(), ops.Sum(x, 0).Tensor(), ops.Sum(x, -1).Tensor())
	// Output: 21 [5 7 9] [6 15]
}

// A product is differentiated without division, so that zeros do no harm.
func ExampleProd() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{2, 0, 3}, 3))
	y := ops.Prod(x)
	fmt.Println(y.Item(), autograd.Backward(y).Tensor(x))
	// Output: 0 [0 6 0]
}

// The standard deviation of equal numbers is exactly 0, and so is its derivative.
func ExampleStd() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{0.1, 0.1, 0.1}, 3))
	y := ops.Std(x)
	fmt.Println(y.Item(), autograd.Backward(y).Tensor(x))
	// Output: 0 [0 0 0]
}

// The derivative of a sum up to k is 1 from the element on: cotangents are summed from the end.
func ExampleCumSum() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2, 3}, 3))
	y := ops.CumSum(x, 0)
	fmt.Println(y.Tensor(), autograd.Backward(ops.Sum(y)).Tensor(x))
	// Output: [1 3 6] [3 2 1]
}

// Tensors are joined along an axis; each gets its part of the gradient.
func ExampleConcat() {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{1, 2}, 1, 2))
	b := g.VarTensor(tensor.Of([]float64{3, 4, 5, 6}, 2, 2))
	y := ops.Concat(0, a, b)
	fmt.Println(y.Tensor())
	fmt.Println(autograd.Backward(ops.Sum(ops.Square(y))).Tensor(a))
	// Output:
	// [[1 2] [3 4] [5 6]]
	// [[2 4]]
}

// The gradient goes back through the permutation.
func ExampleSort() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{3, 1, 2}, 3))
	y := ops.Sort(x, 0)
	rank := g.ConstTensor(tensor.Of([]float64{10, 20, 30}, 3))
	fmt.Println(y.Tensor(), autograd.Backward(ops.Sum(ops.Mul(y, rank))).Tensor(x))
	// Output: [1 2 3] [30 10 20]
}

// A causal attention mask: no position sees what comes after it.
func ExampleTril() {
	g := graph.New()
	scores := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3))
	seen := ops.Tril(g.ConstTensor(tensor.Of([]float64{1, 1, 1, 1, 1, 1, 1, 1, 1}, 3, 3)), 0)
	fmt.Println(ops.MaskedFill(scores, ops.Eq(seen, g.Const(0)), -100).Tensor())
	// Output: [[1 -100 -100] [4 5 -100] [7 8 9]]
}

// LogSoftmax does not overflow: the cross entropy of two equal logits is ln 2, however large they are.
func ExampleLogSoftmax() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1e20, 1e20}, 2))
	fmt.Printf("%.6f\n", -ops.Reshape(ops.Slice(ops.LogSoftmax(x, 0), 0, 0, 1)).Item())
	// Output: 0.693147
}

// The second row is padding. Class 2 counts twice, and a tenth of every target is spread over all classes.
func ExampleCrossEntropyWith() {
	g := graph.New()
	logits := g.VarTensor(tensor.Of([]float64{2, 0, 0, 1, 2, 3, 0, 0, 4}, 3, 3))
	loss := ops.CrossEntropyWith(logits, ops.CrossEntropyConfig{
		Labels:    []int{0, -100, 2},
		Weights:   []float64{1, 1, 2},
		Smoothing: 0.1,
	})
	fmt.Printf("%.6f\n", loss.Item())
	fmt.Printf("%.4f\n", autograd.Backward(loss).Tensor(logits).Float64s())
	// Output:
	// 0.261250
	// [-0.0400 0.0256 0.0145 0.0000 0.0000 0.0000 0.0003 0.0003 -0.0006]
}

// Operations can be called by name, as an expression does.
func ExampleCall() {
	g := graph.New()
	row, _ := ops.Lookup("leaky_relu")
	fmt.Println(ops.Usage(row), ops.Apply(row, g.Var(-2), 0.5).Item())
	// Output: leaky_relu(x, a) -1
}
