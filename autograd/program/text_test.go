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

// What is asked for twice is computed once, what depends on constants alone while it is compiled, and what no result needs
// not at all.
func TestShortPrograms(t *testing.T) {
	g := graph.New(graph.Traced())
	x, two := g.Var(2).Named("x"), g.Const(2)
	wide := ops.Add(ops.Mul(x, ops.Exp(g.Const(0))), ops.Mul(ops.Sin(x), ops.Sub(two, two)))
	for name, c := range map[string]struct {
		y    graph.Value
		want string
	}{
		"shared": {ops.Add(ops.Mul(ops.Sin(x), ops.Sin(x)), ops.Sin(x)), `1 input, 1 result, 3 instructions for the results, 4 instructions for the derivatives
input 0: x
v1 = sin(x)
v2 = v1²
v3 = v1 + v2
y = v3
v4 = cos(x)
v5 = v1*v4
v6 = v4 + v5
v7 = v5 + v6
∂y/∂x = v7
`},
		"constant": {ops.Add(ops.Mul(x, ops.Exp(g.Const(0))), ops.Log(two)), `1 input, 1 result, 1 instruction for the results, 0 instructions for the derivatives
input 0: x
v1 = 0.6931471805599453 + x
y = v1
∂y/∂x = 1
`},
		"dead": {ops.Index(ops.Stack(0, ops.Neg(x), wide), 0), `1 input, 1 result, 1 instruction for the results, 0 instructions for the derivatives
input 0: x
v1 = -x
y = v1
∂y/∂x = (-1)
`},
		"selection": {ops.ReLU(ops.Neg(x)), `1 input, 1 result, 3 instructions for the results, 2 instructions for the derivatives
input 0: x
v1 = -x
v2 = le(v1, 0)
v3 = where(v2, 0, v1)
y = v3
v4 = where(v2, 0, 1)
v5 = -v4
∂y/∂x = v5
`},
	} {
		p, err := program.Compile(c.y, x)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := p.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
}
