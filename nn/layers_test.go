package nn_test

import (
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A layerCase is a layer that all tests below range over.
type layerCase struct {
	name  string // of the case in testdata/layers.json
	make  func(rng *rand.Rand) nn.Layer
	shape []int // of an input for a training pass
	ids   int   // if above 0, the input holds whole numbers below it
}

func layerCases() []layerCase {
	type source = *rand.Rand
	plain := func(l nn.Layer) func(source) nn.Layer { return func(source) nn.Layer { return l } }
	return []layerCase{
		{"conv1d", func(r source) nn.Layer { return nn.Conv1D(r, 2, 3, 3) }, []int{2, 2, 5}, 0},
		{"conv1d, stride 2, padding 2, dilation 2, 2 groups", func(r source) nn.Layer {
			return nn.Conv1D(r, 4, 2, 3, nn.Stride(2), nn.Padding(2), nn.Dilation(2), nn.ChannelGroups(2))
		}, []int{2, 4, 6}, 0},
		{"conv2d", func(r source) nn.Layer { return nn.Conv2D(r, 2, 3, 3) }, []int{2, 2, 4, 3}, 0},
		{"conv2d, no bias", func(r source) nn.Layer { return nn.Conv2D(r, 1, 2, 2, nn.NoBias()) }, []int{2, 1, 3, 3}, 0},
		{"conv2d, stride 2, padding 1", func(r source) nn.Layer { return nn.Conv2D(r, 2, 2, 3, nn.Stride(2), nn.Padding(1)) }, []int{1, 2, 4, 3}, 0},
		{"conv2d, dilation 2", func(r source) nn.Layer { return nn.Conv2D(r, 1, 2, 2, nn.Dilation(2)) }, []int{2, 1, 4, 4}, 0},
		{"conv2d, 2 groups", func(r source) nn.Layer { return nn.Conv2D(r, 4, 6, 2, nn.ChannelGroups(2)) }, []int{1, 4, 3, 2}, 0},
		{"conv2d, depthwise", func(r source) nn.Layer { return nn.Conv2D(r, 3, 3, 2, nn.ChannelGroups(3), nn.Padding(1)) }, []int{1, 3, 2, 2}, 0},
		{"conv2d, all along each axis", func(r source) nn.Layer {
			return nn.Conv2D(r, 2, 4, 2, nn.Stride(2, 1), nn.Padding(1, 2), nn.Dilation(1, 3), nn.ChannelGroups(2))
		}, []int{1, 2, 3, 3}, 0},
		{"max_pool2d", plain(nn.MaxPool2D(2)), []int{2, 2, 5, 4}, 0},
		{"max_pool2d, stride 1, padding 1", plain(nn.MaxPool2D(3, nn.Stride(1), nn.Padding(1))), []int{1, 2, 3, 4}, 0},
		{"max_pool2d, stride 2×1", plain(nn.MaxPool2D(3, nn.Stride(2, 1))), []int{1, 2, 6, 4}, 0},
		{"avg_pool2d", plain(nn.AvgPool2D(2)), []int{2, 2, 5, 4}, 0},
		{"avg_pool2d, stride 2, padding 1", plain(nn.AvgPool2D(3, nn.Stride(2), nn.Padding(1))), []int{1, 2, 5, 4}, 0},
		{"avg_pool2d, without padding", plain(nn.AvgPool2D(3, nn.Stride(2), nn.Padding(1), nn.ExcludePadding())), []int{1, 2, 5, 4}, 0},
		{"global_avg_pool", plain(nn.GlobalAvgPool()), []int{2, 3, 4, 5}, 0},
		{"flatten", plain(nn.Flatten()), []int{2, 3, 2, 2}, 0},
		{"batch_norm", func(source) nn.Layer { return nn.BatchNorm(3) }, []int{5, 3}, 0},
		{"batch_norm of sequences", func(source) nn.Layer { return nn.BatchNorm(2) }, []int{1, 2, 4}, 0},
		{"batch_norm of images", func(source) nn.Layer { return nn.BatchNorm(2) }, []int{3, 2, 2, 3}, 0},
		{"batch_norm, momentum, eps", func(source) nn.Layer { return nn.BatchNorm(2, nn.Momentum(0.3), nn.Eps(0.5)) }, []int{3, 2, 2, 3}, 0},
		{"batch_norm, frozen averages", func(source) nn.Layer {
			l := nn.BatchNorm(2)
			for _, p := range l.Params()[2:] {
				p.Frozen = true
			}
			return l
		}, []int{3, 2, 2, 3}, 0},
		{"layer_norm", func(source) nn.Layer { return nn.LayerNorm(4) }, []int{2, 3, 4}, 0},
		{"layer_norm, eps", func(source) nn.Layer { return nn.LayerNorm(3, nn.Eps(0.5)) }, []int{2, 3}, 0},
		{"rms_norm", func(source) nn.Layer { return nn.RMSNorm(4) }, []int{2, 3, 4}, 0},
		{"rms_norm, eps", func(source) nn.Layer { return nn.RMSNorm(3, nn.Eps(0.5)) }, []int{2, 3}, 0},
		{"embedding", func(r source) nn.Layer { return nn.Embedding(r, 5, 3) }, []int{4, 3}, 5},
		{"residual", func(r source) nn.Layer { return nn.Residual(nn.Conv1D(r, 2, 2, 3, nn.Padding(1)), nn.ReLU()) }, []int{2, 2, 4}, 0},
		{"relu", plain(nn.ReLU()), []int{3, 4}, 0},
		{"leaky_relu", plain(nn.LeakyReLU(0.2)), []int{3, 4}, 0},
		{"elu", plain(nn.ELU(1.5)), []int{3, 4}, 0},
		{"gelu", plain(nn.GELU()), []int{3, 4}, 0},
		{"silu", plain(nn.SiLU()), []int{3, 4}, 0},
		{"softplus", plain(nn.Softplus()), []int{3, 4}, 0},
	}
}

// fileTensor is a tensor in testdata/layers.json.
type fileTensor struct {
	Name  string
	Shape []int
	Data  []float64
}

func (f fileTensor) tensor() *tensor.Tensor { return tensor.Of(f.Data, f.Shape...) }

// namesAndShapes returns what two lists of parameters must have in common.
func namesAndShapes(params []*nn.Param) (out []fileTensor) {
	for _, p := range params {
		out = append(out, fileTensor{Name: p.Name, Shape: p.Data.Shape()})
	}
	return out
}

// TestLayersMatchPyTorch gives layers the numbers of PyTorch's and compares results, gradients and state, and the
// names, shapes and order of the parameters.
func TestLayersMatchPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/layers.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name          string
			Params, After []fileTensor
			Passes        []struct {
				Mode     string
				X, CT, Y fileTensor
				Grads    []fileTensor
			}
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	cases := layerCases()
	if len(cases) != len(file.Cases) {
		t.Errorf("%d layers and %d cases of PyTorch", len(cases), len(file.Cases))
	}
	// Both round the same sums in another order.
	near := cmpopts.EquateApprox(1e-12, 1e-12)
	for _, want := range file.Cases {
		t.Run(want.Name, func(t *testing.T) {
			i := slices.IndexFunc(cases, func(c layerCase) bool { return c.name == want.Name })
			if i < 0 {
				t.Fatal("there is no such layer")
			}
			layer := cases[i].make(newRand(1))
			params := layer.Params()
			if diff := cmp.Diff(want.Params, namesAndShapes(params), cmpopts.IgnoreFields(fileTensor{}, "Data"), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("parameters: mismatch (-PyTorch +got):\n%s", diff)
			}
			for k, p := range params {
				p.Data.Copy(want.Params[k].tensor())
			}
			for k, pass := range want.Passes {
				p := nn.Eval()
				if pass.Mode == "train" {
					p = nn.Train(newRand(1))
				}
				g := graph.New()
				x := g.VarTensor(pass.X.tensor())
				y := layer.Forward(p, x)
				if diff := cmp.Diff(pass.Y, fileTensor{"", y.Shape(), y.Tensor().Float64s()}, near); diff != "" {
					t.Errorf("pass %d, %s: mismatch (-PyTorch +got):\n%s", k, pass.Mode, diff)
				}
				grads := autograd.Backward(y, autograd.WithSeed(pass.CT.tensor()))
				for _, want := range pass.Grads {
					v := x
					if i := slices.IndexFunc(params, func(p *nn.Param) bool { return p.Name == want.Name }); i >= 0 {
						v = params[i].Bind(g)
					}
					if diff := cmp.Diff(want.Data, grads.Tensor(v).Float64s(), near); diff != "" {
						t.Errorf("pass %d, %s: gradient by %s: mismatch (-PyTorch +got):\n%s", k, pass.Mode, want.Name, diff)
					}
				}
			}
			for k, p := range params {
				if diff := cmp.Diff(want.After[k].Data, p.Data.Float64s(), near); diff != "" {
					t.Errorf("%s after all passes: mismatch (-PyTorch +got):\n%s", p.Name, diff)
				}
			}
		})
	}
}

