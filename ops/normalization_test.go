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

func TestLayerNormEdges(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name          string
		x, gain, bias []float64
		eps           float64
		ct            []float64
		want, grad    []float64
	}{
		{"constant rows", []float64{2, 2, 0, 0}, []float64{3, 5}, []float64{1, 2}, 0.25, []float64{1, 2, 3, 4}, []float64{1, 2, 1, 2}, []float64{-7, 7, -11, 11}},
		// x̂ = (-2, -1, 0, 3)/√(14/4 + 1e-5) whatever the offset.
		{"large offset", []float64{1e8 - 2, 1e8 - 1, 1e8, 1e8 + 3}, []float64{1, 1, 1, 1}, []float64{0, 0, 0, 0}, 1e-5, []float64{1, -2, 3, 1},
			[]float64{-1.0690434404458735, -0.5345217202229368, 0, 1.6035651606688104}, nil},
		{"offset whose mean is rounded", []float64{1e8 + 0.5, 1e8 + 1, 1e8 + 3}, []float64{1, 1, 1}, []float64{0, 0, 0}, 0, []float64{1, 0, 0},
			[]float64{-0.9258200997725514, -0.4629100498862757, 1.3887301496588271}, nil},
		{"one element", []float64{7}, []float64{3}, []float64{5}, 1, []float64{2}, []float64{5}, []float64{0}},
		{"NaN stays in its row", []float64{nan, 1, 1, 3}, []float64{1, 1}, []float64{0, 0}, 0, []float64{0, 0, 1, 0}, []float64{nan, nan, -1, 1}, []float64{0, 0, 0, 0}},
		{"eps 0 and a constant", []float64{4, 4}, []float64{1, 1}, []float64{0, 0}, 0, []float64{0, 0}, []float64{nan, nan}, []float64{0, 0}},
	}
	near := cmp.Options{cmpopts.EquateApprox(linalgExact, linalgExact), cmpopts.EquateNaNs()}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			k := len(tt.gain)
			x := g.VarTensor(tensor.Of(tt.x, len(tt.x)/k, k))
			gain, bias := g.VarTensor(tensor.Of(tt.gain, k)), g.VarTensor(tensor.Of(tt.bias, k))
			y := ops.LayerNorm(x, gain, bias, tt.eps)
			if diff := cmp.Diff(tt.want, y.Tensor().Float64s(), near); diff != "" {
				t.Errorf("value: mismatch (-want +got):\n%s", diff)
			}
			grads := autograd.Backward(y, autograd.WithSeed(tensor.Of(tt.ct, len(tt.x)/k, k)))
			numeric := grads.Tensor(x).Float64s()
			if diff := cmp.Diff(tt.grad, numeric, near); tt.grad != nil && diff != "" {
				t.Errorf("Backward: mismatch (-want +got):\n%s", diff)
			}
			recorded := autograd.Grad(ops.Sum(ops.Chain(g.ConstTensor(tensor.Of(tt.ct, len(tt.x)/k, k)), y)), x)[0]
			if diff := cmp.Diff(numeric, recorded.Tensor().Float64s(), near); diff != "" {
				t.Errorf("Grad: mismatch (-Backward +Grad):\n%s", diff)
			}
		})
	}
}

// TestBatchNormIsLayerNorm compares batch norm with layer norm of the transposed batch, channels being rows.
func TestBatchNormIsLayerNorm(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(randomMatrices(5, 4, 3, 2, 2))
	gain, bias := g.VarTensor(tensor.Of([]float64{1, -2, 0.5}, 3)), g.VarTensor(tensor.Of([]float64{0, 1, 2}, 3))
	w := g.ConstTensor(randomMatrices(6, 4, 3, 2, 2))

	one, zero := tensor.New(tensor.Float64, 16), tensor.New(tensor.Float64, 16)
	one.Fill(1)
	rows := ops.Reshape(ops.Permute(x, 1, 0, 2, 3), 3, 16)
	rows = ops.LayerNorm(rows, g.ConstTensor(one), g.ConstTensor(zero), 0.1)
	rows = ops.Add(ops.Mul(rows, ops.Unsqueeze(gain, -1)), ops.Unsqueeze(bias, -1))
	want := ops.Permute(ops.Reshape(rows, 3, 4, 2, 2), 1, 0, 2, 3)
	got := ops.BatchNorm(x, gain, bias, 0.1)
	closeTo(t, "value", want.Tensor().Float64s(), got.Tensor().Float64s())

	mean, variance := ops.BatchMoments(x)
	fixed := ops.BatchNormFixed(x, mean, variance, gain, bias, 0.1)
	closeTo(t, "with the batch's own moments", want.Tensor().Float64s(), fixed.Tensor().Float64s())

	a := autograd.Backward(ops.Sum(ops.Mul(want, w)))
	b := autograd.Backward(ops.Sum(ops.Mul(got, w)))
	c := autograd.Backward(ops.Sum(ops.Mul(fixed, w)))
	for _, v := range []graph.Value{x, gain, bias} {
		closeTo(t, "gradient", a.Tensor(v).Float64s(), b.Tensor(v).Float64s())
		closeTo(t, "gradient through the moments", a.Tensor(v).Float64s(), c.Tensor(v).Float64s())
	}
}

