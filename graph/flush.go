package graph

// WithFlushToZero lets the graph's tensor operations, forward and backward, and the optimizers that use their gradients
// take subnormal numbers as zeros: those between 0 and 1.2e-38 in float32, 2.2e-308 in float64. Without it they are exact.
//
// It is for float32 networks whose adjoints vanish on their way through many layers. Subnormal numbers carry few digits
// and train nothing, but Intel's processors need 150 cycles for each operation that meets one: a network of 128 layers
// trains ten times slower for them, and as fast as others with this option. AMD's Zen 4 loses nothing on products and a tenth
// on Adam. The option costs 4 ns a kernel, a thousandth of a step of small layers; it is not the default, as it is not
// PyTorch's, because exact results do not depend on the implementation: sigmoid(-100) in float32 is 3.8e-44, and 0 with it.
//
// What the kernels in assembly compute, for amd64, is as if subnormal operands and results were zeros of the same sign.
// Infinities, NaNs and all other numbers are as they would be without it. Operations that only move numbers keep
// subnormal ones, and so do those that are computed in Go: some rare functions, and everything on other processors or with
// CHAINRULE_KERNEL=portable. Scalars are exact always. Results do not depend on the number of processors.
func WithFlushToZero() Option {
	return func(s settings) settings { s.flush = true; return s }
}

// FlushesToZero reports whether the graph was made with [WithFlushToZero].
func (g *Graph) FlushesToZero() bool {
	g.must("graph.Graph.FlushesToZero")
	return g.flush
}
