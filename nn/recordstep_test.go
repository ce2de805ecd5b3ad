package nn_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A stepCase is a training of which steps are recorded.
type stepCase struct {
	name         string
	model        func() nn.Layer
	batch, label []int // shapes
	tokens       bool  // the batch holds whole numbers
	optimizer    func(model nn.Layer) nn.Optimizer
	cfg          nn.StepConfig
	rates        nn.Schedule // what cfg.Schedule records
}

// last is the layer that keeps the last of the times in (rows, time, hidden).
type last struct{}

func (last) Params() []*nn.Param { return nil }

func (last) Forward(_ nn.Pass, x graph.Value) graph.Value {
	return ops.Squeeze(ops.Slice(x, 1, x.Dims()[1]-1, x.Dims()[1]), 1)
}

// Without a bias where a normalization follows, which makes its gradient 0 but for rounding, that an optimizer such as
// Adam scales up.

func mlp() nn.Layer {
	return nn.Sequential(nn.Linear(newRand(1), 3, 6, nn.NoBias()), nn.BatchNorm(6), nn.Tanh(), nn.Dropout(nn.KeepProb(0.7)), nn.Linear(newRand(2), 6, 4))
}

func cnn() nn.Layer {
	return nn.Sequential(nn.Conv2D(newRand(1), 1, 3, 3, nn.NoBias()), nn.BatchNorm(3), nn.ReLU(), nn.MaxPool2D(2), nn.Flatten(), nn.Linear(newRand(2), 12, 4))
}

func gru() nn.Layer {
	return nn.Sequential(nn.GRU(newRand(1), 2, 5, nn.Layers(2), nn.WithDropout(nn.KeepProb(0.8))), last{}, nn.Linear(newRand(2), 5, 4))
}

func transformer() nn.Layer {
	return nn.Sequential(
		nn.Embedding(newRand(1), 7, 4),
		nn.TransformerBlock(newRand(2), 4, 2, 6, nn.Causal(), nn.NormFirst(), nn.WithDropout(nn.KeepProb(0.8))),
		last{}, nn.Linear(newRand(3), 4, 4),
	)
}

func sgd(cfg nn.SGDConfig) func(nn.Layer) nn.Optimizer {
	return func(nn.Layer) nn.Optimizer { return nn.NewSGD(cfg) }
}

// halves gives the weights and the rest of the parameters optimizers of their own.
func halves(model nn.Layer) nn.Optimizer {
	weights := nn.Weights(model.Params()...)
	rest := slices.DeleteFunc(slices.Clone(model.Params()), func(p *nn.Param) bool { return slices.Contains(weights, p) })
	return nn.NewGroups(
		nn.Group{Params: weights, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.01})},
		nn.Group{Params: rest, Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.03, Momentum: 0.5})},
	)
}

