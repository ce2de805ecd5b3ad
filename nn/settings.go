package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// positive panics unless a setting is a finite number above 0.
func positive(op, name string, v float64) {
	if !(v > 0) || math.IsInf(v, 0) {
		panic(graph.Errorf(op, graph.ErrValue, "%s = %g: want a finite number above 0", name, v))
	}
}

// notNegative panics unless a setting is a finite number, 0 or more.
func notNegative(op, name string, v float64) {
	if !(v >= 0) || math.IsInf(v, 0) {
		panic(graph.Errorf(op, graph.ErrValue, "%s = %g: want a finite number, 0 or more", name, v))
	}
}

// between panics unless lo ≤ v < hi.
func between(op, name string, v, lo, hi float64) {
	if !(v >= lo && v < hi) {
		panic(graph.Errorf(op, graph.ErrValue, "%s = %g: want %g ≤ %s < %g", name, v, lo, name, hi))
	}
}

// mustBeShare panics unless 0 ≤ v ≤ 1.
func mustBeShare(op, name string, v float64) {
	if !(v >= 0 && v <= 1) {
		panic(graph.Errorf(op, graph.ErrValue, "%s = %g: want 0 ≤ %s ≤ 1", name, v, name))
	}
}

// mustBeFinite panics unless a setting is a finite number.
func mustBeFinite(op, name string, v float64) {
	if isNotFinite(v) {
		panic(graph.Errorf(op, graph.ErrValue, "%s = %g: want a finite number", name, v))
	}
}

// mustBeBetas panics unless both shares that moments keep are from 0 to below 1.
func mustBeBetas(op string, betas [2]float64) {
	for _, b := range betas {
		if !(b >= 0 && b < 1) {
			panic(graph.Errorf(op, graph.ErrValue, "Betas = %v: want 0 ≤ β < 1 for both", betas))
		}
	}
}

// orDefault returns a setting, or what 0 means.
func orDefault(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

// hasSource reports whether rng can draw numbers: the zero rand.Rand cannot.
func hasSource(rng *rand.Rand) bool { return rng != nil && *rng != (rand.Rand{}) }

// mustHaveSource panics unless rng can draw numbers.
func mustHaveSource(op string, rng *rand.Rand) {
	if !hasSource(rng) {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *rand.Rand: make one with rand.New(rand.NewPCG(seed, 0))"))
	}
}

// mustBeOption panics if option i is nil.
func mustBeOption(op string, i int, isNil bool) {
	if isNil {
		panic(graph.Errorf(op, graph.ErrUsage, "option %d is nil: leave it out", i+1))
	}
}

// mustTake panics unless the options that were given, such as "nn.NoBias", are among those that a function takes.
func mustTake(op string, given, takes []string) {
	for _, name := range given {
		if !slices.Contains(takes, name) {
			panic(graph.Errorf(op, graph.ErrUsage, "there is no %s here: the options are %s", name, strings.Join(takes, ", ")))
		}
	}
}
