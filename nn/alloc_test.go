package nn_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// A training is what a program that trains by hand keeps from step to step.
type training struct {
	g       *graph.Graph
	model   nn.Layer
	weights []*nn.Param
	opt     nn.Optimizer
	rng     *rand.Rand
	batches *data.Batches
	loss    func(y graph.Value, b *data.Batch) graph.Value
}

// step takes one step and leaves the tape empty.
func (s *training) step(tb testing.TB) {
	b, ok := s.batches.Next()
	if !ok {
		b, _ = s.batches.Next()
	}
	y := s.model.Forward(nn.Train(s.rng), s.g.BindConst(b.X))
	loss := s.loss(y, b)
	if s.weights != nil {
		loss = ops.Add(loss, nn.L2(s.g, 1e-4, s.weights...))
	}
	if err := s.opt.Step(s.model.Params(), autograd.Backward(loss, autograd.LeavesOnly())); err != nil {
		tb.Fatal(err)
	}
	s.g.Reset()
}

// runtimeAllocations is how many allocations of 100 steps are put down to the runtime, whose own goroutines make one now
// and then. A step that allocates makes 100.
const runtimeAllocations = 9

// warmUp is how many steps fill the pools and lists of a graph.
const warmUp = 20

// mustAllocateNothing takes steps, and fails if they allocate once the pools are full.
func mustAllocateNothing(t *testing.T, step func()) {
	t.Helper()
	for range warmUp {
		step()
	}
	const steps = 100 // in one run: an average would be rounded down
	n := testkit.FewestAllocations(runtimeAllocations, func() uint64 {
		return uint64(testing.AllocsPerRun(1, func() {
			for range steps {
				step()
			}
		}))
	})
	if n > runtimeAllocations {
		t.Errorf("%d training steps make %d allocations, want none", steps, n)
	}
}

func TestTrainingStepAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("it takes long, and one goroutine has no races")
	}
	losses := []struct {
		name string
		head nn.Layer
		loss nn.Loss
	}{
		{"cross_entropy", nil, nn.OnLabels(nn.CrossEntropy)},
		{"cross_entropy_from_probs", nn.Softmax(), nn.OnLabels(nn.CrossEntropyFromProbs)},
		{"bce_with_logits", nil, nn.OnTargets(nn.BCEWithLogits)},
		{"bce", nn.Sigmoid(), nn.OnTargets(nn.BCE)},
		{"mse", nil, nn.OnTargets(nn.MSE)},
		{"half_squared_error", nn.Tanh(), nn.OnTargets(nn.HalfSquaredError)},
	}
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for name, make := range rules {
			for i, l := range losses {
				if i > 0 && name != "adam" {
					continue // rules and losses do not know of each other
				}
				t.Run(dtype.String()+"/"+name+"/"+l.name, func(t *testing.T) {
					rng := rand.New(rand.NewPCG(1, 2))
					layers := []nn.Layer{nn.Named("hidden", nn.Linear(rng, 20, 30)), nn.ReLU(), nn.Dropout(nn.KeepProb(0.8)), nn.Linear(rng, 30, 10), nn.Sigmoid(), nn.Dropout(nn.Classic()), nn.Linear(rng, 10, 4)}
					if l.head != nil {
						layers = append(layers, l.head)
					}
					model := nn.Sequential(layers...)
					nn.To(model, dtype)
					set := randomSet(rng, 70, 20, 4)
					s := &training{
						g: graph.New(graph.WithDType(dtype)), model: model, weights: nn.Weights(model.Params()...), opt: make(0.01, model.Params()), rng: rng,
						batches: data.NewBatches(set, data.BatchConfig{Size: 32, Rand: rng, DType: dtype}), loss: l.loss,
					}
					mustAllocateNothing(t, func() { s.step(t) })
				})
			}
		}
	}
}

// A factor is a layer that multiplies by a number.
type factor struct{ weight *nn.Param }

func newFactor() factor {
	return factor{&nn.Param{Name: "weight", Data: tensor.Of([]float64{0.5}, 1), Kind: nn.Weight}}
}

func (f factor) Params() []*nn.Param { return []*nn.Param{f.weight} }

func (f factor) Forward(_ nn.Pass, x graph.Value) graph.Value {
	return ops.Mul(x, f.weight.Bind(x.Graph()))
}

// withFactor returns a model of the layer that has a parameter in any case, before the layer if that takes any numbers.
func (c *layerCase) withFactor(rng *rand.Rand, dtype tensor.DType) nn.Layer {
	model := nn.Sequential(newFactor(), c.make(rng))
	if c.ids > 0 {
		model = nn.Sequential(c.make(rng), newFactor())
	}
	nn.To(model, dtype)
	return model
}

