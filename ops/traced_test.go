package ops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestTraces holds that functions that are put together from operations record the same whatever the numbers are; the
// operations themselves are TestRows's.
func TestTraces(t *testing.T) {
	// both returns a value that depends on several results.
	both := func(vs ...graph.Value) graph.Value {
		sum := ops.Sum(vs[0])
		for _, v := range vs[1:] {
			sum = ops.Add(sum, ops.Sum(ops.Square(v)))
		}
		return sum
	}
	wide := ops.Conv2DConfig{Stride: [2]int{1, 2}, Padding: [2]int{1, 0}, Dilation: [2]int{2, 1}, Groups: 2}
	pool := ops.PoolConfig{Size: [2]int{2, 3}, Stride: [2]int{1, 2}, Padding: [2]int{1, 1}, ExcludePadding: true}
	for _, test := range []struct {
		name   string
		f      func(xs ...graph.Value) graph.Value
		shapes [][]int
	}{
		{"Attention", func(x ...graph.Value) graph.Value {
			return ops.Attention(x[0], x[1], x[2], ops.AttentionConfig{Causal: true})
		}, [][]int{{2, 3}, {2, 3}, {2, 2}}},
		{"Attention with a mask", func(x ...graph.Value) graph.Value {
			return ops.Weigh(ops.AttentionWeights(x[0], x[1], ops.AttentionConfig{Mask: ops.Gt(x[2], x[0].Graph().Const(0))}), x[3])
		}, [][]int{{2, 3}, {2, 3}, {2, 2}, {2, 1}}},
		{"AvgPool2DWith", func(x ...graph.Value) graph.Value { return ops.AvgPool2DWith(x[0], pool) }, [][]int{{1, 3, 4}}},
		{"MaxPool2DWith", func(x ...graph.Value) graph.Value { return ops.MaxPool2DWith(x[0], pool) }, [][]int{{1, 3, 4}}},
		{"BatchMoments", func(x ...graph.Value) graph.Value { return both(ops.BatchMoments(x[0])) }, [][]int{{3, 2}}},
		{"BatchNormFixed", func(x ...graph.Value) graph.Value {
			return ops.BatchNormFixed(x[0], x[1], ops.Square(x[2]), x[3], x[4], 1e-5)
		}, [][]int{{3, 2}, {2}, {2}, {2}, {2}}},
		{"BatchNormMoments", func(x ...graph.Value) graph.Value { return both(ops.BatchNormMoments(x[0], x[1], x[2], 1e-5)) }, [][]int{{3, 2}, {2}, {2}}},
		{"Conv2DWith", func(x ...graph.Value) graph.Value { return ops.Conv2DWith(x[0], x[1], wide) }, [][]int{{1, 2, 4, 5}, {2, 1, 2, 3}}},
		{"ConvTranspose2D", func(x ...graph.Value) graph.Value { return ops.ConvTranspose2D(x[0], x[1], 2, 1) }, [][]int{{1, 2, 2, 2}, {2, 1, 3, 3}}},
		{"Eigh", func(x ...graph.Value) graph.Value { return both(ops.Eigh(x[0])) }, [][]int{{3, 3}}},
		{"Einsum", func(x ...graph.Value) graph.Value { return ops.Einsum("ij,jk,ik->k", x...) }, [][]int{{2, 3}, {3, 2}, {2, 2}}},
		{"Interp", func(x ...graph.Value) graph.Value {
			rise := ops.CumSum(ops.Exp(x[1]), 0) // points must ascend
			return ops.Interp(x[0], rise, x[2])
		}, [][]int{{4}, {3}, {3}}},
		{"LSTM", func(x ...graph.Value) graph.Value { return both(ops.LSTM(x[0], x[1], x[2], x[3], x[4], x[5], x[6])) }, [][]int{{1, 2, 2}, {1, 1}, {1, 1}, {2, 4}, {1, 4}, {4}, {4}}},
		{"Lerp and MaskedFill", func(x ...graph.Value) graph.Value {
			return ops.MaskedFill(ops.Lerp(x[0], x[1], x[2]), ops.Gt(x[0], x[1]), -1)
		}, [][]int{{3}, {3}, {}}},
		{"QR", func(x ...graph.Value) graph.Value { return both(ops.QR(x[0])) }, [][]int{{3, 2}}},
		{"SVD", func(x ...graph.Value) graph.Value { return both(ops.SVD(x[0])) }, [][]int{{3, 2}}},
		{"Unstack", func(x ...graph.Value) graph.Value { return both(ops.Unstack(ops.Triu(x[0], 1), 1)...) }, [][]int{{2, 3}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			var operands []*tensor.Tensor
			for _, shape := range test.shapes {
				x := tensor.New(tensor.Float64, shape...)
				for i := range x.Len() {
					x.SetFlat(rng.NormFloat64(), i)
				}
				operands = append(operands, x)
			}
			rowtest.SameTraces(t, test.f, operands...)
		})
	}
}