// inputFor returns numbers for a layer's input.
func (c *layerCase) inputFor(rng *rand.Rand, dtype tensor.DType) *tensor.Tensor {
	x := tensor.New(dtype, c.shape...)
	for i := range x.Len() {
		if c.ids > 0 {
			x.SetFlat(float64(rng.IntN(c.ids)), i)
		} else {
			x.SetFlat(rng.NormFloat64(), i)
		}
	}
	return x
}

// lossOf returns a function of a layer's result on x that is not linear, and has another slope at every element.
func lossOf(layer nn.Layer, p nn.Pass, x graph.Value) graph.Value {
	y := layer.Forward(p, x)
	w := tensor.New(tensor.Float64, y.Dims()...)
	for i := range w.Len() {
		w.SetFlat(0.3+0.1*float64(i%7), i)
	}
	return ops.Sum(ops.Mul(ops.Square(y), x.Graph().ConstTensor(w)))
}

// TestLayerGradients compares the gradients by input and parameters with differences, in training and in use.
func TestLayerGradients(t *testing.T) {
	for _, c := range layerCases() {
		for mode, pass := range map[string]func() nn.Pass{"train": func() nn.Pass { return nn.Train(newRand(1)) }, "eval": nn.Eval} {
			t.Run(c.name+"/"+mode, func(t *testing.T) {
				rng := newRand(2)
				layer, x := c.make(rng), c.inputFor(rng, tensor.Float64)
				for _, p := range layer.Params() {
					if p.Kind == nn.Bias {
						p.Data.SetFlat(0.7, 0)
					}
				}
				loss := func(xs ...graph.Value) graph.Value { return lossOf(layer, pass(), xs[0]) }
				if c.ids == 0 {
					if err := autograd.Check(loss, x); err != nil {
						t.Error(err)
					}
				}
				checkParams(t, layer, func(g *graph.Graph) graph.Value { return lossOf(layer, pass(), g.ConstTensor(x)) })
			})
		}
	}
}

