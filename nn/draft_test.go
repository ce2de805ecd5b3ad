package nn_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// adamByFormula returns a number before and after each step of Adam with rate 0.1, by the formulas of NewAdam.
func adamByFormula(w float64, eps, decay float64, grads []float64) []float64 {
	const lr, beta1, beta2 = 0.1, 0.9, 0.999
	var m, v float64
	out := []float64{w}
	for i, g := range grads {
		g += decay * w
		m = beta1*m + (1-beta1)*g
		v = beta2*v + (1-beta2)*g*g
		t := float64(i + 1)
		w -= lr * m / (1 - math.Pow(beta1, t)) / (math.Sqrt(v/(1-math.Pow(beta2, t))) + eps)
		out = append(out, w)
	}
	return out
}

// walk returns the first number of a parameter before and after steps with the given gradients.
func walk(t *testing.T, opt nn.Optimizer, w *nn.Param, grads []float64) []float64 {
	t.Helper()
	out := []float64{w.Data.AtFlat(0)}
	for _, g := range grads {
		c := make([]float64, w.Data.Len())
		c[0] = g
		if err := opt.Step([]*nn.Param{w}, linear(w, c...)); err != nil {
			t.Fatal(err)
		}
		out = append(out, w.Data.AtFlat(0))
	}
	return out
}

func scaled(grads []float64, by float64) []float64 {
	out := make([]float64, len(grads))
	for i, g := range grads {
		out[i] = g * by
	}
	return out
}

// TestAdamAtAnySize uses that gradients and ε of another size make the same steps, also where squares overflow or
// underflow, or ε does.
func TestAdamAtAnySize(t *testing.T) {
	grads := []float64{1, -2, 0.5, 0, 3, 1, 1, -1}
	const eps = 1e-3
	want := adamByFormula(1, eps, 0, grads)
	for dtype, sizes := range map[tensor.DType][]float64{
		tensor.Float32: {1e-30, 1e-25, 1e-20, 1e-10, 1, 1e10, 1e18, 1e19, 1e20, 1e30, 1e38},
		tensor.Float64: {1e-300, 1e-170, 1e-155, 1e-100, 1, 1e100, 1e153, 1e155, 1e170, 1e300, 5e307},
	} {
		near := cmpopts.EquateApprox(near64, 0)
		if dtype == tensor.Float32 {
			near = cmpopts.EquateApprox(near32, near32)
		}
		for _, size := range sizes {
			w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 5}, 2).To(dtype)}
			got := walk(t, nn.NewAdam(nn.AdamConfig{LR: 0.1, Eps: eps * size}), w, scaled(grads, size))
			if diff := cmp.Diff(want, got, near); diff != "" {
				t.Errorf("%s, gradients of about %g: mismatch (-want +got):\n%s", dtype, size, diff)
			}
			if w.Data.AtFlat(1) != 5 {
				t.Errorf("%s, gradients of about %g: an element with gradient 0 has moved to %v", dtype, size, w.Data.AtFlat(1))
			}
		}
	}
}

// TestAdamAfterALargeGradient holds that gradients of other sizes go on to count as the formulas have it.
func TestAdamAfterALargeGradient(t *testing.T) {
	for dtype, sizes := range map[tensor.DType][]float64{
		tensor.Float32: {1e17, 1e19, 1e20, 1e25, 1e38},
		tensor.Float64: {1e17, 1e140, 1e150},
	} {
		near := cmpopts.EquateApprox(near64, 0)
		if dtype == tensor.Float32 {
			near = cmpopts.EquateApprox(near32, near32)
		}
		for _, size := range sizes {
			for _, decay := range []float64{0, 0.5} {
				grads := []float64{1, -1, size}
				for i := range 40 {
					grads = append(grads, float64(i%3))
				}
				grads = append(grads, size, -size, 1, size/2)
				w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1}, 1).To(dtype)}
				got := walk(t, nn.NewAdam(nn.AdamConfig{LR: 0.1, WeightDecay: decay}), w, grads)
				if diff := cmp.Diff(adamByFormula(1, 1e-8, decay, grads), got, near); diff != "" {
					t.Errorf("%s, size %g, decay %v: mismatch (-want +got):\n%s", dtype, size, decay, diff)
				}
				if len(got) > 5 && got[4] == got[5] {
					t.Errorf("%s, size %g: the parameter has stopped at %v", dtype, size, got[4])
				}
			}
		}
	}
}

