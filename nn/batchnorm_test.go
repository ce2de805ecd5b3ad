package nn_test

import (
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

// numbersOf returns the numbers of parameters.
func numbersOf(params []*nn.Param) (out [][]float64) {
	for _, p := range params {
		out = append(out, p.Data.Float64s())
	}
	return out
}

func TestBatchNormKinds(t *testing.T) {
	layer := nn.BatchNorm(3)
	want := []nn.ParamKind{nn.Bias, nn.Bias, nn.State, nn.State, nn.Counter}
	var kinds []nn.ParamKind
	for _, p := range layer.Params() {
		kinds = append(kinds, p.Kind)
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("kinds: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]float64{{1, 1, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}, {0}}, numbersOf(layer.Params())); diff != "" {
		t.Errorf("first numbers: mismatch (-want +got):\n%s", diff)
	}
	if n := len(nn.Weights(layer.Params()...)); n != 0 {
		t.Errorf("penalties reach %d of the parameters, want none", n)
	}
	nn.To(layer, tensor.Float32)
	if d := layer.Params()[4].Data.DType(); d != tensor.Float64 {
		t.Errorf("the count is %v after To, want float64", d)
	}
}

// TestBatchNormState runs passes that must leave the running averages alone, or change them later.
func TestBatchNormState(t *testing.T) {
	x := tensor.Of([]float64{1, 2, 3, 6}, 4, 1) // mean 3, variance 14/4, unbiased 14/3
	forward := func(l nn.Layer, p nn.Pass) graph.Value { return l.Forward(p, graph.New().ConstTensor(x)) }
	state := func(l nn.Layer) [][]float64 { return numbersOf(l.Params()[2:]) }
	begins := [][]float64{{0}, {1}, {0}}
	moved := [][]float64{{0.1 * 3}, {0.9 + 0.1*14/3}, {1}}
	near := cmpopts.EquateApprox(1e-15, 0) // some roundings
	check := func(when string, want [][]float64, l nn.Layer) {
		t.Helper()
		if diff := cmp.Diff(want, state(l), near); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", when, diff)
		}
	}

	l := nn.BatchNorm(1)
	forward(l, nn.Eval())
	check("after a pass in use", begins, l)
	var u nn.Updates
	forward(l, nn.Train(newRand(1)).Into(&u))
	check("before Commit", begins, l)
	u.Drop()
	forward(l, nn.Train(newRand(1)).Into(&u))
	u.Commit()
	check("after Commit", moved, l)
	if err := graph.Try(func() { l.Forward(nn.Train(newRand(1)), graph.New().ConstTensor(tensor.New(tensor.Float64, 1, 1))) }); err == nil {
		t.Error("one value for a channel must be an error in training")
	}
	check("after a pass that failed", moved, l)

	half := nn.BatchNorm(1)
	half.Params()[2].Frozen = true // the mean, but not the variance
	if y := forward(half, nn.Train(newRand(1))).Tensor().Float64s(); y[2] != 0 {
		t.Errorf("with one frozen average the mean of the batch is %v in training, want 0", y[2])
	}
	check("after training with one frozen average", [][]float64{{0}, moved[1], {1}}, half)

	frozen := nn.BatchNorm(1)
	for _, p := range frozen.Params() {
		p.Frozen = true
	}
	train, use := forward(frozen, nn.Train(newRand(1))).Tensor().Float64s(), forward(frozen, nn.Eval()).Tensor().Float64s()
	check("after training with frozen averages", begins, frozen)
	if diff := cmp.Diff(use, train); diff != "" {
		t.Errorf("frozen averages: mismatch (-use +training):\n%s", diff)
	}
}

// TestBatchNormWorkers runs passes of one model in several goroutines, as workers that share a batch do, and commits
// what they have left in order.
func TestBatchNormWorkers(t *testing.T) {
	const workers = 4
	newModel := func() nn.Layer {
		return nn.Sequential(nn.Conv2D(newRand(1), 1, 2, 2), nn.BatchNorm(2), nn.ReLU(), nn.GlobalAvgPool())
	}
	rng := newRand(2)
	parts := make([]*tensor.Tensor, workers)
	for i := range parts {
		c := layerCase{shape: []int{3, 1, 4, 4}}
		parts[i] = c.inputFor(rng, tensor.Float64)
	}
	model := newModel()
	updates, grads := make([]nn.Updates, workers), make([]autograd.Gradients, workers)
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			y := model.Forward(nn.Train(newRand(uint64(i))).Into(&updates[i]), graph.New().BindConst(parts[i]))
			grads[i] = autograd.Backward(ops.Sum(ops.Square(y)))
		})
	}
	wg.Wait()
	acc := nn.NewGradients(model.Params()...)
	for i := range parts {
		acc.Add(grads[i])
		updates[i].Commit()
	}
	alone := newModel()
	for _, x := range parts {
		alone.Forward(nn.Train(newRand(1)), graph.New().BindConst(x))
	}
	if diff := cmp.Diff(numbersOf(alone.Params()), numbersOf(model.Params())); diff != "" {
		t.Errorf("mismatch (-one after the other +workers):\n%s", diff)
	}
}

// TestFitBringsBackTheAverages trains beyond the best epoch, and looks at the running averages that Fit ends with.
func TestFitBringsBackTheAverages(t *testing.T) {
	rng := newRand(1)
	model := nn.Sequential(nn.Linear(rng, 3, 4), nn.BatchNorm(4), nn.Tanh(), nn.Linear(rng, 4, 2))
	train, valid := randomSet(rng, 40, 3, 2), randomSet(rng, 40, 3, 2) // noise: what is learnt is wrong
	loss := nn.OnLabels(nn.CrossEntropy)
	var atEpoch [][][]float64
	history, err := nn.Fit(t.Context(), model, train, nn.FitConfig{
		Loss: loss, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.05}), Rand: rng, BatchSize: 8, Epochs: 12, Validation: valid,
		OnEpoch: func(nn.Epoch) { atEpoch = append(atEpoch, numbersOf(model.Params())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if history.Best == len(history.Epochs)-1 {
		t.Fatal("the last epoch is the best: the test shows nothing")
	}
	if diff := cmp.Diff(atEpoch[history.Best], numbersOf(model.Params())); diff != "" {
		t.Errorf("mismatch (-end of the best epoch +after Fit):\n%s", diff)
	}
	l, _, err := nn.Evaluate(model, valid, loss, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := history.Epochs[history.Best].ValidLoss; l != want {
		t.Errorf("the loss on the validation set is %v, want that of the best epoch, %v", l, want)
	}
}
