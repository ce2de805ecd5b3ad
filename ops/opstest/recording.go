package opstest

import (
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
)

// recording checks that what an operation and its rule record does not depend on the operands' numbers.
func recording(t *testing.T, s rowtest.Sample) {
	rowtest.SameTraces(t, func(xs ...graph.Value) graph.Value { return s.Apply(xs) }, s.Operands...)
}