// TestAdamSettings ranges over settings that single precision rounds to 0, to 1 or to infinity.
func TestAdamSettings(t *testing.T) {
	tests := []struct {
		make func() nn.Optimizer
		rate bool // the first step is of about 0.001
	}{
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{Eps: 1e-60}) }, true},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{Eps: 1e-300}) }, true},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{Eps: 1e-12}) }, true},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{Eps: 1e60}) }, false},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: 1e-60}) }, false},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: 1e-40}) }, false},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{Betas: [2]float64{1 - 1e-12, 0.999}}) }, true},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{Betas: [2]float64{0.9, 1 - 1e-12}}) }, true},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{Betas: [2]float64{1e-300, 0.999}}) }, true},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{Betas: [2]float64{0, 0.999}}) }, true},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{Betas: [2]float64{0.9, 1e-300}}) }, true},
		{func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{WeightDecay: 1e-60}) }, true},
		{func() nn.Optimizer { return nn.NewAdamW(nn.AdamWConfig{WeightDecay: 1e-60}) }, true},
	}
	for i, tt := range tests {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 5}, 2).To(dtype)}
			got := walk(t, tt.make(), w, []float64{0, 0, 1, 1, 0})
			for k, v := range got {
				if math.IsNaN(v) || k <= 2 && v != 1 || k > 2 && v > got[k-1] {
					t.Errorf("settings %d, %s: got %v, want a number that stays and then goes down", i, dtype, got)
					break
				}
			}
			if tt.rate && got[3] == 1 {
				t.Errorf("settings %d, %s: got %v, want steps of about 0.001", i, dtype, got)
			}
			if v := w.Data.AtFlat(1); v != 5 {
				t.Errorf("settings %d, %s: an element with gradient 0 has moved to %v", i, dtype, v)
			}
		}
	}
}

// TestAdamSettingsTogether holds that settings which single precision cannot hold make a step of ordinary size together.
func TestAdamSettingsTogether(t *testing.T) {
	adam := func(c nn.AdamConfig) func() nn.Optimizer { return func() nn.Optimizer { return nn.NewAdam(c) } }
	for i, tt := range []struct {
		make func() nn.Optimizer
		grad float64
		want float64 // of the first step from 0
	}{
		{adam(nn.AdamConfig{LR: 1e37, Eps: 1e45}), 1, -1e37 / (1 + 1e45)},
		{adam(nn.AdamConfig{LR: 1e60, Eps: 1e60}), 2, -2},
		{adam(nn.AdamConfig{LR: 8e37}), 0, 0},
		{func() nn.Optimizer { return nn.NewAdamW(nn.AdamWConfig{LR: 1e30, WeightDecay: 1e30}) }, 0, 0},
		{adam(nn.AdamConfig{LR: 1e-40, Eps: 1e-45}), 1e-40, -1e-40},
	} {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			w := &nn.Param{Name: "w", Data: tensor.New(dtype, 2)}
			got := walk(t, tt.make(), w, []float64{tt.grad})
			if math.Abs(got[1]-tt.want) > 1e-4*math.Abs(tt.want) {
				t.Errorf("settings %d, %s, gradient %g: the first step leads to %g, want %g", i, dtype, tt.grad, got[1], tt.want)
			}
			if v := w.Data.AtFlat(1); v != 0 {
				t.Errorf("settings %d, %s: an element with gradient 0 has moved to %v", i, dtype, v)
			}
		}
	}
}

// TestSGDAtAnySize uses that gradients of another size make the same steps with a rate to match.
func TestSGDAtAnySize(t *testing.T) {
	grads := []float64{1, 1, 3, 3, 3, 3, 3, -2, 0, 1}
	for _, cfg := range []nn.SGDConfig{{}, {Momentum: 0.9}, {Momentum: 0.9, Nesterov: true}} {
		cfg.LR = 0.125
		want := walk(t, nn.NewSGD(cfg), &nn.Param{Data: tensor.Of([]float64{1, 5}, 2)}, grads)
		for dtype, sizes := range map[tensor.DType][]float64{
			tensor.Float32: {1e-36, 1e-20, 1, 1e20, 1e37, 1e38},
			tensor.Float64: {1e-300, 1e-200, 1, 1e200, 1e300, 1e306},
		} {
			for _, size := range sizes {
				w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 5}, 2).To(dtype)}
				c := cfg
				c.LR /= size
				got := walk(t, nn.NewSGD(c), w, scaled(grads, size))
				if diff := cmp.Diff(want, got, cmpopts.EquateApprox(near32, near32)); diff != "" {
					t.Errorf("%+v, %s, gradients of about %g: mismatch (-want +got):\n%s", cfg, dtype, size, diff)
				}
			}
		}
	}
}

