package array_test

import (
	"errors"
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/testkit"
)

var (
	row    = tensor.Of([]float64{1, 2}, 2)
	square = tensor.Of([]float64{1, 2, 3, 4}, 2, 2)
	wide   = tensor.Of([]float64{1, 2, 3}, 3)
)

// Calls that no correct program makes, by function or method; one without calls takes anything.
var misuses = map[string][]func(){
	"AddReduced": {
		func() { array.AddReduced(nil, square) }, func() { array.AddReduced(square, nil) }, func() { array.AddReduced(&tensor.Tensor{}, square) },
		func() { array.AddReduced(row, square.To(tensor.Float32)) }, func() { array.AddReduced(square, row) }, func() { array.AddReduced(wide, square) },
	},
	"AddReducedAs": {
		func() { array.AddReducedAs(nil, nil, square, nil) }, func() { array.AddReducedAs(row, []int{2}, square, []int{5}) },
		func() { array.AddReducedAs(row, []int{-2}, square, []int{2, 2}) }, func() { array.AddReducedAs(row, []int{1}, square, []int{2, 2}) },
		func() { array.AddReducedAs(square, []int{4}, row, []int{2}) },
		func() { array.AddReducedAs(row, []int{2}, square, []int{math.MaxInt, math.MaxInt}) },
	},
	"Axis": nil,
	"Broadcast": {
		func() { array.Broadcast(nil, row) }, func() { array.Broadcast(square, nil) }, func() { array.Broadcast(row, square) },
		func() { array.Broadcast(square, wide) }, func() { array.Broadcast(square, row.To(tensor.Float32)) },
	},
	"BroadcastAs": {
		func() { array.BroadcastAs(nil, row, []int{2}) }, func() { array.BroadcastAs(square, nil, nil) }, func() { array.BroadcastAs(square, row, []int{3}) },
		func() { array.BroadcastAs(square, wide, []int{1, 3}) }, func() { array.BroadcastAs(square, row, []int{2, -1}) },
		func() { array.BroadcastAs(square, row.To(tensor.Float32), []int{2}) },
	},
	"BroadcastShapes": nil,
	"BroadcastsTo":    nil,
	"Half":            nil,
	"InversePermutation": {
		func() { array.InversePermutation(nil, []int{1}) }, func() { array.InversePermutation(nil, []int{0, -1}) },
		func() { array.InversePermutation(nil, []int{0, 0}) }, func() { array.InversePermutation(nil, make([]int, 1<<20)) },
	},
	"Pair":           {func() { array.Pair(make([]int, 17), nil, nil) }},
	"Pairing.Repeat": nil,
	"Pairing.Runs":   nil,
	"Permute": {
		func() { array.Permute(nil, square, []int{0, 1}) }, func() { array.Permute(square, nil, []int{0, 1}) }, func() { array.Permute(square, square.Clone(), []int{0, 2}) },
		func() { array.Permute(square, square.Clone(), []int{0, -1}) }, func() { array.Permute(square, square.Clone(), []int{1, 1}) },
		func() { array.Permute(square, square.Clone(), nil) }, func() { array.Permute(row, square, []int{0, 1}) },
		func() { array.Permute(square, square.To(tensor.Float32), []int{0, 1}) },
	},
	"PermuteAdd": {
		func() { array.PermuteAdd(nil, square, []int{0, 1}) }, func() { array.PermuteAdd(row, square, []int{0, 1}) }, func() { array.PermuteAdd(square, square.Clone(), []int{0, 2}) },
	},
	"Instance": nil,
	"Size":     nil,
}

// TestMisuse holds that every call of misuses panics with an *Error, and that there is an entry for every function.
func TestMisuse(t *testing.T) {
	for _, f := range testkit.Exported(t, len(misuses)) {
		calls, ok := misuses[f.Name]
		if !ok {
			t.Errorf("%s has no entry", f.Name)
		}
		for i, call := range calls {
			func() {
				defer func() {
					var e *tensor.Error
					if err, _ := recover().(error); !errors.As(err, &e) {
						t.Errorf("%s, call %d: got %v, want a *tensor.Error", f.Name, i, err)
					}
				}()
				call()
			}()
		}
	}
	if row.String() != "[1 2]" || square.String() != "[[1 2] [3 4]]" {
		t.Errorf("a call that was refused left %v and %v behind", row, square)
	}
}
