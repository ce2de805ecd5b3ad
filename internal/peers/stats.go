package main

import (
	"math"
	"slices"
)

// A spread sums up numbers of which there are few: their median, the quartiles around it and the least.
type spread struct {
	Median, Lower, Upper, Least float64
}

func spreadOf(xs []float64) spread {
	if len(xs) == 0 {
		nan := math.NaN()
		return spread{nan, nan, nan, nan}
	}
	xs = slices.Clone(xs)
	slices.Sort(xs)
	return spread{quantile(xs, 0.5), quantile(xs, 0.25), quantile(xs, 0.75), xs[0]}
}

// quantile interpolates between the elements of a sorted slice.
func quantile(xs []float64, q float64) float64 {
	at := q * float64(len(xs)-1)
	i := int(at)
	if i+1 == len(xs) {
		return xs[i]
	}
	f := at - float64(i)
	return xs[i]*(1-f) + xs[i+1]*f
}

// ratios divides element by element.
func ratios(xs, ys []float64) []float64 {
	out := make([]float64, min(len(xs), len(ys)))
	for i := range out {
		out[i] = xs[i] / ys[i]
	}
	return out
}
