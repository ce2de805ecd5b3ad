package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/datasets"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A pair is a mini-batch and its labels, which are classes as numbers.
type pair struct{ batch, label *tensor.Tensor }

// A problem is what a model learns.
type problem struct {
	about string                            // in a line
	fill  func(x []float64) (label float64) // draws an example
}

// digitWidths are the first and the last size of models that read digits.
var digitWidths = map[string][2]int{"mlp": {side * side, 10}, "cnn": {1, 10}, "gru": {side, 10}}

// problem returns what the model of the flags learns.
func (s *settings) problem(rng *rand.Rand) (*problem, error) {
	classes := s.sizes[len(s.sizes)-1]
	if digitWidths[s.model] == [2]int{s.sizes[0], classes} {
		return digits(rng, s.batch)
	}
	return clouds(rng, s.exampleSize(), classes), nil
}

// exampleSize returns how many numbers an example has.
func (s *settings) exampleSize() int {
	n := 1
	for _, d := range s.kind.example(s.sizes[0]) {
		n *= d
	}
	return n
}

// digits returns handwritten digits, all of them in random order before one comes again.
func digits(rng *rand.Rand, batch int) (*problem, error) {
	set, err := datasets.Digits()
	if err != nil {
		return nil, err
	}
	if batch > set.Len() {
		return nil, command.Usagef("-batch %d: there are %d digits\ngive fewer, or other -widths than those of digits, for a problem that is made up", batch, set.Len())
	}
	var order []int
	return &problem{
		about: fmt.Sprintf("%d handwritten digits", set.Len()),
		fill: func(x []float64) float64 {
			if len(order) == 0 {
				order = rng.Perm(set.Len())
			}
			i := order[0]
			order = order[1:]
			for k := range x {
				x[k] = set.X.AtFlat(i*len(x)+k) / 16 // from paper to ink
			}
			return float64(set.Labels[i])
		},
	}, nil
}

// clouds returns a problem that is made up: examples are spread around the centre of their class as widely as the centres
// are around 0.
func clouds(rng *rand.Rand, size, classes int) *problem {
	centres := make([][]float64, classes)
	for c := range centres {
		centres[c] = make([]float64, size)
		for k := range centres[c] {
			centres[c][k] = rng.NormFloat64()
		}
	}
	return &problem{
		about: fmt.Sprintf("clouds of examples of %d classes", classes),
		fill: func(x []float64) float64 {
			c := rng.IntN(classes)
			for k := range x {
				x[k] = centres[c][k] + rng.NormFloat64()
			}
			return float64(c)
		},
	}
}

// batches returns a mini-batch for each step.
func (s *settings) batches(p *problem) []pair {
	shape := slices.Concat([]int{s.batch}, s.kind.example(s.sizes[0]))
	x := make([]float64, s.exampleSize())
	pairs := make([]pair, s.steps)
	for k := range pairs {
		b := pair{tensor.New(s.dtype, shape...), tensor.New(s.dtype, s.batch)}
		for i := range s.batch {
			b.label.SetFlat(p.fill(x), i)
			for j, v := range x {
				b.batch.SetFlat(v, i*len(x)+j)
			}
		}
		pairs[k] = b
	}
	return pairs
}
