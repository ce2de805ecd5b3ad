// Package array is what the packages of this module do with tensors and their shapes that a program has no use for: walks
// along broadcast shapes, sums over stretched axes, permutations.
package array

import "github.com/seed366ff29f/chainrule/graph/tensor"

// Instance returns the one of two instances of a generic function that serves tensors of the given precision.
func Instance[F any](dtype tensor.DType, f64, f32 F) F {
	if dtype == tensor.Float32 {
		return f32
	}
	return f64
}
