package autograd_test

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

// TestDerivativesPage holds the tables of docs/derivatives.md against the sweeps that they show.
func TestDerivativesPage(t *testing.T) {
	g := graph.New()
	x, y := g.Var(2).Named("x"), g.Var(3).Named("y")
	a := ops.Mul(x, y).Named("a")
	b, c := ops.Mul(a, x).Named("b"), ops.Add(a, y).Named("c")
	nodes, inputs, results := []graph.Value{x, y, a, b, c}, []graph.Value{x, y}, []graph.Value{a, b, c}

	row := func(name string, numbers []float64) string {
		line := "| " + name
		for _, v := range numbers {
			line += fmt.Sprintf(" | %g", v)
		}
		return line + " |\n"
	}
	head := "| value"
	for _, v := range nodes {
		head += fmt.Sprintf(" | %s = %g", v.Name(), v.Item())
	}
	head += " |\n|---" + strings.Repeat("|---:", len(nodes)) + "|\n"
	want := map[string]string{"tangents": head, "adjoints": head, "jacobian": "| | by x | by y |\n|---|---:|---:|\n"}

	columns := make(map[string][]float64) // by result
	for i, in := range inputs {
		dirs := []*tensor.Tensor{tensor.New(tensor.Float64), tensor.New(tensor.Float64)}
		dirs[i].SetFlat(1, 0)
		var tangents []float64
		for _, v := range nodes {
			tangents = append(tangents, autograd.Forward(v, inputs, dirs).AtFlat(0))
		}
		want["tangents"] += row("tangents along "+in.Name(), tangents)
		for k, v := range results {
			columns[v.Name()] = append(columns[v.Name()], tangents[2+k])
		}
	}
	for _, v := range results {
		adjoints := make([]float64, len(nodes)) // of nodes after the result they are 0
		grads := autograd.Backward(v)
		for k, u := range nodes {
			if u.ID() <= v.ID() {
				adjoints[k] = grads.Scalar(u)
			}
		}
		want["adjoints"] += row("adjoints from "+v.Name(), adjoints)
		want["jacobian"] += row(v.Name(), columns[v.Name()])
		if diff := cmp.Diff(columns[v.Name()], adjoints[:2]); diff != "" {
			t.Errorf("row %s: mismatch (-forward +reverse):\n%s", v.Name(), diff)
		}
	}

	page, err := os.ReadFile("../docs/derivatives.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range want {
		_, rest, found := strings.Cut(string(page), "<!-- "+name+" -->\n")
		got, _, ended := strings.Cut(rest, "<!-- end -->")
		if !found || !ended {
			t.Errorf("the page has no table of %s", name)
		} else if diff := cmp.Diff(table, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
	for _, f := range []string{"Backward", "ValueAndGrad", "Forward", "JVP", "JVPs", "Jacobian", "SparseJacobian", "HVP", "Hessian", "SparseHessian", "Taylor", "PerExample", "PerExampleOf", "Loop", "FixedPoint", "Root"} {
		if !strings.Contains(string(page), "`"+f+"`") {
			t.Errorf("the page does not name %s", f)
		}
	}
}
