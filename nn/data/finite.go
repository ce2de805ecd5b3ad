package data

import (
	"fmt"
	"math"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A FiniteError reports a number of a set that is NaN or infinite, or becomes infinite in a model's precision.
type FiniteError struct {
	Tensor string  // the field of the set: "X", "More[0]" or "T"
	Row    int     // of the example, from 0 on
	Column int     // in the row, from 0 on, in row-major order where that has several axes
	Value  float64 // in the set
}

// Error names the place and the number.
func (e *FiniteError) Error() string {
	where := fmt.Sprintf("data.Set: %s has %g in row %d, column %d, both counted from 0", e.Tensor, e.Value, e.Row, e.Column)
	if math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
		return where + ": mend the example or leave it out"
	}
	return where + ", which is infinite in float32: scale the data, such as with data.Standardize, or use float64"
}

// CheckFinite returns a [*FiniteError] for the first number of X, More or T that is NaN or infinite, or nil. A set that
// does not fit together gives the error of [Set.Check].
func (s *Set) CheckFinite() error { return s.CheckFiniteIn(tensor.Float64) }

// CheckFiniteIn is [Set.CheckFinite] for a model of the given precision: a number that becomes infinite in it counts
// too. With row indices it looks at these examples only. It panics with an [*tensor.Error] if an index is out of range,
// or there is no such precision.
func (s *Set) CheckFiniteIn(dtype tensor.DType, rows ...int) error {
	const op = "data.Set.CheckFiniteIn"
	dtype.Check(op)
	if err := s.fits(); err != nil {
		return err
	}
	s.mustHave(op, rows)
	if err := checkFinite("X", s.X, dtype, rows); err != nil {
		return err
	}
	for i, m := range s.More {
		if err := checkFinite("More["+strconv.Itoa(i)+"]", m, dtype, rows); err != nil {
			return err
		}
	}
	return checkFinite("T", s.T, dtype, rows)
}

// checkFinite looks at the given rows of a tensor, or all if there are none given.
func checkFinite(name string, t *tensor.Tensor, dtype tensor.DType, rows []int) error {
	if t == nil {
		return nil
	}
	find := func(from, to int) int { return firstNotFinite(t.Float64s()[from:to], dtype) }
	if t.DType() == tensor.Float32 {
		find = func(from, to int) int { return firstNotFinite(t.Float32s()[from:to], dtype) }
	}
	w := columnsOf(t)
	if len(rows) == 0 {
		if k := find(0, t.Len()); k >= 0 {
			return &FiniteError{name, k / w, k % w, t.AtFlat(k)}
		}
	}
	for _, row := range rows {
		if k := find(row*w, row*w+w); k >= 0 {
			return &FiniteError{name, row, k, t.AtFlat(row*w + k)}
		}
	}
	return nil
}

// firstNotFinite returns the index of the first number that is not finite in the given precision, or -1.
func firstNotFinite[T float32 | float64](s []T, dtype tensor.DType) int {
	for i, v := range s {
		if dtype == tensor.Float32 {
			v = T(float32(v))
		}
		if v-v != 0 {
			return i
		}
	}
	return -1
}