// TestScaledRulesAtAnySize uses that gradients and ε of another size make the same steps, also where squares overflow
// or underflow, or ε does.
func TestScaledRulesAtAnySize(t *testing.T) {
	grads := []float64{1, -2, 0.5, 0, 3, 1, 1, -1}
	const eps = 1e-3
	for name, make := range map[string]func(size float64) nn.Optimizer{
		"adagrad": func(size float64) nn.Optimizer { return nn.NewAdagrad(nn.AdagradConfig{LR: 0.1, Eps: eps * size}) },
		"rmsprop": func(size float64) nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{LR: 0.1, Eps: eps * size}) },
		"momentum": func(size float64) nn.Optimizer {
			return nn.NewRMSProp(nn.RMSPropConfig{LR: 0.1, Alpha: 0.9, Momentum: 0.5, Eps: eps * size})
		},
		"centered": func(size float64) nn.Optimizer {
			return nn.NewRMSProp(nn.RMSPropConfig{LR: 0.1, Alpha: 0.9, Momentum: 0.5, Centered: true, Eps: eps * size})
		},
		"lion": func(float64) nn.Optimizer { return nn.NewLion(nn.LionConfig{LR: 0.1}) },
	} {
		want := walk(t, make(1), &nn.Param{Data: tensor.Of([]float64{1, 5}, 2)}, grads)
		for dtype, sizes := range map[tensor.DType][]float64{
			tensor.Float32: {1e-36, 1e-30, 1e-25, 1e-20, 1e-10, 1, 1e10, 1e18, 1e19, 1e20, 1e30, 1e38},
			tensor.Float64: {1e-300, 1e-170, 1e-155, 1e-100, 1, 1e100, 1e153, 1e155, 1e170, 1e300, 5e307},
		} {
			near := cmpopts.EquateApprox(near64, 0)
			if dtype == tensor.Float32 {
				near = cmpopts.EquateApprox(near32, near32)
			}
			for _, size := range sizes {
				if name == "adagrad" && size > 1e307 {
					continue // the root of the sum is above the largest number
				}
				w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 5}, 2).To(dtype)}
				got := walk(t, make(size), w, scaled(grads, size))
				if diff := cmp.Diff(want, got, near); diff != "" {
					t.Errorf("%s, %s, gradients of about %g: mismatch (-want +got):\n%s", name, dtype, size, diff)
				}
				if w.Data.AtFlat(1) != 5 {
					t.Errorf("%s, %s, gradients of about %g: an element with gradient 0 has moved to %v", name, dtype, size, w.Data.AtFlat(1))
				}
			}
		}
	}
}

// TestRulesSettings ranges over settings that single precision rounds to 0, to 1 or to infinity: they make the steps
// that double precision makes.
func TestRulesSettings(t *testing.T) {
	tests := map[string]func() nn.Optimizer{
		"adagrad, eps 1e-60":   func() nn.Optimizer { return nn.NewAdagrad(nn.AdagradConfig{Eps: 1e-60}) },
		"adagrad, eps 1e-30":   func() nn.Optimizer { return nn.NewAdagrad(nn.AdagradConfig{Eps: 1e-30}) },
		"adagrad, eps 1e60":    func() nn.Optimizer { return nn.NewAdagrad(nn.AdagradConfig{LR: 1e58, Eps: 1e60}) },
		"adagrad, rate 1e-60":  func() nn.Optimizer { return nn.NewAdagrad(nn.AdagradConfig{LR: 1e-60}) },
		"adagrad, decay 1e-60": func() nn.Optimizer { return nn.NewAdagrad(nn.AdagradConfig{WeightDecay: 1e-60}) },
		"adagrad, decay 1e60":  func() nn.Optimizer { return nn.NewAdagrad(nn.AdagradConfig{WeightDecay: 1e60}) },
		"rmsprop, eps 1e-60":   func() nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{Eps: 1e-60}) },
		"rmsprop, eps 1e-30":   func() nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{Eps: 1e-30, Momentum: 0.5}) },
		"rmsprop, eps 1e60":    func() nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{LR: 1e58, Eps: 1e60}) },
		"rmsprop, alpha near 1": func() nn.Optimizer {
			return nn.NewRMSProp(nn.RMSPropConfig{LR: 1e-9, Alpha: 1 - 1e-12, Momentum: 0.5})
		},
		"rmsprop, alpha 1e-300": func() nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{Alpha: 1e-300}) },
		"rmsprop, rate 1e-60":   func() nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{LR: 1e-60}) },
		"rmsprop, decay 1e60":   func() nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{WeightDecay: 1e60}) },
		"centered, eps 1e-60":   func() nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{Alpha: 0.5, Eps: 1e-60, Centered: true}) },
		"lion, rate 1e-60":      func() nn.Optimizer { return nn.NewLion(nn.LionConfig{LR: 1e-60}) },
		"lion, beta near 1": func() nn.Optimizer {
			return nn.NewLion(nn.LionConfig{LR: 0.1, Betas: [2]float64{1 - 1e-12, 1 - 1e-12}})
		},
		"lion, beta 1e-60": func() nn.Optimizer { return nn.NewLion(nn.LionConfig{LR: 0.1, Betas: [2]float64{1e-60, 0.5}}) },
		"lion, decay":      func() nn.Optimizer { return nn.NewLion(nn.LionConfig{LR: 1e-40, WeightDecay: 1e39}) },
	}
	for name, make := range tests {
		var ways [2][]float64
		for dtype := range ways {
			w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 5}, 2).To(tensor.DType(dtype))}
			ways[dtype] = walk(t, make(), w, []float64{1, 0.5, 1e-3, -2, 0, 1e-20, 1})
		}
		if diff := cmp.Diff(ways[tensor.Float64], ways[tensor.Float32], cmpopts.EquateApprox(near32, near32)); diff != "" {
			t.Errorf("%s: mismatch (-float64 +float32):\n%s", name, diff)
		}
	}
}

