package data

import (
	"iter"
	"math"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Scaler shifts and scales the columns of a set: x becomes (x - Mean)/Deviation.
type Scaler struct {
	Mean      []float64 // of each column
	Deviation []float64 // of each column; 1 where the column is constant
}

// Standardize brings every column of the training set to mean 0 and standard deviation 1, and changes the other sets by
// the training set's figures, as nothing about them may enter the training. It changes the sets in place and returns
// the scaler, for examples to come. The deviation divides by the number of examples; a constant column becomes 0
// throughout the training set. Numbers that are NaN or infinite do not count and stay so, each where it is, for
// [Set.CheckFinite] and nn.Fit to report. Standardize panics with an [*tensor.Error] if the training set has no
// examples, or the numbers of columns differ.
func Standardize(train *Set, others ...*Set) Scaler {
	if err := train.Check(); err != nil {
		panic(tensor.Errorf("data.Standardize", tensor.ErrUsage, "%v", err))
	}
	if train.X == nil {
		panic(noFeatures("data.Standardize"))
	}
	x, columns := train.X, columnsOf(train.X)
	for _, o := range others { // before anything changes
		mustHaveColumns("data.Standardize", o, columns)
	}
	s := Scaler{make([]float64, columns), make([]float64, columns)}
	for j := range columns {
		s.Mean[j], s.Deviation[j] = moments(func(yield func(float64) bool) {
			for k := j; k < x.Len(); k += columns {
				if v := x.AtFlat(k); v-v == 0 && !yield(v) {
					return
				}
			}
		})
	}
	for _, o := range append([]*Set{train}, others...) {
		s.apply(o)
	}
	return s
}

// moments returns the mean and the standard deviation of numbers, 1 if they are all the same. Squares that overflow or
// underflow are scaled.
func moments(numbers iter.Seq[float64]) (mean, deviation float64) {
	const least, largest = 1e-280, 1e300 // a sum of squares between these has lost nothing of note
	var n, low, high float64
	for v := range numbers {
		if n == 0 {
			low, high = v, v
		}
		low, high = min(low, v), max(high, v)
		n++
	}
	if low == high { // their sum might be off by a rounding
		return low, 1
	}
	for v := range numbers {
		mean += v / n
	}
	sum := func(scale float64) (sum float64) {
		for v := range numbers {
			d := (v - mean) / scale
			sum += d * d / n
		}
		return sum
	}
	variance, scale := sum(1), 1.0
	if variance < least || variance > largest {
		scale = max(high-mean, mean-low)
		variance = sum(scale)
	}
	return mean, scale * math.Sqrt(variance)
}

// Apply changes the columns of a set in place. It panics with an [*tensor.Error] if the set has another number of
// columns than the one the scaler was made from.
func (s Scaler) Apply(set *Set) {
	const op = "data.Scaler.Apply"
	mustHaveColumns(op, set, len(s.Mean))
	s.mustBeWhole(op)
	s.apply(set)
}

// Inverse returns t with each column multiplied by its deviation and its mean added, which undoes the scaling. It is
// for predictions of targets that were scaled:
//
//	scaler := data.Standardize(&data.Set{X: train.T}, &data.Set{X: valid.T})
//	... // train, and let y be the output of the model
//	y = scaler.Inverse(y)
//
// It panics with an [*tensor.Error] if t has another number of columns than the scaler.
func (s Scaler) Inverse(t *tensor.Tensor) *tensor.Tensor {
	const op = "data.Scaler.Inverse"
	s.mustBeWhole(op)
	switch {
	case t == nil || t.Rank() == 0:
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a tensor that is nil or a scalar: want a row for each example"))
	case columnsOf(t) != len(s.Mean):
		panic(tensor.Errorf(op, tensor.ErrShape, "shape %s: the scaler is for %d columns", tensor.FormatShape(t.Dims()), len(s.Mean)))
	}
	out := t.Clone()
	for k := range out.Len() {
		j := k % len(s.Mean)
		out.SetFlat(out.AtFlat(k)*s.Deviation[j]+s.Mean[j], k)
	}
	return out
}

// mustBeWhole panics unless the scaler has a mean and a deviation for each column.
func (s Scaler) mustBeWhole(op string) {
	if len(s.Deviation) != len(s.Mean) {
		panic(tensor.Errorf(op, tensor.ErrShape, "the scaler has %d means and %d deviations: want one each for each column", len(s.Mean), len(s.Deviation)))
	}
}

// mustHaveColumns panics unless the parts of a set fit together, and its rows have so many numbers.
func mustHaveColumns(op string, set *Set, columns int) {
	if err := set.fits(); err != nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "%v", err))
	}
	if set.X == nil {
		panic(noFeatures(op))
	}
	if columnsOf(set.X) != columns {
		panic(tensor.Errorf(op, tensor.ErrShape, "features have shape %s, the scaler is for %d columns", tensor.FormatShape(set.X.Dims()), columns))
	}
}

func noFeatures(op string) *tensor.Error {
	return tensor.Errorf(op, tensor.ErrUsage, "the set has tokens and no features: there is nothing to scale")
}

func (s Scaler) apply(set *Set) {
	columns := len(s.Mean)
	for k := range set.X.Len() {
		j := k % columns
		set.X.SetFlat((set.X.AtFlat(k)-s.Mean[j])/s.Deviation[j], k)
	}
	set.X.MarkChanged()
}
