package nn_test

import (
	"math"
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

// recurrentLayers makes one of each kind, of several layers.
var recurrentLayers = map[string]func(options ...nn.LayerOption) *nn.Recurrent{
	"rnn":  func(o ...nn.LayerOption) *nn.Recurrent { return nn.RNN(newRand(1), 2, 3, append(o, nn.Layers(2))...) },
	"gru":  func(o ...nn.LayerOption) *nn.Recurrent { return nn.GRU(newRand(1), 2, 3, append(o, nn.Layers(2))...) },
	"lstm": func(o ...nn.LayerOption) *nn.Recurrent { return nn.LSTM(newRand(1), 2, 3, append(o, nn.Layers(2))...) },
}

// normal returns a tensor of random numbers.
func normal(seed uint64, shape ...int) *tensor.Tensor {
	return nn.Normal(1).Draw(newRand(seed), 1, 1, shape...)
}

// TestRecurrentPieces computes a sequence at once, in pieces, and time by time: the states and the gradients must be
// the same.
func TestRecurrentPieces(t *testing.T) {
	x := normal(2, 2, 5, 2)
	for name, build := range recurrentLayers {
		layer := build()
		run := func(forward func(x graph.Value) (graph.Value, nn.RecurrentState)) (out [][]float64) {
			g := graph.New()
			in := g.VarTensor(x)
			y, s := forward(in)
			out = append(out, y.Tensor().Float64s(), s.H.Tensor().Float64s())
			loss := ops.Add(ops.Sum(ops.Square(y)), ops.Sum(ops.Exp(s.H)))
			if s.C.Graph() != nil {
				out = append(out, s.C.Tensor().Float64s())
				loss = ops.Add(loss, ops.Sum(ops.Exp(s.C)))
			}
			grads := autograd.Backward(loss)
			out = append(out, grads.Tensor(in).Float64s())
			for _, p := range layer.Params() {
				out = append(out, grads.Tensor(p.Bind(g)).Float64s())
			}
			return out
		}
		want := run(func(x graph.Value) (graph.Value, nn.RecurrentState) {
			return layer.ForwardFrom(nn.Eval(), x, nn.RecurrentState{})
		})
		near := cmpopts.EquateApprox(1e-13, 1e-13)                   // gradients add up in another order
		for _, pieces := range [][]int{{0, 2, 5}, {0, 1, 1, 5, 5}} { // one of them of no time at all
			got := run(func(x graph.Value) (graph.Value, nn.RecurrentState) {
				var s nn.RecurrentState
				var ys []graph.Value
				for k, from := range pieces[:len(pieces)-1] {
					var y graph.Value
					y, s = layer.ForwardFrom(nn.Eval(), ops.Slice(x, 1, from, pieces[k+1]), s)
					ys = append(ys, y)
				}
				return ops.Concat(1, ys...), s
			})
			if diff := cmp.Diff(want, got, near); diff != "" {
				t.Errorf("%s in pieces %v: mismatch (-at once +got):\n%s", name, pieces, diff)
			}
		}
		got := run(func(x graph.Value) (graph.Value, nn.RecurrentState) {
			var s nn.RecurrentState
			var ys []graph.Value
			for _, now := range ops.Unstack(x, 1) {
				var y graph.Value
				y, s = layer.Step(nn.Eval(), now, s)
				ys = append(ys, y)
			}
			return ops.Stack(1, ys...), s
		})
		if diff := cmp.Diff(want, got, near); diff != "" {
			t.Errorf("%s time by time: mismatch (-at once +got):\n%s", name, diff)
		}
	}
}

// TestRecurrentNothing gives layers no rows, or no time: there are no numbers, and gradients of 0.
func TestRecurrentNothing(t *testing.T) {
	for name, build := range recurrentLayers {
		for _, shape := range [][]int{{0, 4, 2}, {3, 0, 2}, {0, 0, 2}} {
			layer, g := build(), graph.New()
			y, s := layer.ForwardFrom(nn.Eval(), g.VarTensor(tensor.New(tensor.Float64, shape...)), nn.RecurrentState{})
			if diff := cmp.Diff([]int{shape[0], shape[1], 3}, y.Shape()); diff != "" {
				t.Errorf("%s of %v: states: mismatch (-want +got):\n%s", name, shape, diff)
			}
			if diff := cmp.Diff([]int{2, shape[0], 3}, s.H.Shape()); diff != "" {
				t.Errorf("%s of %v: last state: mismatch (-want +got):\n%s", name, shape, diff)
			}
			grads := autograd.Backward(ops.Sum(y))
			for _, p := range layer.Params() {
				for _, v := range grads.Tensor(p.Bind(g)).Float64s() {
					if v != 0 {
						t.Errorf("%s of %v: gradient %v of %s, want 0", name, shape, v, p.Name)
					}
				}
			}
		}
	}
}

// TestRecurrentDropout checks where neurons are dropped: between layers, in training only.
func TestRecurrentDropout(t *testing.T) {
	x := normal(2, 2, 3, 2)
	run := func(l *nn.Recurrent, p nn.Pass) []float64 {
		return l.Forward(p, graph.New().ConstTensor(x)).Tensor().Float64s()
	}
	for name, build := range recurrentLayers {
		plain, dropped := build(), build(nn.WithDropout(nn.KeepProb(0.5)))
		if diff := cmp.Diff(run(plain, nn.Eval()), run(dropped, nn.Eval())); diff != "" {
			t.Errorf("%s in use: mismatch (-without dropout +with):\n%s", name, diff)
		}
		if cmp.Equal(run(plain, nn.Train(newRand(5))), run(dropped, nn.Train(newRand(5)))) {
			t.Errorf("%s in training: dropout between layers changes nothing", name)
		}
	}
	one := func(o ...nn.LayerOption) *nn.Recurrent { return nn.GRU(newRand(1), 2, 3, o...) }
	if diff := cmp.Diff(run(one(), nn.Train(newRand(5))), run(one(nn.WithDropout()), nn.Train(newRand(5)))); diff != "" {
		t.Errorf("a single layer: mismatch (-without dropout +with):\n%s", diff)
	}
}

// TestRecurrentInit checks the bounds that parameters are drawn from.
func TestRecurrentInit(t *testing.T) {
	largest := func(p *nn.Param) (most float64) {
		for i := range p.Data.Len() {
			most = max(most, math.Abs(p.Data.AtFlat(i)))
		}
		return most
	}
	for _, p := range nn.LSTM(newRand(1), 8, 100).Params() {
		if got := largest(p); got > 0.1 || got < 0.09 {
			t.Errorf("%s: largest number is %v, want nearly 1/√100", p.Name, got)
		}
	}
	for _, p := range nn.GRU(newRand(1), 8, 100, nn.WithInit(nn.Normal(2))).Params() {
		if got := largest(p); p.Kind == nn.Bias && got != 0 || p.Kind == nn.Weight && got < 4 {
			t.Errorf("%s with another Init: largest number is %v", p.Name, got)
		}
	}
}

// TestFrozenRecurrent freezes one parameter after the other: it has no gradient, and the others keep theirs.
func TestFrozenRecurrent(t *testing.T) {
	x := normal(2, 2, 3, 2)
	for name, build := range recurrentLayers {
		layer := build()
		run := func() (grads map[string][]float64) {
			g := graph.New()
			back := autograd.Backward(ops.Sum(ops.Square(layer.Forward(nn.Eval(), g.ConstTensor(x)))))
			grads = map[string][]float64{}
			for _, p := range layer.Params() {
				if p.Trained() {
					grads[p.Name] = back.Tensor(p.Bind(g)).Float64s()
				}
			}
			return grads
		}
		all := run()
		for _, p := range layer.Params() {
			p.Frozen = true
			want := map[string][]float64{}
			for k, v := range all {
				if k != p.Name {
					want[k] = v
				}
			}
			if diff := cmp.Diff(want, run()); diff != "" {
				t.Errorf("%s with %s frozen: mismatch (-want +got):\n%s", name, p.Name, diff)
			}
			p.Frozen = false
		}
	}
}

// TestSequencesTogether computes on one model from several goroutines.
func TestSequencesTogether(t *testing.T) {
	for _, c := range sequenceCases(t) {
		layer := c.layer(t, tensor.Float64)
		_, want := c.run(t, layer, tensor.Float64)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				_, got := c.run(t, layer, tensor.Float64)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: mismatch (-alone +among others):\n%s", c.Name, diff)
				}
			})
		}
		wg.Wait()
	}
}

