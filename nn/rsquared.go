package nn

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// R2 returns the coefficient of determination of the outputs y of a regression for targets t of the same shape, (rows,
// outputs) or more axes after the first:
//
//	R² = 1 - Σ(t-y)² / Σ(t-t̄)²
//
// with the mean t̄ of the targets, for each output by itself; the result is the mean over the outputs. 1 is perfect, 0
// as good as always saying t̄, and there is no bound below. t̄ is that of all rows, so it has to see a whole set at
// once: the mean of the figures of batches is something else.
//
// Special cases are, the first as scikit-learn has it:
//
//	constant targets: 1 for an output that is equal to them, 0 for another
//	fewer than 2 rows, or no outputs: NaN
//	NaN or ±Inf among the numbers: NaN
//
// It panics with a [*graph.Error] if the shapes differ or have no axis.
//
// Source: Wright, Correlation and causation (1921).
func R2(y, t *tensor.Tensor) float64 {
	const op = "nn.R2"
	mustBeTensor(op, y)
	mustBeTensor(op, t)
	if y.Rank() == 0 || !slices.Equal(y.Dims(), t.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "outputs of shape %s and targets of shape %s: want the same shape, with a row for each example", tensor.FormatShape(y.Dims()), tensor.FormatShape(t.Dims())))
	}
	rows := t.Dims()[0]
	if rows < 2 || t.Len() == 0 {
		return math.NaN()
	}
	columns := t.Len() / rows
	var sum float64
	for j := range columns {
		sum += determination(y, t, j, columns) / float64(columns)
	}
	return sum
}

// determination returns R² of column j. There are two rows or more.
func determination(y, t *tensor.Tensor, j, columns int) float64 {
	constant, equal := true, true
	var size float64 // of the targets
	for k := j; k < t.Len(); k += columns {
		a, b := y.AtFlat(k), t.AtFlat(k)
		if isNotFinite(a) || isNotFinite(b) {
			return math.NaN()
		}
		constant = constant && b == t.AtFlat(j)
		equal = equal && a == b
		size = max(size, math.Abs(b))
	}
	switch {
	case equal:
		return 1
	case constant:
		return 0
	}
	// The figure does not depend on the unit. In that of the largest target, rounded to a power of 2, no square of a
	// difference between targets overflows or vanishes.
	_, exponent := math.Frexp(size)
	scaled := func(x *tensor.Tensor, k int) float64 { return math.Ldexp(x.AtFlat(k), -exponent) }
	rows := float64(t.Len() / columns)
	var mean, residual, total float64
	for k := j; k < t.Len(); k += columns {
		mean += scaled(t, k) / rows
	}
	for k := j; k < t.Len(); k += columns {
		r, d := scaled(t, k)-scaled(y, k), scaled(t, k)-mean
		residual += r * r
		total += d * d
	}
	return 1 - residual/total
}
