package command

import (
	"fmt"
	"math"
	"slices"
)

// A Spread is a figure of several runs, which differ in their seed.
type Spread []float64

// Mean returns the mean of the runs, NaN if there is none.
func (s Spread) Mean() float64 {
	var sum float64
	for _, v := range s {
		sum += v
	}
	return sum / float64(len(s))
}

// Format returns the mean, the smallest and the largest figure, each printed by a verb such as %.4f.
func (s Spread) Format(verb string) string {
	switch len(s) {
	case 0:
		return "no run"
	case 1:
		return fmt.Sprintf(verb+" in 1 run", s[0])
	}
	return fmt.Sprintf("mean "+verb+", from "+verb+" to "+verb+" in %d runs", s.Mean(), slices.Min(s), slices.Max(s), len(s))
}

// Deviation returns the standard deviation of the runs, which divides by their number less 1, and NaN if there are not
// two.
func (s Spread) Deviation() float64 {
	mean := s.Mean()
	var sum float64
	for _, v := range s {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(s)-1))
}

// PlusMinus returns mean ± standard deviation, each printed by a verb such as %.4f, or the figure alone if there is one
// run.
func (s Spread) PlusMinus(verb string) string {
	if len(s) == 1 {
		return fmt.Sprintf(verb, s[0])
	}
	return fmt.Sprintf(verb+" ± "+verb, s.Mean(), s.Deviation())
}