// TestSequenceStepAllocatesNothing takes training steps with every layer over sequences.
func TestSequenceStepAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector a sync.Pool drops some of what is put in it")
	}
	drop := nn.WithDropout(nn.KeepProb(0.9))
	layers := map[string]nn.Layer{
		"rnn, dropout":       nn.RNN(newRand(1), 4, 4, nn.Layers(2), drop),
		"gru, dropout":       nn.GRU(newRand(1), 4, 4, nn.Layers(2), drop),
		"lstm, dropout":      nn.LSTM(newRand(1), 4, 4, nn.Layers(2), drop),
		"lstm, no bias":      nn.LSTM(newRand(1), 4, 4, nn.NoBias()),
		"attention, dropout": nn.MultiHeadAttention(newRand(1), 4, 2, nn.Causal(), drop),
		"block":              nn.TransformerBlock(newRand(1), 4, 2, 8, nn.Causal()),
		"block, norm first":  nn.TransformerBlock(newRand(1), 4, 2, 8, nn.NormFirst(), drop),
	}
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for name, layer := range layers {
			t.Run(dtype.String()+"/"+name, func(t *testing.T) {
				nn.To(layer, dtype)
				x, params := normal(2, 3, 5, 4).To(dtype), layer.Params()
				g, opt, rng := graph.New(graph.WithDType(dtype)), nn.NewSGD(nn.SGDConfig{LR: 1e-3}), newRand(3)
				mustAllocateNothing(t, func() {
					y := layer.Forward(nn.Train(rng), g.BindConst(x))
					if err := opt.Step(params, autograd.Backward(ops.Mean(ops.Square(y)), autograd.LeavesOnly())); err != nil {
						t.Fatal(err)
					}
					g.Reset()
				})
			})
		}
	}
}
