package command

import (
	"fmt"
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