// TestLionSeesSmallSigns holds that a sign counts however small its number is.
func TestLionSeesSmallSigns(t *testing.T) {
	for dtype, least := range map[tensor.DType]float64{tensor.Float32: 0x1p-149, tensor.Float64: 0x1p-1022} {
		w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 5}, 2).To(dtype)}
		got := walk(t, nn.NewLion(nn.LionConfig{LR: 0.25}), w, []float64{least, 0, -least, least})
		if diff := cmp.Diff([]float64{1, 0.75, 0.5, 0.75, 0.5}, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", dtype, diff)
		}
	}
}

// TestOverflowingStep holds that a step whose result would not be finite is an error that leaves no trace.
func TestOverflowingStep(t *testing.T) {
	largest := map[tensor.DType]float64{tensor.Float32: math.MaxFloat32, tensor.Float64: math.MaxFloat64}
	optimizers := map[string]func(lr float64) nn.Optimizer{
		"sgd":      func(lr float64) nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: lr}) },
		"momentum": func(lr float64) nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: lr, Momentum: 0.5}) },
		"nesterov": func(lr float64) nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: lr, Momentum: 0.5, Nesterov: true}) },
		"adam":     func(lr float64) nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: lr}) },
		"decoupled": func(lr float64) nn.Optimizer {
			return nn.NewAdamW(nn.AdamWConfig{LR: lr, WeightDecay: 0.1})
		},
		"decay":   func(lr float64) nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: lr, WeightDecay: 0.5}) },
		"adagrad": func(lr float64) nn.Optimizer { return nn.NewAdagrad(nn.AdagradConfig{LR: lr}) },
		// The first step of RMSProp is 1/√(1-α) = 2 times the rate.
		"rmsprop": func(lr float64) nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{LR: lr / 2, Alpha: 0.75}) },
		"rmsprop momentum": func(lr float64) nn.Optimizer {
			return nn.NewRMSProp(nn.RMSPropConfig{LR: lr / 2, Alpha: 0.75, Momentum: 0.5})
		},
		"centered": func(lr float64) nn.Optimizer {
			return nn.NewRMSProp(nn.RMSPropConfig{LR: lr / 4, Alpha: 0.75, Centered: true})
		},
		"lion":       func(lr float64) nn.Optimizer { return nn.NewLion(nn.LionConfig{LR: lr}) },
		"lion decay": func(lr float64) nn.Optimizer { return nn.NewLion(nn.LionConfig{LR: lr, WeightDecay: 0.1}) },
	}
	for name, make := range optimizers {
		for dtype, top := range largest {
			t.Run(fmt.Sprintf("%s/%s", name, dtype), func(t *testing.T) {
				params := func() []*nn.Param {
					return []*nn.Param{
						{Name: "a", Data: tensor.Of([]float64{1}, 1).To(dtype)},
						{Name: "b", Data: tensor.Of([]float64{2, -top}, 2).To(dtype)},
					}
				}
				got, want := params(), params()
				opt, twin := make(top/4), make(top/4)
				step := func(opt nn.Optimizer, params []*nn.Param, size float64) error {
					acc := nn.NewGradients(params...)
					acc.Add(linear(params[0], size))
					acc.Add(linear(params[1], size, 16*size))
					return opt.Apply(acc)
				}
				for k := range 3 {
					var overflow *nn.OverflowError
					if err := step(opt, got, 1); !errors.As(err, &overflow) || overflow.Param != "b" || overflow.Index != 1 {
						t.Fatalf("step %d: got error %v, want an *nn.OverflowError for element 1 of b", k, err)
					}
				}
				// Now a step that can be taken, as if those had not been tried.
				for _, p := range [][]*nn.Param{got, want} {
					p[1].Data.SetAt(3, 1)
				}
				opt.SetLR(1e-3)
				twin.SetLR(1e-3)
				for range 2 {
					if err := errors.Join(step(opt, got, 0.25), step(twin, want, 0.25)); err != nil {
						t.Fatal(err)
					}
				}
				for i := range got {
					if diff := cmp.Diff(want[i].Data.Float64s(), got[i].Data.Float64s()); diff != "" {
						t.Errorf("%s: mismatch (-want +got):\n%s", got[i].Name, diff)
					}
				}
			})
		}
	}
	err := &nn.OverflowError{Optimizer: "nn.SGD", Param: "b", Index: 1, Value: math.Inf(-1)}
	if want := `nn.SGD: the step would make parameter "b" -Inf at element 1: the parameters stay as they are; a smaller learning rate may help`; err.Error() != want {
		t.Errorf("got error %v\nwant %s", err, want)
	}
}

