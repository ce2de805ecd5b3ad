package program_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestWriteText(t *testing.T) {
	g := graph.New(graph.Traced())
	x, y, u := g.Var(2).Named("x"), g.Var(3), g.Var(1).Named("x")
	w := g.VarTensor(tensor.Of([]float64{1, 2}, 2)).Named("w\n")
	for _, c := range []struct {
		y    graph.Value
		xs   []graph.Value
		want string
	}{
		{ops.Mul(x, ops.Sin(y)), []graph.Value{x, y}, `2 inputs, 1 result, 2 instructions for the results, 2 instructions for the derivatives
input 0: x
input 1: x1
v1 = sin(x1)
v2 = x*v1
y = v2
v3 = cos(x1)
v4 = x*v3
∂y/∂x = v1
∂y/∂x1 = v4
`},
		{ops.MulScalar(w, -2), []graph.Value{w}, `2 inputs, 2 results, 2 instructions for the results, 0 instructions for the derivatives
input 0: w\n[0]
input 1: w\n[1]
v1 = (-2)*w\n[0]
v2 = (-2)*w\n[1]
y0 = v1
y1 = v2
∂y0/∂w\n[0] = (-2)
∂y0/∂w\n[1] = 0
∂y1/∂w\n[0] = 0
∂y1/∂w\n[1] = (-2)
`},
		{ops.Div(x, u), []graph.Value{u, x}, `2 inputs, 1 result, 1 instruction for the results, 3 instructions for the derivatives
input 0: x
input 1: x'
v1 = x'/x
y = v1
v2 = 1/x
v3 = v1/x
v4 = -v3
∂y/∂x = v4
∂y/∂x' = v2
`},
		{g.Const(3), nil, "0 inputs, 1 result, 0 instructions for the results, 0 instructions for the derivatives\ny = 3\n"},
	} {
		p, err := program.Compile(c.y, c.xs...)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := p.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	p, _ := program.Compile(x, x)
	if err := p.WriteText(full{}); err == nil {
		t.Error("no error of the writer")
	}
}

// full is a writer that is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }
