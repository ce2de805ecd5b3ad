package nn_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// ways are settings of an update, in all of which Fit keeps its promises.
var ways = map[string]func(c *nn.FitConfig){
	"plain":      func(*nn.FitConfig) {},
	"accumulate": func(c *nn.FitConfig) { c.Accumulate = 2 },
	"workers":    func(c *nn.FitConfig) { c.Workers = 3 },
	"clip":       func(c *nn.FitConfig) { c.ClipNorm, c.ClipValue = 1, 0.9 },
	"schedule":   func(c *nn.FitConfig) { c.Schedule = func(step int) float64 { return 1 / (1 + 0.01*float64(step)) } },
	"augment": func(c *nn.FitConfig) {
		c.Augment = func(b *data.Batch, rng *rand.Rand) {
			for i := range b.X.Len() {
				b.X.SetFlat(b.X.AtFlat(i)+1e-3*rng.NormFloat64(), i)
			}
		}
	},
	"objective": func(c *nn.FitConfig) { c.Objective, c.Loss = onLine, nil },
	"ema":       func(c *nn.FitConfig) { c.EMA = 0.9 },
	"drop last": func(c *nn.FitConfig) { c.DropLast = true },
	"all": func(c *nn.FitConfig) {
		c.Accumulate, c.Workers, c.ClipNorm, c.L2, c.EMA = 2, 2, 1, 1e-5, 0.8
		c.Schedule = func(int) float64 { return 0.5 }
		c.Objective, c.Loss = onLine, nil
	},
}

// model of onLine: a line and a layer with state.
var lineModel = struct{ line, state nn.Layer }{}

// onLine is the objective of [nn.MSE] of the model that a test has put into its context.
func onLine(p nn.Pass, g *graph.Graph, b *data.Batch) graph.Value {
	return nn.MSE(lineModel.line.Forward(p, g.BindConst(b.X)), g.BindConst(b.T))
}

// newLine returns the model that all ways train, new.
func newLine() nn.Layer {
	lineModel.line = nn.Sequential(newAveraged(), nn.Linear(newRand(2), 1, 1))
	return lineModel.line
}

func TestFitKeepsItsPromises(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			config := func() nn.FitConfig {
				c := lineConfig(0.05)
				c.BatchSize, c.Epochs = 4, 5 // batches of 21 rows: 4, 4, 4, 4, 4, 1
				way(&c)
				return c
			}
			perEpoch := 6
			switch c := config(); {
			case c.Accumulate == 2:
				perEpoch = 3
			case c.DropLast:
				perEpoch = 5
			}
			t.Run("repeats", func(t *testing.T) {
				var runs [2][]float64
				for i := range runs {
					model := newLine()
					c := config()
					rate := c.Optimizer.LR()
					h, err := nn.Fit(t.Context(), model, line(21), c)
					if err != nil {
						t.Fatal(err)
					}
					if h.Steps != 5*perEpoch || len(h.Epochs) != 5 || h.Reason != nn.StopEpochs {
						t.Errorf("%d steps in %d epochs, %s: want %d in 5, %s", h.Steps, len(h.Epochs), h.Reason, 5*perEpoch, nn.StopEpochs)
					}
					if got := c.Optimizer.LR(); got != rate {
						t.Errorf("the learning rate is %v afterwards, want the optimizer's own %v", got, rate)
					}
					runs[i] = numbers(model)
				}
				if !slices.Equal(runs[0], runs[1]) {
					t.Errorf("two runs from one seed end with %v and %v", runs[0], runs[1])
				}
			})
			t.Run("stops in the middle of an epoch", func(t *testing.T) {
				c := config()
				c.Steps = perEpoch + 1
				var seen []int
				c.OnStep = func(step int, loss float64) {
					seen = append(seen, step)
					if math.IsNaN(loss) {
						t.Errorf("the loss of step %d is NaN", step)
					}
				}
				h, err := nn.Fit(t.Context(), newLine(), line(21), c)
				if err != nil {
					t.Fatal(err)
				}
				if h.Reason != nn.StopSteps || h.Steps != c.Steps || len(seen) != c.Steps || len(h.Epochs) != 2 {
					t.Errorf("%s after %d steps, %d calls of OnStep and %d epochs: want %s, %d, %[6]d and 2", h.Reason, h.Steps, len(seen), len(h.Epochs), nn.StopSteps, c.Steps)
				}
			})
			t.Run("cancelled", func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				c := config()
				c.OnStep = func(step int, _ float64) {
					if step == 2 {
						cancel()
					}
				}
				h, err := nn.Fit(ctx, newLine(), line(21), c)
				if !errors.Is(err, context.Canceled) || h.Reason != nn.StopCancelled || h.Steps != 2 {
					t.Errorf("got error %v, %s after %d steps: want %v, %s after 2", err, h.Reason, h.Steps, context.Canceled, nn.StopCancelled)
				}
			})
			t.Run("diverged", func(t *testing.T) {
				c := config()
				model := newLine()
				before := numbers(model)
				objective := c.Objective
				broken := func(l graph.Value) graph.Value { return ops.Log(ops.Neg(ops.Square(l))) }
				if objective != nil {
					c.Objective = func(p nn.Pass, g *graph.Graph, b *data.Batch) graph.Value { return broken(objective(p, g, b)) }
				} else {
					loss := c.Loss
					c.Loss = func(y graph.Value, b *data.Batch) graph.Value { return broken(loss(y, b)) }
				}
				h, err := nn.Fit(t.Context(), model, line(21), c)
				var diverged *nn.DivergedError
				if !errors.As(err, &diverged) || diverged.Step != 1 || diverged.Diagnosis == nil || h.Reason != nn.StopDiverged {
					t.Errorf("got error %v and %s, want a *nn.DivergedError in step 1 with a diagnosis", err, h.Reason)
				}
				if after := numbers(model); !slices.Equal(before, after) {
					t.Errorf("parameters and state were %v and are %v: a step that fails must leave no trace", before, after)
				}
			})
			t.Run("best", func(t *testing.T) {
				c := config()
				model := newLine()
				c.Validation, c.Epochs = line(7), 12
				var seen [][]float64
				c.OnEpoch = func(nn.Epoch) { seen = append(seen, numbers(model)) }
				grow := 0.05 // so much that the training gets worse after some epochs
				rate := c.Optimizer
				c.OnStep = func(step int, _ float64) {
					if step > 4*perEpoch && c.Schedule == nil {
						grow *= 1.2
						rate.SetLR(grow)
					}
				}
				h, err := nn.Fit(t.Context(), model, line(21), c)
				var diverged *nn.DivergedError
				if err != nil && !errors.As(err, &diverged) {
					t.Fatal(err)
				}
				if h.Best < 0 || !slices.Equal(seen[h.Best], numbers(model)) {
					t.Errorf("the model ends with %v, want the parameters and the state of epoch index %d: %v", numbers(model), h.Best, seen)
				}
			})
		})
	}
}

// TestFitDividesABatch compares trainings in which a batch comes in parts with one in which it comes as a whole.
func TestFitDividesABatch(t *testing.T) {
	train := func(change func(c *nn.FitConfig)) []float64 {
		model := nn.Sequential(nn.Linear(newRand(2), 1, 5), nn.Tanh(), nn.Linear(newRand(3), 5, 1))
		c := lineConfig(0.2)
		c.Epochs, c.L2, c.L1 = 4, 1e-2, 1e-3
		c.BatchSize = 16 // of 21 rows: 16 and 5
		change(&c)
		if _, err := nn.Fit(t.Context(), model, line(21), c); err != nil {
			t.Fatal(err)
		}
		return numbers(model)
	}
	near := cmpopts.EquateApprox(1e-12, 0) // sums in another order
	whole := train(func(c *nn.FitConfig) { c.BatchSize = 21 })
	if diff := cmp.Diff(whole, train(func(c *nn.FitConfig) { c.BatchSize, c.Accumulate = 4, math.MaxInt }), near); diff != "" {
		t.Errorf("all batches that there are: mismatch (-whole +parts):\n%s", diff)
	}
	want := train(func(*nn.FitConfig) {})
	for name, change := range map[string]func(c *nn.FitConfig){
		"two batches":                   func(c *nn.FitConfig) { c.BatchSize, c.Accumulate = 8, 2 },
		"four batches":                  func(c *nn.FitConfig) { c.BatchSize, c.Accumulate = 4, 4 },
		"three workers":                 func(c *nn.FitConfig) { c.Workers = 3 },
		"more workers than rows":        func(c *nn.FitConfig) { c.Workers = 20 },
		"two batches and three workers": func(c *nn.FitConfig) { c.BatchSize, c.Accumulate, c.Workers = 8, 2, 3 },
		"limits that are not reached":   func(c *nn.FitConfig) { c.ClipNorm, c.ClipValue = 1e6, 1e6 },
	} {
		if diff := cmp.Diff(want, train(change), near); diff != "" {
			t.Errorf("%s: mismatch (-whole +parts):\n%s", name, diff)
		}
	}
}