var stepCases = []stepCase{
	{name: "SGD", model: mlp, optimizer: sgd(nn.SGDConfig{LR: 0.1})},
	{name: "weight decay", model: mlp, optimizer: sgd(nn.SGDConfig{LR: 0.1, WeightDecay: 0.1})},
	{name: "momentum", model: mlp, optimizer: sgd(nn.SGDConfig{LR: 0.1, Momentum: 0.9, WeightDecay: 0.01})},
	{name: "Nesterov", model: mlp, optimizer: sgd(nn.SGDConfig{LR: 0.1, Momentum: 0.9, Nesterov: true})},
	{name: "Adam", model: mlp, optimizer: func(nn.Layer) nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: 0.01, WeightDecay: 0.1}) }},
	{name: "Adam without β₁", model: mlp, optimizer: func(nn.Layer) nn.Optimizer {
		return nn.NewAdam(nn.AdamConfig{LR: 0.01, Betas: [2]float64{0, 0.9}})
	}},
	{name: "AdamW", model: mlp, optimizer: func(nn.Layer) nn.Optimizer { return nn.NewAdamW(nn.AdamWConfig{LR: 0.01, WeightDecay: 0.1}) }},
	{name: "Adagrad", model: mlp, optimizer: func(nn.Layer) nn.Optimizer {
		return nn.NewAdagrad(nn.AdagradConfig{LR: 0.01, WeightDecay: 0.1})
	}},
	{name: "RMSProp", model: mlp, optimizer: func(nn.Layer) nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{WeightDecay: 0.1}) }},
	{name: "RMSProp with momentum", model: mlp, optimizer: func(nn.Layer) nn.Optimizer {
		return nn.NewRMSProp(nn.RMSPropConfig{Momentum: 0.9})
	}},
	{name: "centered RMSProp", model: mlp, optimizer: func(nn.Layer) nn.Optimizer { return nn.NewRMSProp(nn.RMSPropConfig{Centered: true}) }},
	{name: "Lion", model: mlp, optimizer: func(nn.Layer) nn.Optimizer { return nn.NewLion(nn.LionConfig{LR: 0.01, WeightDecay: 0.1}) }},
	{name: "groups", model: mlp, optimizer: halves},
	{name: "penalties", model: mlp, optimizer: sgd(nn.SGDConfig{LR: 0.1}), cfg: nn.StepConfig{L2: 0.01, L1: 0.02}},
	{name: "clipped", model: mlp, optimizer: sgd(nn.SGDConfig{LR: 0.1}), cfg: nn.StepConfig{ClipValue: 0.1, ClipNorm: 0.2}},
	{name: "hardly clipped", model: mlp, optimizer: sgd(nn.SGDConfig{LR: 0.1}), cfg: nn.StepConfig{ClipValue: 1e3, ClipNorm: 1e3}},
	{
		name: "schedule", model: mlp, optimizer: halves, rates: nn.Exponential(0.9),
		cfg: nn.StepConfig{Schedule: func(step graph.Value) graph.Value { return ops.Exp(ops.MulScalar(step, math.Log(0.9))) }},
	},
	{
		name: "cnn", model: cnn, batch: []int{8, 1, 6, 6}, optimizer: func(nn.Layer) nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: 0.01}) },
		cfg: nn.StepConfig{L2: 1e-3, ClipNorm: 1},
	},
	{
		name: "gru", model: gru, batch: []int{8, 3, 2}, optimizer: func(nn.Layer) nn.Optimizer { return nn.NewAdam(nn.AdamConfig{LR: 0.01}) },
		cfg: nn.StepConfig{L2: 1e-3, ClipNorm: 1},
	},
	{
		name: "transformer", model: transformer, batch: []int{8, 3}, tokens: true,
		optimizer: sgd(nn.SGDConfig{LR: 0.1, Momentum: 0.9}), // the bias of keys has no gradient but for rounding
		cfg:       nn.StepConfig{ClipNorm: 1},
	},
	{
		name: "regression", model: mlp, label: []int{8, 4}, optimizer: sgd(nn.SGDConfig{LR: 0.1}),
		cfg: nn.StepConfig{Loss: nn.MSE},
	},
}

// stepBatch returns example k of a batch and its labels.
func (c *stepCase) stepBatch(dtype tensor.DType, k int) (batch, label *tensor.Tensor) {
	rng := newRand(uint64(k + 1))
	if c.batch == nil {
		c.batch = []int{8, 3}
	}
	if c.label == nil {
		c.label = []int{c.batch[0]}
	}
	batch, label = tensor.New(dtype, c.batch...), tensor.New(dtype, c.label...)
	for i := range batch.Len() {
		if c.tokens {
			batch.SetFlat(float64(rng.IntN(7)), i)
		} else {
			batch.SetFlat(rng.NormFloat64(), i)
		}
	}
	for i := range label.Len() {
		if label.Rank() == 1 {
			label.SetFlat(float64(rng.IntN(4)), i)
		} else {
			label.SetFlat(rng.NormFloat64(), i)
		}
	}
	return batch, label
}

// config returns the settings with an optimizer.
func (c *stepCase) config(opt nn.Optimizer) nn.StepConfig {
	cfg := c.cfg
	cfg.Optimizer = opt
	if cfg.Loss == nil {
		cfg.Loss = nn.CrossEntropyAt
	}
	return cfg
}

