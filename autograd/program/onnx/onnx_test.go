package onnx

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/seed366ff29f/chainrule/autograd" // for its rows
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

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
		case !ok && !given:
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

// function returns the function whose arguments are named a, b, ... and have the roles, and whose results r0, r1, ...
func function(roles []program.Role, args []graph.Value, results ...graph.Value) *program.Function {
	f := &program.Function{Name: "test"}
	for i, a := range args {
		f.Arguments = append(f.Arguments, program.Argument{Name: string(rune('a' + i)), Role: roles[i], Value: a})
	}
	for i, r := range results {
		f.Results = append(f.Results, program.Result{Name: fmt.Sprint("r", i), Role: program.Output, Value: r})
	}
	return f
}

// text lists the graph of a file, a line each.
func text(t *testing.T, file []byte) string {
	t.Helper()
	m, err := (&decoder{&budget{1 << 20, 1 << 20}}).model(file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	info := func(what string, v valueInfo) {
		fmt.Fprintf(&b, "%s %s %s%v %s\n", what, v.name, v.elem, v.dims, v.doc)
	}
	for _, v := range m.graph.inputs {
		info("input", v)
	}
	for _, p := range m.graph.initializers {
		info("initializer", valueInfo{p.name, p.elem, p.dims, p.doc})
	}
	for _, n := range m.graph.nodes {
		fmt.Fprintf(&b, "%s = %s(%s)", strings.Join(n.outputs, ", "), n.operator, strings.Join(n.inputs, ", "))
		for _, a := range n.attributes {
			switch a.typ {
			case intAttribute:
				fmt.Fprintf(&b, " %s=%d", a.name, a.i)
			case intsAttribute:
				fmt.Fprintf(&b, " %s=%v", a.name, a.ints)
			case floatAttribute:
				fmt.Fprintf(&b, " %s=%g", a.name, a.f)
			case tensorAttribute:
				fmt.Fprintf(&b, " %s=%s%v %x", a.name, a.tensor.elem, a.tensor.dims, a.tensor.raw)
			}
		}
		b.WriteByte('\n')
	}
	for _, v := range m.graph.outputs {
		info("output", v)
	}
	return b.String()
}

func TestGraph(t *testing.T) {
	g := graph.New(graph.Traced(), graph.WithDType(tensor.Float32))
	x := g.ConstTensor(tensor.New(tensor.Float32, 4, 3))
	w := g.VarTensor(tensor.New(tensor.Float32, 2, 3))
	s := g.ConstTensor(tensor.New(tensor.Float32, 2))
	k := g.ConstTensor(tensor.Of([]float32{1, 2}, 2))
	ops.Exp(x) // on which nothing depends
	y := ops.LeakyReLU(ops.Linear(x, ops.Transpose(w), ops.Add(s, k)), 0.5)
	roles := []program.Role{program.Batch, program.Parameter, program.State}
	for _, tt := range []struct {
		name    string
		options []Option
		results []graph.Value
		want    string
	}{
		{"plain", nil, []graph.Value{ops.Sum(y, 1)}, `
input a FLOAT[4 3] batch
initializer b FLOAT[2 3] parameter
initializer c FLOAT[2] state
v0 = Constant() value=FLOAT[2] 0000803f00000040
v2 = Add(c, v0)
v3 = Gemm(a, b, v2) transB=1
v4 = LeakyRelu(v3) alpha=0.5
v5 = Constant() value=INT64[1] 0100000000000000
r0 = ReduceSum(v4, v5) keepdims=0
output r0 FLOAT[4] output
`},
		{"a result twice, and an argument", nil, []graph.Value{ops.Neg(x), ops.Neg(x), x}, `
input a FLOAT[4 3] batch
initializer b FLOAT[2 3] parameter
initializer c FLOAT[2] state
r0 = Neg(a)
r1 = Neg(a)
r2 = Identity(a)
output r0 FLOAT[4 3] output
output r1 FLOAT[4 3] output
output r2 FLOAT[4 3] output
`},
	} {
		var b bytes.Buffer
		if err := Write(&b, function(roles, []graph.Value{x, w, s}, tt.results...), tt.options...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), text(t, b.Bytes())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Scalars are float64 on every graph, and are written so, unless all is to be float32.
func TestFloat32(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		g := graph.New(graph.Traced(), graph.WithDType(dtype))
		x, s := g.ConstTensor(tensor.New(dtype, 2)), g.Const(2)
		f := function([]program.Role{program.Batch, program.Scalar}, []graph.Value{x, s}, ops.Mul(x, ops.Exp(s)))
		for _, only := range []bool{false, true} {
			var options []Option
			if only {
				options = append(options, WithFloat32())
			}
			var b bytes.Buffer
			if err := Write(&b, f, options...); err != nil {
				t.Fatal(err)
			}
			got := text(t, b.Bytes())
			if double := strings.Contains(got, "DOUBLE"); double == only {
				t.Errorf("%v, only float32 %v: %s", dtype, only, got)
			}
			if cast := strings.Contains(got, "Cast"); cast != (dtype == tensor.Float32 && !only) {
				t.Errorf("%v, only float32 %v: %s", dtype, only, got)
			}
		}
	}
}

// Generated names keep out of the way of given ones.
func TestNames(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.ConstTensor(tensor.New(tensor.Float64, 2))
	f := &program.Function{
		Arguments: []program.Argument{{Name: "v0", Role: program.Batch, Value: x}},
		Results:   []program.Result{{Name: "v1", Role: program.Output, Value: ops.Exp(ops.Sin(ops.Cos(x)))}},
	}
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		t.Fatal(err)
	}
	read, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if a, r := read.Arguments[0].Name, read.Results[0].Name; a != "v0" || r != "v1" || read.Name != "main" {
		t.Errorf("argument %q, result %q of %q", a, r, read.Name)
	}
}

// What is written depends on the recording alone, and on the numbers of what is no input.
func TestSameBytes(t *testing.T) {
	write := func(v float64) []byte {
		g := graph.New(graph.Traced())
		x := g.ConstTensor(tensor.Of([]float64{v, -v}, 2))
		f := function([]program.Role{program.Batch}, []graph.Value{x}, ops.Mul(ops.Log1p(x), g.Const(3)))
		var b bytes.Buffer
		if err := Write(&b, f); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if !slices.Equal(write(0.5), write(0)) {
		t.Error("the files differ")
	}
}

// failing fails after so many bytes.
type failing struct{ left int }

func (w *failing) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, fmt.Errorf("the disk is full")
	}
	return len(b), nil
}