// TestFitClips takes one step of rate 1, by minus the clipped gradient of w·x + b.
func TestFitClips(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(c *nn.FitConfig)
		want   []float64
		reason nn.StopReason
	}{
		{"none", func(*nn.FitConfig) {}, []float64{-6, -8}, nn.StopSteps},
		{"norm", func(c *nn.FitConfig) { c.ClipNorm = 5 }, []float64{-3, -4}, nn.StopSteps},
		{"value", func(c *nn.FitConfig) { c.ClipValue = 7 }, []float64{-6, -7}, nn.StopSteps},
		{"value, then norm", func(c *nn.FitConfig) { c.ClipValue, c.ClipNorm = 6, 3*math.Sqrt2 }, []float64{-3, -3}, nn.StopSteps},
		{"not small enough before", func(c *nn.FitConfig) { c.ClipNorm, c.GradNorm = 5, 9 }, []float64{-3, -4}, nn.StopSteps},
		{"small enough before", func(c *nn.FitConfig) { c.ClipNorm, c.GradNorm = 5, 10 }, []float64{-3, -4}, nn.StopGradNorm},
	} {
		model := nn.Linear(newRand(1), 1, 1)
		for _, p := range model.Params() {
			p.Data.Fill(0)
		}
		c := lineConfig(1)
		c.Loss = func(y graph.Value, b *data.Batch) graph.Value { return ops.Sum(ops.MulScalar(y, 8)) }
		c.Steps = 1
		tt.change(&c)
		h, err := nn.Fit(t.Context(), model, &data.Set{X: tensor.Of([]float64{0.75}, 1, 1)}, c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, numbers(model), cmpopts.EquateApprox(1e-14, 0)); diff != "" || h.Reason != tt.reason {
			t.Errorf("%s: %s, want %s; mismatch (-want +got):\n%s", tt.name, h.Reason, tt.reason, diff)
		}
	}
}

// TestFitSchedule trains by a gradient of 1, so that the parameter is minus the sum of the rates.
func TestFitSchedule(t *testing.T) {
	w := &nn.Param{Name: "w", Data: tensor.New(tensor.Float64)}
	var asked []int
	c := lineConfig(0.5)
	c.Loss = nil
	c.Objective = func(_ nn.Pass, g *graph.Graph, _ *data.Batch) graph.Value { return w.Bind(g) }
	c.Schedule = func(step int) float64 {
		asked = append(asked, step)
		return []float64{1, 0.5, 0, 0.25}[step]
	}
	c.Steps = 4
	c.Progress = func(r nn.Report) {
		if want := 0.5 * []float64{1, 0.5, 0, 0.25}[r.Step-1]; r.LR != want {
			t.Errorf("the report of step %d has the rate %v, want %v", r.Step, r.LR, want)
		}
	}
	if _, err := nn.Fit(t.Context(), only{w}, line(21), c); err != nil {
		t.Fatal(err)
	}
	if got, want := w.Data.At(), -0.5*(1+0.5+0+0.25); got != want || !slices.Equal(asked, []int{0, 1, 2, 3}) {
		t.Errorf("w = %v after the steps %v, want %v after 0 to 3", got, asked, want)
	}
	c.Progress = nil
	for _, bad := range []float64{math.NaN(), -1, math.Inf(1)} {
		c.Schedule = func(int) float64 { return bad }
		before := w.Data.At()
		_, err := nn.Fit(t.Context(), only{w}, line(21), c)
		if err == nil || !strings.Contains(err.Error(), "FitConfig.Schedule gives the factor") || w.Data.At() != before || c.Optimizer.LR() != 0.5 {
			t.Errorf("factor %v: got error %v, w = %v and rate %v: want an error that names it, %v and 0.5", bad, err, w.Data.At(), c.Optimizer.LR(), before)
		}
	}
}

