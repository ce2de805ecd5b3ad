package graph_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestRowOfTheDocumentation checks that the row which CONTRIBUTING.md and the documentation of package ops show is, but for
// its name and the names of packages, the one that ExampleRegister runs.
func TestRowOfTheDocumentation(t *testing.T) {
	read := func(file string) string {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	// The row and the function, line by line.
	cut := func(text string) []string {
		_, text, _ = strings.Cut(text, "var opSoftsign")
		text, last, _ := strings.Cut(text, "func Softsign")
		last, _, _ = strings.Cut(last, "\n")
		return strings.Split(text+"func Softsign"+last, "\n")
	}
	inOps := strings.NewReplacer("ops.", "", "outside_", "")
	want := cut(inOps.Replace(read("example_register_test.go")))
	for file, comment := range map[string]string{"../CONTRIBUTING.md": "", "../ops/doc.go": "//\t"} {
		got := cut(read(file))
		for i, line := range got {
			got[i] = strings.TrimPrefix(line, comment)
			if line == "//" {
				got[i] = ""
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: mismatch (-example +text):\n%s", file, diff)
		}
	}
}

var opAbove, opBeside graph.Op

func above(x graph.Value, c float64) graph.Value { return graph.UnaryParam(opAbove, x, c) }

func beside(x graph.Value, lo, hi float64) graph.Value { return graph.UnaryParam(opBeside, x, lo, hi) }

func init() {
	opAbove = graph.Register(graph.Row{Name: "outside_above", Func: above, Class: graph.NoGrad,
		UnaryParam: func(x float64, p [2]float64) (float64, float64) { return max(x-p[0], 0), 0 }})
	opBeside = graph.Register(graph.Row{Name: "outside_beside", Func: beside, Class: graph.NoGrad,
		UnaryParam: func(x float64, p [2]float64) (float64, float64) { return max(p[0]-x, x-p[1], 0), 0 }})
}

// TestConstantsOfParameters holds that the results of an operation without a derivative are constants, scalars too.
func TestConstantsOfParameters(t *testing.T) {
	g := graph.New()
	for _, x := range []graph.Value{g.Var(5), g.VarTensor(tensor.Of([]float64{5}, 1))} {
		for name, y := range map[string]graph.Value{"one parameter": above(x, 2), "two parameters": beside(x, 0, 2)} {
			if y.WantsGrad() || y.Node().Data().AtFlat(0) != 3 {
				t.Errorf("%s of shape %v: %v wants a gradient: %v", name, x.Shape(), y, y.WantsGrad())
			}
		}
	}
}

// TestRegisteredAllocatesNothing records and sweeps an operation of another package in steady state.
func TestRegisteredAllocatesNothing(t *testing.T) {
	g := graph.New()
	step := func() {
		g.Reset()
		x := g.Var(0.5)
		y := x
		for range 100 {
			y = Softsign(y)
		}
		autograd.Backward(y)
	}
	step()
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// An operation that is registered outside of package ops costs what those of ops cost.
func BenchmarkRegistered(b *testing.B) {
	for _, c := range []struct {
		name string
		f    func(graph.Value) graph.Value
	}{{"outside softsign", Softsign}, {"ops softsign", ops.Softsign}, {"ops sqrt", ops.Sqrt}} {
		b.Run(c.name, func(b *testing.B) {
			g := graph.New()
			for b.Loop() {
				g.Reset()
				x := g.Var(0.5)
				y := x
				for range 100 {
					y = c.f(y)
				}
				if d := autograd.Backward(y).Scalar(x); d == 0 {
					b.Fatal(fmt.Errorf("%s: no derivative", c.name))
				}
			}
		})
	}
}