// take takes a step in Go: number k, for the given rate of the first group. It returns the loss.
func (c *stepCase) take(t *testing.T, model nn.Layer, cfg nn.StepConfig, rate float64, batch, label *tensor.Tensor, seed, k int) float64 {
	t.Helper()
	var trained []*nn.Param
	for _, p := range model.Params() {
		if p.Trained() {
			trained = append(trained, p)
		}
	}
	g := graph.New(graph.WithDType(batch.DType()))
	var u nn.Updates
	y := model.Forward(nn.TrainAt(g.Const(float64(seed)), g.Const(float64(k))).Into(&u), g.BindConst(batch))
	weights := nn.Weights(trained...)
	l := ops.Add(cfg.Loss(y, g.BindConst(label)), ops.Add(nn.L2(g, cfg.L2, weights...), nn.L1(g, cfg.L1, weights...)))
	acc := nn.NewGradients(trained...)
	acc.Add(autograd.Backward(l))
	if cfg.ClipValue > 0 {
		acc.ClipValue(cfg.ClipValue)
	}
	if cfg.ClipNorm > 0 {
		acc.ClipNorm(cfg.ClipNorm)
	}
	if c.rates != nil {
		rate *= c.rates(k)
	}
	cfg.Optimizer.SetLR(rate)
	if err := cfg.Optimizer.Apply(acc); err != nil {
		t.Fatal(err)
	}
	u.Commit()
	return l.Item()
}

// compareStep reports where the results of a step differ from a model and its optimizer after the same step.
func compareStep(t *testing.T, when string, f *program.Function, results []*tensor.Tensor, model nn.Layer, opt nn.Optimizer, loss, tolerance float64) {
	t.Helper()
	want := map[string]*tensor.Tensor{"loss": tensor.Of([]float64{loss})}
	layout := func(p *nn.Param, x *tensor.Tensor) *tensor.Tensor {
		if p.Transposed {
			return ops.Transpose(graph.New().ConstTensor(x)).Tensor()
		}
		return x.To(tensor.Float64)
	}
	for _, p := range model.Params() {
		want[p.Name] = layout(p, p.Data)
	}
	for _, s := range opt.(nn.Keeper).State(model.Params()).Tensors {
		p := model.Params()[s.Param]
		if s.Name == "bounds" {
			continue
		}
		want[s.Name+"."+p.Name] = layout(p, s.Data)
	}
	for i, r := range f.Results {
		w := want[r.Name]
		if w == nil {
			t.Fatalf("%s: result %q is nothing that a step changes", when, r.Name)
		}
		got := results[i].To(tensor.Float64)
		if !slices.Equal(got.Dims(), w.Dims()) {
			t.Fatalf("%s: %q has shape %v, want %v", when, r.Name, got.Dims(), w.Dims())
		}
		for k := range w.Len() {
			if a, b := got.AtFlat(k), w.AtFlat(k); !(math.Abs(a-b) <= tolerance*max(1, math.Abs(b))) {
				t.Fatalf("%s: %q is %v at element %d, want %v", when, r.Name, a, k, b)
			}
		}
	}
}

// TestRecordStep holds that every result of a recorded step is what a step in Go makes of the same model and optimizer.
func TestRecordStep(t *testing.T) {
	for _, c := range stepCases {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprintf("%s/%v", c.name, dtype), func(t *testing.T) {
				tolerance := 1e-13
				if dtype == tensor.Float32 {
					// Both add up gradients in another order, and an optimizer that divides by the size of a gradient brings
					// the relative error of one that is small beside its terms, some 40 units of 2⁻²⁴ here, into numbers of size 1.
					tolerance = 1e-5
				}
				model := c.model()
				nn.To(model, dtype)
				cfg := c.config(c.optimizer(model))
				rate := cfg.Optimizer.LR()
				for k := range 5 {
					batch, label := c.stepBatch(dtype, k)
					cfg.Optimizer.SetLR(rate)
					before := numbers(model)
					f, err := nn.RecordStep(graph.New(graph.Traced(), graph.WithDType(dtype)), model, batch, label, cfg)
					if err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(before, numbers(model)) {
						t.Fatal("recording has changed the model")
					}
					results := make([]*tensor.Tensor, len(f.Results))
					for i, r := range f.Results {
						results[i] = r.Value.Tensor()
					}
					loss := c.take(t, model, cfg, rate, batch, label, 0, k)
					compareStep(t, fmt.Sprintf("step %d", k), f, results, model, cfg.Optimizer, loss, tolerance)
				}
			})
		}
	}
}

