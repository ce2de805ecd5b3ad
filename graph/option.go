package graph

import "github.com/seed366ff29f/chainrule/graph/tensor"

// An Option is a setting of [New]: it returns the settings that it was given with one of them changed.
type Option func(settings) settings

// settings are what a graph keeps to for all its life.
type settings struct {
	dtype    tensor.DType
	maxBytes int  // of tensors, 0 for no limit
	callers  bool // note where nodes are recorded
	traced   bool // the tape is to be a program
	profile  *Profile
	flush    bool // kernels take subnormal numbers as zeros
}

// WithDType sets the precision of the graph's tensors, tensor.Float64 unless said otherwise. Scalars are float64 always.
// It panics with an [*Error] if dtype is neither of the two.
func WithDType(dtype tensor.DType) Option {
	dtype.Check("graph.WithDType")
	return func(s settings) settings { s.dtype = dtype; return s }
}

// WithMemoryLimit makes an operation that would bring the graph's tensors above the given number of bytes panic with
// an [*Error] of kind [ErrLimit] before it asks for the memory. 0, the default, sets no limit. What operations save for
// the backward sweep, and the sweep's own tensors, count too, but are refused only where one alone is above the limit.
//
// Memory that is free and kept for tensors to come stays within the limit too, together with what is in use. Without a
// limit both together stay within twice the most that was in use at once; see [Graph.Trim].
func WithMemoryLimit(bytes int) Option {
	if bytes < 0 {
		panic(Errorf("graph.WithMemoryLimit", ErrUsage, "a limit of %d bytes: use 0 for none, or more", bytes))
	}
	return func(s settings) settings { s.maxBytes = bytes; return s }
}
