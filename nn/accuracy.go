package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// Accuracy is the [Metric] of a classifier with an output for each class: the fraction of rows whose largest output is
// that of the label, 1 - [ArgMaxError]. FitConfig.ByMetric is [HigherIsBetter] for it. A row with a NaN is wrong. It
// panics with a [*graph.Error] if y does not have shape (rows, classes), or there is not one label for each row.
func Accuracy(y *tensor.Tensor, b *data.Batch) float64 {
	right := rowsRight("nn.Accuracy", y, b)
	return float64(right) / float64(len(b.Labels))
}

// rowsRight returns in how many rows the largest output is that of the label. There is a row.
func rowsRight(op string, y *tensor.Tensor, b *data.Batch) (right int) {
	mustBeOutput(op, y, b)
	rows := len(b.Labels)
	if rows == 0 || y.Rank() != 2 || y.Dims()[0] != rows {
		panic(graph.Errorf(op, graph.ErrShape, "%d labels for an output of shape %s: want the shape (rows, classes) and one label for each row", rows, tensor.FormatShape(y.Dims())))
	}
	for i, label := range b.Labels {
		if argMax(y, i) == label {
			right++
		}
	}
	return right
}

// NoClass is what [ArgMax] and [Threshold] give a row whose outputs are NaN: it is none of the classes.
const NoClass = -1

// ArgMax returns for each row of an output of shape (rows, classes) the class with the largest number, the first of
// equal ones. A row with a NaN has [NoClass]. It panics with a [*graph.Error] if y has another shape or no class.
func ArgMax(y *tensor.Tensor) []int {
	const op = "nn.ArgMax"
	mustBeTensor(op, y)
	if y.Rank() != 2 || y.Dims()[1] == 0 {
		panic(graph.Errorf(op, graph.ErrShape, "got an output of shape %s: want (rows, classes), with 1 class or more", tensor.FormatShape(y.Dims())))
	}
	classes := make([]int, y.Dims()[0])
	for i := range classes {
		classes[i] = argMax(y, i)
	}
	return classes
}

// argMax returns the index of the largest number in row i of a matrix, or NoClass if there is a NaN.
func argMax(y *tensor.Tensor, i int) int {
	k, best := y.Dims()[1], 0
	for j := range k {
		v := y.AtFlat(i*k + j)
		if math.IsNaN(v) {
			return NoClass
		}
		if v > y.AtFlat(i*k+best) {
			best = j
		}
	}
	return best
}

// Threshold returns class 1 for each row of an output with one number a row if that is above the threshold, else 0: the
// threshold is 0.5 for probabilities and 0 for logits. A NaN has [NoClass]. It panics with a [*graph.Error] if y has
// more than one number a row.
func Threshold(y *tensor.Tensor, threshold float64) []int {
	const op = "nn.Threshold"
	mustBeTensor(op, y)
	if y.Rank() == 0 || y.Len() != y.Dims()[0] {
		panic(graph.Errorf(op, graph.ErrShape, "got an output of shape %s: want one number a row, as in (rows, 1); use nn.ArgMax for an output for each class", tensor.FormatShape(y.Dims())))
	}
	classes := make([]int, y.Len())
	for i := range classes {
		switch v := y.AtFlat(i); {
		case math.IsNaN(v):
			classes[i] = NoClass
		case v > threshold:
			classes[i] = 1
		}
	}
	return classes
}