// TestRecordStepRuns holds that a training that a recorded step goes through alone, fed with its own results, comes to
// where a training in Go does.
func TestRecordStepRuns(t *testing.T) {
	const seed, steps = 7, 20
	for _, c := range stepCases {
		if testing.Short() && !strings.HasPrefix(c.name, "Adam") {
			continue
		}
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprintf("%s/%v", c.name, dtype), func(t *testing.T) {
				tolerance := 1e-12
				if dtype == tensor.Float32 {
					tolerance = 5e-5
				}
				model := c.model()
				nn.To(model, dtype)
				cfg := c.config(c.optimizer(model))
				rate := cfg.Optimizer.LR()
				batch, label := c.stepBatch(dtype, 0)
				f, err := nn.RecordStep(graph.New(graph.Traced(), graph.WithDType(dtype)), model, batch, label, cfg)
				if err != nil {
					t.Fatal(err)
				}
				runner, err := f.Runner()
				if err != nil {
					t.Fatal(err)
				}
				at := map[string]*tensor.Tensor{"seed": tensor.Of([]float64{seed})}
				for _, a := range f.Arguments {
					if at[a.Name] == nil {
						at[a.Name] = a.Value.Tensor()
					}
				}
				for k := range steps {
					at["batch"], at["label"] = c.stepBatch(dtype, k)
					step := rate * (1 - 0.02*float64(k))
					at["step"], at["lr"] = tensor.Of([]float64{float64(k)}), tensor.Of([]float64{step})
					in := make([]*tensor.Tensor, len(f.Arguments))
					for i, a := range f.Arguments {
						in[i] = at[a.Name]
					}
					out, err := runner.Run(in...)
					if err != nil {
						t.Fatal(err)
					}
					for i, r := range f.Results {
						if r.Replaces != "" {
							at[r.Replaces] = out[i]
						}
					}
					loss := c.take(t, model, cfg, step, at["batch"], at["label"], seed, k)
					compareStep(t, fmt.Sprintf("step %d", k), f, out, model, cfg.Optimizer, loss, tolerance)
				}
			})
		}
	}
}

// describe returns an argument or a result in words.
func describe(name string, role program.Role, v graph.Value) string {
	return fmt.Sprint(name, " ", role, " ", v.Dims(), " ", v.Node().DType())
}

