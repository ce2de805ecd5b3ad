package ops_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestLongSumsAreAccurate checks in single precision sums and means, and what flows back to operands that were stretched,
// over sets of axes so long that adding one number after the other would lose three digits.
func TestLongSumsAreAccurate(t *testing.T) {
	const bound = 1e-6
	for _, c := range []struct{ shape, axes []int }{
		{[]int{100_000}, []int{0}},
		{[]int{50_000, 3}, []int{0}},
		{[]int{3, 50_000}, []int{1}},
		{[]int{2, 100_000, 2}, []int{1}},
		{[]int{50_000, 2, 3}, []int{0, 2}},
		{[]int{3, 2, 50_000}, []int{0, 2}},
		{[]int{30_000, 2, 3, 2}, []int{0, 2}},
		{[]int{2, 30_000, 2, 3}, []int{1, 3}},
		{[]int{2, 30_000, 2, 3}, []int{0, 1, 3}},
		{[]int{70, 16, 30, 40}, []int{0, 2, 3}},
	} {
		t.Run(fmt.Sprint(c.shape, c.axes), func(t *testing.T) {
			g := graph.New(graph.WithDType(tensor.Float32))
			full := tensor.New(tensor.Float32, c.shape...)
			full.Fill(0.1) // not a number of float32: each addition rounds
			kept := append([]int{}, c.shape...)
			n := 1.0
			for _, a := range c.axes {
				kept[a] = 1
				n *= float64(c.shape[a])
			}
			x := g.VarTensor(full)
			small := g.VarTensor(tensor.New(tensor.Float32, kept...))
			tenth := float64(float32(0.1))
			for name, sum := range map[string]*tensor.Tensor{
				"sum":                  ops.Sum(x, c.axes...).Tensor(),
				"mean":                 ops.MulScalar(ops.Mean(x, c.axes...), n).Tensor(),
				"sum_to":               ops.SumTo(x, kept...).Tensor(),
				"gradient of add":      autograd.Backward(ops.Add(small, x), autograd.WithSeed(full)).Tensor(small),
				"gradient of mul":      autograd.Backward(ops.Sum(ops.Mul(small, x))).Tensor(small),
				"gradient by Grad":     autograd.Grad(ops.Sum(ops.Mul(small, x)), small)[0].Tensor(),
				"gradient of div":      autograd.Backward(ops.Sum(ops.Div(ops.AddScalar(small, 10), ops.AddScalar(x, 9.9)))).Tensor(small),
				"gradient of stretch":  autograd.Backward(ops.Broadcast(small, c.shape...), autograd.WithSeed(full)).Tensor(small),
				"gradient of maximum":  autograd.Backward(ops.Maximum(ops.AddScalar(small, 1), x), autograd.WithSeed(full)).Tensor(small),
				"gradient of where":    autograd.Backward(ops.Where(x, small, x), autograd.WithSeed(full)).Tensor(small),
				"gradient of subtract": ops.Neg(g.ConstTensor(autograd.Backward(ops.Sub(x, small), autograd.WithSeed(full)).Tensor(small))).Tensor(),
			} {
				for i, got := range numbers(sum) {
					if want := n * tenth; math.Abs(got-want) > bound*want {
						t.Errorf("%s: element %d is %v, want %v: off by %.2g", name, i, got, want, math.Abs(got-want)/want)
						break
					}
				}
			}
		})
	}
}

func TestSumsOverAxesAllocateNothing(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for _, axes := range [][]int{{0}, {1}, {0, 2}, {1, 3}} {
			x := tensor.New(dtype, 20, 30, 4, 5)
			row := tensor.New(dtype, 1, 30, 1, 5)
			g := graph.New(graph.WithDType(dtype))
			steadyState(t, func() graph.Value {
				g.Reset()
				return ops.Sum(ops.Mean(ops.Mul(g.Bind(x), g.Bind(row)), axes...))
			})
		}
	}
}
