package ops_test

import (
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops/opstest"
)

// Short names for what most tests of this package use.
var (
	weighted       = rowtest.Weighted
	variables      = rowtest.Variables
	to32           = rowtest.Float32s
	numbers        = rowtest.Numbers
	filled         = rowtest.Filled
	sameNumber     = rowtest.SameNumber
	specialNumbers = rowtest.SpecialNumbers
)

const sameTo64 = rowtest.SameTo64

// TestRows ranges over the table of operations, so that a new row is tested without a line here.
func TestRows(t *testing.T) {
	for _, row := range rows() {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			opstest.Row(t, row)
		})
	}
}

// TestElementwiseRowsAreComplete checks that the rows of this package have what is optional in others.
func TestElementwiseRowsAreComplete(t *testing.T) {
	for _, row := range rows() {
		if rowtest.Elementwise(row) && row.Value == "" {
			t.Errorf("row %q has no Row.Value: say what it computes as an expression", row.Name)
		}
		if row.Unary != nil && row.At == (graph.Specials{}) {
			t.Errorf("row %q has no Row.At: say what it does at NaN, infinities and zeros", row.Name)
		}
	}
}

func TestTangents(t *testing.T) {
	n := 0
	for _, row := range rows() {
		if row.Tangent != nil {
			n++
		}
	}
	if n < 50 {
		t.Errorf("only %d rows have a tangent", n)
	}
}

// rows returns the operations of package ops.
func rows() []*graph.Row {
	var list []*graph.Row
	for _, row := range graph.Rows() {
		if strings.HasPrefix(row.GoName(), "ops.") {
			list = append(list, row)
		}
	}
	return list
}

// eachRow runs f as a subtest for every operation of this package, and for every sample call of it.
func eachRow(t *testing.T, f func(t *testing.T, s rowtest.Sample)) {
	for _, row := range rows() {
		t.Run(row.Name, func(t *testing.T) {
			for _, s := range rowtest.Samples(t, row) {
				t.Run(strings.ReplaceAll(s.Text, " ", "_"), func(t *testing.T) { f(t, s) })
			}
		})
	}
}
