package nn_test

import (
	"math"
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

// TestHiddenKeys spoils what a mask hides with NaN: results and gradients must stay what they are.
func TestHiddenKeys(t *testing.T) {
	const seen = 3 // of five times
	mask := tensor.Of([]float64{1, 1, 1, 0, 0}, 1, 5)
	clean := normal(2, 1, 5, 4)
	spoiled := clean.Clone()
	for i := seen * 4; i < 5*4; i++ {
		spoiled.SetFlat(math.NaN(), i)
	}
	layers := map[string]func(g *graph.Graph, x graph.Value) graph.Value{
		"attention, padding": func(g *graph.Graph, x graph.Value) graph.Value {
			a := nn.MultiHeadAttention(newRand(1), 4, 2)
			return a.Attend(nn.Eval(), x, x, x, nn.AttentionMask{Keys: g.ConstTensor(mask)})
		},
		"attention, causal": func(g *graph.Graph, x graph.Value) graph.Value {
			return nn.MultiHeadAttention(newRand(1), 4, 2, nn.Causal()).Forward(nn.Eval(), x)
		},
		"block, padding": func(g *graph.Graph, x graph.Value) graph.Value {
			b := nn.TransformerBlock(newRand(1), 4, 2, 6)
			return b.ForwardMasked(nn.Eval(), x, nn.AttentionMask{Keys: g.ConstTensor(mask)})
		},
		"block, causal, norm first": func(g *graph.Graph, x graph.Value) graph.Value {
			return nn.TransformerBlock(newRand(1), 4, 2, 6, nn.Causal(), nn.NormFirst()).Forward(nn.Eval(), x)
		},
	}
	for name, forward := range layers {
		run := func(x *tensor.Tensor) [][]float64 {
			g := graph.New()
			in := g.VarTensor(x)
			y := ops.Slice(forward(g, in), 1, 0, seen)
			grad := autograd.Backward(ops.Sum(ops.Square(y))).Tensor(in).Float64s()
			return [][]float64{y.Tensor().Float64s(), grad[:seen*4]}
		}
		// Products with numbers that are not finite add up in another order.
		if diff := cmp.Diff(run(clean), run(spoiled), cmpopts.EquateApprox(1e-14, 1e-14)); diff != "" {
			t.Errorf("%s: mismatch (-clean +spoiled):\n%s", name, diff)
		}
	}
}

// TestQueryThatSeesNothing hides all keys: nothing is added to the bias, and nothing flows back.
func TestQueryThatSeesNothing(t *testing.T) {
	a, g := nn.MultiHeadAttention(newRand(1), 4, 2), graph.New()
	a.Params()[3].Data.Fill(0.5) // out_proj.bias
	x := g.VarTensor(normal(2, 2, 3, 4))
	y := a.Attend(nn.Eval(), x, x, x, nn.AttentionMask{Keys: g.ConstTensor(tensor.Of([]float64{0, 0, 0, 1, 1, 1}, 2, 3))})
	none := ops.Slice(y, 0, 0, 1)
	for _, v := range none.Tensor().Float64s() {
		if v != 0.5 {
			t.Errorf("a query that sees nothing gives %v, want the bias 0.5", v)
		}
	}
	for i, v := range autograd.Backward(ops.Sum(ops.Square(none))).Tensor(x).Float64s() {
		if v != 0 {
			t.Errorf("gradient by element %d is %v, want 0", i, v)
		}
	}
}

// TestAttentionNothing gives layers no rows, or no time.
func TestAttentionNothing(t *testing.T) {
	for _, shape := range [][]int{{0, 3, 4}, {2, 0, 4}, {0, 0, 4}} {
		for name, layer := range map[string]nn.Layer{
			"attention": nn.MultiHeadAttention(newRand(1), 4, 2, nn.Causal()),
			"block":     nn.TransformerBlock(newRand(1), 4, 2, 3),
		} {
			g := graph.New()
			y := layer.Forward(nn.Eval(), g.VarTensor(tensor.New(tensor.Float64, shape...)))
			if diff := cmp.Diff(shape, y.Shape()); diff != "" {
				t.Errorf("%s of %v: mismatch (-want +got):\n%s", name, shape, diff)
			}
			autograd.Backward(ops.Sum(y))
		}
	}
}

// TestAttentionDropout checks that dropout acts in training only, and by the numbers drawn that it acts in each place.
func TestAttentionDropout(t *testing.T) {
	x := normal(2, 2, 3, 4)
	run := func(l nn.Layer, p nn.Pass) []float64 {
		return l.Forward(p, graph.New().ConstTensor(x)).Tensor().Float64s()
	}
	builds := map[string]func(o ...nn.LayerOption) nn.Layer{
		"attention": func(o ...nn.LayerOption) nn.Layer { return nn.MultiHeadAttention(newRand(1), 4, 2, o...) },
		"block":     func(o ...nn.LayerOption) nn.Layer { return nn.TransformerBlock(newRand(1), 4, 2, 3, o...) },
	}
	for name, build := range builds {
		plain, dropped := build(), build(nn.WithDropout(nn.KeepProb(0.5)))
		if diff := cmp.Diff(run(plain, nn.Eval()), run(dropped, nn.Eval())); diff != "" {
			t.Errorf("%s in use: mismatch (-without dropout +with):\n%s", name, diff)
		}
		rng, fresh := newRand(5), newRand(5)
		if cmp.Equal(run(plain, nn.Train(newRand(5))), run(dropped, nn.Train(rng))) {
			t.Errorf("%s in training: dropout changes nothing", name)
		}
		// Two elements for each number: rows·heads·time·time weights, and in a block rows·time vectors of 4, 3 and 4.
		drawn := 2 * 2 * 3 * 3 / 2
		if name == "block" {
			drawn += 2 * 3 * (4 + 3 + 4) / 2
		}
		for range drawn {
			fresh.Uint64()
		}
		if rng.Uint64() != fresh.Uint64() {
			t.Errorf("%s in training: dropout does not draw %d numbers", name, drawn)
		}
	}
}

// TestSequenceNames checks the names of parameters within models, and what a summary shows.
func TestSequenceNames(t *testing.T) {
	model := nn.Sequential(nn.Embedding(newRand(1), 10, 4), nn.GRU(newRand(1), 4, 4, nn.Layers(2)), nn.Named("block", nn.TransformerBlock(newRand(1), 4, 2, 6)), nn.Linear(newRand(1), 4, 10))
	var names []string
	for _, p := range model.Params() {
		names = append(names, p.Name)
	}
	want := []string{
		"0.weight",
		"1.weight_ih_l0", "1.weight_hh_l0", "1.bias_ih_l0", "1.bias_hh_l0", "1.weight_ih_l1", "1.weight_hh_l1", "1.bias_ih_l1", "1.bias_hh_l1",
		"2.block.self_attn.in_proj_weight", "2.block.self_attn.in_proj_bias", "2.block.self_attn.out_proj.weight", "2.block.self_attn.out_proj.bias",
		"2.block.linear1.weight", "2.block.linear1.bias", "2.block.linear2.weight", "2.block.linear2.bias",
		"2.block.norm1.weight", "2.block.norm1.bias", "2.block.norm2.weight", "2.block.norm2.bias",
		"3.weight", "3.bias",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names: mismatch (-want +got):\n%s", diff)
	}
	if n := len(nn.Weights(model.Params()...)); n != 10 {
		t.Errorf("penalties reach %d of the parameters, want 10", n)
	}
	var s strings.Builder
	if err := nn.Summary(&s, model, 7); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"GRU(4, 4, 2 layers)", "TransformerBlock(4, 2 heads, 6)", "MultiHeadAttention(4, 2 heads)", "out_proj", "LayerNorm(4)", "(1,7,10)"} {
		if !strings.Contains(s.String(), part) {
			t.Errorf("the summary has no %q:\n%s", part, s.String())
		}
	}
}
