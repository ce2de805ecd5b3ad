package nn

import (
	"fmt"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A Transformer is the layer that [TransformerBlock] makes.
type Transformer struct {
	attention                      *Attention
	hidden                         int
	attend, up, down, norm1, norm2 member
	activation                     func(graph.Value) graph.Value
	dropout                        Layer // nil for none
	normFirst                      bool
	params                         []*Param
}

// TransformerBlock returns one block of a transformer for sequences of vectors of dim numbers: attention, and for each
// vector a network with one layer of hidden nodes, both with a way around:
//
//	a = norm₁(x + attention(x))
//	y = norm₂(a + activation(a·w₁ + b₁)·w₂ + b₂)
//
// or, with [NormFirst],
//
//	a = x + attention(norm₁(x))
//	y = a + activation(norm₂(a)·w₁ + b₁)·w₂ + b₂
//
// where attention is [MultiHeadAttention] and norm [LayerNorm]. x has shape (rows, time, dim), and so has the result.
// [Transformer.ForwardMasked] takes a mask. It is PyTorch's TransformerEncoderLayer with batch_first, and with [Causal]
// what a language model is made of.
//
// The options are Causal, NormFirst, [WithActivation], ops.ReLU without it, [WithDropout] and [WithInit]. Dropout is
// applied to the weights of the attention, to its result, after the activation, and to the result of the network;
// without the option, and other than in PyTorch, there is none. The parameters are named as PyTorch's:
// self_attn.in_proj_weight and the others of the attention, linear1.weight and linear1.bias, linear2.weight and
// linear2.bias, norm1.weight and norm1.bias, norm2.weight and norm2.bias. Weights are drawn from rng, by
// [XavierUniform] unless WithInit says otherwise, and the biases are 0.
//
// TransformerBlock panics with a [*graph.Error] if rng is nil, a size is less than 1, the heads do not divide dim, or
// an option is none of these.
//
// Source: Vaswani et al., Attention is all you need (2017), section 3.1; with the norm first, Xiong et al., On layer
// normalization in the transformer architecture (2020); PyTorch 2, torch.nn.TransformerEncoderLayer.
func TransformerBlock(rng *rand.Rand, dim, heads, hidden int, options ...LayerOption) *Transformer {
	const op = "nn.TransformerBlock"
	c := layerSettings{init: XavierUniform(), activation: ops.ReLU}.with(op, options, "nn.Causal", "nn.NormFirst", "nn.WithActivation", "nn.WithDropout", "nn.WithInit")
	t := &Transformer{attention: newAttention(op, rng, dim, heads, c), hidden: hidden, activation: c.activation, dropout: c.dropout, normFirst: c.normFirst}
	if hidden < 1 {
		panic(graph.Errorf(op, graph.ErrShape, "%d hidden nodes: want 1 or more", hidden))
	}
	t.attend = member{"self_attn", t.attention}
	t.up = member{"linear1", Linear(rng, dim, hidden, WithInit(c.init))}
	t.down = member{"linear2", Linear(rng, hidden, dim, WithInit(c.init))}
	t.norm1, t.norm2 = member{"norm1", LayerNorm(dim)}, member{"norm2", LayerNorm(dim)}
	t.params = adopt(op, t, t.attend, t.up, t.down, t.norm1, t.norm2)
	return t
}

// mustBeMade panics unless the layer was made.
func (t *Transformer) mustBeMade(op string) {
	if t == nil || t.attention == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.Transformer: make one with nn.TransformerBlock(rng, dim, heads, hidden)"))
	}
}

// Params returns the parameters.
func (t *Transformer) Params() []*Param {
	t.mustBeMade("nn.Transformer.Params")
	return t.params
}

// String returns what the layer is called in a summary, such as "TransformerBlock(64, 4 heads, 256)".
func (t *Transformer) String() string {
	t.mustBeMade("nn.Transformer.String")
	return fmt.Sprintf("TransformerBlock(%d, %d heads, %d)", t.attention.dim, t.attention.heads, t.hidden)
}

// Forward returns the result of the block for x of shape (rows, time, dim). It panics with a [*graph.Error] if x has
// another shape.
func (t *Transformer) Forward(p Pass, x graph.Value) graph.Value {
	return t.forward("nn.TransformerBlock", p, x, AttentionMask{})
}

// ForwardMasked is Forward with a mask for the attention. It panics with a [*graph.Error] if a shape does not fit.
func (t *Transformer) ForwardMasked(p Pass, x graph.Value, mask AttentionMask) graph.Value {
	return t.forward("nn.Transformer.ForwardMasked", p, x, mask)
}

func (t *Transformer) forward(op string, p Pass, x graph.Value, mask AttentionMask) graph.Value {
	t.mustBeMade(op)
	x.Check(op)
	if !t.attention.takes(x) {
		panic(graph.Errorf(op, graph.ErrShape, "layer %q takes vectors of %d numbers, x has shape %s: give x the shape (rows, time, %[2]d)",
			t.attention.weight.Name, t.attention.dim, tensor.FormatShape(x.Dims())))
	}
	if t.normFirst {
		x = ops.Add(x, t.drop(p, t.attended(op, p, t.norm1.forward(p, x), mask)))
		return ops.Add(x, t.network(p, t.norm2.forward(p, x)))
	}
	x = t.norm1.forward(p, ops.Add(x, t.drop(p, t.attended(op, p, x, mask))))
	return t.norm2.forward(p, ops.Add(x, t.network(p, x)))
}

// attended applies the attention.
func (t *Transformer) attended(op string, p Pass, x graph.Value, mask AttentionMask) graph.Value {
	if mask == (AttentionMask{}) {
		return t.attend.forward(p, x)
	}
	return t.attention.attend(op, p, x, x, x, mask)
}

// network applies the two linear layers.
func (t *Transformer) network(p Pass, x graph.Value) graph.Value {
	x = t.drop(p, t.activation(t.up.forward(p, x)))
	return t.drop(p, t.down.forward(p, x))
}

func (t *Transformer) drop(p Pass, x graph.Value) graph.Value {
	if t.dropout == nil {
		return x
	}
	return t.dropout.Forward(p, x)
}
