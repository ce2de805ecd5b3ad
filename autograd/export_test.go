package autograd

import "github.com/seed366ff29f/chainrule/graph"

// LoopsInParts records the sweeps through all loops in parts until the function that it returns is called.
func LoopsInParts() (end func()) {
	before := mostWhole
	mostWhole = 0
	return func() { mostWhole = before }
}

// Together reports whether one sweep serves all examples of [PerExampleOf].
func Together(losses graph.Value, xs ...graph.Value) bool { return newBatch(losses, xs) != nil }

// BySecondSweep reports whether HVP needs no recorded gradient for f, or f is constant.
func BySecondSweep(f func(x graph.Value) graph.Value, at []float64) bool {
	x, y := record("autograd.BySecondSweep", f, at)
	return !y.WantsGrad() || hvpOfScalars(y, x, at, make([]float64, len(at)))
}
