package nn_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// sequenceLayers makes the layers of testdata/sequences.json.
var sequenceLayers = map[string]func() nn.Layer{
	"rnn":                                    func() nn.Layer { return nn.RNN(newRand(1), 3, 4) },
	"rnn, from a state":                      func() nn.Layer { return nn.RNN(newRand(1), 3, 4) },
	"rnn, 3 layers":                          func() nn.Layer { return nn.RNN(newRand(1), 2, 3, nn.Layers(3)) },
	"rnn, no bias":                           func() nn.Layer { return nn.RNN(newRand(1), 2, 3, nn.NoBias()) },
	"rnn, one time, one unit":                func() nn.Layer { return nn.RNN(newRand(1), 1, 1) },
	"rnn, relu":                              func() nn.Layer { return nn.RNN(newRand(1), 3, 4, nn.WithActivation(ops.ReLU)) },
	"gru":                                    func() nn.Layer { return nn.GRU(newRand(1), 3, 4) },
	"gru, from a state":                      func() nn.Layer { return nn.GRU(newRand(1), 3, 4) },
	"gru, 3 layers":                          func() nn.Layer { return nn.GRU(newRand(1), 2, 3, nn.Layers(3)) },
	"gru, no bias":                           func() nn.Layer { return nn.GRU(newRand(1), 2, 3, nn.NoBias()) },
	"gru, one time, one unit":                func() nn.Layer { return nn.GRU(newRand(1), 1, 1) },
	"lstm":                                   func() nn.Layer { return nn.LSTM(newRand(1), 3, 4) },
	"lstm, from a state":                     func() nn.Layer { return nn.LSTM(newRand(1), 3, 4) },
	"lstm, 3 layers":                         func() nn.Layer { return nn.LSTM(newRand(1), 2, 3, nn.Layers(3)) },
	"lstm, no bias":                          func() nn.Layer { return nn.LSTM(newRand(1), 2, 3, nn.NoBias()) },
	"lstm, one time, one unit":               func() nn.Layer { return nn.LSTM(newRand(1), 1, 1) },
	"rnn_cell":                               func() nn.Layer { return nn.RNNCell(newRand(1), 3, 4) },
	"gru_cell":                               func() nn.Layer { return nn.GRUCell(newRand(1), 3, 4) },
	"lstm_cell":                              func() nn.Layer { return nn.LSTMCell(newRand(1), 3, 4) },
	"attention":                              func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 6, 2) },
	"attention, causal":                      func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 6, 3, nn.Causal()) },
	"attention, no bias":                     func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 4, 1, nn.NoBias()) },
	"attention, padding":                     func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 4, 2) },
	"attention, causal, padding":             func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 4, 2, nn.Causal()) },
	"attention, cross":                       func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 4, 2) },
	"attention, pairs":                       func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 4, 2) },
	"attention, pairs for each row, padding": func() nn.Layer { return nn.MultiHeadAttention(newRand(1), 4, 2) },
	"block":                                  func() nn.Layer { return nn.TransformerBlock(newRand(1), 6, 2, 5) },
	"block, causal":                          func() nn.Layer { return nn.TransformerBlock(newRand(1), 6, 3, 5, nn.Causal()) },
	"block, norm first":                      func() nn.Layer { return nn.TransformerBlock(newRand(1), 4, 2, 3, nn.NormFirst()) },
	"block, norm first, causal, gelu": func() nn.Layer {
		return nn.TransformerBlock(newRand(1), 4, 2, 3, nn.NormFirst(), nn.Causal(), nn.WithActivation(ops.GELU))
	},
	"block, padding":         func() nn.Layer { return nn.TransformerBlock(newRand(1), 4, 2, 3) },
	"block, causal, padding": func() nn.Layer { return nn.TransformerBlock(newRand(1), 4, 2, 3, nn.Causal(), nn.NormFirst()) },
}

// appliedTo returns the results of a layer for the arguments of a case, by name.
func appliedTo(layer nn.Layer, p nn.Pass, args map[string]graph.Value) map[string]graph.Value {
	switch l := layer.(type) {
	case *nn.Recurrent:
		if args["h"].Graph() == nil {
			return map[string]graph.Value{"y": l.Forward(p, args["x"])}
		}
		y, s := l.ForwardFrom(p, args["x"], nn.RecurrentState{H: args["h"], C: args["c"]})
		return results(y, s)
	case *nn.Cell:
		y, s := l.Step(p, args["x"], nn.RecurrentState{H: args["h"], C: args["c"]})
		r := results(y, s)
		delete(r, "h")
		return r
	case *nn.Attention:
		q, k, v := args["q"], args["k"], args["v"]
		if k.Graph() == nil {
			k, v = q, q
		}
		return map[string]graph.Value{"y": l.Attend(p, q, k, v, nn.AttentionMask{Keys: args["mask_keys"], Pairs: args["mask_pairs"]})}
	case *nn.Transformer:
		if args["mask_keys"].Graph() == nil {
			return map[string]graph.Value{"y": l.Forward(p, args["x"])}
		}
		return map[string]graph.Value{"y": l.ForwardMasked(p, args["x"], nn.AttentionMask{Keys: args["mask_keys"]})}
	}
	panic("no such layer")
}

func results(y graph.Value, s nn.RecurrentState) map[string]graph.Value {
	r := map[string]graph.Value{"y": y, "h": s.H}
	if s.C.Graph() != nil {
		r["c"] = s.C
	}
	return r
}

// A sequenceCase is what PyTorch's layer of a name makes of some arguments.
type sequenceCase struct {
	Name                              string
	Params, Args, Results, CTs, Grads []fileTensor
}