func TestWriteErrors(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.ConstTensor(tensor.Of([]float64{2, 1, 1, 2}, 2, 2))
	big := g.ConstTensor(tensor.New(tensor.Float64, 300, 300))
	one := func(y graph.Value) *program.Function {
		return function([]program.Role{program.Batch, program.Parameter}, []graph.Value{x, big}, y)
	}
	same := one(ops.Exp(x))
	same.Results[0].Name = "a"
	images := g.ConstTensor(tensor.New(tensor.Float64, 1, 2, 3, 3))
	for _, tt := range []struct {
		name string
		call func() error
		want string
	}{
		{"nil", func() error { return Write(&failing{1 << 20}, nil) }, "nil *program.Function"},
		{"no results", func() error { return Write(&failing{1 << 20}, &program.Function{}) }, "has no results"},
		{"nil writer", func() error { return graph.Try(func() { Write(nil, one(x)) }) }, "got a nil io.Writer"},
		{"nil reader", func() error { return graph.Try(func() { Read(nil) }) }, "got a nil io.Reader"},
		{"nil option", func() error { return Write(&failing{1 << 20}, one(x), nil) }, "got a nil Option"},
		{"no form", func() error { return Write(&failing{1 << 20}, one(ops.Inv(x))) }, "has no form in ONNX: ONNX has no operator that factorizes matrices"},
		{"special function", func() error { return Write(&failing{1 << 20}, one(ops.Lgamma(x))) }, "ONNX has no operator for the special function"},
		{"gradient", func() error { return Write(&failing{1 << 20}, one(ops.Conv2DWeight(images, images, 1, 1, 1, 0))) }, "it is a part of gradients"},
		{"name of an argument", func() error { return Write(&failing{1 << 20}, same) }, `result "a" has the name of an argument`},
		{"failing writer", func() error { return Write(&failing{0}, one(x)) }, "the disk is full"},
		{"failing later", func() error { return Write(&failing{100_000}, one(ops.Sum(big))) }, "the disk is full"},
	} {
		if err := tt.call(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}
