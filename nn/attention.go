package nn

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// An Attention is the layer that [MultiHeadAttention] makes.
type Attention struct {
	dim, heads   int
	weight, bias *Param // of queries, keys and values side by side; bias is nil for none
	out          member
	params       []*Param
	causal       bool
	dropout      Layer // of the weights, nil for none
}

// An AttentionMask says which keys a query of an [Attention] sees, besides what [Causal] says. The zero AttentionMask
// hides none. Masks are 1 where a key is seen and 0 where it is not, as those of [ops.Attention]; PyTorch's have true
// for keys that are not seen.
type AttentionMask struct {
	// Keys has shape (rows, keys): the keys that the queries of each row see. In a batch of sequences of several
	// lengths it is 1 for what there is and 0 for what fills up.
	Keys graph.Value
	// Pairs has shape (queries, keys), or (rows, queries, keys): the keys that each query sees.
	Pairs graph.Value
}

// MultiHeadAttention returns the layer that mixes the vectors of a sequence, of dim numbers each. For every vector it
// makes a query, a key and a value, cuts them into as many heads, and lets each head take a mean of the values, with
// weights that say how well their keys fit the query:
//
//	q = x·w_q + b_q        k = x·w_k + b_k        v = x·w_v + b_v
//	head = softmax(q·kᵀ/√d)·v        for the d = dim/heads numbers of each head
//	y = (heads side by side)·wₒ + bₒ
//
// x has shape (rows, time, dim), and so has the result. With [Causal] a query sees the keys of its own time and of
// those before only, so that a model can learn to predict what comes next. [Attention.Attend] takes queries, keys and
// values from several sequences, and masks. It is PyTorch's MultiheadAttention with batch_first.
//
// The options are Causal, [WithDropout] for the weights, [NoBias], and [WithInit]. The parameters are named as
// PyTorch's: "in_proj_weight", of shape (dim, 3·dim), holds w_q, w_k and w_v side by side, and "in_proj_bias", of shape
// (3·dim), their biases; "out_proj.weight" and "out_proj.bias" are those of a [Linear]. In files the weights lie
// transposed. They are drawn from rng, by [XavierUniform] unless WithInit says otherwise, and the biases are 0.
//
// MultiHeadAttention panics with a [*graph.Error] if rng is nil, a size is less than 1, the heads do not divide dim, or
// an option is none of these.
//
// Source: Vaswani et al., Attention is all you need (2017), section 3.2.2; PyTorch 2, torch.nn.MultiheadAttention.
func MultiHeadAttention(rng *rand.Rand, dim, heads int, options ...LayerOption) *Attention {
	c := layerSettings{init: XavierUniform()}.with("nn.MultiHeadAttention", options, "nn.Causal", "nn.WithDropout", "nn.NoBias", "nn.WithInit")
	return newAttention("nn.MultiHeadAttention", rng, dim, heads, c)
}

func newAttention(op string, rng *rand.Rand, dim, heads int, c layerSettings) *Attention {
	mustHaveSource(op, rng)
	if dim < 1 || heads < 1 || dim%heads != 0 {
		panic(graph.Errorf(op, graph.ErrShape, "%d numbers and %d heads: both must be 1 or more, and the heads must divide the numbers", dim, heads))
	}
	a := &Attention{
		dim: dim, heads: heads, causal: c.causal, dropout: c.dropout,
		weight: &Param{Name: "in_proj_weight", Data: c.init.Draw(rng, dim, 3*dim, dim, 3*dim), Kind: Weight, Transposed: true},
	}
	out := []LayerOption{WithInit(c.init)}
	if c.noBias {
		out = append(out, NoBias())
	} else {
		a.bias = constantParam("in_proj_bias", Bias, 0, 3*dim)
	}
	a.out = member{"out_proj", Linear(rng, dim, dim, out...)}
	a.params = append(present(a.weight, a.bias), adopt(op, a, a.out)...)
	return a
}

// mustBeMade panics unless the layer was made.
func (a *Attention) mustBeMade(op string) {
	if a == nil || a.weight == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.Attention: make one with nn.MultiHeadAttention(rng, dim, heads)"))
	}
}

// Params returns the parameters.
func (a *Attention) Params() []*Param {
	a.mustBeMade("nn.Attention.Params")
	return a.params
}

// String returns what the layer is called in a summary, such as "MultiHeadAttention(64, 4 heads)".
func (a *Attention) String() string {
	a.mustBeMade("nn.Attention.String")
	return fmt.Sprintf("MultiHeadAttention(%d, %d heads)", a.dim, a.heads)
}

// Forward returns what the vectors of x, of shape (rows, time, dim), make of each other. It panics with a
// [*graph.Error] if x has another shape.
func (a *Attention) Forward(p Pass, x graph.Value) graph.Value {
	return a.attend("nn.MultiHeadAttention", p, x, x, x, AttentionMask{})
}

