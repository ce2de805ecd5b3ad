package data

import (
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// SplitModulo splits the set by row index: example i is for testing if i mod m = 0, for validation if i mod m = 1, and
// for training otherwise. It needs no random numbers, so that everyone who uses it compares figures on the same rows.
// It panics with an [*tensor.Error] if m is less than 3.
func (s *Set) SplitModulo(m int) (train, valid, test *Set) {
	if m < 3 {
		panic(tensor.Errorf("data.Set.SplitModulo", tensor.ErrUsage, "m = %d leaves nothing to train on: want 3 or more", m))
	}
	if err := s.fits(); err != nil {
		panic(tensor.Errorf("data.Set.SplitModulo", tensor.ErrUsage, "%v", err))
	}
	var parts [3][]int
	for i := range s.Len() {
		k := min(i%m, 2)
		parts[k] = append(parts[k], i)
	}
	return s.Rows(parts[2]...), s.Rows(parts[1]...), s.Rows(parts[0]...)
}

// SplitRandom splits the set at random: the given fractions of the examples, rounded to nearest, are for validation and
// for testing, the rest is for training. It panics with an [*tensor.Error] if a fraction is negative, their sum is
// above 1, or rng is nil or the zero rand.Rand.
func (s *Set) SplitRandom(rng *rand.Rand, validFraction, testFraction float64) (train, valid, test *Set) {
	const op = "data.Set.SplitRandom"
	if !hasSource(rng) {
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil or zero *rand.Rand: make one with rand.New(rand.NewPCG(seed, 0))"))
	}
	if !(validFraction >= 0 && testFraction >= 0 && validFraction+testFraction <= 1) {
		panic(tensor.Errorf(op, tensor.ErrUsage, "fractions %g and %g: want 0 or more each, and a sum of at most 1", validFraction, testFraction))
	}
	if err := s.fits(); err != nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "%v", err))
	}
	n := s.Len()
	order := rng.Perm(n)
	nv := int(math.Round(validFraction * float64(n)))
	nt := min(int(math.Round(testFraction*float64(n))), n-nv)
	return s.Rows(order[nv+nt:]...), s.Rows(order[:nv]...), s.Rows(order[nv : nv+nt]...)
}

// hasSource reports whether rng can draw numbers: the zero rand.Rand cannot.
func hasSource(rng *rand.Rand) bool { return rng != nil && *rng != (rand.Rand{}) }
