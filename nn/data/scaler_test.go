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
	near := cmpopts.EquateApprox(1e-15, 0) // some roundings
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

// TestStandardizeScales compares columns of tiny and of huge numbers with one of common ones.
func TestStandardizeScales(t *testing.T) {
	common := []float64{1, -2, 4, 4, 0.5, -1.25}
	want := &data.Set{X: tensor.Of(common, 6, 1).Clone()}
	data.Standardize(want)
	for _, by := range []float64{0x1p-1040, 0x1p-700, 0x1p-500, 0x1p500, 0x1p700, 0x1p1020} {
		x := tensor.New(tensor.Float64, 6, 1)
		for i, v := range common {
			x.SetFlat(v*by, i)
		}
		s := data.Standardize(&data.Set{X: x})
		if diff := cmp.Diff(want.X.Float64s(), x.Float64s(), cmpopts.EquateApprox(1e-3, 0)); diff != "" { // 0x1p-1040 has fewer digits
			t.Errorf("scaled by %g: mismatch (-want +got):\n%s", by, diff)
		}
		if back := s.Inverse(x).AtFlat(2); !(math.Abs(back/(4*by)-1) < 1e-3) {
			t.Errorf("scaled by %g: the inverse gives %g, want %g", by, back, 4*by)
		}
	}
}

// TestStandardizeNotFinite leaves numbers that are not finite where they are, and scales the others by each other.
func TestStandardizeNotFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	train := &data.Set{X: tensor.Of([]float64{1, nan, nan, 3, nan, inf, 5, nan, 7, nan, nan, -inf}, 4, 3)}
	data.Standardize(train)
	d := math.Sqrt(8.0 / 3)
	want := []float64{-2 / d, nan, nan, 0, nan, inf, 2 / d, nan, 0, nan, nan, -inf}
	if diff := cmp.Diff(want, train.X.Float64s(), cmpopts.EquateApprox(1e-15, 0), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestScalerInverse(t *testing.T) {
	for dtype, rounding := range map[tensor.DType]float64{tensor.Float64: 1e-15, tensor.Float32: 1e-6} {
		x := tensor.Of([]float64{1, -3, 4, 10, 2, 7, 7, 7}, 2, 2, 2).To(dtype)
		scaled := x.Clone()
		s := data.Standardize(&data.Set{X: scaled})
		before := scaled.Clone()
		back := s.Inverse(scaled)
		if diff := cmp.Diff(x.Float64s(), back.Float64s(), cmpopts.EquateApprox(rounding, 0)); diff != "" || back.DType() != dtype {
			t.Errorf("%s: mismatch (-want +got):\n%s", dtype, diff)
		}
		if diff := cmp.Diff(before.Float64s(), scaled.Float64s()); diff != "" {
			t.Errorf("%s: what was scaled has changed (-want +got):\n%s", dtype, diff)
		}
	}
	s := data.Scaler{Mean: []float64{1, 2}, Deviation: []float64{3, 4}}
	if diff := cmp.Diff([]float64{4, 6, -2, 2}, s.Inverse(tensor.Of([]float64{1, 1, -1, 0}, 2, 2)).Float64s()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
