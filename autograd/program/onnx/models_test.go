package onnx

import (
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// A modelCase is a model and the shape of its batch.
type modelCase struct {
	name   string
	model  nn.Layer
	batch  []int
	tokens bool // the batch holds whole numbers below 7
}

// last is the layer that keeps the last of the times in (rows, time, hidden).
type last struct{}

func (last) Params() []*nn.Param { return nil }

func (last) Forward(_ nn.Pass, x graph.Value) graph.Value {
	return ops.Squeeze(ops.Slice(x, 1, x.Dims()[1]-1, x.Dims()[1]), 1)
}

func modelCases() []modelCase {
	dropout := nn.WithDropout(nn.KeepProb(0.8))
	return []modelCase{
		{"mlp", nn.Sequential(nn.Linear(newRand(1), 20, 32), nn.ReLU(), nn.Dropout(nn.KeepProb(0.8)), nn.Linear(newRand(2), 32, 4)), []int{8, 20}, false},
		{"cnn", nn.Sequential(
			nn.Conv2D(newRand(1), 2, 4, 3, nn.Padding(1)), nn.BatchNorm(4), nn.ReLU(), nn.MaxPool2D(2),
			nn.Conv2D(newRand(2), 4, 6, 3), nn.GELU(), nn.AvgPool2D(2), nn.Flatten(), nn.Linear(newRand(3), 6, 3),
		), []int{3, 2, 8, 8}, false},
		{"gru", nn.Sequential(nn.GRU(newRand(1), 3, 5, nn.Layers(2), dropout), last{}, nn.Linear(newRand(2), 5, 4)), []int{4, 6, 3}, false},
		{"lstm", nn.Sequential(nn.LSTM(newRand(1), 3, 5), last{}, nn.Linear(newRand(2), 5, 4)), []int{4, 6, 3}, false},
		{"rnn", nn.Sequential(nn.RNN(newRand(1), 3, 5), last{}), []int{4, 6, 3}, false},
		{"transformer", nn.Sequential(
			nn.Embedding(newRand(1), 7, 8),
			nn.TransformerBlock(newRand(2), 8, 2, 16, nn.Causal(), nn.NormFirst(), dropout),
			nn.LayerNorm(8), nn.Linear(newRand(3), 8, 7), nn.Softmax(),
		), []int{2, 5}, true},
	}
}

// record records a model whose parameters and state are all drawn anew, so that none is 0 or 1.
func (c modelCase) record(t *testing.T, dtype tensor.DType) *program.Function {
	t.Helper()
	rng := newRand(9)
	for _, p := range c.model.Params() {
		for i := range p.Data.Len() {
			v := 0.6 * rng.NormFloat64()
			if p.Kind == nn.State { // a variance is positive
				v = 0.5 + rng.Float64()
			}
			p.Data.SetFlat(v, i)
		}
	}
	nn.To(c.model, dtype)
	batch := tensor.New(dtype, c.batch...)
	for i := range batch.Len() {
		if batch.SetFlat(rng.NormFloat64(), i); c.tokens {
			batch.SetFlat(float64(rng.IntN(7)), i)
		}
	}
	f, err := nn.RecordForward(graph.New(graph.Traced(), graph.WithDType(dtype)), c.model, batch)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestModels writes models and reads them again, and leaves the files in CHAINRULE_ONNX for check.py.
func TestModels(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		tolerance := 1e-12
		if dtype == tensor.Float32 {
			tolerance = 3e-6
		}
		for _, c := range modelCases() {
			t.Run(c.name+"/"+dtype.String(), func(t *testing.T) {
				f := c.record(t, dtype)
				want := numbersOf(f.Results[0].Value)
				if got := again(t, f)[0]; !near(got, want, tolerance) {
					t.Errorf("got %v, want %v", got, want)
				}
				if got := again(t, f, WithFloat32())[0]; !near(got, want, 3e-6) {
					t.Errorf("as float32: got %v, want %v", got, want)
				}
				leave(t, "model-"+c.name+"-"+dtype.String(), f, []string{c.name}, WithFloat32())
			})
		}
	}
}
