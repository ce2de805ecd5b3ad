package main

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		name string
		in   []float64
		want spread
	}{
		{"one", []float64{3}, spread{3, 3, 3, 3}},
		{"two", []float64{4, 2}, spread{3, 2.5, 3.5, 2}},
		{"five", []float64{5, 1, 4, 2, 3}, spread{3, 2, 4, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, spreadOf(test.in)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
	if s := spreadOf(nil); !math.IsNaN(s.Median) {
		t.Errorf("the median of nothing is %v, want NaN", s.Median)
	}
}
