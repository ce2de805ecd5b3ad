package ops

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// An AttentionConfig says which keys a query of [Attention] sees, and how scores are scaled.
type AttentionConfig struct {
	// Causal lets query i see keys 0 to i only.
	Causal bool
	// Mask, if it is not the zero Value, lets a query see a key only where it is not 0. Its shape broadcasts to
	// (...,queries,keys). It is a constant, such as [Tril] of ones or a comparison.
	Mask graph.Value
	// Scale multiplies the scores; 0 means 1/√d for queries of length d.
	Scale float64
}

// Attention returns the scaled dot-product attention softmax(q·kᵀ·scale)·v. The queries q have shape (...,queries,d), the
// keys k (...,keys,d), the values v (...,keys,e), and the result (...,queries,e): for every query a mean of the values,
// with the softmax of its scores as weights. Axes in front are a batch, of several heads say, and broadcast.
//
// It is made of other operations: its derivative is theirs, of any order.
//
// Special cases are:
//
//	a key that is masked has weight 0: neither it nor its value counts, even if they are NaN, and nothing flows to them;
//	a value counts as little if the score of its key is so low that the weight is 0
//	a query whose keys are all masked gives 0, and nothing flows to it; see [SafeSoftmax]
//
// It panics with a [*graph.Error] if the shapes do not fit.
//
// Source: Vaswani et al. (2017), Attention is all you need, equation 1.
func Attention(q, k, v graph.Value, config AttentionConfig) graph.Value {
	const op = "ops.Attention"
	q.Check(op)
	k.CheckIn(op, q.Graph())
	v.CheckIn(op, q.Graph())
	a, b, c := q.Dims(), k.Dims(), v.Dims()
	if len(a) < 2 || len(b) < 2 || len(c) < 2 || a[len(a)-1] != b[len(b)-1] || b[len(b)-2] != c[len(c)-2] {
		panic(graph.Errorf(op, graph.ErrShape, "queries %s, keys %s and values %s do not fit: want (...,queries,d), (...,keys,d) and (...,keys,e)", tensor.FormatShape(a), tensor.FormatShape(b), tensor.FormatShape(c)))
	}
	return weigh(attentionWeights(op, q, k, config), v)
}

// AttentionWeights returns the weights of [Attention], softmax(q·kᵀ·scale) of shape (...,queries,keys), for a layer
// that does something with them, such as to drop some, before [Weigh] takes the means of the values.
//
// It panics with a [*graph.Error] if the shapes do not fit.
func AttentionWeights(q, k graph.Value, config AttentionConfig) graph.Value {
	const op = "ops.AttentionWeights"
	q.Check(op)
	k.CheckIn(op, q.Graph())
	a, b := q.Dims(), k.Dims()
	if len(a) < 2 || len(b) < 2 || a[len(a)-1] != b[len(b)-1] {
		panic(graph.Errorf(op, graph.ErrShape, "queries %s and keys %s do not fit: want (...,queries,d) and (...,keys,d)", tensor.FormatShape(a), tensor.FormatShape(b)))
	}
	return attentionWeights(op, q, k, config)
}

// Weigh returns the sums of the values with the given weights, of shape (...,queries,keys) and (...,keys,e): their
// product, in which a weight of 0 wins over a value that is infinite or NaN.
//
// It panics with a [*graph.Error] if the shapes do not fit.
func Weigh(weights, v graph.Value) graph.Value {
	const op = "ops.Weigh"
	weights.Check(op)
	v.CheckIn(op, weights.Graph())
	a, b := weights.Dims(), v.Dims()
	if len(a) < 2 || len(b) < 2 || a[len(a)-1] != b[len(b)-2] {
		panic(graph.Errorf(op, graph.ErrShape, "weights %s and values %s do not fit: want (...,queries,keys) and (...,keys,e)", tensor.FormatShape(a), tensor.FormatShape(b)))
	}
	return weigh(weights, v)
}

func weigh(weights, v graph.Value) graph.Value { return matmul(weights, v, leftCotangent) }

func attentionWeights(op string, q, k graph.Value, config AttentionConfig) graph.Value {
	g, a, b := q.Graph(), q.Dims(), k.Dims()
	scale := config.Scale
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(max(a[len(a)-1], 1)))
	}
	scores := MatMul(MulScalar(q, scale), Transpose(k))
	hidden := g.Const(math.Inf(-1))
	if config.Mask.Graph() != nil {
		config.Mask.CheckIn(op, g)
		if m := config.Mask.Dims(); !array.BroadcastsTo(m, scores.Dims()) {
			panic(graph.Errorf(op, graph.ErrShape, "the mask has shape %s, the scores have %s: it must broadcast to them", tensor.FormatShape(m), tensor.FormatShape(scores.Dims())))
		}
		scores = Where(config.Mask, scores, hidden)
	}
	if config.Causal {
		seen := Tril(Broadcast(g.Const(1), a[len(a)-2], b[len(b)-2]), 0)
		scores = Where(seen, scores, hidden)
	}
	return SafeSoftmax(scores, -1)
}

// Embedding returns the rows of a table with the given indices, such as the vectors of words: for a table of shape
// (words,d) and n indices it has shape (n,d). Negative indices count from the end. Rows that are taken several times get
// the sum of their cotangents; see [Gather], of which it is a case.
//
// Derivative: 1 for each time a row was taken.
//
// It panics with a [*graph.Error] if the table has not two axes or an index is out of range.
func Embedding(table graph.Value, index ...int) graph.Value {
	const op = "ops.Embedding"
	table.Check(op)
	dims := table.Dims()
	if len(dims) != 2 {
		panic(graph.Errorf(op, graph.ErrShape, "the table has shape %s: want (words,d), a row for each word", tensor.FormatShape(dims)))
	}
	for i, k := range index {
		if k < -dims[0] || k >= dims[0] {
			panic(graph.Errorf(op, graph.ErrIndex, "index %d at place %d is outside the table of shape %s: indices run from 0 to %d, or from -%d to -1", k, i, tensor.FormatShape(dims), dims[0]-1, dims[0]))
		}
	}
	return Gather(table, 0, index...)
}
