package onnx

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// A budget is what a file may still ask for, in elements of tensors.
type budget struct{ limit, left int }

// spend takes n elements off the budget, or returns an error if there are not as many.
func (b *budget) spend(n int) error {
	if n < 0 || n > b.left {
		return fmt.Errorf("the model asks for more than %d elements in all: allow more with onnx.WithLimit", b.limit)
	}
	b.left -= n
	return nil
}

// workPerElement is how many products of numbers count as much as an element that is kept.
const workPerElement = 256

// product returns the product of sizes, math.MaxInt if that is too large.
func product(sizes ...int) int {
	n := 1
	for _, s := range sizes {
		switch {
		case s == 0:
			return 0
		case n > math.MaxInt/s:
			n = math.MaxInt
		default:
			n *= s
		}
	}
	return n
}

// A ReadOption is a setting of [Read]: it returns the settings that it was given with one of them changed.
type ReadOption func(readConfig) readConfig

type readConfig struct{ limit int }

// WithLimit bounds what a file may ask for: so many elements of tensors, those of all parameters and intermediate values
// together, where 256 products of a matrix product count as one element, and 8 bytes for each in the file itself. The
// limit is 2²⁷, a GiB of float64, unless said otherwise. WithLimit panics with a [*graph.Error] if it is less than 1.
func WithLimit(elements int) ReadOption {
	if elements < 1 {
		panic(graph.Errorf("onnx.WithLimit", graph.ErrUsage, "%d elements: want 1 or more", elements))
	}
	return func(c readConfig) readConfig { c.limit = elements; return c }
}
