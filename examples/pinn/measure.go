package main

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// gridPoints is how many values of each input the grid has on which errors are measured.
const gridPoints = 41

// grid returns points all over the box: n values for each input, the last input changing fastest.
func (e equation) grid(n int) *data.Set {
	inputs := len(e.lo)
	rows := 1
	for range inputs {
		rows *= n
	}
	x := tensor.New(tensor.Float64, rows, inputs)
	for i := range rows {
		rest := i
		for j := inputs - 1; j >= 0; j-- {
			x.SetAt(e.lo[j]+(e.hi[j]-e.lo[j])*float64(rest%n)/float64(n-1), i, j)
			rest /= n
		}
	}
	return &data.Set{X: x}
}

// A figure says how good a function is.
type figure struct {
	relative  float64 // ‖u-u*‖/‖u*‖ on the grid, where u* is the solution
	own, grid float64 // root mean square of the residual at points of the training, and on the grid
}

// measure compares a function with the solution.
func (f *function) measure(points *data.Set) (figure, error) {
	grid := f.grid(gridPoints)
	y, err := nn.Predict(f, grid)
	if err != nil {
		return figure{}, err
	}
	var errors, squares float64
	for i := range grid.Len() {
		u := f.solution(row(grid, i))
		d := y.At(i, 0) - u
		errors += d * d
		squares += u * u
	}
	return figure{math.Sqrt(errors / squares), f.left(points), f.left(grid)}, nil
}

// left returns the root of the mean squared residual at some points.
func (f *function) left(points *data.Set) float64 {
	return math.Sqrt(f.loss(nn.Eval(), graph.New(), &data.Batch{X: points.X}).Item())
}

// row returns the inputs of point i.
func row(s *data.Set, i int) []float64 {
	x := make([]float64, s.X.Dims()[1])
	for j := range x {
		x[j] = s.X.At(i, j)
	}
	return x
}