// An only model has a parameter and no Forward.
type only struct{ w *nn.Param }

func (o only) Params() []*nn.Param { return []*nn.Param{o.w} }

// TestFitObjective trains a model of two inputs, of which one is integers, to look up and to add.
func TestFitObjective(t *testing.T) {
	for _, workers := range []int{1, 2} {
		table := &nn.Param{Name: "table", Data: tensor.New(tensor.Float64, 4, 1)}
		set := &data.Set{Tokens: [][]int{}, More: []*tensor.Tensor{tensor.New(tensor.Float64, 40, 3)}, T: tensor.New(tensor.Float64, 40, 3)}
		for i := range 40 {
			row := []int{i % 4, (i + 1) % 4, (i + 3) % 4}
			set.Tokens = append(set.Tokens, row)
			for j, k := range row {
				set.More[0].SetAt(float64(i), i, j)
				set.T.SetAt(float64(i)+float64(k*k), i, j)
			}
		}
		valid := set.Rows(0, 1, 2, 3)
		c := nn.FitConfig{
			Optimizer: nn.NewSGD(nn.SGDConfig{LR: 1}), Rand: newRand(1), Epochs: 30, BatchSize: 8, Workers: workers, Validation: valid,
			Objective: func(_ nn.Pass, g *graph.Graph, b *data.Batch) graph.Value {
				y := ops.Add(ops.Reshape(ops.Embedding(table.Bind(g), b.Tokens...), b.Len(), -1), g.BindConst(b.More[0]))
				return nn.MSE(y, g.BindConst(b.T))
			},
		}
		h, err := nn.Fit(t.Context(), only{table}, set, c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]float64{0, 1, 4, 9}, table.Data.Float64s(), cmpopts.EquateApprox(0, 1e-3)); diff != "" {
			t.Errorf("the table: mismatch (-want +got):\n%s", diff)
		}
		if last := h.Epochs[len(h.Epochs)-1]; !(last.ValidLoss < 1e-5) || !math.IsNaN(last.ValidMetric) {
			t.Errorf("the last epoch is %+v, want a small validation loss and no metric", last)
		}
	}
}

// TestFitObjectiveWithDerivative trains y = wx for dy/dx = 3, and measures that in use too.
func TestFitObjectiveWithDerivative(t *testing.T) {
	for _, workers := range []int{1, 2} {
		w := &nn.Param{Name: "w", Data: tensor.New(tensor.Float64)}
		h, err := nn.Fit(t.Context(), only{w}, line(21), nn.FitConfig{
			Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.25}), Rand: newRand(1), Epochs: 20, BatchSize: 8, Workers: workers, Validation: line(10), EvaluateTrain: true,
			Objective: func(_ nn.Pass, g *graph.Graph, b *data.Batch) graph.Value {
				x := g.VarTensor(b.X)
				slope := autograd.Grad(ops.Sum(ops.Mul(w.Bind(g), x)), x)[0]
				return ops.Mean(ops.Square(ops.AddScalar(slope, -3)))
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		e := h.Epochs[1]
		if d := w.Data.At() - 3; !(math.Abs(d) < 1e-9) || !(e.ValidLoss > 0) || math.Abs(e.ValidLoss-e.TrainLoss) > 1e-12 {
			t.Errorf("%d workers: w = %v, want 3, and epoch %+v, want one loss on both sets", workers, w.Data.At(), e)
		}
	}
}

func TestFitObjectiveErrors(t *testing.T) {
	w := &nn.Param{Name: "w", Data: tensor.New(tensor.Float64, 2)}
	for want, change := range map[string]func(c *nn.FitConfig){
		"Loss and Objective are both set":  func(c *nn.FitConfig) { c.Loss = nn.OnTargets(nn.MSE) },
		"Metric needs the model's output":  func(c *nn.FitConfig) { c.Metric = nn.ArgMaxError },
		"has no Forward method to go with": func(c *nn.FitConfig) { c.Objective, c.Loss = nil, nn.OnTargets(nn.MSE) },
		"gives a loss of shape (2)":        func(*nn.FitConfig) {},
		"zero graph.Value": func(c *nn.FitConfig) {
			c.Objective = func(nn.Pass, *graph.Graph, *data.Batch) graph.Value { return graph.Value{} }
		},
		"another graph": func(c *nn.FitConfig) {
			c.Objective = func(nn.Pass, *graph.Graph, *data.Batch) graph.Value { return graph.New().Const(1) }
		},
		"CheckpointEvery 3 without a file":     func(c *nn.FitConfig) { c.CheckpointEvery = 3 },
		"Accumulate -1, Workers 0":             func(c *nn.FitConfig) { c.Accumulate = -1 },
		"Workers 2000: want at most":           func(c *nn.FitConfig) { c.Workers = 2000 },
		"ClipNorm = NaN":                       func(c *nn.FitConfig) { c.ClipNorm = math.NaN() },
		"EMA = 1: want 0 ≤ EMA < 1":            func(c *nn.FitConfig) { c.EMA = 1 },
		"ClipValue = -1":                       func(c *nn.FitConfig) { c.ClipValue = -1 },
		"has put another tensor or slice into": func(c *nn.FitConfig) { c.Augment = func(b *data.Batch, _ *rand.Rand) { b.X = nil } },
	} {
		c := nn.FitConfig{Optimizer: nn.NewSGD(nn.SGDConfig{LR: 1}), Rand: newRand(1), Epochs: 1}
		c.Objective = func(_ nn.Pass, g *graph.Graph, _ *data.Batch) graph.Value { return w.Bind(g) }
		change(&c)
		_, err := nn.Fit(t.Context(), only{w}, line(21), c)
		var misuse *graph.Error
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &misuse) {
			t.Errorf("got error %v, want a *graph.Error with %q", err, want)
		}
	}
}

