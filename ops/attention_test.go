package ops_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestAttention(t *testing.T) {
	g := graph.New()
	q := g.VarTensor(tensor.Of([]float64{0, 0, math.Ln2, 0}, 2, 2))
	k := g.VarTensor(tensor.Of([]float64{1, 0, 0, 0, 0, 5}, 3, 2))
	v := g.VarTensor(tensor.Of([]float64{8, 4, 2}, 3, 1))
	ones := func(data ...float64) graph.Value { return g.ConstTensor(tensor.Of(data, len(data))) }
	tests := []struct {
		name   string
		config ops.AttentionConfig
		want   []float64
	}{
		// Equal scores give the mean; scores ln 2, 0, 0 give weights ½, ¼, ¼.
		{"all keys", ops.AttentionConfig{Scale: 1}, []float64{14.0 / 3, 5.5}},
		{"scale", ops.AttentionConfig{Scale: 2}, []float64{14.0 / 3, (4*8 + 4 + 2) / 6.0}},
		{"default scale", ops.AttentionConfig{}, []float64{14.0 / 3, (math.Pow(2, math.Sqrt2/2)*8 + 6) / (math.Pow(2, math.Sqrt2/2) + 2)}},
		{"causal", ops.AttentionConfig{Scale: 1, Causal: true}, []float64{8, (2*8 + 4) / 3.0}},
		{"mask", ops.AttentionConfig{Scale: 1, Mask: ones(1, 0, 1)}, []float64{5, 6}},
		{"mask and causal", ops.AttentionConfig{Scale: 1, Causal: true, Mask: ones(1, 0, 1)}, []float64{8, 8}},
		{"nothing to see", ops.AttentionConfig{Scale: 1, Mask: ones(0, 0, 0)}, []float64{0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			closeTo(t, "value", tt.want, ops.Attention(q, k, v, tt.config).Tensor().Float64s())
		})
	}
	y := ops.Attention(q, k, v, ops.AttentionConfig{Causal: true})
	grads := autograd.Backward(ops.Sum(y))
	if d := grads.Tensor(v).AtFlat(2); d != 0 {
		t.Errorf("the gradient by a value that no query sees is %v, want 0", d)
	}
}

// TestAttentionMasked compares attention with masked keys, which hold what must not be seen, with attention over the keys
// that are seen, in value and in first and second derivatives. The last query sees no key.
// TestAttentionInParts takes the weights and the means of the values one after the other.
func TestAttentionInParts(t *testing.T) {
	g := graph.New()
	q, k, v := g.VarTensor(counting(tensor.Float64, 2, 3, 2)), g.VarTensor(counting(tensor.Float64, 2, 4, 2)), g.VarTensor(counting(tensor.Float64, 2, 4, 5))
	for _, config := range []ops.AttentionConfig{{}, {Causal: true, Scale: 0.5}} {
		w := ops.AttentionWeights(q, k, config)
		if diff := cmp.Diff([]int{2, 3, 4}, w.Shape()); diff != "" {
			t.Errorf("weights: mismatch (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(ops.Attention(q, k, v, config).Tensor().Float64s(), ops.Weigh(w, v).Tensor().Float64s()); diff != "" {
			t.Errorf("%+v: mismatch (-whole +parts):\n%s", config, diff)
		}
	}
}

func TestAttentionMasked(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	at := func(masked bool, dtype tensor.DType) (out [][]float64) {
		g := graph.New(graph.WithDType(dtype))
		q := g.VarTensor(tensor.Of([]float64{0.5, -1, 2, 0.25, 1, 1}, 3, 2))
		keys, values, size := []float64{1, 0, 0.5, 3}, []float64{8, 1, 4, -2}, 2
		mask, config := []float64{1, 1, 1, 1, 0, 0}, ops.AttentionConfig{Scale: 1}
		if masked {
			keys, values, size = []float64{1, 0, nan, 7, 0.5, 3, inf, -inf}, []float64{8, 1, inf, nan, 4, -2, nan, -inf}, 4
			mask = []float64{1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0}
		}
		k, v := g.VarTensor(tensor.Of(keys, size, 2)), g.VarTensor(tensor.Of(values, size, 2))
		config.Mask = g.ConstTensor(tensor.Of(mask, 3, size))
		y := ops.Attention(q, k, v, config)
		out = append(out, numbers(y.Tensor()))
		loss := weighted(ops.Add(y, ops.Square(y)))
		backward := autograd.Backward(loss)
		grads := autograd.Grad(loss, q, k, v)
		second := weighted(ops.Square(grads[0]))
		for i := 1; i < 3; i++ { // the gradients by the keys and values that are seen
			seen := grads[i]
			if masked {
				seen = ops.Gather(seen, 0, 0, 2)
			}
			second = ops.Add(second, weighted(ops.Square(seen)))
		}
		backwardOfGrad := autograd.Backward(second)
		gradOfGrad := autograd.Grad(second, q, k, v)
		for i, x := range []graph.Value{q, k, v} {
			for _, d := range []*tensor.Tensor{backward.Tensor(x), grads[i].Tensor(), backwardOfGrad.Tensor(x), gradOfGrad[i].Tensor()} {
				d := numbers(d)
				if masked && i > 0 {
					if diff := cmp.Diff(make([]float64, 4), append(slices.Clone(d[2:4]), d[6:]...)); diff != "" {
						t.Errorf("operand %d: gradient by what is masked: mismatch (-want +got):\n%s", i, diff)
					}
					d = append(slices.Clone(d[:2]), d[4:6]...)
				}
				out = append(out, d)
			}
		}
		return out
	}
	for dtype, tolerance := range map[tensor.DType]float64{tensor.Float64: 1e-13, tensor.Float32: 1e-4} {
		if diff := cmp.Diff(at(false, dtype), at(true, dtype), cmpopts.EquateApprox(tolerance, tolerance)); diff != "" {
			t.Errorf("%v: mismatch (-without the keys +masked):\n%s", dtype, diff)
		}
	}
}

func TestAttentionGradient(t *testing.T) {
	operands := []*tensor.Tensor{randomMatrices(1, 2, 3, 2), randomMatrices(2, 2, 4, 2), randomMatrices(3, 1, 4, 3)}
	for name, causal := range map[string]bool{"all keys": false, "causal": true} {
		t.Run(name, func(t *testing.T) {
			f := func(xs ...graph.Value) graph.Value {
				return weighted(ops.Attention(xs[0], xs[1], xs[2], ops.AttentionConfig{Causal: causal}))
			}
			if err := autograd.Check(f, operands...); err != nil {
				t.Errorf("first derivative: %v", err)
			}
			second := func(xs ...graph.Value) graph.Value {
				sum := xs[0].Graph().Const(0)
				for _, d := range autograd.Grad(f(xs...), xs...) {
					sum = ops.Add(sum, weighted(ops.Square(d)))
				}
				return sum
			}
			if err := autograd.Check(second, operands...); err != nil {
				t.Errorf("second derivative: %v", err)
			}
		})
	}
}

func TestEmbedding(t *testing.T) {
	g := graph.New()
	table := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 3, 2))
	y := ops.Embedding(table, 2, 0, -1)
	closeTo(t, "value", []float64{5, 6, 1, 2, 5, 6}, y.Tensor().Float64s())
	closeTo(t, "gradient", []float64{1, 1, 0, 0, 2, 2}, autograd.Backward(ops.Sum(y)).Tensor(table).Float64s())
}

