package ops

import (
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// The gradient of kernels is a sum over all places of all images: millions of terms, too many for float32 to add one
// after the other. A matrix product adds up to convTerms of them, a partial sum gets convFan products and is then added
// to one of the next level, which gets convFan sums in turn. So convTerms·convFan^(convLevels+1) terms, some 4 million,
// are added up without a long sum.
const (
	convTerms  = 64
	convFan    = 16
	convLevels = 3
)

// partialSums adds up matrix products of one shape.
type partialSums[T constraints.Float] struct {
	total  []T // what everything is added to in the end
	parts  []T // the partial sums, those of the first level in front
	counts [convLevels]int
	levels int
}

// sumLevels returns how many levels of partial sums so many products need.
func sumLevels(products int) int {
	levels := 0
	for ; products > convFan && levels < convLevels; products = (products + convFan - 1) / convFan {
		levels++
	}
	return levels
}

// next returns where the next product goes, and whether it is added to what is there.
func (s *partialSums[T]) next() (dst []T, accumulate bool) {
	if s.levels == 0 {
		return s.total, true
	}
	return s.level(0), s.counts[0] > 0
}

// done is called when the product is there.
func (s *partialSums[T]) done() {
	if s.levels == 0 {
		return
	}
	s.counts[0]++
	for l := 0; l < s.levels && s.counts[l] == convFan; l++ {
		s.carry(l)
	}
}

// finish adds everything to the total.
func (s *partialSums[T]) finish() {
	for l := range s.levels {
		if s.counts[l] > 0 {
			s.carry(l)
		}
	}
}

// carry adds the sum of a level to that of the next.
func (s *partialSums[T]) carry(l int) {
	s.counts[l] = 0
	if l+1 == s.levels {
		kernel.AddTo(s.total, s.level(l))
		return
	}
	if s.counts[l+1] == 0 {
		copy(s.level(l+1), s.level(l))
	} else {
		kernel.AddTo(s.level(l+1), s.level(l))
	}
	s.counts[l+1]++
}

func (s *partialSums[T]) level(l int) []T {
	n := len(s.total)
	return s.parts[l*n : (l+1)*n]
}
