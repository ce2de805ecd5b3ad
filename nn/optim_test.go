package nn_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// Tolerances of parameters after up to 50 steps: some dozen roundings of 1.1e-16 and 6e-8.
const (
	near64 = 1e-13
	near32 = 1e-5
)

// valley returns (w0 - 3)² + 5·(w1 + 1)² + w0·w1/4, whose gradient is (2(w0-3) + w1/4, 10(w1+1) + w0/4).
func valley(g *graph.Graph, w *nn.Param) graph.Value {
	v := g.Bind(w.Data)
	w0, w1 := ops.Sum(ops.Slice(v, 0, 0, 1)), ops.Sum(ops.Slice(v, 0, 1, 2))
	a, b := ops.Square(ops.AddScalar(w0, -3)), ops.MulScalar(ops.Square(ops.AddScalar(w1, 1)), 5)
	return ops.Add(ops.Add(a, b), ops.MulScalar(ops.Mul(w0, w1), 0.25))
}

func TestStepByHand(t *testing.T) {
	// The gradient at (1, 2) is (2·(1-3) + 2/4, 10·(2+1) + 1/4) = (-3.5, 30.25).
	tests := []struct {
		name string
		opt  nn.Optimizer
		want []float64
	}{
		{"sgd", nn.NewSGD(nn.SGDConfig{LR: 0.5}), []float64{1 + 0.5*3.5, 2 - 0.5*30.25}},
		{"weight decay", nn.NewSGD(nn.SGDConfig{LR: 0.5, WeightDecay: 2}), []float64{1 - 0.5*(-3.5+2*1), 2 - 0.5*(30.25+2*2)}},
		{"momentum begins like sgd", nn.NewSGD(nn.SGDConfig{LR: 0.5, Momentum: 0.9}), []float64{1 + 0.5*3.5, 2 - 0.5*30.25}},
		{"nesterov looks ahead", nn.NewSGD(nn.SGDConfig{LR: 0.5, Momentum: 0.5, Nesterov: true}), []float64{1 + 0.5*1.5*3.5, 2 - 0.5*1.5*30.25}},
		// Algorithm 1 at t = 1: the corrected moments are g and g², so that each weight moves by LR but for ε.
		{"adam moves by the learning rate", nn.NewAdam(nn.AdamConfig{LR: 0.5}), []float64{1 + 0.5*3.5/(3.5+1e-8), 2 - 0.5*30.25/(30.25+1e-8)}},
		{"adam, decoupled decay", nn.NewAdamW(nn.AdamWConfig{LR: 0.5, WeightDecay: 0.1}), []float64{1*(1-0.05) + 0.5*3.5/(3.5+1e-8), 2*(1-0.05) - 0.5*30.25/(30.25+1e-8)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 2}, 2)}
			if err := tt.opt.Step([]*nn.Param{w}, autograd.Backward(valley(graph.New(), w))); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, w.Data.Float64s(), cmpopts.EquateApprox(near64, 0)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// torchLoss is the loss of testdata/optimizers.py.
func torchLoss(g *graph.Graph, w, b *nn.Param) graph.Value {
	v := w.Bind(g)
	w0, w1 := ops.Sum(ops.Slice(v, 0, 0, 1)), ops.Sum(ops.Slice(v, 0, 1, 2))
	l := ops.Add(ops.Square(ops.AddScalar(w0, -3)), ops.MulScalar(ops.Square(ops.AddScalar(w1, 1)), 5))
	l = ops.Add(l, ops.MulScalar(ops.Mul(w0, w1), 0.25))
	c := b.Bind(g)
	return ops.Add(l, ops.Add(ops.MulScalar(ops.Square(ops.AddScalar(c, -2)), 0.5), ops.MulScalar(ops.Mul(c, w0), 0.125)))
}

func TestOptimizersAgreeWithPyTorch(t *testing.T) {
	var reference struct {
		Steps []int
		Cases map[string][][]float64
	}
	readTorch(t, "optimizers.json", &reference)
	type test struct {
		name     string
		make     func(w, b *nn.Param) nn.Optimizer
		schedule nn.Schedule
		clip     func(*nn.Gradients)
	}
	one := func(name string, make func() nn.Optimizer) test {
		return test{name: name, make: func(_, _ *nn.Param) nn.Optimizer { return make() }}
	}
	sgd := func(name string, c nn.SGDConfig) test { return one(name, func() nn.Optimizer { return nn.NewSGD(c) }) }
	adam := func(name string, c nn.AdamConfig) test {
		return one(name, func() nn.Optimizer { return nn.NewAdam(c) })
	}
	adamW := func(name string, c nn.AdamWConfig) test {
		return one(name, func() nn.Optimizer { return nn.NewAdamW(c) })
	}
	adagrad := func(name string, c nn.AdagradConfig) test {
		return one(name, func() nn.Optimizer { return nn.NewAdagrad(c) })
	}
	rmsprop := func(name string, c nn.RMSPropConfig) test {
		return one(name, func() nn.Optimizer { return nn.NewRMSProp(c) })
	}
	lion := func(name string, c nn.LionConfig) test {
		return one(name, func() nn.Optimizer { return nn.NewLion(c) })
	}
	with := func(t test, change func(*test)) test {
		change(&t)
		return t
	}
	tests := []test{
		sgd("sgd", nn.SGDConfig{LR: 0.05}),
		sgd("sgd, weight decay", nn.SGDConfig{LR: 0.05, WeightDecay: 0.1}),
		sgd("sgd, momentum", nn.SGDConfig{LR: 0.05, Momentum: 0.9}),
		sgd("sgd, momentum and weight decay", nn.SGDConfig{LR: 0.05, Momentum: 0.9, WeightDecay: 0.1}),
		sgd("sgd, nesterov", nn.SGDConfig{LR: 0.05, Momentum: 0.9, Nesterov: true}),
		sgd("sgd, nesterov and weight decay", nn.SGDConfig{LR: 0.05, Momentum: 0.9, Nesterov: true, WeightDecay: 0.1}),
		adam("adam", nn.AdamConfig{}),
		adam("adam, all settings", nn.AdamConfig{LR: 0.1, Betas: [2]float64{0.8, 0.95}, Eps: 1e-3, WeightDecay: 0.1}),
		adam("adam, no first moment", nn.AdamConfig{LR: 0.1, Betas: [2]float64{0, 0.95}}),
		adamW("adamw", nn.AdamWConfig{}),
		adamW("adamw, all settings", nn.AdamWConfig{LR: 0.1, Betas: [2]float64{0.8, 0.95}, Eps: 1e-3, WeightDecay: 0.1}),
		adagrad("adagrad", nn.AdagradConfig{}),
		adagrad("adagrad, all settings", nn.AdagradConfig{LR: 0.5, Eps: 1e-3, WeightDecay: 0.1}),
		with(adagrad("adagrad, falling rate", nn.AdagradConfig{LR: 0.5}), func(t *test) {
			t.schedule = func(step int) float64 { return 1 / (1 + 0.1*float64(step)) }
		}),
		rmsprop("rmsprop", nn.RMSPropConfig{}),
		rmsprop("rmsprop, all settings", nn.RMSPropConfig{LR: 0.05, Alpha: 0.9, Eps: 1e-3, WeightDecay: 0.1}),
		rmsprop("rmsprop, momentum", nn.RMSPropConfig{LR: 0.02, Momentum: 0.8}),
		rmsprop("rmsprop, centered", nn.RMSPropConfig{LR: 0.02, Alpha: 0.9, Centered: true}),
		rmsprop("rmsprop, centered, all settings", nn.RMSPropConfig{LR: 0.02, Alpha: 0.9, Eps: 1e-3, Momentum: 0.5, WeightDecay: 0.1, Centered: true}),
		lion("lion", nn.LionConfig{}),
		lion("lion, all settings", nn.LionConfig{LR: 0.05, Betas: [2]float64{0.8, 0.95}, WeightDecay: 0.1}),
		lion("lion, no first moment", nn.LionConfig{LR: 0.05, Betas: [2]float64{0, 0.5}}),
		with(sgd("clip norm", nn.SGDConfig{LR: 0.05, Momentum: 0.9}), func(t *test) {
			t.clip = func(a *nn.Gradients) { a.ClipNorm(2) }
		}),
		with(adam("clip value", nn.AdamConfig{LR: 0.07}), func(t *test) {
			t.clip = func(a *nn.Gradients) { a.ClipValue(1.5) }
		}),
		with(sgd("one cycle", nn.SGDConfig{LR: 0.1, Momentum: 0.5}), func(t *test) { t.schedule = nn.OneCycle(50, nn.OneCycleConfig{}) }),
		{name: "groups", make: func(w, b *nn.Param) nn.Optimizer {
			return nn.NewGroups(
				nn.Group{Params: []*nn.Param{w}, Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.05, Momentum: 0.9})},
				nn.Group{Params: []*nn.Param{b}, Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.01, Momentum: 0.9, WeightDecay: 0.5})},
			)
		}},
		{name: "groups, step decay", make: func(w, b *nn.Param) nn.Optimizer {
			return nn.NewGroups(
				nn.Group{Params: []*nn.Param{w}, Optimizer: nn.NewAdamW(nn.AdamWConfig{LR: 0.2})},
				nn.Group{Params: []*nn.Param{b}, Optimizer: nn.NewAdamW(nn.AdamWConfig{LR: 0.05, WeightDecay: 0.1})},
			)
		}, schedule: nn.StepDecay(7, 0.7)},
	}
	if len(tests) != len(reference.Cases) {
		t.Errorf("%d cases in the file, %d here", len(reference.Cases), len(tests))
	}
	for _, tt := range tests {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(tt.name+"/"+dtype.String(), func(t *testing.T) {
				near := cmpopts.EquateApprox(near64, 0)
				if dtype == tensor.Float32 {
					near = cmpopts.EquateApprox(near32, near32)
				}
				g := graph.New(graph.WithDType(dtype))
				w, b := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 2}, 2).To(dtype)}, &nn.Param{Name: "b", Data: tensor.Of([]float64{0.5}).To(dtype)}
				opt, acc := tt.make(w, b), nn.NewGradients(w, b)
				base := opt.LR()
				var got [][]float64
				for step := range slices.Max(reference.Steps) {
					acc.Add(autograd.Backward(torchLoss(g, w, b)))
					if tt.clip != nil {
						tt.clip(acc)
					}
					if tt.schedule != nil {
						opt.SetLR(base * tt.schedule(step))
					}
					if err := opt.Apply(acc); err != nil {
						t.Fatal(err)
					}
					if slices.Contains(reference.Steps, step+1) {
						got = append(got, []float64{w.Data.At(0), w.Data.At(1), b.Data.At()})
					}
					acc.Zero()
					g.Reset()
				}
				if diff := cmp.Diff(reference.Cases[tt.name], got, near); diff != "" {
					t.Errorf("steps mismatch (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// rosenbrock returns (1 - x)² + 100(y - x²)², whose minimum is 0 at (1, 1), at the end of a curved valley.
func rosenbrock(g *graph.Graph, w *nn.Param) graph.Value {
	v := w.Bind(g)
	x, y := ops.Sum(ops.Slice(v, 0, 0, 1)), ops.Sum(ops.Slice(v, 0, 1, 2))
	return ops.Add(ops.Square(ops.AddScalar(x, -1)), ops.MulScalar(ops.Square(ops.Sub(y, ops.Square(x))), 100))
}

// TestRosenbrock goes from the usual point (-1.2, 1) to the minimum, at a rate that falls to 0.
func TestRosenbrock(t *testing.T) {
	const steps = 10000
	for name, opt := range map[string]nn.Optimizer{
		"sgd":              nn.NewSGD(nn.SGDConfig{LR: 2e-3}),
		"momentum":         nn.NewSGD(nn.SGDConfig{LR: 1e-3, Momentum: 0.9}),
		"nesterov":         nn.NewSGD(nn.SGDConfig{LR: 1e-3, Momentum: 0.9, Nesterov: true}),
		"adam":             nn.NewAdam(nn.AdamConfig{LR: 0.05}),
		"adamw":            nn.NewAdamW(nn.AdamWConfig{LR: 0.05, WeightDecay: 1e-4}),
		"adagrad":          nn.NewAdagrad(nn.AdagradConfig{LR: 0.5}),
		"rmsprop":          nn.NewRMSProp(nn.RMSPropConfig{LR: 0.01}),
		"rmsprop momentum": nn.NewRMSProp(nn.RMSPropConfig{LR: 2e-3, Momentum: 0.9}),
		"centered":         nn.NewRMSProp(nn.RMSPropConfig{LR: 0.01, Centered: true}),
		"lion":             nn.NewLion(nn.LionConfig{LR: 0.01}),
	} {
		w := &nn.Param{Name: "w", Data: tensor.Of([]float64{-1.2, 1}, 2)}
		g, base, schedule := graph.New(), opt.LR(), nn.Cosine(steps)
		for step := range steps {
			opt.SetLR(base * schedule(step))
			if err := opt.Step([]*nn.Param{w}, autograd.Backward(rosenbrock(g, w))); err != nil {
				t.Fatal(err)
			}
			g.Reset()
		}
		if d := math.Hypot(w.Data.At(0)-1, w.Data.At(1)-1); !(d < 0.05) {
			t.Errorf("%s: got to %v, %g from the minimum", name, w.Data.Float64s(), d)
		}
	}
}

// TestScalarParam holds that a scalar goes the way of a vector of length 1.
func TestScalarParam(t *testing.T) {
	for name, make := range rules {
		scalar, vector := &nn.Param{Name: "w", Data: tensor.Of([]float64{3})}, &nn.Param{Name: "w", Data: tensor.Of([]float64{3}, 1)}
		opt, twin := make(0.1, []*nn.Param{scalar}), make(0.1, []*nn.Param{vector})
		for _, g := range []float64{1, -2, 3} {
			if err := errors.Join(opt.Step([]*nn.Param{scalar}, linear(scalar, g)), twin.Step([]*nn.Param{vector}, linear(vector, g))); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := scalar.Data.At(), vector.Data.At(0); got != want || got == 3 {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// TestSharedParamStepsOnce lists a parameter twice, as two models that share a layer do.
func TestSharedParamStepsOnce(t *testing.T) {
	for name, make := range rules {
		once := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 2}, 2)}
		twice := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 2}, 2)}
		g := graph.New()
		for _, params := range [][]*nn.Param{{once}, {twice, twice}} {
			opt := make(0.1, params[:1])
			for range 2 {
				if err := opt.Step(params, autograd.Backward(valley(g, params[0]))); err != nil {
					t.Fatal(err)
				}
				g.Reset()
			}
		}
		if diff := cmp.Diff(once.Data.Float64s(), twice.Data.Float64s()); diff != "" {
			t.Errorf("%s: mismatch (-once +twice):\n%s", name, diff)
		}
	}
}