func TestAttentionMisuse(t *testing.T) {
	other := func(x graph.Value) graph.Value { return graph.New().ConstTensor(x.Tensor()) }
	const foreign = "ops.Attention: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"
	testMisuse(t, []misuse{
		{"keys of another length", [][]int{{2, 3}, {4, 5}, {4, 6}}, func(xs []graph.Value) graph.Value {
			return ops.Attention(xs[0], xs[1], xs[2], ops.AttentionConfig{})
		}, "ops.Attention: queries (2,3), keys (4,5) and values (4,6) do not fit: want (...,queries,d), (...,keys,d) and (...,keys,e)"},
		{"mask", [][]int{{2, 3}, {4, 3}, {4, 6}, {3}}, func(xs []graph.Value) graph.Value {
			return ops.Attention(xs[0], xs[1], xs[2], ops.AttentionConfig{Mask: xs[3]})
		}, "ops.Attention: the mask has shape (3), the scores have (2,4): it must broadcast to them"},
		{"keys of another graph", [][]int{{2, 3}, {4, 3}, {4, 6}}, func(xs []graph.Value) graph.Value {
			return ops.Attention(xs[0], other(xs[1]), xs[2], ops.AttentionConfig{})
		}, foreign},
		{"values of another graph", [][]int{{2, 3}, {4, 3}, {4, 6}}, func(xs []graph.Value) graph.Value {
			return ops.Attention(xs[0], xs[1], other(xs[2]), ops.AttentionConfig{})
		}, foreign},
		{"mask of another graph", [][]int{{2, 3}, {4, 3}, {4, 6}}, func(xs []graph.Value) graph.Value {
			return ops.Attention(xs[0], xs[1], xs[2], ops.AttentionConfig{Mask: other(xs[1])})
		}, foreign},
		{"keys of another length, weights alone", [][]int{{2, 3}, {4, 5}}, func(xs []graph.Value) graph.Value {
			return ops.AttentionWeights(xs[0], xs[1], ops.AttentionConfig{})
		}, "ops.AttentionWeights: queries (2,3) and keys (4,5) do not fit: want (...,queries,d) and (...,keys,d)"},
		{"weights of other keys", [][]int{{2, 3}, {4, 5}}, func(xs []graph.Value) graph.Value { return ops.Weigh(xs[0], xs[1]) },
			"ops.Weigh: weights (2,3) and values (4,5) do not fit: want (...,queries,keys) and (...,keys,e)"},
		{"a value alone", [][]int{{2, 3}, {}}, func(xs []graph.Value) graph.Value { return ops.Weigh(xs[0], xs[1]) },
			"ops.Weigh: weights (2,3) and values () do not fit: want (...,queries,keys) and (...,keys,e)"},
		{"table", [][]int{{3}}, func(xs []graph.Value) graph.Value { return ops.Embedding(xs[0], 1) },
			"ops.Embedding: the table has shape (3): want (words,d), a row for each word"},
		{"word", [][]int{{3, 2}}, func(xs []graph.Value) graph.Value { return ops.Embedding(xs[0], 1, 3) },
			"ops.Embedding: index 3 at place 1 is outside the table of shape (3,2): indices run from 0 to 2, or from -3 to -1"},
	})
}
