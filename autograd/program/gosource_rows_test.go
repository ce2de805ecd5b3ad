package program

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// withoutSource are the rows that need functions which Go source does not bring along, or whose derivatives do.
var withoutSource = []string{"digamma", "digamma_difference", "polygamma", "erfinv", "erfcinv"}

// The source of every row with an expression computes what Eval computes, bit for bit: values, and derivatives for
// special adjoints.
func TestWriteGoOfEveryRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 23))
	numbers := append([]float64{0.3, -0.3, 2.5, -2.5, 3, 37, -745, 1e-9, -1e300, 5e-324}, rowtest.SpecialNumbers...)
	var list []madeProgram
	for _, row := range graph.Rows() {
		if row.Value == "" {
			continue
		}
		for _, grid := range rowtest.Grids(row, numbers) {
			g := graph.New(graph.Traced())
			xs := g.Vars(make([]float64, grid.Operands()+1))
			y := ops.Mul(grid.Call(xs[:grid.Operands()]), xs[grid.Operands()])
			p, err := Compile(y, xs...)
			if err != nil {
				t.Fatalf("%s: %v", row.Name, err)
			}
			if err := p.WriteGo(io.Discard, "main", "F"); slices.Contains(withoutSource, row.Name) {
				if err == nil || !strings.Contains(err.Error(), "needs more than package math") {
					t.Errorf("%s has Go source, or another error: %v", row.Name, err)
				}
				continue
			}
			made := madeProgram{name: fmt.Sprint(row.Name, grid.Params), write: p.WriteGo, want: p.Eval}
			for range min(200, len(grid.Columns[0])) {
				at := make([]float64, len(xs))
				for i := range at {
					at[i] = grid.Columns[i][rng.IntN(len(grid.Columns[i]))]
				}
				made.points = append(made.points, at)
			}
			list = append(list, made)
		}
	}
	runGo(t, list)
}

func TestWriteGoOfPrograms(t *testing.T) {
	rng := rand.New(rand.NewPCG(29, 31))
	long := programs.Program{Name: "long", At: []float64{0.3, 0.8, 0.5}, Tape: func(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
		leaves = g.AppendVars(leaves, at)
		x, s := leaves[0], g.Const(0)
		for range 300 {
			x = ops.Add(ops.Mul(ops.Sin(x), leaves[1]), ops.Div(leaves[2], ops.AddScalar(x, 1.5)))
			s = ops.Add(s, ops.Sqrt(ops.ReLU(x)))
		}
		return leaves, s
	}}
	var list []madeProgram
	for _, p := range append(programs.Small(), long) {
		xs, y := p.Tape(graph.New(graph.Traced()), nil, p.At)
		c, err := Compile(y, xs...)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		made := madeProgram{name: p.Name, write: c.WriteGo, want: c.Eval, points: [][]float64{p.At}}
		for range 20 {
			at := slices.Clone(p.At)
			for i := range at {
				if at[i] *= 0.5 + rng.Float64(); rng.IntN(4*len(at)) == 0 {
					at[i] = rowtest.SpecialNumbers[rng.IntN(len(rowtest.SpecialNumbers))]
				}
			}
			made.points = append(made.points, at)
		}
		list = append(list, made)
	}
	runGo(t, list)
}
