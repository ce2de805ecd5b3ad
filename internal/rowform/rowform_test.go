package rowform_test

import (
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/rowform"
	"github.com/seed366ff29f/chainrule/ops"
)

// Every expression of a row can be read, in the names of what the operation takes.
func TestEveryExpression(t *testing.T) {
	forms, means := 0, 0
	for _, row := range graph.Rows() {
		f, err := rowform.Of(row)
		switch {
		case row.Value == "" && err == nil:
			t.Errorf("%s has a form without an expression", row.Name)
		case row.Value != "" && err != nil:
			t.Errorf("%s: %v", row.Name, err)
		case err == nil:
			forms++
		}
		if m, err := rowform.MeanOf(row); err == nil {
			means++
			f = m
		}
		if f == nil {
			continue
		}
		if n := row.Arity(); len(f.Operands) != n || len(f.Slopes) != n || len(f.Selects) != n || len(f.Unselected) != n {
			t.Errorf("%s has %d operands: %+v", row.Name, n, f)
		}
		for i, d := range f.Slopes {
			if (d == nil) != (row.Class == graph.NoGrad || row.Name == "where" && i == 0) {
				t.Errorf("%s: slope by operand %d: %v", row.Name, i, d)
			}
		}
	}
	if forms < 70 || means < 5 {
		t.Errorf("%d rows have a form, %d are means of one", forms, means)
	}
}

func TestErrors(t *testing.T) {
	for _, row := range []*graph.Row{
		{Name: "mse", Func: func(graph.Value, graph.Value) graph.Value { panic("not called") }, Params: "y, t"}, // of another package
		{Name: "wrong", Func: func(graph.Value) graph.Value { panic("not called") }, Params: "x", Value: "z", Slopes: []string{"1"}},
		{Name: "short", Func: func(graph.Value) graph.Value { panic("not called") }, Params: "x", Value: "x"},
		{Name: "text", Func: func(graph.Value, string) graph.Value { panic("not called") }, Params: "x, s", Value: "x", Slopes: []string{"1"}},
	} {
		if _, err := rowform.Of(row); err == nil {
			t.Errorf("%s has a form", row.Name)
		}
		if _, err := rowform.MeanOf(row); err == nil {
			t.Errorf("%s is a mean", row.Name)
		}
	}
}

func TestConstants(t *testing.T) {
	g := graph.New()
	x, c := g.Var(2), g.Const(3)
	for _, test := range []struct {
		y    graph.Value
		want []float64
	}{
		{x, nil},
		{ops.Clamp(x, -1, 5), []float64{-1, 5}},
		{ops.Polygamma(2, ops.Sum(x)), []float64{2}},
		{ops.Pow(x, x), []float64{0}},
		{ops.Pow(x, c), []float64{1}},
	} {
		if got := rowform.Constants(test.y.Node()); !slices.Equal(got, test.want) {
			t.Errorf("%v: got %v, want %v", test.y, got, test.want)
		}
	}
}
