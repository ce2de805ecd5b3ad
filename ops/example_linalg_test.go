package ops_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// The gradient by the left factor is ct·bᵀ, here with a cotangent of ones.
func ExampleMatMul() {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4}, 2, 2))
	b := g.VarTensor(tensor.Of([]float64{5, 6}, 2))
	y := ops.MatMul(a, b)
	fmt.Println(y.Tensor())
	fmt.Println(autograd.Backward(ops.Sum(y)).Tensor(a))
	// Output:
	// [17 39]
	// [[5 6] [5 6]]
}

func ExampleSolve() {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{0, 1, 2, 0}, 2, 2))
	b := g.VarTensor(tensor.Of([]float64{3, 4}, 2))
	y := ops.Solve(a, b)
	fmt.Println(y.Tensor())
	fmt.Println(autograd.Backward(ops.Sum(y)).Tensor(b))
	// Output:
	// [2 3]
	// [1 0.5]
}

// The gradient of a determinant is the matrix of cofactors, also where the matrix is singular.
func ExampleDet() {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{1, 2, 2, 4}, 2, 2))
	y := ops.Det(a)
	fmt.Println(y.Item())
	fmt.Println(autograd.Backward(y).Tensor(a))
	// Output:
	// 0
	// [[4 -2] [-2 1]]
}

// The logarithm of a determinant that is no float64.
func ExampleLogDet() {
	g := graph.New()
	d := g.VarTensor(tensor.Of([]float64{1e200, 1e200}, 2))
	y := ops.LogDet(ops.DiagonalMatrix(d))
	fmt.Printf("%.6f\n", y.Item())
	fmt.Println(autograd.Backward(y).Tensor(d))
	// Output:
	// 921.034037
	// [1e-200 1e-200]
}

// The gradient is symmetric, as the matrix is.
func ExampleCholesky() {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{4, 2, 2, 5}, 2, 2))
	l := ops.Cholesky(a)
	fmt.Println(l.Tensor())
	corner := ops.Sum(ops.Slice(ops.Slice(l, 0, 1, 2), 1, 0, 1))
	fmt.Println(autograd.Backward(corner).Tensor(a))
	// Output:
	// [[2 0] [1 2]]
	// [[-0.125 0.25] [0.25 0]]
}

// The derivative of an eigenvalue is the outer product of its eigenvector with itself.
func ExampleEigh() {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{2, 1, 1, 2}, 2, 2))
	w, _ := ops.Eigh(a)
	fmt.Printf("%.4f\n", w.Tensor().Float64s())
	largest := ops.Sum(ops.Slice(w, 0, 1, 2))
	fmt.Printf("%.4f\n", autograd.Backward(largest).Tensor(a).Float64s())
	// Output:
	// [1.0000 3.0000]
	// [0.5000 0.5000 0.5000 0.5000]
}

// The sum of the singular values is the nuclear norm; its gradient is u·vt.
func ExampleSVD() {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{0, -2, 3, 0}, 2, 2))
	_, s, _ := ops.SVD(a)
	fmt.Printf("%.4f\n", s.Tensor().Float64s())
	d := autograd.Backward(ops.Sum(s)).Tensor(a)
	fmt.Printf("%.4f %.4f\n", d.At(0, 1), d.At(1, 0))
	// Output:
	// [3.0000 2.0000]
	// -1.0000 1.0000
}

func ExampleEinsum() {
	g := graph.New()
	a := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4}, 2, 2))
	fmt.Println(ops.Einsum("ij,jk->ik", a, a).Tensor())
	fmt.Println(ops.Einsum("ii", a).Item())
	// Output:
	// [[7 10] [15 22]]
	// 5
}

// An edge detector: a kernel that takes the difference of neighbours.
func ExampleConv2D() {
	g := graph.New()
	x := g.ConstTensor(tensor.Of([]float64{0, 0, 5, 5, 0, 0, 5, 5}, 1, 1, 2, 4))
	w := g.VarTensor(tensor.Of([]float64{-1, 1}, 1, 1, 1, 2))
	y := ops.Conv2D(x, w, 1, 0)
	fmt.Println(y.Tensor())
	fmt.Println(autograd.Backward(ops.Sum(y)).Tensor(w))
	// Output:
	// [[[[0 5 0] [0 5 0]]]]
	// [[[[10 20]]]]
}

// Two elements share the cotangent of a window in which both are the largest.
func ExampleMaxPool2D() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 7, 2, 0, 7, 3, 9, 4}, 1, 1, 2, 4))
	y := ops.MaxPool2D(x, 2, 2)
	fmt.Println(y.Tensor())
	fmt.Println(autograd.Backward(ops.Sum(y)).Tensor(x))
	// Output:
	// [[[[7 9]]]]
	// [[[[0 0.5 0 0] [0.5 0 1 0]]]]
}

// A large offset costs no digits.
func ExampleLayerNorm() {
	g := graph.New()
	gain, bias := g.VarTensor(tensor.Of([]float64{1, 1, 1}, 3)), g.VarTensor(tensor.Of([]float64{0, 0, 10}, 3))
	x := g.VarTensor(tensor.Of([]float64{1e8, 1e8 + 1, 1e8 + 2}, 3))
	fmt.Printf("%.6f\n", ops.LayerNorm(x, gain, bias, 0).Tensor().Float64s())
	// Output:
	// [-1.224745 0.000000 11.224745]
}

// The root of the mean square of 3 and 4, and of the 12.5 that are added, is 5.
func ExampleRMSNorm() {
	g := graph.New()
	x, gain := g.VarTensor(tensor.Of([]float64{3, 4}, 2)), g.VarTensor(tensor.Of([]float64{1, 10}, 2))
	fmt.Printf("%.6f\n", ops.RMSNorm(x, gain, 12.5).Tensor().Float64s())
	// Output:
	// [0.600000 8.000000]
}

// Training normalizes with the moments of the batch, which running averages keep for later.
func ExampleBatchNorm() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 10, 3, 30}, 2, 2))
	gain, bias := g.VarTensor(tensor.Of([]float64{1, 1}, 2)), g.VarTensor(tensor.Of([]float64{0, 0}, 2))
	fmt.Println(ops.BatchNorm(x, gain, bias, 0).Tensor())
	mean, variance := ops.BatchMoments(x)
	fmt.Println(mean.Tensor(), variance.Tensor())
	// Output:
	// [[-1 -1] [1 1]]
	// [2 20] [1 100]
}

// The first query sees the first key only.
func ExampleAttention() {
	g := graph.New()
	q := g.VarTensor(tensor.Of([]float64{0, 0}, 2, 1))
	k := g.VarTensor(tensor.Of([]float64{1, 2}, 2, 1))
	v := g.VarTensor(tensor.Of([]float64{10, 20}, 2, 1))
	fmt.Println(ops.Attention(q, k, v, ops.AttentionConfig{Causal: true}).Tensor())
	// Output:
	// [[10] [15]]
}
