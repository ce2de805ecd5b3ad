package program_test

import (
	"math"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// sameNumber bounds the relative difference to what the tape has: values come from the expressions of rows, which round
// otherwise in a few operations.
const sameNumber = 1e-13

// numbers are operands: special ones, and others of all sizes.
var numbers = append([]float64{
	0.5, -0.5, 1.5, 2, 2.5, -2.5, -3, 7, 1e-9, -1e-17, 20.5, -37, 700, -740, 1100, 1e10, -1e20, 1e-300, -1e-300, 1e300, -1.7e308,
	5e-324, -1e-310, math.Pi, 245850922, -708.5, 709.5, 710.4, 1 - 0x1p-53,
}, rowtest.SpecialNumbers...)

// TestElementwiseRows holds every row with an expression against autograd.Backward, at all combinations of special numbers
// for operands and adjoint: the same kinds of numbers, and finite ones to rounding.
func TestElementwiseRows(t *testing.T) {
	rows := 0
	for _, row := range graph.Rows() {
		if row.Value == "" {
			continue
		}
		rows++
		for _, grid := range rowtest.Grids(row, numbers) {
			testGrid(t, grid)
		}
	}
	if rows < 70 {
		t.Errorf("only %d rows have an expression", rows)
	}
}

func testGrid(t *testing.T, grid rowtest.Grid) {
	t.Helper()
	n := grid.Operands()
	count := len(grid.Columns[0]) / len(rowtest.SpecialNumbers) // the last column is not used
	for i := range grid.Columns {
		grid.Columns[i] = grid.Columns[i][:count]
	}
	want := scalars(grid)
	g := graph.New(graph.Traced())
	xs := g.Vars(make([]float64, n+1))
	y := grid.Call(xs[:n])
	value, err := program.Compile(y, xs...)
	if err != nil {
		t.Errorf("%s: %v", grid.Row.Name, err)
		return
	}
	product, err := program.Compile(ops.Mul(y, xs[n]), xs...)
	if err != nil {
		t.Errorf("%s: %v", grid.Row.Name, err)
		return
	}
	got := rowtest.Derivation{Backward: make([][]float64, n)}
	grad, at := make([]float64, n+1), make([]float64, n+1)
	for k := range count {
		for i := range at {
			at[i] = grid.Columns[i][k]
		}
		got.Value = append(got.Value, value.Eval(at, nil))
		product.Eval(at, grad)
		for i := range n {
			got.Backward[i] = append(got.Backward[i], grad[i])
		}
	}
	grid.CompareScaled(t, "value", want.Value, got.Value, sameNumber, 0, func(int) bool { return false })
	for i := range want.Backward {
		grid.CompareScaled(t, "derivative by operand "+string(rune('0'+i)), want.Backward[i], got.Backward[i], sameNumber, 0, func(int) bool { return false })
	}
	for k := range count {
		if a, b := want.Value[k], got.Value[k]; a == 0 && b == 0 && math.Signbit(a) != math.Signbit(b) && !slices.Contains(eitherZero, grid.Row.Name) {
			t.Errorf("%s(%v): value %v, want %v", grid.Row.Name, grid.Params, b, a)
			return
		}
	}
}

// eitherZero are operations whose expressions have a 0 of the other sign where they end.
var eitherZero = []string{"silu", "gelu", "sinc"}

// scalars computes a grid on a tape: the values, and the derivatives of their products with the first cotangent.
func scalars(grid rowtest.Grid) rowtest.Derivation {
	g := graph.New(graph.Traced())
	n := grid.Operands()
	d := rowtest.Derivation{Backward: make([][]float64, n)}
	for k := range grid.Columns[0] {
		g.Reset()
		xs := make([]graph.Value, n+1)
		for i := range xs {
			xs[i] = g.Var(grid.Columns[i][k])
		}
		y := grid.Call(xs[:n])
		d.Value = append(d.Value, y.Node().Data().AtFlat(0))
		grads := autograd.Backward(ops.Mul(y, xs[n]))
		for i, x := range xs[:n] {
			d.Backward[i] = append(d.Backward[i], grads.Scalar(x))
		}
	}
	return d
}

// A constant operand of a product, a quotient or a power is folded into the program.
func TestConstantOperands(t *testing.T) {
	at, grad := make([]float64, 1), make([]float64, 1)
	for _, row := range graph.Rows() {
		if row.Value == "" || row.Binary == nil {
			continue
		}
		for _, swapped := range []bool{false, true} {
			for _, c := range numbers {
				record := func(g *graph.Graph, v float64) (x, y graph.Value) {
					x = g.Var(v)
					a, b := x, g.Const(c)
					if swapped {
						a, b = b, a
					}
					return x, ops.Apply(row, a, b)
				}
				x, y := record(graph.New(graph.Traced()), 1)
				p, err := program.Compile(y, x)
				if err != nil {
					t.Fatalf("%s: %v", row.Name, err)
				}
				for _, at[0] = range numbers {
					x, y := record(graph.New(), at[0])
					got := p.Eval(at, grad)
					if want := y.Item(); !same(got, want) || !same(grad[0], autograd.Backward(y).Scalar(x)) {
						t.Errorf("%s of %v and the constant %v, swapped %v: %v and derivative %v, want %v and %v", row.Name, at[0], c, swapped, got, grad[0], want, autograd.Backward(y).Scalar(x))
					}
				}
			}
		}
	}
}

// same reports whether two numbers are of one kind, and agree to rounding.
func same(a, b float64) bool { return rowtest.SameNumber(a, b, sameNumber, 0) }
