package nn_test

import (
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// withGradient returns a parameter of zeros, and gradients for it of the given numbers: those of Σ c·w.
func withGradient(dtype tensor.DType, c ...float64) (*nn.Param, *nn.Gradients) {
	w := &nn.Param{Name: "w", Data: tensor.New(dtype, len(c))}
	acc := nn.NewGradients(w)
	acc.Add(linear(w, c...))
	return w, acc
}

// linear returns the sweep of Σ c·w, whose gradient by w is c.
func linear(w *nn.Param, c ...float64) autograd.Gradients {
	g := graph.New(graph.WithDType(w.Data.DType()))
	return autograd.Backward(ops.Sum(ops.Mul(g.Bind(w.Data), g.ConstTensor(tensor.Of(c, w.Data.Dims()...)))))
}

// applied returns what gradient descent with rate 1 subtracts from a parameter of zeros.
func applied(t *testing.T, w *nn.Param, acc *nn.Gradients) []float64 {
	t.Helper()
	if err := nn.NewSGD(nn.SGDConfig{LR: 1}).Apply(acc); err != nil {
		t.Fatal(err)
	}
	out := slices.Clone(w.Data.Float64s())
	for i := range out {
		out[i] = 0 - out[i]
	}
	return out
}

func TestApplyIsStep(t *testing.T) {
	optimizers := map[string]func() nn.Optimizer{
		"sgd":      func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.1}) },
		"momentum": func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.1, Momentum: 0.9, WeightDecay: 0.1}) },
		"adam":     func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: 0.1}) },
	}
	for name, make := range optimizers {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			a := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, 2}, 2).To(dtype)}
			b := &nn.Param{Name: "w", Data: a.Data.Clone()}
			step, apply := make(), make()
			acc := nn.NewGradients(b)
			for range 3 {
				if err := step.Step([]*nn.Param{a}, autograd.Backward(valley(graph.New(graph.WithDType(dtype)), a))); err != nil {
					t.Fatal(err)
				}
				acc.Zero()
				acc.Add(autograd.Backward(valley(graph.New(graph.WithDType(dtype)), b)))
				if err := apply.Apply(acc); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(a.Data.Float64s(), b.Data.Float64s()); diff != "" {
				t.Errorf("%s, %s: mismatch (-Step +Apply):\n%s", name, dtype, diff)
			}
		}
	}
}

func TestGradientsAddUp(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		w := &nn.Param{Name: "w", Data: tensor.New(dtype, 2)}
		s := &nn.Param{Name: "s", Data: tensor.New(dtype)}
		acc := nn.NewGradients(w, s, w) // w is listed twice and counts once
		for range 3 {
			g := graph.New(graph.WithDType(dtype))
			c := g.ConstTensor(tensor.Of([]float64{1, -2}, 2))
			acc.Add(autograd.Backward(ops.Add(ops.Sum(ops.Mul(g.Bind(w.Data), c)), ops.MulScalar(g.Bind(s.Data), 5))))
		}
		acc.Scale(0.5)
		if diff := cmp.Diff([]float64{1.5, -3}, applied(t, w, acc)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", dtype, diff)
		}
		if got := s.Data.At(); got != -7.5 {
			t.Errorf("%s: the scalar is %v, want -7.5", dtype, got)
		}
		if diff := cmp.Diff([]float64{-3, 6}, func() []float64 {
			if err := nn.NewSGD(nn.SGDConfig{LR: 1}).Apply(acc); err != nil {
				t.Fatal(err)
			}
			return w.Data.Clone().Float64s()
		}()); diff != "" {
			t.Errorf("%s: Apply must leave the gradients as they are: mismatch (-want +got):\n%s", dtype, diff)
		}
	}
}

