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

// CheckFinite returns a [*FiniteError] for the first number of X, More or T that is NaN or infinite, or nil. A set that does
// not fit together gives the error of [Set.Check].
func (s *Set) CheckFinite() error { return s.CheckFiniteIn(tensor.Float64) }

// CheckFiniteIn is [Set.CheckFinite] for a model of the given precision: a number that becomes infinite in it counts too.
// With row indices it looks at these examples only. It panics with an [*tensor.Error] if an index is out of range, or there is
// no such precision.
func (s *Set) CheckFiniteIn(dtype tensor.DType, rows ...int) error {
	const op = "data.Set.CheckFiniteIn"
	dtype.Check(op)
	if err := s.fits(); err != nil {
		return err
	}
	s.mustHave(op, rows)
	if len(rows) == 0 {
		rows = make([]int, s.Len())
		for i := range rows {
			rows[i] = i
		}
	}
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

func checkFinite(name string, t *tensor.Tensor, dtype tensor.DType, rows []int) error {
	if t == nil {
		return nil
	}
	w := columnsOf(t)
	for _, row := range rows {
		for k := range w {
			v := t.AtFlat(row*w + k)
			f := v
			if dtype == tensor.Float32 {
				f = float64(float32(v))
			}
			if f-f != 0 {
				return &FiniteError{name, row, k, v}
			}
		}
	}
	return nil
}
