package nn

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// A DataError reports a number of a set that is NaN or infinite, or too large for the model's precision.
type DataError struct {
	Set     string  // "training" or "validation"
	Example int     // its index in the set
	Part    string  // "features" or "targets"
	Element int     // index in the example's row, in row-major order where that has several axes
	Value   float64 // in the set
}

// Error names the place and the number.
func (e *DataError) Error() string {
	where := fmt.Sprintf("nn.Fit: example %d of the %s set: element %d of its %s is %g", e.Example, e.Set, e.Element, e.Part, e.Value)
	if isNotFinite(e.Value) {
		return where + ": mend the example or leave it out"
	}
	return where + ", which is infinite in the model's float32: scale the data, such as with data.Standardize, or train in float64"
}

// checkData returns a [*DataError] for the first number in the given rows of a set that is not finite in a model's
// precision, or nil. It is asked only where a loss or a gradient is not finite.
func checkData(name string, set *data.Set, dtype tensor.DType, rows []int) error {
	for _, part := range []struct {
		name string
		t    *tensor.Tensor
	}{{"features", set.X}, {"targets", set.T}} {
		if part.t == nil {
			continue
		}
		n := part.t.Len() / part.t.Dims()[0]
		for _, row := range rows {
			for k := range n {
				v := part.t.AtFlat(row*n + k)
				if isNotFinite(v) || dtype == tensor.Float32 && isNotFinite(float64(float32(v))) {
					return &DataError{name, row, part.name, k, v}
				}
			}
		}
	}
	return nil
}