// checkParams compares the gradient of a loss by every parameter that is trained with central differences.
func checkParams(t *testing.T, layer nn.Layer, loss func(g *graph.Graph) graph.Value) {
	t.Helper()
	g := graph.New()
	l := loss(g)
	grads := autograd.Backward(l)
	const h = 1e-5 // the quotient's error is then about h², and 1e-16/h by rounding
	allowed := 1e-8 * max(1, math.Abs(l.Item()))
	for _, p := range layer.Params() {
		if !p.Trained() {
			continue
		}
		got := grads.Tensor(p.Bind(g))
		for k := range p.Data.Len() {
			w := p.Data.AtFlat(k)
			at := func(v float64) float64 {
				p.Data.SetFlat(v, k)
				return loss(graph.New()).Item()
			}
			want := (at(w+h) - at(w-h)) / (2 * h)
			p.Data.SetFlat(w, k)
			if math.Abs(got.AtFlat(k)-want) > allowed {
				t.Errorf("%s, element %d: gradient is %v, central differences give %v", p.Name, k, got.AtFlat(k), want)
			}
		}
	}
}

// TestLayersInSinglePrecision compares layers that were converted with those they were.
func TestLayersInSinglePrecision(t *testing.T) {
	for _, c := range layerCases() {
		t.Run(c.name, func(t *testing.T) {
			run := func(dtype tensor.DType) [][]float64 {
				rng := newRand(2)
				layer, x := c.make(rng), c.inputFor(rng, tensor.Float64)
				nn.To(layer, dtype)
				var out [][]float64
				for _, p := range []nn.Pass{nn.Train(newRand(1)), nn.Eval()} {
					g := graph.New(graph.WithDType(dtype))
					v := g.VarTensor(x)
					l := lossOf(layer, p, v)
					out = append(out, []float64{l.Item()}, autograd.Backward(l).Tensor(v).Float64s())
				}
				for _, p := range layer.Params() {
					out = append(out, p.Data.Float64s())
				}
				return out
			}
			// Gradients near 0 are differences of numbers of the size of 10.
			if diff := cmp.Diff(run(tensor.Float64), run(tensor.Float32), cmpopts.EquateApprox(1e-5, 1e-5)); diff != "" {
				t.Errorf("mismatch (-float64 +float32):\n%s", diff)
			}
		})
	}
}

