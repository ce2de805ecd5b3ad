package data

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

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
	nv, nt := s.mustSplit("data.Set.SplitRandom", rng, validFraction, testFraction)
	order := rng.Perm(s.Len())
	return s.Rows(order[nv+nt:]...), s.Rows(order[:nv]...), s.Rows(order[nv : nv+nt]...)
}

// SplitStratified is [Set.SplitRandom] with the same share of each class in every part, as nearly as whole examples
// allow: the parts have the same sizes. It panics with an [*tensor.Error] as SplitRandom does, and if the set has no
// labels.
func (s *Set) SplitStratified(rng *rand.Rand, validFraction, testFraction float64) (train, valid, test *Set) {
	const op = "data.Set.SplitStratified"
	nv, nt := s.mustSplit(op, rng, validFraction, testFraction)
	classes := s.classes(op, rng)
	var parts [3][]int
	for p, size := range []int{nv, nt} {
		for c, share := range apportion(classes, size, rng) {
			parts[p] = append(parts[p], classes[c][:share]...)
			classes[c] = classes[c][share:]
		}
	}
	for _, rows := range classes {
		parts[2] = append(parts[2], rows...)
	}
	return s.Rows(parts[2]...), s.Rows(parts[0]...), s.Rows(parts[1]...)
}

// mustSplit returns the sizes of the parts for validation and for testing, and panics if there is no such split.
func (s *Set) mustSplit(op string, rng *rand.Rand, validFraction, testFraction float64) (valid, test int) {
	mustHaveSource(op, rng)
	if !(validFraction >= 0 && testFraction >= 0 && validFraction+testFraction <= 1) {
		panic(tensor.Errorf(op, tensor.ErrUsage, "fractions %g and %g: want 0 or more each, and a sum of at most 1", validFraction, testFraction))
	}
	if err := s.fits(); err != nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "%v", err))
	}
	n := s.Len()
	valid = int(math.Round(validFraction * float64(n)))
	return valid, min(int(math.Round(testFraction*float64(n))), n-valid)
}

// KFold yields k pairs of sets to train on and to measure by: each example is in one of the parts that are measured,
// whose sizes differ by at most one, and in all other training sets. The order is drawn once, by the call: whoever
// ranges over the result again gets the same pairs. It panics with an [*tensor.Error] if k is less than 2 or more than
// there are examples, or rng is nil or the zero rand.Rand.
func (s *Set) KFold(rng *rand.Rand, k int) iter.Seq2[*Set, *Set] {
	s.mustFold("data.Set.KFold", rng, k)
	return s.folds(rng.Perm(s.Len()), k)
}

// KFoldStratified is [Set.KFold] with numbers of examples of each class in the parts that are measured which differ by
// at most one. It panics with an [*tensor.Error] as KFold does, and if the set has no labels.
func (s *Set) KFoldStratified(rng *rand.Rand, k int) iter.Seq2[*Set, *Set] {
	const op = "data.Set.KFoldStratified"
	s.mustFold(op, rng, k)
	return s.folds(slices.Concat(s.classes(op, rng)...), k)
}

func (s *Set) mustFold(op string, rng *rand.Rand, k int) {
	mustHaveSource(op, rng)
	if err := s.fits(); err != nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "%v", err))
	}
	if k < 2 || k > s.Len() {
		panic(tensor.Errorf(op, tensor.ErrUsage, "%d parts of %d examples: want 2 or more, and one for each example at most", k, s.Len()))
	}
}

// folds deals the examples out to k parts, one after the other.
func (s *Set) folds(order []int, k int) iter.Seq2[*Set, *Set] {
	return func(yield func(train, valid *Set) bool) {
		for fold := range k {
			var train, valid []int
			for p, i := range order {
				if p%k == fold {
					valid = append(valid, i)
				} else {
					train = append(train, i)
				}
			}
			if !yield(s.Rows(train...), s.Rows(valid...)) {
				return
			}
		}
	}
}

// classes returns the indices of the examples of each class, in random order.
func (s *Set) classes(op string, rng *rand.Rand) [][]int {
	if s.Labels == nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "the set has no labels to share out: set data.Set.Labels, or split without regard to classes"))
	}
	of := map[int][]int{}
	for _, i := range rng.Perm(s.Len()) {
		of[s.Labels[i]] = append(of[s.Labels[i]], i)
	}
	var out [][]int
	for _, class := range slices.Sorted(maps.Keys(of)) {
		out = append(out, of[class])
	}
	return out
}

// apportion returns how many of n examples each class gives, in proportion to its size. The method is Hamilton's: each
// gives the whole part of its share, and those with the largest remainders one more; chance decides between equal ones.
func apportion(classes [][]int, n int, rng *rand.Rand) []int {
	all := 0
	for _, rows := range classes {
		all += len(rows)
	}
	shares, left := make([]int, len(classes)), n
	remainders := make([]int64, len(classes))
	for c, rows := range classes {
		share := int64(len(rows)) * int64(n)
		shares[c], remainders[c] = int(share/int64(max(all, 1))), share%int64(max(all, 1))
		left -= shares[c]
	}
	order := rng.Perm(len(classes))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(remainders[b], remainders[a]) })
	for _, c := range order[:left] {
		shares[c]++
	}
	return shares
}

func mustHaveSource(op string, rng *rand.Rand) {
	if !hasSource(rng) {
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil or zero *rand.Rand: make one with rand.New(rand.NewPCG(seed, 0))"))
	}
}

// hasSource reports whether rng can draw numbers: the zero rand.Rand cannot.
func hasSource(rng *rand.Rand) bool { return rng != nil && *rng != (rand.Rand{}) }