func TestStepErrors(t *testing.T) {
	a := &nn.Param{Name: "a", Data: tensor.Of([]float64{1, 2}, 2)}
	b := &nn.Param{Name: "b", Data: tensor.Of([]float64{3, 0}, 2)}
	tests := []struct {
		name string
		loss func(a, b graph.Value) graph.Value
		want string
	}{
		{"infinite gradient", func(a, b graph.Value) graph.Value { return ops.Sum(ops.Add(ops.Log(b), a)) },
			`nn.SGD: the gradient of parameter "b" is +Inf at element 1: the parameters stay as they are; a smaller learning rate may help`},
		{"parameter not in the loss", func(a, b graph.Value) graph.Value { ops.Sum(b); return ops.Sum(a) },
			`nn.SGD: the loss does not depend on parameter "b": use its layer in the forward pass, or pass only the parameters that are trained`},
		{"gradient stopped", func(a, b graph.Value) graph.Value { return ops.Sum(ops.Add(a, ops.StopGradient(b))) },
			`nn.SGD: the loss does not depend on parameter "b": use its layer in the forward pass, or pass only the parameters that are trained`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			loss := tt.loss(g.Bind(a.Data), g.Bind(b.Data))
			err := nn.NewSGD(nn.SGDConfig{LR: 0.1}).Step([]*nn.Param{a, b}, autograd.Backward(loss))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got error %v\nwant %s", err, tt.want)
			}
			if diff := cmp.Diff([]float64{1, 2}, a.Data.Float64s()); diff != "" {
				t.Errorf("a step that fails must change nothing: mismatch (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("never bound", func(t *testing.T) {
		err := nn.NewAdam(nn.AdamConfig{}).Step([]*nn.Param{b}, autograd.Backward(ops.Sum(graph.New().Bind(a.Data))))
		var unreached *nn.UnreachedError
		if !errors.As(err, &unreached) || unreached.Param != "b" {
			t.Errorf("got error %v, want an *nn.UnreachedError for b", err)
		}
	})
	t.Run("zero by number only", func(t *testing.T) {
		// The rectifier is off: the loss depends on w, with derivative 0.
		w := &nn.Param{Name: "w", Data: tensor.Of([]float64{-1}, 1)}
		opt := nn.NewSGD(nn.SGDConfig{LR: 0.1, Momentum: 0.5})
		g := graph.New()
		if err := opt.Step([]*nn.Param{w}, autograd.Backward(ops.ReLU(ops.Sum(g.Bind(w.Data))))); err != nil {
			t.Error(err)
		}
		if w.Data.At(0) != -1 {
			t.Errorf("got %v, want -1", w.Data.At(0))
		}
	})
}

// TestRateZero holds that a schedule may end at 0.
func TestRateZero(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for name, make := range rules {
			w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1}, 1).To(dtype)}
			opt := make(1, []*nn.Param{w})
			opt.SetLR(0)
			if got := walk(t, opt, w, []float64{1, 2, 3}); got[3] != 1 {
				t.Errorf("%s, %s: with rate 0 the parameter goes %v", name, dtype, got)
			}
		}
	}
}

