package nn_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// Tolerances of parameters after a few steps: some dozen roundings of 1.1e-16 and 6e-8.
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
		{"adam, decoupled decay", nn.NewAdam(nn.AdamConfig{LR: 0.5, WeightDecay: 0.1, Decoupled: true}), []float64{1*(1-0.05) + 0.5*3.5/(3.5+1e-8), 2*(1-0.05) - 0.5*30.25/(30.25+1e-8)}},
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

func TestOptimizersAgreeWithPyTorch(t *testing.T) {
	file, err := os.ReadFile("testdata/optimizers.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct{ Cases map[string][][]float64 }
	if err := json.Unmarshal(file, &reference); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		make func() nn.Optimizer
	}{
		{"sgd", func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.05}) }},
		{"sgd, weight decay", func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.05, WeightDecay: 0.1}) }},
		{"sgd, momentum", func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.05, Momentum: 0.9}) }},
		{"sgd, momentum and weight decay", func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.05, Momentum: 0.9, WeightDecay: 0.1}) }},
		{"sgd, nesterov", func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.05, Momentum: 0.9, Nesterov: true}) }},
		{"sgd, nesterov and weight decay", func() nn.Optimizer {
			return nn.NewSGD(nn.SGDConfig{LR: 0.05, Momentum: 0.9, Nesterov: true, WeightDecay: 0.1})
		}},
		{"adam", func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{}) }},
		{"adam, all settings", func() nn.Optimizer {
			return nn.NewAdam(nn.AdamConfig{LR: 0.1, Beta1: 0.8, Beta2: 0.95, Eps: 1e-3, WeightDecay: 0.1})
		}},
		{"adam, decoupled", func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: 0.1, WeightDecay: 0.1, Decoupled: true}) }},
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
				w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 2}, 2).To(dtype)}
				opt := tt.make()
				var got [][]float64
				for range reference.Cases[tt.name] {
					if err := opt.Step([]*nn.Param{w}, autograd.Backward(valley(g, w))); err != nil {
						t.Fatal(err)
					}
					got = append(got, w.Data.Clone().Float64s())
					g.Reset()
				}
				if diff := cmp.Diff(reference.Cases[tt.name], got, near); diff != "" {
					t.Errorf("steps mismatch (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestScalarParam(t *testing.T) {
	for _, opt := range []nn.Optimizer{nn.NewSGD(nn.SGDConfig{LR: 0.1}), nn.NewSGD(nn.SGDConfig{LR: 0.1, Momentum: 0.5})} {
		w := &nn.Param{Name: "w", Data: tensor.Of([]float64{3})}
		g := graph.New()
		if err := opt.Step([]*nn.Param{w}, autograd.Backward(ops.Square(g.Bind(w.Data)))); err != nil {
			t.Fatal(err)
		}
		if got, want := w.Data.At(), 3-0.1*6; math.Abs(got-want) > near64 {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestSharedParamStepsOnce lists a parameter twice, as two models that share a layer do.
func TestSharedParamStepsOnce(t *testing.T) {
	for _, opt := range []nn.Optimizer{nn.NewSGD(nn.SGDConfig{LR: 0.1}), nn.NewAdam(nn.AdamConfig{LR: 0.1})} {
		once := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 2}, 2)}
		twice := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 2}, 2)}
		g := graph.New()
		for range 2 {
			for _, params := range [][]*nn.Param{{once}, {twice, twice}} {
				if err := opt.Step(params, autograd.Backward(valley(g, params[0]))); err != nil {
					t.Fatal(err)
				}
				g.Reset()
			}
		}
		if diff := cmp.Diff(once.Data.Float64s(), twice.Data.Float64s()); diff != "" {
			t.Errorf("mismatch (-once +twice):\n%s", diff)
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
		for _, opt := range []nn.Optimizer{
			nn.NewSGD(nn.SGDConfig{LR: 1}), nn.NewSGD(nn.SGDConfig{LR: 1, Momentum: 0.5}), nn.NewSGD(nn.SGDConfig{LR: 1, Momentum: 0.5, Nesterov: true, WeightDecay: 0.1}),
			nn.NewAdam(nn.AdamConfig{}), nn.NewAdam(nn.AdamConfig{WeightDecay: 0.1, Decoupled: true}),
		} {
			w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1}, 1).To(dtype)}
			opt.SetLR(0)
			if got := walk(t, opt, w, []float64{1, 2, 3}); got[3] != 1 {
				t.Errorf("%T, %s: with rate 0 the parameter goes %v", opt, dtype, got)
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
		{"negative decay", func() { nn.NewSGD(nn.SGDConfig{LR: 1, WeightDecay: -1}) }, "nn.NewSGD: WeightDecay = -1: want 0 ≤ WeightDecay < +Inf"},
		{"nesterov alone", func() { nn.NewSGD(nn.SGDConfig{LR: 1, Nesterov: true}) }, "nn.NewSGD: Nesterov without momentum does nothing: set Momentum above 0, such as 0.9"},
		{"adam, rate", func() { nn.NewAdam(nn.AdamConfig{LR: math.Inf(1)}) }, "nn.NewAdam: LR = +Inf: want a finite number above 0"},
		{"beta1", func() { nn.NewAdam(nn.AdamConfig{Beta1: 1.2}) }, "nn.NewAdam: Beta1 = 1.2: want 0 ≤ Beta1 < 1"},
		{"beta2", func() { nn.NewAdam(nn.AdamConfig{Beta2: nan}) }, "nn.NewAdam: Beta2 = NaN: want 0 ≤ Beta2 < 1"},
		{"eps", func() { nn.NewAdam(nn.AdamConfig{Eps: -1}) }, "nn.NewAdam: Eps = -1: want a finite number above 0"},
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
