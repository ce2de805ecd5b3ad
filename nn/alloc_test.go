package nn_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
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

func TestTrainingStepAllocatesNothing(t *testing.T) {
	optimizers := []struct {
		name string
		make func() nn.Optimizer
	}{
		{"sgd", func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.01}) }},
		{"momentum", func() nn.Optimizer { return nn.NewSGD(nn.SGDConfig{LR: 0.01, Momentum: 0.9, WeightDecay: 1e-4}) }},
		{"adam", func() nn.Optimizer { return nn.NewAdam(nn.AdamConfig{}) }},
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
		for _, o := range optimizers {
			for _, l := range losses {
				t.Run(dtype.String()+"/"+o.name+"/"+l.name, func(t *testing.T) {
					rng := rand.New(rand.NewPCG(1, 2))
					layers := []nn.Layer{nn.Named("hidden", nn.Linear(rng, 20, 30)), nn.ReLU(), nn.Dropout(nn.KeepProb(0.8)), nn.Linear(rng, 30, 10), nn.Sigmoid(), nn.Dropout(nn.Classic()), nn.Linear(rng, 10, 4)}
					if l.head != nil {
						layers = append(layers, l.head)
					}
					model := nn.Sequential(layers...)
					nn.To(model, dtype)
					set := randomSet(rng, 70, 20, 4)
					s := &training{
						g: graph.New(graph.WithDType(dtype)), model: model, weights: nn.Weights(model.Params()...), opt: o.make(), rng: rng,
						batches: data.NewBatches(set, data.BatchConfig{Size: 32, Rand: rng, DType: dtype}), loss: l.loss,
					}
					for range warmUp {
						s.step(t)
					}
					const steps = 100 // in one run: an average would be rounded down
					n := testing.AllocsPerRun(1, func() {
						for range steps {
							s.step(t)
						}
					})
					if n > runtimeAllocations {
						t.Errorf("%d training steps make %v allocations, want none", steps, n)
					}
				})
			}
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
		"progress":   func(c *nn.FitConfig) { c.Progress = func(nn.Report) {} },
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			model := nn.Sequential(nn.Linear(rng, 20, 30), nn.Tanh(), nn.Dropout(nn.KeepProb(0.8)), nn.Linear(rng, 30, 4))
			const first, last = 50, 150 // steps of one epoch
			var before, after runtime.MemStats
			c := nn.FitConfig{
				Loss: nn.OnLabels(nn.CrossEntropy), Optimizer: nn.NewAdam(nn.AdamConfig{}), Rand: rng, BatchSize: 8, Epochs: 1,
				L2: 1e-4, L1: 1e-5, GradNorm: 1e-9, Metric: nn.ArgMaxError,
				OnStep: func(step int, _ float64) {
					switch step {
					case first:
						runtime.ReadMemStats(&before)
					case last:
						runtime.ReadMemStats(&after)
					}
				},
			}
			way(&c)
			if _, err := nn.Fit(t.Context(), model, randomSet(rng, 8*last*max(c.Accumulate, 1), 20, 4), c); err != nil {
				t.Fatal(err)
			}
			if n := after.Mallocs - before.Mallocs; n > runtimeAllocations {
				t.Errorf("%d steps make %d allocations, want none", last-first, n)
			}
		})
	}
}
