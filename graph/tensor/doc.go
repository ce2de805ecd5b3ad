// Package tensor holds dense arrays of numbers and the rules of their shapes. It knows nothing of gradients.
//
// A [Tensor] is a row-major array of float64 or float32 with a shape: the last axis runs fastest, there are no strides
// and no gaps. A tensor of shape () is a single number, a tensor with a zero among its axes is empty.
//
//	t := tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
//	t.At(1, 0) // 4
//
// Shapes broadcast as in NumPy: they are aligned at the last axis, an axis of length 1 stretches to its partner's
// length, and missing axes in front count as 1.
//
// Tensors are written and read as JSON and in a binary form, both exact to the last bit; package npy exchanges them
// with NumPy.
//
// Misuse panics with [*Error], whose message names the operation, the values it got and what to do.
package tensor
