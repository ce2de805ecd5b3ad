package program_test

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestBatchRows holds every row with an expression, at all combinations of special numbers, in a batch against the same at single points.
func TestBatchRows(t *testing.T) {
	for _, row := range graph.Rows() {
		if row.Value == "" {
			continue
		}
		for _, grid := range rowtest.Grids(row, numbers) {
			testBatchGrid(t, grid)
		}
	}
}

func testBatchGrid(t *testing.T, grid rowtest.Grid) {
	t.Helper()
	n := grid.Operands() + 1 // with the cotangent
	count := len(grid.Columns[0]) / len(rowtest.SpecialNumbers)
	xs := graph.New(graph.Traced()).Vars(make([]float64, n))
	p, err := program.Compile(ops.Mul(grid.Call(xs[:n-1]), xs[n-1]), xs...)
	if err != nil {
		t.Fatalf("%s: %v", grid.Row.Name, err)
	}
	points := make([]float64, 0, n*count)
	for k := range count {
		for _, column := range grid.Columns[:n] {
			points = append(points, column[k])
		}
	}
	ys, grads, grad := make([]float64, count), make([]float64, n*count), make([]float64, n)
	p.EvalBatch(ys, grads, points)
	for k := range count {
		at := points[n*k:][:n]
		y := p.Eval(at, grad)
		if !sameInBatch(ys[k], y) {
			t.Errorf("%s%v at %v: value %v, want %v", grid.Row.Name, grid.Params, at, ys[k], y)
			return
		}
		for i, d := range grad {
			if got := grads[n*k+i]; !sameInBatch(got, d) {
				t.Errorf("%s%v at %v: derivative %d is %v, want %v", grid.Row.Name, grid.Params, at, i, got, d)
				return
			}
		}
	}
}

// sameInBatch reports whether two numbers are of one kind and agree to rounding; numbers below the normal ones have few digits.
func sameInBatch(got, want float64) bool {
	return rowtest.SameNumber(got, want, 1e-12, 0) || math.Abs(got-want) < 0x1p-1021 && got != 0 && want != 0
}
