package data_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

func TestStandardize(t *testing.T) {
	set := func(rows ...float64) *data.Set { return &data.Set{X: tensor.Of(rows, len(rows)/2, 2)} }
	train, other := set(1, 0.1, 3, 0.1, 5, 0.1), set(3, 2.1)
	s := data.Standardize(train, other)
	near := cmpopts.EquateApprox(1e-15, 0)
	d := math.Sqrt(8.0 / 3)
	if diff := cmp.Diff(data.Scaler{Mean: []float64{3, 0.1}, Deviation: []float64{d, 1}}, s, near); diff != "" {
		t.Errorf("scaler: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{-2 / d, 0, 0, 0, 2 / d, 0}, train.X.Float64s(), near); diff != "" {
		t.Errorf("training set: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{0, 2}, other.X.Float64s(), near); diff != "" {
		t.Errorf("other set: mismatch (-want +got):\n%s", diff)
	}
}

func TestStandardizeExtremes(t *testing.T) {
	// Neither a deviation that underflows nor an empty part makes a number that is not finite.
	s := &data.Set{X: tensor.Of([]float64{1e-200, 2, 3e-200, 2}, 2, 2)}
	data.Standardize(s, &data.Set{X: tensor.New(tensor.Float64, 0, 2)})
	for i, v := range s.X.Float64s() {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("element %d is %v", i, v)
		}
	}
}