// TestRecordStepSignature holds the order of arguments and results, their layout and the numbers that they begin with.
func TestRecordStepSignature(t *testing.T) {
	model := nn.Sequential(nn.Linear(newRand(1), 3, 6), nn.BatchNorm(6), nn.Linear(newRand(2), 6, 4))
	params := model.Params()
	params[0].Frozen = true
	opt := nn.NewAdam(nn.AdamConfig{LR: 0.25})
	c := stepCase{cfg: nn.StepConfig{L2: 0.5}}
	batch, label := c.stepBatch(tensor.Float64, 0)
	cfg := c.config(opt)
	for k := range 2 {
		c.take(t, model, cfg, 0.25, batch, label, 0, k)
	}
	f, err := nn.RecordStep(graph.New(graph.Traced()), model, batch, label, cfg)
	if err != nil {
		t.Fatal(err)
	}
	var arguments, results []string
	of := map[string]graph.Value{}
	for _, a := range f.Arguments {
		arguments = append(arguments, describe(a.Name, a.Role, a.Value))
		of[a.Name] = a.Value
	}
	for _, r := range f.Results {
		if want := r.Name; r.Replaces != want && r.Role != program.Loss {
			t.Errorf("result %q replaces %q", r.Name, r.Replaces)
		}
		results = append(results, describe(r.Name, r.Role, r.Value))
	}
	changed := []string{
		"0.bias parameter [6] float64", "1.weight parameter [6] float64", "1.bias parameter [6] float64",
		"2.weight parameter [4 6] float64", "2.bias parameter [4] float64",
		"1.running_mean state [6] float64", "1.running_var state [6] float64", "1.num_batches_tracked state [] float64",
		"exp_avg.0.bias state [6] float64", "exp_avg_sq.0.bias state [6] float64",
		"exp_avg.1.weight state [6] float64", "exp_avg_sq.1.weight state [6] float64",
		"exp_avg.1.bias state [6] float64", "exp_avg_sq.1.bias state [6] float64",
		"exp_avg.2.weight state [4 6] float64", "exp_avg_sq.2.weight state [4 6] float64",
		"exp_avg.2.bias state [4] float64", "exp_avg_sq.2.bias state [4] float64",
	}
	given := []string{"batch batch [8 3] float64", "label label [8] float64", "lr scalar [] float64", "step scalar [] float64", "seed scalar [] float64"}
	if diff := cmp.Diff(slices.Concat([]string{"0.weight parameter [6 3] float64"}, changed, given), arguments); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(append(changed, "loss loss [] float64"), results); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	for name, want := range map[string]float64{"lr": 0.25, "step": 2, "seed": 0, "1.num_batches_tracked": 2} {
		if got := of[name].Item(); got != want {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
	if got, want := of["0.weight"].Tensor().At(4, 1), params[0].Data.At(1, 4); got != want {
		t.Errorf("0.weight is %g at (4, 1), want %g of the transpose", got, want)
	}
	moments := opt.State(params).Tensors
	i := slices.IndexFunc(moments, func(s nn.StateTensor) bool { return s.Name == "exp_avg_sq" && params[s.Param].Name == "2.weight" })
	if got, want := of["exp_avg_sq.2.weight"].Tensor().At(3, 5), moments[i].Data.At(5, 3); got != want || got == 0 {
		t.Errorf("exp_avg_sq.2.weight is %g at (3, 5), want %g of the transpose", got, want)
	}
}

// traceOf returns the tape in words, with the numbers of constants that are no arguments.
func traceOf(f *program.Function) []string {
	arguments := map[int]string{}
	for _, a := range f.Arguments {
		arguments[a.Value.ID()] = a.Name
	}
	var out []string
	for value := range f.Graph().Nodes() {
		v := value.Node()
		s := fmt.Sprint(v.ID(), " ", v.OpName(), " ", v.Dims(), " ", arguments[v.ID()])
		for i := range v.NumInputs() {
			s += fmt.Sprint(" %", v.Input(i).ID())
		}
		if value.IsLeaf() && arguments[v.ID()] == "" {
			s += fmt.Sprint(" = ", value.Tensor().Float64s())
		}
		out = append(out, s)
	}
	for _, r := range f.Results {
		out = append(out, fmt.Sprint(r.Name, " ", r.Value.ID()))
	}
	return out
}

// TestRecordStepTrace holds that what is recorded does not depend on numbers: those of parameters, states, batch, label
// and rate, and how many steps were taken.
func TestRecordStepTrace(t *testing.T) {
	for _, c := range stepCases {
		t.Run(c.name, func(t *testing.T) {
			model := c.model()
			cfg := c.config(c.optimizer(model))
			var traces [2][]string
			for k := range traces {
				batch, label := c.stepBatch(tensor.Float64, k)
				f, err := nn.RecordStep(graph.New(graph.Traced()), model, batch, label, cfg)
				if err != nil {
					t.Fatal(err)
				}
				traces[k] = traceOf(f)
				c.take(t, model, cfg, 0.01, batch, label, 0, k)
				model.Params()[0].Data.Fill(float64(-k))
			}
			if diff := cmp.Diff(traces[0], traces[1]); diff != "" {
				t.Errorf("traces (-first +second):\n%s", diff)
			}
		})
	}
}

// A multiple of x is a layer whose factor is a parameter.
type multiple struct{ by, other *nn.Param }

func (s multiple) Params() []*nn.Param {
	if s.other != nil {
		return []*nn.Param{s.by, s.other}
	}
	return []*nn.Param{s.by}
}

func (s multiple) Forward(_ nn.Pass, x graph.Value) graph.Value {
	return ops.Mul(x, s.by.Bind(x.Graph()))
}

// hides has a state that it does not list.
type hides struct{ state *nn.Param }

func (hides) Params() []*nn.Param { return nil }

func (h hides) Forward(p nn.Pass, x graph.Value) graph.Value {
	p.Update(h.state, ops.Mean(x), 0.5)
	return x
}

func number(name string, dtype tensor.DType, v float64) *nn.Param {
	p := &nn.Param{Name: name, Data: tensor.New(dtype)}
	p.Data.SetAt(v)
	return p
}

func TestRecordStepScalarParameter(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		model := multiple{by: number("by", dtype, 3)}
		x := tensor.Of([]float64{1, 2}, 2).To(dtype)
		y := tensor.Of([]float64{4, 8}, 2).To(dtype)
		cfg := nn.StepConfig{Loss: nn.MSE, Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.1, Momentum: 0.5}), ClipNorm: 2}
		f, err := nn.RecordStep(graph.New(graph.Traced(), graph.WithDType(dtype)), model, x, y, cfg)
		if err != nil {
			t.Fatal(err)
		}
		// The gradient is the mean of 2(3x-4x)x, which is -5, clipped to -2.
		for i, want := range []float64{3 + 0.1*2, -2, 2.5} {
			if got := f.Results[i].Value.Item(); math.Abs(got-want) > 1e-6 {
				t.Errorf("%v: %s is %g, want %g", dtype, f.Results[i].Name, got, want)
			}
		}
	}
}