func sequenceCases(t *testing.T) []sequenceCase {
	t.Helper()
	text, err := os.ReadFile("testdata/sequences.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []sequenceCase }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(sequenceLayers) != len(file.Cases) {
		t.Errorf("%d layers and %d cases of PyTorch", len(sequenceLayers), len(file.Cases))
	}
	return file.Cases
}

// layer returns the layer with PyTorch's numbers.
func (c *sequenceCase) layer(t *testing.T, dtype tensor.DType) nn.Layer {
	t.Helper()
	if sequenceLayers[c.Name] == nil {
		t.Fatal("there is no such layer")
	}
	l := sequenceLayers[c.Name]()
	var got []fileTensor
	for k, p := range l.Params() {
		p.Data.Copy(swapped(p, c.Params[min(k, len(c.Params)-1)].tensor()))
		got = append(got, fileTensor{p.Name, swapped(p, p.Data).Shape(), swapped(p, p.Data).Float64s()})
	}
	if diff := cmp.Diff(c.Params, got); diff != "" {
		t.Fatalf("parameters: mismatch (-PyTorch +got):\n%s", diff)
	}
	nn.To(l, dtype)
	return l
}

// swapped returns x, transposed if the parameter lies transposed in files.
func swapped(p *nn.Param, x *tensor.Tensor) *tensor.Tensor {
	if !p.Transposed {
		return x
	}
	rows, columns := x.Dims()[0], x.Dims()[1]
	y := tensor.New(x.DType(), columns, rows)
	for i := range rows {
		for j := range columns {
			y.SetAt(x.At(i, j), j, i)
		}
	}
	return y
}

// run returns results and gradients by name, in the order of the file.
func (c *sequenceCase) run(t *testing.T, layer nn.Layer, dtype tensor.DType) (results, grads []fileTensor) {
	t.Helper()
	g := graph.New(graph.WithDType(dtype))
	args := map[string]graph.Value{}
	for _, a := range c.Args {
		args[a.Name] = g.VarTensor(a.tensor())
	}
	out := appliedTo(layer, nn.Train(newRand(1)), args)
	if len(out) != len(c.Results) {
		t.Errorf("%d results, PyTorch has %d", len(out), len(c.Results))
	}
	var sum graph.Value
	for k, r := range c.Results {
		y := out[r.Name]
		results = append(results, fileTensor{r.Name, y.Shape(), y.Tensor().Float64s()})
		part := ops.Sum(ops.Mul(y, g.ConstTensor(c.CTs[k].tensor())))
		if k > 0 {
			part = ops.Add(sum, part)
		}
		sum = part
	}
	back := autograd.Backward(sum)
	for _, want := range c.Grads {
		if v, ok := args[want.Name]; ok {
			grads = append(grads, fileTensor{want.Name, v.Shape(), back.Tensor(v).Float64s()})
			continue
		}
		params := layer.Params()
		p := params[slices.IndexFunc(params, func(p *nn.Param) bool { return p.Name == want.Name })]
		d := swapped(p, back.Tensor(p.Bind(g)))
		grads = append(grads, fileTensor{want.Name, d.Shape(), d.Float64s()})
	}
	return results, grads
}

// TestSequencesMatchPyTorch gives layers the numbers of PyTorch's and compares names and shapes of the parameters,
// results and gradients.
func TestSequencesMatchPyTorch(t *testing.T) {
	for _, c := range sequenceCases(t) {
		for dtype, tolerance := range map[tensor.DType]float64{tensor.Float64: 1e-12, tensor.Float32: 1e-5} {
			t.Run(c.Name+"/"+dtype.String(), func(t *testing.T) {
				results, grads := c.run(t, c.layer(t, dtype), dtype)
				// Gradients near 0 are differences of numbers of the size of 1 to 10.
				near := cmpopts.EquateApprox(tolerance, tolerance)
				if diff := cmp.Diff(c.Results, results, near); diff != "" {
					t.Errorf("results: mismatch (-PyTorch +got):\n%s", diff)
				}
				if diff := cmp.Diff(c.Grads, grads, near); diff != "" {
					t.Errorf("gradients: mismatch (-PyTorch +got):\n%s", diff)
				}
			})
		}
	}
}

// TestSequenceGradients compares gradients with differences: by the arguments, and of the second order, by the
// arguments of the squares of the first.
func TestSequenceGradients(t *testing.T) {
	for _, c := range sequenceCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			layer := c.layer(t, tensor.Float64)
			var at []*tensor.Tensor
			var names []string
			for _, a := range c.Args {
				if !strings.HasPrefix(a.Name, "mask") {
					at, names = append(at, a.tensor()), append(names, a.Name)
				}
			}
			loss := func(xs ...graph.Value) (sum graph.Value) {
				args := map[string]graph.Value{}
				for _, a := range c.Args { // masks
					args[a.Name] = xs[0].Graph().ConstTensor(a.tensor())
				}
				for k, x := range xs {
					args[names[k]] = x
				}
				out := appliedTo(layer, nn.Eval(), args)
				for k, r := range c.Results {
					part := ops.Sum(ops.Square(out[r.Name]))
					if k > 0 {
						part = ops.Add(sum, part)
					}
					sum = part
				}
				return sum
			}
			if err := autograd.Check(loss, at...); err != nil {
				t.Error(err)
			}
			second := func(xs ...graph.Value) graph.Value {
				return ops.Sum(ops.Square(autograd.Grad(loss(xs...), xs[0])[0]))
			}
			if err := autograd.Check(second, at...); err != nil {
				t.Errorf("second order: %v", err)
			}
			checkParams(t, layer, func(g *graph.Graph) graph.Value {
				var xs []graph.Value
				for _, x := range at {
					xs = append(xs, g.ConstTensor(x))
				}
				return loss(xs...)
			})
		})
	}
}