// TestClipNorm ranges over the sizes at which squares overflow and underflow.
func TestClipNorm(t *testing.T) {
	tests := []struct {
		name string
		of   tensor.DType
		c    []float64
		max  float64
		norm float64
		want []float64
	}{
		{"within", tensor.Float64, []float64{3, 4}, 5, 5, []float64{3, 4}},
		{"above", tensor.Float64, []float64{3, -4}, 1, 5, []float64{0.6, -0.8}},
		{"measured only", tensor.Float64, []float64{3, 4}, math.Inf(1), 5, []float64{3, 4}},
		{"zero", tensor.Float64, []float64{0, 0}, 1, 0, []float64{0, 0}},
		{"large", tensor.Float64, []float64{3e200, 4e200}, 1, 5e200, []float64{0.6, 0.8}},
		{"norm above the largest number", tensor.Float64, []float64{1.5e308, -1.5e308}, 1, math.Inf(1), []float64{math.Sqrt2 / 2, -math.Sqrt2 / 2}},
		{"small", tensor.Float64, []float64{3e-200, 4e-200}, 1e-200, 5e-200, []float64{0.6e-200, 0.8e-200}},
		{"large and small", tensor.Float64, []float64{3e200, 4e-200}, 1, 3e200, []float64{1, 0}},
		{"tiny limit", tensor.Float64, []float64{3e200, 4e200}, 1e-200, 5e200, []float64{0.6e-200, 0.8e-200}},
		{"within, single", tensor.Float32, []float64{3, 4}, 5, 5, []float64{3, 4}},
		{"above, single", tensor.Float32, []float64{3, -4}, 1, 5, []float64{0.6, -0.8}},
		{"large, single", tensor.Float32, []float64{3e30, 4e30}, 1, 5e30, []float64{0.6, 0.8}},
		{"norm above the largest, single", tensor.Float32, []float64{3e38, 3e38}, 1, 3e38 * math.Sqrt2, []float64{math.Sqrt2 / 2, math.Sqrt2 / 2}},
		{"small, single", tensor.Float32, []float64{3e-30, 4e-30}, 1e-30, 5e-30, []float64{0.6e-30, 0.8e-30}},
		{"tiny limit, single", tensor.Float32, []float64{3e30, 4e30}, 1e-20, 5e30, []float64{0.6e-20, 0.8e-20}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			relative := 1e-15
			if tt.of == tensor.Float32 {
				relative = 3e-7
			}
			near := cmpopts.EquateApprox(relative, 1e-300)
			w, acc := withGradient(tt.of, tt.c...)
			if diff := cmp.Diff(tt.norm, acc.ClipNorm(tt.max), near); diff != "" {
				t.Errorf("norm mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, applied(t, w, acc), near); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("one norm for all", func(t *testing.T) {
		a := &nn.Param{Name: "a", Data: tensor.New(tensor.Float64, 1)}
		b := &nn.Param{Name: "b", Data: tensor.New(tensor.Float64)}
		acc := nn.NewGradients(a, b)
		g := graph.New()
		acc.Add(autograd.Backward(ops.Add(ops.MulScalar(ops.Sum(g.Bind(a.Data)), 6), ops.MulScalar(g.Bind(b.Data), 8))))
		if norm := acc.ClipNorm(5); norm != 10 {
			t.Errorf("norm is %v, want 10", norm)
		}
		if got := applied(t, a, acc)[0]; got != 3 || b.Data.At() != -4 {
			t.Errorf("got %v and %v, want 3 and 4", got, -b.Data.At())
		}
	})
}

func TestClipValue(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		w, acc := withGradient(dtype, 3, -4, 1, 0)
		acc.ClipValue(2)
		if diff := cmp.Diff([]float64{2, -2, 1, 0}, applied(t, w, acc)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", dtype, diff)
		}
		w, acc = withGradient(dtype, 3e38, -1)
		acc.ClipValue(math.MaxFloat64)
		if got := applied(t, w, acc); math.Abs(got[0]/3e38-1) > 1e-6 || got[1] != -1 {
			t.Errorf("%s: got %v, want what was there", dtype, got)
		}
	}
}

func TestScaleBeyondSinglePrecision(t *testing.T) {
	w, acc := withGradient(tensor.Float32, 1e30, -1e20)
	acc.Scale(1e-45)
	if diff := cmp.Diff([]float64{1e-15, -1e-25}, applied(t, w, acc), cmpopts.EquateApprox(1e-6, 0)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	w, acc = withGradient(tensor.Float32, 1e-30)
	acc.Scale(1e45)
	if diff := cmp.Diff([]float64{1e15}, applied(t, w, acc), cmpopts.EquateApprox(1e-6, 0)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// TestApplyReports holds that nothing changes where a gradient is missing or not finite, whatever clipping came before.
func TestApplyReports(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	clips := map[string]func(acc *nn.Gradients){
		"as it is":   func(*nn.Gradients) {},
		"clip norm":  func(acc *nn.Gradients) { acc.ClipNorm(1) },
		"clip value": func(acc *nn.Gradients) { acc.ClipValue(1) },
		"scale":      func(acc *nn.Gradients) { acc.Scale(0.5) },
	}
	for name, clip := range clips {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			for _, bad := range []float64{inf, -inf, nan} {
				w, acc := withGradient(dtype, 2, bad)
				clip(acc)
				err := nn.NewAdam(nn.AdamConfig{}).Apply(acc)
				var gradient *nn.GradientError
				if !errors.As(err, &gradient) || gradient.Param != "w" || gradient.Index != 1 {
					t.Errorf("%s, %s, %v: got error %v, want a *nn.GradientError for element 1 of w", name, dtype, bad, err)
				}
				if diff := cmp.Diff([]float64{0, 0}, w.Data.Float64s()); diff != "" {
					t.Errorf("%s, %s, %v: mismatch (-want +got):\n%s", name, dtype, bad, diff)
				}
			}
		}
	}
	_, acc := withGradient(tensor.Float64, nan, 1)
	if norm := acc.ClipNorm(1); !math.IsNaN(norm) {
		t.Errorf("the norm of a NaN is %v, want NaN", norm)
	}
	if _, acc = withGradient(tensor.Float64, inf, 1); acc.ClipNorm(1) != inf {
		t.Error("the norm of an infinity must be +Inf")
	}
}

func TestApplyUnreached(t *testing.T) {
	a := &nn.Param{Name: "a", Data: tensor.Of([]float64{1}, 1)}
	b := &nn.Param{Name: "b", Data: tensor.Of([]float64{-2}, 1)}
	opt := nn.NewSGD(nn.SGDConfig{LR: 1})
	acc := nn.NewGradients(a, b)
	unreached := func(when, want string) {
		t.Helper()
		err := opt.Apply(acc)
		var e *nn.UnreachedError
		if errors.As(err, &e) != (want != "") || want != "" && e.Param != want {
			t.Errorf("%s: got error %v, want an *nn.UnreachedError for %q, or none for \"\"", when, err, want)
		}
	}
	unreached("before any Add", "a")
	acc.Add(linear(a, 3))
	unreached("after an Add that does not reach b", "b")
	if a.Data.At(0) != 1 {
		t.Errorf("a is %v after Apply has failed, want 1", a.Data.At(0))
	}
	g := graph.New()
	acc.Add(autograd.Backward(ops.ReLU(ops.Sum(g.Bind(b.Data))))) // depends on b, with derivative 0
	unreached("after one that does", "")
	if a.Data.At(0) != -2 || b.Data.At(0) != -2 {
		t.Errorf("a and b are %v and %v, want 1-3 and -2-0", a.Data.At(0), b.Data.At(0))
	}
	acc.Zero()
	unreached("after Zero", "a")
}

func TestGradientsFollowTo(t *testing.T) {
	model := nn.Linear(newRand(1), 1, 1, nn.NoBias())
	w := model.Params()[0]
	w.Data.Fill(0)
	acc := nn.NewGradients(w)
	acc.Add(linear(w, 0.25))
	nn.To(model, tensor.Float32)
	acc.Add(linear(w, 0.5))
	if diff := cmp.Diff([]float64{0.75}, applied(t, w, acc)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	// Between the last Add and Apply, too.
	w.Data.Fill(0)
	nn.To(model, tensor.Float64)
	if diff := cmp.Diff([]float64{0.75}, applied(t, w, acc)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestGradientsMisuse(t *testing.T) {
	w, acc := withGradient(tensor.Float64, 1, 2)
	reshaped := &nn.Param{Name: "r", Data: tensor.New(tensor.Float64, 2)}
	old := nn.NewGradients(reshaped)
	old.Add(linear(reshaped, 1, 2))
	reshaped.Data = tensor.New(tensor.Float64, 3)
	g := graph.New()
	stale := autograd.Backward(ops.Sum(g.Bind(w.Data)))
	g.Reset()
	opt := nn.NewSGD(nn.SGDConfig{LR: 1})
	var none *nn.Gradients
	const missing = "got a nil *nn.Gradients: make one with nn.NewGradients(model.Params()...)"
	tests := []struct {
		name string
		f    func()
		want string
	}{
		{"nil parameter", func() { nn.NewGradients(w, nil) }, "nn.NewGradients: got a nil *nn.Param: leave it out"},
		{"zero parameter", func() { nn.NewGradients(&nn.Param{}) }, `nn.NewGradients: parameter "" has no numbers: set Param.Data to a tensor from tensor.New or tensor.Of`},
		{"zero tensor", func() { nn.NewGradients(&nn.Param{Name: "a", Data: &tensor.Tensor{}}) }, `nn.NewGradients: parameter "a" has no numbers: set Param.Data to a tensor from tensor.New or tensor.Of`},
		{"norm 0", func() { acc.ClipNorm(0) }, "nn.Gradients.ClipNorm: limit 0: want a number above 0"},
		{"norm below 0", func() { acc.ClipNorm(-1) }, "nn.Gradients.ClipNorm: limit -1: want a number above 0"},
		{"norm NaN", func() { acc.ClipNorm(math.NaN()) }, "nn.Gradients.ClipNorm: limit NaN: want a number above 0"},
		{"value 0", func() { acc.ClipValue(0) }, "nn.Gradients.ClipValue: limit 0: want a number above 0"},
		{"value NaN", func() { acc.ClipValue(math.NaN()) }, "nn.Gradients.ClipValue: limit NaN: want a number above 0"},
		{"factor NaN", func() { acc.Scale(math.NaN()) }, "nn.Gradients.Scale: factor NaN: want a finite number"},
		{"factor infinite", func() { acc.Scale(math.Inf(-1)) }, "nn.Gradients.Scale: factor -Inf: want a finite number"},
		{"new shape, Add", func() { old.Add(linear(reshaped, 1, 2, 3)) }, `nn.Gradients.Add: the gradient of parameter "r" has shape (2), the parameter now (3): make new gradients with nn.NewGradients`},
		{"new shape, Apply", func() { _ = opt.Apply(old) }, `nn.SGD.Apply: the gradient of parameter "r" has shape (2), the parameter now (3): make new gradients with nn.NewGradients`},
		{"zero sweep", func() { acc.Add(autograd.Gradients{}) }, "autograd.Gradients.Graph: got the zero Gradients: get one from autograd.Backward"},
		{"stale sweep", func() { acc.Add(stale) }, "autograd.Gradients.Graph: these gradients are from before the graph's Reset or Rewind, or their Release: read them first, or copy them out with Gradients.Tensor"},
		{"nil, Apply", func() { _ = opt.Apply(nil) }, "nn.SGD.Apply: " + missing},
		{"nil, Add", func() { none.Add(linear(w, 1, 2)) }, "nn.Gradients.Add: " + missing},
		{"nil, Scale", func() { none.Scale(1) }, "nn.Gradients.Scale: " + missing},
		{"nil, ClipNorm", func() { none.ClipNorm(1) }, "nn.Gradients.ClipNorm: " + missing},
		{"nil, ClipValue", func() { none.ClipValue(1) }, "nn.Gradients.ClipValue: " + missing},
		{"nil, Zero", func() { none.Zero() }, "nn.Gradients.Zero: " + missing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := graph.Try(tt.f); err == nil || err.Error() != tt.want {
				t.Errorf("got error %v\nwant %s", err, tt.want)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		if err := opt.Apply(nn.NewGradients()); err != nil {
			t.Errorf("got error %v from no parameters, want none", err)
		}
	})
}

// TestDataParallel adds up sweeps of several goroutines, which bind the same parameters to graphs of their own.
func TestDataParallel(t *testing.T) {
	model := nn.Linear(newRand(1), 1, 1)
	const workers = 4
	set := line(workers * 4)
	loss := func(g *graph.Graph, rows ...int) graph.Value {
		part := set.Rows(rows...)
		return nn.HalfSquaredError(model.Forward(nn.Eval(), g.ConstTensor(part.X)), g.ConstTensor(part.T))
	}
	run := func() []float64 {
		var wg sync.WaitGroup
		grads := make([]autograd.Gradients, workers)
		for i := range workers {
			wg.Go(func() { grads[i] = autograd.Backward(loss(graph.New(), 4*i, 4*i+1, 4*i+2, 4*i+3)) })
		}
		wg.Wait()
		acc := nn.NewGradients(model.Params()...)
		for _, g := range grads {
			acc.Add(g)
		}
		before := numbers(model)
		defer func() {
			model.Params()[0].Data.Fill(before[0])
			model.Params()[1].Data.Fill(before[1])
		}()
		if err := nn.NewSGD(nn.SGDConfig{LR: 0.01}).Apply(acc); err != nil {
			t.Fatal(err)
		}
		return numbers(model)
	}
	first := run()
	for range 5 {
		if diff := cmp.Diff(first, run()); diff != "" {
			t.Fatalf("two runs differ (-first +second):\n%s", diff)
		}
	}
	g := graph.New()
	all := make([]int, set.Len())
	for i := range all {
		all[i] = i
	}
	if err := nn.NewSGD(nn.SGDConfig{LR: 0.01}).Step(model.Params(), autograd.Backward(loss(g, all...))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbers(model), first, cmpopts.EquateApprox(near64, 0)); diff != "" {
		t.Errorf("mismatch (-at once +in parts):\n%s", diff)
	}
}

func TestGradientsAllocateNothing(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		rng := newRand(1)
		model := nn.Sequential(nn.Linear(rng, 4, 8), nn.Tanh(), nn.Linear(rng, 8, 2))
		nn.To(model, dtype)
		set := randomSet(rng, 6, 4, 2)
		x := set.X.To(dtype)
		g, opt, acc := graph.New(graph.WithDType(dtype)), nn.NewAdam(nn.AdamConfig{}), nn.NewGradients(model.Params()...)
		step := func() {
			acc.Zero()
			for range 2 {
				acc.Add(autograd.Backward(nn.CrossEntropy(model.Forward(nn.Eval(), g.BindConst(x)), set.Labels), autograd.LeavesOnly()))
				g.Reset()
			}
			acc.Scale(0.5)
			acc.ClipNorm(1e-3)
			acc.ClipValue(1e-3)
			if err := opt.Apply(acc); err != nil {
				t.Fatal(err)
			}
		}
		mustAllocateNothing(t, step)
	}
}
