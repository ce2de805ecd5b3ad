package nn

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// HalfSquaredError returns ½ Σ (t-y)², the total error E of the lecture's worked example: a sum over all outputs and
// examples, not a mean. It panics with a [*graph.Error] if the shapes differ.
//
// Derivative: y - t by y.
func HalfSquaredError(y, t graph.Value) graph.Value {
	sameShape("nn.HalfSquaredError", y, t)
	return ops.MulScalar(ops.Sum(ops.Square(ops.Sub(t, y))), 0.5)
}

// MSE returns the mean squared error Σ (y-t)² / n over all n elements. It panics with a [*graph.Error] if the shapes
// differ; [ops.MSE] broadcasts.
//
// Derivative: 2(y-t)/n by y.
func MSE(y, t graph.Value) graph.Value {
	sameShape("nn.MSE", y, t)
	return ops.MSE(y, t)
}

// BCE returns the binary cross-entropy: the mean over all elements of the lecture's -t·ln p - (1-t)·ln(1-p), for
// predicted probabilities p and targets t between 0 and 1; see [ops.BCE] for p = 0 and p = 1. It panics with a
// [*graph.Error] if the shapes differ; [ops.BCE] broadcasts.
//
// A sigmoid's result rounds to 1 for inputs above 37 (17 in float32), and the gradient is useless there: train with
// [BCEWithLogits] of the values before the sigmoid where inputs can become that large.
func BCE(p, t graph.Value) graph.Value {
	sameShape("nn.BCE", p, t)
	return ops.BCE(p, t)
}

// BCEWithLogits returns [BCE] of the probabilities sigmoid(z), exact for any z. It panics with a [*graph.Error] if the
// shapes differ; [ops.BCEWithLogits] broadcasts.
//
// Derivative: (sigmoid(z) - t)/n by z, for n elements.
func BCEWithLogits(z, t graph.Value) graph.Value {
	sameShape("nn.BCEWithLogits", z, t)
	return ops.BCEWithLogits(z, t)
}

// CrossEntropy returns the mean over the rows of -ln of the probability that softmax(logits) gives to the labelled
// class, exact for any logits: those of (1e20, 1e20) have the cross-entropy ln 2. The logits have shape (rows, classes);
// see [ops.CrossEntropy]. It panics with a [*graph.Error] if a label is not one of the classes 0 to classes-1, or there
// are not as many labels as rows.
//
// Derivative: (softmax(z) - 1)/rows for the labelled class, softmax(z)/rows for the others.
func CrossEntropy(logits graph.Value, labels []int) graph.Value {
	return ops.CrossEntropy(logits, labels...)
}

// CrossEntropyAt is [CrossEntropy] with labels that are values on the graph, whole numbers of shape (rows), so that what
// is recorded does not depend on them, as on a traced graph; see [ops.CrossEntropyAt]. It panics with a [*graph.Error] if
// the shapes do not fit or a number is no label.
//
// Derivative: (softmax(z) - 1)/rows for the labelled class, softmax(z)/rows for the others; 0 by the labels.
func CrossEntropyAt(logits, labels graph.Value) graph.Value {
	return ops.CrossEntropyAt(logits, labels)
}

// CrossEntropyFromProbs returns the mean over the rows of -ln p(label), for probabilities p of shape (rows, classes)
// such as the result of a softmax. It panics with a [*graph.Error] if a label is not one of the classes, or there are
// not as many labels as rows.
//
// Derivative: -1/(rows·p) for the labelled class, 0 for the others.
//
// Special cases are, for one row:
//
//	p(label) = 0 gives +Inf, with derivative -Inf
func CrossEntropyFromProbs(p graph.Value, labels []int) graph.Value {
	checkLabels("nn.CrossEntropyFromProbs", p, labels)
	classes := p.Dims()[1]
	var buf [256]int // batches are rarely larger
	index := buf[:0]
	for i, label := range labels {
		index = append(index, i*classes+label)
	}
	return ops.Neg(ops.Mean(ops.Log(ops.Gather(ops.Reshape(p, -1), 0, index...))))
}

// checkLabels panics unless x has shape (rows, classes) and there is one label for each row.
func checkLabels(op string, x graph.Value, labels []int) {
	x.Check(op)
	dims := x.Dims()
	if len(dims) != 2 || dims[0] == 0 || dims[0] != len(labels) {
		panic(graph.Errorf(op, graph.ErrShape, "%d labels for an output of shape %s: want the shape (rows, classes) and one label for each row", len(labels), tensor.FormatShape(dims)))
	}
	for i, label := range labels {
		if label < 0 || label >= dims[1] {
			panic(graph.Errorf(op, graph.ErrIndex, "row %d has label %d, and the output has %d classes: labels run from 0 to %d", i, label, dims[1], dims[1]-1))
		}
	}
}

// sameShape panics unless y and t have one shape: a column against a vector would broadcast to a matrix unnoticed.
func sameShape(op string, y, t graph.Value) {
	y.Check(op)
	t.CheckIn(op, y.Graph())
	if !slices.Equal(y.Dims(), t.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "outputs have shape %s, targets have %s: give both the same shape, with ops.Reshape if need be", tensor.FormatShape(y.Dims()), tensor.FormatShape(t.Dims())))
	}
}

// A Loss compares the output y of a model with a batch and returns a scalar on y's graph, which training makes small.
// It should be a mean over the rows, so that batches of other sizes compare. [OnLabels] and [OnTargets] make one of the
// functions of this package.
type Loss func(y graph.Value, b *data.Batch) graph.Value

// OnLabels returns the loss that compares the output with the classes of the batch, such as
// nn.OnLabels(nn.CrossEntropy).
//
// OnLabels panics with a [*graph.Error] if f is nil; the loss does if the batch has no labels.
func OnLabels(f func(y graph.Value, labels []int) graph.Value) Loss {
	const op = "nn.OnLabels"
	if f == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil function: give one such as nn.CrossEntropy"))
	}
	return func(y graph.Value, b *data.Batch) graph.Value {
		mustBeBatch(op, b)
		if b.Labels == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "the data has no labels: set data.Set.Labels, or compare with targets by nn.OnTargets"))
		}
		return f(y, b.Labels)
	}
}

// OnTargets returns the loss that compares the output with the targets of the batch, such as
// nn.OnTargets(nn.BCEWithLogits).
//
// OnTargets panics with a [*graph.Error] if f is nil; the loss does if the batch has no targets.
func OnTargets(f func(y, t graph.Value) graph.Value) Loss {
	const op = "nn.OnTargets"
	if f == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil function: give one such as nn.BCEWithLogits"))
	}
	return func(y graph.Value, b *data.Batch) graph.Value {
		mustBeBatch(op, b)
		y.Check(op)
		if b.T == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "the data has no targets: set data.Set.T, such as to data.Binary(labels), or compare with labels by nn.OnLabels"))
		}
		return f(y, y.Graph().BindConst(b.T))
	}
}
