package stablehlo

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	_ "github.com/seed366ff29f/chainrule/autograd" // for its rows
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// pending are rows whose forms are being written.
var pending = strings.Fields(`
gelu lbeta digamma_difference erf erfc erfcx erfcx_derivative lgamma digamma polygamma erfinv erfcinv
sinc_derivative
`)

// Every row has a form, or says why not.
func TestRows(t *testing.T) {
	names := make(map[string]bool)
	for _, row := range graph.Rows() {
		names[row.Name] = true
		ok, reason := Lowers(row)
		_, given := reasons[row.Name]
		switch {
		case ok && given:
			t.Errorf("%s has a form and a reason for having none", row.Name)
		case !ok && !given && !slices.Contains(pending, row.Name):
			t.Errorf("%s has neither a form nor a reason for having none: %s", row.Name, reason)
		}
	}
	for name := range lowerings {
		if !names[name] {
			t.Errorf("there is a form for %s, which is no operation", name)
		}
	}
	for name := range reasons {
		if !names[name] {
			t.Errorf("there is a reason for %s, which is no operation", name)
		}
	}
}

// text returns the module of a function whose arguments are named a, b, ... and whose results r0, r1, ...
func text(t *testing.T, args []graph.Value, results ...graph.Value) string {
	t.Helper()
	f := &program.Function{Name: "test"}
	for i, a := range args {
		f.Arguments = append(f.Arguments, program.Argument{Name: string(rune('a' + i)), Role: program.Batch, Value: a})
	}
	for i, r := range results {
		f.Results = append(f.Results, program.Result{Name: "r" + string(rune('0'+i)), Role: program.Output, Value: r})
	}
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	g := graph.New(graph.WithDType(tensor.Float32))
	x := g.ConstTensor(tensor.New(tensor.Float32, 4, 3))
	w := g.VarTensor(tensor.New(tensor.Float32, 3, 2))
	b := g.VarTensor(tensor.New(tensor.Float32, 2))
	got := text(t, []graph.Value{x, w, b}, ops.Sum(ops.Linear(x, w, b), 1))
	want := `module @"test" {
  func.func public @main(
      %arg0: tensor<4x3xf32> loc("a"),
      %arg1: tensor<3x2xf32> loc("b"),
      %arg2: tensor<2xf32> loc("c")
  ) -> (tensor<4xf32> {jax.result_info = "r0"}) {
    %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [1] x [0], precision = [HIGHEST, HIGHEST] : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
    %1 = stablehlo.broadcast_in_dim %arg2, dims = [1] : (tensor<2xf32>) -> tensor<4x2xf32>
    %2 = stablehlo.add %0, %1 : tensor<4x2xf32>
    %3 = stablehlo.constant dense<0.0> : tensor<f32>
    %4 = stablehlo.reduce(%2 init: %3) applies stablehlo.add across dimensions = [1] : (tensor<4x2xf32>, tensor<f32>) -> tensor<4xf32>
    return %4 : tensor<4xf32>
  }
}
`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