// TestStepsBesideALargeNumber holds that a large number in a parameter is no reason to stop.
func TestStepsBesideALargeNumber(t *testing.T) {
	for dtype, top := range map[tensor.DType]float64{tensor.Float32: math.MaxFloat32, tensor.Float64: math.MaxFloat64} {
		for name, make := range rules {
			params := []*nn.Param{{Name: "w", Data: tensor.Of([]float64{1, -top}, 2).To(dtype)}}
			opt := make(0.5, params)
			for range 3 {
				if err := opt.Step(params, linear(params[0], 1, 1)); err != nil {
					t.Fatalf("%s, %s: %v", name, dtype, err)
				}
			}
			least, most := -top, -top
			switch name {
			case "momentum", "adamw", "rmsprop momentum", "lion": // which have weight decay
				most = -top / 2
			}
			if w := params[0].Data; w.AtFlat(0) >= 0.5 || w.AtFlat(1) < least || w.AtFlat(1) > most {
				t.Errorf("%s, %s: got %v after three steps", name, dtype, w.Float64s())
			}
		}
	}
}

// TestMomentsFollowTo converts a model while squares are of a size that single precision does not hold.
func TestMomentsFollowTo(t *testing.T) {
	grads := []float64{1e20, 2e20, 1e25, 1, 1, 1, 2e20}
	want := adamByFormula(1, 1e-8, 0, grads)
	model := nn.Linear(newRand(1), 1, 1, nn.NoBias())
	w := model.Params()[0]
	w.Data.Fill(1)
	opt := nn.NewAdam(nn.AdamConfig{LR: 0.1})
	got := []float64{1}
	for i, g := range grads {
		got = append(got, walk(t, opt, w, []float64{g})[1])
		nn.To(model, tensor.DType((i+1)%2))
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(near32, near32)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// TestRulesFollowTo converts a model between steps of all kinds of size.
func TestRulesFollowTo(t *testing.T) {
	grads := []float64{1, 2e20, 1e25, 1, -1, 1, 2e20, 1e-30, 1}
	for name, make := range rules {
		params := func() []*nn.Param { return []*nn.Param{{Name: "w", Data: tensor.Of([]float64{1}, 1)}} }
		one, two := params(), params()
		opt, twin := make(1e-22, one), make(1e-22, two)
		for i, g := range grads {
			want, got := walk(t, opt, one[0], []float64{g})[1], walk(t, twin, two[0], []float64{g})[1]
			if math.Abs(got-want) > near32*math.Abs(want) {
				t.Errorf("%s: step %d leads to %v, want %v", name, i, got, want)
			}
			two[0].Data = two[0].Data.To(tensor.DType((i + 1) % 2))
		}
	}
}

// TestParamOfAnotherShape holds that a parameter whose tensor is replaced by one of another shape begins anew.
func TestParamOfAnotherShape(t *testing.T) {
	opt := nn.NewAdam(nn.AdamConfig{LR: 0.1})
	w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 1}, 2)}
	walk(t, opt, w, []float64{1, 2, 3})
	w.Data = tensor.Of([]float64{1, 1, 1}, 3)
	grads := []float64{4, 5}
	if diff := cmp.Diff(adamByFormula(1, 1e-8, 0, grads), walk(t, opt, w, grads), cmpopts.EquateApprox(near64, 0)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
