package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A norm is the Euclidean norm largest·ratio of some numbers. The product may overflow where the factors do not.
type norm struct {
	largest float64 // NaN or infinite if one of the numbers is
	ratio   float64 // between 1 and the root of how many numbers there are
}

func (n norm) value() float64 { return n.largest * n.ratio }

// Sums of squares between these can be trusted: what has been lost below the smallest number of single precision, or of
// double precision, is no part of their first digits.
const (
	leastSum32, largestSum32 = 1e-28, 1e38
	leastSum64, largestSum64 = 1e-280, 1e300
)

// normOf returns the norm of all elements of the given tensors, of which nil ones are zeros. Squares that would overflow
// or underflow are scaled.
func normOf(ts []*tensor.Tensor) norm {
	var sum float64
	least, largest := leastSum64, largestSum64
	for _, t := range ts {
		switch {
		case t == nil:
		case t.DType() == tensor.Float32:
			least, largest = leastSum32, largestSum32
			sum += float64(kernel.Dot(t.Float32s(), t.Float32s()))
		default:
			sum += kernel.Dot(t.Float64s(), t.Float64s())
		}
	}
	if sum >= least && sum <= largest {
		return norm{math.Sqrt(sum), 1}
	}
	n := norm{0, 1}
	for _, t := range ts {
		if t != nil {
			n.largest = max(n.largest, largestOf(t)) // NaN if either is
		}
	}
	if n.largest == 0 || isNotFinite(n.largest) {
		return n
	}
	sum = 0
	for _, t := range ts {
		if t == nil {
			continue
		}
		for i := range t.Len() {
			r := t.AtFlat(i) / n.largest
			sum += r * r
		}
	}
	n.ratio = math.Sqrt(sum)
	return n
}

// largestOf returns the largest absolute value in a tensor, NaN if it holds one.
func largestOf(t *tensor.Tensor) float64 {
	if t.DType() == tensor.Float32 {
		return float64(kernel.MaxAbs(t.Float32s()))
	}
	return kernel.MaxAbs(t.Float64s())
}

// isNotFinite reports whether v is NaN or infinite.
func isNotFinite(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