// TestFitPanicsOfWorkers has the second worker panic.
func TestFitPanicsOfWorkers(t *testing.T) {
	for _, workers := range []int{1, 2} {
		c := lineConfig(0.1)
		c.Workers = workers
		c.Loss = func(y graph.Value, b *data.Batch) graph.Value {
			if b.Parts == nil && slices.Contains(b.Rows, 20) {
				panic("the caller's own")
			}
			return nn.OnTargets(nn.MSE)(y, b)
		}
		func() {
			defer func() {
				if r := recover(); r != "the caller's own" {
					t.Errorf("%d workers: recovered %v, want the caller's own panic", workers, r)
				}
			}()
			_, err := nn.Fit(t.Context(), nn.Linear(newRand(2), 1, 1), line(21), c)
			t.Errorf("%d workers: Fit returned %v", workers, err)
		}()
	}
}

// TestFitOfFrozen trains the second layer only.
func TestFitOfFrozen(t *testing.T) {
	first := nn.Linear(newRand(2), 1, 3)
	model := nn.Sequential(first, nn.Tanh(), nn.Linear(newRand(3), 3, 1))
	for _, p := range first.Params() {
		p.Frozen = true
	}
	before := numbers(model)
	c := lineConfig(0.1)
	c.L2, c.Workers, c.ClipNorm = 0.1, 2, 1
	if _, err := nn.Fit(t.Context(), model, line(21), c); err != nil {
		t.Fatal(err)
	}
	after := numbers(model)
	if !slices.Equal(before[:6], after[:6]) || slices.Equal(before[6:], after[6:]) {
		t.Errorf("the numbers were %v and are %v: want the first six as they were, and others after them", before, after)
	}
	for _, p := range model.Params() {
		p.Frozen = true
	}
	if _, err := nn.Fit(t.Context(), model, line(21), c); err == nil || !strings.Contains(err.Error(), "no parameters that are trained") {
		t.Errorf("all frozen: got error %v", err)
	}
}