// Attend returns, for each query, what it takes from the values: queries of shape (rows, queries, dim), keys and values
// of shape (rows, keys, dim) give (rows, queries, dim). Attend(p, x, x, x, mask) is Forward with a mask. A query that
// sees no key takes 0 from all of them; PyTorch gives NaN then.
//
// It panics with a [*graph.Error] if the shapes do not fit.
func (a *Attention) Attend(p Pass, queries, keys, values graph.Value, mask AttentionMask) graph.Value {
	return a.attend("nn.Attention.Attend", p, queries, keys, values, mask)
}

func (a *Attention) attend(op string, p Pass, q, k, v graph.Value, mask AttentionMask) graph.Value {
	a.mustBeMade(op)
	q.Check(op)
	k.CheckIn(op, q.Graph())
	v.CheckIn(op, q.Graph())
	if !a.takes(q) || q != k && !a.takes(k) || k != v && !a.takes(v) || q.Dims()[0] != k.Dims()[0] || !slices.Equal(k.Dims(), v.Dims()) {
		name := a.weight.Name
		if q == k && k == v {
			panic(graph.Errorf(op, graph.ErrShape, "layer %q takes vectors of %d numbers, x has shape %s: give x the shape (rows, time, %[2]d)", name, a.dim, tensor.FormatShape(q.Dims())))
		}
		panic(graph.Errorf(op, graph.ErrShape, "layer %q takes vectors of %d numbers, the queries have shape %s, keys %s and values %s: give (rows, queries, %[2]d) and twice (rows, keys, %[2]d)",
			name, a.dim, tensor.FormatShape(q.Dims()), tensor.FormatShape(k.Dims()), tensor.FormatShape(v.Dims())))
	}
	g, rows, queries := q.Graph(), q.Dims()[0], q.Dims()[1]
	config := ops.AttentionConfig{Causal: a.causal, Mask: mask.joined(op, g, rows, queries, k.Dims()[1])}
	q, k, v = a.project(q, k, v)
	weights := ops.AttentionWeights(q, k, config)
	if a.dropout != nil {
		weights = a.dropout.Forward(p, weights)
	}
	y := ops.Permute(ops.Weigh(weights, v), 0, 2, 1, 3)
	return a.out.forward(p, ops.Reshape(y, rows, queries, a.dim))
}

// takes reports whether v is sequences of vectors that the layer takes.
func (a *Attention) takes(v graph.Value) bool {
	dims := v.Dims()
	return len(dims) == 3 && dims[2] == a.dim
}

// project returns queries, keys and values of the heads, (rows, heads, time, dim/heads).
func (a *Attention) project(q, k, v graph.Value) (_, _, _ graph.Value) {
	g := q.Graph()
	w, b := a.weight.Bind(g), a.bias.bindAny(g)
	if q == k && k == v { // one product for all three
		all := ops.Permute(ops.Reshape(affine(q, w, b), q.Dims()[0], q.Dims()[1], 3, a.heads, a.dim/a.heads), 2, 0, 3, 1, 4)
		part := func(i int) graph.Value { return ops.Squeeze(ops.Slice(all, 0, i, i+1), 0) }
		return part(0), part(1), part(2)
	}
	head := func(i int, x graph.Value) graph.Value {
		lo, hi := i*a.dim, (i+1)*a.dim
		bias := b
		if a.bias != nil {
			bias = ops.Slice(b, 0, lo, hi)
		}
		y := affine(x, ops.Slice(w, 1, lo, hi), bias)
		return ops.Permute(ops.Reshape(y, x.Dims()[0], x.Dims()[1], a.heads, a.dim/a.heads), 0, 2, 1, 3)
	}
	return head(0, q), head(1, k), head(2, v)
}

// joined returns the mask as ops.Attention takes it, the zero Value for none.
func (m AttentionMask) joined(op string, g *graph.Graph, rows, queries, keys int) (mask graph.Value) {
	if m.Keys.Graph() != nil {
		m.Keys.CheckIn(op, g)
		if d := m.Keys.Dims(); !slices.Equal(d, []int{rows, keys}) {
			panic(graph.Errorf(op, graph.ErrShape, "AttentionMask.Keys has shape %s, there are %d rows of %d keys: give (%[2]d, %[3]d)", tensor.FormatShape(d), rows, keys))
		}
		mask = ops.Reshape(m.Keys, rows, 1, 1, keys)
	}
	if m.Pairs.Graph() == nil {
		return mask
	}
	m.Pairs.CheckIn(op, g)
	pairs := m.Pairs
	switch d := pairs.Dims(); {
	case slices.Equal(d, []int{queries, keys}):
	case slices.Equal(d, []int{rows, queries, keys}):
		pairs = ops.Reshape(pairs, rows, 1, queries, keys)
	default:
		panic(graph.Errorf(op, graph.ErrShape, "AttentionMask.Pairs has shape %s, there are %d rows of %d queries and %d keys: give (queries, keys) or (rows, queries, keys)", tensor.FormatShape(d), rows, queries, keys))
	}
	if mask.Graph() == nil {
		return pairs
	}
	return ops.MulZeroWins(mask, pairs)
}
