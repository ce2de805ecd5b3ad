package ops_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestPool(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		name      string
		f         func(x graph.Value, k, stride int) graph.Value
		x         []float64
		h, w      int
		k, stride int
		ct        []float64
		want      []float64
		grad      []float64
	}{
		{"max", ops.MaxPool2D, []float64{1, 2, 3, 4, 9, 5, 6, 7, 8}, 3, 3, 2, 1, []float64{1, 10, 100, 1000}, []float64{9, 9, 9, 9}, []float64{0, 0, 0, 0, 1111, 0, 0, 0, 0}},
		{"max, ties share", ops.MaxPool2D, []float64{5, 5, 1, 5, 0, 0}, 2, 3, 2, 1, []float64{3, 4}, []float64{5, 5}, []float64{1, 1 + 4, 0, 1, 0, 0}},
		{"max, stride beyond the window", ops.MaxPool2D, []float64{1, 2, 3}, 1, 3, 1, 2, []float64{4, 5}, []float64{1, 3}, []float64{4, 0, 5}},
		{"max, huge stride", ops.MaxPool2D, []float64{1, 2, 3, 4}, 2, 2, 1, math.MaxInt, []float64{4}, []float64{1}, []float64{4, 0, 0, 0}},
		{"max, incomplete windows dropped", ops.MaxPool2D, []float64{1, 2, 9, 3, 4, 9, 9, 9, 9}, 3, 3, 2, 2, []float64{1}, []float64{4}, []float64{0, 0, 0, 0, 1, 0, 0, 0, 0}},
		{"max of only -Inf", ops.MaxPool2D, []float64{-inf, -inf}, 1, 2, 1, 1, []float64{1, 2}, []float64{-inf, -inf}, []float64{1, 2}},
		{"max, NaN wins", ops.MaxPool2D, []float64{1, nan, inf, nan}, 2, 2, 2, 1, []float64{4}, []float64{nan}, []float64{0, 2, 0, 2}},
		{"avg", ops.AvgPool2D, []float64{1, 2, 7, 3, 4, 7, 7, 7, 7}, 3, 3, 2, 2, []float64{8}, []float64{2.5}, []float64{2, 2, 0, 2, 2, 0, 0, 0, 0}},
		{"avg, overlap", ops.AvgPool2D, []float64{1, 2, 3, 4, 5, 6}, 2, 3, 2, 1, []float64{4, 8}, []float64{3, 4}, []float64{1, 3, 2, 1, 3, 2}},
		{"avg with an infinity", ops.AvgPool2D, []float64{1, inf}, 1, 2, 1, 1, []float64{2, 3}, []float64{1, inf}, []float64{2, 3}},
	}
	same := cmp.Options{cmpopts.EquateNaNs()}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				g := graph.New(graph.WithDType(dtype))
				x := g.VarTensor(tensor.Of(tt.x, 1, 1, tt.h, tt.w))
				y := tt.f(x, tt.k, tt.stride)
				if diff := cmp.Diff(tt.want, y.Tensor().Float64s(), same); diff != "" {
					t.Errorf("%v value: mismatch (-want +got):\n%s", dtype, diff)
				}
				// A second channel of cotangents, all 0, is not there; the loss is Σ ct·y without meeting y's infinities.
				seed := tensor.Of(tt.ct, y.Dims()...).To(dtype)
				grads := autograd.Backward(y, autograd.WithSeed(seed))
				if diff := cmp.Diff(tt.grad, grads.Tensor(x).Float64s(), same); diff != "" {
					t.Errorf("%v gradient: mismatch (-want +got):\n%s", dtype, diff)
				}
			}
		})
	}
}

func TestPoolMisuse(t *testing.T) {
	pool := func(k, stride int) func(xs []graph.Value) graph.Value {
		return func(xs []graph.Value) graph.Value { return ops.MaxPool2D(xs[0], k, stride) }
	}
	testMisuse(t, []misuse{
		{"vector", [][]int{{5}}, pool(1, 1), "ops.MaxPool2D: shape (5) is not a matrix: the last two axes are its rows and columns"},
		{"no window", [][]int{{1, 3, 3}}, pool(0, 1), "ops.MaxPool2D: windows of 0×0 elements with stride 1: both must be 1 or more"},
		{"no stride", [][]int{{1, 3, 3}}, pool(2, 0), "ops.MaxPool2D: windows of 2×2 elements with stride 0: both must be 1 or more"},
		{"too large", [][]int{{1, 4, 3}}, pool(4, 1), "ops.MaxPool2D: a window of 4×4 elements does not fit into images of shape (1,4,3): use a smaller one"},
		{"too large for the mean", [][]int{{1, 0, 3}}, func(xs []graph.Value) graph.Value { return ops.AvgPool2D(xs[0], 1, 1) },
			"ops.AvgPool2D: a window of 1×1 elements does not fit into images of shape (1,0,3): use a smaller one"},
		{"cotangents of other windows", [][]int{{1, 3, 3}, {1, 3, 3}}, func(xs []graph.Value) graph.Value { return ops.MaxPool2DInput(xs[0], xs[1], 2, 1) },
			"ops.MaxPool2DInput: ct has shape (1,3,3), the windows of x have (1,2,2): give one element for each window"},
		{"other values", [][]int{{1, 3, 2}, {1, 3, 3}}, func(xs []graph.Value) graph.Value { return ops.MaxPool2DSelect(xs[0], xs[1], 2, 1) },
			"ops.MaxPool2DSelect: v has shape (1,3,2) and x (1,3,3): both must be equal"},
		{"images of another size", [][]int{{2, 2}}, func(xs []graph.Value) graph.Value { return ops.AvgPool2DInput(xs[0], 4, 3, 2, 1) },
			"ops.AvgPool2DInput: y has shape (2,2), the windows of images (4,3) make (3,2): give one element for each window"},
	})
}

func TestPoolAllocates(t *testing.T) {
	g := graph.New(graph.WithDType(tensor.Float32))
	x := counting(tensor.Float32, 2, 3, 8, 8)
	steadyState(t, func() graph.Value {
		g.Reset()
		v := g.Bind(x)
		return ops.Add(ops.Sum(ops.MaxPool2D(v, 2, 2)), ops.Sum(ops.AvgPool2D(v, 3, 1)))
	})
}

func BenchmarkPool2D(b *testing.B) {
	x := counting(tensor.Float32, 32, 16, 28, 28)
	g := graph.New(graph.WithDType(tensor.Float32))
	for name, f := range map[string]func(x graph.Value, k, stride int) graph.Value{"max": ops.MaxPool2D, "avg": ops.AvgPool2D} {
		for _, k := range []int{2, 3} {
			forward := func() graph.Value {
				g.Reset()
				return ops.Sum(f(g.Bind(x), k, 2))
			}
			benchmarkPasses(b, fmt.Sprintf("pool=%s/k=%d", name, k), float64(x.Len()), forward)
		}
	}
}