// TestFitReports checks what a progress display is told.
func TestFitReports(t *testing.T) {
	var reports []nn.Report
	c := lineConfig(0.1)
	c.Epochs, c.Accumulate, c.Metric = 2, 2, func(*tensor.Tensor, *data.Batch) float64 { return 0.25 }
	c.Progress = func(r nn.Report) { reports = append(reports, r) }
	if _, err := nn.Fit(t.Context(), nn.Linear(newRand(2), 1, 1), line(21), c); err != nil { // 8 + 8, 5
		t.Fatal(err)
	}
	type short struct {
		Epoch, Epochs, Step, Steps, EpochStep, EpochSteps, Examples int
		Closed                                                      bool
		Reason                                                      nn.StopReason
	}
	var got []short
	for _, r := range reports {
		got = append(got, short{r.Epoch, r.Epochs, r.Step, r.Steps, r.EpochStep, r.EpochSteps, r.Examples, r.Closed != nil, r.Reason})
		if !(r.Loss > 0 && r.Metric == 0.25 && r.LR == 0.1) {
			t.Errorf("the report %+v has no loss, metric or rate", r)
		}
		if r.Closed != nil && (r.Closed.Number != r.Epoch || r.Closed.TrainLoss != r.Loss) {
			t.Errorf("the report %+v and its epoch %+v differ", r, *r.Closed)
		}
	}
	want := []short{
		{1, 2, 1, 4, 1, 2, 16, false, ""}, {1, 2, 2, 4, 2, 2, 21, false, ""}, {1, 2, 2, 4, 2, 2, 21, true, ""},
		{2, 2, 3, 4, 1, 2, 37, false, ""}, {2, 2, 4, 4, 2, 2, 42, false, ""}, {2, 2, 4, 4, 2, 2, 42, true, ""},
		{2, 2, 4, 4, 2, 2, 42, false, nn.StopEpochs},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reports mismatch (-want +got):\n%s", diff)
	}
}

// TestFitAverages compares the end of a training with the average that its steps have.
func TestFitAverages(t *testing.T) {
	for _, valid := range []*data.Set{nil, line(7)} {
		model := nn.Linear(newRand(2), 1, 1)
		ema := nn.NewEMA(model.Params(), 0.5)
		c := lineConfig(0.1)
		c.EMA, c.Epochs, c.Validation = 0.5, 3, valid
		c.OnStep = func(int, float64) { ema.Update() }
		c.OnEpoch = func(e nn.Epoch) {
			seen := numbers(model)
			if valid != nil {
				if l, _, err := nn.Evaluate(model, valid, c.Loss, nil); err != nil || l != e.ValidLoss {
					t.Errorf("epoch %d is said to have the validation loss %v, the model in OnEpoch has %v (%v)", e.Number, e.ValidLoss, l, err)
				}
			}
			raw := model.Params()[0].Data.Clone()
			ema.Swap()
			if want := numbers(model); !slices.Equal(want, seen) {
				t.Errorf("epoch %d is measured with %v, want the average %v", e.Number, seen, want)
			}
			ema.Swap()
			if !slices.Equal(raw.Float64s(), model.Params()[0].Data.Float64s()) {
				t.Error("Swap has not brought back the numbers")
			}
		}
		if _, err := nn.Fit(t.Context(), model, line(21), c); err != nil {
			t.Fatal(err)
		}
		got := numbers(model)
		ema.Swap()
		if want := numbers(model); !slices.Equal(want, got) { // the last epoch is the best one
			t.Errorf("the training ends with %v, want the average %v", got, want)
		}
	}
}

// TestFitReportsItsEnd checks the last report of trainings that end somewhere: it is about the epoch under way, or the one
// that has just ended.
func TestFitReportsItsEnd(t *testing.T) {
	for at, want := range [][2]int{1: {1, 1}, 2: {1, 2}, 3: {1, 3}, 4: {2, 1}, 6: {2, 3}, 7: {3, 1}} { // epochs of 3 steps
		for _, how := range []string{"steps", "cancelled", "cancelled after an epoch"} {
			if want[0] == 0 || how == "cancelled after an epoch" && at%3 != 0 {
				continue
			}
			ctx, cancel := context.WithCancel(t.Context())
			c := lineConfig(0.1)
			var last nn.Report
			c.Progress = func(r nn.Report) { last = r }
			switch how {
			case "steps":
				c.Steps = at
			case "cancelled":
				c.OnStep = func(step int, _ float64) {
					if step == at {
						cancel()
					}
				}
			default:
				c.OnEpoch = func(e nn.Epoch) {
					if e.Steps == at {
						cancel()
					}
				}
			}
			_, err := nn.Fit(ctx, nn.Linear(newRand(2), 1, 1), line(21), c)
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if last.Reason == "" || last.Step != at || last.Epoch != want[0] || last.EpochStep != want[1] || !(last.Loss > 0) {
				t.Errorf("%s at step %d: the last report is %+v, want step %d of epoch %d, with a loss", how, at, last, want[1], want[0])
			}
		}
	}
}