// A foreign optimizer is not of the package.
type foreign struct{ nn.Optimizer }

func TestRecordStepErrors(t *testing.T) {
	batch, label := tensor.New(tensor.Float64, 4, 3), tensor.New(tensor.Float64, 4, 2)
	linear := func() nn.Layer { return nn.Linear(newRand(1), 3, 2) }
	sgd := func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.1, Momentum: 0.9}) }
	type call struct {
		g            *graph.Graph
		model        nn.Layer
		batch, label *tensor.Tensor
		cfg          nn.StepConfig
	}
	for _, tt := range []struct {
		name   string
		change func(c *call)
		want   string
	}{
		{"no graph", func(c *call) { c.g = nil }, "the graph is nil or not traced: make one with graph.New(graph.Traced())"},
		{"graph of one evaluation", func(c *call) { c.g = graph.New() }, "the graph is nil or not traced"},
		{"no model", func(c *call) { c.model = nil }, "got a nil model"},
		{"no parameters", func(c *call) { c.model = nn.ReLU() }, "the model has no parameters that are trained"},
		{"all frozen", func(c *call) {
			for _, p := range c.model.Params() {
				p.Frozen = true
			}
		}, "the model has no parameters that are trained"},
		{"other precision", func(c *call) { nn.To(c.model, tensor.Float32) }, "the model is float32 and the graph float64: convert the model with nn.To"},
		{"two precisions", func(c *call) { p := c.model.Params()[0]; p.Data = p.Data.To(tensor.Float32) }, `parameter "weight" is float32 and "bias" is float64`},
		{"one name", func(c *call) { c.model = multiple{number("a", tensor.Float64, 1), number("a", tensor.Float64, 1)} }, `two parameters are named "a"`},
		{"one tensor", func(c *call) {
			a, b := number("a", tensor.Float64, 1), number("b", tensor.Float64, 1)
			b.Data = a.Data
			c.model = multiple{a, b}
		}, `parameters "a" and "b" have the same tensor`},
		{"name of an argument", func(c *call) { c.model = multiple{by: number("lr", tensor.Float64, 1)}; c.label = c.batch }, `two arguments have the name "lr"`},
		{"name of a result", func(c *call) { c.model = multiple{by: number("loss", tensor.Float64, 1)}; c.label = c.batch }, `two results have the name "loss"`},
		{"no batch", func(c *call) { c.batch = nil }, "the batch is nil or has no axis for the rows"},
		{"no rows", func(c *call) { c.label = tensor.New(tensor.Float64) }, "the label is nil or has no axis for the rows"},
		{"rows", func(c *call) { c.label = tensor.New(tensor.Float64, 3, 2) }, "the batch has shape (4,3) and the label (3,2): want a label for each row"},
		{"batch of another model", func(c *call) { c.batch = tensor.New(tensor.Float64, 4, 5) }, `nn.Linear: layer "weight" takes 3 numbers a row`},
		{"label of another loss", func(c *call) { c.label = tensor.New(tensor.Float64, 4) }, "nn.MSE: outputs have shape (4,2), targets have (4)"},
		{"no loss", func(c *call) { c.cfg.Loss = nil }, "StepConfig.Loss is missing"},
		{"loss of many", func(c *call) { c.cfg.Loss = ops.Sub }, "StepConfig.Loss gives a value of shape (4,2), not a scalar"},
		{"zero loss", func(c *call) { c.cfg.Loss = func(_, _ graph.Value) graph.Value { return graph.Value{} } }, "got the zero graph.Value"},
		{"loss of another graph", func(c *call) { c.cfg.Loss = func(_, _ graph.Value) graph.Value { return graph.New().Var(1) } }, "belongs to another graph"},
		{"no optimizer", func(c *call) { c.cfg.Optimizer = nil }, "StepConfig.Optimizer is missing"},
		{"zero optimizer", func(c *call) { c.cfg.Optimizer = &nn.Adam{} }, "got a nil or zero *nn.Adam"},
		{"zero groups", func(c *call) { c.cfg.Optimizer = (*nn.Groups)(nil) }, "got a nil or zero *nn.Groups"},
		{"foreign optimizer", func(c *call) { c.cfg.Optimizer = foreign{sgd()} }, "a nn_test.foreign cannot be recorded, its step is a function of Go: use an optimizer of this package"},
		{"in no group", func(c *call) {
			c.cfg.Optimizer = nn.NewGroups(nn.Group{Params: c.model.Params()[:1], Optimizer: sgd()})
		}, `parameter "bias" is in none of the groups`},
		{"steps apart", func(c *call) {
			c.cfg.Optimizer = sgd()
			c.model.Params()[1].Frozen = true
			(&stepCase{}).take(t, c.model, c.cfg, 0.1, c.batch, c.label, 0, 0)
			c.model.Params()[1].Frozen = false
		}, `parameter "weight" has taken 1 steps and "bias" 0`},
		{"double precision", func(c *call) {
			c.g = graph.New(graph.Traced(), graph.WithDType(tensor.Float32))
			c.model = multiple{by: number("a", tensor.Float32, 1e-30)}
			c.batch, c.label = tensor.Of([]float32{1e20}, 1), tensor.Of([]float32{1e30}, 1)
			c.cfg.Loss = func(y, label graph.Value) graph.Value { return ops.Sum(ops.Mul(y, label)) }
			c.cfg.Optimizer = nn.NewAdam(nn.AdamConfig{})
			c.batch.SetAt(1e-5, 0)
			(&stepCase{}).take(t, c.model, c.cfg, 0.1, c.batch, c.label, 0, 0)
		}, `the optimizer works on parameter "a" in double precision`},
		{"penalty", func(c *call) { c.cfg.L2 = -1 }, "L2 = -1: want a finite number, 0 or more"},
		{"clipping", func(c *call) { c.cfg.ClipNorm = math.NaN() }, "ClipNorm = NaN: want a finite number, 0 or more"},
		{"schedule of many", func(c *call) { c.cfg.Schedule = func(step graph.Value) graph.Value { return ops.Broadcast(step, 2) } }, "StepConfig.Schedule gives a value of shape (2), not a scalar"},
		{"hidden state", func(c *call) {
			c.model = nn.Sequential(c.model, hides{&nn.Param{Name: "s", Data: tensor.New(tensor.Float64), Kind: nn.State}})
		}, `nn.Pass.Update: state "s" is none of the model's parameters`},
		{"bound before", func(c *call) { c.model.Params()[0].Bind(c.g) }, "graph.Graph.BindTo: the tensor is bound already"},
		{"recorded before", func(c *call) {
			if _, err := nn.RecordStep(c.g, c.model, c.batch, c.label, c.cfg); err != nil {
				t.Fatal(err)
			}
		}, "graph.Graph.BindTo: the tensor is bound already"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := call{graph.New(graph.Traced()), linear(), batch, label, nn.StepConfig{Loss: nn.MSE, Optimizer: sgd()}}
			tt.change(&c)
			before := 0
			if c.g != nil {
				before = c.g.Len()
			}
			f, err := nn.RecordStep(c.g, c.model, c.batch, c.label, c.cfg)
			if err == nil || f != nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, error %v\nwant %s", f, err, tt.want)
			}
			if as := new(graph.Error); !errors.As(err, &as) {
				t.Errorf("the error is a %T, want a *graph.Error", err)
			}
			if c.g != nil && c.g.Len() != before {
				t.Errorf("the tape has %d nodes, %d before", c.g.Len(), before)
			}
		})
	}
	t.Run("unreached", func(t *testing.T) {
		model := multiple{number("a", tensor.Float64, 1), number("b", tensor.Float64, 1)}
		g := graph.New(graph.Traced())
		cfg := nn.StepConfig{Loss: nn.MSE, Optimizer: sgd()}
		var unreached *nn.UnreachedError
		if _, err := nn.RecordStep(g, model, batch, batch, cfg); !errors.As(err, &unreached) || unreached.Param != "b" {
			t.Errorf("got %v, want an UnreachedError for b", err)
		}
		model.other.Frozen = true
		if _, err := nn.RecordStep(g, model, batch, batch, cfg); err != nil {
			t.Errorf("on the graph of an error: %v", err)
		}
	})
}
