package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// A Metric compares the output y of a model with a batch and returns a mean over its rows that people read, such as the
// fraction of rows that are wrong. y must not be changed.
type Metric func(y *tensor.Tensor, b *data.Batch) float64

// A Better says which of two figures of a [Metric] is better.
type Better uint8

// The directions.
const (
	LowerIsBetter  Better = iota + 1 // of errors, such as ArgMaxError
	HigherIsBetter                   // such as Accuracy
)

// ArgMaxError is the [Metric] of a classifier with an output for each class: the fraction of rows whose largest output
// is not that of the label. A row with a NaN is wrong. It panics with a [*graph.Error] if y does not have shape
// (rows, classes), or there is not one label for each row.
func ArgMaxError(y *tensor.Tensor, b *data.Batch) float64 {
	right := rowsRight("nn.ArgMaxError", y, b)
	return float64(len(b.Labels)-right) / float64(len(b.Labels))
}

// ThresholdError returns the [Metric] of a classifier with one output for two classes: the fraction of rows in which
// the output is above the threshold and the class is not 1, or the reverse. The threshold is 0.5 for probabilities and 0
// for logits. The class is the label, or without labels the target. A row with a NaN is wrong.
func ThresholdError(threshold float64) Metric {
	const op = "nn.ThresholdError"
	return func(y *tensor.Tensor, b *data.Batch) float64 {
		mustBeOutput(op, y, b)
		rows := b.Len()
		if rows == 0 || y.Len() != rows || b.Labels != nil && len(b.Labels) != rows || b.Labels == nil && (b.T == nil || b.T.Len() != rows) {
			panic(graph.Errorf(op, graph.ErrShape, "an output of shape %s for %d rows: want one number, and one label or target, for each row", tensor.FormatShape(y.Dims()), rows))
		}
		wrong := 0
		for i := range rows {
			var one bool
			if b.Labels != nil {
				one = b.Labels[i] == 1
			} else {
				one = b.T.AtFlat(i) > 0.5
			}
			if v := y.AtFlat(i); math.IsNaN(v) || (v > threshold) != one {
				wrong++
			}
		}
		return float64(wrong) / float64(rows)
	}
}

// mustBeBatch panics if there is no batch.
func mustBeBatch(op string, b *data.Batch) {
	if b == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *data.Batch: give one such as data.Batches.Next returns"))
	}
}

// mustBeOutput panics unless y is a tensor that can be compared with a batch.
func mustBeOutput(op string, y *tensor.Tensor, b *data.Batch) {
	mustBeBatch(op, b)
	mustBeTensor(op, y)
}

// mustBeTensor panics if there is no output.
func mustBeTensor(op string, y *tensor.Tensor) {
	if y == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *tensor.Tensor: give the output of a model, such as v.Tensor()"))
	}
}