// TestLayerStepAllocatesNothing takes steps with every layer, by hand and by Fit.
func TestLayerStepAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector a sync.Pool drops some of what is put in it")
	}
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for _, c := range layerCases() {
			t.Run(dtype.String()+"/"+c.name+"/by hand", func(t *testing.T) {
				rng := newRand(1)
				model, x := c.withFactor(rng, dtype), c.inputFor(rng, dtype)
				g, opt := graph.New(graph.WithDType(dtype)), nn.NewSGD(nn.SGDConfig{LR: 1e-3})
				var updates nn.Updates
				step := func(p nn.Pass) {
					y := model.Forward(p, g.BindConst(x))
					if err := opt.Step(model.Params(), autograd.Backward(ops.Mean(ops.Square(y)), autograd.LeavesOnly())); err != nil {
						t.Fatal(err)
					}
					updates.Commit()
					g.Reset()
				}
				atOnce, aside := nn.Train(rng), nn.Train(rng).Into(&updates)
				mustAllocateNothing(t, func() { step(atOnce) })
				mustAllocateNothing(t, func() { step(aside) })
			})
			t.Run(dtype.String()+"/"+c.name+"/Fit", func(t *testing.T) {
				const first, last = 30, 130 // steps of one epoch
				rng := newRand(1)
				model := c.withFactor(rng, dtype)
				c.shape[0] *= last
				set := &data.Set{X: c.inputFor(rng, tensor.Float64)}
				cfg := nn.FitConfig{
					Loss:      func(y graph.Value, _ *data.Batch) graph.Value { return ops.Mean(ops.Square(y)) },
					Optimizer: nn.NewSGD(nn.SGDConfig{LR: 1e-3}), Rand: rng, BatchSize: c.shape[0] / last, Epochs: 1,
				}
				if n := allocationsOfFit(t, model, set, cfg, first, last); n > runtimeAllocations {
					t.Errorf("%d steps make %d allocations, want none", last-first, n)
				}
			})
		}
	}
}

// randomSet returns normal features with random classes, also as targets.
func randomSet(rng *rand.Rand, rows, features, classes int) *data.Set {
	x := tensor.New(tensor.Float64, rows, features)
	for i := range x.Len() {
		x.SetFlat(rng.NormFloat64(), i)
	}
	labels := make([]int, rows)
	for i := range labels {
		labels[i] = rng.IntN(classes)
	}
	return &data.Set{X: x, Labels: labels, T: data.OneHot(labels, classes)}
}

func TestFitStepAllocatesNothing(t *testing.T) {
	for name, way := range map[string]func(c *nn.FitConfig){
		"plain":      func(*nn.FitConfig) {},
		"accumulate": func(c *nn.FitConfig) { c.Accumulate = 2 },
		"workers":    func(c *nn.FitConfig) { c.Workers = 3 },
		"clip":       func(c *nn.FitConfig) { c.ClipNorm, c.ClipValue = 1, 1 },
		"schedule":   func(c *nn.FitConfig) { c.Schedule = func(step int) float64 { return 1 / float64(step+1) } },
		"ema":        func(c *nn.FitConfig) { c.EMA = 0.99 },
		"progress":   func(c *nn.FitConfig) { c.Progress = func(nn.Report) {} },
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		model := nn.Sequential(nn.Linear(rng, 20, 30), nn.Tanh(), nn.Dropout(nn.KeepProb(0.8)), nn.Linear(rng, 30, 4))
		const first, last = 50, 150 // steps of one epoch
		c := nn.FitConfig{
			Loss: nn.OnLabels(nn.CrossEntropy), Optimizer: nn.NewAdam(nn.AdamConfig{}), Rand: rng, BatchSize: 8, Epochs: 1,
			L2: 1e-4, L1: 1e-5, GradNorm: 1e-9, Metric: nn.ArgMaxError,
		}
		way(&c)
		if n := allocationsOfFit(t, model, randomSet(rng, 8*last*max(c.Accumulate, 1), 20, 4), c, first, last); n > runtimeAllocations {
			t.Errorf("%s: %d steps make %d allocations, want none", name, last-first, n)
		}
	}
}

// allocationsOfFit returns how many allocations training makes between two of its steps, the least of up to three
// trainings.
func allocationsOfFit(t *testing.T, model nn.Layer, set *data.Set, cfg nn.FitConfig, first, last int) uint64 {
	var before, after runtime.MemStats
	cfg.OnStep = func(step int, _ float64) {
		switch step {
		case first:
			runtime.ReadMemStats(&before)
		case last:
			runtime.ReadMemStats(&after)
		}
	}
	return testkit.FewestAllocations(runtimeAllocations, func() uint64 {
		if _, err := nn.Fit(t.Context(), model, set, cfg); err != nil {
			t.Fatal(err)
		}
		return after.Mallocs - before.Mallocs
	})
}