// layerCalls is the part of the layers in TestNil. Errors that are returned go to try.
func layerCalls(try func(error)) map[string][]call {
	g := graph.New()
	const none = "nil or zero *nn.EmbeddingTable"
	return map[string][]call{
		"Conv1D":    {{func() { nn.Conv1D(nil, 1, 1, 1) }, "nil or zero *rand.Rand"}, {func() { nn.Conv1D(newRand(1), 1, 1, 1, nil) }, "option 1 is nil: leave it out"}},
		"Conv2D":    {{func() { nn.Conv2D(&rand.Rand{}, 1, 1, 1) }, "nil or zero *rand.Rand"}, {func() { nn.Conv2D(newRand(1), 1, 1, 1, nn.NoBias(), nil) }, "option 2 is nil: leave it out"}},
		"MaxPool2D": {{func() { nn.MaxPool2D(2, nil) }, "option 1 is nil: leave it out"}},
		"AvgPool2D": {{func() { nn.AvgPool2D(2, nil) }, "option 1 is nil: leave it out"}},
		"BatchNorm": {{func() { nn.BatchNorm(2, nil) }, "option 1 is nil: leave it out"}},
		"LayerNorm": {{func() { nn.LayerNorm(2, nil) }, "option 1 is nil: leave it out"}},
		"RMSNorm":   {{func() { nn.RMSNorm(2, nil) }, "option 1 is nil: leave it out"}},
		"Embedding": {{func() { nn.Embedding(nil, 2, 2) }, "nil or zero *rand.Rand"}, {func() { nn.Embedding(newRand(1), 2, 2, nil) }, "option 1 is nil: leave it out"}},
		"Residual":  {{func() { nn.Residual() }, "no layers"}, {func() { nn.Residual(nil) }, "layer 0 is nil"}},
		"Summary": {
			{func() { try(nn.Summary(nil, nn.ReLU(), 1)) }, "got a nil writer"}, {func() { try(nn.Summary(io.Discard, nil, 1)) }, "got a nil model"},
			{func() { try(nn.Summary(io.Discard, nn.ReLU(), 1)) }, harmless},
		},
		"EmbeddingTable.Params":  {{func() { (*nn.EmbeddingTable)(nil).Params() }, none}, {func() { new(nn.EmbeddingTable).Params() }, none}},
		"EmbeddingTable.String":  {{func() { _ = (*nn.EmbeddingTable)(nil).String() }, none}},
		"EmbeddingTable.Forward": {{func() { (*nn.EmbeddingTable)(nil).Forward(nn.Eval(), g.Const(1)) }, none}, {func() { nn.Embedding(newRand(1), 2, 2).Forward(nn.Eval(), graph.Value{}) }, "zero graph.Value"}},
		"EmbeddingTable.Lookup": {
			{func() { (*nn.EmbeddingTable)(nil).Lookup(g, nil) }, none}, {func() { nn.Embedding(newRand(1), 2, 2).Lookup(nil, []int{1}) }, "got a nil graph"},
			{func() { nn.Embedding(newRand(1), 2, 2).Lookup(g, nil) }, harmless},
		},
		"Stride":   {{func() { nn.Stride() }, "no number"}},
		"Padding":  {{func() { nn.Padding() }, "no number"}},
		"Dilation": {{func() { nn.Dilation() }, "no number"}},
	}
}