func TestNormMisuse(t *testing.T) {
	layer := func(eps float64) func(xs []graph.Value) graph.Value {
		return func(xs []graph.Value) graph.Value { return ops.LayerNorm(xs[0], xs[1], xs[2], eps) }
	}
	batch := func(xs []graph.Value) graph.Value { return ops.BatchNorm(xs[0], xs[1], xs[2], 1) }
	testMisuse(t, []misuse{
		{"scalar", [][]int{{}, {1}, {1}}, layer(1), "ops.LayerNorm: x is a scalar: it must have an axis to normalise along"},
		{"gain", [][]int{{2, 3}, {2}, {3}}, layer(1), "ops.LayerNorm: gain has shape (2) and x (2,3): it must be (3), one number for each element of the last axis"},
		{"bias", [][]int{{2, 3}, {3}, {1, 3}}, layer(1), "ops.LayerNorm: bias has shape (1,3) and x (2,3): it must be (3), one number for each element of the last axis"},
		{"eps", [][]int{{2, 3}, {3}, {3}}, layer(-1), "ops.LayerNorm: eps is -1: it must be 0 or more, such as 1e-5"},
		{"eps is NaN", [][]int{{2, 3}, {3}, {3}}, layer(math.NaN()), "ops.LayerNorm: eps is NaN: it must be 0 or more, such as 1e-5"},
		{"no channels", [][]int{{3}, {3}, {3}}, batch, "ops.BatchNorm: x has shape (3): it must be (batch,channels) or (batch,channels,...)"},
		{"gain of channels", [][]int{{4, 3, 2}, {2}, {3}}, batch, "ops.BatchNorm: gain has shape (2) and x (4,3,2): it must be (3), one number for each element of axis 1"},
		{"moments of a vector", [][]int{{3}}, func(xs []graph.Value) graph.Value { m, _ := ops.BatchMoments(xs[0]); return m },
			"ops.BatchMoments: x has shape (3): it must be (batch,channels) or (batch,channels,...)"},
		{"fixed mean", [][]int{{2, 3}, {2}, {3}}, func(xs []graph.Value) graph.Value { return ops.BatchNormFixed(xs[0], xs[1], xs[2], xs[2], xs[2], 1) },
			"ops.BatchNormFixed: mean has shape (2): it must be (3), one number for each channel of x (2,3)"},
	})
}

func TestNormAllocates(t *testing.T) {
	g := graph.New(graph.WithDType(tensor.Float32))
	x, gain, bias := counting(tensor.Float32, 5, 8), counting(tensor.Float32, 8), counting(tensor.Float32, 8)
	steadyState(t, func() graph.Value {
		g.Reset()
		v, a, b := g.Bind(x), g.Bind(gain), g.Bind(bias)
		return ops.Add(ops.Sum(ops.LayerNorm(v, a, b, 1e-5)), ops.Sum(ops.BatchNorm(v, a, b, 1e-5)))
	})
}

func BenchmarkNorm(b *testing.B) {
	g := graph.New(graph.WithDType(tensor.Float32))
	gain, bias := counting(tensor.Float32, 64), counting(tensor.Float32, 64)
	for _, c := range []struct {
		name string
		x    *tensor.Tensor
		f    func(x, gain, bias graph.Value, eps float64) graph.Value
	}{
		{"layer/rows=2048", counting(tensor.Float32, 2048, 64), ops.LayerNorm},
		{"batch/batch=2048", counting(tensor.Float32, 2048, 64), ops.BatchNorm},
		{"batch/batch=8/size=16", counting(tensor.Float32, 8, 64, 16, 16), ops.BatchNorm},
	} {
		forward := func() graph.Value {
			g.Reset()
			return ops.Sum(c.f(g.Bind(c.x), g.Bind(gain), g.Bind(bias), 1e-5))
		}
		benchmarkPasses(b, fmt.Sprintf("norm=%s", c.name), 5*float64(c.x.Len()), forward)
	}
}
