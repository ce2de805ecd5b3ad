package graph_test

import (
	"errors"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
)

// TestKinds holds that the kinds differ from each other, and that errors.Is finds the kind of an error and no other.
func TestKinds(t *testing.T) {
	kinds := []graph.Kind{
		graph.ErrShape, graph.ErrAxis, graph.ErrIndex, graph.ErrDType, graph.ErrLimit,
		graph.ErrStale, graph.ErrForeign, graph.ErrChanged, graph.ErrValue, graph.ErrUsage,
	}
	for i, k := range kinds {
		err := graph.Try(func() { panic(graph.Errorf("graph.F", k, "message")) })
		for j, other := range kinds {
			if got := errors.Is(err, other); got != (i == j) {
				t.Errorf("an error of kind %q counts as %q: %v", k, other, got)
			}
		}
	}
}