func TestMomentsGoOnAtRateZero(t *testing.T) {
	opt := nn.NewSGD(nn.SGDConfig{LR: 1, Momentum: 0.5})
	w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1}, 1)}
	opt.SetLR(0)
	walk(t, opt, w, []float64{2})
	opt.SetLR(1)
	if got := walk(t, opt, w, []float64{0})[1]; got != 0 {
		t.Errorf("got %v, want 1 less the half of the velocity 2", got)
	}
}

func TestOptimizerSettings(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name string
		f    func()
		want string
	}{
		{"sgd without rate", func() { nn.NewSGD(nn.SGDConfig{}) }, "nn.NewSGD: LR = 0: want a finite number above 0"},
		{"sgd, negative rate", func() { nn.NewSGD(nn.SGDConfig{LR: -1}) }, "nn.NewSGD: LR = -1: want a finite number above 0"},
		{"sgd, rate NaN", func() { nn.NewSGD(nn.SGDConfig{LR: nan}) }, "nn.NewSGD: LR = NaN: want a finite number above 0"},
		{"momentum 1", func() { nn.NewSGD(nn.SGDConfig{LR: 1, Momentum: 1}) }, "nn.NewSGD: Momentum = 1: want 0 ≤ Momentum < 1"},
		{"negative decay", func() { nn.NewSGD(nn.SGDConfig{LR: 1, WeightDecay: -1}) }, "nn.NewSGD: WeightDecay = -1: want a finite number, 0 or more"},
		{"nesterov alone", func() { nn.NewSGD(nn.SGDConfig{LR: 1, Nesterov: true}) }, "nn.NewSGD: Nesterov without momentum does nothing: set Momentum above 0, such as 0.9"},
		{"adam, rate", func() { nn.NewAdam(nn.AdamConfig{LR: math.Inf(1)}) }, "nn.NewAdam: LR = +Inf: want a finite number above 0"},
		{"beta1", func() { nn.NewAdam(nn.AdamConfig{Betas: [2]float64{1.2, 0.9}}) }, "nn.NewAdam: Betas = [1.2 0.9]: want 0 ≤ β < 1 for both"},
		{"beta2", func() { nn.NewAdam(nn.AdamConfig{Betas: [2]float64{0.9, nan}}) }, "nn.NewAdam: Betas = [0.9 NaN]: want 0 ≤ β < 1 for both"},
		{"beta1 alone", func() { nn.NewAdam(nn.AdamConfig{Betas: [2]float64{0.9}}) }, "nn.NewAdam: Betas = [0.9 0]: want 0 < β₂ < 1; give both, or none for 0.9 and 0.999"},
		{"eps", func() { nn.NewAdam(nn.AdamConfig{Eps: -1}) }, "nn.NewAdam: Eps = -1: want a finite number above 0"},
		{"adamw, beta1", func() { nn.NewAdamW(nn.AdamWConfig{Betas: [2]float64{-1, 0.9}}) }, "nn.NewAdamW: Betas = [-1 0.9]: want 0 ≤ β < 1 for both"},
		{"adamw, decay", func() { nn.NewAdamW(nn.AdamWConfig{WeightDecay: -1}) }, "nn.NewAdamW: WeightDecay = -1: want a finite number, 0 or more"},
		{"adagrad, rate", func() { nn.NewAdagrad(nn.AdagradConfig{LR: -1}) }, "nn.NewAdagrad: LR = -1: want a finite number above 0"},
		{"adagrad, eps", func() { nn.NewAdagrad(nn.AdagradConfig{Eps: nan}) }, "nn.NewAdagrad: Eps = NaN: want a finite number above 0"},
		{"adagrad, decay", func() { nn.NewAdagrad(nn.AdagradConfig{WeightDecay: math.Inf(1)}) }, "nn.NewAdagrad: WeightDecay = +Inf: want a finite number, 0 or more"},
		{"rmsprop, rate", func() { nn.NewRMSProp(nn.RMSPropConfig{LR: nan}) }, "nn.NewRMSProp: LR = NaN: want a finite number above 0"},
		{"rmsprop, alpha", func() { nn.NewRMSProp(nn.RMSPropConfig{Alpha: 1}) }, "nn.NewRMSProp: Alpha = 1: want 0 ≤ Alpha < 1"},
		{"rmsprop, eps", func() { nn.NewRMSProp(nn.RMSPropConfig{Eps: -1}) }, "nn.NewRMSProp: Eps = -1: want a finite number above 0"},
		{"rmsprop, momentum", func() { nn.NewRMSProp(nn.RMSPropConfig{Momentum: 1}) }, "nn.NewRMSProp: Momentum = 1: want 0 ≤ Momentum < 1"},
		{"rmsprop, decay", func() { nn.NewRMSProp(nn.RMSPropConfig{WeightDecay: nan}) }, "nn.NewRMSProp: WeightDecay = NaN: want a finite number, 0 or more"},
		{"lion, rate", func() { nn.NewLion(nn.LionConfig{LR: -1}) }, "nn.NewLion: LR = -1: want a finite number above 0"},
		{"lion, betas", func() { nn.NewLion(nn.LionConfig{Betas: [2]float64{0.5, 1}}) }, "nn.NewLion: Betas = [0.5 1]: want 0 ≤ β < 1 for both"},
		{"lion, decay", func() { nn.NewLion(nn.LionConfig{WeightDecay: -1}) }, "nn.NewLion: WeightDecay = -1: want a finite number, 0 or more"},
		{"sgd, new rate", func() { nn.NewSGD(nn.SGDConfig{LR: 1}).SetLR(-1) }, "nn.SGD.SetLR: LR = -1: want a finite number, 0 or more"},
		{"adam, new rate", func() { nn.NewAdam(nn.AdamConfig{}).SetLR(nan) }, "nn.Adam.SetLR: LR = NaN: want a finite number, 0 or more"},
		{"infinite new rate", func() { nn.NewAdam(nn.AdamConfig{}).SetLR(math.Inf(1)) }, "nn.Adam.SetLR: LR = +Inf: want a finite number, 0 or more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := graph.Try(tt.f); err == nil || err.Error() != tt.want {
				t.Errorf("got error %v\nwant %s", err, tt.want)
			}
		})
	}
	opt := nn.NewSGD(nn.SGDConfig{LR: 1})
	opt.SetLR(0.5)
	if opt.LR() != 0.5 {
		t.Errorf("LR is %v after SetLR(0.5)", opt.LR())
	}
}
