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
		{"infinite eps", []float64{1, 3}, []float64{2, 1}, []float64{5, 6}, math.Inf(1), []float64{1, 2}, []float64{5, 6}, []float64{0, 0}},
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

func TestRMSNormEdges(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name                string
		x, gain, want, grad []float64 // the gradient is that of the cotangent 1, 2, ...
		eps                 float64
	}{
		// The mean square is 12.5, and the root of its sum with eps 5/√2·√2 = 5.
		{"plain", []float64{3, 4}, []float64{1, 2}, []float64{0.6, 1.6}, []float64{-0.028, 0.496}, 12.5},
		{"zeros", []float64{0, 0}, []float64{1, 2}, []float64{0, 0}, []float64{2, 8}, 0.25},
		{"zeros for eps 0", []float64{0, 0}, []float64{1, 2}, []float64{nan, nan}, nil, 0},
		{"infinite", []float64{1, inf}, []float64{1, 2}, []float64{nan, nan}, nil, 1},
		{"infinite eps", []float64{1, 3}, []float64{2, 1}, []float64{0, 0}, []float64{0, 0}, inf},
		{"one element", []float64{-7}, []float64{3}, []float64{-3}, []float64{0}, 0},
	}
	near := cmp.Options{cmpopts.EquateApprox(linalgExact, linalgExact), cmpopts.EquateNaNs()}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			n := len(tt.x)
			x, gain := g.VarTensor(tensor.Of(tt.x, n)), g.ConstTensor(tensor.Of(tt.gain, n))
			y := ops.RMSNorm(x, gain, tt.eps)
			if diff := cmp.Diff(tt.want, y.Tensor().Float64s(), near); diff != "" {
				t.Errorf("value: mismatch (-want +got):\n%s", diff)
			}
			if tt.grad == nil {
				return
			}
			ct := tensor.Of([]float64{1, 2, 3}[:n], n)
			if diff := cmp.Diff(tt.grad, autograd.Backward(y, autograd.WithSeed(ct)).Tensor(x).Float64s(), near); diff != "" {
				t.Errorf("Backward: mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.grad, autograd.Grad(ops.Sum(ops.Mul(g.ConstTensor(ct), y)), x)[0].Tensor().Float64s(), near); diff != "" {
				t.Errorf("Grad: mismatch (-want +got):\n%s", diff)
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
		{"scalar", [][]int{{}, {1}, {1}}, layer(1), "ops.LayerNorm: x is a scalar: it must have an axis to normalize along"},
		{"gain", [][]int{{2, 3}, {2}, {3}}, layer(1), "ops.LayerNorm: gain has shape (2) and x (2,3): it must be (3), one number for each element of the last axis"},
		{"bias", [][]int{{2, 3}, {3}, {1, 3}}, layer(1), "ops.LayerNorm: bias has shape (1,3) and x (2,3): it must be (3), one number for each element of the last axis"},
		{"eps", [][]int{{2, 3}, {3}, {3}}, layer(-1), "ops.LayerNorm: eps is -1: it must be 0 or more, such as 1e-5"},
		{"eps is NaN", [][]int{{2, 3}, {3}, {3}}, layer(math.NaN()), "ops.LayerNorm: eps is NaN: it must be 0 or more, such as 1e-5"},
		{"rms of a scalar", [][]int{{}, {1}}, func(xs []graph.Value) graph.Value { return ops.RMSNorm(xs[0], xs[1], 1) }, "ops.RMSNorm: x is a scalar: it must have an axis to normalize along"},
		{"gain of rms", [][]int{{2, 3}, {2}}, func(xs []graph.Value) graph.Value { return ops.RMSNorm(xs[0], xs[1], 1) },
			"ops.RMSNorm: gain has shape (2) and x (2,3): it must be (3), one number for each element of the last axis"},
		{"eps of rms", [][]int{{2, 3}, {3}}, func(xs []graph.Value) graph.Value { return ops.RMSNorm(xs[0], xs[1], -1) }, "ops.RMSNorm: eps is -1: it must be 0 or more, such as 1e-5"},
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
		normed, _, _ := ops.BatchNormMoments(v, a, b, 1e-5)
		return ops.Add(ops.Add(ops.Sum(ops.LayerNorm(v, a, b, 1e-5)), ops.Sum(normed)), ops.Sum(ops.RMSNorm(v, a, 1e-5)))
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

// TestNormalizationOfAnySize holds that all normalizations, and their first and second derivatives, are those of the
// numbers times a power of two, as long as results are in range: squares on the way need not be.
func TestNormalizationOfAnySize(t *testing.T) {
	numbersOf := []float64{1, 2, -1, 3, 5, 5.5, 5.25, 5, 0.5, 0.5, 0.5, 0.5, 64, 65, 67, 62}
	forms := map[string]func(x, gain, bias graph.Value, eps float64) graph.Value{
		"layer_norm": ops.LayerNorm,
		"batch_norm": func(x, gain, bias graph.Value, eps float64) graph.Value {
			return ops.BatchNorm(ops.Transpose(x), gain, bias, eps)
		},
		"rms_norm": func(x, gain, bias graph.Value, eps float64) graph.Value {
			return ops.Add(ops.RMSNorm(x, gain, eps), bias)
		},
	}
	for _, c := range []struct {
		dtype     tensor.DType
		exponents []int
		tolerance float64
	}{
		{tensor.Float64, []int{0, 1003, 530, 300, -300, -530, -800, -1000}, 1e-12},
		{tensor.Float32, []int{0, 105, 70, 20, -20, -70, -100}, 1e-4},
	} {
		for name, f := range forms {
			for _, eps := range []float64{0, 0.25} {
				want := make([][]float64, 5)
				for k, e := range c.exponents {
					factor := math.Ldexp(1, e)
					scaledEps := eps * factor * factor
					if eps > 0 && (scaledEps == 0 || math.IsInf(scaledEps, 0)) {
						continue
					}
					g := graph.New(graph.WithDType(c.dtype))
					data := make([]float64, len(numbersOf))
					for i, v := range numbersOf {
						data[i] = v * factor
					}
					rows := 4
					if eps == 0 { // without the constant row
						data = append(data[:8], data[12:]...)
						rows = 3
					}
					x := g.VarTensor(tensor.Of(data, rows, 4))
					channels := 4
					if name == "batch_norm" {
						channels = rows
					}
					gain, bias := g.VarTensor(counting(c.dtype, channels)), g.VarTensor(filled(0.5, channels))
					y := f(x, gain, bias, scaledEps)
					loss := weighted(ops.Add(y, ops.Square(y)))
					back := autograd.Backward(loss)
					grads := autograd.Grad(loss, x, gain, bias)
					got := [][]float64{numbers(y.Tensor()), nil, nil, nil, nil}
					for i, d := range [][]float64{numbers(back.Tensor(x)), numbers(grads[0].Tensor())} {
						for _, v := range d {
							got[1+i] = append(got[1+i], v*factor)
						}
					}
					for i, v := range []graph.Value{gain, bias} {
						got[1] = append(got[1], numbers(back.Tensor(v))...)
						got[2] = append(got[2], numbers(grads[i+1].Tensor())...)
					}
					if e >= -400 && e <= 400 && (c.dtype == tensor.Float64 || e >= -40 && e <= 40) {
						next := weighted(ops.Square(ops.MulScalar(grads[0], factor)))
						d := autograd.Grad(next, x)[0]
						for i, d := range [][]float64{numbers(autograd.Backward(next).Tensor(x)), numbers(d.Tensor())} {
							for _, v := range d {
								got[3+i] = append(got[3+i], v*factor)
							}
						}
					}
					for i, name2 := range []string{"value", "Backward", "Grad", "Backward of Grad", "Grad of Grad"} {
						if k == 0 {
							want[i] = got[i]
							continue
						}
						if got[i] == nil {
							continue
						}
						if diff := cmp.Diff(want[i], got[i], cmpopts.EquateApprox(c.tolerance, c.tolerance)); diff != "" {
							t.Errorf("%s, %v, times 2^%d, eps %v: %s: mismatch (-want +got):\n%s", name, c.dtype, e, eps, name2, diff)
						}
					}
				}
			}
		}
	}
}

// TestLayerNormLarge holds values computed with 50 digits.
func TestLayerNormLarge(t *testing.T) {
	want := []float64{-0.16903085094570331, 0.50709255283710994, -1.52127765851132979, 1.18321595661992317}
	for _, c := range []struct {
		dtype tensor.DType
		unit  float64
	}{{tensor.Float32, 1e30}, {tensor.Float32, 1e38}, {tensor.Float32, 1e-35}, {tensor.Float64, 1e200}, {tensor.Float64, 5e307}, {tensor.Float64, 1e-200}, {tensor.Float64, 1e-300}} {
		g := graph.New(graph.WithDType(c.dtype))
		x := g.VarTensor(tensor.Of([]float64{c.unit, 2 * c.unit, -c.unit, 3 * c.unit}, 4))
		y := ops.LayerNorm(x, g.ConstTensor(filled(1, 4)), g.ConstTensor(filled(0, 4)), 0)
		tolerance := 1e-14
		if c.dtype == tensor.Float32 {
			tolerance = 1e-6
		}
		if diff := cmp.Diff(want, numbers(y.Tensor()), cmpopts.EquateApprox(tolerance, 0)); diff != "" {
			t.Errorf("%v, %v: mismatch (-want +got):\n%s", c.dtype, c.unit, diff)
		}
	}
}

// TestLayerNormThirdDerivative takes it at a constant row too, where the deviation is 0 but its square has a second
// derivative.
func TestLayerNormThirdDerivative(t *testing.T) {
	f := func(xs ...graph.Value) graph.Value {
		x := xs[0]
		gain, bias := x.Graph().ConstTensor(tensor.Of([]float64{1, 2, -1}, 3)), x.Graph().ConstTensor(filled(0, 3))
		loss := weighted(ops.LayerNorm(x, gain, bias, 0.5))
		first := weighted(autograd.Grad(loss, x)[0])
		return weighted(autograd.Grad(first, x)[0])
	}
	if err := autograd.Check(f, tensor.Of([]float64{2, 2, 2, 1, -1, 0.5}, 2, 3)); err != nil {
		t.Error(err)
	}
}

// TestBatchNormMoments compares the moments that batch norm gives out with those of [ops.BatchMoments], for numbers
// that are plain, far from 0, constant, too large or too small for their squares, and not finite.
func TestBatchNormMoments(t *testing.T) {
	channels := [][]float64{
		{1, 2, 3, -4, 5, 7}, {1e8 + 1, 1e8, 1e8 + 3, 1e8 - 2, 1e8, 1e8}, {3, 3, 3, 3, 3, 3}, {0, 0, 0, 0, 0, 0},
		{1e30, -1e30, 2e30, 0, 1e30, 3e30}, {1e-30, 2e-30, -1e-30, 0, 5e-30, 1e-30}, {1, math.Inf(1), 2, 3, 4, 5}, {math.NaN(), 1, 2, 3, 4, 5},
	}
	n := len(channels)
	x := tensor.New(tensor.Float64, 2, n, 3)
	for c, numbers := range channels {
		for i, v := range numbers {
			x.SetAt(v, i/3, c, i%3)
		}
	}
	one := tensor.New(tensor.Float64, n)
	one.Fill(1)
	for _, tt := range []struct {
		dtype tensor.DType
		exact float64
	}{{tensor.Float64, 1e-15}, {tensor.Float32, 1e-7}} {
		for _, eps := range []float64{0, 1e-5} {
			g := graph.New(graph.WithDType(tt.dtype))
			in, gain := g.VarTensor(x), g.VarTensor(one)
			y, mean, variance := ops.BatchNormMoments(in, gain, gain, eps)
			near := cmp.Options{cmpopts.EquateApprox(tt.exact, 0), cmpopts.EquateNaNs()}
			if diff := cmp.Diff(ops.BatchNorm(in, gain, gain, eps).Tensor().Float64s(), y.Tensor().Float64s(), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("%v, eps %g: mismatch (-BatchNorm +with moments):\n%s", tt.dtype, eps, diff)
			}
			wantMean, wantVariance := ops.BatchMoments(in)
			if diff := cmp.Diff(wantMean.Tensor().Float64s(), mean.Tensor().Float64s(), near); diff != "" {
				t.Errorf("%v, eps %g: means: mismatch (-want +got):\n%s", tt.dtype, eps, diff)
			}
			if diff := cmp.Diff(wantVariance.Tensor().Float64s(), variance.Tensor().Float64s(), near); diff != "" {
				t.Errorf("%v, eps %g: variances: mismatch (-want +got):\n%s", tt.dtype, eps, diff)
			}
			if mean.WantsGrad() || variance.WantsGrad() {
				t.Error("the moments want a gradient: they must be constants")
			}
		}
	}
	g := graph.New()
	gain := g.ConstTensor(tensor.New(tensor.Float64, 2))
	if _, mean, variance := ops.BatchNormMoments(g.ConstTensor(tensor.New(tensor.Float64, 0, 2)), gain, gain, 1); !math.IsNaN(mean.Tensor().At(1)) || !math.IsNaN(variance.Tensor().At(1)) {
		t.Error("the moments of no examples must be NaN")
	}
}
