package nn

import (
	"errors"
	"fmt"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// A DataError reports a number of a set that is NaN or infinite, or too large for the model's precision.
type DataError struct {
	Set string // "training" or "validation"
	Err *data.FiniteError
}

// Error names the set, the place and the number.
func (e *DataError) Error() string { return fmt.Sprintf("nn.Fit: %s set: %v", e.Set, e.Err) }

// Unwrap returns the error without the set.
func (e *DataError) Unwrap() error { return e.Err }

// checkData returns an error if a set does not fit together or has no examples, or a [*DataError] for its first number
// that is not finite in a model's precision.
func checkData(name string, set *data.Set, dtype tensor.DType) error {
	if err := set.Check(); err != nil {
		return fmt.Errorf("nn.Fit: %w", err)
	}
	var finite *data.FiniteError
	err := set.CheckFiniteIn(dtype)
	if errors.As(err, &finite) {
		return &DataError{name, finite}
	}
	return err
}
