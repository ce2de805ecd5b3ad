package search

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Figure is what the runs of a trial have measured.
type Figure struct {
	Mean   float64   // of the runs; NaN if one of them is NaN or has failed
	Spread float64   // the standard deviation of a run, which divides by the number of runs less 1; NaN for one run
	Runs   []float64 // by number; NaN for a run that has failed, or is missing
}

// figureOf returns the figure of the runs that have ended, of n, whose values a function takes from their outcomes.
func figureOf(n int, runs map[int]outcome, of func(o outcome) (v float64, ok bool)) Figure {
	f := Figure{Runs: make([]float64, n)}
	for i := range f.Runs {
		f.Runs[i] = math.NaN()
		if o, ended := runs[i]; ended && o.err == nil {
			if v, ok := of(o); ok {
				f.Runs[i] = v
			}
		}
	}
	f.Mean, f.Spread = mean(f.Runs), spread(f.Runs)
	return f
}

// mean returns the mean of numbers: exactly, if all are equal.
func mean(v []float64) float64 {
	n, first := float64(len(v)), v[0]
	var sum, shifted float64
	for _, x := range v {
		sum += x
		shifted += x/n - first/n
	}
	if math.IsNaN(shifted) { // there is a number that is not finite
		return sum
	}
	return first + shifted
}

// spread returns the standard deviation of numbers.
func spread(v []float64) float64 {
	m := mean(v)
	var norm float64
	for _, x := range v {
		d := x - m
		if math.IsNaN(d) {
			return math.NaN() // which Hypot of an infinity would not be
		}
		norm = math.Hypot(norm, d)
	}
	return norm / math.Sqrt(float64(len(v)-1))
}

// String returns the mean, and ± the spread if there are several runs.
func (f Figure) String() string {
	return strings.Join(slices.DeleteFunc(f.cells(), func(s string) bool { return s == "" }), " ")
}

// cells returns the mean and the spread as they stand in a table.
func (f Figure) cells() []string {
	if len(f.Runs) < 2 || math.IsNaN(f.Mean) {
		return []string{fmt.Sprintf("%.4g", f.Mean), ""}
	}
	return []string{fmt.Sprintf("%.4g", f.Mean), fmt.Sprintf("± %.2g", f.Spread)}
}
